/** What a load makes of a table of files: the parts that it brings, written beside the table, and those that stay. */
import type { PinnedSchema, Row } from "../../specs/foundry/mod.ts";
import { DataFailure } from "../data/port.ts";
import type { Segment, StagedLoad } from "../data/sink_port.ts";
import { digestOfFile } from "./files_disk.ts";
import { type Manifest, type Part, streamName } from "./files_manifest.ts";
import { mergeFiles } from "./files_merge.ts";
import { type Overlap, overlapWith } from "./files_overlap.ts";
import type { PartFormat } from "./files_part.ts";
import { isAsStaged } from "./files_staged.ts";
import { linesOf } from "./json_lines.ts";

export interface MadePart {
  readonly file: string;
  readonly rows: number;
  readonly bytes: number;
  readonly digest: string;
  readonly origin?: string;
}

export interface Made {
  readonly parts: MadePart[];
  /** Parts of the table that stay. */
  readonly kept: readonly Part[];
  readonly counts: { written: number; deduped: number; deleted: number };
  readonly columns: PinnedSchema;
  readonly marks: readonly string[];
}

/** Where parts of a table are to be had as files. */
export interface PartPlace {
  /** For messages. */
  readonly name: string;
  /** The part as a file, until `release`. A part that is not there is a NotFound or a DataFailure `not-found`. */
  hold(part: Part): Promise<{ path: string; release(): Promise<void> }>;
}

/** Parts that lie in a directory. */
export function localParts(dir: string): PartPlace {
  const release = () => Promise.resolve();
  return { name: dir, hold: (part) => Promise.resolve({ path: `${dir}/${part.path}`, release }) };
}

/** Writes what the load brings into `staging`. */
export async function stage(
  place: PartPlace,
  staging: string,
  load: StagedLoad,
  manifest: Manifest | null,
  format: PartFormat,
  abort: AbortSignal,
): Promise<Made> {
  const isKeyed = load.disposition === "merge" || load.disposition === "scd2" ||
    (load.disposition === "replace" && load.primaryKey.length > 0);
  const before = load.disposition === "replace" ? null : manifest;
  const columns: PinnedSchema = { ...before?.columns, ...load.columns };
  checkColumns(load);
  if (isKeyed) {
    const rows = before === null ? null : partsOf(place, before, format);
    const merged = await mergeFiles(`${staging}/merge.db`, load, columns, before?.marks ?? [], rows, abort);
    const parts = await written(
      staging,
      format,
      withMarks(columns, merged.marks),
      [{ rows: merged.rows() }],
      null,
      abort,
    );
    return { parts: parts.made, kept: [], counts: merged.counts, columns, marks: merged.marks };
  }
  const dropped = new Set(load.replaces ?? []);
  const stream = streamName(load.pipeline, load.stream);
  const isDropped = (part: Part) =>
    part.stream === stream && part.origin !== undefined && dropped.has(part.origin);
  const kept = (before?.resources ?? []).filter((part) => !isDropped(part));
  const brought = new Set(load.segments.map((segment) => segment.origin));
  const deleted = (before?.resources ?? []).filter((part) => isDropped(part) && !brought.has(part.origin))
    .reduce((sum, part) => sum + part.rows, 0);
  const overlap = before === null
    ? null
    : await overlapWith(load, partsOf(place, { ...before, resources: kept }, format));
  const marks = before?.marks ?? [];
  if (format.adopts && overlap === null && load.segments.every((segment) => segment.path !== "")) {
    const parts: MadePart[] = [];
    for (const [index, segment] of load.segments.entries()) {
      if (abort.aborted) throw abort.reason;
      if (segment.rows > 0) parts.push(await adopted(segment, `${staging}/${index}${format.extension}`));
    }
    const rows = load.segments.reduce((sum, segment) => sum + segment.rows, 0);
    return { parts, kept, counts: { written: rows, deduped: 0, deleted }, columns, marks };
  }
  const groups = load.segments.some((segment) => segment.origin !== undefined)
    ? load.segments.map((segment) => ({ rows: linesOf(segment.path), ...originOf(segment) }))
    : [{ rows: load.rows() }];
  const { made, deduped } = await written(staging, format, withMarks(columns, marks), groups, overlap, abort);
  const rows = made.reduce((sum, part) => sum + part.rows, 0);
  return { parts: made, kept, counts: { written: rows, deduped, deleted }, columns, marks };
}

const originOf = (segment: Segment) => segment.origin === undefined ? {} : { origin: segment.origin };

