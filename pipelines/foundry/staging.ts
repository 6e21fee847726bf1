import { createHash, type Hash } from "node:crypto";
import { join } from "node:path";
import { z } from "zod";
import { DataFailure } from "../../connectors/data/mod.ts";
import type { Json } from "../../specs/mod.ts";
import type { Row } from "../../specs/foundry/mod.ts";
import { steadyMemory } from "./memory.ts";

/** A segment on disk as the checkpoint knows it. */
export const SegmentMark = z.strictObject({
  name: z.string(),
  rows: z.number().int(),
  bytes: z.number().int(),
  digest: z.string(),
  origin: z.string().optional(),
});
export type SegmentMark = z.infer<typeof SegmentMark>;

/** Bytes that are written at a time. */
const CHUNK_BYTES = 512 * 1024;
const SEGMENT_BYTES = 128 * 1024 * 1024;
const SYNCED_BYTES = 8 * 1024 * 1024;
/** Lines that come in pieces of so much are written as they are. */
const WHOLE_BYTES = 64 * 1024;
/** After so many bytes the disk begins to take them, so that little is left to wait for at the next mark. */
const BEGUN_BYTES = 12 * 1024 * 1024;
const encoder = new TextEncoder();

/**
 * JSON lines that grow by chunks, hashed as they are written. Nothing beyond the last mark counts: a resumed writer checks what it
 * finds by its digest and cuts off the rest.
 */
export interface LineWriter {
  /** One line, without its end; or `count` of them, with their ends between them. */
  line(text: string, count?: number): void;
  /** So many whole lines with their ends. */
  lines(bytes: Uint8Array, count: number): void;
  /** What the lines that follow belong to: a segment never holds lines of two origins. */
  begin(origin: string | undefined): void;
  readonly rows: number;
  readonly bytes: number;
  /** Everything so far on disk, and its names and digests. */
  mark(sync: boolean): SegmentMark[];
  /** Ends when nobody has any of its files open. */
  close(): Promise<void>;
}

interface Open {
  name: string;
  file: Deno.FsFile;
  hash: Hash;
  rows: number;
  bytes: number;
  origin: string | undefined;
}

