/**
 * The `file` source: one file, or all that match a pattern, as pages of rows. Each page belongs to one file (its origin); what is read
 * is fixed when the read begins, so that a read that goes on after a crash reads the same files, and newer ones are for the next run.
 */
import { createHash } from "node:crypto";
import {
  DataFailure,
  type FileSnapshot,
  type Page,
  type PageStretch,
  type ReadEnd,
  type ReadRequest,
} from "../../data/port.ts";
import type { Source, SourceContext } from "../../data/port.ts";
import type { Json } from "../../../specs/mod.ts";
import { hashOf } from "./bytes.ts";
import { readCsv, type TextPlace } from "./csv.ts";
import { readJson } from "./json.ts";
import { type FileRecord, type Ledger, ledgerOf, stateOf } from "./ledger.ts";
import { BATCH_ROWS } from "./limits.ts";
import { readNdjson } from "./ndjson.ts";
import { openFile } from "./open.ts";
import { FileParams, type Resource, RESOURCES } from "./params.ts";
import { readParquet } from "./parquet.ts";
import { listed, planKept, type Planned, planned, planOf, recordOf, sameFile } from "./plan.ts";
import { type Batch, textUnit, type Unit } from "./unit.ts";

/** `next` of a page. */
interface Place {
  readonly v: 1;
  readonly plan: Json;
  /** Index in the plan. */
  readonly file: number;
  /** Index of the unit in the file. */
  readonly unit: number;
  /** Where in the unit; null: at its beginning. */
  readonly at: Json;
}

const MEDIA: Record<Resource, string> = {
  csv: "text/csv",
  tsv: "text/tab-separated-values",
  json: "application/json",
  ndjson: "application/x-ndjson",
  parquet: "application/vnd.apache.parquet",
};

export function fileSource(): Source {
  return {
    connector: "file",
    discover: () =>
      RESOURCES.map((name) => ({
        name,
        description: DESCRIPTIONS[name],
        required: ["path | glob"],
        optional: Object.keys(FileParams.shape).filter((key) => key !== "path" && key !== "glob"),
      })),
    check: ({ resource, params }) => problemsOf(resource, params),
    read,
  };
}

const DESCRIPTIONS: Record<Resource, string> = {
  csv: "CSV; delimiter, quote, header and encoding are found when they are not given; values stay text",
  tsv: "CSV with tabs",
  json: "a JSON document with an array of records",
  ndjson: "JSON lines, one object each",
  parquet: "Parquet, read by row groups",
};

function problemsOf(resource: string, params: unknown): { path: string; message: string; remedy: string }[] {
  if (!RESOURCES.includes(resource as Resource)) {
    return [{
      path: "source.resource",
      message: `the connector file has no resource ${JSON.stringify(resource)}`,
      remedy: `Use one of ${RESOURCES.join(", ")}.`,
    }];
  }
  const parsed = FileParams.safeParse(params);
  if (!parsed.success) {
    return parsed.error.issues.map((issue) => ({
      path: ["source.params", ...issue.path].join("."),
      message: issue.message,
      remedy: `Parameters are ${Object.keys(FileParams.shape).join(", ")}.`,
    }));
  }
  const { path, glob } = parsed.data;
  if ((path === undefined) === (glob === undefined)) {
    return [{
      path: "source.params",
      message: path === undefined ? "neither `path` nor `glob` is given" : "both `path` and `glob` are given",
      remedy: "Name one file by `path`, or a pattern by `glob`.",
    }];
  }
  return [];
}

