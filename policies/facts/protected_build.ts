import type { Parts } from "./parts.ts";

const CHECKING =
  /^(?:tests?|check|verify|ci|lint|coverage|cov|unit|integration|e2e|bench|qa|all|default)(?:$|[-_.:/])/i;

/**
 * Rules of a Makefile or justfile that check something, with the rules they need and the variables that they read. The first rule
 * is what runs without a name. Global settings (`include`, `SHELL`, `.SHELLFLAGS`) touch every rule.
 */
export function makefileParts(text: string): Parts {
  const rules = new Map<string, { needs: string[]; body: string }>();
  const variables = new Map<string, string>();
  const globals: string[] = [];
  let current: string[] = [];
  let first = "";
  for (const line of text.replaceAll("\r\n", "\n").replaceAll("\\\n", " ").split("\n")) {
    if (line.trim() === "" || line.trimStart().startsWith("#")) continue;
    if (/^\s/.test(line)) {
      for (const target of current) {
        const rule = rules.get(target);
        if (rule) rule.body += `${line.trim()}\n`;
      }
      continue;
    }
    current = [];
    const assigned = /^(?:export\s+|override\s+)?([A-Za-z_.][\w.-]{0,100})\s*(?:[:?+!]{0,3}=)(.*)$/.exec(
      line,
    );
    if (assigned) {
      const name = assigned[1] ?? "";
      variables.set(name, `${variables.get(name) ?? ""}${line.trim()}\n`);
      if (/^(?:SHELL|MAKEFLAGS|\.SHELLFLAGS|PATH|\.DEFAULT_GOAL)$/.test(name)) globals.push(line.trim());
      continue;
    }
    const colon = line.indexOf(":");
    if (colon > 0) {
      const needs = line.slice(colon + 1).replace(/^[:]/, "").split(/[\s;|]+/).filter((word) => word !== "");
      current = line.slice(0, colon).trim().split(/\s+/).map((target) => target.replace(/^@/, ""));
      // `name arg="x":` of a justfile: the first word is the recipe.
      for (const target of current) {
        const known = rules.get(target);
        if (known) known.needs.push(...needs);
        else rules.set(target, { needs, body: line.includes(";") ? line.slice(line.indexOf(";") + 1) : "" });
        if (first === "" && !target.startsWith(".")) first = target;
      }
      continue;
    }
    globals.push(line.trim());
  }
  const parts: Parts = new Map();
  if (globals.length > 0) parts.set("settings of every rule", globals);
  const wanted = [...rules.keys()].filter((name) => CHECKING.test(name) || name === first);
  const seen = new Set<string>();
  for (let name = wanted.pop(); name !== undefined; name = wanted.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    const rule = rules.get(name);
    if (!rule) continue;
    const read = [...variables.keys()].filter((variable) =>
      [`$(${variable})`, `\${${variable}}`, `{{${variable}}}`].some((use) =>
        rule.body.includes(use) || rule.needs.includes(use)
      )
    );
    parts.set(`rule ${name}`, {
      needs: rule.needs,
      body: rule.body,
      variables: read.map((variable) => variables.get(variable)),
    });
    wanted.push(...rule.needs);
  }
  return parts;
}

/** A Gradle script is a program: all of it but its dependencies and version numbers. */
export function gradleParts(text: string): Parts {
  let rest = withoutComments(text);
  for (const block of ["dependencies", "repositories"]) rest = withoutBlock(rest, block);
  // White space first, so that the pattern behind it has no room to try.
  rest = rest.replace(/\s+/g, " ").replace(/\bversion ?=? ?\(? ?["'][^"'\n]{0,100}["'] ?\)?/g, "version")
    .trim();
  return new Map([["the build beside its dependencies", rest]]);
}

function withoutComments(text: string): string {
  let out = "";
  for (let at = 0; at < text.length; at++) {
    if (text.startsWith("//", at) && text[at - 1] !== ":") {
      const end = text.indexOf("\n", at);
      at = end < 0 ? text.length : end - 1;
    } else if (text.startsWith("/*", at)) {
      const end = text.indexOf("*/", at + 2);
      at = end < 0 ? text.length : end + 1;
    } else out += text[at];
  }
  return out;
}

function withoutBlock(text: string, name: string): string {
  let out = "";
  let at = 0;
  for (;;) {
    const start = text.indexOf(name, at);
    if (start < 0) return out + text.slice(at);
    const open = start + name.length +
      (/^\s*/.exec(text.slice(start + name.length, start + name.length + 50))?.[0].length ?? 0);
    if (text[open] !== "{" || /\w/.test(text[start - 1] ?? " ")) {
      out += text.slice(at, start + name.length);
      at = start + name.length;
      continue;
    }
    let depth = 0;
    let end = open;
    for (; end < text.length; end++) {
      if (text[end] === "{") depth++;
      else if (text[end] === "}" && --depth === 0) break;
    }
    out += text.slice(at, start);
    at = end + 1;
  }
}

/** Build, profiles, reporting and the properties that steer tests, without versions. */
export async function pomParts(text: string): Promise<Parts> {
  if (/<!(?:DOCTYPE|ENTITY)/i.test(text)) throw new Error("a document type is not read");
  const { XMLParser } = await import("fast-xml-parser");
  const parsed: unknown = new XMLParser({
    ignoreAttributes: false,
    processEntities: false,
    parseTagValue: false,
  }).parse(text);
  const project = (parsed as { project?: Record<string, unknown> }).project;
  if (typeof project !== "object" || project === null) throw new Error("not a project");
  const parts: Parts = new Map();
  for (const key of ["build", "profiles", "reporting", "parent", "modules"]) {
    if (project[key] !== undefined) parts.set(key, withoutVersions(project[key]));
  }
  for (const [key, value] of Object.entries((project.properties ?? {}) as Record<string, unknown>)) {
    if (/skip|test|surefire|failsafe|jacoco|argline|maven\.main/i.test(key) && !/version$/i.test(key)) {
      parts.set(`properties.${key}`, value);
    }
  }
  return parts;
}

function withoutVersions(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutVersions);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).filter(([key]) => key !== "version").map((
      [key, inner],
    ) => [key, withoutVersions(inner)]),
  );
}
