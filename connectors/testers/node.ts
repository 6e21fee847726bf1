import type { FileView, Tester } from "../port.ts";
import {
  adoptLine,
  objectAt,
  readJson,
  type Recognize,
  reportPlaceholder,
  supportPlaceholder,
} from "./adopt.ts";
import { noReport, type ReportedCase, reportOf, reportProblem } from "./cases.ts";
import { hasOption, optionsAt, programName } from "./command_line.ts";
import { choosePlantFile } from "./plant.ts";
import { isModule, plantedName, quietAssertions } from "./plant_script.ts";

const id = "node";
const reporterFile = "node_test_reporter.mjs";

/** Loaded by Node as a custom reporter: one JSON line for each test, and a last line that says it is whole. */
const reporter = `import { relative } from "node:path";
export default async function* (events) {
  const open = [];
  for await (const { type, data } of events) {
    if (type === "test:start") {
      open.length = data.nesting;
      open[data.nesting] = data.name;
    } else if (type === "test:pass" || type === "test:fail") {
      const error = data.details?.error;
      yield JSON.stringify({
        title: data.name,
        suites: open.slice(0, data.nesting),
        path: data.file === undefined ? "" : data.file,
        whole: data.nesting === 0 && data.file !== undefined && (data.name === data.file || data.name === relative(process.cwd(), data.file)),
        kind: data.details?.type ?? "test",
        pass: type === "test:pass",
        skip: data.skip !== undefined && data.skip !== false,
        todo: data.todo !== undefined && data.todo !== false,
        failure: error?.failureType,
        message: error === undefined ? undefined : String(error.cause?.message ?? error.message ?? error),
      }) + "\\n";
    }
  }
  yield JSON.stringify({ end: true }) + "\\n";
}
`;

const recognize: Recognize = async (words, files) => {
  const program = programName(words[0]);
  if (program !== "node" && program !== "tsx") return null;
  const flag = words.indexOf("--test");
  const dashes = words.indexOf("--");
  let at = flag > 0 && (dashes < 0 || flag < dashes) ? flag + 1 : 0;
  if (at === 0) {
    // A file of node:test tests that is run directly reports as well.
    const file = words.length === 2 && /\.[cm]?[jt]s$/.test(words[1] ?? "") ? words[1] ?? "" : "";
    if (file === "" || !/["']node:test["']/.test(await files.read(file.replace(/^\.\//, "")) ?? "")) {
      return null;
    }
    at = 1;
  }
  if (hasOption(words, 1, ["--watch", "--help", "-h", "--check", "-c"])) return null;
  return {
    at,
    flags: [
      `--test-reporter=${supportPlaceholder}/${reporterFile}`,
      `--test-reporter-destination=${reportPlaceholder}`,
      "--test-reporter=spec",
      "--test-reporter-destination=stdout",
    ],
    drop: optionsAt(words, 1, { valued: ["--test-reporter", "--test-reporter-destination"] }),
    env: { NO_COLOR: "1" },
    report: { from: "file", path: reportPlaceholder },
    support: { [reporterFile]: reporter },
  };
};

const adopt = (argv: readonly string[], files: FileView) => adoptLine(id, argv, files, recognize);

/** `node --test`, through a reporter of ours: Node's own formats do not tell a test's file on every version. */
export const node: Tester = {
  id,
  tests: [
    "**/*{.,-,_}test.{js,mjs,cjs,ts,mts,cts}",
    "**/test-*.{js,mjs,cjs,ts,mts,cts}",
    "**/test.{js,mjs,cjs,ts,mts,cts}",
    "**/test/**/*.{js,mjs,cjs,ts,mts,cts}",
    "**/*.spec.{js,mjs,cjs,ts,mts,cts}",
  ],
  support: ["**/*.snapshot"],
  version: ["node", "--version"],
  isolatesFiles: true,
  adopt,
  async detect(files) {
    const manifest = await readJson(files, "package.json");
    if (manifest === null) return [];
    const script = objectAt(manifest, "scripts")["test"];
    if (typeof script === "string" && !/no test specified/.test(script)) {
      const own = await adopt(["npm", "test"], files);
      return own === null ? [] : [own];
    }
    const candidates = (await files.list()).filter((path) =>
      /\.[cm]?js$/.test(path) && /test|spec/.test(path) && !/(^|\/)node_modules\//.test(path)
    );
    for (const path of candidates.slice(0, 200)) {
      if (/["']node:test["']/.test(await files.read(path) ?? "")) {
        const plain = await adopt(["node", "--test"], files);
        return plain === null ? [] : [plain];
      }
    }
    return [];
  },
  parse({ report, root }) {
    if (report === null) return noReport(id);
    const cases: ReportedCase[] = [];
    const lines = report.split("\n").filter((line) => line !== "");
    if (lines.pop() !== '{"end":true}') return reportProblem(id, "is cut off before its last line");
    for (const line of lines) {
      const event = readEvent(line);
      if (event === null) {
        return reportProblem(id, `holds a line that is none of ours: ${line.slice(0, 120)}`);
      }
      // A suite is not a test, unless it fails by itself (a hook) and not through its tests.
      if (event.kind === "suite" && (event.pass || event.failure === "subtestsFailed")) continue;
      cases.push({
        title: event.whole ? "(file)" : event.title,
        suite: event.suites.join(" > "),
        path: event.path,
        status: event.skip || event.todo ? "skip" : event.pass ? "pass" : "fail",
        message: event.message,
      });
    }
    return reportOf(id, cases, root);
  },
  plant: (_command, collected, files, marker, plain) =>
    choosePlantFile(collected, files, async (site) => {
      const { path, text, sample } = site;
      if (sample.title === "(file)") return null;
      const local = `planted_${marker}`;
      const module = await isModule(path, text, files);
      const { before, body } = quietAssertions(site, plain, module ? "import" : "require");
      const from = module
        ? `import { test as ${local} } from "node:test";`
        : `const { test: ${local} } = require("node:test");`;
      const name = JSON.stringify(plantedName(sample, marker));
      return `${text}\n${from}\n${before}${local}(${name}, async () => {\n${body}});\n`;
    }),
};

interface NodeEvent {
  title: string;
  suites: string[];
  path: string;
  whole: boolean;
  kind: string;
  pass: boolean;
  skip: boolean;
  todo: boolean;
  failure?: string;
  message?: string;
}

function readEvent(line: string): NodeEvent | null {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== "object" || value === null) return null;
    const event = value as Partial<NodeEvent>;
    const strings = [event.title, event.path, event.kind].every((one) => typeof one === "string");
    const flags = [event.whole, event.pass, event.skip, event.todo].every((one) => typeof one === "boolean");
    const suites = Array.isArray(event.suites) && event.suites.every((one) => typeof one === "string");
    return strings && flags && suites ? event as NodeEvent : null;
  } catch {
    return null;
  }
}
