/** Functions of a pipeline, and the steps over single rows behind them: a page at a time, each row with what it was made of. */
import type { RowFunction, RowOutcome } from "../../connectors/data/mod.ts";
import { err, ok, type Result } from "../../specs/mod.ts";
import { type Row, type Transform } from "../../specs/foundry/mod.ts";
import type { Fault } from "./contract.ts";
import type { PathCounts, RowSink } from "./row_path.ts";
import { compileSteps, isFault, type Lookup, type Step } from "./transforms.ts";

export type FunctionStep = Extract<Transform, { op: "typescript" }>;
export type OpenFunction = (step: FunctionStep) => Promise<RowFunction>;

/** What is made of one row of the source: what an earlier step made several rows of goes on or is set aside together. */
interface Group {
  readonly at: number;
  readonly original: Row;
  rows: Row[];
  fault: Fault | null;
}

export interface BatchPath extends RowSink {
  /** Sends what was taken through the functions, and on. */
  flush(out: RowSink, locate: (at: number) => string): Promise<void>;
  close(): Promise<void>;
}

type Stage = (groups: readonly Group[]) => Promise<void>;

/** Starts the functions among the steps; null when there is no step. */
export async function batchPath(
  steps: readonly Transform[],
  given: {
    lookup: Lookup;
    open: OpenFunction;
    counts: PathCounts;
    bad: RowSink["bad"];
  },
): Promise<Result<BatchPath | null, string>> {
  if (steps.length === 0) return ok(null);
  const { counts } = given;
  const stages: Stage[] = [];
  const running: RowFunction[] = [];
  const close = async () => void await Promise.all(running.map((one) => one.close()));
  try {
    for (let from = 0; from < steps.length;) {
      const step = steps[from];
      if (step?.op === "typescript") {
        const made = await given.open(step);
        running.push(made);
        stages.push(functionStage(step, made));
        from++;
        continue;
      }
      const next = steps.findIndex(({ op }, at) => at > from && op === "typescript");
      const rowwise = steps.slice(from, next < 0 ? steps.length : next);
      const compiled = await compileSteps(rowwise, given.lookup);
      if (!compiled.ok) {
        await close();
        return err(compiled.error);
      }
      if (compiled.value !== null) stages.push(rowStage(compiled.value));
      from += rowwise.length;
    }
  } catch (error) {
    await close();
    throw error;
  }
  let groups: Group[] = [];
  return ok({
    bad: given.bad,
    good(row, at, original) {
      const last = groups.at(-1);
      if (last?.at === at && last.original === original) last.rows.push(row);
      else groups.push({ at, original, rows: [row], fault: null });
    },
    async flush(out, locate) {
      const page = groups;
      groups = [];
      const before = page.map(({ rows }) => rows.length);
      for (const stage of stages) await stage(page);
      page.forEach(({ at, original, rows, fault }, index) => {
        const came = before[index] ?? 0;
        if (fault !== null) {
          counts.filtered += came - 1;
          return out.bad(fault, locate(at), original);
        }
        if (rows.length < came) counts.filtered += came - rows.length;
        else counts.produced += rows.length - came;
        for (const row of rows) out.good(row, at, original);
      });
    },
    close,
  });
}

function rowStage(step: Step): Stage {
  return (groups) => {
    for (const group of groups) {
      if (group.fault !== null) continue;
      const made: Row[] = [];
      for (const row of group.rows) {
        const result = step(row);
        if (result === null) continue;
        if (isFault(result)) {
          group.fault = result;
          break;
        }
        if (Array.isArray(result)) made.push(...result as Row[]);
        else made.push(result as Row);
      }
      group.rows = made;
    }
    return Promise.resolve();
  };
}

function functionStage(step: FunctionStep, made: RowFunction): Stage {
  return async (groups) => {
    const open = groups.filter(({ fault, rows }) => fault === null && rows.length > 0);
    const outcomes = await made.apply(open.flatMap(({ rows }) => rows));
    let at = 0;
    for (const group of open) {
      const own = outcomes.slice(at, at += group.rows.length);
      const failed = own.find((one) => "fault" in one);
      group.fault = failed === undefined ? null : faultOf(step, failed);
      group.rows = own.flatMap((one) => "rows" in one ? one.rows : []);
    }
  };
}

export function faultOf(step: FunctionStep, outcome: RowOutcome): Fault {
  return {
    rule: "transform@1",
    reason: `transform: ${step.file}: ${"fault" in outcome ? outcome.fault : "it gave no row"}`,
  };
}
