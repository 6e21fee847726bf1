/** From the bytes of an answer to rows, by its format. */
import type { Json } from "../../../specs/mod.ts";
import type { Row } from "../../../specs/foundry/mod.ts";
import { type BadRow, DataFailure } from "../../data/port.ts";
import { isObject, NotJson, parseJson } from "../../net/lossless_json.ts";
import { decodeText } from "../../net/reply.ts";
import { csvShape } from "../file/csv_sniff.ts";
import { scanCsv } from "../file/csv_scan.ts";
import type { HttpParams } from "./params.ts";
import { at, parsePath, rowPlace, withValue } from "./path.ts";

export type Format = "json" | "ndjson" | "csv" | "xml";

export interface Records {
  readonly rows: Row[];
  /** Place of each row within the answer. */
  readonly places: string[];
  readonly bad: BadRow[];
  /** The whole answer, where it is one value: what pagination looks at. */
  readonly whole: Json;
}

/** As declared, else by the Content-Type; JSON when that says nothing. */
export function formatOf(params: HttpParams, mediaType: string): Format {
  if (params.format !== undefined) return params.format;
  const type = mediaType.toLowerCase().split(";")[0]?.trim() ?? "";
  if (/ndjson|jsonl|json-seq|jsonlines|stream\+json/.test(type)) return "ndjson";
  if (/csv|tab-separated/.test(type)) return "csv";
  if (/xml/.test(type) && !/html/.test(type)) return "xml";
  return "json";
}

/** Throws `contract` when the bytes are not what the format says, or hold no rows where rows must be. */
export async function readRecords(
  body: Uint8Array,
  mediaType: string,
  params: HttpParams,
  locator: string,
): Promise<Records> {
  switch (formatOf(params, mediaType)) {
    case "json":
      return recordsOf(json(body, locator), params, locator);
    case "xml":
      return recordsOf(withEmptyList(await xml(text(body, mediaType), locator), params), params, locator);
    case "ndjson":
      return lines(body, params, locator);
    case "csv":
      return csv(text(body, mediaType), mediaType, params, locator);
  }
}

function recordsOf(whole: Json, params: HttpParams, locator: string): Records {
  const path = params.records === undefined ? null : parsePath(params.records);
  const found = path === null ? whole : at(whole, path);
  const problems = isObject(whole) ? whole.errors ?? whole.error : undefined;
  const complains = problems !== undefined && problems !== null && problems !== false &&
    !(Array.isArray(problems) && problems.length === 0);
  if (found === undefined || (found === null && complains)) {
    throw new DataFailure(
      "contract",
      `${locator} answers without \`${params.records}\`${
        complains ? `, but with an error: ${JSON.stringify(problems).slice(0, 300)}` : ""
      }${isObject(whole) ? `; it has ${Object.keys(whole).slice(0, 20).join(", ") || "nothing"}` : ""}`,
      "Set `records` to the path of the rows.",
      { locator },
    );
  }
  // Some encoders write null for an empty list, and some servers for what they failed to fetch: only the definition can tell.
  if (found === null) {
    const place = params.records ?? "$";
    throw new DataFailure(
      "contract",
      `${locator} has null at \`${place}\`, where its rows should be: that is no list, and may hide a failure`,
      `Where this API means an empty list by it, say so: responses: [{ path: "${place}", equals: null, action: ignore }].`,
      { locator },
    );
  }
  if (path === null && isObject(whole) && params.pagination.type !== "none") {
    const lists = Object.entries(whole).filter(([, value]) => Array.isArray(value)).map(([key]) => key);
    throw new DataFailure(
      "contract",
      `${locator} answers with an object, and \`records\` does not say where its rows are`,
      `Set \`records\`${lists.length > 0 ? `, perhaps to ${lists.join(" or ")}` : ""}.`,
      { locator },
    );
  }
  const items = Array.isArray(found) ? found : [found];
  const rows: Row[] = [];
  const places: string[] = [];
  const bad: BadRow[] = [];
  for (const [i, item] of items.entries()) {
    const place = Array.isArray(found) ? rowPlace(path, i) : params.records ?? "$";
    if (isObject(item)) {
      rows.push(item);
      places.push(place);
    } else {
      bad.push({
        reason: `It is ${
          item === null
            ? "null"
            : Array.isArray(item)
            ? "a list"
            : `the ${typeof item} ${JSON.stringify(item).slice(0, 100)}`
        }, not an object`,
        rule: "parse",
        locator: place,
        row: item,
      });
    }
  }
  if (rows.length === 0 && bad.length > 0) {
    throw new DataFailure(
      "contract",
      `${locator} has no rows at \`${params.records ?? "$"}\`: ${bad[0]?.reason}`,
      "Set `records` to the list of objects.",
      { locator },
    );
  }
  return { rows, places, bad, whole };
}

function json(body: Uint8Array, locator: string): Json {
  try {
    return parseJson(body);
  } catch (error) {
    if (!(error instanceof NotJson)) throw error;
    throw new DataFailure("contract", `${locator} is no JSON: ${error.message}`, "Look at the answer.", {
      locator,
    });
  }
}

