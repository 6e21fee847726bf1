/** What a run that watches a pull request is given, and what it knows between two looks. */
import { z } from "zod";
import { Instant, RunPrivacy } from "../../../specs/mod.ts";

/** The pull request that a delivery has opened, and until when it is watched. */
export const WatchInput = z.strictObject({
  kind: z.literal("watch"),
  delivery: z.string().describe("the run that opened it"),
  forge: z.enum(["github", "gitlab"]),
  pull: z.strictObject({
    repository: z.string(),
    number: z.number().int().min(1),
    url: z.string(),
    branch: z.string(),
    base: z.string(),
  }),
  requester: z.string().describe("whose approval is none"),
  until: Instant,
  personal: RunPrivacy.optional().describe("of the delivery: what it does with personal data"),
});
export type WatchInput = z.infer<typeof WatchInput>;

/** What a comment is. Only a person who may write to the repository is obeyed or answered. */
export const CommentClass = z.enum([
  "change-request",
  "question",
  "approval",
  "bot",
  "noise",
  "stranger",
  "own",
]);
export type CommentClass = z.infer<typeof CommentClass>;

const Seen = z.strictObject({
  at: z.string().describe("when it was last written"),
  class: CommentClass,
  by: z.enum(["rules", "model"]),
  author: z.string(),
  fixes: z.number().int().min(0),
  answered: z.boolean(),
  open: z.boolean().describe("a change request that no run has worked on yet"),
});
export type Seen = z.infer<typeof Seen>;

/** A linked run that is under way. */
const Pending = z.strictObject({
  n: z.number().int().min(1),
  kind: z.enum(["fix", "regate"]),
  comments: z.array(z.string()),
  checks: z.array(z.string()),
  base: z.string().describe("the commit that it is judged on"),
});
export type Pending = z.infer<typeof Pending>;

/** How what was merged stands to what was judged. */
const MergedRecord = z.strictObject({
  commit: z.string().nullable(),
  tree: z.string().nullable(),
  verdict: z.enum(["as-judged", "differs", "unverified"]),
  why: z.string(),
});
export type MergedRecord = z.infer<typeof MergedRecord>;

export const WatchState = z.strictObject({
  v: z.literal(1),
  looks: z.number().int().min(0),
  delivery: z.string().describe("the run whose change the branch holds now"),
  head: z.string().describe("the commit that was delivered last"),
  tree: z.string().describe("what was judged"),
  judgedBy: z.string().optional().describe("the run that judged it on this base; the delivery unless told"),
  base: z.string().describe("the commit that it was judged on"),
  asked: z.string().optional().describe(
    "the key under which a merge was asked for, until it is known what came of it",
  ),
  leaves: z.boolean().optional().describe(
    "the pull request that it stood on was closed: what that one brought has to leave the branch",
  ),
  foreign: z.string().nullable().describe("a head that somebody else has pushed"),
  account: z.string().nullable().describe(
    "the account that this installation writes as; its approval is none",
  ),
  since: z.string().nullable(),
  comments: z.record(z.string(), Seen),
  pending: Pending.nullable(),
  runs: z.array(
    z.strictObject({ n: z.number().int(), kind: z.string(), run: z.string(), status: z.string() }),
  ),
  fixes: z.number().int().min(0),
  regates: z.number().int().min(0),
  checks: z.record(z.string(), z.strictObject({ fixes: z.number().int(), head: z.string() })),
  conflict: z.string().nullable().describe("the base that the change was not accepted on"),
  troubles: z.number().int().min(0).describe("looks one after the other that the forge did not answer"),
  told: z.array(z.strictObject({ at: Instant, what: z.string() })),
  ended: z.enum(["merged", "closed", "time", "looks", "forge"]).nullable(),
  merged: MergedRecord.nullable(),
  intervalMs: z.number().int().min(0),
  nextAt: z.number().int(),
  lookedAt: z.number().int(),
});
export type WatchState = z.infer<typeof WatchState>;

/** At most so many linked runs answer one comment or one check, and one pull request in all. */
export const MOST_FIXES_EACH = 3;
export const MOST_FIXES = 10;
/** Times that the change is judged again as its base has moved. */
export const MOST_REGATES = 10;
export const WATCH_HOURS = 72;
const MOST_TOLD = 300;

/** Says something once. */
export function tell(state: WatchState, atMs: number, what: string): boolean {
  const line = what.slice(0, 1000);
  if (state.told.some((one) => one.what === line) || state.told.length >= MOST_TOLD) return false;
  state.told.push({ at: new Date(atMs).toISOString(), what: line });
  return true;
}

/** The name of an effect of the watch. */
export const fixKey = (run: string, n: number): string => `${run}/fix/${n}`;
