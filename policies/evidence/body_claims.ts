/**
 * What the text of a pull request says of files, tests and criteria, read back out of it and held against the diff and the
 * executions: whoever wrote it. Sections that it does not have claim nothing.
 */
import type { Change, Finding, VerifyFacts } from "../../specs/mod.ts";

type Execution = VerifyFacts["commands"][number]["head"];

/** Lines of every section of a title, without empty ones; null when the text has no such section. */
export function sectionOf(body: string, title: string): string[] | null {
  const found: string[] = [];
  let [isIn, isThere] = [false, false];
  for (const line of body.split("\n")) {
    if (/^#{1,6} /.test(line)) isIn = line === `## ${title}`;
    else if (isIn && line.trim() !== "") found.push(line);
    isThere ||= isIn;
  }
  return isThere ? found : null;
}

/** Inline code at the start of a text: its content and what follows; null when there is none. */
export function codeAt(text: string): { content: string; rest: string } | null {
  const fence = /^`+/.exec(text)?.[0];
  if (fence === undefined) return null;
  for (let at = text.indexOf(fence, fence.length); at >= 0; at = text.indexOf(fence, at + 1)) {
    const run = /^`+/.exec(text.slice(at))?.[0] ?? "";
    if (run.length !== fence.length) {
      at += run.length - 1;
      continue;
    }
    const inside = text.slice(fence.length, at);
    const content = fence.length > 1 ? inside.replace(/^ /, "").replace(/ $/, "") : inside;
    return { content, rest: text.slice(at + fence.length) };
  }
  return null;
}

export const oneLine = (text: string) => text.replace(/\s+/g, " ");

export const finding = (what: string): Finding => ({
  message: `The pull request says what is not so: ${what.slice(0, 500)}`,
  remediation: "Generate the text from the records, and nothing else",
});

const CUT = "**The rest does not fit into a pull request";
/** Whether a line says that the text was cut off: what it does not tell is told elsewhere. */
export const isCutMark = (line: string): boolean => line.startsWith(CUT);
export const isCutOff = (body: string): boolean => body.includes(`\n${CUT}`);

/** Files that the text lists, and its totals, against the diff. */
export function fileClaims(body: string, change: Change): Finding[] {
  const lines = sectionOf(body, "What changed");
  if (lines === null) return [];
  const found: Finding[] = [];
  const touched = new Map(
    change.files.map((file) => [
      `${file.status} ${oneLine(file.from ?? "")}>${oneLine(file.path)} +${file.added} −${file.removed}`,
      file,
    ]),
  );
  let listed = 0;
  for (const line of lines) {
    const totals = /^(\d+) files?, \+(\d+) −(\d+)/.exec(line);
    if (totals !== null) {
      const [, files, added, removed] = totals.map(Number);
      if (files !== change.files.length || added !== change.added || removed !== change.removed) {
        found.push(finding(
          `${totals[0]}; the diff has ${change.files.length} files, +${change.added} −${change.removed}`,
        ));
      }
      continue;
    }
    const more = /^- and (\d+) more$/.exec(line);
    if (more !== null) {
      listed += Number(more[1]);
      continue;
    }
    const [, status, rest = ""] = /^- ([AMDRT]) (.+)$/.exec(line) ?? [];
    const first = codeAt(rest);
    const second = first?.rest.startsWith(" → ") ? codeAt(first.rest.slice(3)) : null;
    const path = second ?? first;
    const key = path === null
      ? null
      : `${status} ${second === null ? "" : first?.content}>${path.content}${path.rest}`;
    if (isCutMark(line)) continue;
    if (key === null || !touched.has(key)) found.push(finding(`${line}; the diff does not hold it`));
    else listed += 1;
  }
  // A text that was cut off tells of fewer, and says so.
  if (
    found.length === 0 && !isCutOff(body) && lines.some((line) => line.startsWith("- ")) &&
    listed !== change.files.length
  ) {
    found.push(finding(`${listed} files are told of; the diff has ${change.files.length}`));
  }
  return found;
}

const ending = ({ ended, exitCode }: Pick<Execution, "ended" | "exitCode">): string =>
  ended !== "by-itself" ? ended : exitCode === 0 ? "holds" : "fails";

const told = ({ report, exitCode, ended }: Execution): string =>
  `${
    report === null
      ? "no report that we understand"
      : `${report.passed} passed, ${report.failed} failed, ${report.skipped} skipped`
  }, exit ${exitCode ?? ended}`;

/** Commands and criteria that the text tells of, against what ran. */
export function testClaims(body: string, verify: VerifyFacts): Finding[] {
  const lines = sectionOf(body, "Proof");
  if (lines === null) return [];
  const found: Finding[] = [];
  const ran = new Set(verify.commands.flatMap(({ argv, head, base }) => {
    const line = `${oneLine(argv.join(" "))}\n: ${told(head)}`;
    return base?.report ? [`${line} (before: ${base.report.passed} passed)`] : [line];
  }));
  for (const line of lines) {
    if (/^\| (?:criterion|---) \|/.test(line)) continue;
    if (line.startsWith("| ")) {
      const cells = line.slice(2, -2).split(/(?<!\\)(?:\\\\)* \| /);
      const [criterion = "", before, after] = cells;
      const check = verify.checks.find(({ id }) => plainStart(criterion) === id);
      const says = check === undefined ? ["–", "–"] : [ending(check.base), ending(check.head)];
      if (cells.length !== 4 || before !== says[0] || after !== says[1]) {
        found.push(finding(`${line}; what ran says ${says[0]} before and ${says[1]} after`));
      }
      continue;
    }
    const command = line.startsWith("- ") ? codeAt(line.slice(2)) : null;
    if (command !== null) {
      if (!ran.has(`${command.content}\n${command.rest}`)) {
        found.push(finding(`${line}; no such execution is on record`));
      }
      continue;
    }
    const planted = /^- A failing test planted in /.exec(line);
    if (planted !== null) {
      const place = codeAt(line.slice(planted[0].length));
      const one = verify.commands.find(({ planted }) => planted && oneLine(planted.path) === place?.content)
        ?.planted;
      const seen = one?.execution.report?.cases.some(({ name, status }) =>
        name.includes(one.marker) && status === "fail"
      ) ?? false;
      if (!one || place?.rest !== (seen ? " was seen to fail" : " was **not** seen")) {
        found.push(finding(`${line}; what ran does not say so`));
      }
      continue;
    }
    if (isCutMark(line)) continue;
    if (!SANDBOXES[verify.sandbox.level].test(line)) {
      found.push(finding(`${line}; nothing on record says so`));
    }
  }
  return found;
}

/** How the body says where the tests ran. */
const SANDBOXES = {
  bwrap: /^- Sandbox: bubblewrap/,
  none: /^- Sandbox: \*\*none/,
  ci: /^- Sandbox: none of ours: observed by the forge's CI$/,
} as const;

/** The id with which a criterion's cell begins. */
const plainStart = (cell: string): string => cell.replaceAll(/\\(.)/g, "$1").split(":")[0] ?? "";
