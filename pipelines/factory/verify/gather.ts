import { join } from "node:path";
import {
  adoptCommand,
  detectCommands,
  type FileView,
  removeTree,
  type TestCommand,
  type Tester,
} from "../../../connectors/mod.ts";
import { digestOf, type VerifyExecution, type VerifyFacts } from "../../../specs/mod.ts";
import { type Compiled, compileBase } from "./compiled.ts";
import { execute, type Ran, randomToken, type Run, type Stage } from "./execute.ts";
import type { Prepared, VerifyInput } from "./input.ts";
import { type Limiter, limiter } from "./limiter.ts";
import { baseTests, headTests, type Overlay, touchedTests } from "./overlay.ts";
import { type TestPaths, testPaths } from "./test_files.ts";
import { overlaidView, treeView } from "./tree_view.ts";

/** Counted up when what an execution records changes its meaning: kept executions of older engines are then left alone. */
const cacheFormat = 1;

/** What all commands and checks of one verification work with. */
interface Bench {
  input: VerifyInput;
  stage: Stage;
  slots: Limiter;
  views: { base: FileView; head: FileView };
  paths: TestPaths;
  prepared: { base: Prepared | undefined; head: Prepared | undefined };
  /** By tester: what base compiled to, and what toolchain did it. Each is made once. */
  compiled: Map<string, Promise<Compiled | null>>;
  versions: Map<string, Promise<string>>;
}

/**
 * Runs the repository's tests and the held-out checks at base and head, and what shows whether they can be trusted: base's
 * tests on head, head's tests on base, a planted failure. Every run has a checkout of its own. What comes back is data:
 * nothing here passes or fails, and no output of a test can make it throw.
 */
export async function gatherVerifyFacts(input: VerifyInput): Promise<VerifyFacts> {
  const { spec, workspace, change } = input;
  const usable = await input.sandbox.check();
  const sandbox = {
    level: input.sandbox.level,
    detail: usable.ok ? usable.value.detail : usable.error.message,
    memoryLimit: usable.ok && usable.value.memoryLimit,
  };
  const views = { base: treeView(workspace, "base"), head: treeView(workspace, "head") };
  const commands = await commandsOf(input, views);
  const inUse = input.testers.filter((tester) => commands.some((one) => one.command.tester === tester.id));
  const paths = testPaths(spec.verify?.tests ?? [], inUse.length > 0 ? inUse : input.testers);
  const testFiles = {
    base: (await views.base.list()).filter(paths.isTest),
    head: (await views.head.list()).filter(paths.isTest),
  };
  const facts: VerifyFacts = { v: 1, sandbox, prepared: [], commands: [], checks: [], testFiles };
  if (!usable.ok) return { ...facts, problem: `The sandbox cannot be used: ${usable.error.message}` };
  if (commands.length === 0) facts.problem = "no way to test this repository was found";

  await Deno.mkdir(input.scratch, { recursive: true, mode: 0o700 });
  const scratch = await Deno.makeTempDir({ dir: await Deno.realPath(input.scratch), prefix: "verify-" });
  const slots = limiter(input.atOnce ?? 2);
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, ...(input.signal === undefined ? [] : [input.signal])]);
  try {
    const bench = await benchOf({ ...input, signal }, scratch, slots, views, paths);
    facts.prepared = [
      ...(bench.prepared.base?.executions ?? []),
      ...(bench.prepared.head?.executions ?? []),
    ];
    const overlays = {
      baseTests: await baseTests(
        change,
        paths,
        input.renames,
        inUse.every((tester) => tester.isolatesFiles === true),
        workspace.read,
      ),
      headTests: await headTests(change, paths, workspace.read),
    };
    const [ofCommands, ofChecks] = await Promise.all([
      Promise.all(commands.map((command) => commandFacts(bench, command, overlays))),
      Promise.all(checksOf(bench)),
    ]);
    input.signal?.throwIfAborted();
    for (const one of bench.compiled.values()) {
      const execution = (await one)?.execution;
      if (execution) facts.prepared.push(execution);
    }
    return { ...facts, commands: ofCommands, checks: ofChecks };
  } finally {
    // Only when something threw is anything still going on.
    stop.abort();
    await slots.close();
    await removeTree(scratch);
  }
}

/** A command, and whether it exists at base. */
interface Planned {
  argv: string[];
  command: TestCommand;
  atBase: boolean;
}

/** What the spec names, else what base says of itself, else what head says. Scripts are read as they are at base. */
async function commandsOf(input: VerifyInput, views: Bench["views"]): Promise<Planned[]> {
  const named = input.spec.verify?.run;
  if (named !== undefined) {
    return await Promise.all(named.map(async (argv) => {
      const before = await adoptCommand(argv, views.base, input.testers);
      const after = before.tester === "" || before.tester === "tap"
        ? await adoptCommand(argv, views.head, input.testers)
        : before;
      // A script that only head has is read there; one that base has is not what head makes of it.
      const added = before.tester !== after.tester && after.tester !== "";
      return { argv, command: added ? after : before, atBase: true };
    }));
  }
  const atBase = await detectCommands(views.base, input.testers);
  const found = atBase.length > 0 ? atBase : await detectCommands(views.head, input.testers);
  return found.map((command) => ({ argv: command.line ?? command.argv, command, atBase: atBase.length > 0 }));
}

