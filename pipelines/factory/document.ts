import type { RunView } from "../../kernel/mod.ts";
import { denialsOf, waiverNotes } from "../../policies/mod.ts";
import type { PullRequestRef, RunDocument } from "../../specs/mod.ts";
import { type Standstill, waitingOf } from "../waiting.ts";
import { FactoryInput } from "./input.ts";
import { stackOf, type StackState } from "./stack/state.ts";

/** The document of a run that users hold: a projection of its state, nothing else. */
export function documentOf(view: RunView, standstill: Standstill | null = null): RunDocument {
  const input = FactoryInput.safeParse(view.input);
  const decision = view.lastDecision;
  const refused = view.status === "denied" || view.status === "escalated";
  const waiting = waitingOf(view, standstill, view.status === "parked" ? heldTask(view) : null);
  const denials = refused && decision && decision.verdict !== "allow" ? denialsOf(decision) : [];
  const notes: string[] = [];
  if (input.success) {
    if (input.data.repository.dirty) notes.push("uncommitted work in the repository was not included");
    if (input.data.sandbox === "none") {
      notes.push("sandbox: NONE. The repository's tests ran with this user's rights");
    }
    if (input.data.sandbox === "ci") {
      notes.push("verified by the forge's CI: observed as it told, not sandboxed by this engine");
    }
  }
  const stack = input.success && input.data.pr === "per-task" ? stackOf(view) : null;
  for (const { task, run, status, why } of stack?.stopped ?? []) {
    notes.push(`task ${task} has no pull request (${status}${run === null ? "" : `, ${run}`}): ${why}`);
  }
  if (decision) notes.push(...waiverNotes(decision));
  if (view.escalation) notes.push(view.escalation.question);
  if (waiting) {
    // The reason of an escalation is what its denials, or its failure, say already.
    const isSaid = denials.length > 0 || (view.status === "escalated" && view.failure !== null);
    if (!isSaid) notes.push(`${view.status}: ${waiting.reason}`);
    if (waiting.until) notes.push(`until ${waiting.until}`);
    notes.push(`what to do: ${waiting.remedy}`);
  }
  return {
    run: view.run,
    status: view.status === "cancelling" ? "running" : view.status,
    phase: view.phase,
    title: view.title,
    createdAt: view.createdAt,
    updatedAt: view.updatedAt,
    pullRequest: stack === null ? pullRequestOf(view) : topOf(stack),
    ...(stack === null ? {} : { pullRequests: stack.pulls }),
    denials: stack !== null && view.status === "denied" && denials.length === 0
      ? stack.stopped.flatMap((one) => one.denials).slice(0, 100)
      : denials,
    failure: view.failure,
    evidence: view.evidence &&
      { id: view.evidence.id, path: view.evidence.path, digest: view.evidence.digest },
    usage: {
      tokensIn: view.budget.tokensIn?.spent ?? 0,
      tokensOut: view.budget.tokensOut?.spent ?? 0,
      costUsd: (view.budget.costMicroUsd?.spent ?? 0) / 1_000_000,
      seconds: Math.max(0, (Date.parse(view.updatedAt) - Date.parse(view.createdAt)) / 1000),
      repairs: view.budget.repairs?.spent ?? 0,
    },
    waiting,
    notes,
  };
}

/** Time does not help where the run of a task needs a human. */
function heldTask(view: RunView): string | null {
  const runs = Object.values(stackOf(view)?.runs ?? {});
  return runs.find(({ status }) => ["escalated", "paused"].includes(status))?.run ?? null;
}

/** The last one in the order of the plan holds the most of it. */
function topOf({ pulls }: StackState): PullRequestRef | null {
  const top = pulls.at(-1);
  if (top === undefined) return null;
  const { task: _, run: __, ...pull } = top;
  return pull;
}

/** The pull request exists only when its effect was recorded. */
function pullRequestOf(view: RunView): PullRequestRef | null {
  const outcome = view.effects[`${view.run}/pull-request`] as unknown as PullRequestRef | undefined;
  return outcome ?? null;
}
