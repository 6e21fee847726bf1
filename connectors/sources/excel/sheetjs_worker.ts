/** Reads a workbook by SheetJS away from the main thread, so that it can be stopped: bytes in, rows out. */
import type { Cell, Merge, SheetName, SheetRow } from "./cells.ts";
import { formatKind, typedNumber } from "./number_format.ts";

export type Ask =
  | { readonly ask: "open"; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly ask: "sheet"; readonly index: number }
  | { readonly ask: "rows"; readonly from: number; readonly count: number };
export type Answer =
  | { readonly answer: "open"; readonly sheets: readonly SheetName[] }
  | { readonly answer: "sheet"; readonly hiddenColumns: readonly number[]; readonly merges: readonly Merge[] }
  | { readonly answer: "rows"; readonly rows: readonly SheetRow[]; readonly end: boolean }
  | { readonly answer: "failed"; readonly message: string };

/** What we use of SheetJS, whose own types are wider. */
interface BookCell {
  readonly t: string;
  readonly v?: unknown;
  readonly w?: string;
  readonly z?: string | number;
  readonly f?: string;
}
interface BookSheet {
  readonly "!data"?: readonly (readonly (BookCell | undefined)[] | undefined)[];
  readonly "!merges"?: readonly { s: { r: number; c: number }; e: { r: number; c: number } }[];
  readonly "!cols"?: readonly ({ hidden?: boolean } | undefined)[];
  readonly "!rows"?: readonly ({ hidden?: boolean } | undefined)[];
}
interface Book {
  readonly SheetNames: readonly string[];
  readonly Sheets: Readonly<Record<string, BookSheet>>;
  readonly Workbook?: {
    readonly Sheets?: readonly { readonly Hidden?: number }[];
    readonly WBProps?: { readonly date1904?: boolean };
  };
}
interface Library {
  read(bytes: Uint8Array, options: Record<string, unknown>): Book;
}

const ERRORS: Readonly<Record<number, string>> = {
  0: "#NULL!",
  7: "#DIV/0!",
  15: "#VALUE!",
  23: "#REF!",
  29: "#NAME?",
  36: "#NUM!",
  42: "#N/A",
  43: "#GETTING_DATA",
};

let library: Library | null = null;
let bytes: Uint8Array | null = null;
let names: readonly string[] = [];
let sheet: BookSheet = {};
let is1904 = false;

const OPTIONS = {
  type: "array",
  dense: true,
  cellNF: true,
  cellDates: false,
  cellHTML: false,
  cellText: true,
  bookVBA: false,
};

async function answer(ask: Ask): Promise<Answer> {
  library ??= await import("xlsx") as unknown as Library;
  switch (ask.ask) {
    case "open": {
      bytes = ask.bytes;
      const book = library.read(bytes, { ...OPTIONS, sheetRows: 1 });
      names = book.SheetNames;
      const sheets = names.map((name, index) => ({
        name,
        isHidden: (book.Workbook?.Sheets?.[index]?.Hidden ?? 0) !== 0,
      }));
      return { answer: "open", sheets };
    }
    case "sheet": {
      if (bytes === null) throw new Error("No workbook is open");
      const book = library.read(bytes, { ...OPTIONS, cellStyles: true, sheets: ask.index });
      sheet = book.Sheets[names[ask.index] ?? ""] ?? {};
      is1904 = book.Workbook?.WBProps?.date1904 === true;
      return {
        answer: "sheet",
        hiddenColumns: (sheet["!cols"] ?? []).flatMap((column, index) =>
          column?.hidden === true ? [index] : []
        ),
        merges: (sheet["!merges"] ?? []).map(({ s, e }) => ({
          top: s.r + 1,
          left: s.c,
          bottom: e.r + 1,
          right: e.c,
        })),
      };
    }
    case "rows": {
      const data = sheet["!data"] ?? [];
      const rows: SheetRow[] = [];
      const end = Math.min(data.length, ask.from + ask.count);
      for (let index = ask.from; index < end; index++) {
        const cells: (Cell | undefined)[] = [];
        for (const [column, cell] of (data[index] ?? []).entries()) {
          const value = cell === undefined || cell === null ? undefined : valueOf(cell);
          if (value !== undefined) cells[column] = value;
        }
        rows.push({ index: index + 1, cells, isHidden: sheet["!rows"]?.[index]?.hidden === true });
      }
      return { answer: "rows", rows, end: end >= data.length };
    }
  }
}

function valueOf(cell: BookCell): Cell | undefined {
  switch (cell.t) {
    case "s":
      return typeof cell.v === "string" ? cell.v : undefined;
    case "b":
      return cell.v === true;
    case "e":
      return { error: cell.w ?? ERRORS[Number(cell.v)] ?? "#VALUE!" };
    case "n":
      if (typeof cell.v !== "number") {
        return cell.f === undefined ? undefined : { error: "a formula without a value" };
      }
      return typedNumber(cell.v, formatKind(String(cell.z ?? "General")), is1904);
    default:
      return undefined;
  }
}

const worker = self as unknown as {
  onmessage: ((event: MessageEvent<Ask>) => void) | null;
  postMessage(message: Answer): void;
};

worker.onmessage = async (event) => {
  try {
    worker.postMessage(await answer(event.data));
  } catch (error) {
    worker.postMessage({ answer: "failed", message: error instanceof Error ? error.message : String(error) });
  }
};
