import type { FileView, Tester } from "../port.ts";
import { adoptLine, type Recognize, reportPlaceholder } from "./adopt.ts";
import { noReport, type ReportedCase, reportOf } from "./cases.ts";
import { hasOption, optionsAt, programName } from "./command_line.ts";
import { parseJunit } from "./junit.ts";
import { choosePlantFile } from "./plant.ts";
import { failing, plantFunction, plantMethod, quietMethods } from "./plant_python.ts";
import { interpreterModule, usesPytest } from "./python.ts";

const id = "pytest";

const recognize: Recognize = (words) => {
  const module = interpreterModule(words, "pytest");
  const at = module !== null ? module + 2 : /^(pytest|py\.test)$/.test(programName(words[0])) ? 1 : 0;
  if (at === 0) return null;
  const never = [
    "--collect-only",
    "--co",
    "--help",
    "-h",
    "--version",
    "-V",
    "--fixtures",
    "--markers",
    "--setup-plan",
  ];
  if (hasOption(words, at, never)) return null;
  return {
    at,
    flags: [
      `--junit-xml=${reportPlaceholder}`,
      // This family tells the file of each test.
      "-o",
      "junit_family=xunit1",
      // One file that does not load must not hide the others.
      "--continue-on-collection-errors",
    ],
    drop: optionsAt(words, at, { valued: ["--junit-xml", "--junitxml"] }),
    report: { from: "file", path: reportPlaceholder },
  };
};

const adopt = (argv: readonly string[], files: FileView) => adoptLine(id, argv, files, recognize);

/** pytest, through its JUnit report. An expected failure counts as skipped: it proves nothing. */
export const pytest: Tester = {
  id,
  tests: ["**/test_*.py", "**/*_test.py"],
  support: ["**/conftest.py", "**/pytest.ini"],
  version: ["python3", "-c", "import sys, pytest; print(sys.version, pytest.__version__)"],
  adopt,
  async detect(files) {
    const tests = (await files.list()).some((path) => /(^|\/)(test_[^/]*|[^/]*_test)\.py$/.test(path));
    if (!tests || !await usesPytest(files)) return [];
    const command = await adopt(["python3", "-m", "pytest"], files);
    return command === null ? [] : [command];
  },
  parse({ report, root }) {
    if (report === null) return noReport(id);
    const read = parseJunit(id, report);
    if (!read.ok) return read;
    // A test whose body and teardown both speak, or with subtests, is told more than once: the worst counts.
    const cases = new Map<string, ReportedCase>();
    for (const one of read.value) {
      const path = one.file;
      const module = path.replace(/\.py$/, "").replaceAll("/", ".");
      const suite = one.classname.startsWith(`${module}.`)
        ? one.classname.slice(module.length + 1).replaceAll(".", " > ")
        : one.classname === module
        ? ""
        : one.classname;
      const key = JSON.stringify([path, suite, one.name]);
      const before = cases.get(key);
      if (before === undefined || worse(one.status, before.status)) {
        cases.set(key, { title: one.name, suite, path, status: one.status, message: one.message });
      }
    }
    return reportOf(id, [...cases.values()], root);
  },
  plant: (command, collected, files, marker, plain) =>
    choosePlantFile(collected, files, ({ text, sample, support }) => {
      const title = sample.title.replace(/\[.*$/s, "");
      const cased = isCase(text, sample.suite);
      const inClass = sample.suite === "" ? null : plantMethod(
        text,
        { ...sample, title },
        marker,
        plain ? failing : quietMethods(text, support, cased ? "self" : null, "assert 1 == 2"),
      );
      // A command that names classes or tests collects nothing else of the file.
      if (command.argv.some((word) => word.includes("::"))) return inClass;
      // A method of a test case goes through the assertions of its class.
      return (cased ? inClass : null) ??
        plantFunction(
          text,
          title,
          marker,
          plain ? failing : quietMethods(text, support, null, "assert 1 == 2"),
        ) ?? inClass;
    }),
};

/** Whether a class has unittest's assertions. */
function isCase(text: string, suite: string): boolean {
  const owner = suite.split(/ > |\./).pop() ?? "";
  return new RegExp(`class ${owner}\\([^)]*TestCase`).test(text);
}

function worse(a: ReportedCase["status"], b: ReportedCase["status"]): boolean {
  const rank = { pass: 0, skip: 1, fail: 2 };
  return rank[a] > rank[b];
}
