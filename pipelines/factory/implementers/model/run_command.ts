import { type Prepared, removeInside, walkInside, type Workspace } from "../../../../connectors/mod.ts";
import type { PhaseContext } from "../../../../kernel/mod.ts";
import type { Spec } from "../../../../specs/mod.ts";
import type { FactoryPorts } from "../../ports.ts";
import { detectTesters } from "../../verify/mod.ts";
import { treeView } from "../../verify/tree_view.ts";
import { baseDependencies } from "../dependencies.ts";
import { holdsCredentials } from "./files.ts";
import type { CallOutcome } from "./session_log.ts";

export type RunnerPorts = Pick<FactoryPorts, "sandbox" | "testers" | "scratch" | "discard" | "dependencies">;

/** The commands that the implementer may run: those of the spec's verify, else those by which the base tests itself. */
export interface CommandRunner {
  readonly commands: readonly (readonly string[])[];
  /** Why there are none. */
  readonly none: string | null;
  /** Runs one in a clean checkout of what the workspace holds now; nothing that it writes comes back. */
  run(index: number): Promise<CallOutcome>;
  dispose(): Promise<void>;
}

const MAX_SECONDS = 300;
const MAX_OUTPUT_BYTES = 4 * 1024 * 1024;
const [HEAD_CHARS, TAIL_CHARS] = [2_000, 6_000];

export async function commandRunner(
  ports: RunnerPorts,
  ctx: Pick<PhaseContext, "run" | "visit" | "attempt" | "abort">,
  { spec, workspace, name }: { spec: Spec; workspace: Workspace; name: string },
): Promise<CommandRunner> {
  const none = (why: string): CommandRunner => ({
    commands: [],
    none: why,
    run: () => Promise.resolve({ ok: false, text: why }),
    dispose: () => Promise.resolve(),
  });
  // Without walls a program of the repository could send what the model was shown to anybody.
  if (ports.sandbox.level === "none") return none("nothing is run for a model without a sandbox");
  const usable = await ports.sandbox.check();
  if (!usable.ok) return none(`the sandbox cannot be used: ${usable.error.message}`);
  const commands = spec.verify?.run ??
    (await detectTesters(ports.testers, treeView(workspace, "base"))).map(({ argv }) => argv);
  if (commands.length === 0) return none("no way to test this repository was found");

  const room = ports.scratch(ctx.run, `${name}-commands-${ctx.visit}-${ctx.attempt}`);
  let prepared: Promise<Prepared | null> | null = null;
  let count = 0;
  return {
    commands,
    none: null,
    async run(index) {
      const argv = commands[index];
      if (argv === undefined) {
        return { ok: false, text: `There is no command ${index + 1}: 1 to ${commands.length}` };
      }
      await Deno.mkdir(room, { recursive: true, mode: 0o700 });
      prepared ??= baseDependencies(ports, { workspace, room, signal: ctx.abort });
      const ready = await prepared;
      if (ready?.problem) {
        return { ok: false, text: `Dependencies could not be installed: ${ready.problem.message}` };
      }
      const checkout = await workspace.checkout(await workspace.curateTree(), `${room}/run-${++count}`);
      try {
        await ready?.lay(checkout.dir);
        const kept = await withoutCredentials(checkout.dir);
        const done = await ports.sandbox.run({
          argv,
          cwd: checkout.dir,
          ...(ready === null ? {} : { env: ready.env, readOnly: ready.readOnly }),
          timeoutMs: Math.min(spec.verify?.timeoutSeconds ?? MAX_SECONDS, MAX_SECONDS) * 1000,
          maxOutputBytes: MAX_OUTPUT_BYTES,
          network: "none",
          signal: ctx.abort,
        });
        const how = done.ended === "by-itself"
          ? `It ended with exit code ${done.code}`
          : `It was ended: ${done.ended}`;
        return {
          ok: done.ended === "by-itself" && done.code === 0,
          text: `${how} after ${Math.ceil(done.ms / 1000)} s${kept}.\n${
            middleCut(output(done, checkout.dir))
          }`,
        };
      } finally {
        await checkout.dispose();
      }
    },
    dispose: () => ports.discard(room),
  };
}

/** Takes files out that hold credentials by their name: a program that the model wrote could print them. */
async function withoutCredentials(dir: string): Promise<string> {
  const found = (await walkInside(dir, "", (name) => name === "node_modules")).filter(holdsCredentials);
  for (const path of found) await removeInside(dir, path);
  return found.length === 0 ? "" : `, without ${found.length} files that hold credentials by their name`;
}

/** What a command wrote, without the place where this machine had put the checkout and without colours. */
function output(done: { stdout: Uint8Array; stderr: Uint8Array }, dir: string): string {
  const decoder = new TextDecoder();
  return [done.stdout, done.stderr].map((bytes) => decoder.decode(bytes)).filter((text) => text.trim() !== "")
    .join("\n")
    // deno-lint-ignore no-control-regex
    .replace(/\u001b\[[0-9;?]*[A-Za-z]/g, "").replaceAll(`${dir}/`, "").replaceAll(dir, ".").toWellFormed();
}

/** Begin and end of a long text: a failure is told at one of them. */
export function middleCut(text: string, head = HEAD_CHARS, tail = TAIL_CHARS): string {
  if (text.length <= head + tail) return text;
  return `${text.slice(0, head)}\n[left out: ${text.length - head - tail} characters]\n${text.slice(-tail)}`;
}
