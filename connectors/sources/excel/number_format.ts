/** What a number format says a number is, and the number as that: dates and times as ISO text, all else as the number it is. */

export type FormatKind = "number" | "date" | "time" | "datetime" | "elapsed";

const BUILT_IN: Readonly<Record<number, FormatKind>> = {
  14: "date",
  15: "date",
  16: "date",
  17: "date",
  18: "time",
  19: "time",
  20: "time",
  21: "time",
  22: "datetime",
  45: "time",
  46: "elapsed",
  47: "time",
};

/** By the number of a format that no file declares. 27 to 36 and 50 to 58 are dates of East Asian versions. */
export function builtInKind(id: number): FormatKind {
  if ((id >= 27 && id <= 31) || id === 36 || (id >= 50 && id <= 54) || id === 57 || id === 58) return "date";
  if (id >= 32 && id <= 35 || id === 55 || id === 56) return "time";
  return BUILT_IN[id] ?? "number";
}

/** By a format's text, such as `dd.mm.yyyy hh:mm` or `[h]:mm:ss`. */
export function formatKind(code: string): FormatKind {
  // Only the first section counts; what is quoted, escaped, filling, a colour or a condition is no date.
  const [first = ""] = code.replace(/"[^"]*"|\\.|[_*]./g, "").split(";");
  if (/\[(h+|m+|s+)\]/i.test(first)) return "elapsed";
  const bare = first.replace(/\[[^\]]*\]/g, "").replace(/AM\/PM|A\/P/gi, "h");
  if (/^\s*general\s*$/i.test(bare) || bare.trim() === "@") return "number";
  const text = bare.replace(/general/gi, "").replace(/0[.,0]*e[+-]/gi, "");
  const isTime = /[hs]/i.test(text);
  const isDate = /[yd]/i.test(text) || (/m/i.test(text) && !isTime) ||
    /[bge]/i.test(text) && /[ymd]/i.test(text);
  return isDate ? (isTime ? "datetime" : "date") : isTime ? "time" : "number";
}

const DAY = 86_400_000;
/** The first number that is no date any more: 10000-01-01. */
const END = 2_958_466;

/** A number as its format shows it. Numbers that are no date of the calendar stay numbers. */
export function typedNumber(value: number, kind: FormatKind, is1904: boolean): number | string {
  if (kind === "number" || !Number.isFinite(value)) return value;
  if (kind === "elapsed") return elapsed(value);
  if (!is1904 && (value < 0 || value >= END)) return value;
  if (is1904 && (value < -1462 || value >= END - 1462)) return value;
  const ms = Math.round(value * DAY);
  if (kind === "time" && value >= 0 && value < 1 && ms < DAY) return clock(ms);
  const hasTime = kind !== "date" || ms % DAY !== 0;
  const days = Math.floor(ms / DAY);
  return hasTime ? `${day(days, is1904)}T${clock(ms - days * DAY)}` : day(days, is1904);
}

/** The day of a serial number. The calendar of 1900 has a 29 February that never was; it is told as it is shown. */
function day(serial: number, is1904: boolean): string {
  if (is1904) return new Date(Date.UTC(1904, 0, 1) + serial * DAY).toISOString().slice(0, 10);
  if (serial === 60) return "1900-02-29";
  if (serial === 0) return "1900-01-00";
  const epoch = serial < 60 ? Date.UTC(1899, 11, 31) : Date.UTC(1899, 11, 30);
  return new Date(epoch + serial * DAY).toISOString().slice(0, 10);
}

const two = (value: number): string => String(value).padStart(2, "0");

function clock(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const rest = ms % 1000;
  const text = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${
    two(seconds % 60)
  }`;
  return rest === 0 ? text : `${text}.${String(rest).padStart(3, "0").replace(/0+$/, "")}`;
}

function elapsed(value: number): string {
  const text = clock(Math.round(Math.abs(value) * DAY));
  return value < 0 ? `-${text}` : text;
}
