/**
 * ZIP archives by their central directory, which is judged before a byte is unpacked: number of entries, sizes, ratio, names that
 * lead outside, entries that share their bytes. An entry is then unpacked as a stream and held against what was promised.
 */
import { crc32 } from "node:zlib";
import { DataFailure, type FileReader } from "../../data/port.ts";
import { type ByteInput, pieceInput } from "./bytes.ts";
import { checkInflated, inflated, type InflateLimits } from "./inflate.ts";

export interface ZipEntry {
  readonly name: string;
  readonly packed: number;
  readonly size: number;
  readonly crc: number;
  readonly method: number;
  /** Of its local header. */
  readonly offset: number;
}

export interface ZipLimits extends InflateLimits {
  readonly maxEntries: number;
}

const refused = (message: string, remedy = "Unpack it yourself after looking at what it is.") =>
  new DataFailure("refused", message, remedy);
const damaged = (message: string) =>
  new DataFailure("contract", message, "It is cut off or damaged; fetch it again.");

/** Entries that are files, in the order of the archive. Throws `refused` for what no honest archive has. */
export async function zipEntries(reader: FileReader, name: string, limits: ZipLimits): Promise<ZipEntry[]> {
  const { count, size, offset } = await directory(reader, name);
  if (count > limits.maxEntries) {
    throw refused(`${name} has ${count} entries, and ${limits.maxEntries} is the limit`);
  }
  if (size > 64 * 1024 * 1024) throw refused(`The directory of ${name} has ${size} bytes`);
  const bytes = await exactly(reader, offset, size, name);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const all: ZipEntry[] = [];
  const seen = new Set<string>();
  let packed = 0;
  let unpacked = 0;
  let at = 0;
  for (let index = 0; index < count; index++) {
    if (at + 46 > bytes.length || view.getUint32(at, true) !== 0x02014b50) {
      throw damaged(`The directory of ${name} breaks off at entry ${index + 1} of ${count}`);
    }
    const flags = view.getUint16(at + 8, true);
    const nameLength = view.getUint16(at + 28, true);
    const extraLength = view.getUint16(at + 30, true);
    const label = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength));
    const wide = wideSizes(view, at, nameLength, extraLength);
    const mode = view.getUint32(at + 38, true) >>> 16;
    at += 46 + nameLength + extraLength + view.getUint16(at + 32, true);
    const isDirectory = label.endsWith("/");
    refuseName(label, name);
    if ((mode & 0o170000) === 0o120000) throw refused(`${label} in ${name} is a symbolic link`);
    packed += wide.packed;
    unpacked += wide.size;
    if (isDirectory) continue;
    if ((flags & 1) !== 0) {
      throw new DataFailure("contract", `${label} in ${name} is encrypted`, "Save it without a password.");
    }
    if (seen.has(label)) throw refused(`${name} has the name ${label} more than once`);
    seen.add(label);
    checkInflated(wide.packed, wide.size, limits, `${name}!${label}`);
    all.push({
      name: label,
      packed: wide.packed,
      size: wide.size,
      crc: wide.crc,
      method: wide.method,
      offset: wide.offset,
    });
  }
  checkInflated(packed, unpacked, limits, name);
  const places = all.toSorted((a, b) => a.offset - b.offset);
  for (const [index, entry] of places.entries()) {
    const end = places[index + 1]?.offset ?? offset;
    if (entry.offset + 30 + entry.packed > end) {
      throw refused(`${entry.name} in ${name} shares its bytes with another entry, as archive bombs do`);
    }
  }
  return all;
}

/** The bytes of an entry, unpacked; throws `contract` when they are not what the directory promised. */
export async function zipEntry(
  reader: FileReader,
  entry: ZipEntry,
  name: string,
  limits: InflateLimits,
): Promise<ByteInput> {
  const label = `${name}!${entry.name}`;
  if (entry.method !== 0 && entry.method !== 8) {
    throw new DataFailure(
      "contract",
      `${label} is packed by method ${entry.method}; only stored and deflated entries are read`,
      "Pack it with deflate, the default of zip programs.",
    );
  }
  const header = await exactly(reader, entry.offset, 30, name);
  const view = new DataView(header.buffer, header.byteOffset, 30);
  if (view.getUint32(0, true) !== 0x04034b50) throw damaged(`${label} is not where the directory says`);
  const start = entry.offset + 30 + view.getUint16(26, true) + view.getUint16(28, true);
  if (start + entry.packed > reader.size) throw damaged(`${label} goes beyond the end of the archive`);
  const packed = sliceInput(reader, start, entry.packed);
  const pieces = entry.method === 8
    ? inflated(packed, "deflate-raw", { ...limits, maxBytes: Math.min(limits.maxBytes, entry.size) }, label)
    : stored(packed);
  return pieceInput(checked(pieces, entry, label), () => void pieces.return(undefined));
}