async function* read(request: ReadRequest, context: SourceContext): AsyncGenerator<Page, ReadEnd, void> {
  const [problem] = problemsOf(request.resource, request.params);
  if (problem !== undefined) {
    throw new DataFailure("invalid", `${problem.path}: ${problem.message}`, problem.remedy);
  }
  const resource = request.resource as Resource;
  const params = FileParams.parse(request.params);
  const before = await ledgerOf(request.state, context.vault);
  const resume = request.resume as unknown as Place | null;
  const present = await listed(params, context);
  const after: Ledger = new Map(before);
  const plan = resume === null
    ? await planned(present, before, after, request, context)
    : await planOf(resume.plan, context);
  const planJson = resume === null ? await planKept(plan, context) : resume.plan;

  for (let file = resume?.file ?? 0; file < plan.length; file++) {
    context.abort.throwIfAborted();
    const planned = plan[file] as Planned;
    const snapshot = await sameFile(planned, context);
    const start = resume !== null && file === resume.file ? resume : null;
    const place = (
      unit: number,
      at: Json,
    ): Json => ({ v: 1, plan: planJson, file, unit, at } satisfies Place as Json);
    const after_: Json = file + 1 < plan.length
      ? { v: 1, plan: planJson, file: file + 1, unit: 0, at: null }
      : null;
    const follow = { place, after: after_ };
    const record = yield* pagesOf(
      snapshot,
      resource,
      params,
      start,
      follow,
      context,
      request,
    );
    after.set(planned[0], record);
  }
  // Files in front of the place where this read went on: their rows are staged, and what they are is told by their bytes.
  for (let file = 0; file < Math.min(resume?.file ?? 0, plan.length); file++) {
    const planned = plan[file] as Planned;
    after.set(planned[0], await recordOf(await sameFile(planned, context)));
  }
  return await ended(plan, present, before, after, request, params, context);
}

/** All pages of a file; returns what the ledger keeps of it. */
async function* pagesOf(
  file: FileSnapshot,
  resource: Resource,
  params: FileParams,
  start: Place | null,
  next: { place: (unit: number, at: Json) => Json; after: Json },
  context: SourceContext,
  asked: Pick<ReadRequest, "cells" | "rooms" | "stretches">,
): AsyncGenerator<Page, FileRecord> {
  const reader = await file.reader();
  try {
    const hash = createHash("sha256");
    const opened = await openFile(reader, file.name, resource, params, hash);
    for (const [index, unit] of opened.units.entries()) {
      if (start !== null && index < start.unit) continue;
      const from = start !== null && index === start.unit ? start.at : null;
      for await (const batch of batchesOf(unit, reader, resource, params, from, context, asked)) {
        context.abort.throwIfAborted();
        if (batch.next === null && batch.unterminated !== undefined && opened.units.length === 1) {
          await dropCutRecord(batch, file, reader, context);
        }
        const pageOf = (batch: Batch): Page => ({
          get rows() {
            return batch.rows;
          },
          ...(batch.cells === undefined ? {} : { cells: batch.cells }),
          bad: batch.bad,
          locate: (at) => `${unit.name}#${batch.locate(at)}`,
          raw: null,
          next: next.place(batch.next === null ? index + 1 : index, batch.next),
          origin: file.name,
        });
        const { stretch, halt } = batch;
        if (halt === true) yield { ...pageOf(batch), halt };
        else if (stretch === undefined) yield pageOf(batch);
        else {
          const found: PageStretch["found"] = (read, room) => {
            const batch = stretch.found(read, room);
            return batch === null ? null : pageOf(batch);
          };
          yield { ...pageOf(batch), stretch: { ...stretch, found } };
        }
      }
    }
    // The pass that read the rows saw all bytes, unless the file was entered by places, or all of it had been read before.
    const isSeen = opened.isHashed && (start === null || start.unit === 0);
    const sha256 = (isSeen ? hash : await hashOf(reader, reader.size)).digest("hex");
    if ((await reader.check()) === "grown") {
      const again = (await hashOf(reader, reader.size)).digest("hex");
      if (again !== sha256) {
        throw new DataFailure(
          "contract",
          `${file.name} was written over while it was read`,
          "Run again when nothing writes to it.",
        );
      }
    }
    yield {
      rows: [],
      locate: () => file.name,
      raw: { locator: file.name, digest: `sha256:${sha256}`, bytes: reader.size, mediaType: MEDIA[resource] },
      next: next.after,
      origin: file.name,
    };
    return { size: file.size, modifiedMs: file.modifiedMs, sha256 };
  } finally {
    reader.close();
  }
}

