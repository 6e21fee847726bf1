import type { SupplyProblem } from "../../../specs/mod.ts";
import { type Lock, type Locked, nameOf } from "./model.ts";
import type { Reached } from "./reach.ts";
import { compareVersions, parseVersion } from "./version.ts";

/** Everything that is known of one changed lockfile. */
export interface LockPair {
  readonly path: string;
  readonly base: Lock | null;
  readonly head: Lock;
  readonly reachedBase: Reached | null;
  readonly reached: Reached;
  /** Text at head, for the lines of findings. */
  readonly text: string;
  /** Names that a manifest declares to come from git, an address or a path, at head. */
  readonly elsewhere: ReadonlySet<string>;
  /** Names whose declaration changes in this change. */
  readonly declaredHere: ReadonlySet<string>;
  /** Whether any manifest changes, and whether what rewrites the dependencies of others does. */
  readonly manifestsChange: boolean;
  readonly rewritesChange: boolean;
}

const PUBLIC_HOSTS = new Set([
  ...["registry.npmjs.org", "registry.yarnpkg.com", "registry.npmjs.com", "npm.jsr.io", "jsr.io"],
  ...["pypi.org", "files.pythonhosted.org", "crates.io", "proxy.golang.org", "npm.pkg.github.com"],
]);

export const idOf = (one: Locked): string =>
  `${one.ecosystem} ${one.name} ${one.version}${one.variant ?? ""}`;

/** Line of the first text that is found; lockfiles are long, and a reader wants to be led. */
export function lineOf(text: string, needles: readonly string[]): number | undefined {
  for (const needle of needles) {
    const at = needle === "" ? -1 : text.indexOf(needle);
    if (at < 0) continue;
    let line = 1;
    for (let from = text.indexOf("\n"); from >= 0 && from < at; from = text.indexOf("\n", from + 1)) line++;
    return line;
  }
  return undefined;
}

export type Add = (kind: SupplyProblem["kind"], one: Locked, detail: string, certain?: boolean) => void;

