/** Workbooks for tests: written by SheetJS, or tag by tag as no program would. */
import { zipSync } from "fflate";

const utf8 = (text: string) => new TextEncoder().encode(text);

export interface HandMade {
  readonly sheets: readonly {
    readonly name: string;
    readonly xml: string;
    readonly state?: string;
    readonly type?: string;
  }[];
  readonly strings?: string;
  /** Number formats by style, from style 1 on. */
  readonly formats?: readonly string[];
  readonly workbookPr?: string;
  readonly calcPr?: string;
  readonly more?: Record<string, Uint8Array>;
  readonly moreLinks?: string;
}

const MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"';
const REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const escaped = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");

/** A package with these parts. `xml` of a sheet is what stands in its `sheetData`, or a whole document. */
export function handMade(book: HandMade): Uint8Array {
  const links = book.sheets.map((sheet, at) =>
    `<Relationship Id="rId${at + 1}" Type="${REL}/${sheet.type ?? "worksheet"}" Target="worksheets/sheet${
      at + 1
    }.xml"/>`
  ).join("");
  const sheets = book.sheets.map((sheet, at) =>
    `<sheet name="${escaped(sheet.name)}" sheetId="${at + 1}" r:id="rId${at + 1}"${
      sheet.state === undefined ? "" : ` state="${sheet.state}"`
    }/>`
  ).join("");
  const formats = book.formats ?? [];
  const files: Record<string, Uint8Array> = {
    "[Content_Types].xml": utf8('<?xml version="1.0"?><Types/>'),
    "_rels/.rels": utf8(
      `<Relationships><Relationship Id="rId1" Type="${REL}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
    ),
    "xl/workbook.xml": utf8(
      `<?xml version="1.0"?><workbook ${MAIN} xmlns:r="${REL}"><workbookPr${
        book.workbookPr ?? ""
      }/><sheets>${sheets}</sheets>${book.calcPr ?? ""}</workbook>`,
    ),
    "xl/_rels/workbook.xml.rels": utf8(
      `<Relationships>${links}<Relationship Id="s" Type="${REL}/styles" Target="styles.xml"/><Relationship Id="t" Type="${REL}/sharedStrings" Target="/xl/sharedStrings.xml"/>${
        book.moreLinks ?? ""
      }</Relationships>`,
    ),
    "xl/styles.xml": utf8(
      `<styleSheet ${MAIN}><numFmts>${
        formats.map((code, at) => `<numFmt numFmtId="${200 + at}" formatCode="${escaped(code)}"/>`).join("")
      }</numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/>${
        formats.map((_, at) => `<xf numFmtId="${200 + at}"/>`).join("")
      }</cellXfs></styleSheet>`,
    ),
    "xl/sharedStrings.xml": utf8(`<sst ${MAIN}>${book.strings ?? ""}</sst>`),
    ...book.more,
  };
  for (const [at, sheet] of book.sheets.entries()) {
    files[`xl/worksheets/sheet${at + 1}.xml`] = utf8(
      sheet.xml.includes("sheetData")
        ? sheet.xml
        : `<?xml version="1.0"?><worksheet ${MAIN}><sheetData>${sheet.xml}</sheetData></worksheet>`,
    );
  }
  return zipSync(files, { level: 6 });
}

/** Rows of texts, numbers and truth values as `sheetData`, with inline texts. */
export function cells(rows: readonly (readonly (string | number | boolean | null)[])[]): string {
  return rows.map((row, at) =>
    `<row r="${at + 1}">${
      row.map((value) =>
        value === null
          ? "<c/>"
          : typeof value === "string"
          ? `<c t="inlineStr"><is><t>${escaped(value)}</t></is></c>`
          : typeof value === "boolean"
          ? `<c t="b"><v>${value ? 1 : 0}</v></c>`
          : `<c><v>${value}</v></c>`
      ).join("")
    }</row>`
  ).join("");
}
