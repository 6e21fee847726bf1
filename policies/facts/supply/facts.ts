import type {
  DeclaredChange,
  DeclaredSide,
  FileFacts,
  LockedChange,
  SupplyFacts,
  SupplyProblem,
} from "../../../specs/mod.ts";
import { codeProblems } from "./install_code.ts";
import { lockChanges } from "./lock_changes.ts";
import { lineOf } from "./lock_problems.ts";
import { lockProblems, missing } from "./missing.ts";
import { type Declared, directoryOf, type Manifest, nameOf } from "./model.ts";
import { pinnedHashes } from "./pinned_hashes.ts";
import { reach } from "./reach.ts";
import { boundsOf, compareVersions, type RangeDialect } from "./version.ts";
import { declares, isFixture, isLock, locksAbove, manifestsUnder, type Side, side } from "./workspace.ts";

export interface SupplyInput {
  readonly files: readonly FileFacts[];
  readonly base: readonly string[];
  readonly head: readonly string[];
  read(path: string, at: "base" | "head"): Promise<Uint8Array | null>;
}

const MAX_DECLARED = 2000;
const MAX_LOCKED = 4000;
const MAX_PROBLEMS = 300;

export const dialectOf = (ecosystem: string): RangeDialect | null =>
  ecosystem === "npm" || ecosystem === "jsr"
    ? "npm"
    : ecosystem === "cargo"
    ? "cargo"
    : ecosystem === "pypi"
    ? "pypi"
    : null;

/** What a change does to dependencies, or undefined when it touches no manifest, no lockfile and nothing that runs at install. */
export async function supplyFacts(input: SupplyInput): Promise<SupplyFacts | undefined> {
  const [base, head] = [
    side(input.base, (path) => input.read(path, "base")),
    side(input.head, (path) => input.read(path, "head")),
  ];
  const files = input.files.filter(({ path, from, oldMode, newMode }) =>
    !isFixture(path) && ![oldMode, newMode].includes("160000") &&
    (newMode !== "120000") && [path, from ?? path].some((one) =>
      [base, head].some(({ paths }) =>
        declares(one, paths) || isLock(one, paths)
      ) || INSTALL_CODE.test(one)
    )
  );
  if (files.length === 0) {
    // Other manifests and lockfiles, and those of fixtures, are looked at and hold nothing that is judged here.
    const other = input.files.some(({ kind }) => kind === "manifest" || kind === "lockfile");
    return other ? { declared: [], locked: [], problems: [], notes: [] } : undefined;
  }
  const problems: SupplyProblem[] = [];
  const notes: string[] = [];
  const declared: DeclaredChange[] = [];
  const known = await knownNames(base, files);
  let rewritesChange = files.some(({ path }) => /\.(?:yarnrc\.yml|pnpmfile\.c?js)$/.test(nameOf(path)));
  const manifests = files.filter(({ path }) => declares(path, head.paths) || declares(path, base.paths));
  for (const file of manifests) {
    const [before, after] = [await base.manifest(file.from ?? file.path), await head.manifest(file.path)];
    if (head.paths.has(file.path) && after.value === null) {
      // A line that only its tool understands is no lie: a human looks.
      problems.push(unread(file.path, after.why, false));
      continue;
    }
    if (before.value === null && before.why !== "") {
      notes.push(`${file.path} could not be read at base: ${before.why}`.slice(0, 500));
    }
    if (before.value?.rewrites !== after.value?.rewrites) rewritesChange = true;
    const text = await head.text(file.path) ?? "";
    declared.push(...declaredChanges(file.path, before.value, after.value, known, text));
    problems.push(...optionProblems(file.path, before.value, after.value, text));
    if (/\.(?:txt|in)$/i.test(file.path)) {
      problems.push(...pinnedHashes(file.path, await base.text(file.from ?? file.path), text));
    }
  }
  problems.push(...await codeProblems(files, base, head));

  const elsewhere = new Set<string>();
  const locked: LockedChange[] = [];
  const locks = new Set(
    files.map(({ path }) => path).filter((path) => isLock(path, head.paths) && head.paths.has(path)),
  );
  for (const { path } of manifests) {
    for (const lock of locksAbove(path, head.paths)) locks.add(lock);
  }
  const changed = new Map(files.map((file) => [file.path, file]));
  for (const path of locks) {
    const file = changed.get(path);
    const now = await head.lock(path);
    const before = await base.lock(file?.from ?? path);
    if (now.value === null) {
      if (file) problems.push(unread(path, now.why, before.value !== null));
      else notes.push(`${path} could not be read: ${now.why}`.slice(0, 500));
      continue;
    }
    // A lockfile that stays while a dependency goes holds what nobody asks for any more.
    const beside = [...locks].some((other) => changed.has(other) && directoryOf(other) === directoryOf(path));
    if (!file && (beside || !declared.some(({ after }) => after === null))) continue;
    const reached = await reach(path, now.value, head);
    for (const one of reached.blind) {
      notes.push(
        `${one.path} could not be read, so that ${path} was not compared with it: ${one.why}`.slice(0, 500),
      );
    }
    for (const one of await allDeclared(head, path)) {
      if (["git", "url", "path", "outside"].includes(one.source)) elsewhere.add(one.name).add(one.alias);
    }
    const found = lockChanges({
      path,
      base: before.value,
      head: now.value,
      reached,
      reachedBase: before.value ? await reach(file?.from ?? path, before.value, base) : null,
      text: await head.text(path) ?? "",
      elsewhere,
      declaredHere: new Set(declared.map(({ name }) => name)),
      manifestsChange: manifests.length > 0,
      rewritesChange,
    });
    locked.push(...found.changes);
    problems.push(...found.problems);
  }
  problems.push(...await missing(manifests.map(({ path }) => path), declared, base, head, notes));
  problems.push(...lockProblems(input.files, base, head));
  if (locked.length > MAX_LOCKED || declared.length > MAX_DECLARED) {
    problems.push({
      kind: "truncated",
      path: locked[0]?.path ?? "",
      name: "",
      detail: `${locked.length} packages change; ${MAX_LOCKED} are kept`,
      certain: false,
    });
  }
  return {
    declared: declared.slice(0, MAX_DECLARED),
    locked: locked.slice(0, MAX_LOCKED),
    problems: problems.slice(0, MAX_PROBLEMS),
    notes: [...new Set(notes)].slice(0, 50),
  };
}

