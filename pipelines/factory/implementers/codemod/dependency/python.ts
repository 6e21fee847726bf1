import { ok, type Result } from "../../../../../specs/mod.ts";
import { readToml, setToml } from "../config/toml.ts";
import { isRecord, type Segment } from "../config/value.ts";
import { folderOf } from "../language.ts";
import { type CodemodProblem, fail } from "../problem.ts";
import { applyEdits, lineAt, type TextEdit, type TextFile } from "../text_file.ts";
import type { Workbench } from "../workbench.ts";
import type { Bump, ManifestKind } from "./edit.ts";
import { lockfileProblem, nearestFile } from "./lockfile.ts";
import { nextRange } from "./version.ts";

/** PEP 503: case and the kind of separator do not count. */
function normalized(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, "-");
}
const same = (a: string, b: string) => normalized(a) === normalized(b);

/** `name[extra] >=1.0,<2 ; marker`: where the version stands. */
interface Requirement {
  name: string;
  range: string;
  start: number;
  end: number;
}

function parseRequirement(text: string): Requirement | null {
  if (text.length > 4000) return null; // no requirement is that long, and matching would take its time
  const found =
    /^(\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*)(\(?)((?:(?:===?|~=|!=|<=|>=|<|>)\s*[^\s,;()#]+\s*,?\s*)*)/
      .exec(text);
  const [, head = "", name, open = "", range = ""] = found ?? [];
  if (name === undefined || /^\s*@/.test(text.slice(head.length))) return null;
  const start = head.length + open.length;
  return { name, range: range.trimEnd(), start, end: start + range.trimEnd().length };
}

/** The new version of one requirement; a package without a version gets one. */
function bumped(
  text: string,
  requirement: Requirement,
  to: string,
  path: string,
): Result<string, CodemodProblem> {
  const next = requirement.range === "" && /^\d/.test(to)
    ? ok(`==${to}`)
    : nextRange(requirement.range, to, path);
  if (!next.ok) return next;
  return ok(text.slice(0, requirement.start) + next.value + text.slice(requirement.end));
}

function unchanged(path: string, name: string, to: string) {
  return fail("no-match", `${path} asks for ${name} ${to} already`, {
    path,
    value: to,
    remedy: "take the operation out, or give another version",
  });
}

/** Lockfiles of the Python world hold hashes of files that are not here. */
async function lockedBeside(
  manifest: string,
  operation: Bump,
  bench: Workbench,
): Promise<{ ok: false; error: CodemodProblem } | null> {
  const path = await nearestFile(folderOf(manifest), [
    "uv.lock",
    "poetry.lock",
    "pdm.lock",
    "Pipfile.lock",
    "pylock.toml",
  ], bench);
  if (path === null) return null;
  const text = (await bench.stage.searched(path))?.text;
  const quoted = new RegExp(
    `"${RegExp.escape(normalized(operation.name)).replaceAll("\\x2d", "[-_.]")}"`,
    "i",
  );
  if (text !== undefined && !quoted.test(text)) return null;
  return lockfileProblem(
    path,
    operation.name,
    "this kind of lockfile is not written here",
    "run the package manager and give the change as a patch",
  );
}

interface RequirementLine extends Requirement {
  /** Of the whole requirement, with the lines that it goes on to. */
  lineStart: number;
  lineEnd: number;
}

function requirementLines(text: string): RequirementLine[] {
  const found: RequirementLine[] = [];
  for (let at = 0; at < text.length;) {
    let end = text.indexOf("\n", at);
    // A backslash carries the requirement on, for its hashes.
    while (end >= 0 && /\\\r?$/.test(text.slice(at, end))) end = text.indexOf("\n", end + 1);
    const stop = end < 0 ? text.length : end;
    const line = text.slice(at, stop);
    const requirement = /^\s*(#|-)/.test(line) ? null : parseRequirement(line);
    if (requirement !== null) {
      found.push({
        ...requirement,
        start: at + requirement.start,
        end: at + requirement.end,
        lineStart: at,
        lineEnd: stop,
      });
    }
    at = stop + 1;
  }
  return found;
}

export const requirementsTxt: ManifestKind = {
  is: (path) =>
    /(^|\/)([\w.-]*requirements[\w.-]*|constraints[\w.-]*)\.(txt|in)$/.test(path) ||
    /(^|\/)requirements\/[^/]+\.(txt|in)$/.test(path),
  same,
  packages: (file) =>
    requirementLines(file.text).map((it) => ({
      name: it.name,
      range: it.range,
      line: lineAt(file.text, it.start),
    })),
  bump(file, operation) {
    const edits: TextEdit[] = [];
    for (const it of requirementLines(file.text)) {
      if (!same(it.name, operation.name)) continue;
      const line = file.text.slice(it.lineStart, it.lineEnd);
      const local = { ...it, start: it.start - it.lineStart, end: it.end - it.lineStart };
      const next = bumped(line, local, operation.to, file.path);
      if (!next.ok) return Promise.resolve(next);
      let text = next.value;
      const hashes = [...text.matchAll(/--hash=\S+/g)];
      if (hashes.length > 0 && text !== line) {
        if (operation.integrity === undefined) {
          return Promise.resolve(
            lockfileProblem(
              file.path,
              operation.name,
              "pins its hashes",
              "give `integrity`: the SHA-256 of each file, parted by spaces",
            ),
          );
        }
        const given = operation.integrity.split(/[\s,]+/).map((hash) =>
          `--hash=${hash.includes(":") ? hash : `sha256:${hash}`}`
        );
        if (
          given.some((hash) =>
            !/^--hash=sha(256:[0-9a-f]{64}|384:[0-9a-f]{96}|512:[0-9a-f]{128})$/.test(hash)
          )
        ) {
          return Promise.resolve(
            fail("invalid", `${operation.integrity} is no list of SHA-256 digests`, {
              path: file.path,
              value: operation.integrity,
              remedy: "give 64 hex digits for each file",
            }),
          );
        }
        const first = hashes[0], last = hashes.at(-1);
        const gap = hashes[1] === undefined || first === undefined
          ? " "
          : text.slice(first.index + first[0].length, hashes[1].index);
        if (first !== undefined && last !== undefined) {
          text = text.slice(0, first.index) + given.join(gap) + text.slice(last.index + last[0].length);
        }
      }
      if (text !== line) edits.push({ start: it.lineStart, end: it.lineEnd, text });
    }
    if (edits.length === 0) return Promise.resolve(unchanged(file.path, operation.name, operation.to));
    return Promise.resolve(
      ok({ edits: [{ path: file.path, text: applyEdits(file.text, edits) }], notes: [] }),
    );
  },
};

interface TomlRequirement {
  path: Segment[];
  name: string;
  range: string;
  /** A PEP 508 text, or a version under the package's name. */
  text: string | null;
}

function pyprojectRequirements(file: TextFile): TomlRequirement[] {
  const read = readToml(file);
  if (!read.ok) return [];
  const found: TomlRequirement[] = [];
  const list = (path: Segment[], value: unknown) => {
    if (!Array.isArray(value)) return;
    value.forEach((text, i) => {
      const requirement = typeof text === "string" ? parseRequirement(text) : null;
      if (requirement !== null) {
        found.push({ path: [...path, i], name: requirement.name, range: requirement.range, text });
      }
    });
  };
  const lists = (path: Segment[], value: unknown) => {
    for (const [key, inner] of Object.entries(isRecord(value) ? value : {})) list([...path, key], inner);
  };
  const table = (path: Segment[], value: unknown) => {
    for (const [name, inner] of Object.entries(isRecord(value) ? value : {})) {
      if (name === "python") continue;
      if (typeof inner === "string") found.push({ path: [...path, name], name, range: inner, text: null });
      else if (isRecord(inner) && typeof inner.version === "string") {
        found.push({ path: [...path, name, "version"], name, range: inner.version, text: null });
      }
    }
  };
  const root = read.value;
  const project = isRecord(root.project) ? root.project : {};
  const tool = isRecord(root.tool) ? root.tool : {};
  const poetry = isRecord(tool.poetry) ? tool.poetry : {};
  list(["project", "dependencies"], project.dependencies);
  lists(["project", "optional-dependencies"], project["optional-dependencies"]);
  lists(["dependency-groups"], root["dependency-groups"]);
  list(["build-system", "requires"], isRecord(root["build-system"]) ? root["build-system"].requires : null);
  table(["tool", "poetry", "dependencies"], poetry.dependencies);
  table(["tool", "poetry", "dev-dependencies"], poetry["dev-dependencies"]);
  for (const [group, value] of Object.entries(isRecord(poetry.group) ? poetry.group : {})) {
    table(["tool", "poetry", "group", group, "dependencies"], isRecord(value) ? value.dependencies : null);
  }
  return found;
}

export const pyprojectToml: ManifestKind = {
  is: (path) => /(^|\/)pyproject\.toml$/.test(path),
  same,
  packages: (file) =>
    pyprojectRequirements(file).map(({ name, range }) => ({
      name,
      range,
      line: lineAt(file.text, file.text.search(new RegExp(RegExp.escape(name), "i"))),
    })),
  async bump(file, operation, bench) {
    const locked = await lockedBeside(file.path, operation, bench);
    if (locked !== null) return locked;
    let text = file.text;
    for (const it of pyprojectRequirements(file).filter((it) => same(it.name, operation.name))) {
      const requirement = it.text === null ? null : parseRequirement(it.text);
      const next = it.text === null || requirement === null
        ? nextRange(it.range, operation.to, file.path)
        : bumped(it.text, requirement, operation.to, file.path);
      if (!next.ok) return next;
      if (next.value === (it.text ?? it.range)) continue;
      const set = setToml({ ...file, text }, it.path, next.value);
      if (!set.ok) return set;
      text = set.value;
    }
    if (text === file.text) return unchanged(file.path, operation.name, operation.to);
    return ok({ edits: [{ path: file.path, text }], notes: [] });
  },
};
