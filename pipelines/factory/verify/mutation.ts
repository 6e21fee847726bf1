import { chooseMutants, type ChosenMutants, type Mutant, mutated } from "../../../policies/code/mod.ts";
import type { MutationBudget } from "../../../policies/mod.ts";
import {
  digestOf,
  type MutationFacts,
  type TriedMutation,
  type VerifyExecution,
} from "../../../specs/mod.ts";
import { type Bench, runIn, versionOf } from "./bench.ts";
import type { Run } from "./execute.ts";
import { type HeadRun, noticed } from "./noticed.ts";
import type { MutationInput } from "./input.ts";
import type { Overlay } from "./overlay.ts";

/** Counted up when what a kept execution of a mutant means changes. */
const cacheFormat = 1;

/** How long a mutant may run beyond what head took: a loop that does not end is noticed by that. */
const patience = { factor: 3, moreMs: 2000 };

/**
 * Tries mutants of the changed lines against the runs that passed at head, commands before checks, each in a clean checkout. The
 * time that verification took before decides how many fit; which come first the seed decides.
 */
export async function tryMutants(
  bench: Bench,
  input: MutationInput,
  heads: readonly HeadRun[],
  tookMs: number,
): Promise<MutationFacts> {
  const { budget } = input;
  const timeMs = Math.round(1000 * Math.min(budget.seconds, budget.share * tookMs / 1000));
  const facts: MutationFacts = {
    budget: { mutants: budget.mutants, atLeast: budget.atLeast, seconds: timeMs / 1000 },
    possible: 0,
    lines: 0,
    tried: [],
    seconds: 0,
    stopped: "done",
    unread: [],
  };
  const skipped = input.skipped ?? whyNot(budget, heads);
  if (skipped !== undefined) return { ...facts, skipped };
  const { clock } = bench.stage;
  const began = clock.now();
  let chosen: ChosenMutants;
  try {
    chosen = await chooseMutants(input.files, input.seed, budget.mutants);
  } catch (error) {
    return {
      ...facts,
      problem: `the changed code could not be read: ${
        error instanceof Error ? error.message : String(error)
      }`,
    };
  }
  const texts = new Map(input.files.map(({ path, text }) => [path, text]));
  const runs = heads.filter(({ execution }) => passedIn(execution));
  const perMutantMs = runs.reduce((sum, { execution }) => sum + execution.seconds * 1000, 0);
  const waiting = [...chosen.mutants];
  const tried: (TriedMutation & { order: number })[] = [];
  let isOver = false;
  const left = () => timeMs - (clock.now() - began);
  const work = async (): Promise<void> => {
    for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
      const order = chosen.mutants.indexOf(mutant);
      const isOwed = order < budget.atLeast && clock.now() - began < budget.seconds * 1000;
      if (!isOwed && left() < perMutantMs) {
        isOver = true;
        return;
      }
      const text = texts.get(mutant.path) ?? "";
      const outcome = await tryOne(bench, mutant, mutated(text, mutant), runs);
      tried.push({ ...told(mutant), ...outcome, order });
    }
  };
  const workers = await Promise.allSettled([work(), work()]);
  bench.input.signal?.throwIfAborted();
  const broken = workers.find((one) => one.status === "rejected");
  const stopped = isOver ? "time" : chosen.possible > chosen.mutants.length ? "mutants" : "done";
  const done: MutationFacts = {
    ...facts,
    possible: chosen.possible,
    lines: chosen.lines,
    unread: chosen.unread,
    tried: tried.toSorted((a, b) => a.order - b.order).map(({ order: _, ...one }) => one),
    seconds: (clock.now() - began) / 1000,
    stopped,
    ...(broken === undefined
      ? {}
      : { problem: `a mutant could not be run: ${String(broken.reason)}`.slice(0, 500) }),
  };
  const count = (outcome: TriedMutation["outcome"]) =>
    done.tried.filter((one) => one.outcome === outcome).length;
  bench.input.progress?.(
    `mutants: ${done.tried.length} of ${done.possible} tried, ${
      count("killed") + count("timeout")
    } noticed, ${count("survived")} not, ${done.seconds.toFixed(1)} s`,
  );
  return done;
}

