import { XMLParser, XMLValidator } from "fast-xml-parser";
import { ok, type Problem, type Result } from "../../specs/mod.ts";
import { plainText, reportProblem } from "./cases.ts";

/** A `testcase` element as it stands, with the names of the suites around it. */
export interface JunitCase {
  name: string;
  classname: string;
  /** `file` of the case, else of the nearest suite; empty when neither tells. */
  file: string;
  suites: string[];
  status: "pass" | "fail" | "skip";
  message: string;
}

const maxBytes = 64 * 1024 * 1024;
const maxDepth = 50;

type Node = { [tag: string]: unknown };

/**
 * Reads a JUnit XML report. Anything that is not plain elements is refused: a DOCTYPE, an entity declaration, a cut-off
 * document, nesting without end. Entities other than the five of XML and character numbers are left as they stand.
 */
export function parseJunit(
  tester: string,
  text: string,
  options: { counted?: boolean } = {},
): Result<JunitCase[], Problem> {
  if (text.length > maxBytes) return reportProblem(tester, `is longer than ${maxBytes} characters`);
  const xml = text.replace(/^\ufeff/, "");
  const declaration = declarationIn(xml);
  if (declaration !== null) {
    return reportProblem(tester, `declares ${declaration}, which no test report needs`);
  }
  const valid = XMLValidator.validate(xml, { allowBooleanAttributes: false });
  if (valid !== true) {
    return reportProblem(
      tester,
      `is not well-formed XML (line ${valid.err.line}: ${plainText(valid.err.msg).slice(0, 200)})`,
    );
  }
  let root: Node;
  try {
    root = parser.parse(xml) as Node;
  } catch (error) {
    return reportProblem(
      tester,
      `is not readable XML (${error instanceof Error ? error.message.slice(0, 200) : "unknown"})`,
    );
  }
  const tops = ["testsuites", "testsuite"].flatMap((tag) => elements(root, tag));
  if (tops.length !== 1 || tops[0] === undefined) {
    return reportProblem(tester, "has no single testsuites or testsuite element at its root");
  }
  const cases: JunitCase[] = [];
  const top = tops[0];
  const named = elements(root, "testsuite").length === 1;
  if (!collect(top, named ? [attribute(top, "name")] : [], attribute(top, "file"), cases, 0)) {
    return reportProblem(tester, `nests suites deeper than ${maxDepth}`);
  }
  const told = attribute(top, "tests");
  if (options.counted === true && told !== String(cases.length)) {
    return reportProblem(tester, `says that ${told || "no number of"} tests ran and holds ${cases.length}`);
  }
  return ok(cases);
}

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: "",
  attributesGroupName: "$",
  textNodeName: "#text",
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  processEntities: false,
  htmlEntities: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  maxNestedTags: 100,
  isArray: (_name, _path, _leaf, isAttribute) => !isAttribute,
});

/** The first markup declaration outside CDATA sections and comments, or null. */
function declarationIn(xml: string): string | null {
  let at = 0;
  while ((at = xml.indexOf("<!", at)) >= 0) {
    const end = xml.startsWith("<![CDATA[", at)
      ? xml.indexOf("]]>", at)
      : xml.startsWith("<!--", at)
      ? xml.indexOf("-->", at + 4)
      : -2;
    if (end === -2) return xml.slice(at, at + 20).split(/\s/, 1)[0] ?? "<!";
    if (end < 0) return null; // cut off: the validator says so with its line
    at = end;
  }
  return null;
}

function collect(node: Node, suites: string[], file: string, cases: JunitCase[], depth: number): boolean {
  if (depth > maxDepth) return false;
  for (const one of elements(node, "testcase")) {
    const failed = [...elements(one, "failure"), ...elements(one, "error")];
    const skipped = elements(one, "skipped");
    cases.push({
      name: attribute(one, "name"),
      classname: attribute(one, "classname"),
      file: attribute(one, "file") || file,
      suites,
      // A todo that fails is reported as both by some runners: it proves nothing, and it breaks nothing.
      status: skipped.length > 0 ? "skip" : failed.length > 0 ? "fail" : "pass",
      message: [...failed, ...skipped].map((child) => attribute(child, "message") || textOf(child))
        .filter((text) => text !== "").join("\n"),
    });
  }
  for (const inner of elements(node, "testsuite")) {
    const name = attribute(inner, "name");
    if (!collect(inner, [...suites, name], attribute(inner, "file") || file, cases, depth + 1)) return false;
  }
  return true;
}

function elements(node: Node, tag: string): Node[] {
  const value = node[tag];
  if (!Array.isArray(value)) return [];
  // An element with neither attributes nor children comes as its text.
  return value.map((one) => typeof one === "object" && one !== null ? one as Node : { "#text": one });
}

function attribute(node: Node, name: string): string {
  const group = node["$"];
  if (typeof group !== "object" || group === null) return "";
  const value = (group as Node)[name];
  return typeof value === "string" ? decodeEntities(value) : "";
}

function textOf(node: Node): string {
  const value = node["#text"];
  const text = Array.isArray(value) ? value.join("") : value;
  return typeof text === "string" ? decodeEntities(text).trim() : "";
}

const named: Record<string, string> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };

function decodeEntities(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]{1,6})|#([0-9]{1,7})|([a-z]{2,4}));/gi, (whole, hex, decimal, name) => {
    if (name !== undefined) return named[name] ?? whole;
    const code = hex !== undefined ? parseInt(hex, 16) : parseInt(decimal, 10);
    return code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff) ? whole : String.fromCodePoint(code);
  });
}
