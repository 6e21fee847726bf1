import {
  adoptCommand,
  detectCommands,
  removeTree,
  type TestCommand,
  type Tester,
} from "../../../connectors/mod.ts";
import type { VerifyExecution, VerifyFacts } from "../../../specs/mod.ts";
import { intentsOf, testScriptsOf } from "../../../specs/code/mod.ts";
import { type Bench, benchElsewhere, benchOf, runBase, runIn, testerOf } from "./bench.ts";
import { gapOf } from "./gap.ts";
import { NotYet, type VerifyInput } from "./input.ts";
import type { Run } from "./execute.ts";
import { limiter } from "./limiter.ts";
import { tryMutants } from "./mutation.ts";
import type { HeadRun } from "./noticed.ts";
import { baseTests, headTests, type Overlay } from "./overlay.ts";
import { plantFailure } from "./planted.ts";
import { testPaths } from "./test_files.ts";
import { overlaidView, treeView } from "./tree_view.ts";

/**
 * Runs the repository's tests and the held-out checks at base and head, and what shows whether they can be trusted: base's
 * tests on head, head's tests on base, a planted failure. Every run has a clean checkout. What comes back is data:
 * nothing here passes or fails, and no output of a test can make it throw.
 */
export async function gatherVerifyFacts(input: VerifyInput): Promise<VerifyFacts> {
  const { spec, workspace } = input;
  const { elsewhere } = input;
  const usable = elsewhere === undefined ? await input.sandbox.check() : null;
  const sandbox: VerifyFacts["sandbox"] = usable === null
    ? { level: "ci", detail: elsewhere?.detail ?? "", memoryLimit: false }
    : {
      level: input.sandbox.level,
      detail: usable.ok ? usable.value.detail : usable.error.message,
      memoryLimit: usable.ok && usable.value.memoryLimit,
    };
  const views = { base: treeView(workspace, "base"), head: treeView(workspace, "head") };
  const commands = await commandsOf(input, views);
  const inUse = input.testers.filter((tester) => commands.some((one) => one.command.tester === tester.id));
  const paths = testPaths(
    spec.verify?.tests ?? [],
    // Whatever prints TAP may start any runner, so that its files are told by the conventions of all.
    inUse.some((tester) => tester.id !== "tap") ? inUse : input.testers,
    testScriptsOf(spec),
  );
  const testFiles = {
    base: (await views.base.list()).filter(paths.isTest),
    head: (await views.head.list()).filter(paths.isTest),
  };
  const facts: VerifyFacts = { v: 1, sandbox, prepared: [], commands: [], checks: [], testFiles };
  if (usable?.ok === false) {
    return { ...facts, problem: `The sandbox cannot be used: ${usable.error.message}` };
  }
  if (commands.length === 0) facts.problem = "no way to test this repository was found";
  if (elsewhere !== undefined) {
    const slots = limiter(64);
    try {
      const bench = benchElsewhere({ ...input, elsewhere }, slots, views, paths);
      const { ofCommands, ofChecks } = await runAll(bench, commands, inUse);
      return {
        ...facts,
        commands: ofCommands.map(({ facts }) => facts),
        checks: ofChecks.map(({ facts }) => facts),
        gap: gapOf(
          ofCommands.map(({ head }) => head.execution),
          ofChecks.map(({ head }) => head.execution),
        ),
      };
    } finally {
      await slots.close();
    }
  }

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
    const unprepared = bench.prepared.head?.problem ?? bench.prepared.base?.problem;
    if (unprepared) facts.problem ??= `dependencies could not be installed: ${unprepared.message}`;
    const began = input.clock.now();
    const { ofCommands, ofChecks } = await runAll(bench, commands, inUse);
    input.signal?.throwIfAborted();
    const heads = [...ofCommands, ...ofChecks].map(({ head }) => head);
    const mutation = input.mutation === undefined
      ? {}
      : { mutation: await tryMutants(bench, input.mutation, heads, input.clock.now() - began) };
    for (const one of bench.compiled.values()) {
      const execution = (await one)?.execution;
      if (execution) facts.prepared.push(execution);
    }
    return {
      ...facts,
      commands: ofCommands.map(({ facts }) => facts),
      checks: ofChecks.map(({ facts }) => facts),
      gap: gapOf(ofCommands.map(({ head }) => head.execution), ofChecks.map(({ head }) => head.execution)),
      ...mutation,
    };
  } finally {
    // Only when something threw is anything still going on.
    stop.abort();
    await slots.close();
    await removeTree(scratch);
  }
}

