/** What was merged against what was judged. */
import type { Forge, PullRequestState } from "../../../connectors/mod.ts";
import type { MergedRecord, WatchInput, WatchState } from "./record.ts";

interface Given {
  watch: WatchInput;
  state: WatchState;
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
