/** The bench that one verification works at: ports, limits, and what is made once for all of its runs. */
import { join } from "node:path";
import { type FileView, type TestCommand, type Tester } from "../../../connectors/mod.ts";
import { digestOf, type VerifyExecution } from "../../../specs/mod.ts";
import { compileBase, type Compiled } from "./compiled.ts";
import { execute, type Ran, randomToken, type Run, type Stage } from "./execute.ts";
import type { Elsewhere, Prepared, VerifyInput } from "./input.ts";
import type { Limiter } from "./limiter.ts";
import type { TestPaths } from "./test_files.ts";

/** Counted up when what an execution records changes its meaning: kept executions of older engines are then left alone. */
const cacheFormat = 1;

/** What all commands and checks of one verification work with. */
export interface Bench {
  input: VerifyInput;
  stage: Stage;
  slots: Limiter;
  views: { base: FileView; head: FileView };
  paths: TestPaths;
  prepared: { base: Prepared | undefined; head: Prepared | undefined };
  /** By tester: what base compiled to, and what toolchain did it. Each is made once. */
  compiled: Map<string, Promise<Compiled | null>>;
  versions: Map<string, Promise<string>>;
  /** Text that nobody can guess. */
  token(label: string): string;
}

/** A bench of which nothing stands here: all runs are carried out elsewhere. */
export function benchElsewhere(
  input: VerifyInput & { elsewhere: Elsewhere },
  slots: Limiter,
  views: Bench["views"],
  paths: TestPaths,
): Bench {
  const nowhere = () =>
    Promise.reject(new Error("Cannot check anything out: runs are carried out elsewhere"));
  return {
    input,
    stage: {
      checkouts: { take: nowhere, giveBack: nowhere },
      sandbox: input.sandbox,
      scratch: input.scratch,
      clock: input.clock,
      deadline: Infinity,
      maxOutputBytes: 0,
      memoryBytes: 0,
    },
    slots,
    views,
    paths,
    prepared: { base: undefined, head: undefined },
    compiled: new Map(),
    versions: new Map(),
    token: (label) => input.elsewhere.token(label),
  };
}

/** Installs dependencies for both sides, and sets the time by which all runs have to be done. */
export async function benchOf(
  input: VerifyInput,
  scratch: string,
  slots: Limiter,
  views: Bench["views"],
  paths: TestPaths,
): Promise<Bench> {
  const timeoutMs = (input.spec.verify?.timeoutSeconds ?? 600) * 1000;
  const stage: Stage = {
    // Only the sandbox knows for certain that a command's last process is gone.
    checkouts: input.workspace.checkouts(scratch, { reuse: input.sandbox.level === "bwrap" }),
    sandbox: input.sandbox,
    scratch,
    clock: input.clock,
    deadline: input.clock.now() + timeoutMs,
    maxOutputBytes: input.maxOutputBytes ?? 32 * 1024 * 1024,
    memoryBytes: input.memoryBytes ?? 4 * 1024 * 1024 * 1024,
    ...(input.signal === undefined ? {} : { signal: input.signal }),
  };
  const prepare = async (at: "base" | "head"): Promise<Prepared | undefined> => {
    if (input.prepare === undefined) return undefined;
    if (input.prepares !== undefined && !input.prepares(await views[at].list())) return undefined;
    const tree = at === "base" ? input.change.baseTree : input.change.tree;
    const checkout = await input.workspace.checkout(tree, join(scratch, `prepare-${at}`));
    return await input.prepare({
      at,
      dir: checkout.dir,
      files: views[at],
      sandbox: input.sandbox,
      timeoutMs: Math.max(1, stage.deadline - input.clock.now()),
      ...(input.signal === undefined ? {} : { signal: input.signal }),
    });
  };
  const prepared = { base: await prepare("base"), head: await prepare("head") };
  // Installation has time of its own: what it took is not taken from the tests.
  stage.deadline = input.clock.now() + timeoutMs;
  return {
    input,
    stage,
    slots,
    views,
    paths,
    prepared,
    compiled: new Map(),
    versions: new Map(),
    token: () => randomToken(),
  };
}

