/** The `excel` source: one sheet of a workbook as pages of typed rows. */
import { createHash } from "node:crypto";
import { z } from "zod";
import { fileAccess } from "../../data/files.ts";
import {
  DataFailure,
  type FileSnapshot,
  type Page,
  type ReadEnd,
  type ReadRequest,
  type Source,
  type SourceContext,
} from "../../data/port.ts";
import type { Json } from "../../../specs/mod.ts";
import { hashOf } from "../file/bytes.ts";
import { ledgerOf, stateOf } from "../file/ledger.ts";
import { BATCH_ROWS } from "../file/limits.ts";
import type { SheetName } from "./cells.ts";
import { areaOf, columnLetters } from "./cells.ts";
import { openWorkbook } from "./open.ts";
import { type TableBatch, tableRows } from "./table.ts";

const Row1 = z.number().int().min(1).max(1_048_576);
const ExcelParams = z.strictObject({
  path: z.string().min(1).max(4000).optional().describe("a workbook, relative to the pipeline's folder"),
  url: z.string().min(1).max(4000).optional().describe("a workbook that is fetched"),
  sheet: z.union([z.string().min(1).max(200), z.number().int().min(1).max(10_000)]).optional().describe(
    "its name, or its place from 1 on; the first visible one when left out",
  ),
  headerRow: z.union([z.number().int().min(0).max(1_048_576), z.tuple([Row1, Row1])]).optional().describe(
    "row of the columns' names, [first, last] when they stand in several, 0 when there are none; found when left out",
  ),
  range: z.string().min(1).max(40).optional().describe("where the table is, such as B3:F200 or B:F"),
  visibleOnly: z.boolean().default(false).describe("leave out hidden rows and columns"),
  errors: z.enum(["quarantine", "null"]).default("quarantine").describe(
    "what becomes of a row with an error such as #N/A, or a formula without a value",
  ),
  fillMerged: z.boolean().default(false).describe("give every cell of a merged area the area's value"),
  timeoutSeconds: z.number().positive().max(3600).default(120).describe(
    "longest time for .xls, .xlsb and .ods",
  ),
});
type ExcelParams = z.infer<typeof ExcelParams>;

/** A workbook that is fetched may have this many bytes, unless the connector's settings say otherwise. */
const MAX_FETCHED = 512 * 1024 * 1024;

export function excelSource(): Source {
  return {
    connector: "excel",
    discover: () => [{
      name: "sheet",
      description:
        "one sheet of an .xlsx, .xlsm, .xlsb, .xls or .ods workbook; dates are ISO text, errors are set aside",
      required: ["path | url"],
      optional: Object.keys(ExcelParams.shape).filter((key) => key !== "path" && key !== "url"),
    }],
    check: ({ resource, params }) => problemsOf(resource, params),
    read,
  };
}

function problemsOf(resource: string, params: unknown): { path: string; message: string; remedy: string }[] {
  if (resource !== "sheet") {
    return [{
      path: "source.resource",
      message: `the connector excel has no resource ${JSON.stringify(resource)}`,
      remedy: "Use `sheet`.",
    }];
  }
  const parsed = ExcelParams.safeParse(params);
  if (!parsed.success) {
    return parsed.error.issues.map((issue) => ({
      path: ["source.params", ...issue.path].join("."),
      message: issue.message,
      remedy: `Parameters are ${Object.keys(ExcelParams.shape).join(", ")}.`,
    }));
  }
  const { path, url, range, headerRow } = parsed.data;
  const problems: { path: string; message: string; remedy: string }[] = [];
  if ((path === undefined) === (url === undefined)) {
    problems.push({
      path: "source.params",
      message: path === undefined ? "neither `path` nor `url` is given" : "both `path` and `url` are given",
      remedy: "Name one workbook.",
    });
  }
  if (range !== undefined && areaOf(range) === null) {
    problems.push({
      path: "source.params.range",
      message: `${JSON.stringify(range)} is no area of a sheet`,
      remedy: "Such as B2:F100, or B:F.",
    });
  }
  if (Array.isArray(headerRow) && headerRow[0] > headerRow[1]) {
    problems.push({
      path: "source.params.headerRow",
      message: `row ${headerRow[0]} does not stand above row ${headerRow[1]}`,
      remedy: "First the upper row, then the lower one.",
    });
  }
  return problems;
}

/** `next` of a page. */
interface Place {
  readonly v: 1;
  /** Sheet row after which the read goes on. */
  readonly row: number;
  readonly sha256: string;
}

