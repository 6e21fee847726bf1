import { z } from "zod";
import { Instant, RunId } from "../../../specs/mod.ts";
import { TrainCarId } from "../../../specs/code/mod.ts";

/** A pull request of a train, on a forge with a server. */
const CarPull = z.strictObject({
  forge: z.enum(["github", "gitlab"]),
  repository: z.string(),
  number: z.number().int().min(1),
  url: z.string(),
});

/** What is merged at one place of the train: a pull request that is there, or the one that a run will open. */
export const Car = z.strictObject({
  id: TrainCarId,
  pull: CarPull.nullable(),
  /** The run of this installation that opens it, or has; null for a pull request of others. */
  run: RunId.nullable(),
  after: z.array(TrainCarId).max(100),
});
export type Car = z.infer<typeof Car>;

export const MOST_CARS = 50;

/** The input of a run that merges a train. */
export const TrainInput = z.strictObject({
  kind: z.literal("train"),
  name: z.string(),
  requester: z.string(),
  cars: z.array(Car).min(1).max(MOST_CARS),
  until: Instant,
});
export type TrainInput = z.infer<typeof TrainInput>;

/** What a signal asks of a train. */
export const TrainAsk = z.union([
  z.strictObject({ ask: z.literal("run") }),
  z.strictObject({ ask: z.literal("add"), car: Car }),
  z.strictObject({ ask: z.literal("drop"), id: TrainCarId }),
  /** A run that belongs to it has ended. */
  z.strictObject({ ask: z.literal("look"), run: RunId }),
]);
export type TrainAsk = z.infer<typeof TrainAsk>;

const CarState = Car.extend({
  state: z.enum(["works", "waits", "merged", "stopped"]),
  why: z.string(),
  /** The run that watches it, whether one was asked for, and how often. */
  watch: RunId.nullable(),
  asked: z.boolean(),
  tries: z.number().int().min(0),
  /** Its place in the order in which they were merged. */
  merged: z.number().int().min(1).nullable(),
  commit: z.string().nullable(),
});
export type CarState = z.infer<typeof CarState>;

export const TrainState = z.strictObject({
  v: z.literal(1),
  started: z.boolean(),
  cars: z.array(CarState),
  looks: z.number().int().min(0),
  over: z.boolean(),
  told: z.array(z.strictObject({ at: Instant, what: z.string() })),
  intervalMs: z.number().int().min(0),
  nextAt: z.number().int(),
  lookedAt: z.number().int(),
});
export type TrainState = z.infer<typeof TrainState>;

/** The signal by which a train hears of something. */
export const TRAIN_SIGNAL = "train";
export const TRAIN_DAYS = 14;

/** A car as nothing is known of it yet. */
export const newCar = (car: Car): CarState => ({
  ...car,
  state: "waits",
  why: "the train has not been started",
  watch: null,
  asked: false,
  tries: 0,
  merged: null,
  commit: null,
});

/** Which trains there are, and which pull requests and runs belong to one. Kept durably; each belongs to one at most. */
export interface TrainIndex {
  /** The train's run of a pull request's URL or a run; null when it is in none. */
  of(name: string): Promise<string | null>;
  /** False when another train has it. Again: the same. */
  put(name: string, train: string): Promise<boolean>;
  drop(name: string, train: string): Promise<void>;
  /** Newest first. */
  list(): Promise<string[]>;
}