/** All commands and all checks, at both sides and laid over one another. */
async function runAll(bench: Bench, commands: readonly Planned[], inUse: readonly Tester[]) {
  const { input, views, paths } = bench;
  const overlays = {
    baseTests: await baseTests({
      change: input.change,
      paths,
      renames: input.renames,
      removes: intentsOf(input.spec).flatMap((intent) => intent.removes),
      isolated: inUse.every((tester) => tester.isolatesFiles === true),
      read: input.workspace.read,
      views,
    }),
    headTests: await headTests(input.change, paths, input.workspace.read),
  };
  const [ofCommands, ofChecks] = await together(bench, [
    together(bench, commands.map((command) => commandFacts(bench, command, overlays))),
    together(bench, checksOf(bench)),
  ]);
  return { ofCommands, ofChecks };
}

/**
 * As `Promise.all`, but none is left behind where runs are carried out elsewhere: what is needed there is asked for by all before anybody is told that it is not
 * there yet. Any other error goes before that one.
 */
async function together<T extends readonly unknown[] | []>(
  { input }: Bench,
  all: T,
): Promise<{ -readonly [P in keyof T]: Awaited<T[P]> }> {
  if (input.elsewhere === undefined) return await Promise.all(all);
  const settled = await Promise.allSettled(all);
  const broken = settled.flatMap((one) => one.status === "rejected" ? [one.reason] : []);
  if (broken.length > 0) throw broken.find((error) => !(error instanceof NotYet)) ?? broken[0];
  return await Promise.all(all);
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

async function commandFacts(
  bench: Bench,
  { argv, command, atBase }: Planned,
  overlays: { baseTests: Overlay | null; headTests: Overlay | null },
): Promise<{ facts: VerifyFacts["commands"][number]; head: HeadRun }> {
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
    overlay === null ? Promise.resolve(null) : runIn(bench, {
      ...at(side),
      // These tests were written for other code: what does not fit must fail alone.
      command: tester?.lenient?.(command) ?? command,
      on,
      overlay,
      files: overlaidView(views[side], overlay),
    });

  const run: Run = { ...at("head"), on: "head" };
  const headRun = runIn(bench, run);
  const baseRun = atBase ? runBase(bench, { ...at("base"), on: "base" }) : Promise.resolve(null);
  const [head, base, baseTestsOnHead, headTestsOnBase, planted] = await together(bench, [
    headRun,
    baseRun,
    put("head", "base-tests-on-head", overlays.baseTests),
    atBase ? put("base", "head-tests-on-base", overlays.headTests) : Promise.resolve(null),
    Promise.all([headRun, baseRun]).then(([ofHead, ofBase]) =>
      plantFailure(
        bench,
        { ...at("head"), ran: ofHead },
        ofBase === null ? null : { ...at("base"), ran: ofBase },
      )
    ),
  ]);
  const understood = head.understood || base?.understood === true;
  const facts = {
    argv,
    tester: tester === null || !understood ? null : tester.id,
    base: base?.execution ?? null,
    head: head.execution,
    baseTestsOnHead: baseTestsOnHead?.execution ?? null,
    headTestsOnBase: headTestsOnBase?.execution ?? null,
    ...planted,
  };
  return { facts, head: { run, execution: head.execution } };
}

function checksOf(bench: Bench): Promise<{ facts: VerifyFacts["checks"][number]; head: HeadRun }>[] {
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
    const run: Run = {
      on: at === "base" ? "base+checks" : "head+checks",
      tree: at === "base" ? input.change.baseTree : input.change.tree,
      command,
      tester: testerOf(input.testers, command),
      files: view,
      overlay,
      ...(prepared[at] === undefined ? {} : { prepared: prepared[at] }),
    };
    return { run, execution: (await runIn(bench, run)).execution };
  };
  return input.spec.acceptance.flatMap(({ id, check }) =>
    check === undefined ? [] : [
      together(bench, [side("base", check.run, check.files), side("head", check.run, check.files)])
        .then(([base, head]) => ({
          facts: { id, argv: check.run, base: base.execution, head: head.execution },
          head,
        })),
    ]
  );
}