const INSTALL_CODE = /(?:^|\/)(?:setup\.py|build\.rs|binding\.gyp)$/;

const unread = (path: string, why: string, certain: boolean): SupplyProblem => ({
  kind: "unread",
  path,
  name: nameOf(path),
  detail: `it cannot be read: ${why || "no text"}`.slice(0, 500),
  certain,
});

async function allDeclared(at: Side, lock: string): Promise<readonly Declared[]> {
  const all: Declared[] = [];
  for (const path of manifestsUnder(lock, at.paths)) {
    all.push(...(await at.manifest(path)).value?.declared ?? []);
  }
  return all;
}

/** Names that base knows, and the scopes and owners that they belong to. */
async function knownNames(base: Side, files: readonly FileFacts[]): Promise<(one: Declared) => boolean> {
  const names = new Set<string>();
  const owners = new Set<string>();
  const add = (ecosystem: string, name: string) => {
    names.add(`${ecosystem} ${name}`);
    const owner = ownerOf(ecosystem, name);
    if (owner !== null) owners.add(`${ecosystem} ${owner}`);
  };
  let read = 0;
  for (const path of base.paths) {
    if (isFixture(path) || !declares(path, base.paths) || ++read > 400) continue;
    const { value } = await base.manifest(path);
    for (const one of value?.declared ?? []) add(one.ecosystem, one.name);
    if (value && value.own !== "") names.add(`own ${value.own}`);
  }
  const locks = new Set(files.flatMap(({ path, from }) => [
    ...locksAbove(from ?? path, base.paths),
    ...(isLock(from ?? path, base.paths) ? [from ?? path] : []),
  ]));
  for (const path of locks) {
    for (const one of (await base.lock(path)).value?.entries.values() ?? []) {
      names.add(`${one.ecosystem} ${one.name}`);
    }
  }
  return (one) => {
    if (names.has(`${one.ecosystem} ${one.name}`) || names.has(`own ${one.name}`)) return true;
    const owner = ownerOf(one.ecosystem, one.name);
    return owner !== null && owners.has(`${one.ecosystem} ${owner}`);
  };
}

/** Who publishes under a name, where the ecosystem keeps names apart by that. */
function ownerOf(ecosystem: string, name: string): string | null {
  switch (ecosystem) {
    case "npm":
    case "jsr":
      return name.startsWith("@") ? name.split("/", 1)[0] ?? null : null;
    case "go": {
      const parts = name.split("/");
      return parts.length >= 3 ? parts.slice(0, 2).join("/") : null;
    }
    case "maven":
      return name.split(":", 1)[0] ?? null;
    case "url":
      return /^https?:\/\/[^/]+\/(?:x\/[^/@]+|std)/.exec(name)?.[0] ?? null;
    default:
      return null;
  }
}

const sideOf = ({ range, source, group }: Declared): DeclaredSide => ({
  range: range.slice(0, 500),
  source,
  group,
});

