/** A file as the units that are in it: itself, what gzip holds, or the entries of a zip archive. */
import type { Hash } from "node:crypto";
import { DataFailure, type FileReader } from "../../data/port.ts";
import { type ByteInput, fileInput, hashOf, pieceInput, skipTo } from "./bytes.ts";
import { inflated } from "./inflate.ts";
import { unpackLimits } from "./limits.ts";
import type { FileParams, Resource } from "./params.ts";
import type { Unit } from "./unit.ts";
import { zipEntries, zipEntry } from "./zip.ts";

/** Magic bytes of what is no text. Found by content, whatever the name says. */
const KINDS: readonly (readonly [string, readonly number[]])[] = [
  ["gzip", [0x1f, 0x8b]],
  ["zip", [0x50, 0x4b, 0x03, 0x04]],
  ["zip", [0x50, 0x4b, 0x05, 0x06]],
  ["parquet", [0x50, 0x41, 0x52, 0x31]],
  ["zstd", [0x28, 0xb5, 0x2f, 0xfd]],
  ["xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a]],
  ["bzip2", [0x42, 0x5a, 0x68]],
  ["a PDF document", [0x25, 0x50, 0x44, 0x46]],
  ["an old Office document", [0xd0, 0xcf, 0x11, 0xe0]],
  ["a 7z archive", [0x37, 0x7a, 0xbc, 0xaf]],
  ["a SQLite database", [0x53, 0x51, 0x4c, 0x69, 0x74, 0x65, 0x20, 0x66]],
];

/** What the first bytes say a file is; null: nothing that is known, so text. */
export function kindOf(head: Uint8Array): string | null {
  return KINDS.find(([, magic]) => magic.every((byte, index) => head[index] === byte))?.[0] ?? null;
}

export interface OpenedFile {
  readonly units: readonly Unit[];
  /** Whether `hash` has seen all of the file when its units were read to their ends. */
  readonly isHashed: boolean;
}

/** Looks into a file and gives what a format may read of it. `hash` sees the file's own bytes in the main pass. */
export async function openFile(
  reader: FileReader,
  name: string,
  resource: Resource,
  params: FileParams,
  hash: Hash,
): Promise<OpenedFile> {
  const head = new Uint8Array(16);
  const count = await reader.read(head, 0);
  const kind = kindOf(head.subarray(0, count));
  const packing = params.compression ?? (kind === "gzip" || kind === "zip" ? kind : "none");
  const limits = unpackLimits(params.maxUnpackedBytes);
  const plain: Unit = {
    name,
    async open(from, main = false) {
      if (main && from > 0) await hashOf(reader, from, hash);
      return fileInput(reader, from, main ? hash : undefined);
    },
    spread: () => spread(reader),
  };
  if (packing === "none") {
    const isRight = resource === "parquet" ? kind === "parquet" : kind === null;
    // A damaged Parquet file is judged by its reader, which says more.
    if (!isRight && kind !== null) throw notText(name, kind, resource);
    return { units: [plain], isHashed: resource !== "parquet" };
  }
  if (resource === "parquet") {
    throw new DataFailure(
      "contract",
      `${name} is packed by ${packing}; Parquet packs itself`,
      "Unpack it first.",
    );
  }
  if (packing === "gzip") {
    const unit: Unit = {
      name,
      async open(from) {
        const raw = fileInput(reader, 0);
        const pieces = guarded(inflated(raw, "gzip", limits, name), name, resource);
        const input = pieceInput(pieces, () => void pieces.return(undefined));
        await skipTo(input, from);
        return input;
      },
    };
    return { units: [unit], isHashed: false };
  }
  const entries = (await zipEntries(reader, name, limits)).filter((entry) => !isSideFile(entry.name));
  const wanted = params.entry === undefined ? entries : await chosen(entries, params.entry);
  if (wanted.length === 0) {
    throw new DataFailure(
      "not-found",
      params.entry === undefined
        ? `${name} has no files in it`
        : `No file in ${name} matches ${params.entry}`,
      `It has: ${entries.slice(0, 10).map((entry) => entry.name).join(", ") || "nothing"}.`,
    );
  }
  return {
    units: wanted.map((entry): Unit => ({
      name: `${name}!${entry.name}`,
      async open(from) {
        const raw = await zipEntry(reader, entry, name, limits);
        const pieces = guarded(piecesOf(raw), `${name}!${entry.name}`, resource);
        const input = pieceInput(pieces, () => {
          void pieces.return(undefined);
          raw.close();
        });
        await skipTo(input, from);
        return input;
      },
    })),
    isHashed: false,
  };
}

const isSideFile = (name: string): boolean =>
  name.startsWith("__MACOSX/") || /(^|\/)(\.DS_Store|Thumbs\.db|desktop\.ini)$/.test(name);

async function chosen<E extends { name: string }>(entries: readonly E[], pattern: string): Promise<E[]> {
  const { default: picomatch } = await import("picomatch");
  const matches = picomatch(pattern, { noextglob: true });
  return entries.filter((entry) => entry.name === pattern || matches(entry.name));
}

/** An archive in an archive is refused: what it holds cannot be judged before it is unpacked. */
async function* guarded(
  pieces: AsyncGenerator<Uint8Array>,
  name: string,
  resource: Resource,
): AsyncGenerator<Uint8Array> {
  let isFirst = true;
  for await (const piece of pieces) {
    if (isFirst) {
      const kind = kindOf(piece);
      if (kind === "gzip" || kind === "zip") {
        throw new DataFailure(
          "refused",
          `${name} is an archive within an archive (${kind})`,
          "Unpack the outer one first.",
        );
      }
      if (kind !== null) throw notText(name, kind, resource);
      if (isTar(piece)) {
        throw new DataFailure("contract", `${name} is a tar archive, not ${resource}`, "Unpack it first.");
      }
    }
    isFirst = false;
    yield piece;
  }
}

const isTar = (piece: Uint8Array): boolean =>
  piece.length > 262 && new TextDecoder("latin1").decode(piece.subarray(257, 262)) === "ustar";

async function* piecesOf(input: ByteInput): AsyncGenerator<Uint8Array> {
  for (;;) {
    const block = new Uint8Array(128 * 1024);
    const count = await input.read(block);
    if (count === 0) return;
    yield block.subarray(0, count);
  }
}

const notText = (name: string, kind: string, resource: string): DataFailure =>
  new DataFailure(
    "contract",
    `${name} is ${kind}, not ${resource}`,
    kind === "parquet"
      ? "Read it as the resource `parquet`."
      : kind === "an old Office document" || kind === "zip"
      ? "A workbook is read by the connector `excel`."
      : "Unpack or convert it first.",
  );

/** Some places of the whole file, so that letters beyond ASCII that come late are seen. */
async function spread(reader: FileReader): Promise<Uint8Array[]> {
  const pieces: Uint8Array[] = [];
  const length = 16 * 1024;
  for (let part = 1; part <= 8; part++) {
    const piece = new Uint8Array(length);
    const at = Math.floor((reader.size - length) * part / 8);
    if (at <= 0) continue;
    pieces.push(piece.subarray(0, await reader.read(piece, at)));
  }
  return pieces;
}