/** Opens a writer in a directory, continuing after the marks. Null when what lies there is not what the marks say. */
export async function lineWriter(
  dir: string,
  stem: string,
  marks: readonly SegmentMark[],
  /** Hears how many bytes of a segment are written by now. */
  grown: (path: string, bytes: number) => void = () => {},
): Promise<LineWriter | null> {
  const done = marks.slice(0, -1);
  const last = marks.at(-1);
  let current: Open | null = null;
  let origin = last?.origin;
  if (last !== undefined) {
    for (const mark of done) if (await sizeOf(join(dir, mark.name)) !== mark.bytes) return null;
    const path = join(dir, last.name);
    if (await sizeOf(path) < last.bytes) return null;
    const hash = createHash("sha256");
    await hashFile(path, last.bytes, hash);
    if (`sha256:${hash.copy().digest("hex")}` !== last.digest) return null;
    await ownFile(path);
    const file = await Deno.open(path, { read: true, write: true });
    await file.truncate(last.bytes);
    await file.seek(last.bytes, Deno.SeekMode.Start);
    current = { name: last.name, file, hash, rows: last.rows, bytes: last.bytes, origin: last.origin };
  }
  const closed: SegmentMark[] = [...done];
  let buffer: Uint8Array | null = null;
  let filled = 0;
  let pendingRows = 0;
  let number = marks.length;
  const markOf = (one: Open): SegmentMark => ({
    name: one.name,
    rows: one.rows,
    bytes: one.bytes,
    digest: `sha256:${one.hash.copy().digest("hex")}`,
    ...(one.origin === undefined ? {} : { origin: one.origin }),
  });
  /** Large segments that wait to be on disk by the next mark. Of small ones there may be very many: what is lost of them shows by its digest. */
  let full: Deno.FsFile[] = [];
  const finish = () => {
    if (current === null) return;
    closed.push(markOf(current));
    if (current.bytes >= SYNCED_BYTES) full.push(current.file);
    else current.file.close();
    current = null;
  };
  const endFull = (sync: boolean) => {
    const files = full;
    full = [];
    for (const file of files) {
      try {
        if (sync) file.syncDataSync();
      } finally {
        file.close();
      }
    }
  };
  const begun = diskAhead();
  const put = (bytes: Uint8Array, rows: number) => {
    if (current === null) {
      const name = `${stem}-${String(++number).padStart(5, "0")}.jsonl`;
      const file = Deno.openSync(join(dir, name), { write: true, create: true, truncate: true, mode: 0o600 });
      current = { name, file, hash: createHash("sha256"), rows: 0, bytes: 0, origin };
    }
    for (let at = 0; at < bytes.length;) at += current.file.writeSync(bytes.subarray(at));
    current.hash.update(bytes);
    current.rows += rows;
    current.bytes += bytes.length;
    grown(join(dir, current.name), current.bytes);
    begun.written(join(dir, current.name), bytes.length);
    if (current.bytes >= SEGMENT_BYTES) finish();
  };
  const flush = () => {
    if (pendingRows === 0 || buffer === null) return;
    put(buffer.subarray(0, filled), pendingRows);
    filled = 0;
    pendingRows = 0;
  };
  return {
    line(text, count = 1) {
      // Each character takes three bytes of UTF-8 at most (a pair of surrogates four).
      const most = 3 * text.length + 1;
      if (filled + most > CHUNK_BYTES) flush();
      if (most > CHUNK_BYTES) return put(encoder.encode(`${text}\n`), count);
      buffer ??= new Uint8Array(CHUNK_BYTES);
      filled += encoder.encodeInto(text, buffer.subarray(filled)).written;
      buffer[filled++] = 10;
      pendingRows += count;
    },
    lines(bytes, count) {
      if (bytes.length >= WHOLE_BYTES || filled + bytes.length > CHUNK_BYTES) flush();
      if (bytes.length >= WHOLE_BYTES) return put(bytes, count);
      buffer ??= new Uint8Array(CHUNK_BYTES);
      buffer.set(bytes, filled);
      filled += bytes.length;
      pendingRows += count;
    },
    begin(next) {
      if (next === origin) return;
      flush();
      finish();
      origin = next;
    },
    get rows() {
      return closed.reduce((sum, { rows }) => sum + rows, 0) + (current?.rows ?? 0) + pendingRows;
    },
    get bytes() {
      return closed.reduce((sum, { bytes }) => sum + bytes, 0) + (current?.bytes ?? 0) + filled;
    },
    mark(sync) {
      flush();
      if (sync) endFull(true);
      if (current === null) return [...closed];
      if (sync) current.file.syncDataSync();
      return [...closed, markOf(current)];
    },
    close() {
      endFull(false);
      current?.file.close();
      current = null;
      return begun.over();
    },
  };
}

/**
 * Has what is written go to disk while more is written, one stretch after the other. By a handle of its own, as one file does one
 * thing at a time; whether all of it got there is told by the mark, which waits for it.
 */
function diskAhead(): { written(path: string, bytes: number): void; over(): Promise<void> } {
  let written = 0;
  let busy: Promise<void> | null = null;
  const sync = async (path: string) => {
    const file = await Deno.open(path, { write: true });
    try {
      await file.syncData();
    } finally {
      file.close();
    }
  };
  return {
    written(path, bytes) {
      written += bytes;
      if (busy !== null || written < BEGUN_BYTES) return;
      written = 0;
      busy = sync(path).catch(() => {}).finally(() => busy = null);
    },
    over: () => busy ?? Promise.resolve(),
  };
}

/** What a sink took as its own under another name stays as it is: staging goes on in a copy. */
async function ownFile(path: string): Promise<void> {
  if (((await Deno.stat(path)).nlink ?? 1) <= 1) return;
  const copy = `${path}.copy`;
  await Deno.copyFile(path, copy);
  await Deno.rename(copy, path);
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await Deno.stat(path)).size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return -1;
    throw error;
  }
}

