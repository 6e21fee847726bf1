import type { FileView, TestCommand, Tester } from "../port.ts";
import { adoptLine, type Recognize, reportPlaceholder, supportPlaceholder } from "./adopt.ts";
import { noReport, type ReportedCase, reportOf, reportProblem } from "./cases.ts";
import { choosePlantFile } from "./plant.ts";
import { failing, plantMethod, quietMethods } from "./plant_python.ts";
import { interpreterModule, usesPytest } from "./python.ts";
import { unittestHarness } from "./unittest_harness.ts";

const id = "unittest";
const harnessFile = "edgeforge_unittest.py";

const recognize: Recognize = (words) => {
  const at = interpreterModule(words, "unittest");
  if (at === null) return null;
  if (words.slice(at).some((word) => word === "-h" || word === "--help")) return null;
  return {
    at,
    flags: [`${supportPlaceholder}/${harnessFile}`, reportPlaceholder],
    drop: [at, at + 1],
    report: { from: "file", path: reportPlaceholder },
    support: { [harnessFile]: unittestHarness },
  };
};

const adopt = (argv: readonly string[], files: FileView) => adoptLine(id, argv, files, recognize);

/** Python's unittest, which has no report for machines: a harness of ours drives its own loader and runner. */
export const unittest: Tester = {
  id,
  tests: ["**/test*.py", "**/*_test.py"],
  version: ["python3", "--version"],
  adopt,
  async detect(files) {
    if (await usesPytest(files)) return [];
    const commands: TestCommand[] = [];
    for (const argv of await discoveries(files)) {
      const command = await adopt(argv, files);
      if (command !== null) commands.push(command);
    }
    return commands;
  },
  parse({ report, root }) {
    if (report === null) return noReport(id);
    let value: unknown;
    try {
      value = JSON.parse(report);
    } catch {
      return reportProblem(id, "is no JSON document: it was cut off");
    }
    const told = value as { version?: unknown; cases?: unknown } | null;
    if (typeof told !== "object" || told === null || told.version !== 1 || !Array.isArray(told.cases)) {
      return reportProblem(id, "is not the document that the harness writes");
    }
    const cases: ReportedCase[] = [];
    for (const one of told.cases as unknown[]) {
      const entry = one as Partial<Record<"title" | "suite" | "path" | "status" | "message", unknown>> | null;
      const status = entry?.status;
      if (
        typeof entry !== "object" || entry === null || typeof entry.title !== "string" ||
        typeof entry.suite !== "string" || typeof entry.path !== "string" ||
        typeof entry.message !== "string" || (status !== "pass" && status !== "fail" && status !== "skip")
      ) return reportProblem(id, "holds an entry that is no test");
      cases.push({
        title: entry.title,
        suite: entry.suite,
        path: entry.path,
        status,
        message: entry.message,
      });
    }
    return reportOf(id, cases, root);
  },
  plant: (_command, collected, files, marker, plain) =>
    choosePlantFile(
      collected,
      files,
      ({ text, sample, support }) =>
        plantMethod(text, sample, marker, plain ? failing : quietMethods(text, support, "self")),
    ),
};

/** The discovery commands that reach every unittest file: directories without `__init__.py` need one each. */
async function discoveries(files: FileView): Promise<string[][]> {
  const paths = await files.list();
  const all = new Set(paths);
  const starts = new Map<string, Set<string>>();
  for (const path of paths.filter((one) => one.endsWith(".py")).slice(0, 5_000)) {
    const name = path.slice(path.lastIndexOf("/") + 1);
    if (!/^(test.*|.*_test)\.py$/.test(name) || /(^|\/)(\.|node_modules\/|venv\/)/.test(path)) continue;
    if (!/\bunittest\b/.test(await files.read(path) ?? "")) continue;
    let start = path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
    // The outermost package is imported from its parent.
    while (start !== "" && all.has(`${start}/__init__.py`)) {
      start = start.includes("/") ? start.slice(0, start.lastIndexOf("/")) : "";
    }
    const patterns = starts.get(start) ?? new Set<string>();
    starts.set(start, patterns.add(name.startsWith("test") ? "test*.py" : "*_test.py"));
  }
  return [...starts].sort(([a], [b]) => a < b ? -1 : 1).flatMap(([start, patterns]) =>
    [...patterns].sort().map((pattern) => [
      "python3",
      "-m",
      "unittest",
      "discover",
      ...(start === "" ? [] : ["-s", start]),
      ...(pattern === "test*.py" ? [] : ["-p", pattern]),
    ])
  ).slice(0, 20);
}