/** Writes groups of rows as parts; a part never holds rows of two groups. */
async function written(
  staging: string,
  format: PartFormat,
  columns: PinnedSchema,
  groups: readonly { readonly rows: AsyncIterable<readonly Row[]>; readonly origin?: string }[],
  overlap: Overlap | null,
  abort: AbortSignal,
): Promise<{ made: MadePart[]; deduped: number }> {
  const made: MadePart[] = [];
  let deduped = 0;
  for (const { rows: batches, origin } of groups) {
    let file = "";
    let writer: Awaited<ReturnType<PartFormat["writer"]>> | null = null;
    const end = async () => {
      if (writer !== null) {
        made.push({ file, ...await writer.end(), ...(origin === undefined ? {} : { origin }) });
      }
      writer = null;
    };
    try {
      for await (const batch of batches) {
        if (abort.aborted) throw abort.reason;
        const rows = overlap === null ? batch : batch.filter((row) => !overlap.takes(row));
        deduped += batch.length - rows.length;
        if (rows.length === 0) continue;
        if (writer !== null && !(await writer.add(rows))) await end();
        if (writer === null) {
          file = `${staging}/${made.length}${format.extension}`;
          writer = await format.writer(file, columns);
          if (!(await writer.add(rows))) {
            throw new Error(`A new part of ${format.kind} refuses its first rows`);
          }
        }
      }
      await end();
    } catch (error) {
      (writer as { abandon(): void } | null)?.abandon();
      throw error;
    }
  }
  return { made, deduped };
}

/**
 * A staged segment as a part: the same file under another name where both lie on one file system (staging never writes into a file that
 * has two names), else a copy. It is held against its digest, but for what this process has hashed when it wrote it, and nobody
 * has touched since.
 */
async function adopted(segment: Segment, file: string): Promise<MadePart> {
  let isKnown = await isAsStaged(segment);
  try {
    await Deno.link(segment.path, file);
  } catch {
    // Another file system, or one without links. What else is wrong shows here as well.
    await Deno.copyFile(segment.path, file);
    isKnown = false;
  }
  await Deno.chmod(file, 0o644).catch(() => {});
  const copy = await Deno.open(file, { read: true, write: true });
  // Its bytes are read while the system writes them to the disk.
  const [synced, hashed] = await Promise.allSettled([
    copy.sync(),
    isKnown ? { bytes: segment.bytes, digest: segment.digest } : digestOfFile(file),
  ]);
  copy.close();
  if (synced.status === "rejected") throw synced.reason;
  if (hashed.status === "rejected") throw hashed.reason;
  const { bytes, digest } = hashed.value;
  const promised = segment.digest.replace(/^sha256:/, "");
  if (promised !== "" && `sha256:${promised}` !== digest) {
    throw new DataFailure(
      "contract",
      `The staged segment ${segment.path} is not what it was when it was staged: ${digest}, not ${segment.digest}`,
      "Nothing was published. Run the pipeline again.",
    );
  }
  return { file, rows: segment.rows, bytes, digest, ...originOf(segment) };
}

function checkColumns(load: StagedLoad): void {
  const reserved = Object.keys(load.columns).find((name) => name.toLowerCase().startsWith("_forge_"));
  if (reserved === undefined) return;
  throw new DataFailure(
    "contract",
    `Cannot write ${load.table}: the column name ${reserved} is reserved`,
    "Rename it in transforms.",
  );
}

/** Columns of the table's rows as they lie in its parts. */
function withMarks(columns: PinnedSchema, marks: readonly string[]): PinnedSchema {
  const text = { type: "string", nullable: true } as const;
  return { ...columns, ...Object.fromEntries(marks.map((mark) => [mark, text])) };
}

/** Rows of the parts that a manifest names. */
export async function* partsOf(
  place: PartPlace,
  manifest: Manifest,
  format: PartFormat,
): AsyncGenerator<readonly Row[]> {
  const columns = withMarks(manifest.columns, manifest.marks);
  for (const part of manifest.resources) {
    try {
      const held = await place.hold(part);
      try {
        yield* format.read(held.path, columns);
      } finally {
        await held.release();
      }
    } catch (error) {
      if (
        !(error instanceof Deno.errors.NotFound) &&
        !(error instanceof DataFailure && error.kind === "not-found")
      ) {
        throw error;
      }
      throw new DataFailure("conflict", `${place.name} was replaced while it was read`, "Read it again.", {
        cause: error,
      });
    }
  }
}
