/** Merging where policy allows, and what was merged against what was judged. */
import type { Forge, PullRequestState } from "../../../connectors/mod.ts";
import type { PhaseContext } from "../../../kernel/mod.ts";
import { autonomyEffect, freezeFacts } from "../../../policies/mod.ts";
import type { EffectIntent, Json } from "../../../specs/mod.ts";
import type { FactoryPorts } from "../ports.ts";
import { levelNow, policyOf } from "../release.ts";
import type { Delivered } from "./delivered.ts";
import type { Merge } from "./effects.ts";
import type { MergedRecord, WatchInput, WatchState } from "./record.ts";

interface Given {
  watch: WatchInput;
  state: WatchState;
  delivered: Delivered;
  forge: Forge;
  now: PullRequestState;
}

/** What was merged: the tree that was judged, or not. Nothing is concluded from what the forge does not tell. */
export async function mergedAs({ watch, state, forge, now }: Given): Promise<MergedRecord> {
  const record = (
    verdict: MergedRecord["verdict"],
    why: string,
    tree: string | null = null,
  ): MergedRecord => ({
    commit: now.mergeCommit,
    tree,
    verdict,
    why,
  });
  if (now.head !== state.head) {
    return record("differs", `the head that was merged, ${now.head}, is not ${state.head}, which was judged`);
  }
  // It is merged: asked again, the forge only says as what.
  const merged = await forge.merge?.(watch.pull, {
    key: `${state.delivery}/merged`,
    head: now.head,
    method: "merge",
  });
  if (!merged?.ok) {
    return record(
      "unverified",
      `the tree of the merge cannot be read: ${merged?.error.message ?? "no answer"}`,
    );
  }
  const { commit, tree } = merged.value;
  if (tree === state.tree) {
    return { ...record("as-judged", `the tree of ${commit} is the one that the gates judged`, tree), commit };
  }
  return {
    ...record(
      "differs",
      `the tree of ${commit} is ${tree}, and the gates judged ${state.tree} on ${state.base}: ` +
        "the base had moved, or something else came in; judge it with forge pr review",
      tree,
    ),
    commit,
  };
}

/** Why it is not merged by this run, or the effect that does it. Everything is read again right before. */
export async function mergeNow(
  ports: FactoryPorts,
  ctx: PhaseContext,
  given: Given,
): Promise<{ effect: EffectIntent } | { why: string }> {
  const { watch, state, delivered, now } = given;
  const at = new Date(ctx.clock.now()).toISOString();
  const { input, spec, proposal, view } = delivered;
  const level = await levelNow(ports, { input, spec, outputs: view.outputs, facts: proposal.facts, at });
  if (autonomyEffect(level)?.merges !== true) {
    return { why: `a person merges: the autonomy here is ${level}` };
  }
  const bar = barTo(state, now, watch.requester);
  if (bar !== null) return { why: bar };
  if (view.status !== "completed" || view.evidence === null) {
    return { why: `the evidence of ${delivered.run} is not sealed yet` };
  }
  const policy = await policyOf(ports, view.outputs);
  const installed = await ports.installation.operation?.freezes() ?? [];
  const { open } = await freezeFacts(policy.freeze, installed, at);
  if (open.length > 0) return { why: "a freeze window is open" };
  const args: Merge = {
    forge: watch.forge,
    repository: watch.pull.repository,
    number: watch.pull.number,
    head: state.head,
  };
  return {
    effect: { key: `${ctx.run}/merge/${state.head}`, kind: "watch-merge", args: args as unknown as Json },
  };
}

/** What stands in the way of a merge that policy allows; null when nothing does. */
export function barTo(
  state: Pick<WatchState, "head" | "base" | "pending" | "comments" | "account">,
  now: PullRequestState,
  requester: string,
): string | null {
  if (now.head !== state.head) return "the head is not the one that was judged";
  if (now.baseHead !== state.base) return "the base is not the one that it was judged on";
  if (state.pending !== null) return "a run is working on it";
  if (now.draft) return "it is a draft";
  if (now.mergeable !== "clean") return `the forge says ${now.mergeable}`;
  if (now.cut) return "not all checks and reviews could be read";
  const open = Object.values(now.checks).find((check) =>
    !check.ours && (check.status !== "completed" || !GREEN.has(check.conclusion ?? ""))
  );
  if (open !== undefined) return `the check ${open.name.slice(0, 100)} is ${open.conclusion ?? open.status}`;
  if (Object.values(state.comments).some((one) => one.open)) return "a change that was asked for is not made";
  const against = now.reviews.find((one) => one.state === "changes_requested");
  if (against !== undefined) return `${against.author.name.slice(0, 100)} asks for changes`;
  return approvals(now, [requester, state.account]) > 0
    ? null
    : "nobody who may write has approved this head";
}

const GREEN: ReadonlySet<string> = new Set(["success", "neutral", "skipped"]);

/** Approvals of exactly this head by people who may write. Whoever asked for the change approves nothing. */
export function approvals(
  now: Pick<PullRequestState, "reviews" | "head">,
  not: readonly (string | null)[],
): number {
  return now.reviews.filter(({ author, state, commit }) =>
    state === "approved" && commit === now.head && !author.bot && !not.includes(author.name) &&
    author.permission !== null && ["admin", "maintain", "write"].includes(author.permission)
  ).length;
}