function lines(body: Uint8Array, params: HttpParams, locator: string): Records {
  const path = params.records === undefined ? null : parsePath(params.records);
  const rows: Row[] = [];
  const places: string[] = [];
  const bad: BadRow[] = [];
  let line = 0;
  for (let start = 0; start < body.length;) {
    const found = body.indexOf(0x0a, start);
    const end = found < 0 ? body.length : found;
    line++;
    const bytes = body.subarray(start, end);
    start = end + 1;
    const place = `line ${line}`;
    // White space, and the record separator of RFC 7464.
    if (bytes.every((byte) => byte <= 0x20 || byte === 0x1e)) continue;
    let value: Json | undefined;
    let why = "";
    try {
      const whole = parseJson(bytes[0] === 0x1e ? bytes.subarray(1) : bytes);
      value = path === null ? whole : at(whole, path);
    } catch (error) {
      if (!(error instanceof NotJson)) throw error;
      why = error.message;
    }
    if (isObject(value)) {
      rows.push(value);
      places.push(place);
    } else {
      const kept = new TextDecoder().decode(bytes.subarray(0, 10_000));
      bad.push({
        reason: why === "" ? "It is no JSON object" : `It is no JSON: ${why}`,
        rule: "parse",
        locator: place,
        row: kept,
      });
    }
  }
  if (rows.length === 0 && bad.length > 0) {
    throw new DataFailure(
      "contract",
      `${locator} has no line that is a JSON object`,
      "Look at the answer, or set `format`.",
      { locator },
    );
  }
  return { rows, places, bad, whole: null };
}

/** XML has no lists: where there are no elements there is nothing, so an empty list is put in when what should hold it is there. */
function withEmptyList(whole: Json, params: HttpParams): Json {
  const path = params.records === undefined ? null : parsePath(params.records);
  if (path === null || path.steps.length < 2 || at(whole, path) !== undefined) return whole;
  const holder = { ...path, steps: path.steps.slice(0, -1) };
  const held = at(whole, holder);
  return held === "" || isObject(held) ? withValue(whole, path, []) : whole;
}

const text = (body: Uint8Array, mediaType: string): string =>
  decodeText(body, new Headers({ "content-type": mediaType }));

function csv(content: string, mediaType: string, params: HttpParams, locator: string): Records {
  if (/^\s*<(!doctype|html|\?xml)/i.test(content.slice(0, 500))) {
    throw new DataFailure(
      "contract",
      `${locator} answers with markup, not with CSV`,
      "Look at the answer; it may be a login page.",
      { locator },
    );
  }
  const header = params.csv?.header;
  if (content.trim() === "" && header !== false && !Array.isArray(header)) {
    throw new DataFailure(
      "contract",
      `${locator} answers with an empty text: not even a header`,
      "A table without rows still has a header; say `csv: { header: false }` when there is none.",
      { locator },
    );
  }
  const tabs = /tab-separated/i.test(mediaType) ? { delimiter: "\t" } : {};
  const shape = csvShape(
    content,
    { ...tabs, ...params.csv } as Parameters<typeof csvShape>[1],
    true,
    locator,
  );
  const scan = scanCsv(content.slice(shape.skip.characters), shape.dialect, { final: true });
  const width = shape.columns.length + (shape.trailing ? 1 : 0);
  const rows: Row[] = [];
  const places: string[] = [];
  const bad: BadRow[] = [];
  for (const record of scan.records) {
    const { cells } = record;
    if (record.problem === null && cells.length === 1 && cells[0]?.trim() === "" && width > 1) continue;
    const place = `line ${record.line + shape.skip.lines}`;
    const problem = record.problem ??
      (cells.length === width || cells.length === shape.columns.length
        ? null
        : `It has ${cells.length} values where the header has ${shape.columns.length}`);
    if (problem !== null) {
      bad.push({
        reason: problem,
        rule: record.problem === null ? "ragged" : "parse",
        locator: place,
        row: [...cells],
      });
      continue;
    }
    rows.push(
      Object.fromEntries(
        shape.columns.map((column, i) => [column, cells[i] === "" ? null : cells[i] ?? null]),
      ),
    );
    places.push(place);
  }
  return { rows, places, bad, whole: null };
}

/** Elements as objects, attributes as `@name`, texts as they are. No document types, so that no entity of a stranger is read. */
async function xml(content: string, locator: string): Promise<Json> {
  const refuse = (kind: "contract" | "refused", why: string) =>
    new DataFailure(
      kind,
      `${locator} cannot be read as XML: ${why}`,
      "Look at the answer, or set `format`.",
      { locator },
    );
  if (/<!(DOCTYPE|ENTITY)/i.test(content.replace(/<!\[CDATA\[[\s\S]*?\]\]>|<!--[\s\S]*?-->/g, ""))) {
    throw refuse("refused", "it brings a document type or entities");
  }
  const { XMLParser, XMLValidator } = await import("fast-xml-parser");
  const valid = XMLValidator.validate(content);
  if (valid !== true) throw refuse("contract", `${valid.err.msg} (line ${valid.err.line})`);
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: "@",
    parseTagValue: false,
    parseAttributeValue: false,
    ignoreDeclaration: true,
    ignorePiTags: true,
    trimValues: true,
    processEntities: true,
    htmlEntities: true,
  });
  try {
    return parser.parse(content) as Json;
  } catch (error) {
    throw refuse("contract", (error as Error).message);
  }
}
