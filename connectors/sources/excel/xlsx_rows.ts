/** Rows of a sheet's XML, gathered from its tags. */
import { DataFailure } from "../../data/port.ts";
import { type Cell, columnIndex, MAX_COLUMNS, MAX_ROWS, type SheetRow } from "./cells.ts";
import { type FormatKind, typedNumber } from "./number_format.ts";
import { attribute, cellText, isTrue, plainAttribute } from "./xml_scan.ts";

/** What cells refer to. */
export interface Types {
  readonly shared: readonly string[];
  readonly formats: readonly FormatKind[];
  readonly is1904: boolean;
}

/** Gathers rows from tags. Rows and cells without a reference follow the one before. */
export class RowHandler {
  done: SheetRow[] = [];
  #cells: (Cell | undefined)[] | null = null;
  #row = 0;
  #column = -1;
  #isHidden = false;
  #type = "";
  #style = -1;
  #value = "";
  #hasValue = false;
  #hasFormula = false;
  #isIn: "v" | "t" | null = null;
  #phonetic = 0;
  constructor(private readonly types: Types, private readonly name: string) {}

  take(): SheetRow[] {
    const rows = this.done;
    this.done = [];
    return rows;
  }

  open(tag: string, attributes: string): void {
    switch (tag) {
      case "c":
        return this.#openCell(attributes);
      case "v":
        this.#isIn = "v";
        this.#hasValue = true;
        return;
      case "f":
        this.#hasFormula = true;
        return;
      case "t":
        if (this.#phonetic === 0 && this.#type === "inlineStr") {
          this.#isIn = "t";
          this.#hasValue = true;
        }
        return;
      case "rPh":
        this.#phonetic++;
        return;
      case "row": {
        const index = plainAttribute(attributes, " r");
        const row = index === null ? this.#row + 1 : Number(index);
        if (!(row > this.#row && row <= MAX_ROWS)) {
          throw this.#broken(`row ${index} follows row ${this.#row}`);
        }
        this.#row = row;
        this.#column = -1;
        this.#cells = [];
        this.#isHidden = attributes.includes("hidden") && isTrue(attribute(attributes, "hidden"));
      }
    }
  }

  text(text: string): void {
    if (this.#isIn !== null) this.#value += text;
  }

  close(tag: string): void {
    if (tag === "v" || tag === "t") this.#isIn = null;
    else if (tag === "c") this.#closeCell();
    else if (tag === "rPh") this.#phonetic--;
    else if (tag === "row" && this.#cells !== null) {
      this.done.push({ index: this.#row, cells: this.#cells, isHidden: this.#isHidden });
      this.#cells = null;
    }
  }

  #openCell(attributes: string): void {
    const reference = plainAttribute(attributes, " r");
    let column = this.#column + 1;
    if (reference !== null) {
      let end = 0;
      while (end < reference.length && reference.charCodeAt(end) > 57) end++;
      column = columnIndex(reference.slice(0, end));
    }
    if (column < 0 || column >= MAX_COLUMNS) throw this.#broken(`a cell stands at ${reference ?? column}`);
    this.#column = column;
    this.#type = plainAttribute(attributes, " t") ?? "n";
    const style = plainAttribute(attributes, " s");
    this.#style = style === null ? -1 : Number(style);
    this.#value = "";
    this.#hasValue = false;
    this.#hasFormula = false;
  }

  #closeCell(): void {
    if (this.#cells === null) throw this.#broken("a cell stands outside of a row");
    if (!this.#hasValue) {
      if (this.#hasFormula) this.#cells[this.#column] = { error: "a formula without a value" };
      return;
    }
    const value = this.#typed();
    if (value !== undefined) this.#cells[this.#column] = value;
  }

  #typed(): Cell | undefined {
    const raw = this.#value;
    switch (this.#type) {
      case "s": {
        const text = this.types.shared[Number(raw)];
        if (text === undefined) throw this.#broken(`a cell names text ${raw} of ${this.types.shared.length}`);
        return text;
      }
      case "str":
      case "inlineStr":
        return cellText(raw);
      case "b":
        return raw.trim() === "1" || raw.trim() === "true";
      case "e":
        return { error: cellText(raw) };
      case "d":
        return cellText(raw);
      case "n": {
        const text = raw.trim();
        if (text === "") return this.#hasFormula ? { error: "a formula without a value" } : undefined;
        const value = Number(text);
        if (Number.isNaN(value)) throw this.#broken(`${JSON.stringify(text.slice(0, 50))} is no number`);
        // A number in a workbook is a double; an integer that is none was meant to keep its digits.
        if (!Number.isSafeInteger(value) && /^-?\d+$/.test(text)) return text;
        return typedNumber(value, this.types.formats[this.#style] ?? "number", this.types.is1904);
      }
      default:
        throw this.#broken(`a cell has the type ${JSON.stringify(this.#type)}`);
    }
  }

  #broken(why: string): DataFailure {
    return new DataFailure(
      "contract",
      `${this.name} is no sound sheet: ${why} (row ${this.#row})`,
      "Save it again with a spreadsheet program.",
    );
  }
}