async function* read(request: ReadRequest, context: SourceContext): AsyncGenerator<Page, ReadEnd, void> {
  const [problem] = problemsOf(request.resource, request.params);
  if (problem !== undefined) {
    throw new DataFailure("invalid", `${problem.path}: ${problem.message}`, problem.remedy);
  }
  const params = ExcelParams.parse(request.params);
  const ledger = await ledgerOf(request.state, context.vault);
  const { file, name } = await workbookFile(params, context);
  const reader = await file.reader();
  try {
    const sha256 = (await hashOf(reader, reader.size, createHash("sha256"))).digest("hex");
    const resume = request.resume as unknown as Place | null;
    if (resume !== null && resume.sha256 !== sha256) {
      throw new DataFailure(
        "contract",
        `${name} changed since this read began`,
        "Run again: a new run reads it from its beginning.",
      );
    }
    if (resume === null && request.mode === "incremental" && request.partial !== false) {
      if (ledger.get(name)?.sha256 === sha256) return { status: "unchanged", unchanged: 1 };
    }
    const workbook = await openWorkbook(reader, name, {
      timeoutMs: params.timeoutSeconds * 1000,
      abort: context.abort,
    });
    try {
      if (resume === null) { for (const note of workbook.notes) context.progress(note); }
      const index = chosenSheet(workbook.sheets, params.sheet, name);
      const withMerges = params.fillMerged || Array.isArray(params.headerRow);
      const sheet = await workbook.sheet(index, withMerges);
      const options = {
        visibleOnly: params.visibleOnly,
        errors: params.errors,
        fillMerged: params.fillMerged,
        ...(params.headerRow === undefined ? {} : { headerRow: params.headerRow }),
        ...(params.range === undefined ? {} : { range: params.range }),
      };
      const left = areaOf(params.range ?? "A:XFD")?.left ?? 0;
      const page = ({ rows, bad, lines, last }: TableBatch): Page => ({
        rows,
        bad,
        locate: (at) => `${name}#${sheet.name}!${columnLetters(left)}${lines[at]}`,
        raw: null,
        next: { v: 1, row: last, sha256 } satisfies Place as Json,
        origin: name,
      });
      let held: TableBatch | null = null;
      for await (const batch of tableRows(sheet, name, options, resume?.row ?? 0, context.progress)) {
        context.abort.throwIfAborted();
        held = held === null ? batch : {
          rows: [...held.rows, ...batch.rows],
          bad: [...held.bad, ...batch.bad],
          lines: [...held.lines, ...batch.lines],
          last: batch.last,
        };
        if (held.rows.length + held.bad.length < BATCH_ROWS) continue;
        yield page(held);
        held = null;
      }
      await reader.check();
      const rest = page(held ?? { rows: [], bad: [], lines: [], last: 0 });
      yield {
        ...rest,
        raw: {
          locator: name,
          digest: `sha256:${sha256}`,
          bytes: reader.size,
          mediaType: "application/vnd.ms-excel",
        },
        next: null,
      };
    } finally {
      workbook.close();
    }
    // Of a window only the rows within it are taken: those of before stay as they are.
    const isKnown = ledger.has(name) && request.window.from === null;
    ledger.set(name, {
      size: reader.size,
      modifiedMs: params.path === undefined ? 0 : file.modifiedMs,
      sha256,
    });
    const state = await stateOf(ledger, request.state, context.vault);
    return { status: "complete", state, ...(isKnown ? { replaces: [name] } : {}) };
  } finally {
    reader.close();
  }
}

/** The workbook as a file: where it lies, or fetched into the run's own directory. */
async function workbookFile(
  params: ExcelParams,
  context: SourceContext,
): Promise<{ file: FileSnapshot; name: string }> {
  if (params.path !== undefined) {
    const file = await context.files.file(params.path);
    return { file, name: file.name };
  }
  const { reply, body } = await context.http.stream({ url: params.url as string });
  const dir = await context.files.scratch("workbooks");
  const path = `${dir}/${crypto.randomUUID()}`;
  const limit = context.settings.maxBytes ?? MAX_FETCHED;
  const target = await Deno.open(path, { write: true, createNew: true, mode: 0o600 });
  try {
    let size = 0;
    for await (const piece of body) {
      size += piece.length;
      if (size > limit) {
        throw new DataFailure(
          "limit",
          `${reply.url} has more than ${limit} bytes`,
          "Raise `maxBytes` of the connector.",
        );
      }
      for (let at = 0; at < piece.length;) at += await target.write(piece.subarray(at));
    }
  } finally {
    target.close();
  }
  return { file: await fileAccess({ base: dir, scratch: dir }).file(path), name: reply.url };
}

function chosenSheet(
  sheets: readonly SheetName[],
  wanted: string | number | undefined,
  name: string,
): number {
  const known = sheets.map((sheet) => sheet.name).slice(0, 20).join(", ");
  if (wanted === undefined) {
    const first = sheets.findIndex((sheet) => !sheet.isHidden);
    if (first !== -1) return first;
    throw new DataFailure(
      "contract",
      `${name} has no visible sheet`,
      `Name one by \`sheet\`: ${known || "it has none"}.`,
    );
  }
  if (typeof wanted === "number") {
    if (wanted <= sheets.length) return wanted - 1;
    throw new DataFailure(
      "not-found",
      `${name} has ${sheets.length} sheets, and ${wanted} is asked for`,
      `It has: ${known}.`,
    );
  }
  const exact = sheets.findIndex((sheet) => sheet.name === wanted);
  // Spreadsheet programs do not tell names apart by case.
  const found = exact !== -1
    ? exact
    : sheets.findIndex((sheet) => sheet.name.toLowerCase() === wanted.toLowerCase());
  if (found !== -1) return found;
  throw new DataFailure("not-found", `${name} has no sheet ${JSON.stringify(wanted)}`, `It has: ${known}.`);
}
