/** A workbook by what its bytes are, whatever its name says; what could do harm is refused before it is unpacked. */
import { DataFailure, type FileReader } from "../../data/port.ts";
import { skipTo } from "../file/bytes.ts";
import { kindOf } from "../file/open.ts";
import { zipEntries, type ZipEntry, zipEntry, type ZipLimits } from "../file/zip.ts";
import type { Workbook } from "./cells.ts";
import { openBySheetjs } from "./sheetjs.ts";
import { openXlsx } from "./xlsx.ts";

const MB = 1024 * 1024;
/** Spreadsheets pack well, but not as bombs do. */
export const WORKBOOK_LIMITS: ZipLimits = {
  maxBytes: 4 * 1024 * MB,
  maxRatio: 200,
  ratioFrom: 32 * MB,
  maxEntries: 10_000,
};
/** What is read as a whole, and not as a stream. */
const MAX_WHOLE = 64 * MB;
const MAX_WHOLE_UNPACKED = 256 * MB;

export interface OpenOptions {
  readonly timeoutMs: number;
  readonly abort: AbortSignal;
}

export async function openWorkbook(
  reader: FileReader,
  name: string,
  options: OpenOptions,
): Promise<Workbook> {
  const head = new Uint8Array(16);
  const count = await reader.read(head, 0);
  const kind = kindOf(head.subarray(0, count));
  if (kind === "an old Office document") return await openCompound(reader, name, options);
  if (kind !== "zip") {
    throw new DataFailure(
      "contract",
      `${name} is ${count === 0 ? "empty" : kind ?? "no workbook"}, not .xlsx, .xlsm, .xlsb, .xls or .ods`,
      "CSV and other text is read by the connector `file`.",
    );
  }
  const entries = await zipEntries(reader, name, WORKBOOK_LIMITS);
  const names = new Set(entries.map((entry) => entry.name.replace(/^\//, "").toLowerCase()));
  if (names.has("xl/workbook.bin")) return await openWhole(reader, name, entries, options);
  if (names.has("[content_types].xml") || names.has("xl/workbook.xml")) {
    if (names.has("word/document.xml") || names.has("ppt/presentation.xml")) throw noWorkbook(name);
    return await openXlsx(reader, name, entries, WORKBOOK_LIMITS);
  }
  if (names.has("content.xml") && names.has("mimetype")) {
    await checkOpenDocument(reader, name, entries);
    return await openWhole(reader, name, entries, options);
  }
  throw noWorkbook(name);
}

const noWorkbook = (name: string) =>
  new DataFailure(
    "contract",
    `${name} is an archive without a workbook in it`,
    "Files in archives are read by `file`.",
  );

/** .xls, or a package that a password encrypts. */
async function openCompound(reader: FileReader, name: string, options: OpenOptions): Promise<Workbook> {
  if (reader.size > MAX_WHOLE) throw tooBig(name, reader.size);
  const bytes = await whole(reader);
  // Names in the directory of a compound file are UTF-16.
  if (includes(bytes, wide("EncryptedPackage")) || includes(bytes, wide("EncryptionInfo"))) {
    throw new DataFailure("contract", `${name} is protected by a password`, "Save it without a password.");
  }
  if (includes(bytes, wide("WordDocument")) || includes(bytes, wide("PowerPoint Document"))) {
    throw new DataFailure("contract", `${name} is a document, not a workbook`, "Name a workbook.");
  }
  return await openBySheetjs(name, bytes, options.timeoutMs, options.abort);
}

async function openWhole(
  reader: FileReader,
  name: string,
  entries: readonly ZipEntry[],
  options: OpenOptions,
): Promise<Workbook> {
  const unpacked = entries.reduce((sum, entry) => sum + entry.size, 0);
  if (reader.size > MAX_WHOLE || unpacked > MAX_WHOLE_UNPACKED) {
    throw tooBig(name, Math.max(reader.size, unpacked));
  }
  // The directory may lie about sizes, and SheetJS would believe it: every entry is unpacked once with its cap.
  for (const entry of entries) {
    const input = await zipEntry(reader, entry, name, WORKBOOK_LIMITS);
    try {
      await skipTo(input, Infinity);
    } finally {
      input.close();
    }
  }
  return await openBySheetjs(name, await whole(reader), options.timeoutMs, options.abort);
}

const tooBig = (name: string, size: number) =>
  new DataFailure(
    "refused",
    `${name} has ${Math.ceil(size / MB)} MB, more than what is read as a whole (${MAX_WHOLE / MB} MB, ${
      MAX_WHOLE_UNPACKED / MB
    } MB unpacked)`,
    "Save it as .xlsx or CSV, which are read as streams.",
  );

async function checkOpenDocument(
  reader: FileReader,
  name: string,
  entries: readonly ZipEntry[],
): Promise<void> {
  const mime = entries.find((entry) => entry.name === "mimetype");
  const type = mime === undefined ? "" : await textOf(reader, mime, name, 200);
  if (!type.includes("opendocument.spreadsheet")) throw noWorkbook(name);
  const manifest = entries.find((entry) => entry.name === "META-INF/manifest.xml");
  if (manifest !== undefined && (await textOf(reader, manifest, name, MB)).includes("encryption-data")) {
    throw new DataFailure("contract", `${name} is protected by a password`, "Save it without a password.");
  }
  for (const entry of entries) {
    if (!entry.name.endsWith(".xml")) continue;
    if (/<!(DOCTYPE|ENTITY)/i.test(await textOf(reader, entry, name, 64 * 1024))) {
      throw new DataFailure(
        "refused",
        `${name}!${entry.name} declares a document type or entities, which spreadsheets do not have`,
        "Save the workbook again with a spreadsheet program.",
      );
    }
  }
}

async function textOf(reader: FileReader, entry: ZipEntry, name: string, most: number): Promise<string> {
  const input = await zipEntry(reader, entry, name, WORKBOOK_LIMITS);
  try {
    const bytes = new Uint8Array(Math.min(most, entry.size));
    let at = 0;
    while (at < bytes.length) {
      const count = await input.read(bytes.subarray(at));
      if (count === 0) break;
      at += count;
    }
    return new TextDecoder().decode(bytes.subarray(0, at));
  } finally {
    input.close();
  }
}

async function whole(reader: FileReader): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(reader.size);
  await reader.read(bytes, 0);
  return bytes;
}

function wide(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 2);
  for (let i = 0; i < text.length; i++) bytes[i * 2] = text.charCodeAt(i);
  return bytes;
}

function includes(bytes: Uint8Array, part: Uint8Array): boolean {
  for (let at = bytes.indexOf(part[0] as number); at !== -1; at = bytes.indexOf(part[0] as number, at + 1)) {
    let same = 1;
    while (same < part.length && bytes[at + same] === part[same]) same++;
    if (same === part.length) return true;
  }
  return false;
}
