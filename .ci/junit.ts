import { XMLParser } from "fast-xml-parser";

/** What one `deno test` reported. Steps are part of their test, not tests of their own. */
export interface TestCounts {
  passed: number;
  failed: Failure[];
  skipped: string[];
  /** Failed among the others and passed alone: counted as passed, and named, for somebody to make it steady. */
  unsteady?: Failure[];
}

export interface Failure {
  name: string;
  /** Of the file that holds it; empty for what is no test. */
  file: string;
  /** The first lines of what it said. */
  message: string;
}

const MESSAGE_LINES = 12;

interface XmlCase {
  name: string;
  classname: string;
  failure?: unknown;
  error?: unknown;
  skipped?: unknown;
}

const asList = <T>(value: T | T[] | undefined): T[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];

/** Counts the tests of a JUnit report as `deno test --junit-path` writes it. */
export function countTests(xml: string): TestCounts {
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: "",
    parseAttributeValue: false,
  });
  const root = parser.parse(xml) as { testsuites?: { testsuite?: unknown } | string };
  const suites = typeof root.testsuites === "object" ? root.testsuites.testsuite : undefined;
  const cases = asList(suites as { testcase?: XmlCase | XmlCase[] } | undefined).flatMap((suite) =>
    asList(suite.testcase)
  );
  const names = new Set(cases.map((one) => `${one.classname}\n${one.name}`));
  const counts: TestCounts = { passed: 0, failed: [], skipped: [] };
  for (const one of cases) {
    const label = `${one.classname} ${one.name}`;
    if (isStep(one, names)) continue;
    if (one.failure !== undefined || one.error !== undefined) {
      counts.failed.push({
        name: label,
        file: one.classname,
        message: messageOf(one.failure ?? one.error),
      });
    } else if (one.skipped !== undefined) counts.skipped.push(label);
    else counts.passed += 1;
  }
  return counts;
}

/** Deno puts the error with its stack into the element's text. */
function messageOf(failure: unknown): string {
  const text = typeof failure === "string"
    ? failure
    : (failure as { "#text"?: unknown } | null)?.["#text"] ?? "";
  // deno-lint-ignore no-control-regex
  const lines = String(text).replace(/\x1b\[[0-9;]*m/g, "").split("\n");
  return lines.slice(0, MESSAGE_LINES).join("\n").trim();
}

/** Deno names a step `<its test> > <its name>`, in the same list. */
function isStep(one: XmlCase, names: Set<string>): boolean {
  for (let at = one.name.indexOf(" > "); at >= 0; at = one.name.indexOf(" > ", at + 1)) {
    if (names.has(`${one.classname}\n${one.name.slice(0, at)}`)) return true;
  }
  return false;
}

/** The end of the test command: what was skipped and what failed by name, and the count as the last line. */
export function summary(total: TestCounts, seconds: number): { lines: string[]; exitCode: number } {
  const failed = total.passed === 0
    ? [...total.failed, { name: "no test ran", file: "", message: "" }]
    : total.failed;
  const named = (title: string, names: string[]) =>
    names.length === 0 ? [] : ["", title, ...names.map((name) => `  ${name}`)];
  const told = ({ name, message }: Failure) =>
    message === "" ? name : `${name}\n${message.replace(/^/gm, "      ")}`;
  const skipped = total.skipped.length > 0 ? `, ${total.skipped.length} skipped` : "";
  return {
    lines: [
      ...named("skipped on this machine:", total.skipped),
      ...named("unsteady, passed only when run alone:", (total.unsteady ?? []).map(told)),
      ...named("failed:", failed.map(told)),
      "",
      `${Math.round(seconds)} s`,
      `${total.passed} passed, ${failed.length} failed${skipped}`,
    ],
    exitCode: failed.length === 0 ? 0 : 1,
  };
}
