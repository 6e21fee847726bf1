/**
 * The foundry's benchmark: whole processes side by side over the same file. Ours goes the real way (`forge etl run` with contract,
 * rules, gates, digests, ledger and evidence), once as an installation that was built and once from the sources; the peers do the same
 * reading, typing, four rules and digest of the input.
 */
import { fileURLToPath } from "node:url";
import { build } from "../build/build.ts";
import { endBundler } from "../build/bundle.ts";
import { BOOK_PIPELINE, ordersPipeline, writeOrders, writeWorkbook } from "./foundry_inputs.ts";
import { type Measured, measuredProcess } from "./measured_process.ts";

export interface FoundryBench {
  readonly rows: number;
  readonly workbookRows: number;
  /** How often each process runs, in turns: the best of each counts, as other work on the machine only slows. */
  readonly rounds: number;
}

/** One line of the report. */
export interface FoundryFigure {
  readonly what: string;
  readonly rows: number;
  readonly wallMs: number;
  /** User and system time of all threads; null where it cannot be measured. */
  readonly cpuMs: number | null;
  readonly peakMb: number | null;
  readonly rowsPerSecond: number;
  /** Set when nothing could be measured. */
  readonly absent?: string;
}

interface Contender {
  readonly what: string;
  readonly rows: number;
  run(room: string): Promise<Measured>;
  /** Whether what the process says of itself is right: a figure for a wrong result is none. */
  check(stdout: string): void;
  /** A peer that is not installed is told instead of measured. */
  readonly optional: boolean;
}

/** As `deno task etl` has it: a young generation for pages of rows, and an old one that is first looked through when a start is over. */
const V8 = "--v8-flags=--max-semi-space-size=8,--heap-growing-percent=30,--initial-old-space-size=64";
const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const SOURCES: readonly string[] = [Deno.execPath(), "run", V8, "-A", here("../cli/main.ts")];

/** Measures all of them; `room` is a directory of its own, which the caller removes. */
export async function benchFoundry(
  room: string,
  options: FoundryBench,
  note: (message: string) => void,
): Promise<FoundryFigure[]> {
  note(`writing ${options.rows} rows of CSV and a workbook of ${options.workbookRows} rows`);
  await writeOrders(`${room}/orders.csv`, options.rows);
  await writeWorkbook(`${room}/book.xlsx`, options.workbookRows);
  note("building an installation");
  const { program } = await build(`${room}/forge`);
  await endBundler();
  const figures: FoundryFigure[] = [];
  for (const group of contenders(room, [program], options)) {
    const best = new Map<Contender, FoundryFigure>();
    for (let round = 0; round < options.rounds; round++) {
      for (const one of group) {
        note(`${one.what}, round ${round + 1} of ${options.rounds}`);
        const figure = await measured(one, room);
        const before = best.get(one);
        if (before === undefined || figure.wallMs < before.wallMs) best.set(one, figure);
      }
    }
    figures.push(...best.values());
  }
  note("EDGAR company facts");
  figures.push(await factsFigure(room));
  return figures;
}

async function measured(one: Contender, room: string): Promise<FoundryFigure> {
  const own = `${room}/run`;
  await Deno.mkdir(own);
  const none = { what: one.what, rows: one.rows, wallMs: 0, cpuMs: null, peakMb: null, rowsPerSecond: 0 };
  try {
    const { wallMs, cpuMs, peakMb, stdout } = await one.run(own);
    one.check(stdout);
    const rowsPerSecond = Math.round(one.rows / wallMs * 1000);
    return { ...none, wallMs: Math.round(wallMs), cpuMs, peakMb, rowsPerSecond };
  } catch (error) {
    if (!one.optional || !(error instanceof Error)) throw error;
    return { ...none, wallMs: Infinity, absent: (error.message.split("\n").at(-1) ?? "").slice(0, 200) };
  } finally {
    await Deno.remove(own, { recursive: true });
  }
}

