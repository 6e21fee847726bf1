import type { LockedChange, LockedSide, SupplyProblem } from "../../../specs/mod.ts";
import { hashChange } from "./hashes.ts";
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

const sideOf = (one: Locked): LockedSide => ({
  version: one.version.slice(0, 300),
  source: one.source,
  from: one.from.slice(0, 500),
  integrity: one.integrity.slice(0, 400).map((hash) => hash.slice(0, 300)),
  installScript: one.installScript,
});

const idOf = (one: Locked): string => `${one.ecosystem} ${one.name} ${one.version}`;

function grouped<T>(items: Iterable<T>, key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group) group.push(item);
    else groups.set(key(item), [item]);
  }
  return groups;
}

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

export function lockChanges(pair: LockPair): { changes: LockedChange[]; problems: SupplyProblem[] } {
  const { base, head, reached, path } = pair;
  const problems: SupplyProblem[] = [];
  const changes: LockedChange[] = [];
  const lineFor = (one: Locked): number | undefined =>
    lineOf(pair.text, [
      `"${one.key.replace(/^(?:npm|jsr):/, "")}"`,
      `${one.key}:`,
      `name = "${one.name}"\nversion = "${one.version}"`,
      `${one.name} ${one.version}`,
      `${one.name}==`,
      `"${one.name}"`,
      one.name,
    ]);
  // Lines lead a reader; of hundreds of changes nobody reads one.
  const lineOfChange = (one: Locked) => changes.length < 100 ? lineFor(one) : undefined;
  const add = (kind: SupplyProblem["kind"], one: Locked, detail: string, certain = true) => {
    const line = lineFor(one);
    problems.push({
      kind,
      path,
      name: one.name.slice(0, 500),
      detail: detail.slice(0, 500),
      certain,
      ...(line === undefined ? {} : { line }),
    });
  };
  const label = (one: Locked) => one.version === "" ? one.name : `${one.name} ${one.version}`;

  const baseById = grouped(base?.entries.values() ?? [], idOf);
  const headById = grouped(head.entries.values(), idOf);
  const baseByName = grouped(base?.entries.values() ?? [], (one) => one.name);
  const headByName = grouped(head.entries.values(), (one) => one.name);
  const knownHosts = new Set(
    [...base?.entries.values() ?? []].filter((one) => one.source === "registry").map((one) => one.from),
  );
  const sameTool = base !== null && base.format === head.format && base.generator === head.generator;
  const versionsChange = [...headById].some(([id, [one]]) =>
    !baseById.has(id) && one !== undefined && baseByName.has(one.name)
  );

  const asked = (one: Locked): LockedChange["asked"] => {
    if (!head.graph && !reached.direct.has(one.key)) return "unknown";
    if (reached.direct.has(one.key)) return "direct";
    if (reached.all.has(one.key)) return "transitive";
    return reached.blind.length > 0 ? "unknown" : "unasked";
  };

  // Versions that go and come, paired by name.
  const gone = new Map<string, Locked[]>();
  for (const [id, [one]] of baseById) {
    if (!headById.has(id) && one) gone.set(one.name, [...gone.get(one.name) ?? [], one]);
  }
  const hashed = hashesExpected(base, head);
  for (const [id, entries] of headById) {
    const old = baseById.get(id);
    for (const one of old ? [] : entries.slice(0, 1)) {
      const before = gone.get(one.name)?.shift() ?? null;
      changes.push(change(path, one, before, one, asked(one), lineOfChange(one)));
      if (hashed && one.source === "registry" && one.integrity.length === 0 && !one.bundled) {
        add("integrity-removed", one, `${label(one)} comes without a hash, unlike the others`, false);
      }
      const other = baseByName.get(one.name);
      if (other && one.installScript && !other.some((each) => each.installScript)) {
        add(
          "install-script-gained",
          one,
          `${label(one)} runs a script when it is installed; ${
            other.map((each) => each.version).join(", ")
          } did not`,
          false,
        );
      }
    }
    // Every copy of a version has to be the same: as at base, or as the first of its kind.
    const model = old ?? entries.slice(0, 1);
    for (const one of entries) {
      const best = bestOf(model.map((each) => hashChange(each.integrity, one.integrity)));
      const comparable = sameTool || base === null || head.format !== "yarn berry";
      if (old && one.source !== "workspace" && (best !== "same" || differs(model, one))) {
        changes.push(change(path, one, model[0] ?? null, one, asked(one), lineOfChange(one)));
      }
      if (comparable && (best === "other" || best === "part" || best === "more")) {
        const grows = best === "more";
        if (!grows || (!versionsChange && head.ecosystem === "pypi")) {
          add(
            "integrity-changed",
            one,
            grows
              ? `${label(one)} gets more hashes than it had, and nothing else changes`
              : `${
                label(one)
              } gets another hash than it had; what was published under a version does not change`,
            best === "other",
          );
        }
      }
      if (
        one.source !== "workspace" && one.source !== "path" && !one.bundled &&
        (best === "gone" || best === "weaker") && old
      ) {
        add(
          "integrity-removed",
          one,
          `${label(one)} ${best === "gone" ? "loses its hash" : "gets a weaker hash"}`,
          head.hashes,
        );
      }
      if (old && one.installScript && !old.some((each) => each.installScript) && sameTool) {
        add(
          "install-script-gained",
          one,
          `${
            label(one)
          } is recorded with a script that runs when it is installed; base says that it has none`,
        );
      }
      if (
        old && one.wrongAddress && !old.some((each) => each.wrongAddress === one.wrongAddress) ||
        (!old && one.wrongAddress)
      ) {
        add(
          "wrong-address",
          one,
          `${label(one)} is fetched from ${one.wrongAddress}, which is another package's address`,
        );
      }
      sourceProblem(one, baseByName.get(one.name) ?? [], pair, knownHosts, add, label);
    }
    const grown = old ? grownNeeds(old, entries) : [];
    const first = entries[0];
    if (first && grown.length > 0 && sameTool) {
      const fixed = head.fixedNeeds && !pair.rewritesChange;
      if (fixed || (!head.fixedNeeds && !pair.manifestsChange && !versionsChange)) {
        add(
          "edges-changed",
          first,
          `${label(first)} is recorded to need ${
            grown.slice(0, 5).join(", ")
          }, which it did not before; a published version does not change`,
        );
      }
    }
  }
  for (const [, rest] of gone) {
    for (const one of rest) changes.push(change(path, one, one, null, "unasked", undefined));
  }

  unasked(pair, add, label);
  claimed(pair, problems);
  downgrades(pair, baseByName, headByName, add);
  return { changes, problems };
}