/** Another place than the usual registry, that no manifest asks for; or another registry than base has. */
export function sourceProblem(
  one: Locked,
  old: readonly Locked[],
  pair: LockPair,
  knownHosts: ReadonlySet<string>,
  add: Add,
  label: (one: Locked) => string,
): void {
  if (one.ecosystem === "url" || one.source === "workspace") return;
  const same = old.some((each) => each.source === one.source && each.from === one.from);
  if (same) return;
  if (one.source !== "registry") {
    if (pair.elsewhere.has(one.name) || one.source === "path" || one.source === "unknown") return;
    // Another commit of the same repository is a new version, no new source.
    const repository = (from: string) => from.replace(/[#?].*$/, "").replace(/[0-9a-f]{40}.*$/, "");
    if (old.some((each) => each.source === one.source && repository(each.from) === repository(one.from))) {
      return;
    }
    add(
      "source-changed",
      one,
      `${label(one)} comes from ${one.source === "git" ? "a git repository" : "an address"} (${
        one.from.slice(0, 200)
      }), which no manifest asks for`,
      old.some((each) => each.source === "registry"),
    );
    return;
  }
  if (one.from === "" || PUBLIC_HOSTS.has(one.from)) {
    const before = old.find((each) =>
      each.source === "registry" && each.from !== "" && !PUBLIC_HOSTS.has(each.from)
    );
    // From a private registry to the public one: dependency confusion.
    if (before && one.from !== "" && knownHosts.has(before.from)) {
      add(
        "source-changed",
        one,
        `${label(one)} came from ${before.from} and now comes from ${one.from}`,
        false,
      );
    }
    return;
  }
  if (old.some((each) => each.source === "registry")) {
    add(
      "source-changed",
      one,
      `${label(one)} came from ${old[0]?.from || "the usual registry"} and now comes from ${one.from}`,
      !knownHosts.has(one.from),
    );
  } else if (!knownHosts.has(one.from)) {
    add(
      "strange-registry",
      one,
      `${label(one)} comes from ${one.from}, from which nothing came before`,
      pair.base !== null,
    );
  }
}

/** What nobody asks for at head and was not so at base. */
export function unasked(pair: LockPair, add: Add, label: (one: Locked) => string): void {
  const { base, head, reached, reachedBase } = pair;
  const ids = new Set([...base?.entries.values() ?? []].map(idOf));
  const names = new Set([...base?.entries.values() ?? []].map((one) => one.name));
  if (reached.blind.length > 0) return;
  const wasUnasked = new Set(
    [...base?.entries.values() ?? []].filter((one) => reachedBase !== null && !reachedBase.all.has(one.key))
      .map(idOf),
  );
  const askedIds = new Set([...head.entries.values()].filter((one) => reached.all.has(one.key)).map(idOf));
  if (!head.graph) {
    // Without a record of who needs whom: a new name needs at least somebody else that changes.
    if (head.format === "go.sum") return;
    const some = [...head.entries.values()];
    const parents = some.some((one) =>
      !ids.has(idOf(one)) && (names.has(one.name) || reached.direct.has(one.key))
    );
    for (const one of some) {
      if (names.has(one.name) || reached.direct.has(one.key) || parents) continue;
      add(
        "unasked",
        one,
        `${label(one)} is recorded, and no manifest asks for it; nothing else changes that could need it`,
      );
    }
    return;
  }
  const told = new Set<string>();
  for (const one of head.entries.values()) {
    const id = idOf(one);
    if (reached.all.has(one.key) || told.has(id) || askedIds.has(id)) continue;
    // A version that nobody asked for at base either is not this change's doing.
    if (ids.has(id) && (reachedBase === null || wasUnasked.has(id))) continue;
    told.add(id);
    add(
      "unasked",
      one,
      ids.has(id)
        ? `${label(one)} stays in ${nameOf(pair.path)}, and nobody asks for it any more`
        : `${
          label(one)
        } is recorded, and no manifest asks for it, neither directly nor through another package`,
      !reached.partial && (one.ecosystem !== "url" || !anyNewAddress(pair)),
    );
  }
}

/** Modules by address bring others along that only their own text names. */
const anyNewAddress = ({ head, base, reached }: LockPair): boolean =>
  [...head.entries.values()].some((one) =>
    one.ecosystem === "url" && reached.direct.has(one.key) && !base?.entries.has(one.key)
  );

/** What the lockfile says of a manifest, and the manifest does not say. */
export function claimed(pair: LockPair, problems: SupplyProblem[]): void {
  const { base, reached, reachedBase, path } = pair;
  if (reached.blind.length > 0) return;
  const key = ({ importer, name }: { importer: string; name: string }) => `${importer}\n${name}`;
  const before = new Set((reachedBase?.unfounded ?? []).map(key));
  const told = new Set<string>();
  for (const claim of reached.unfounded) {
    if (told.has(key(claim)) || (base !== null && before.has(key(claim)))) continue;
    told.add(key(claim));
    if (told.size > 300) break;
    const line = lineOf(pair.text, [`"${claim.name}"`, claim.name]);
    problems.push({
      kind: "claimed",
      path,
      name: claim.name.slice(0, 500),
      detail: `${nameOf(path)} says that ${
        claim.importer === "" ? "its manifest" : claim.importer
      } asks for ${claim.name}, which it does not`.slice(0, 500),
      certain: true,
      ...(line === undefined ? {} : { line }),
    });
  }
}

/** Older versions than before, where no manifest asks for them. */
export function downgrades(
  pair: LockPair,
  before: ReadonlyMap<string, Locked[]>,
  after: ReadonlyMap<string, Locked[]>,
  add: Add,
): void {
  if (pair.head.format === "go.sum" || pair.head.format === "requirements") return;
  const versions = (list: readonly Locked[]) =>
    list.flatMap((one) => parseVersion(one.version) ?? []).length === 0
      ? []
      : list.map((one) => parseVersion(one.version)).filter((one) => one !== null).toSorted(compareVersions);
  for (const [name, now] of after) {
    const [old, recent] = [versions(before.get(name) ?? []), versions(now)];
    const [lowest, highest] = [old[0], recent.at(-1)];
    const one = now[0];
    if (!lowest || !highest || !one || compareVersions(highest, lowest) >= 0) continue;
    const direct = now.some((each) => pair.reached.direct.has(each.key));
    if (pair.declaredHere.has(name) || (pair.manifestsChange && !direct)) continue;
    add(
      "downgraded",
      one,
      `${name} goes back from ${
        before.get(name)?.[0]?.version
      } to ${one.version}, and no manifest asks for that`,
      false,
    );
  }
}
