/** What survives a crash of one load's reading: one file beside its segments, which appears whole. */
import { join } from "node:path";
import { z } from "zod";
import { Json } from "../../specs/mod.ts";
import type { Unit } from "./plan.ts";
import { SegmentMark } from "./staging.ts";

const Counts = z.strictObject({
  read: z.number(),
  accepted: z.number(),
  quarantined: z.number(),
  filtered: z.number(),
  produced: z.number(),
});
export type Counts = z.infer<typeof Counts>;

/** What survives a crash of one unit's reading. Written whole after each durable page. */
export const Checkpoint = z.strictObject({
  v: z.literal(1),
  fingerprint: z.string(),
  window: z.strictObject({ from: Json, to: Json }),
  /** Where to go on; null at the beginning. */
  next: Json,
  /** For fan-out: how many parents are done. */
  parents: z.number().int(),
  pages: z.number().int(),
  counts: Counts,
  watermark: Json,
  contract: Json,
  rules: z.array(z.strictObject({ failed: z.number(), checked: z.number(), sample: z.array(Json) })),
  secrets: z.record(z.string(), z.number()),
  /** Rows that came with a credential of the run in them. */
  cleaned: z.number().int().default(0),
  /** Pages and failures that held a value which an operator planted. */
  canaries: z.number().int().default(0),
  /** Values of columns with personal data that were not treated, by column. */
  untreated: z.record(z.string(), z.number()).default({}),
  /** Columns declared as personal data that rows had and that rows had no place for, and the names that came instead. */
  met: z.strictObject({
    found: z.array(z.string()),
    lacking: z.array(z.string()),
    columns: z.array(z.string()),
  }).default({ found: [], lacking: [], columns: [] }),
  /** Rows that were set aside because the key, or a usable value of the cursor's column, was missing. */
  nameless: z.strictObject({ key: z.number().int(), cursor: z.number().int() }).default({
    key: 0,
    cursor: 0,
  }),
  segments: z.array(SegmentMark),
  /** Rows before steps over the set. */
  extracted: z.array(SegmentMark),
  quarantine: z.array(SegmentMark),
  inputs: z.array(SegmentMark),
  requests: z.strictObject({ made: z.number(), retried: z.number(), waitedMs: z.number() }),
  bytes: z.number(),
  /** What the stream's limits are held against: what this run took, however often it was cut off and tried again. */
  own: z.strictObject({
    run: z.string(),
    pages: z.number(),
    rows: z.number(),
    bytes: z.number(),
    ms: z.number(),
    /** `requests` when the run took the load up. */
    madeBefore: z.number(),
    retriedBefore: z.number().default(0),
    waitedMsBefore: z.number().default(0),
  }).default({
    run: "",
    pages: 0,
    rows: 0,
    bytes: 0,
    ms: 0,
    madeBefore: 0,
    retriedBefore: 0,
    waitedMsBefore: 0,
  }),
  state: z.strictObject({ given: z.boolean(), value: Json }),
  /** Origins whose earlier rows this load stands for. */
  replaces: z.array(z.string()).default([]),
  /** Files or lists that are as the last load found them and were not read. */
  unchanged: z.number().default(0),
  /** Rows that the source set aside, and why the first of those that it could not even decode is none. */
  unreadable: z.strictObject({ rows: z.number(), why: z.string() }).default({ rows: 0, why: "" }),
  /** Parts of the source that were left out: no census is taken over what they hold. */
  unread: z.number().default(0),
  end: z.strictObject({
    status: z.enum(["complete", "incomplete", "skipped", "failed", "parked"]),
    reason: z.string().optional(),
    unchanged: z.boolean(),
    failure: z.strictObject({
      kind: z.string(),
      message: z.string(),
      remedy: z.string(),
      untilMs: z.number().nullable(),
    }).nullable(),
  }).nullable(),
});
export type Checkpoint = z.infer<typeof Checkpoint>;

const NAME = "checkpoint.json";

export async function readCheckpoint(dir: string): Promise<Checkpoint | null> {
  try {
    const parsed = Checkpoint.safeParse(JSON.parse(await Deno.readTextFile(join(dir, NAME))));
    return parsed.success ? parsed.data : null;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof SyntaxError) return null;
    throw error;
  }
}

/** Appears whole, by rename. */
export function writeCheckpoint(dir: string, checkpoint: Checkpoint): void {
  const path = join(dir, NAME);
  Deno.writeTextFileSync(`${path}.part`, JSON.stringify(checkpoint), { mode: 0o600 });
  Deno.renameSync(`${path}.part`, path);
}

const EMPTY_COUNTS = { read: 0, accepted: 0, quarantined: 0, filtered: 0, produced: 0 };

/** A checkpoint at the beginning of a unit. */
export function freshCheckpoint(unit: Unit): Checkpoint {
  return {
    v: 1,
    fingerprint: unit.fingerprint,
    window: unit.window,
    next: null,
    parents: 0,
    pages: 0,
    counts: { ...EMPTY_COUNTS },
    watermark: unit.keepsState ? null : unit.state?.cursor ?? null,
    contract: null,
    rules: [],
    secrets: {},
    cleaned: 0,
    canaries: 0,
    untreated: {},
    met: { found: [], lacking: [], columns: [] },
    nameless: { key: 0, cursor: 0 },
    segments: [],
    extracted: [],
    quarantine: [],
    inputs: [],
    requests: { made: 0, retried: 0, waitedMs: 0 },
    bytes: 0,
    own: {
      run: "",
      pages: 0,
      rows: 0,
      bytes: 0,
      ms: 0,
      madeBefore: 0,
      retriedBefore: 0,
      waitedMsBefore: 0,
    },
    state: { given: false, value: null },
    replaces: [],
    unchanged: 0,
    unreadable: { rows: 0, why: "" },
    unread: 0,
    end: null,
  };
}

/** Whether there were rows and not one could be read, some of them not as text of their format: the wrong encoding, or no such file. */
export const isUndecoded = ({ unreadable, counts }: Checkpoint): boolean =>
  unreadable.why !== "" && unreadable.rows === counts.read;

/** What this run took of a load so far; nothing when another run read what is there. */
export function ownOf(checkpoint: Checkpoint, run: string): Checkpoint["own"] {
  if (checkpoint.own.run !== run) {
    const { made, retried, waitedMs } = checkpoint.requests;
    checkpoint.own = {
      run,
      pages: 0,
      rows: 0,
      bytes: 0,
      ms: 0,
      madeBefore: made,
      retriedBefore: retried,
      waitedMsBefore: waitedMs,
    };
  }
  return checkpoint.own;
}

/** Requests of the run that has the load now, without those of runs before it that failed. */
export function ownRequests({ requests, own }: Checkpoint): Checkpoint["requests"] {
  return {
    made: requests.made - own.madeBefore,
    retried: requests.retried - own.retriedBefore,
    waitedMs: Math.max(0, requests.waitedMs - own.waitedMsBefore),
  };
}
