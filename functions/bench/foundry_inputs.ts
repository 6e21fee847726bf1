/** What the foundry's benchmark reads: the same bytes on every machine. */
import { strToU8, Zip, ZipDeflate } from "fflate";

const FIRST = ["Ada", "Grace", "Edsger", "Barbara", "Donald", "Frances", "Tony", "Margaret"];
const LAST = ["Lovelace", "Hopper", "Dijkstra", "Liskov", "Knuth", "Allen", "Hoare", "Hamilton"];
const CATEGORIES = ["books", "garden", "kitchen", "music", "office", "sports", "tools", "toys"];
const NOTES = [
  "by evening post",
  "paid in cash",
  '"leave it at the door, please"',
  "second one",
  "returned once",
  '"said ""call first"" on the phone"',
  "no remark",
  "customer since years",
  '"two parcels:\none small, one large"',
  "gift wrapped",
];
const COLUMNS = "id,name,email,ordered_on,amount,category,quantity,note";
const FLUSH = 1024 * 1024;

/** A small generator with a known sequence, so that no two runs differ. */
function sequence(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 8;
  };
}

/** Orders as CSV: about 93 bytes a row, a fifth of the rows quoted, one in a hundred outside the rules. */
export async function writeOrders(path: string, rows: number): Promise<void> {
  const next = sequence(7);
  const file = await Deno.open(path, { write: true, create: true, truncate: true });
  const encoder = new TextEncoder();
  const two = (value: number) => String(value).padStart(2, "0");
  const put = async (text: string) => {
    const bytes = encoder.encode(text);
    for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
  };
  try {
    let text = `${COLUMNS}\n`;
    for (let id = 1; id <= rows; id++) {
      const first = FIRST[next() % 8] as string;
      const last = LAST[next() % 8] as string;
      const at = next() % 100_000;
      const sign = next() % 97 === 0 ? "-" : "";
      const [year, month, day] = [2019 + next() % 7, two(1 + next() % 12), two(1 + next() % 28)];
      const amount = `${next() % 2000}.${two(next() % 100)}`;
      text += `${id},${first} ${last},${first.toLowerCase()}.${at}@mail.example,${year}-${month}-${day},` +
        `${sign}${amount},${CATEGORIES[next() % 8]},${next() % 50},${NOTES[next() % NOTES.length]}\n`;
      if (text.length < FLUSH) continue;
      await put(text);
      text = "";
    }
    await put(text);
  } finally {
    file.close();
  }
}

/** The pipeline over the orders: typed columns, four row rules, the shipped gates. */
export function ordersPipeline(disposition: "append" | "merge"): string {
  return `id: orders-${disposition}
owner: bench@acme.example
streams:
  - id: orders
    source: { connector: file, resource: csv, params: { path: orders.csv } }
    primaryKey: [id]
    contract:
      types: quarantine
      schema:
        id: { type: integer, nullable: false }
        name: { type: string }
        email: { type: string }
        ordered_on: { type: date }
        amount: { type: decimal }
        category: { type: string }
        quantity: { type: integer }
        note: { type: string }
    write: { disposition: ${disposition}, table: orders }
    quality:
      - { rule: required, columns: [id, email, ordered_on], severity: quarantine }
      - { rule: range, column: amount, min: 0, max: 100000, severity: quarantine }
      - { rule: enum, column: category, values: [${CATEGORIES.join(", ")}], severity: quarantine }
      - { rule: regex, column: email, pattern: "^[^@ ]+@[^@ ]+$", severity: quarantine }
packs: [data-quality]
`;
}

export const BOOK_PIPELINE = `id: book
owner: bench@acme.example
streams:
  - id: book
    source: { connector: excel, resource: sheet, params: { path: book.xlsx } }
    primaryKey: [c1]
    write: { disposition: replace, table: book }
    quality:
      - { rule: required, columns: [c1], severity: quarantine }
packs: [data-quality]
`;

