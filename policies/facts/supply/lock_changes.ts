import type { LockedChange, LockedSide, SupplyProblem } from "../../../specs/mod.ts";
import { hashChange } from "./hashes.ts";
import { claimed, downgrades, idOf, lineOf, type LockPair, sourceProblem, unasked } from "./lock_problems.ts";
import type { Lock, Locked } from "./model.ts";

const MAX_PROBLEMS = 300;

const sideOf = (one: Locked): LockedSide => ({
  version: one.version.slice(0, 300),
  source: one.source,
  from: one.from.slice(0, 500),
  integrity: one.integrity.slice(0, 400).map((hash) => hash.slice(0, 300)),
  installScript: one.installScript,
});

function grouped<T>(items: Iterable<T>, key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group) group.push(item);
    else groups.set(key(item), [item]);
  }
  return groups;
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
    // More than anybody reads; each costs a walk through the file.
    if (problems.length >= MAX_PROBLEMS) return;
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
