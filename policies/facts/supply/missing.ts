import type { DeclaredChange, FileFacts, SupplyProblem } from "../../../specs/mod.ts";
import { lockKind } from "./locks.ts";
import { type Declared, directoryOf, type Lock, type Manifest, nameOf } from "./model.ts";
import { satisfies } from "./version.ts";
import {
  importerOf,
  inherited,
  isFixture,
  isMember,
  locksAbove,
  manifestsUnder,
  type Side,
} from "./workspace.ts";

const DIALECTS = { npm: "npm", jsr: "npm", cargo: "cargo", pypi: "pypi" } as const;

/** Whether a lockfile answers what a manifest declares: null when nobody here can tell. */
function answered(lock: Lock, importer: string, one: Declared): { ok: boolean | null; found: string[] } {
  const keys = lock.answers(importer, one);
  // Deno tells what the manifests ask for, and records the package when a program first uses it.
  const told = lock.format.startsWith("deno") && lock.claims.some((claim) => claim.name === one.name);
  if (keys.length === 0 && told) return { ok: true, found: [] };
  if (keys.length === 0) return { ok: false, found: [] };
  const versions = keys.flatMap((key) => lock.entries.get(key) ?? []);
  const dialect = one.ecosystem in DIALECTS ? DIALECTS[one.ecosystem as keyof typeof DIALECTS] : null;
  if (one.source !== "registry" || dialect === null || versions.length === 0) return { ok: true, found: [] };
  const range = one.range.replace(/^(?:npm:(?:@[^/@]+\/)?[^/@]+@|jsr:(?:@[^/]+\/[^@]+@)?)/, "");
  const says = versions.map(({ version }) => satisfies(version, range, dialect));
  if (says.includes(true)) return { ok: true, found: [] };
  return { ok: says.includes(null) ? null : false, found: versions.map(({ version }) => version) };
}

const WANTED = new Set<Declared["group"]>(["runtime", "dev"]);
const isLocked = (one: Declared): boolean =>
  WANTED.has(one.group) && (one.source === "registry" || one.source === "git") && one.ecosystem !== "url";

/** Declarations of this change that no lockfile answers, where the repository has one. */
export async function missing(
  changed: readonly string[],
  declared: readonly DeclaredChange[],
  base: Side,
  head: Side,
  notes: string[],
): Promise<SupplyProblem[]> {
  const problems: SupplyProblem[] = [];
  for (const path of changed) {
    const { value: manifest } = await head.manifest(path);
    if (manifest === null) continue;
    const here = declared.filter((one) => one.path === path && one.after !== null && !moves(one));
    const names = new Set(here.map(({ name }) => name));
    const wanted = manifest.declared.filter((one) =>
      names.has(one.name) && isLocked(one) &&
      here.some((each) =>
        each.name === one.name && each.after?.range === one.range.slice(0, 500) &&
        each.after.group === one.group
      )
    );
    // Of a Go module that another takes the place of, the other's hashes are recorded.
    const replaced = new Set(
      manifest.declared.filter(({ ecosystem, group }) => ecosystem === "go" && group === "override").map((
        { alias },
      ) => alias),
    );
    const local = manifest.declared.some(({ ecosystem }) => ecosystem === "go")
      ? await goModules(head)
      : new Set();
    if (wanted.every(({ name }) => replaced.has(name) || local.has(name))) continue;
    const governing: { path: string; lock: Lock; importer: string; stale: boolean; manifests: Manifest[] }[] =
      [];
    for (const lockPath of locksAbove(path, head.paths)) {
      const found = await governs(path, manifest, lockPath, head);
      if (found === null) continue;
      governing.push({ path: lockPath, ...found, stale: await wasStale(path, lockPath, base) });
    }
    if (governing.length === 0) continue;
    const members = await memberNames(head, governing.map((one) => one.path));
    for (const raw of wanted) {
      // A member of the workspace is no package that anybody fetches.
      if (members.has(raw.name) || replaced.has(raw.name) || local.has(raw.name)) continue;
      const says = governing.map(({ lock, importer, manifests, ...rest }) => ({
        ...rest,
        ...answered(lock, importer, overridden(manifests)(inherited(manifests)(raw))),
      }));
      // Of two lockfiles side by side one is in use; which one only the team knows.
      if (says.some(({ ok }) => ok !== false)) continue;
      const first = says.find(({ stale }) => !stale);
      if (!first) {
        notes.push(
          `${raw.name} is not in ${
            says.map((one) => one.path).join(", ")
          }, which did not agree with ${path} before either`.slice(0, 500),
        );
        continue;
      }
      const line = here.find(({ name }) => name === raw.name)?.line;
      problems.push({
        kind: "missing",
        path,
        name: raw.name.slice(0, 500),
        detail: (first.found.length > 0
          ? `${path} asks for ${raw.name} ${raw.range}, and ${first.path} records ${
            first.found.slice(0, 5).join(", ")
          }`
          : `${path} asks for ${raw.name} ${raw.range}, and ${first.path} does not record it`).slice(0, 500),
        certain: true,
        ...(line === undefined ? {} : { line }),
      });
    }
  }
  return problems;
}

