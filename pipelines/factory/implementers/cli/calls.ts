/** The calls that an agent tells, as the log of its session keeps them. */
import type { AgentAdapter, AgentCall } from "../../../../connectors/agents/mod.ts";
import { canonicalJson } from "../../../../kernel/mod.ts";
import { digestOf, type Json, type PinnedTool } from "../../../../specs/mod.ts";
import type { CallNote, SessionLog } from "../model/session_log.ts";

const MAX_TOUCHES = 200;

/** The tools of an agent that were approved, with the release of this program: by name, as nothing else of them is told. */
export async function approvedTools(agent: AgentAdapter): Promise<PinnedTool[]> {
  const tools = await Promise.all(
    Object.entries(agent.tools).map(async ([tool, kind]) => ({
      name: nameOf(agent, tool),
      digest: await pinOf(agent, tool),
      class: kind,
    })),
  );
  return [...tools, { name: agent.id, digest: await pinOf(agent, ""), class: "B" as const }];
}

const nameOf = (agent: AgentAdapter, tool: string): string => `${agent.id}/${tool}`;
const pinOf = (agent: AgentAdapter, tool: string): Promise<string> =>
  digestOf(
    canonicalJson({ name: nameOf(agent, tool), description: `a tool of ${agent.name}, inside the sandbox` }),
  );

/** The start of the program itself: what we have decided. */
export async function startNote(
  agent: AgentAdapter,
  args: Json,
  walls: Walls,
  credential: CallNote["credential"],
): Promise<CallNote> {
  return {
    tool: agent.id,
    schema: await pinOf(agent, ""),
    args,
    class: "B",
    touches: ["the workspace"],
    yields: "untrusted",
    ...walls,
    ...(credential === undefined ? {} : { credential }),
  };
}

/** What the walls leave of the outside. */
export type Walls = Pick<CallNote, "readsPrivate" | "egress">;

/** Records what the agent tells of itself, under the walls that held for all of it. */
export async function recordCalls(
  log: SessionLog,
  agent: AgentAdapter,
  calls: readonly AgentCall[],
  dir: string,
  walls: Walls,
): Promise<void> {
  for (const call of calls) {
    const kind = Object.hasOwn(agent.tools, call.tool) ? agent.tools[call.tool] : undefined;
    const note: CallNote = {
      tool: nameOf(agent, call.tool),
      schema: await pinOf(agent, call.tool),
      args: call.args,
      ...(kind === undefined ? {} : { class: kind }),
      touches: touched(call.args, dir),
      yields: "untrusted",
      claimed: true,
      ...walls,
    };
    if (call.denied) await log.denied(note);
    else {
      await log.allowed(
        note,
        () =>
          Promise.resolve({ ok: call.ok && call.result !== null, text: call.result ?? "no result was told" }),
      );
    }
  }
}

const PATH_FIELDS = /^(?:file_?path|path|notebook_path|absolute_path|dir_path|directory|cwd|workdir)$/i;
/** Places in the text of a command: absolute ones, and those of the home directory. */
const PLACE =
  /(?:file:\/\/|~|\$\{?HOME\}?)?\/[^\s'"`;|&<>()]+|https?:\/\/[^\s'"`;|&<>()]+|\b169\.254\.\d+\.\d+\S*/g;

/** Paths and hosts that stand in the arguments of a call. */
function touched(args: Json, dir: string): string[] {
  const found = new Set<string>();
  const add = (place: string) => {
    const own = place === dir ? "." : place.startsWith(`${dir}/`) ? place.slice(dir.length + 1) : place;
    if (own !== "" && found.size < MAX_TOUCHES) found.add(own.slice(0, 500));
  };
  const walk = (value: Json, name: string): void => {
    if (typeof value === "string") {
      if (PATH_FIELDS.test(name)) add(value);
      else if (/command|script|cmd/i.test(name)) {
        for (const [place] of value.slice(0, 20_000).matchAll(PLACE)) {
          add(place);
        }
      }
    } else if (Array.isArray(value)) { for (const one of value) walk(one, name); }
    else if (value !== null && typeof value === "object") {
      for (const [key, one] of Object.entries(value)) walk(one, key);
    }
  };
  walk(args, "");
  return [...found];
}
