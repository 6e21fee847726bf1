import type { Store } from "../kernel/mod.ts";
import type { RepoIndexes } from "../pipelines/factory/mod.ts";

/** Digests of the indices of trees, by tree: a repair or another run of the same base does not parse it again. */
export function repoIndexes(store: Store): RepoIndexes {
  const place = (tree: string) => ["repo-indexes", tree] as const;
  return {
    async get(tree) {
      const entry = await store.get(place(tree));
      return typeof entry?.value === "string" ? entry.value : null;
    },
    async put(tree, digest) {
      await store.commit({ sets: [{ key: place(tree), value: digest }] });
    },
  };
}
