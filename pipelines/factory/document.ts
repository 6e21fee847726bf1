import type { RunView } from "../../kernel/mod.ts";
import { denialsOf } from "../../policies/mod.ts";
import type { PullRequestRef, RunDocument } from "../../specs/mod.ts";
import { FactoryInput } from "./input.ts";

/** The document of a run that users hold: a projection of its state, nothing else. */
export function documentOf(view: RunView): RunDocument {
  const input = FactoryInput.safeParse(view.input);
  const decision = view.lastDecision;
  const refused = view.status === "denied" || view.status === "escalated";
  const notes: string[] = [];
  if (input.success) {
    if (input.data.repository.dirty) notes.push("uncommitted work in the repository was not included");
    if (input.data.sandbox === "none") {
      notes.push("sandbox: NONE. The repository's tests ran with this user's rights");
    }
  }
  if (view.escalation) notes.push(view.escalation.question);
  return {
    run: view.run,
    status: view.status === "cancelling" ? "running" : view.status,
    phase: view.phase,
    title: view.title,
    createdAt: view.createdAt,
    updatedAt: view.updatedAt,
    pullRequest: pullRequestOf(view),
    denials: refused && decision && decision.verdict !== "allow" ? denialsOf(decision) : [],
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
    notes,
  };
}

/** The pull request exists only when its effect was recorded. */
function pullRequestOf(view: RunView): PullRequestRef | null {
  const outcome = view.effects[`${view.run}/pull-request`] as unknown as PullRequestRef | undefined;
  return outcome ?? null;
}