/** Groups whose members are compared with one another. */
function contenders(
  room: string,
  built: readonly string[],
  { rows, workbookRows }: FoundryBench,
): Contender[][] {
  const orders = (
    program: readonly string[],
    disposition: "append" | "merge",
    sink: "jsonl" | "sqlite",
  ): Contender => ({
    what: `forge${program === SOURCES ? " from its sources" : ""}: CSV to ${
      disposition === "append" ? "JSON lines, append" : "SQLite, merge by key"
    }`,
    rows,
    optional: false,
    run: (own) => forge(program, room, own, ordersPipeline(disposition), sink),
    check: forgeRead(rows),
  });
  const peer = (
    what: string,
    command: string,
    args: readonly string[],
    disposition: "append" | "merge",
    place: (own: string) => string,
  ): Contender => ({
    what,
    rows,
    optional: true,
    run: (own) =>
      measuredProcess(command, [...args, `${room}/orders.csv`, place(own), disposition], { room: own }),
    check(stdout) {
      const { read } = JSON.parse(stdout) as { read: number };
      if (read !== rows) throw new Error(`${what} read ${read} of ${rows} rows`);
    },
  });
  const duckdb = (what: string, disposition: "append" | "merge") =>
    peer(
      what,
      Deno.execPath(),
      ["run", "--no-config", "--ext=js", "-A", here("peer_duckdb.script")],
      disposition,
      (own) => own,
    );
  const python = (what: string, disposition: "append" | "merge") =>
    peer(what, "python3", [here("peer_sqlite.py")], disposition, (own) => `${own}/orders.db`);
  return [
    [
      orders(built, "append", "jsonl"),
      orders(SOURCES, "append", "jsonl"),
      duckdb("DuckDB by its Node API: CSV to Parquet", "append"),
      python("Python csv and sqlite3: append", "append"),
    ],
    [
      orders(built, "merge", "sqlite"),
      orders(SOURCES, "merge", "sqlite"),
      duckdb("DuckDB by its Node API: merge by key", "merge"),
      python("Python csv and sqlite3: merge by key", "merge"),
    ],
    [{
      what: "forge: Excel, 10 columns, to SQLite",
      rows: workbookRows,
      optional: false,
      run: (own) => forge(built, room, own, BOOK_PIPELINE, "sqlite"),
      check: forgeRead(workbookRows),
    }],
  ];
}

async function forge(
  [command = "", ...before]: readonly string[],
  room: string,
  own: string,
  pipeline: string,
  sink: "jsonl" | "sqlite",
): Promise<Measured> {
  // Beside the inputs: paths of a pipeline are relative to its own folder.
  const file = `${room}/pipeline.yaml`;
  await Deno.writeTextFile(file, pipeline);
  const place = sink === "jsonl" ? `${own}/tables` : `${own}/warehouse.db`;
  const environment = `${own}/env.yaml`;
  await Deno.writeTextFile(
    environment,
    `name: bench\nsinks:\n  warehouse: { type: ${sink}, path: ${JSON.stringify(place)} }\n`,
  );
  const args = ["etl", "run", file, "--env", environment, "--data", `${own}/data`, "--json"];
  return await measuredProcess(command, [...before, ...args], { room: own });
}

/** The document of the run: completed, with a bundle, and every row accounted for. */
function forgeRead(rows: number): (stdout: string) => void {
  return (stdout) => {
    const { status, streams } = JSON.parse(stdout) as {
      status: string;
      streams: { read: number; accepted: number; quarantined: number; written: number; deduped: number }[];
    };
    const [one] = streams;
    const isWhole = one !== undefined && one.read === rows && one.accepted + one.quarantined === rows &&
      one.written + one.deduped === one.accepted;
    if (status !== "completed" || !isWhole) throw new Error(`forge ended ${status}: ${JSON.stringify(one)}`);
  };
}

/** Facts a second, in a process with the flags of a load; it measures itself, as the first thing it does is to make its document. */
async function factsFigure(room: string): Promise<FoundryFigure> {
  const { stdout, peakMb } = await measuredProcess(
    Deno.execPath(),
    ["run", V8, "-A", here("edgar_facts.ts")],
    { room },
  );
  const { facts, wallMs, cpuMs } = JSON.parse(stdout) as { facts: number; wallMs: number; cpuMs: number };
  const what = "EDGAR company facts: document to rows";
  return { what, rows: facts, wallMs, cpuMs, peakMb, rowsPerSecond: Math.round(facts / wallMs * 1000) };
}

/** The figures as lines of a table. */
export function foundryTable(figures: readonly FoundryFigure[]): string {
  const shown = (value: number | null, unit: string, digits = 0) =>
    value === null ? "-" : `${value.toFixed(digits)} ${unit}`;
  return figures.map(({ what, wallMs, cpuMs, peakMb, rowsPerSecond, absent }) =>
    absent !== undefined
      ? `  ${what.padEnd(52)} not measured: ${absent}`
      : `  ${what.padEnd(52)} ${String(rowsPerSecond).padStart(9)} rows/s  ` +
        `${shown(wallMs / 1000, "s", 2).padStart(8)}  cpu ${
          shown(cpuMs === null ? null : cpuMs / 1000, "s", 2).padStart(8)
        }  peak ${shown(peakMb, "MB").padStart(7)}`
  ).join("\n");
}
