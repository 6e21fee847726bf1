/** The steps from the first one over the set on: rows of a whole load go in, what comes of them goes out. */
import { DataFailure } from "../../connectors/data/mod.ts";
import type { Row, Transform } from "../../specs/foundry/mod.ts";
import { setRun } from "./set_steps.ts";
import type { FunctionStep, OpenFunction } from "./batch_steps.ts";
import { compileSteps, isFault, isSetStep, type Lookup, splitSteps } from "./transforms.ts";

/** What steps over the set make of rows. A row that a later step cannot take has no place to be set aside from: it fails the load. */
export async function overTheSet(
  lookup: Lookup,
  open: OpenFunction,
  steps: readonly Transform[],
  given: AsyncIterable<readonly Row[]>,
): Promise<AsyncIterable<readonly Row[]>> {
  let rows = given;
  for (let remaining = steps; remaining.length > 0;) {
    const [step] = remaining;
    if (step !== undefined && isSetStep(step)) {
      const run = setRun(step);
      for await (const batch of rows) for (const row of batch) run.add(row);
      rows = batchesOf(run.end());
      remaining = remaining.slice(1);
      continue;
    }
    if (step?.op === "typescript") {
      rows = throughFunction(rows, open, step);
      remaining = remaining.slice(1);
      continue;
    }
    const { rowwise } = splitSteps(remaining);
    const compiled = await compileSteps(rowwise, lookup);
    if (!compiled.ok) {
      throw new DataFailure(
        "invalid",
        `Cannot transform: ${compiled.error}`,
        "Mend the step; see: forge etl validate",
      );
    }
    const apply = compiled.value;
    rows = mapped(rows, (row) => {
      const result = apply === null ? row : apply(row);
      if (result === null) return [];
      if (isFault(result)) {
        throw new DataFailure(
          "contract",
          `A row made of the set cannot go on: ${result.reason}`,
          "Mend the step after the aggregation",
        );
      }
      return Array.isArray(result) ? result as Row[] : [result as Row];
    });
    remaining = remaining.slice(rowwise.length);
  }
  return rows;
}

async function* throughFunction(
  rows: AsyncIterable<readonly Row[]>,
  open: OpenFunction,
  step: FunctionStep,
): AsyncGenerator<Row[]> {
  const made = await open(step);
  try {
    for await (const batch of rows) {
      const outcomes = await made.apply(batch);
      yield outcomes.flatMap((one) => {
        if ("rows" in one) return one.rows;
        throw new DataFailure(
          "contract",
          `A row made of the set cannot go on: ${step.file}: ${one.fault}`,
          "Mend the function after the aggregation",
        );
      });
    }
  } finally {
    await made.close();
  }
}

async function* batchesOf(rows: Row[]): AsyncGenerator<Row[]> {
  for (let at = 0; at < rows.length; at += 2000) yield rows.slice(at, at + 2000);
}

async function* mapped(
  rows: AsyncIterable<readonly Row[]>,
  apply: (row: Row) => Row[],
): AsyncGenerator<Row[]> {
  for await (const batch of rows) yield batch.flatMap(apply);
}