/** A workbook with one sheet of rows by ten columns, half of them shared texts, as a spreadsheet program writes it. */
export async function writeWorkbook(path: string, rows: number): Promise<void> {
  const next = sequence(11);
  const parts: Uint8Array[] = [];
  const zip = new Zip((error, bytes) => {
    if (error !== null) throw error;
    parts.push(bytes);
  });
  const entry = (name: string, pieces: Iterable<string>) => {
    const file = new ZipDeflate(name, { level: 6 });
    zip.add(file);
    for (const piece of pieces) file.push(strToU8(piece));
    file.push(new Uint8Array(0), true);
  };
  const HEAD = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n`;
  const MAIN = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"`;
  const OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
  const PACKAGE = "http://schemas.openxmlformats.org/package/2006";
  const texts = 5_000;
  entry("[Content_Types].xml", [
    `${HEAD}<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/><Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/></Types>`,
  ]);
  entry("_rels/.rels", [
    `${HEAD}<Relationships xmlns="${PACKAGE}/relationships"><Relationship Id="rId1" Type="${OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
  ]);
  entry("xl/workbook.xml", [
    `${HEAD}<workbook ${MAIN} xmlns:r="${OFFICE}"><sheets><sheet name="Data" sheetId="1" r:id="rId1"/></sheets></workbook>`,
  ]);
  entry("xl/_rels/workbook.xml.rels", [
    `${HEAD}<Relationships xmlns="${PACKAGE}/relationships"><Relationship Id="rId1" Type="${OFFICE}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="${OFFICE}/sharedStrings" Target="sharedStrings.xml"/></Relationships>`,
  ]);
  entry("xl/sharedStrings.xml", [
    `${HEAD}<sst ${MAIN} uniqueCount="${texts + 10}">`,
    ...Array.from({ length: 10 }, (_, n) => `<si><t>c${n + 1}</t></si>`),
    ...Array.from({ length: texts }, (_, n) => `<si><t>text number ${n}</t></si>`),
    `</sst>`,
  ]);
  entry(
    "xl/worksheets/sheet1.xml",
    (function* () {
      const letters = "ABCDEFGHIJ";
      yield `${HEAD}<worksheet ${MAIN}><sheetData><row r="1">`;
      for (let c = 0; c < 10; c++) yield `<c r="${letters[c]}1" t="s"><v>${c}</v></c>`;
      yield `</row>`;
      for (let r = 2; r <= rows + 1; r++) {
        let text = `<row r="${r}"><c r="A${r}"><v>${r - 1}</v></c>`;
        for (let c = 1; c < 10; c++) {
          text += c % 2 === 0
            ? `<c r="${letters[c]}${r}" t="s"><v>${10 + next() % texts}</v></c>`
            : `<c r="${letters[c]}${r}"><v>${next() % 100_000 / 100}</v></c>`;
        }
        yield `${text}</row>`;
      }
      yield `</sheetData></worksheet>`;
    })(),
  );
  zip.end();
  const file = await Deno.open(path, { write: true, create: true, truncate: true });
  try {
    for (const part of parts) for (let at = 0; at < part.length;) at += await file.write(part.subarray(at));
  } finally {
    file.close();
  }
}

/** A document of company facts in the SEC's shape, with so many facts. */
export function companyFacts(count: number): Uint8Array {
  const tags: Record<string, unknown> = {};
  const each = 50;
  for (let tag = 0; tag * each < count; tag++) {
    const facts = Array.from({ length: Math.min(each, count - tag * each) }, (_, n) => ({
      start: `${2008 + Math.floor(n / 4)}-0${1 + (n % 4) * 2}-01`,
      end: `${2008 + Math.floor(n / 4)}-0${2 + (n % 4) * 2}-28`,
      val: 1_234_567 + n * tag,
      accn: `0000320193-${10 + n % 15}-${String(100_000 + tag).slice(1)}0`,
      fy: 2008 + Math.floor(n / 4),
      fp: `Q${1 + n % 4}`,
      form: "10-Q",
      filed: `${2008 + Math.floor(n / 4)}-0${3 + (n % 4) * 2}-15`,
      frame: `CY${2008 + Math.floor(n / 4)}Q${1 + n % 4}`,
    }));
    tags[`Tag${tag}`] = { label: `Label ${tag}`, description: `What tag ${tag} says`, units: { USD: facts } };
  }
  const document = { cik: 320193, entityName: "Example Inc.", facts: { "us-gaap": tags } };
  return new TextEncoder().encode(JSON.stringify(document));
}