/** Where other gates deny or ask already, mutants would say nothing more. */
function whyNot(budget: MutationBudget, heads: readonly HeadRun[]): string | undefined {
  if (budget.mutants === 0) return "the tier asks for none";
  if (!heads.some(({ execution }) => passedIn(execution))) {
    return "no command and no check passed at head, so that nothing could notice a mutant";
  }
  const failing = heads.find(({ execution, run }) =>
    run.on === "head+checks" && (execution.exitCode !== 0 || !passedIn(execution))
  );
  if (failing !== undefined) return "a held-out check fails at head";
  const ended = heads.find(({ execution }) => execution.ended !== "by-itself");
  return ended === undefined ? undefined : "a command did not end by itself at head";
}

/** Something in it passed, so that it could fail. */
function passedIn({ ended, exitCode, report }: VerifyExecution): boolean {
  if (ended !== "by-itself") return false;
  return report === null ? exitCode === 0 : report.passed > 0;
}

async function tryOne(
  bench: Bench,
  mutant: Mutant,
  text: string,
  heads: readonly HeadRun[],
): Promise<Pick<TriedMutation, "outcome" | "by" | "kept">> {
  let isKept = true;
  for (const head of heads) {
    const { execution, kept } = await run(bench, mutant, text, head);
    isKept &&= kept;
    if (execution.ended === "not-started") {
      throw new Error(`${execution.argv.join(" ").slice(0, 120)} could not be started`);
    }
    const seen = noticed(head, execution);
    if (seen === null) continue;
    return { ...seen, ...(isKept ? { kept: true as const } : {}) };
  }
  return { outcome: "survived", ...(isKept ? { kept: true as const } : {}) };
}

async function run(
  bench: Bench,
  mutant: Mutant,
  text: string,
  { run, execution }: HeadRun,
): Promise<{ execution: VerifyExecution; kept: boolean }> {
  const { stage, input } = bench;
  const key = await keyOf(bench, mutant, run);
  const known = await input.cache.get(key);
  if (known !== null) return { execution: known, kept: true };
  const overlay: Overlay = {
    write: new Map([[mutant.path, new TextEncoder().encode(text)], ...run.overlay?.write ?? []]),
    remove: run.overlay?.remove ?? [],
  };
  const { progress: _, ...quiet } = input;
  const deadline = stage.clock.now() + execution.seconds * 1000 * patience.factor + patience.moreMs;
  const ran = await runIn({ ...bench, input: quiet, stage: { ...stage, deadline } }, {
    ...run,
    on: "head+mutant",
    overlay,
  });
  const isWhole = ran.execution.ended === "by-itself" || ran.execution.ended === "timeout";
  if (isWhole) await input.cache.put(key, ran.execution);
  return { execution: ran.execution, kept: false };
}

async function keyOf(bench: Bench, { path, from, to, put }: Mutant, run: Run): Promise<string> {
  const laid = await Promise.all(
    [...run.overlay?.write ?? []].map(async ([name, bytes]) => [name, await digestOf(bytes)]),
  );
  return await digestOf(JSON.stringify([
    "mutant",
    cacheFormat,
    run.tree,
    { path, from, to, put },
    run.command,
    laid,
    run.overlay?.remove ?? [],
    bench.stage.sandbox.level,
    await versionOf(bench, run.tester),
    bench.stage.memoryBytes,
    run.prepared?.executions.map((one) => one.exitCode) ?? [],
  ]));
}

function told(
  { path, line, operator, what }: Mutant,
): Pick<TriedMutation, "path" | "line" | "operator" | "what"> {
  return { path, line, operator, what };
}
