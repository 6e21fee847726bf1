import type { TestCase } from "../../specs/mod.ts";

/** A test file whose tests each wait for something else than before, and the names of those tests. */
export interface Spoilt {
  content: string;
  names: string[];
}

const MAX_LINE = 300;
const STRING = /"(?:[^"\\\n]|\\.){1,120}"|'(?:[^'\\\n]|\\.){1,120}'/g;
const NUMBER = /(?<![\w.$"'-])\d{1,9}(?:\.\d{1,9})?(?![\w.])/g;

/** Lines that compare with a literal, by the ending of the file. */
const COMPARES: readonly { files: RegExp; line: RegExp; not: RegExp }[] = [
  {
    files: /\.[cm]?[jt]sx?$/,
    line: /\b\w*(?:[eE]quals?|toBe|toEqual|toStrictEqual|[sS]ame|eql?|is|check\w*|expect\w+)\(/,
    not: /\bnot|Not|throws?|rejects?|typeof|=>\s*\{\s*$|`|\/\//,
  },
  {
    files: /\.py$/,
    line: /\b(?:assert|check|expect|verify|same|eq)\w*\(.*,|^\s*assert\s[^#]*==/,
    not: /\bnot\b|Not|!=|#|\bf["']/,
  },
  { files: /_test\.go$/, line: /^\s*(?:\}?\s*(?:else )?if)\b.*!=\s*(?:"|-?\d)/, not: /\/\/|nil/ },
  {
    files: /\.(?:sh|bash|bats)$/,
    line: /^\s*(?:assert\w*|equals?|eq|is|same|check|expect\w*)\s.*\$/,
    not: /#|not|ne\b|\|\||&&/,
  },
];

/**
 * Changes, in each of these tests, one literal that the test compares with: whoever sees failures sees every one of them fail. Only
 * lines that `keep` lets through are touched. It reads lines and not a language; where it is wrong, the same is wrong at base.
 */
export function spoilTests(
  path: string,
  text: string,
  cases: readonly TestCase[],
  marker: string,
  keep: (line: string) => boolean,
): Spoilt | null {
  const form = COMPARES.find(({ files }) => files.test(path));
  if (form === undefined || text.length > 1_000_000) return null;
  const lines = text.split("\n");
  const starts = startsOf(path, lines, cases);
  const names: string[] = [];
  for (const [index, { one, at }] of starts.entries()) {
    const end = starts[index + 1]?.at ?? lines.length;
    for (let line = at; line < Math.min(end, at + 80); line++) {
      const before = lines[line] ?? "";
      if (before.length > MAX_LINE || !form.line.test(before) || form.not.test(before) || !keep(before)) {
        continue;
      }
      const after = spoilt(before, marker, one.title);
      if (after === null) continue;
      lines[line] = after;
      names.push(one.name);
      break;
    }
  }
  return names.length === 0 ? null : { content: lines.join("\n"), names };
}

/** Where tests begin, in the order of the file. Titles that stand twice are left out. */
function startsOf(
  path: string,
  lines: readonly string[],
  cases: readonly TestCase[],
): { one: TestCase; at: number }[] {
  const found: { one: TestCase; at: number }[] = [];
  const times = Map.groupBy(cases, ({ title }) => title);
  for (const one of cases) {
    if (one.status !== "pass" || one.path !== path || (times.get(one.title)?.length ?? 0) > 1) continue;
    const heads = lines.flatMap((line, at) => begins(path, line, one.title) ? [at] : []);
    const [at] = heads;
    if (heads.length === 1 && at !== undefined) found.push({ one, at });
  }
  return found.sort((a, b) => a.at - b.at).filter(({ at }, index, all) => all[index - 1]?.at !== at);
}

function begins(path: string, line: string, title: string): boolean {
  if (!line.includes(title)) return false;
  if (path.endsWith(".py")) return new RegExp(`^\\s*(?:async )?def ${escaped(title)}\\(`).test(line);
  if (path.endsWith(".go")) return new RegExp(`^func ${escaped(title)}\\(`).test(line);
  if (/\.(?:sh|bash)$/.test(path)) {
    return new RegExp(`^(?:function\\s+)?${escaped(title)}\\s*(?:\\(\\)|\\{)`).test(line) ||
      line.includes(`"${title}"`) || line.includes(`'${title}'`);
  }
  return [`"${title}"`, `'${title}'`, `\`${title}\``].some((quoted) => line.includes(quoted)) &&
    /\b(?:test|it|step|specify|describe|Deno)\b|^\s*name:|@test/.test(line);
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** The line with its last literal changed. A string that is the test's own title is none. */
function spoilt(line: string, marker: string, title: string): string | null {
  const strings = [...line.matchAll(STRING)].filter(([whole]) => whole.slice(1, -1) !== title);
  const string = strings.at(-1);
  // Numbers inside of strings are no numbers.
  const blank = line.replace(STRING, (whole) => "_".repeat(whole.length));
  const number = [...blank.matchAll(NUMBER)].at(-1);
  const useString = string !== undefined && (number === undefined || string.index > number.index);
  if (useString) {
    const at = string.index + string[0].length - 1;
    return `${line.slice(0, at)}-${marker}${line.slice(at)}`;
  }
  if (number === undefined) return null;
  const [digits] = number;
  // In front of a nought: behind it the number would be octal, or no number at all, and the file would not load.
  if (/^0\d*$/.test(digits)) return `${line.slice(0, number.index)}77${line.slice(number.index)}`;
  const at = number.index + digits.length;
  return `${line.slice(0, at)}${digits.includes(".") ? "" : "0"}77${line.slice(at)}`;
}
