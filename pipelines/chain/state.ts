import { z } from "zod";
import type { RunView } from "../../kernel/mod.ts";
import { ChainLink, Denial, Digest, type Json } from "../../specs/mod.ts";

const Amounts = z.record(z.string(), z.number());

/** What is known of a stage. */
export const StageState = z.strictObject({
  /** How often its run was begun. */
  n: z.number().int().min(0),
  /** How often this was asked for: what has to wait for another run asks again. */
  asked: z.number().int().min(0),
  /** Of the effect that begins it; null where there is none under way. */
  key: z.string().nullable(),
  run: z.string().nullable(),
  status: z.string(),
  why: z.string().nullable(),
  /** Of one that is skipped: its condition says so, and nothing has gone wrong. */
  benign: z.boolean(),
  /** What it may use of the chain's budget. */
  limits: Amounts,
  /** What of that was booked. */
  booked: Amounts,
  evidence: z.strictObject({ id: z.string(), digest: Digest }).nullable(),
  outputs: z.record(z.string(), z.string()),
  from: ChainLink.shape.from,
  denials: z.array(Denial).max(20),
});
export type StageState = z.infer<typeof StageState>;

/** Where a chain stands: the output of its look, so that it outlives whoever works on it. */
export const ChainState = z.strictObject({
  chain: z.literal(1),
  stages: z.record(z.string(), StageState),
  over: z.boolean(),
  lookedAt: z.number(),
  /** Looks since something happened; the next one is later each time. */
  quiet: z.number().int(),
  waitsFor: z.string(),
});
export type ChainState = z.infer<typeof ChainState>;

/** A stage that nobody has begun. */
export const unbegun = (): StageState => ({
  n: 0,
  asked: 0,
  key: null,
  run: null,
  status: "waiting",
  why: null,
  benign: false,
  limits: {},
  booked: {},
  evidence: null,
  outputs: {},
  from: [],
  denials: [],
});

/** What a chain is at, from the output of its phase; null for any other run, and before its first look. */
export function chainStateOf(view: Pick<RunView, "outputs">): ChainState | null {
  const found = ChainState.safeParse(view.outputs.look);
  return found.success ? found.data : null;
}

export const asJson = (value: unknown): Json => JSON.parse(JSON.stringify(value)) as Json;

const OVER: ReadonlySet<string> = new Set([
  "completed",
  "denied",
  "failed",
  "cancelled",
  "skipped",
  "refused",
]);
const MOVES: ReadonlySet<string> = new Set(["begun", "queued", "running", "cancelling"]);

/** Ended, for good unless somebody retries it. */
export const stageIsOver = ({ status }: Pick<StageState, "status">): boolean => OVER.has(status);
/** Goes on without anybody doing anything. */
export const stageMoves = ({ status }: Pick<StageState, "status">): boolean => MOVES.has(status);
/** Has a run that may still use what was set aside for it. */
export const stageHolds = (stage: StageState): boolean => stage.key !== null && !stageIsOver(stage);

/** A chain as it stands is right: each stage is completed, or was not to be run. */
export const isDone = ({ stages }: Pick<ChainState, "stages">): boolean =>
  Object.values(stages).every(({ status, benign }) =>
    status === "completed" || (status === "skipped" && benign)
  );
