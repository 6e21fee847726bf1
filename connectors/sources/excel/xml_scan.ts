/**
 * XML as a stream of tags and texts, for the parts of an .xlsx file: no document is built, no entity is declared, nothing outside is
 * fetched. A document type is refused, because all that it could bring is harm.
 */
import { DataFailure } from "../../data/port.ts";

export interface XmlHandler {
  /** `attributes` is the text between the name and the end of the tag. */
  open(name: string, attributes: string, isEmpty: boolean): void;
  text(text: string): void;
  close(name: string): void;
}

/** A tag or text longer than this is no spreadsheet's. */
const MAX_TOKEN = 16 * 1024 * 1024;

/** Takes text in pieces of any size. */
export class XmlScan {
  #rest = "";
  #depth = 0;
  constructor(private readonly handler: XmlHandler, private readonly name: string) {}

  feed(piece: string): void {
    const text = this.#rest === "" ? piece : this.#rest + piece;
    const length = text.length;
    let at = 0;
    while (at < length) {
      if (text.charCodeAt(at) !== 60) {
        const next = text.indexOf("<", at);
        if (next === -1) break;
        this.handler.text(text.slice(at, next));
        at = next;
      }
      const code = text.charCodeAt(at + 1);
      if (code === 33 || code === 63) {
        const end = this.#special(text, at, code);
        if (end === -1) break;
        at = end;
        continue;
      }
      const end = tagEnd(text, at);
      if (end === -1) break;
      if (code === 47) {
        this.#depth--;
        this.handler.close(localName(text, at + 2, end));
      } else {
        const isEmpty = text.charCodeAt(end - 1) === 47;
        let stop = at + 1;
        while (stop < end && !isSpaceOrSlash(text.charCodeAt(stop))) stop++;
        const name = localName(text, at + 1, stop);
        const attributes = text.slice(stop, isEmpty ? end - 1 : end);
        this.handler.open(name, attributes, isEmpty);
        if (isEmpty) this.handler.close(name);
        else this.#depth++;
      }
      at = end + 1;
    }
    this.#rest = text.slice(at);
    if (this.#rest.length > MAX_TOKEN) {
      throw new DataFailure(
        "refused",
        `${this.name} has a tag or a text of more than ${MAX_TOKEN} characters`,
        "No spreadsheet program writes such a file.",
      );
    }
  }

  /** A tag that is missing would have taken a row or a cell with it. */
  end(): void {
    const why = this.#rest.trim() !== ""
      ? "ends in the middle of a tag"
      : this.#depth !== 0
      ? "has tags that are not closed, or closed twice"
      : null;
    if (why === null) return;
    throw new DataFailure(
      "contract",
      `${this.name} ${why}`,
      "It is cut off or damaged; fetch it again.",
    );
  }

  /** Comments, instructions and CDATA; -1: not whole yet. */
  #special(text: string, at: number, code: number): number {
    if (code === 63) {
      const end = text.indexOf("?>", at);
      return end === -1 ? -1 : end + 2;
    }
    if (text.startsWith("<!--", at)) {
      const end = text.indexOf("-->", at);
      return end === -1 ? -1 : end + 3;
    }
    if (text.startsWith("<![CDATA[", at)) {
      const end = text.indexOf("]]>", at);
      if (end === -1) return -1;
      this.handler.text(text.slice(at + 9, end).replaceAll("&", "&amp;"));
      return end + 3;
    }
    if (text.length - at < 9) return -1;
    throw new DataFailure(
      "refused",
      `${this.name} declares a document type or entities, which spreadsheets do not have`,
      "Save the workbook again with a spreadsheet program.",
    );
  }
}

/** Index of the `>` that ends a tag; one within a quoted value does not. */
function tagEnd(text: string, at: number): number {
  let end = text.indexOf(">", at);
  while (end !== -1) {
    let quote = 0;
    for (let i = at; i < end; i++) {
      const code = text.charCodeAt(i);
      if (quote === 0 ? code === 34 || code === 39 : code === quote) quote = quote === 0 ? code : 0;
    }
    if (quote === 0) return end;
    end = text.indexOf(">", end + 1);
  }
  return -1;
}

const isSpaceOrSlash = (code: number): boolean =>
  code === 32 || code === 47 || code === 10 || code === 13 || code === 9;

/** Without a namespace's prefix, and without space behind it. */
function localName(text: string, from: number, to: number): string {
  const name = text.slice(from, to).trimEnd();
  const colon = name.indexOf(":");
  return colon === -1 ? name : name.slice(colon + 1);
}

/** The value of an attribute by its local name; null when there is none. */
export function attribute(attributes: string, name: string): string | null {
  for (const match of attributes.matchAll(/(?:^|\s)(?:[\w.-]+:)?([\w.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)) {
    if (match[1] === name) return unescapeXml(match[2] ?? match[3] ?? "");
  }
  return null;
}

/** The same for attributes that every cell has, as spreadsheet programs write them; others go the long way. */
export function plainAttribute(attributes: string, name: " r" | " s" | " t"): string | null {
  const at = attributes.indexOf(`${name}="`);
  if (at === -1) {
    return attributes.includes("'") || attributes.includes("=\n")
      ? attribute(attributes, name.slice(1))
      : null;
  }
  return attributes.slice(at + 4, attributes.indexOf('"', at + 4));
}

const NAMED: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** Text with its references resolved. XML knows five names; any other would need a declaration, and there is none. */
export function unescapeXml(text: string): string {
  if (!text.includes("&")) return text;
  return text.replace(/&(#x[0-9a-fA-F]{1,6}|#\d{1,7}|[A-Za-z]{1,10});/g, (whole, name: string) => {
    if (!name.startsWith("#")) return NAMED[name] ?? whole;
    const code = name[1] === "x" ? parseInt(name.slice(2), 16) : parseInt(name.slice(1), 10);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

/** Text of a cell: references, the escapes `_x000D_` of spreadsheets, and line ends as XML has them. */
export function cellText(text: string): string {
  const plain = unescapeXml(text.includes("\r") ? text.replace(/\r\n?/g, "\n") : text);
  if (!plain.includes("_x")) return plain;
  return plain.replace(/_x([0-9A-Fa-f]{4})_/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
}

/** Truth as XML writes it. */
export const isTrue = (value: string | null): boolean => value === "1" || value === "true";