async function hashFile(path: string, bytes: number, hash: Hash): Promise<void> {
  const file = await Deno.open(path, { read: true });
  try {
    const buffer = new Uint8Array(1024 * 1024);
    for (let left = bytes; left > 0;) {
      const count = await file.read(left < buffer.length ? buffer.subarray(0, left) : buffer);
      if (count === null) return;
      hash.update(buffer.subarray(0, count));
      left -= count;
    }
  } finally {
    file.close();
  }
}

/** One digest over segments in order. */
export function digestOfMarks(marks: readonly SegmentMark[]): string {
  const hash = createHash("sha256");
  for (const { digest, rows } of marks) hash.update(`${digest} ${rows}\n`);
  return `sha256:${hash.digest("hex")}`;
}

const READ_BYTES = 192 * 1024;

/** So many bytes of a file in pieces, each valid until the next one; the next one is on its way while one is worked on. */
async function* ahead(file: Deno.FsFile, bytes: number): AsyncGenerator<Uint8Array> {
  let [buffer, other] = [new Uint8Array(READ_BYTES), new Uint8Array(READ_BYTES)];
  let left = bytes;
  const read = (into: Uint8Array) => file.read(left < into.length ? into.subarray(0, left) : into);
  let coming: Promise<number | null> | null = null;
  try {
    coming = left > 0 ? read(buffer) : null;
    while (coming !== null) {
      const count: number | null = await coming;
      coming = null;
      if (count === null) return;
      left -= count;
      const given = buffer.subarray(0, count);
      [buffer, other] = [other, buffer];
      if (left > 0) coming = read(buffer);
      yield given;
    }
  } finally {
    // Whoever stops early closes the file: not below a read that is under way.
    await coming?.catch(() => {});
  }
}

/** The bytes of a segment, as far as its mark. */
export async function stagedBytes(dir: string, mark: SegmentMark): Promise<Uint8Array> {
  return (await there(mark, Deno.readFile(join(dir, mark.name)))).subarray(0, mark.bytes);
}

/** Staging of a run that was held is swept after a while: whoever takes the run up then is told so. */
async function there<T>({ name, rows }: SegmentMark, opened: Promise<T>): Promise<T> {
  try {
    return await opened;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new DataFailure(
      "limit",
      `What this run had staged is not there any more (${name}, ${rows} rows): it is kept for seven days after a run was denied`,
      "Run the pipeline again, or read anew in this run: forge workflow retry RUN --phase acquire; nothing of it was published",
    );
  }
}

/** Lines of segments in order, parsed, some thousand at a time. Bytes beyond a mark are not read. */
export async function* stagedValues(
  dir: string,
  marks: readonly SegmentMark[],
  checks = false,
): AsyncGenerator<Json[]> {
  const memory = steadyMemory();
  for (const mark of marks) {
    const hash = checks ? createHash("sha256") : null;
    const file = await there(mark, Deno.open(join(dir, mark.name), { read: true }));
    try {
      const decoder = new TextDecoder("utf-8", { fatal: true });
      let rest = "";
      let left = mark.bytes;
      for await (const bytes of ahead(file, mark.bytes)) {
        left -= bytes.length;
        hash?.update(bytes);
        memory.tick();
        const text = rest + decoder.decode(bytes, { stream: left > 0 });
        const end = text.lastIndexOf("\n");
        rest = text.slice(end + 1);
        if (end > 0) yield JSON.parse(`[${text.slice(0, end).replaceAll("\n", ",")}]`) as Json[];
      }
      if (left > 0) throw new Error(`Cannot read staged rows: ${mark.name} ends ${left} bytes early`);
      if (rest !== "") throw new Error(`Cannot read staged rows: ${mark.name} ends within a line`);
      if (hash !== null && `sha256:${hash.digest("hex")}` !== mark.digest) {
        throw new Error(`Cannot read staged rows: ${mark.name} is not what was staged and judged`);
      }
    } finally {
      file.close();
    }
  }
}

export function stagedRows(
  dir: string,
  marks: readonly SegmentMark[],
  checks = false,
): AsyncGenerator<Row[]> {
  return stagedValues(dir, marks, checks) as AsyncGenerator<Row[]>;
}