/** The last line of a snapshot is a part of a line when the file went on growing: it is read whole next time. */
async function dropCutRecord(
  batch: Batch,
  file: FileSnapshot,
  reader: { check(): Promise<"same" | "grown"> },
  context: SourceContext,
): Promise<void> {
  if ((await reader.check()) !== "grown") return;
  if (batch.unterminated === "rows") batch.rows.pop();
  else batch.bad.pop();
  context.progress(`${file.name} grows while it is read: its last line is cut off and left for the next run`);
}

async function* batchesOf(
  unit: Unit,
  reader: Parameters<typeof readParquet>[0],
  resource: Resource,
  params: FileParams,
  from: Json,
  context: SourceContext,
  { cells = false, rooms, stretches = false }: Pick<ReadRequest, "cells" | "rooms" | "stretches">,
): AsyncGenerator<Batch> {
  const options = {
    maxRecordBytes: params.maxRecordBytes,
    batchRows: BATCH_ROWS,
    cells,
    stretches,
    ...(rooms === undefined ? {} : { rooms }),
  };
  if (resource === "parquet") {
    yield* readParquet(reader, unit.name, options, from as number | null);
    return;
  }
  const text = await textUnit(unit, params.encoding, resource === "json" || resource === "ndjson");
  if (from === null) { for (const note of text.notes) context.progress(note); }
  if (resource === "json") {
    const records = params.records === undefined ? {} : { records: params.records };
    yield* readJson(text, { ...options, ...records }, from as number | null);
  } else if (resource === "ndjson") {
    yield* readNdjson(text, options, from as unknown as TextPlace | null);
  } else {
    const { delimiter, quote, escape, comment, header, skipLines } = params;
    const csv = {
      ...options,
      ...(delimiter !== undefined ? { delimiter } : resource === "tsv" ? { delimiter: "\t" } : {}),
      ...(quote === undefined ? {} : { quote }),
      ...(escape === undefined ? {} : { escape }),
      ...(comment === undefined ? {} : { comment }),
      ...(header === undefined ? {} : { header }),
      ...(skipLines === undefined ? {} : { skipLines }),
    };
    yield* readCsv(text, csv, from as unknown as TextPlace | null, context.progress);
  }
}

async function ended(
  plan: readonly Planned[],
  present: readonly FileSnapshot[],
  before: Ledger,
  after: Ledger,
  request: ReadRequest,
  params: FileParams,
  context: SourceContext,
): Promise<ReadEnd> {
  // Of a window only the rows within it are taken: those of before stay as they are, also of a file that changed.
  const isWhole = request.window.from === null;
  const replaces = isWhole ? plan.map(([name]) => name).filter((name) => before.has(name)) : [];
  const here = new Set(present.map((file) => file.name));
  let isGone = false;
  for (const [name, record] of before) {
    if (here.has(name) || plan.some(([other]) => other === name)) continue;
    if (params.onVanished === "delete") {
      after.delete(name);
      replaces.push(name);
    } else if (record.gone !== true) {
      after.set(name, { ...record, gone: true });
    } else continue;
    isGone = true;
    context.progress(`${name} is gone: its rows are ${params.onVanished === "delete" ? "removed" : "kept"}`);
  }
  const state = await stateOf(after, request.state, context.vault);
  const read = new Set(plan.map(([name]) => name));
  const left = present.filter(({ name }) => !read.has(name)).length;
  const unchanged = left === 0 ? {} : { unchanged: left };
  if (plan.length === 0 && !isGone && before.size > 0) return { status: "unchanged", state, ...unchanged };
  return { status: "complete", state, ...unchanged, ...(replaces.length === 0 ? {} : { replaces }) };
}