/** Names of the packages that lie in the repository beside or below these lockfiles. */
async function memberNames(head: Side, locks: readonly string[]): Promise<Set<string>> {
  const names = new Set<string>();
  for (const lock of locks) {
    for (const path of manifestsUnder(lock, head.paths)) {
      const own = (await head.manifest(path)).value?.own ?? "";
      if (own !== "") names.add(own);
    }
  }
  return names;
}

/** What an override or resolution sets to another version is locked in that one, whatever the range says. */
function overridden(manifests: readonly Manifest[]): (one: Declared) => Declared {
  const names = new Set(
    manifests.flatMap(({ declared }) =>
      declared.filter(({ group }) => group === "override").map(({ alias }) => alias)
    ),
  );
  return (one) => names.has(one.alias) ? { ...one, range: "*" } : one;
}

/** Modules of the repository itself, which a go.work puts beside each other. */
async function goModules(head: Side): Promise<Set<string>> {
  const names = new Set<string>();
  for (const path of [...head.paths].filter((one) => nameOf(one) === "go.mod").slice(0, 200)) {
    const own = (await head.manifest(path)).value?.own ?? "";
    if (own !== "") names.add(own);
  }
  return names;
}

/** A dependency that only goes to another group of the manifest: what is locked stays. */
const moves = ({ before, after }: DeclaredChange): boolean =>
  before !== null && after !== null && before.range === after.range && before.source === after.source;

async function governs(
  path: string,
  manifest: Manifest,
  lockPath: string,
  at: Side,
): Promise<{ lock: Lock; importer: string; manifests: Manifest[] } | null> {
  const { value: lock } = await at.lock(lockPath);
  if (lock === null) return null;
  const importer = importerOf(path, lockPath);
  const rootPath =
    [...at.paths].filter((one) =>
      directoryOf(one) === directoryOf(lockPath) && nameOf(one) === nameOf(path)
    )[0];
  const root = rootPath === undefined ? null : (await at.manifest(rootPath)).value;
  const pnpm = lockPath.endsWith("pnpm-lock.yaml")
    ? (await at.manifest(lockPath.replace(/pnpm-lock\.yaml$/, "pnpm-workspace.yaml"))).value
    : null;
  const member = isMember(root, importer) || isMember(pnpm, importer);
  const manifests = [manifest, ...(root ? [root] : [])];
  if (lock.format === "cargo") {
    const recorded = [...lock.entries.values()].some((one) =>
      one.source === "workspace" && one.name === manifest.own
    );
    // A manifest of a workspace alone declares for its members, who ask in their own name.
    if (manifest.own === "") return null;
    return importer === "" || member || recorded ? { lock, importer: manifest.own, manifests } : null;
  }
  if (importer !== "" && !member && !(lock.importers?.includes(importer) ?? false)) return null;
  return { lock, importer, manifests };
}

/** Whether the lockfile did not answer its manifest at base either, so that nobody relies on it. */
async function wasStale(path: string, lockPath: string, base: Side): Promise<boolean> {
  const { value: manifest } = await base.manifest(path);
  if (manifest === null || !base.paths.has(lockPath)) return false;
  const found = await governs(path, manifest, lockPath, base);
  if (found === null) return false;
  const names = inherited(found.manifests);
  const name = (one: Declared) => overridden(found.manifests)(names(one));
  return manifest.declared.filter(isLocked).some((one) =>
    answered(found.lock, found.importer, name(one)).ok === false
  );
}

/** Lockfiles that go while what they lock stays. */
export function lockProblems(files: readonly FileFacts[], base: Side, head: Side): SupplyProblem[] {
  return files.flatMap((file): SupplyProblem[] => {
    const gone = file.status === "D" ? file.path : file.status === "R" ? file.from : undefined;
    if (gone === undefined || isFixture(gone) || lockKind(gone) === null) return [];
    const patterns = lockKind(gone)?.manifests ?? [];
    const beside = (at: Side) => [...at.paths].filter((path) => directoryOf(path) === directoryOf(gone));
    const manifest = beside(head).find((path) => patterns.some((pattern) => pattern.test(nameOf(path))));
    if (manifest === undefined || !beside(base).includes(gone)) return [];
    const another = locksAbove(manifest, head.paths).some((path) => lockKind(path) !== null);
    return another ? [] : [{
      kind: "checksums-off",
      path: gone,
      name: nameOf(gone),
      detail: `${gone} is deleted, and ${manifest} stays: nothing pins what it asks for any more`.slice(
        0,
        500,
      ),
      certain: false,
    }];
  });
}