/** Whether nearly all packages of a registry have a hash, so that one without stands out. */
function hashesExpected(base: Lock | null, head: Lock): boolean {
  if (!head.hashes) return false;
  const all = [...(base ?? head).entries.values()].filter((one) => one.source === "registry" && !one.bundled);
  return all.length > 0 && all.filter((one) => one.integrity.length > 0).length >= 0.9 * all.length;
}

function change(
  path: string,
  named: Locked,
  before: Locked | null,
  after: Locked | null,
  asked: LockedChange["asked"],
  line: number | undefined,
): LockedChange {
  return {
    path,
    ecosystem: named.ecosystem,
    name: named.name.slice(0, 500),
    before: before ? sideOf(before) : null,
    after: after ? sideOf(after) : null,
    asked,
    ...(line === undefined ? {} : { line }),
  };
}

const ORDER = ["same", "more", "part", "weaker", "gone", "other"] as const;
function bestOf(changes: readonly ReturnType<typeof hashChange>[]): ReturnType<typeof hashChange> {
  return ORDER.find((one) => changes.includes(one)) ?? "same";
}

const differs = (model: readonly Locked[], one: Locked): boolean =>
  !model.some((each) =>
    each.source === one.source && each.from === one.from && each.installScript === one.installScript
  );

function grownNeeds(old: readonly Locked[], now: readonly Locked[]): string[] {
  const before = new Set(old.flatMap((one) => one.needs));
  return [...new Set(now.flatMap((one) => one.needs))].filter((need) => !before.has(need));
}

type Add = (kind: SupplyProblem["kind"], one: Locked, detail: string, certain?: boolean) => void;

/** Another place than the usual registry, that no manifest asks for; or another registry than base has. */
function sourceProblem(
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
function unasked(pair: LockPair, add: Add, label: (one: Locked) => string): void {
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
function claimed(pair: LockPair, problems: SupplyProblem[]): void {
  const { base, reached, reachedBase, path } = pair;
  if (reached.blind.length > 0) return;
  const key = ({ importer, name }: { importer: string; name: string }) => `${importer}\n${name}`;
  const before = new Set((reachedBase?.unfounded ?? []).map(key));
  const told = new Set<string>();
  for (const claim of reached.unfounded) {
    if (told.has(key(claim)) || (base !== null && before.has(key(claim)))) continue;
    told.add(key(claim));
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
function downgrades(
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
