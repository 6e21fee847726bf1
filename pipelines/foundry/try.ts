import { DataFailure, type FileAccess } from "../../connectors/data/mod.ts";
import type { Json } from "../../specs/mod.ts";
import type { Pipeline, Row } from "../../specs/foundry/mod.ts";
import { batchPath, type OpenFunction } from "./batch_steps.ts";
import { contractCheck } from "./contract.ts";
import { treatmentOf } from "./personal.ts";
import { streamOf } from "./plan.ts";
import { admission, extraction, rowChecks, type RowSink } from "./row_path.ts";
import { overTheSet } from "./set_path.ts";
import { compileSteps, splitSteps } from "./transforms.ts";

export interface TestResult {
  name: string;
  stream: string;
  ok: boolean;
  differences: string[];
}

const noFunctions: OpenFunction = () =>
  Promise.reject(
    new DataFailure(
      "refused",
      "this host runs no functions of pipelines",
      "Test it where forge is installed",
    ),
  );

/** Runs a pipeline's tests without any outside: rows from a fixture, through transforms, contract and row rules, to what must come out. */
export async function runPipelineTests(
  pipeline: Pipeline,
  files: FileAccess,
  open: OpenFunction = noFunctions,
): Promise<TestResult[]> {
  const results: TestResult[] = [];
  for (const test of pipeline.tests) {
    const differences: string[] = [];
    try {
      const input = await fixtureRows(files, test.input);
      const expected = await fixtureRows(files, test.expect);
      const { rows, quarantined, held } = await through(pipeline, test.stream, input, open);
      compare(rows, expected, differences);
      for (const why of held) differences.push(`the load would be held up: ${why}`);
      if (quarantined.length !== test.quarantined) {
        differences.push(
          `${quarantined.length} rows were set aside, not ${test.quarantined}${
            quarantined.length === 0 ? "" : `: ${quarantined.slice(0, 3).join("; ")}`
          }`,
        );
      }
    } catch (error) {
      if (!(error instanceof DataFailure) && !(error instanceof SyntaxError)) throw error;
      differences.push(error.message);
    }
    results.push({ name: test.name, stream: test.stream, ok: differences.length === 0, differences });
  }
  return results;
}

async function through(
  pipeline: Pipeline,
  id: string,
  input: Row[],
  open: OpenFunction,
): Promise<{ rows: Row[]; quarantined: string[]; held: string[] }> {
  const stream = streamOf(pipeline, id);
  const rows: Row[] = [];
  const quarantined: string[] = [];
  const held: string[] = [];
  const counts = { read: 0, accepted: 0, quarantined: 0, filtered: 0, produced: 0 };
  const lookup = () =>
    Promise.reject(
      new DataFailure(
        "invalid",
        "a join needs a table, and a test has none",
        "Test the steps before the join",
      ),
    );
  const { rowwise, batchwise, setwise } = splitSteps(stream.transforms);
  const step = await compileSteps(rowwise, lookup);
  if (!step.ok) throw new DataFailure("invalid", step.error, "Mend the step");
  const checks = await rowChecks(stream);
  const contract = contractCheck(stream.contract, null, null);
  const admit = admission({
    stream,
    contract,
    checks,
    rules: checks.map(() => ({ failed: 0, checked: 0, sample: [] })),
  });
  // A key of zeros: hashes in golden files are the same everywhere.
  const treat = treatmentOf(stream.pii, new Uint8Array(32));
  if (treat !== null) input.forEach((row) => treat(row));
  const path = extraction({
    stream,
    window: { from: null, to: null },
    closed: false,
    start: null,
    step: step.value,
    treat,
    counts,
  });
  const admitted = (row: Row) => {
    const fault = admit(row);
    if (fault === null) rows.push(row);
    else quarantined.push(`${fault.rule}: ${fault.reason}`);
  };
  const extracted: Row[] = [];
  const locate = (at: number) => `row ${at + 1}`;
  const intake: RowSink = {
    good: (row) => setwise.length > 0 ? extracted.push(row) : admitted(row),
    bad: (fault) => quarantined.push(`${fault.rule}: ${fault.reason}`),
  };
  const batch = await batchPath(batchwise, { lookup, open, counts, bad: intake.bad });
  if (!batch.ok) throw new DataFailure("invalid", batch.error, "Mend the step");
  try {
    path.page({ rows: input, locate, raw: null, next: null }, batch.value ?? intake);
    await batch.value?.flush(intake, locate);
  } finally {
    await batch.value?.close();
  }
  async function* whole() {
    yield await Promise.resolve(extracted);
  }
  if (setwise.length > 0) {
    for await (const batch of await overTheSet(lookup, open, setwise, whole())) batch.forEach(admitted);
  }
  if (path.missing > 0) {
    held.push(`${path.missing} rows lack the cursor's column ${stream.cursor?.path ?? ""}`);
  }
  for (const { kind, column = "", mode, breaking } of contract.end().changes) {
    // The table of a test is always new.
    if (kind === "table-added" || (mode !== "block" && mode !== "freeze" && !breaking)) continue;
    held.push(`${kind} ${column}: the contract says ${mode}`);
  }
  return { rows, quarantined, held };
}

/** Rows in the order in which they come; columns in any order. */
function compare(rows: readonly Row[], expected: readonly Row[], differences: string[]): void {
  if (rows.length !== expected.length) {
    differences.push(`${rows.length} rows came out, not ${expected.length}`);
  }
  for (let at = 0; at < Math.max(rows.length, expected.length); at++) {
    const [got, wanted] = [sorted(rows[at] ?? null), sorted(expected[at] ?? null)];
    if (got !== wanted) differences.push(`row ${at + 1}: ${got} came out, not ${wanted}`);
  }
}

function sorted(value: Json): string {
  return JSON.stringify(
    value,
    (_name, inner) =>
      inner !== null && typeof inner === "object" && !Array.isArray(inner)
        ? Object.fromEntries(
          Object.entries(inner).filter(([, one]) => one !== null).sort(([a], [b]) => a < b ? -1 : 1),
        )
        : inner,
  );
}

/** Rows of a fixture: a JSON list, JSON lines, or CSV with plain commas. */
async function fixtureRows(files: FileAccess, path: string): Promise<Row[]> {
  const file = await files.file(path);
  const text = await new Response(await file.open()).text();
  if (path.endsWith(".csv")) return await csvRows(text);
  const trimmed = text.trim();
  if (trimmed === "") return [];
  if (trimmed.startsWith("[")) return JSON.parse(trimmed) as Row[];
  return trimmed.split(/\r?\n/).filter((line) => line.trim() !== "").map((line) => JSON.parse(line) as Row);
}

async function csvRows(text: string): Promise<Row[]> {
  const { default: papa } = await import("papaparse");
  const { data, errors } = papa.parse(text.trim(), { header: true, skipEmptyLines: true }) as {
    data: Record<string, string>[];
    errors: { row?: number; message: string }[];
  };
  // A fixture of one column has no delimiter to be found.
  const [fault] = errors.filter(({ message }) => !message.includes("auto-detect delimiting character"));
  if (fault !== undefined) {
    throw new DataFailure(
      "invalid",
      `Row ${(fault.row ?? 0) + 1} of the fixture: ${fault.message}`,
      "Mend it",
    );
  }
  return data.map((row) =>
    Object.fromEntries(Object.entries(row).map(([name, value]) => [name, value === "" ? null : value]))
  );
}
