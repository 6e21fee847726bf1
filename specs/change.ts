import { z } from "zod";
import { Digest, GitSha } from "./base.ts";

/** One changed file, as `git diff --raw` tells: the only truth about a change. */
export const FileChange = z.strictObject({
  status: z.enum(["A", "M", "D", "R", "T"]),
  path: z.string().describe("after the change; for D the path that is gone"),
  from: z.string().optional().describe("before, for R"),
  oldMode: z.string(),
  newMode: z.string(),
  binary: z.boolean(),
  added: z.number().int(),
  removed: z.number().int(),
});
export type FileChange = z.infer<typeof FileChange>;

/** A change to a repository: the curator's reading of the workspace. */
export const Change = z.strictObject({
  base: GitSha,
  baseTree: GitSha,
  tree: GitSha,
  patch: Digest.describe("of the unified diff's bytes, kept as a blob unless a secret was found in it"),
  files: z.array(FileChange),
  added: z.number().int(),
  removed: z.number().int(),
});
export type Change = z.infer<typeof Change>;
