import { ok, type Result } from "../../../../../specs/mod.ts";
import { readToml, setToml } from "../config/toml.ts";
import { isRecord, type Segment } from "../config/value.ts";
import { folderOf } from "../language.ts";
import { type CodemodProblem, fail } from "../problem.ts";
import { applyEdits, lineAt, type TextEdit, type TextFile } from "../text_file.ts";
import type { Workbench } from "../workbench.ts";
import type { Bump, Edited, ManifestKind } from "./edit.ts";
import { lockfileProblem, nearestFile } from "./lockfile.ts";
import { exactVersion, isExact, nextRange } from "./version.ts";

interface Required {
  path: Segment[];
  /** The package, which a key may rename. */
  name: string;
  range: string;
}

const SECTIONS = ["dependencies", "dev-dependencies", "build-dependencies"];

function requirements(file: TextFile): Required[] {
  const read = readToml(file);
  if (!read.ok) return [];
  const found: Required[] = [];
  const table = (path: Segment[], value: unknown) => {
    for (const [key, inner] of Object.entries(isRecord(value) ? value : {})) {
      if (typeof inner === "string") found.push({ path: [...path, key], name: key, range: inner });
      else if (isRecord(inner) && typeof inner.version === "string") {
        const name = typeof inner.package === "string" ? inner.package : key;
        found.push({ path: [...path, key, "version"], name, range: inner.version });
      }
    }
  };
  const root = read.value;
  for (const section of SECTIONS) table([section], root[section]);
  table(["workspace", "dependencies"], isRecord(root.workspace) ? root.workspace.dependencies : null);
  for (const [target, value] of Object.entries(isRecord(root.target) ? root.target : {})) {
    for (const section of SECTIONS) {
      table(["target", target, section], isRecord(value) ? value[section] : null);
    }
  }
  return found;
}

export const cargoToml: ManifestKind = {
  is: (path) => /(^|\/)Cargo\.toml$/.test(path),
  same: (a, b) => a.replaceAll("_", "-") === b.replaceAll("_", "-"),
  packages: (file) =>
    requirements(file).map(({ name, range }) => ({
      name,
      range,
      line: lineAt(file.text, file.text.indexOf(name)),
    })),
  async bump(file, operation, bench) {
    let text = file.text;
    for (const it of requirements(file).filter((it) => cargoToml.same(it.name, operation.name))) {
      const next = nextRange(it.range, operation.to, file.path);
      if (!next.ok) return next;
      if (next.value === it.range) continue;
      const set = setToml({ ...file, text }, it.path, next.value);
      if (!set.ok) return set;
      text = set.value;
    }
    if (text === file.text) {
      return fail("no-match", `${file.path} asks for ${operation.name} ${operation.to} already`, {
        path: file.path,
        value: operation.to,
        remedy: "take the operation out, or give another version",
      });
    }
    const edits: Edited[] = [{ path: file.path, text }];
    const lock = await bumpLock(file, operation, bench);
    if (!lock.ok) return lock;
    if (lock.value !== null) edits.push(lock.value);
    const notes = lock.value === null ? [] : [
      `${lock.value.path} keeps what ${operation.name} needed before: "cargo build --locked" shows whether that is enough`,
    ];
    return ok({ edits, notes });
  },
};

async function bumpLock(
  file: TextFile,
  operation: Bump,
  bench: Workbench,
): Promise<Result<Edited | null, CodemodProblem>> {
  const path = await nearestFile(folderOf(file.path), ["Cargo.lock"], bench);
  if (path === null) return ok(null);
  const lock = await bench.stage.text(path);
  if (!lock.ok) return lock;
  const { text } = lock.value;
  // cargo writes the file itself, always in one form: blocks that start with [[package]].
  const blocks = [...text.matchAll(/^\[\[package\]\]\r?\n(?:(?!\[)[^\n]*(?:\n|$))*/gm)]
    .filter((it) => cargoToml.same(/^name = "([^"]+)"/m.exec(it[0])?.[1] ?? "", operation.name));
  const [block, more] = blocks;
  if (block === undefined) return ok(null);
  const patch = "run cargo update and give the change as a patch";
  if (more !== undefined) return lockfileProblem(path, operation.name, "holds it in several versions", patch);
  if (operation.integrity === undefined) {
    return lockfileProblem(
      path,
      operation.name,
      "nothing is fetched to find the new version's checksum",
      `give \`integrity\`, or ${patch}`,
    );
  }
  const checksum = operation.integrity.replace(/^sha256[:-]/, "");
  if (!/^[0-9a-f]{64}$/.test(checksum)) {
    return fail("invalid", `${operation.integrity} is no SHA-256 in hex`, {
      path,
      value: operation.integrity,
      remedy: "give the 64 hex digits that crates.io shows",
    });
  }
  if (!isExact(operation.to)) {
    return lockfileProblem(path, operation.name, `${operation.to} is a range`, "give one exact version");
  }
  const version = exactVersion(operation.to);
  const before = /^version = "([^"]+)"/m.exec(block[0])?.[1] ?? "";
  const name = /^name = "([^"]+)"/m.exec(block[0])?.[1] ?? "";
  if (!/^checksum = "/m.test(block[0])) {
    return lockfileProblem(path, operation.name, "takes it from no registry", patch);
  }
  const edits: TextEdit[] = [];
  const put = (pattern: RegExp, value: string) => {
    const found = pattern.exec(block[0]);
    if (found !== null) {
      edits.push({
        start: block.index + found.index,
        end: block.index + found.index + found[0].length,
        text: value,
      });
    }
  };
  put(/^version = "[^"]*"/m, `version = "${version}"`);
  put(/^checksum = "[^"]*"/m, `checksum = "${checksum}"`);
  // Dependents name the version where there are, or were, several.
  for (
    const found of text.matchAll(new RegExp(`^ "${RegExp.escape(name)} ${RegExp.escape(before)}([ "])`, "gm"))
  ) {
    edits.push({
      start: found.index,
      end: found.index + found[0].length,
      text: ` "${name} ${version}${found[1]}`,
    });
  }
  const next = applyEdits(text, edits);
  const again = readToml({ ...lock.value, text: next });
  if (!again.ok) return lockfileProblem(path, operation.name, "it is not in cargo's own form", patch);
  return ok({ path, text: next });
}
