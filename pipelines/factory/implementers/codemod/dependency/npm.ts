import { type Json, ok, type Result } from "../../../../../specs/mod.ts";
import { readJson, setJson } from "../config/json.ts";
import { isRecord, type Segment } from "../config/value.ts";
import { folderOf } from "../language.ts";
import { type CodemodProblem, fail } from "../problem.ts";
import { lineAt, type TextFile } from "../text_file.ts";
import type { Workbench } from "../workbench.ts";
import type { Bump, Edited, ManifestKind } from "./edit.ts";
import { lockfileProblem, names, nearestFile } from "./lockfile.ts";
import { exactVersion, isExact, nextRange } from "./version.ts";

const SECTIONS = ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"] as const;

function sections(file: TextFile): Map<string, Record<string, unknown>> {
  const read = readJson(file);
  const found = new Map<string, Record<string, unknown>>();
  if (!read.ok || !isRecord(read.value.value)) return found;
  for (const key of SECTIONS) {
    const section = read.value.value[key];
    if (isRecord(section)) found.set(key, section);
  }
  return found;
}

export const packageJson: ManifestKind = {
  is: (path) => /(^|\/)package\.json$/.test(path),
  same: (a, b) => a === b,
  packages(file) {
    return [...sections(file).values()].flatMap((section) =>
      Object.entries(section).filter(([, range]) => typeof range === "string")
        .map(([name, range]) => ({
          name,
          range: String(range),
          line: lineAt(file.text, file.text.indexOf(`"${name}"`)),
        }))
    );
  },
  async bump(file, operation, bench) {
    const { name, to } = operation;
    const all = [...sections(file)].filter(([, section]) => typeof section[name] === "string");
    // A peer range says what users may bring; it follows only when it is all there is.
    const chosen = all.length > 1 ? all.filter(([key]) => key !== "peerDependencies") : all;
    const notes = all.length > chosen.length ? [`peerDependencies of ${file.path} is left as it is`] : [];
    let text = file.text;
    let range = "";
    for (const [key, section] of chosen) {
      const next = nextRange(String(section[name]), to, file.path);
      if (!next.ok) return next;
      range = next.value;
      const set = setJson({ ...file, text }, [key, name], range);
      if (!set.ok) return set;
      text = set.value;
    }
    if (text === file.text) {
      return fail("no-match", `${file.path} asks for ${name} ${range} already`, {
        path: file.path,
        value: to,
        remedy: "take the operation out, or give another version",
      });
    }
    const edits: Edited[] = [{ path: file.path, text }];
    const lock = await bumpLock(file.path, operation, chosen.map(([key]) => key), range, bench);
    if (!lock.ok) return lock;
    if (lock.value !== null) {
      edits.push(lock.value);
      notes.push(
        `${lock.value.path} keeps what ${name} needed before: the installation shows whether that is enough`,
      );
    }
    return ok({ edits, notes });
  },
};

/** Sets the version in package-lock.json (v2, v3), at the manifest or above it. */
async function bumpLock(
  manifest: string,
  operation: Bump,
  keys: readonly string[],
  range: string,
  bench: Workbench,
): Promise<Result<Edited | null, CodemodProblem>> {
  const { name, to } = operation;
  const folder = folderOf(manifest);
  const foreign = await nearestFile(folder, ["yarn.lock", "pnpm-lock.yaml", "bun.lock", "bun.lockb"], bench);
  if (foreign !== null) {
    const text = (await bench.stage.searched(foreign))?.text;
    if (text === undefined || names(text, name)) {
      return lockfileProblem(
        foreign,
        name,
        "this kind of lockfile is not written here",
        "run the package manager and give the change as a patch",
      );
    }
  }
  const path = await nearestFile(folder, ["package-lock.json", "npm-shrinkwrap.json"], bench);
  if (path === null) return ok(null);
  const file = await bench.stage.text(path);
  if (!file.ok) return file;
  const read = readJson(file.value);
  if (!read.ok) return read;
  const root = read.value.value;
  const packages = isRecord(root) && isRecord(root.packages) ? root.packages : null;
  if (!isRecord(root) || packages === null) {
    return lockfileProblem(path, name, "it is of version 1", "let npm 7 or later rewrite it first");
  }
  const base = folderOf(path);
  const own = folder === base ? "" : base === "" ? folder : folder.slice(base.length + 1);
  const nested = own === "" ? `node_modules/${name}` : `${own}/node_modules/${name}`;
  const entryKey = isRecord(packages[nested]) ? nested : `node_modules/${name}`;
  const entry = packages[entryKey];
  if (!isRecord(entry)) return ok(null);
  if (operation.integrity === undefined) {
    return lockfileProblem(
      path,
      name,
      "nothing is fetched to find the new version's checksum",
      `give \`integrity\` (npm view ${name}@${
        exactVersion(to)
      } dist.integrity), or run npm and give the change as a patch`,
    );
  }
  if (!/^sha(1|256|384|512)-[A-Za-z0-9+/]+=*$/.test(operation.integrity)) {
    return fail("invalid", `${operation.integrity} is no npm integrity`, {
      path,
      value: operation.integrity,
      remedy: "give sha512-... in base64",
    });
  }
  if (!isExact(to)) {
    return lockfileProblem(path, name, `${to} is a range`, "give one exact version");
  }
  const version = exactVersion(to);
  const resolved = resolvedFor(entry, version, operation.resolved);
  if (resolved === undefined) {
    return lockfileProblem(
      path,
      name,
      "its tarball's address does not follow from the version",
      "give `resolved`",
    );
  }
  let text = file.value.text;
  const sets: [Segment[], Json][] = [];
  for (const key of keys) {
    const importer = packages[own];
    const section = isRecord(importer) ? importer[key] : null;
    if (isRecord(section) && typeof section[name] === "string") {
      sets.push([["packages", own, key, name], range]);
    }
  }
  sets.push([["packages", entryKey, "version"], version], [
    ["packages", entryKey, "integrity"],
    operation.integrity,
  ]);
  if (resolved !== null) sets.push([["packages", entryKey, "resolved"], resolved]);
  // Version 2 says the same once more for older npm.
  const old = isRecord(root.dependencies) ? root.dependencies[name] : null;
  if (isRecord(old) && own === "") {
    sets.push([["dependencies", name, "version"], version], [
      ["dependencies", name, "integrity"],
      operation.integrity,
    ]);
    if (resolved !== null) sets.push([["dependencies", name, "resolved"], resolved]);
  }
  for (const [at, value] of sets) {
    const set = setJson({ ...file.value, text }, at, value);
    if (!set.ok) return set;
    text = set.value;
  }
  return ok({ path, text });
}

/** The tarball's address: given, or the one before with the new version in it; null when there was none. */
function resolvedFor(
  entry: Record<string, unknown>,
  version: string,
  given: string | undefined,
): string | null | undefined {
  if (given !== undefined) return given;
  if (entry.resolved === undefined) return null;
  if (typeof entry.resolved !== "string" || typeof entry.version !== "string") return undefined;
  const tail = `-${entry.version}.tgz`;
  return entry.resolved.endsWith(tail)
    ? `${entry.resolved.slice(0, -tail.length)}-${version}.tgz`
    : undefined;
}
