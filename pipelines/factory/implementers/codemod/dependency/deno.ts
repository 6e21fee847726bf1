import type { Node } from "jsonc-parser";
import { ok, type Result } from "../../../../../specs/mod.ts";
import { readJson, setJson } from "../config/json.ts";
import { isRecord } from "../config/value.ts";
import { folderOf } from "../language.ts";
import { type CodemodProblem, fail } from "../problem.ts";
import { applyEdits, lineAt, type TextEdit, type TextFile } from "../text_file.ts";
import type { Workbench } from "../workbench.ts";
import type { Bump, Edited, ManifestKind } from "./edit.ts";
import { lockfileProblem, nearestFile } from "./lockfile.ts";
import { exactVersion, isExact, nextRange } from "./version.ts";

interface Specifier {
  key: string;
  scheme: string;
  slash: string;
  name: string;
  range: string;
  rest: string;
}

/** `npm:/@scope/name@^1.2.3/sub` taken apart. */
function parseSpecifier(key: string, value: unknown): Specifier | null {
  if (typeof value !== "string") return null;
  const found = /^(npm|jsr):(\/?)((?:@[^/@]+\/)?[^/@]+)@([^/]+)(\/.*)?$/.exec(value);
  if (found === null) return null;
  const [, scheme = "", slash = "", name = "", range = "", rest = ""] = found;
  return { key, scheme, slash, name, range, rest };
}

function specifiers(file: TextFile): Specifier[] {
  const read = readJson(file);
  if (!read.ok || !isRecord(read.value.value) || !isRecord(read.value.value.imports)) return [];
  return Object.entries(read.value.value.imports).map(([key, value]) => parseSpecifier(key, value)).filter((
    it,
  ) => it !== null);
}

export const denoJson: ManifestKind = {
  is: (path) => /(^|\/)(deno\.jsonc?|import_map\.json|importmap\.json)$/.test(path),
  same: (a, b) => a === b,
  packages: (file) =>
    specifiers(file).map(({ name, range, key }) => ({
      name,
      range,
      line: lineAt(file.text, file.text.indexOf(`"${key}"`)),
    })),
  async bump(file, operation, bench) {
    let text = file.text;
    const changed: { before: string; after: string }[] = [];
    let said = "";
    for (const it of specifiers(file).filter((it) => it.name === operation.name)) {
      const next = nextRange(it.range, operation.to, file.path);
      if (!next.ok) return next;
      said = next.value;
      if (next.value === it.range) continue;
      const set = setJson(
        { ...file, text },
        ["imports", it.key],
        `${it.scheme}:${it.slash}${it.name}@${next.value}${it.rest}`,
      );
      if (!set.ok) return set;
      text = set.value;
      changed.push({
        before: `${it.scheme}:${it.name}@${it.range}`,
        after: `${it.scheme}:${it.name}@${next.value}`,
      });
    }
    if (text === file.text) {
      return fail("no-match", `${file.path} asks for ${operation.name} ${said} already`, {
        path: file.path,
        value: operation.to,
        remedy: "take the operation out, or give another version",
      });
    }
    const edits: Edited[] = [{ path: file.path, text }];
    const lock = await bumpLock(file.path, operation, changed, bench);
    if (!lock.ok) return lock;
    const notes: string[] = [];
    if (lock.value !== null) {
      edits.push(lock.value);
      notes.push(
        `${lock.value.path} keeps what ${operation.name} needed before: "deno install --frozen" shows whether that is enough`,
      );
    }
    return ok({ edits, notes });
  },
};

/** Every text of a JSON tree, keys and values. */
function strings(root: Node): Node[] {
  const found: Node[] = [];
  const pending = [root];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (node.type === "string") found.push(node);
    pending.push(...node.children ?? []);
  }
  return found;
}

/** Sets the version in deno.lock (version 4 and 5). */
async function bumpLock(
  manifest: string,
  operation: Bump,
  changed: readonly { before: string; after: string }[],
  bench: Workbench,
): Promise<Result<Edited | null, CodemodProblem>> {
  const { name, to } = operation;
  const path = await nearestFile(folderOf(manifest), ["deno.lock"], bench);
  if (path === null) return ok(null);
  const file = await bench.stage.text(path);
  if (!file.ok) return file;
  const read = readJson(file.value);
  if (!read.ok) return read;
  const lock = read.value.value;
  const specifiers = isRecord(lock) && isRecord(lock.specifiers) ? lock.specifiers : {};
  const locked = changed.filter(({ before }) => Object.hasOwn(specifiers, before));
  if (!isRecord(lock) || locked.length === 0) return ok(null);
  const patch = "run deno install and give the change as a patch";
  if (lock.version !== "4" && lock.version !== "5") {
    return lockfileProblem(path, name, `its version ${String(lock.version)} is not written here`, patch);
  }
  const scheme = locked[0]?.before.startsWith("jsr:") ? "jsr" : "npm";
  const table = isRecord(lock[scheme]) ? lock[scheme] : {};
  const held = Object.keys(table).filter((key) => key.startsWith(`${name}@`));
  const [before, more] = held;
  const suffixed = Object.keys(table).filter((key) =>
    key.includes(`_${name}@`) || (key.startsWith(`${name}@`) && key.includes("_"))
  );
  const resolvedTo = new Set(locked.map((it) => specifiers[it.before]));
  if (
    before === undefined || more !== undefined || suffixed.length > 0 || resolvedTo.size !== 1 ||
    !resolvedTo.has(before.slice(name.length + 1))
  ) {
    return lockfileProblem(path, name, "holds it in more than one version or with peers", patch);
  }
  if (operation.integrity === undefined) {
    return lockfileProblem(
      path,
      name,
      "nothing is fetched to find the new version's checksum",
      `give \`integrity\`, or ${patch}`,
    );
  }
  if (!isExact(to)) return lockfileProblem(path, name, `${to} is a range`, "give one exact version");
  const version = exactVersion(to);
  const after = `${name}@${version}`;
  const replace = new Map([[before, after], ...locked.map((it) => [it.before, it.after] as const)]);
  const edits: TextEdit[] = [];
  for (const node of strings(read.value.tree)) {
    const next = replace.get(String(node.value));
    if (next !== undefined) {
      edits.push({ start: node.offset, end: node.offset + node.length, text: JSON.stringify(next) });
    }
  }
  let text = applyEdits(file.value.text, edits);
  for (const it of locked) {
    const set = setJson({ ...file.value, text }, ["specifiers", it.after], version);
    if (!set.ok) return set;
    text = set.value;
  }
  const set = setJson({ ...file.value, text }, [scheme, after, "integrity"], operation.integrity);
  if (!set.ok) return set;
  return ok({ path, text: set.value });
}
