import { z } from "zod";
import { GitSha } from "./base.ts";

/**
 * What the clone of a base commit holds besides that commit. Whoever works in a clone, or whose tests run in checkouts of it, must not
 * find later commits there: they may hold the answer.
 */
export const CloneFacts = z.strictObject({
  base: GitSha,
  foreign: z.array(z.string()).describe("commits and tags in the object store other than base; at most 20"),
  unreachable: z.number().int().min(0).describe(
    "objects that base does not reach, as the clone was made: before anybody worked in it",
  ),
  traces: z.array(z.string()).describe(
    "what leads elsewhere: refs, packed refs, reflogs, remotes, alternates, heads of fetches; at most 20",
  ),
  parents: z.enum(["cut", "open"]).describe("cut: base counts as a commit without parents"),
  exposed: z.boolean().describe("the files that are handed out hold a git directory"),
});
export type CloneFacts = z.infer<typeof CloneFacts>;

/** The clones of a run that somebody else's program works in or reads. */
export const RunClones = z.strictObject({
  implementer: CloneFacts.nullable(),
  verifier: CloneFacts.nullable(),
});
export type RunClones = z.infer<typeof RunClones>;
