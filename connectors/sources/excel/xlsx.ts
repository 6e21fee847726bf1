/**
 * .xlsx and .xlsm as streams: the parts of the package are judged by the archive's directory, unpacked with a cap, and scanned tag by tag.
 * Only the table of shared strings is held; rows pass through.
 */
import { DataFailure, type FileReader } from "../../data/port.ts";
import { type ZipEntry, zipEntry, type ZipLimits } from "../file/zip.ts";
import { areaOf, MAX_COLUMNS, type Merge, type Sheet, type SheetRow, type Workbook } from "./cells.ts";
import { RowHandler, type Types } from "./xlsx_rows.ts";
import { builtInKind, type FormatKind, formatKind } from "./number_format.ts";
import { attribute, cellText, isTrue, XmlScan } from "./xml_scan.ts";

/** Characters of shared strings that are held. */
const MAX_STRINGS = 128 * 1024 * 1024;
const BATCH = 1_000;

interface SheetPart {
  readonly name: string;
  readonly isHidden: boolean;
  readonly path: string;
  readonly type: string;
}

/** Opens a package whose entries were listed already. */
export async function openXlsx(
  reader: FileReader,
  name: string,
  entries: readonly ZipEntry[],
  limits: ZipLimits,
): Promise<Workbook> {
  const byName = new Map(entries.map((entry) => [entry.name.replace(/^\//, "").toLowerCase(), entry]));
  const scan = (path: string, handler: ConstructorParameters<typeof XmlScan>[0]) => {
    const entry = byName.get(path.toLowerCase());
    return entry === undefined ? null : scanned(reader, entry, name, limits, handler);
  };
  const finish = async (pieces: AsyncGenerator<void> | null) => {
    if (pieces !== null) { for await (const _ of pieces); }
  };
  const rootPath = await mainPart(byName, scan, finish);
  const folder = rootPath.includes("/") ? rootPath.slice(0, rootPath.lastIndexOf("/") + 1) : "";
  const links = await relations(`${folder}_rels/${rootPath.slice(folder.length)}.rels`, folder, scan, finish);
  let is1904 = false;
  let mayBeStale = false;
  const sheets: SheetPart[] = [];
  if (!byName.has(rootPath.toLowerCase())) {
    throw new DataFailure(
      "contract",
      `${name} has no workbook in it (${rootPath})`,
      "It is no .xlsx file, or damaged.",
    );
  }
  await finish(scan(rootPath, {
    open(tag, attributes) {
      if (tag === "workbookPr") is1904 = isTrue(attribute(attributes, "date1904"));
      else if (tag === "calcPr") mayBeStale = isTrue(attribute(attributes, "fullCalcOnLoad"));
      else if (tag === "sheet") {
        const link = links.get(attribute(attributes, "id") ?? "");
        const state = attribute(attributes, "state");
        sheets.push({
          name: attribute(attributes, "name") ?? "",
          isHidden: state === "hidden" || state === "veryHidden",
          path: link?.target ?? "",
          type: link?.type ?? "",
        });
      }
    },
    text() {},
    close() {},
  }));
  const target = (type: string, fallback: string) =>
    [...links.values()].find((link) => link.type === type)?.target ?? `${folder}${fallback}`;
  const formats = await stylesOf(target("styles", "styles.xml"), scan, finish);
  let strings: string[] | null = null;
  const notes = mayBeStale
    ? [`${name}: it asks to be calculated when it is opened; its formulas are read by their last values`]
    : [];
  if ([...links.values()].some((link) => link.type === "externalLink")) {
    notes.push(
      `${name}: it refers to other workbooks, which are not opened; formulas are read by their last values`,
    );
  }
  return {
    sheets: sheets.map(({ name, isHidden }) => ({ name, isHidden })),
    notes,
    close() {},
    async sheet(index, withMerges) {
      const part = sheets[index];
      const entry = part === undefined ? undefined : byName.get(part.path.toLowerCase());
      if (
        part === undefined || part.type === "chartsheet" || part.type === "dialogsheet" || entry === undefined
      ) {
        throw new DataFailure(
          "contract",
          `The sheet ${JSON.stringify(part?.name ?? index + 1)} of ${name} has no cells${
            part?.type === "chartsheet" ? ": it is a chart" : ""
          }`,
          "Name a sheet with a table.",
        );
      }
      strings ??= await stringsOf(name, target("sharedStrings", "sharedStrings.xml"), scan, finish);
      const ahead = await headOf(reader, entry, name, limits, withMerges);
      const shared = strings;
      return {
        name: part.name,
        hiddenColumns: ahead.hidden,
        merges: ahead.merges,
        rows: () => rowsOf(reader, entry, name, limits, { shared, formats, is1904 }),
      } satisfies Sheet;
    },
  };
}

type Scan = (path: string, handler: ConstructorParameters<typeof XmlScan>[0]) => AsyncGenerator<void> | null;
type Finish = (pieces: AsyncGenerator<void> | null) => Promise<void>;

/** Feeds an entry to a handler, piece by piece; each step is one piece. */
async function* scanned(
  reader: FileReader,
  entry: ZipEntry,
  name: string,
  limits: ZipLimits,
  handler: ConstructorParameters<typeof XmlScan>[0],
): AsyncGenerator<void> {
  const label = `${name}!${entry.name}`;
  const input = await zipEntry(reader, entry, name, limits);
  const xml = new XmlScan(handler, label);
  const block = new Uint8Array(64 * 1024);
  let decoder: TextDecoder | null = null;
  try {
    for (let count = await input.read(block); count > 0; count = await input.read(block)) {
      decoder ??= new TextDecoder(
        block[0] === 0xff && block[1] === 0xfe
          ? "utf-16le"
          : block[0] === 0xfe && block[1] === 0xff
          ? "utf-16be"
          : "utf-8",
        { fatal: true },
      );
      xml.feed(textOf(decoder, block.subarray(0, count), true, label));
      yield;
    }
    if (decoder !== null) xml.feed(textOf(decoder, new Uint8Array(0), false, label));
    xml.end();
  } finally {
    input.close();
  }
}

function textOf(decoder: TextDecoder, bytes: Uint8Array, stream: boolean, label: string): string {
  try {
    return decoder.decode(bytes, { stream });
  } catch (error) {
    throw new DataFailure(
      "contract",
      `${label} has bytes that are no text`,
      "It is damaged; save it again.",
      { cause: error },
    );
  }
}

async function mainPart(byName: ReadonlyMap<string, ZipEntry>, scan: Scan, finish: Finish): Promise<string> {
  const links = await relations("_rels/.rels", "", scan, finish);
  const main = [...links.values()].find((link) => link.type === "officeDocument");
  return main !== undefined && byName.has(main.target.toLowerCase()) ? main.target : "xl/workbook.xml";
}

interface Link {
  readonly type: string;
  readonly target: string;
}

async function relations(
  path: string,
  folder: string,
  scan: Scan,
  finish: Finish,
): Promise<Map<string, Link>> {
  const links = new Map<string, Link>();
  await finish(scan(path, {
    open(tag, attributes) {
      if (tag !== "Relationship") return;
      const target = attribute(attributes, "Target") ?? "";
      const type = attribute(attributes, "Type") ?? "";
      links.set(attribute(attributes, "Id") ?? "", {
        type: type.slice(type.lastIndexOf("/") + 1),
        target: target.startsWith("/") ? target.slice(1) : joined(folder, target),
      });
    },
    text() {},
    close() {},
  }));
  return links;
}

function joined(folder: string, target: string): string {
  const parts: string[] = [];
  for (const part of `${folder}${target}`.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "." && part !== "") parts.push(part);
  }
  return parts.join("/");
}

/** Kind of number by style, as cells name them. */
async function stylesOf(path: string, scan: Scan, finish: Finish): Promise<FormatKind[]> {
  const codes = new Map<number, FormatKind>();
  const kinds: FormatKind[] = [];
  let isInCells = false;
  await finish(scan(path, {
    open(tag, attributes) {
      if (tag === "numFmt") {
        codes.set(
          Number(attribute(attributes, "numFmtId")),
          formatKind(attribute(attributes, "formatCode") ?? ""),
        );
      } else if (tag === "cellXfs") isInCells = true;
      else if (tag === "xf" && isInCells) {
        const id = Number(attribute(attributes, "numFmtId") ?? 0);
        kinds.push(codes.get(id) ?? builtInKind(id));
      }
    },
    text() {},
    close(tag) {
      if (tag === "cellXfs") isInCells = false;
    },
  }));
  return kinds;
}

async function stringsOf(name: string, path: string, scan: Scan, finish: Finish): Promise<string[]> {
  const strings: string[] = [];
  let text = "";
  let size = 0;
  let inText = false;
  let phonetic = 0;
  await finish(scan(path, {
    open(tag) {
      if (tag === "si") text = "";
      else if (tag === "t") inText = phonetic === 0;
      else if (tag === "rPh") phonetic++;
    },
    text(part) {
      if (inText) text += part;
    },
    close(tag) {
      if (tag === "t") inText = false;
      else if (tag === "rPh") phonetic--;
      else if (tag === "si") {
        size += text.length;
        if (size > MAX_STRINGS) {
          throw new DataFailure(
            "refused",
            `The texts of ${name} have more than ${MAX_STRINGS} characters`,
            "Split the workbook, or export the sheet as CSV.",
          );
        }
        strings.push(cellText(text));
      }
    },
  }));
  return strings;
}

/** What stands around the rows: hidden columns in front, merged areas (only when asked for) behind. */
async function headOf(
  reader: FileReader,
  entry: ZipEntry,
  name: string,
  limits: ZipLimits,
  withMerges: boolean,
): Promise<{ hidden: Set<number>; merges: Merge[] }> {
  const hidden = new Set<number>();
  const merges: Merge[] = [];
  let isBehindColumns = false;
  const pieces = scanned(reader, entry, name, limits, {
    open(tag, attributes) {
      if (tag === "sheetData") isBehindColumns = true;
      else if (tag === "col" && isTrue(attribute(attributes, "hidden"))) {
        const last = Math.min(Number(attribute(attributes, "max") ?? 0), MAX_COLUMNS);
        for (let column = Number(attribute(attributes, "min") ?? 1); column <= last; column++) {
          hidden.add(column - 1);
        }
      } else if (tag === "mergeCell" && merges.length < 100_000) {
        const area = areaOf(attribute(attributes, "ref") ?? "");
        if (area !== null) merges.push(area);
      }
    },
    text() {},
    close() {},
  });
  for await (const _ of pieces) if (isBehindColumns && !withMerges) break;
  return { hidden, merges };
}

async function* rowsOf(
  reader: FileReader,
  entry: ZipEntry,
  name: string,
  limits: ZipLimits,
  types: Types,
): AsyncGenerator<SheetRow[]> {
  const handler = new RowHandler(types, `${name}!${entry.name}`);
  for await (const _ of scanned(reader, entry, name, limits, handler)) {
    if (handler.done.length >= BATCH) yield handler.take();
  }
  if (handler.done.length > 0) yield handler.take();
}
