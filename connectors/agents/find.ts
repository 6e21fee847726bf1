/** Where the programs of agents are on this machine, and what of the disk each needs to run. */
import { join } from "node:path";
import { err, ok, type Problem, type Result } from "../../specs/mod.ts";
import type { Sandbox } from "../port.ts";
import { findTool } from "../workspace/sandbox/toolchain.ts";
import type { AgentAdapter } from "./port.ts";

export interface FoundAgent {
  /** Absolute, without links. */
  readonly program: string;
  /** Shown read-only beside the system's own directories. */
  readonly shows: readonly string[];
  readonly version: string;
}

export interface AgentPlaces {
  readonly path: string;
  /** Programs by agent, in place of a search on PATH. */
  readonly programs?: Readonly<Record<string, string | undefined>>;
}

const SYSTEM = ["/usr", "/bin", "/sbin", "/lib", "/lib64"];

/** The program of an agent and its version, as it tells it behind walls and without a network. */
export async function findAgent(
  agent: AgentAdapter,
  places: AgentPlaces,
  sandbox: Sandbox,
): Promise<Result<FoundAgent, Problem>> {
  const given = places.programs?.[agent.id]?.trim();
  const missing = (message: string): Result<never, Problem> =>
    err({
      code: "no-agent",
      value: agent.id,
      message,
      remedy: `Install it: npm install -g ${agent.package}@${agent.tested}; or name its program: ${
        variableOf(agent)
      }=/path/to/${agent.id}`,
    });
  if (given !== undefined && given !== "" && !given.startsWith("/")) {
    return missing(`Cannot use ${agent.name}: ${variableOf(agent)} is no absolute path`);
  }
  const named = given ||
    await findTool(agent.id, places.path.split(":").filter((dir) => dir.startsWith("/")));
  const program = named === null ? null : await Deno.realPath(named).catch(() => null);
  if (program === null) {
    return missing(`${agent.name} is not here: ${given ? `there is no ${given}` : `no ${agent.id} on PATH`}`);
  }
  const shows = showsOf(program);
  if (shows === null) {
    return missing(`Cannot use ${agent.name}: ${program} lies where too much would be shown with it`);
  }
  const version = await versionOf(program, shows, sandbox);
  if (version === null) {
    return missing(
      `Cannot use ${agent.name}: ${program} --version does not tell a version inside the sandbox`,
    );
  }
  return ok({ program, shows, version });
}

/** The variable that names an agent's program. */
export const variableOf = (agent: Pick<AgentAdapter, "id">): string =>
  `FORGE_AGENT_${agent.id.toUpperCase()}`;

/** A package needs the packages beside it; a program that was installed alone needs itself. */
export function showsOf(program: string): string[] | null {
  if (SYSTEM.some((root) => program.startsWith(`${root}/`))) return [];
  const at = program.indexOf("/node_modules/");
  if (at < 0) return [program];
  return at === 0 ? null : [join(program.slice(0, at), "node_modules")];
}

const versions = new Map<string, Promise<string | null>>();

async function versionOf(
  program: string,
  shows: readonly string[],
  sandbox: Sandbox,
): Promise<string | null> {
  const info = await Deno.stat(program).catch(() => null);
  if (!info?.isFile) return null;
  const key = `${sandbox.level} ${program} ${info.size} ${info.mtime?.getTime()}`;
  const known = versions.get(key) ?? askVersion(program, shows, sandbox);
  versions.set(key, known);
  const version = await known;
  // A machine that was busy is asked again.
  if (version === null) versions.delete(key);
  return version;
}

async function askVersion(
  program: string,
  shows: readonly string[],
  sandbox: Sandbox,
): Promise<string | null> {
  const cwd = await Deno.makeTempDir({ prefix: "edgeforge-agent-" });
  try {
    const done = await sandbox.run({
      argv: [program, "--version"],
      cwd,
      readOnly: shows,
      timeoutMs: 30_000,
      maxOutputBytes: 64 * 1024,
    });
    if (done.ended !== "by-itself" || done.code !== 0) return null;
    return /\d+\.\d+\.\d+[\w.+-]*/.exec(new TextDecoder().decode(done.stdout))?.[0]?.slice(0, 100) ?? null;
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
}