async function benchOf(
  input: VerifyInput,
  scratch: string,
  slots: Limiter,
  views: Bench["views"],
  paths: TestPaths,
): Promise<Bench> {
  const timeoutMs = (input.spec.verify?.timeoutSeconds ?? 600) * 1000;
  const stage: Stage = {
    workspace: input.workspace,
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
  return { input, stage, slots, views, paths, prepared, compiled: new Map(), versions: new Map() };
}

async function commandFacts(
  bench: Bench,
  { argv, command, atBase }: Planned,
  overlays: { baseTests: Overlay | null; headTests: Overlay | null },
): Promise<VerifyFacts["commands"][number]> {
  const { input, views, prepared } = bench;
  const tester = testerOf(input.testers, command);
  const at = (side: "base" | "head") => ({
    tree: side === "base" ? input.change.baseTree : input.change.tree,
    files: views[side],
    command,
    tester,
    ...(prepared[side] === undefined ? {} : { prepared: prepared[side] }),
  });
  const put = (side: "base" | "head", on: VerifyExecution["on"], overlay: Overlay | null) =>
    overlay === null
      ? Promise.resolve(null)
      : runIn(bench, { ...at(side), on, overlay, files: overlaidView(views[side], overlay) });

  const headRun = runIn(bench, { ...at("head"), on: "head" });
  const [head, base, baseTestsOnHead, headTestsOnBase, planted] = await Promise.all([
    headRun,
    atBase ? runBase(bench, { ...at("base"), on: "base" }) : Promise.resolve(null),
    put("head", "base-tests-on-head", overlays.baseTests),
    atBase ? put("base", "head-tests-on-base", overlays.headTests) : Promise.resolve(null),
    headRun.then((ran) => plantFailure(bench, at("head"), ran)),
  ]);
  const understood = head.understood || base?.understood === true;
  return {
    argv,
    tester: tester === null || !understood ? null : tester.id,
    base: base?.execution ?? null,
    head: head.execution,
    baseTestsOnHead: baseTestsOnHead?.execution ?? null,
    headTestsOnBase: headTestsOnBase?.execution ?? null,
    ...planted,
  };
}

/** Puts a test that must fail into a file that the command collected at head: a changed one where there is one. */
async function plantFailure(
  bench: Bench,
  run: Omit<Run, "on">,
  head: Ran,
): Promise<Pick<VerifyFacts["commands"][number], "planted" | "plantProblem">> {
  const { report } = head.execution;
  if (report === null || run.tester === null) {
    return { planted: null, plantProblem: "head gave no report, so no file is known to be collected" };
  }
  const marker = `k${randomToken().slice(0, 12)}`;
  const touched = new Set(touchedTests(bench.input.change, bench.paths));
  const changed = { ...report, cases: report.cases.filter((one) => touched.has(one.path)) };
  for (const collected of [changed, report]) {
    const plant = await run.tester.plant(run.command, collected, run.files, marker);
    if (plant === null) continue;
    const overlay: Overlay = {
      write: new Map([[plant.path, new TextEncoder().encode(plant.content)]]),
      remove: [],
    };
    const files = overlaidView(run.files, overlay);
    const ran = await runIn(bench, { ...run, on: "head+planted", overlay, files });
    return { planted: { path: plant.path, marker, execution: ran.execution } };
  }
  return { planted: null, plantProblem: "no collected file was found that a failing test could be put in" };
}

function checksOf(bench: Bench): Promise<VerifyFacts["checks"][number]>[] {
  const { input, views, prepared } = bench;
  const side = async (at: "base" | "head", argv: string[], files: readonly string[]) => {
    const write = new Map<string, Uint8Array>();
    for (const path of files) {
      const bytes = input.checkFiles.get(path);
      // Whoever read the spec has resolved its files; a missing one is a fault of the engine, not of the change.
      if (bytes === undefined) {
        throw new Error(`Cannot run a check: its file ${JSON.stringify(path)} was not given`);
      }
      write.set(path, bytes);
    }
    const overlay: Overlay = { write, remove: [] };
    const view = overlaidView(views[at], overlay);
    const command = await adoptCommand(argv, overlaidView(views.base, overlay), input.testers);
    const ran = await runIn(bench, {
      on: at === "base" ? "base+checks" : "head+checks",
      tree: at === "base" ? input.change.baseTree : input.change.tree,
      command,
      tester: testerOf(input.testers, command),
      files: view,
      overlay,
      ...(prepared[at] === undefined ? {} : { prepared: prepared[at] }),
    });
    return ran.execution;
  };
  return input.spec.acceptance.flatMap(({ id, check }) =>
    check === undefined ? [] : [
      Promise.all([side("base", check.run, check.files), side("head", check.run, check.files)])
        .then(([base, head]) => ({ id, argv: check.run, base, head })),
    ]
  );
}

/** A run of base, or what an earlier one of the same tree, command and toolchain gave. */
async function runBase(bench: Bench, run: Run): Promise<Ran> {
  const { cache } = bench.input;
  const key = await baseKey(bench, run);
  const kept = await cache.get(key);
  if (kept !== null) {
    bench.input.progress?.(`base: ${describe(kept)} (kept from an earlier run)`);
    return { execution: kept, understood: kept.report !== null };
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
    run.prepared?.env ?? {},
    run.prepared?.readOnly ?? [],
    run.prepared?.executions.map((one) => [one.argv, one.exitCode]) ?? [],
  ]));
}

/** What the toolchain says that it is. */
function versionOf(bench: Bench, tester: Tester | null): Promise<string> {
  const argv = tester?.version ?? ["uname", "-sm"];
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
    compiled = versionOf(bench, tester).then((version) =>
      bench.slots.run(() =>
        compileBase(bench.stage, {
          tester,
          command: run.command,
          tree: bench.input.change.baseTree,
          version,
          keep: bench.input.compiled,
          prepared: bench.prepared.base,
        })
      )
    );
    bench.compiled.set(tester.id, compiled);
  }
  return compiled;
}

async function runIn(bench: Bench, run: Run): Promise<Ran> {
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

function testerOf(testers: readonly Tester[], command: TestCommand): Tester | null {
  return testers.find((tester) => tester.id === command.tester) ?? null;
}