function declaredChanges(
  path: string,
  before: Manifest | null,
  after: Manifest | null,
  known: (one: Declared) => boolean,
  text: string,
): DeclaredChange[] {
  const key = (one: Declared) => `${one.group}\n${one.alias}\n${one.ecosystem}`;
  const index = (manifest: Manifest | null) => {
    const all = new Map<string, Declared[]>();
    for (const one of manifest?.declared ?? []) all.set(key(one), [...all.get(key(one)) ?? [], one]);
    return all;
  };
  const [old, now] = [index(before), index(after)];
  const changes: DeclaredChange[] = [];
  for (const at of new Set([...old.keys(), ...now.keys()])) {
    const [was, is] = [old.get(at) ?? [], now.get(at) ?? []];
    const same = (a: Declared, z: Declared) =>
      a.range === z.range && a.source === z.source && a.name === z.name;
    const come = is.filter((one) => !was.some((other) => same(one, other)));
    const go = was.filter((one) => !is.some((other) => same(one, other)));
    // Another package under the same name is a new one, and the old one goes.
    const pairs: [one: Declared | undefined, other: Declared | undefined][] = come.map((one) => {
      const at = go.findIndex(({ name }) => name === one.name);
      return [one, at < 0 ? undefined : go.splice(at, 1)[0]];
    });
    for (const [one, other] of [...pairs, ...go.map((other): [undefined, Declared] => [undefined, other])]) {
      const named = one ?? other;
      if (!named) continue;
      // Another group of the same manifest had it: it moves.
      const moved = one && !other
        ? before?.declared.find((each) => each.alias === one.alias && each.name === one.name)
        : undefined;
      const from = other ?? moved;
      const line = one ? lineOf(text, [`"${one.alias}"`, one.alias, one.name]) : undefined;
      changes.push({
        path,
        ecosystem: named.ecosystem,
        name: named.name.slice(0, 500),
        before: from ? sideOf(from) : null,
        after: one ? sideOf(one) : null,
        familiar: from !== undefined && from.name === named.name || known(named),
        ...rangeChange(from, one),
        ...(line === undefined ? {} : { line }),
      });
    }
  }
  return changes;
}

function rangeChange(
  before: Declared | undefined,
  after: Declared | undefined,
): { widened: boolean; downgraded: boolean } {
  const none = { widened: false, downgraded: false };
  if (
    !before || !after || before.source !== "registry" || after.source !== "registry" ||
    before.name !== after.name
  ) return none;
  if (after.ecosystem === "go" || after.ecosystem === "maven") {
    const [old, now] = [boundsOf(before.range, "npm"), boundsOf(after.range, "npm")];
    return { widened: false, downgraded: !!old && !!now && compareVersions(now.low, old.low) < 0 };
  }
  const dialect = dialectOf(after.ecosystem);
  if (dialect === null) return none;
  const plain = (range: string) => range.replace(/^(?:npm:(?:@[^/@]+\/)?[^/@]+@|workspace:|jsr:)/, "");
  const [old, now] = [boundsOf(plain(before.range), dialect), boundsOf(plain(after.range), dialect)];
  if (!old || !now) return none;
  const higher = (a: typeof old.high, z: typeof old.high) =>
    z !== null && (a === null || compareVersions(a, z) > 0);
  return {
    widened: (higher(now.high, old.high) && compareVersions(now.low, old.low) <= 0) || (old.pin && !now.pin),
    downgraded: compareVersions(now.low, old.low) < 0 && (now.pin || higher(old.high, now.high)),
  };
}

/** Commands that start running by themselves, and places that packages start to come from. */
function optionProblems(
  path: string,
  before: Manifest | null,
  after: Manifest | null,
  text: string,
): SupplyProblem[] {
  const problems: SupplyProblem[] = [];
  for (const [name, command] of after?.lifecycle ?? []) {
    if (before?.lifecycle.get(name) === command) continue;
    const line = lineOf(text, [`"${name}"`]);
    problems.push({
      kind: "lifecycle-script",
      path,
      name,
      detail: command.slice(0, 500),
      certain: DANGEROUS.test(command),
      ...(line === undefined ? {} : { line }),
    });
  }
  for (const registry of after?.registries ?? []) {
    if (before?.registries.includes(registry)) continue;
    if (/pypi\.org\/simple\/?$/.test(registry) || /^--(?:pre|no-index)/.test(registry)) continue;
    const line = lineOf(text, [registry.split(" ").at(-1) ?? registry]);
    problems.push({
      kind: "registry-option",
      path,
      name: registry.slice(0, 500),
      detail: `packages may come from ${registry}`.slice(0, 500),
      certain: true,
      ...(line === undefined ? {} : { line }),
    });
  }
  return problems;
}

/** What no build step needs: fetching and running what nobody reviews. */
const DANGEROUS =
  /\b(?:curl|wget|Invoke-WebRequest|iwr|nc|ncat|telnet)\b|https?:\/\/|\bbase64\b|\beval\b|\/dev\/tcp|\bnode\s+(?:-e|--eval|-p|--print)\b|\bpython3?\s+-c\b|\b(?:ba|z|da)?sh\s+-c\b|\bpowershell\b|\$\(|\bchmod\b|\.npmrc|\bnpm\s+(?:config|publish|adduser|token)\b|process\.env/i;
