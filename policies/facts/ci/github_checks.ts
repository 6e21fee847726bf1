import { BLIND, type CheckRun, checksIn, isCheckAction, NARROW, runsOthers } from "./checks.ts";
import { type Workflow } from "./workflow.ts";

import type { Add } from "./told.ts";

async function checkRuns(workflow: Workflow | null): Promise<{ run: CheckRun; job: string; line: number }[]> {
  const found: { run: CheckRun; job: string; line: number }[] = [];
  for (const job of workflow?.jobs ?? []) {
    for (const step of job.steps) {
      for (const run of step.run === "" ? [] : await checksIn(step.run)) {
        found.push({ run, job: job.id, line: step.line });
      }
      if (isCheckAction(step.uses)) {
        const text = step.uses.split("@")[0] ?? "";
        found.push({ run: { text, words: [text], kind: "any" }, job: job.id, line: step.line });
      }
    }
  }
  return found;
}

/** Checks of base that no step of head runs, and what stands in their place. */
export async function checksGone(
  base: Workflow | null,
  head: Workflow | null,
  others: readonly CheckRun[],
  add: Add,
): Promise<void> {
  const [before, after] = [await checkRuns(base), await checkRuns(head)];
  const texts = new Set([...after.map(({ run }) => run.text), ...others.map(({ text }) => text)]);
  const kinds = new Set([...after.map(({ run }) => run.kind), ...others.map(({ kind }) => kind)]);
  const known = new Set(
    (base?.jobs ?? []).flatMap((
      job,
    ) => [job.uses, ...job.steps.flatMap((step) => [step.uses.split("@")[0] ?? "", step.run])]),
  );
  // Another workflow or program, of which is not known what it runs, may have taken its place.
  let unclear = false;
  for (const job of head?.jobs ?? []) {
    if (job.uses !== "" && !known.has(job.uses)) unclear = true;
    for (const step of job.steps) {
      if (step.uses.startsWith("./") && !known.has(step.uses)) unclear = true;
      if (step.run !== "" && !known.has(step.run) && await runsOthers(step.run)) unclear = true;
    }
  }
  const gone = new Map<string, { run: CheckRun; job: string }>();
  for (const one of before) if (!texts.has(one.run.text)) gone.set(one.run.text, one);
  for (const { run, job } of gone.values()) {
    const twin = after.find((one) =>
      one.run.words[0] === run.words[0] && !before.some(({ run: { text } }) => text === one.run.text)
    );
    if (twin !== undefined) {
      const more = twin.run.words.filter((word) => !run.words.includes(word));
      const blind = more.find((word) => BLIND.test(word));
      const narrow = more.find((word) => NARROW.test(word));
      const word = blind ?? narrow;
      if (word !== undefined) {
        add(
          "check-weakened",
          `${job}: ${run.words.slice(0, 4).join(" ")}`,
          `it is run with ${word.slice(0, 60)}`,
          blind !== undefined,
          twin.line,
        );
      }
      continue;
    }
    const covered = kinds.has(run.kind) || kinds.has("any") || unclear;
    const jobGone = !(head?.jobs ?? []).some(({ id }) => id === job);
    add(
      jobGone ? "job-removed" : "check-removed",
      `${job}: ${run.words.slice(0, 6).join(" ")}`,
      covered
        ? "it is not run any more as it was; whether another step takes its place is not known"
        : "it is not run any more, and nothing of its kind is",
      !covered && run.kind !== "build",
    );
  }
}
