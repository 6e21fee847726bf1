import { z } from "zod";
import { err, Instant, ok, type Problem, type Result, RunId } from "./base.ts";
import { Denial } from "./result.ts";
import { readYamlTree } from "./read/yaml_tree.ts";

/** How a pull request is called within its train. */
export const TrainCarId = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,62}$/i);

const after = z.array(TrainCarId).max(100).default([]).describe("what has to be merged before it");

/** A train as it is asked for over HTTP: pull requests that are there, and those that runs open. */
export const CreateTrain = z.strictObject({
  name: z.string().min(1).max(100),
  cars: z.array(z.union([
    z.strictObject({ id: TrainCarId, pull: z.url().max(2000), after }),
    z.strictObject({ id: TrainCarId, run: RunId, after }),
  ])).min(1).max(50),
});
export type CreateTrain = z.infer<typeof CreateTrain>;

/** The file of `forge pr train create --file`: the same, and specs whose runs are begun with it. */
export const TrainFile = z.strictObject({
  name: z.string().min(1).max(100),
  cars: z.array(z.union([
    z.strictObject({ id: TrainCarId, pull: z.url().max(2000), after }),
    z.strictObject({ id: TrainCarId, run: RunId, after }),
    z.strictObject({
      id: TrainCarId,
      spec: z.string().min(1).max(2000).describe("path beside this file"),
      repo: z.string().min(1).max(2000).describe("URL, or a directory beside this file"),
      forge: z.enum(["github", "gitlab"]).optional(),
      base: z.string().min(1).max(300).optional(),
      implementer: z.string().min(1).max(50).optional(),
      patch: z.string().min(1).max(2000).optional().describe("path beside this file"),
      after,
    }),
  ])).min(1).max(50),
});
export type TrainFile = z.infer<typeof TrainFile>;

/** What can be done to a train. */
export const TrainAction = z.union([
  z.strictObject({ action: z.literal("run") }),
  z.strictObject({ action: z.literal("add"), car: CreateTrain.shape.cars.element }),
  z.strictObject({ action: z.literal("drop"), id: TrainCarId }),
]);
export type TrainAction = z.infer<typeof TrainAction>;

/** How a train stands. */
export const TrainDocument = z.strictObject({
  v: z.literal(1),
  train: RunId,
  name: z.string(),
  status: z.string().describe("of its run"),
  started: z.boolean(),
  cars: z.array(z.strictObject({
    id: TrainCarId,
    after: z.array(TrainCarId),
    url: z.string().nullable(),
    run: RunId.nullable().describe("which opened it here; null for a pull request of others"),
    watch: RunId.nullable(),
    state: z.enum(["works", "waits", "merged", "stopped"]),
    why: z.string(),
    merged: z.number().int().nullable().describe("its place in the order in which they were merged"),
    commit: z.string().nullable(),
  })).describe("each after those that it stands on"),
  denials: z.array(Denial).describe("why it stands still, and what to do"),
  told: z.array(z.strictObject({ at: Instant, what: z.string() })),
  evidence: z.strictObject({ id: z.string(), path: z.string(), digest: z.string() }).nullable(),
});
export type TrainDocument = z.infer<typeof TrainDocument>;

export const TrainList = z.strictObject({ trains: z.array(TrainDocument) });

/** Reads the file of a train; what is not one is told with the place. */
export async function readTrainFile(text: string): Promise<Result<TrainFile, Problem[]>> {
  const tree = await readYamlTree(text);
  if (tree.problems.length > 0) return err(tree.problems);
  const parsed = TrainFile.safeParse(tree.value);
  if (parsed.success) return ok(parsed.data);
  return err(
    parsed.error.issues.slice(0, 20).map((issue) => ({
      code: "invalid-train",
      message: `${issue.path.join(".") || "the file"}: ${issue.message}`,
      path: issue.path.join("."),
      remedy: "Write name, and cars: [{ id, pull: URL | run: RUN | spec: FILE with repo, after: [ID] }]",
    })),
  );
}