/** A run of base, or what an earlier one of the same tree, command and toolchain gave. */
export async function runBase(bench: Bench, run: Run): Promise<Ran> {
  const { cache, elsewhere } = bench.input;
  if (elsewhere !== undefined) return await runIn(bench, run);
  const key = await baseKey(bench, run);
  const kept = await cache.get(key);
  if (kept !== null) {
    bench.input.progress?.(`base: ${describe(kept)} (kept from an earlier run)`);
    return { execution: kept, understood: kept.report !== null || run.command.tester !== "tap" };
  }
  const ran = await runIn(bench, run);
  if (ran.execution.ended === "by-itself") await cache.put(key, ran.execution);
  return ran;
}

async function baseKey(bench: Bench, run: Run): Promise<string> {
  return await digestOf(JSON.stringify([
    cacheFormat,
    run.tree,
    run.command,
    bench.stage.sandbox.level,
    await versionOf(bench, run.tester),
    bench.stage.memoryBytes,
    // Not the places where dependencies landed: the tree has the lock file that names them.
    run.prepared?.executions.map((one) => one.exitCode) ?? [],
  ]));
}

/** What the toolchain says that it is. */
export function versionOf(bench: Bench, tester: Tester | null): Promise<string> {
  const argv = tester?.version;
  if (argv === undefined) return Promise.resolve(`${Deno.build.target} ${Deno.osRelease()}`);
  const key = argv.join(" ");
  let version = bench.versions.get(key);
  if (version === undefined) {
    version = bench.slots.run(async () => {
      const dir = join(bench.stage.scratch, `version-${randomToken()}`);
      await Deno.mkdir(dir);
      const told = await bench.stage.sandbox.run({
        argv,
        cwd: dir,
        timeoutMs: 60_000,
        maxOutputBytes: 64 * 1024,
      });
      return `${told.code} ${new TextDecoder().decode(told.stdout)}`;
    });
    bench.versions.set(key, version);
  }
  return version;
}

/** The compiled base of a run's tester, made when the first run asks. */
function compiledFor(bench: Bench, run: Run): Promise<Compiled | null> {
  const { tester } = run;
  if (tester?.warm === undefined) return Promise.resolve(null);
  let compiled = bench.compiled.get(tester.id);
  if (compiled === undefined) {
    compiled = makeCompiled(bench, run, tester);
    bench.compiled.set(tester.id, compiled);
  }
  return compiled;
}

async function makeCompiled(bench: Bench, run: Run, tester: Tester): Promise<Compiled | null> {
  const version = await versionOf(bench, tester);
  return await bench.slots.run(async () => {
    const { stage } = bench;
    const began = stage.clock.now();
    // What a held-out check runs is not there at base: base is compiled by a command of its own.
    const [own] = run.on.endsWith("+checks") ? await tester.detect(bench.views.base) : [];
    const compiled = await compileBase(stage, {
      tester,
      command: own ?? run.command,
      tree: bench.input.change.baseTree,
      version,
      keep: bench.input.compiled,
      prepared: bench.prepared.base,
    });
    // The time for tests is for tests.
    stage.deadline += stage.clock.now() - began;
    return compiled;
  });
}

/** Runs a command when its turn comes. */
export async function runIn(bench: Bench, run: Run): Promise<Ran> {
  const { elsewhere } = bench.input;
  if (elsewhere !== undefined) return await elsewhere.run(run);
  const compiled = await compiledFor(bench, run);
  const ran = await bench.slots.run(() =>
    execute(bench.stage, compiled === null ? run : { ...run, compiled })
  );
  bench.input.progress?.(`${run.on}: ${describe(ran.execution)}`);
  return ran;
}

function describe(execution: VerifyExecution): string {
  const { report } = execution;
  const end = execution.ended === "by-itself" ? `exit ${execution.exitCode}` : execution.ended;
  const counts = report === null
    ? "no report"
    : `${report.passed} passed, ${report.failed} failed, ${report.skipped} skipped`;
  return `${execution.argv.join(" ").slice(0, 120)}: ${end}, ${counts}, ${execution.seconds.toFixed(1)} s`;
}

/** The tester that made a command report, or null. */
export function testerOf(testers: readonly Tester[], command: TestCommand): Tester | null {
  return testers.find((tester) => tester.id === command.tester) ?? null;
}
