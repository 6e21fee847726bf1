/** ANSI colours, only where the terminal wants them. */
export interface Paint {
  bold(text: string): string;
  dim(text: string): string;
  green(text: string): string;
  red(text: string): string;
  yellow(text: string): string;
  cyan(text: string): string;
}

const wrap = (on: number, off: number) => (text: string) => `\x1b[${on}m${text}\x1b[${off}m`;
const as = (text: string) => text;

export function paint(color: boolean): Paint {
  return color
    ? {
      bold: wrap(1, 22),
      dim: wrap(2, 22),
      green: wrap(32, 39),
      red: wrap(31, 39),
      yellow: wrap(33, 39),
      cyan: wrap(36, 39),
    }
    : { bold: as, dim: as, green: as, red: as, yellow: as, cyan: as };
}

/** Text from outside on a terminal: no control characters, one line. */
export function oneLine(text: string, max = 200): string {
  // deno-lint-ignore no-control-regex -- stripping control characters is the purpose
  const clean = text.replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069]+/g, " ")
    .trim();
  return clean.length > max ? clean.slice(0, max - 1) + "…" : clean;
}
