import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bwrapSandbox } from "../../connectors/mod.ts";
import { makeRepository } from "../cli/demo_repository.ts";

/** What a run adds to git, the sandbox and the repository's own tests; the middle one of several. */
export interface CodemodFigures {
  /** A process that does one run: its start, the loading of every module and the store included. */
  readonly coldAddedMs: number;
  readonly coldChildrenMs: number;
  /** A run in a process that is there already, as `forge serve` is. */
  readonly warmAddedMs: number;
  readonly warmChildrenMs: number;
}

const EXAMPLES = new URL("../../specs/examples/", import.meta.url);
const FLAGS = "--v8-flags=--max-semi-space-size=4,--heap-growing-percent=30";

/** Renames a function in the shell sample, again and again. Null where the sandbox does not work. */
export async function benchCodemod(room: string): Promise<CodemodFigures | null> {
  if (!(await bwrapSandbox().check()).ok) return null;
  const repo = await makeRepository(fileURLToPath(new URL("shell-backup/", EXAMPLES)), join(room, "codemod"));
  const spec = fileURLToPath(new URL("shell-backup.spec/rename-symbol.md", EXAMPLES));
  const cold: Run[] = [];
  for (let at = 0; at < 5; at++) cold.push(...await child(spec, repo, join(room, `cold-${at}`), 1));
  const warm = (await child(spec, repo, join(room, "warm"), 12)).slice(4);
  return {
    coldAddedMs: middle(cold, ({ wallMs, childrenMs }) => wallMs - childrenMs),
    coldChildrenMs: middle(cold, ({ childrenMs }) => childrenMs),
    warmAddedMs: middle(warm, ({ wallMs, childrenMs }) => wallMs - childrenMs),
    warmChildrenMs: middle(warm, ({ childrenMs }) => childrenMs),
  };
}

interface Run {
  wallMs: number;
  childrenMs: number;
}

async function child(spec: string, repo: string, data: string, runs: number): Promise<Run[]> {
  const program = new URL("codemod_child.ts", import.meta.url).href;
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", FLAGS, "-A", program, spec, repo, data, String(runs)],
    stdin: "null",
  }).output();
  if (!success) {
    throw new Error(`Cannot measure a codemod run: ${new TextDecoder().decode(stderr).slice(-2000)}`);
  }
  return JSON.parse(new TextDecoder().decode(stdout)).runs;
}

function middle(runs: readonly Run[], of: (run: Run) => number): number {
  const sorted = runs.map(of).sort((a, b) => a - b);
  return Math.round(sorted[Math.floor(sorted.length / 2)] ?? 0);
}