async function* checked(
  pieces: AsyncIterable<Uint8Array>,
  entry: ZipEntry,
  label: string,
): AsyncGenerator<Uint8Array> {
  let size = 0;
  let sum = 0;
  for await (const piece of pieces) {
    size += piece.length;
    sum = crc32(piece, sum);
    yield piece;
  }
  if (size !== entry.size || sum >>> 0 !== entry.crc) {
    throw damaged(
      `${label} has other bytes than its directory says (${size} of ${entry.size}, checksum differs)`,
    );
  }
}

async function* stored(input: ByteInput): AsyncGenerator<Uint8Array> {
  for (;;) {
    const block = new Uint8Array(128 * 1024);
    const count = await input.read(block);
    if (count === 0) return;
    yield block.subarray(0, count);
  }
}

function sliceInput(reader: FileReader, start: number, length: number): ByteInput {
  let at = 0;
  return {
    async read(into) {
      const want = Math.min(into.length, length - at);
      if (want <= 0) return 0;
      const count = await reader.read(into.subarray(0, want), start + at);
      at += count;
      return count;
    },
    close() {},
  };
}

/** Number of entries, size and place of the directory, by the record at the archive's end. */
async function directory(
  reader: FileReader,
  name: string,
): Promise<{ count: number; size: number; offset: number }> {
  const length = Math.min(reader.size, 65_535 + 22);
  const tail = await exactly(reader, reader.size - length, length, name);
  const view = new DataView(tail.buffer, tail.byteOffset, tail.byteLength);
  for (let at = tail.length - 22; at >= 0; at--) {
    if (view.getUint32(at, true) !== 0x06054b50) continue;
    const found = {
      count: view.getUint16(at + 10, true),
      size: view.getUint32(at + 12, true),
      offset: view.getUint32(at + 16, true),
    };
    const end = reader.size - length + at;
    if (found.count !== 0xffff && found.size !== 0xffffffff && found.offset !== 0xffffffff) {
      if (found.offset + found.size > end) break;
      return found;
    }
    return await wideDirectory(reader, end, name);
  }
  throw damaged(`${name} has no directory of a ZIP archive at its end`);
}

async function wideDirectory(
  reader: FileReader,
  end: number,
  name: string,
): Promise<{ count: number; size: number; offset: number }> {
  if (end < 20) throw damaged(`${name} has no ZIP64 locator`);
  const locator = await exactly(reader, end - 20, 20, name);
  const place = new DataView(locator.buffer, locator.byteOffset, 20);
  if (place.getUint32(0, true) !== 0x07064b50) throw damaged(`${name} has no ZIP64 locator`);
  const record = await exactly(reader, Number(place.getBigUint64(8, true)), 56, name);
  const view = new DataView(record.buffer, record.byteOffset, 56);
  if (view.getUint32(0, true) !== 0x06064b50) throw damaged(`${name} has no ZIP64 directory`);
  const found = {
    count: Number(view.getBigUint64(32, true)),
    size: Number(view.getBigUint64(40, true)),
    offset: Number(view.getBigUint64(48, true)),
  };
  if (found.offset + found.size > end) throw damaged(`The directory of ${name} goes beyond its end`);
  return found;
}

/** Sizes and place of an entry, from its ZIP64 extra field where the plain ones are full. */
function wideSizes(
  view: DataView,
  at: number,
  nameLength: number,
  extraLength: number,
): Omit<ZipEntry, "name"> {
  let size = view.getUint32(at + 24, true);
  let packed = view.getUint32(at + 20, true);
  let offset = view.getUint32(at + 42, true);
  const method = view.getUint16(at + 10, true);
  const crc = view.getUint32(at + 16, true);
  const end = Math.min(at + 46 + nameLength + extraLength, view.byteLength);
  for (let field = at + 46 + nameLength; field + 4 <= end;) {
    const length = view.getUint16(field + 2, true);
    if (view.getUint16(field, true) === 1 && field + 4 + length <= end) {
      let place = field + 4;
      const next = () => {
        if (place + 8 > field + 4 + length) return 0;
        place += 8;
        return Number(view.getBigUint64(place - 8, true));
      };
      if (size === 0xffffffff) size = next();
      if (packed === 0xffffffff) packed = next();
      if (offset === 0xffffffff) offset = next();
    }
    field += 4 + length;
  }
  return { size, packed, offset, method, crc };
}

function refuseName(label: string, name: string): void {
  const parts = label.split(/[/\\]/);
  const why = label === "" || label.includes("\0")
    ? "no name"
    : label.startsWith("/") || label.startsWith("\\") || /^[A-Za-z]:/.test(label)
    ? "an absolute name"
    : parts.includes("..")
    ? "a name that leads outside"
    : null;
  if (why !== null) throw refused(`${name} has an entry with ${why}: ${JSON.stringify(label.slice(0, 200))}`);
}

async function exactly(reader: FileReader, at: number, length: number, name: string): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  if (at < 0 || at + length > reader.size || (await reader.read(bytes, at)) < length) {
    throw damaged(`${name} ends before its directory says`);
  }
  return bytes;
}
