import { err, type Problem, type Result, type TestReport } from "../../specs/mod.ts";
import type { TestCommand, Tester } from "../port.ts";
import { adoptLine, type Recognize } from "./adopt.ts";
import { type ReportedCase, reportOf, reportProblem } from "./cases.ts";
import { optionsAt, programName } from "./command_line.ts";
import { choosePlantFile } from "./plant.ts";
import { plantShell } from "./plant_shell.ts";

const id = "tap";

/** The code of the problem that says: this output is no TAP at all, so the command counts by its exit code only. */
export const notTap = "test-report-not-tap";

const bats: Recognize = (words) =>
  programName(words[0]) !== "bats" ? null : {
    at: 1,
    flags: ["--tap"],
    drop: optionsAt(words, 1, {
      plain: ["-p", "--pretty", "-t", "--tap"],
      valued: ["-F", "--formatter"],
    }),
    report: { from: "stdout" },
  };

const script = /(^|\/)(tests?\/)?(run[-_]?)?tests?([-_]all)?\.(sh|bash)$|\.t$/;

/** Test Anything Protocol on standard output: bats, and any script or program that prints it. */
export const tap: Tester = {
  id,
  tests: [
    "**/*.bats",
    "**/*.t",
    "**/{test,tests,run_tests,run-tests}.{sh,bash}",
    "**/{t,test,tests}/**/*.{sh,bash}",
    "**/*{_,-,.}test.{sh,bash}",
    "**/test{_,-}*.{sh,bash}",
  ],
  support: [],
  async adopt(argv, files) {
    // Any program may print TAP; whether this one does shows when it runs.
    return await adoptLine(id, argv, files, bats) ??
      { tester: id, line: [...argv], argv: [...argv], env: {}, report: { from: "stdout" } };
  },
  async detect(files) {
    const paths = await files.list();
    const found = new Set(
      paths.filter((path) => path.endsWith(".bats")).map((path) => path.split("/").slice(0, -1).join("/")),
    );
    const commands: TestCommand[] = [];
    if (found.size > 0) {
      const dirs = [...found].sort().map((dir) => dir === "" ? "." : dir);
      commands.push({
        tester: id,
        line: ["bats", ...dirs],
        argv: ["bats", "--tap", ...dirs],
        env: {},
        report: { from: "stdout" },
      });
    }
    for (const path of paths.filter((one) => script.test(one)).slice(0, 50)) {
      const text = await files.read(path) ?? "";
      if (!/["' ]1\.\.(\$|[0-9])|\bnot ok\b/.test(text)) continue;
      const shell = /^#!.*\b(bash|zsh|dash|ksh)\b/.exec(text)?.[1] ??
        (path.endsWith(".bash") ? "bash" : "sh");
      if (!/^#!.*\b(perl|python|ruby|node|php)/.test(text)) {
        commands.push({
          tester: id,
          line: [shell, path],
          argv: [shell, path],
          env: {},
          report: { from: "stdout" },
        });
      }
    }
    return commands;
  },
  parse({ stdout, root }) {
    return parseTap(stdout, root);
  },
  async locate(report, command, files) {
    const paths = new Set(await files.list());
    const own = command.argv.slice(1).map((word) => word.replace(/^\.\//, "")).filter((word) =>
      paths.has(word)
    );
    const first = own[0] ??
      (paths.has((command.argv[0] ?? "").replace(/^\.\//, ""))
        ? (command.argv[0] ?? "").replace(/^\.\//, "")
        : undefined);
    const texts: { path: string; text: string }[] = [];
    for (const path of paths) {
      if (texts.length < 200 && /\.(sh|bash|bats|t)$/.test(path)) {
        texts.push({ path, text: await files.read(path) ?? "" });
      }
    }
    return {
      ...report,
      cases: report.cases.map((one) => {
        const holders = texts.filter(({ text }) => text.includes(one.title));
        const path = holders.find((holder) => holder.path === first)?.path ?? holders[0]?.path ?? first;
        return path === undefined ? one : { ...one, path };
      }),
    };
  },
  plant: (_command, collected, files, marker) =>
    choosePlantFile(
      collected,
      files,
      ({ path, text, sample }) => plantShell(path, text, sample, collected.cases.length, marker),
    ),
};

const point = /^(not )?ok\b(?:\s+(\d+))?(?:\s*-)?\s*(.*)$/;

/**
 * Strict: one plan, as many points as planned, each number once, in any order as runners with many workers have it. Output between
 * the points is ignored.
 */
export function parseTap(
  stdout: string,
  root?: string,
): Result<TestReport, Problem> {
  const cases: ReportedCase[] = [];
  const lines = stdout.split(/\r?\n/);
  const problem = block(lines, "", [], cases, nodeSummary(lines));
  if (problem === "none") {
    return err({
      code: notTap,
      message: "The output holds no TAP plan (1..N): this command counts by its exit code only",
      remedy: "Let the tests print TAP, or name a command in verify.run whose report is understood.",
    });
  }
  return problem === null ? reportOf(id, cases, root) : reportProblem(id, problem);
}

/** What Node's runner counted itself, which it prints behind the plan; null when another wrote the output. */
interface Summary {
  tests: number;
  failed: number;
}

function nodeSummary(lines: readonly string[]): Summary | null {
  const counts = new Map<string, number>();
  const plan = lines.findLastIndex((line) => /^1\.\.\d+/.test(line));
  for (const line of lines.slice(plan + 1)) {
    const found = /^# (tests|suites|pass|fail|cancelled|skipped|todo) (\d{1,7})$/.exec(line);
    if (found?.[1] === undefined || counts.has(found[1])) continue;
    counts.set(found[1], Number(found[2]));
  }
  const of = (name: string) => counts.get(name) ?? NaN;
  const tests = of("tests");
  const failed = of("fail") + of("cancelled");
  const sum = of("pass") + failed + of("skipped") + of("todo");
  return lines[0] === "TAP version 13" && of("suites") >= 0 && sum === tests ? { tests, failed } : null;
}

/** Reads the points at one depth of indentation; null when they are whole, `none` when nothing here is TAP. */
function block(
  lines: string[],
  indent: string,
  suites: string[],
  cases: ReportedCase[],
  summary: Summary | null = null,
): string | "none" | null {
  let plan: number | null = null;
  let points = 0;
  let failed = 0;
  const numbers: number[] = [];
  let inner: string[] = [];
  let last: ReportedCase | null = null;
  for (const whole of lines) {
    if (whole.startsWith(`${indent}    `)) {
      inner.push(whole);
      continue;
    }
    if (!whole.startsWith(indent)) continue;
    const line = whole.slice(indent.length);
    if (/^Bail out!/.test(line)) return `bails out: ${line.slice(9, 200).trim()}`;
    const planned = /^1\.\.(\d{1,6})(\s*#.*)?$/.exec(line);
    if (planned !== null) {
      if (plan !== null) return "holds two plans";
      plan = Number(planned[1]);
      continue;
    }
    const found = point.exec(line);
    if (found === null) {
      if (last?.status === "fail" && /^#/.test(line) && (last.message ?? "").length < 2_000) {
        last.message = `${last.message ?? ""}${line}\n`;
      }
      continue;
    }
    points++;
    numbers.push(found[2] === undefined ? points : Number(found[2]));
    const directive = /(?:^|\s)#\s*(skip|todo)\b\s*(.*)$/i.exec(found[3] ?? "");
    const title = (directive === null ? found[3] ?? "" : (found[3] ?? "").slice(0, directive.index)).trim() ||
      `test ${points}`;
    if (found[1] !== undefined && directive === null) failed++;
    const one: ReportedCase = {
      title,
      suite: suites.join(" > "),
      status: directive !== null ? "skip" : found[1] === undefined ? "pass" : "fail",
      message: directive?.[2],
    };
    const before = cases.length;
    const nested = inner.some((text) => /^\s+(not )?ok\b/.test(text))
      ? block(inner, `${indent}    `, [...suites, title], cases)
      : "none";
    inner = [];
    if (nested !== null && nested !== "none") return nested;
    const children = cases.slice(before);
    // A subtest's own point repeats what its tests said; it counts by itself only when it fails on its own.
    if (
      children.length === 0 || (one.status === "fail" && children.every((child) => child.status !== "fail"))
    ) {
      cases.push(one);
    }
    last = one;
  }
  if (plan === null) return "none";
  if (plan !== points) return `plans ${plan} tests and reports ${points}`;
  if (numbers.toSorted((a, b) => a - b).every((number, at) => number === at + 1)) return null;
  // Node numbers files and tests apart when a file has no test of its own: there its own count has to agree.
  if (summary !== null && summary.tests >= points - suites.length && (summary.failed > 0) === (failed > 0)) {
    return null;
  }
  const wrong = numbers.findIndex((number, at) => number !== at + 1);
  return `numbers test ${wrong + 1} as ${numbers[wrong]}: a line is missing, or something else printed one`;
}
