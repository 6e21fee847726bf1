/** The commits of a throw-away branch: one for each tree that jobs need, on top of the base, and the order as the last. */
import type { CiOrder } from "./ci_port.ts";
import { ForgeError } from "./failure.ts";

export interface ChainCommit {
  readonly sha: string;
  readonly tree: string;
  readonly parents: readonly string[];
}

/** Trees of the chain, oldest first. */
export const chainTrees = (order: CiOrder): string[] => [...order.trees, order.order];

/**
 * How far a branch is along the order's chain: the number of commits that are there, or null when it holds anything else. Who else has
 * pushed there is never overwritten.
 */
export async function chainLength(
  order: CiOrder,
  head: string,
  commitAt: (sha: string) => Promise<Omit<ChainCommit, "sha">>,
): Promise<number | null> {
  const wanted = chainTrees(order);
  const found: string[] = [];
  for (let at = head; at !== order.objects.base;) {
    if (found.length >= wanted.length) return null;
    const { tree, parents } = await commitAt(at);
    const [parent, ...others] = parents;
    if (parent === undefined || others.length > 0) return null;
    found.unshift(tree);
    at = parent;
  }
  return found.every((tree, nth) => tree === wanted[nth]) ? found.length : null;
}

export const messageOf = (order: CiOrder, last: boolean): string =>
  last
    ? `Edgeforge: verification\n\nThrow-away: the branch goes when its checks are read.\nEdgeforge-Order: ${order.order}\n`
    : "Edgeforge: a tree for verification [skip ci]\n";

export function branchTaken(branch: string, at: string): ForgeError {
  return new ForgeError({
    code: "branch-exists",
    message: `Cannot verify by CI: the branch ${branch} is there already and holds something else, at ${at}`,
    value: branch,
    remedy: "Delete that branch, and retry the run.",
  }, { failure: { class: "concurrency", source: "user-environment", retryable: false } });
}
