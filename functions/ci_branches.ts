/** Throw-away branches of forges, kept in mind until they are gone. */
import { z } from "zod";
import type { Store } from "../kernel/mod.ts";
import type { CiBranches } from "../pipelines/factory/mod.ts";

const ROOT = "ci-branch";
const Branch = z.strictObject({
  forge: z.enum(["github", "gitlab"]),
  repository: z.string(),
  branch: z.string(),
});
const PAGE = 500;

export function ciBranches(store: Pick<Store, "list" | "commit">): CiBranches {
  return {
    async add(run, branch) {
      await store.commit({ sets: [{ key: [ROOT, run, branch.branch], value: Branch.parse(branch) }] });
    },
    async done(run, branch) {
      await store.commit({ deletes: [[ROOT, run, branch]] });
    },
    async list(run) {
      const entries = await store.list({ prefix: run === undefined ? [ROOT] : [ROOT, run] }, PAGE);
      return entries.map(({ key, value }) => ({ run: String(key[1]), branch: Branch.parse(value) }));
    },
  };
}
