/** For tests only: a repository of a few files, a change to it, and what verification gathers about them. */
import { dirname, join } from "node:path";
import {
  bareSandbox,
  bwrapSandbox,
  gitWorkspaces,
  type Sandbox,
  testers,
  type Workspace,
} from "../../../connectors/mod.ts";
import type { Change, VerifyExecution, VerifyFacts } from "../../../specs/mod.ts";
import { Spec } from "../../../specs/code/mod.ts";
import { gatherVerifyFacts } from "./gather.ts";
import type { BaseExecutions, VerifyInput } from "./input.ts";

export type Tree = Record<string, string | Uint8Array | null>;

/** What the tests of this machine can run in: the sandbox where it works. */
const usable = (await bwrapSandbox().check()).ok;
export const sandboxed = usable;
export const sandbox: Sandbox = usable ? bwrapSandbox() : bareSandbox();

export interface Sample {
  workspace: Workspace;
  change: Change;
  scratch: string;
  /** Where the sample lies; gone with `dispose`. */
  root: string;
  dispose(): Promise<void>;
}

/** What a test says about the spec, the held-out files and the ports; the rest is made up. */
export interface SampleOptions extends Partial<Omit<VerifyInput, "spec" | "checkFiles">> {
  spec?: Record<string, unknown>;
  checks?: Record<string, string>;
}

/** Commits `base`, and makes `head` of it in a workspace: null takes a file away. */
export async function sampleChange(base: Tree, head: Tree): Promise<Sample> {
  const root = await Deno.realPath(await Deno.makeTempDir({ prefix: "edgeforge-verify-" }));
  const repo = join(root, "repo");
  await Deno.mkdir(repo);
  await write(repo, base);
  await git(repo, "init", "--quiet", "--initial-branch=main");
  await git(repo, "add", "--all");
  await git(repo, "-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "--quiet", "-m", "base");
  const workspaces = gitWorkspaces();
  const repository = await workspaces.open(repo);
  if (!repository.ok) throw new Error(repository.error.message);
  const workspace = await workspaces.create(repository.value, join(root, "workspace"));
  if (!workspace.ok) throw new Error(workspace.error.message);
  await write(workspace.value.dir, head);
  const { change } = await workspace.value.curate();
  return {
    workspace: workspace.value,
    change: { ...change, patch: `sha256:${"0".repeat(64)}` },
    scratch: join(root, "scratch"),
    root,
    dispose: async () => {
      await workspace.value.dispose();
      await Deno.remove(root, { recursive: true });
    },
  };
}

/** Gathers the facts of a change, with what the test says about the spec and the ports. */
export async function gathered(
  base: Tree,
  head: Tree,
  options: SampleOptions = {},
): Promise<VerifyFacts> {
  const sample = await sampleChange(base, head);
  try {
    return await gatherVerifyFacts(inputOf(sample, options));
  } finally {
    await sample.dispose();
  }
}

export function inputOf(
  sample: Sample,
  { spec, checks, ...ports }: SampleOptions = {},
): VerifyInput {
  const encoder = new TextEncoder();
  return {
    spec: Spec.parse({ title: "t", intent: { type: "UPDATE", scope: ["**"] }, ...spec }),
    change: sample.change,
    workspace: sample.workspace,
    checkFiles: new Map(Object.entries(checks ?? {}).map(([path, text]) => [path, encoder.encode(text)])),
    renames: [],
    sandbox,
    testers,
    scratch: sample.scratch,
    cache: memoryCache(),
    clock: { now: () => Date.now() },
    ...ports,
  };
}

export function memoryCache(): BaseExecutions & { kept: Map<string, VerifyExecution> } {
  const kept = new Map<string, VerifyExecution>();
  return {
    kept,
    get: (key) => Promise.resolve(kept.get(key) ?? null),
    put: (key, execution) => {
      kept.set(key, execution);
      return Promise.resolve();
    },
  };
}

/** The only command of the facts. */
export function onlyCommand(facts: VerifyFacts): VerifyFacts["commands"][number] {
  const [command] = facts.commands;
  if (command === undefined || facts.commands.length !== 1) {
    throw new Error(`there are ${facts.commands.length} commands: ${facts.problem}`);
  }
  return command;
}

/** `status name` for each case; the problem when there is no report. */
export function told(execution: VerifyExecution | null): string[] {
  if (execution === null) return ["not run"];
  if (execution.report === null) return [`no report: ${execution.reportProblem}`];
  return execution.report.cases.map((one) => `${one.status} ${one.name}`).sort();
}

async function write(dir: string, tree: Tree): Promise<void> {
  for (const [path, content] of Object.entries(tree)) {
    const file = join(dir, path);
    if (content === null) {
      await Deno.remove(file);
      continue;
    }
    await Deno.mkdir(dirname(file), { recursive: true });
    if (typeof content === "string") await Deno.writeTextFile(file, content);
    else await Deno.writeFile(file, content);
  }
}

async function git(cwd: string, ...args: string[]): Promise<void> {
  const done = await new Deno.Command("git", { args, cwd, stdin: "null" }).output();
  if (!done.success) throw new Error(`git ${args.join(" ")}: ${new TextDecoder().decode(done.stderr)}`);
}
