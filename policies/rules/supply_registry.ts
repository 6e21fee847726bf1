import type { RegistryEntry, Spec } from "../../specs/mod.ts";
import { hashChange } from "../facts/supply/hashes.ts";
import { licenceAllowed } from "../facts/supply/licence.ts";
import { type NewPackage, newPackages } from "../facts/supply/queries.ts";
import type { RepoPolicy } from "../repo_policy.ts";
import { pass, rule } from "../rule.ts";
import { PATCH_ALWAYS } from "./bindings.ts";
import { settle, supplyOf } from "./supply.ts";
import type { Told } from "./supply_declared.ts";

const DAY_MS = 86_400_000;

interface Given {
  spec: Spec;
  patch: Parameters<typeof supplyOf>[0];
  policy: RepoPolicy;
}

/** Whether registries have to be asked: the repository's policy says so, or so much depends on the change that nobody may guess. */
function wanted({ spec, patch, policy }: Given): { applies: boolean; because: string } {
  if (patch.supply === undefined) return { applies: false, because: "no dependency changes" };
  const packages = newPackages(patch.supply);
  const truncated = patch.supply.problems.some(({ kind }) => kind === "truncated");
  if (packages.length === 0 && !truncated) {
    return { applies: false, because: "no new version of a package comes in" };
  }
  if (policy.supply.registry === "ask") {
    return { applies: true, because: "the repository's policy asks registries" };
  }
  if (spec.tier === "critical" && packages.some(({ fresh }) => fresh)) {
    return { applies: true, because: "a new dependency in the tier critical" };
  }
  return { applies: false, because: "the repository's policy asks no registry (supply.registry: off)" };
}

const labelOf = ({ name, version }: NewPackage): string => `${name} ${version}`.trim();

function told(one: NewPackage, message: string, remediation: string, certain: boolean): Told {
  return {
    message: message.slice(0, 900),
    path: one.path,
    ...(one.line === undefined ? {} : { line: one.line }),
    remediation,
    certain,
  };
}

/** The answer of the snapshot to one package, or why there is none. */
function answerOf(
  one: NewPackage,
  entries: ReadonlyMap<string, RegistryEntry>,
): { entry: RegistryEntry } | { missing: Told } {
  const entry = entries.get(keyOf(one));
  if (entry && entry.state !== "unreachable") return { entry };
  return {
    missing: told(
      one,
      `Nobody could tell what its registry says of ${labelOf(one)}: ${
        entry ? "it did not answer" : "it was not asked"
      }`,
      "Run it again where the registry can be reached, or let a human answer",
      false,
    ),
  };
}

const keyOf = ({ ecosystem, name, version }: Pick<RegistryEntry, "ecosystem" | "name" | "version">): string =>
  `${ecosystem}\n${name}\n${version}`;

/** L2: what comes in is what its registry knows, old and used enough, and under a licence that the repository allows. */
export const supplyRegistryRules = [
  rule({
    id: "D1",
    gate: "registry-facts",
    layer: "L2",
    mode: "enforce",
    severity: "high",
    description:
      "Where the policy asks registries: every new package version exists, has the recorded hash, is neither too young nor unused nor deprecated; without an answer a human decides",
    remediation: "Take a version that the registry knows, or let a human answer",
    bindings: PATCH_ALWAYS,
    reads: ["spec", "patch", "change", "policy", "registry"],
    selector: wanted,
    evaluate: ({ patch, policy, registry, at }) => {
      const supply = supplyOf(patch);
      const entries = new Map(
        (registry.recorded?.snapshot.entries ?? []).map((entry) => [keyOf(entry), entry]),
      );
      const all: Told[] = supply.problems.filter(({ kind }) => kind === "truncated").map((problem) => ({
        message: `${problem.path}: ${problem.detail}, so that not all of them can be judged`,
        path: problem.path,
        remediation: "Split the change, or let a human answer",
        certain: false,
      }));
      for (const one of newPackages(supply)) {
        const answer = answerOf(one, entries);
        if ("missing" in answer) all.push(answer.missing);
        else all.push(...entryFindings(one, answer.entry, policy, at));
      }
      return settle(all, "registries know every new package");
    },
  }),
  rule({
    id: "D3",
    gate: "licences",
    layer: "L2",
    mode: "enforce",
    severity: "medium",
    description:
      "The licence of every new package version is one that the repository's policy allows (supply.licences)",
    remediation: "Take a package under an allowed licence, or let a human answer",
    bindings: PATCH_ALWAYS,
    reads: ["spec", "patch", "change", "policy", "registry"],
    selector: (given) => {
      if (given.policy.supply.licences.length === 0) {
        return { applies: false, because: "the repository's policy lists no licences" };
      }
      const applies = given.patch.supply !== undefined && newPackages(given.patch.supply).length > 0;
      return {
        applies,
        because: applies ? "the repository's policy lists licences" : "no new version of a package comes in",
      };
    },
    evaluate: ({ patch, policy, registry }) => {
      const entries = new Map(
        (registry.recorded?.snapshot.entries ?? []).map((entry) => [keyOf(entry), entry]),
      );
      const all = newPackages(supplyOf(patch)).flatMap((one): Told[] => {
        const answer = answerOf(one, entries);
        if ("missing" in answer) return [answer.missing];
        const { licence, state } = answer.entry;
        if (state !== "found") return [];
        const allowed = licence === null ? null : licenceAllowed(licence, policy.supply.licences);
        if (allowed === true) return [];
        return [told(
          one,
          allowed === null
            ? `The licence of ${labelOf(one)} is not known (${licence ?? "the registry tells none"})`
            : `${labelOf(one)} is under ${licence}, which the repository's policy does not allow`,
          "Take a package under an allowed licence, or let a human answer",
          allowed === false,
        )];
      });
      return all.length === 0 ? pass() : settle(all, "every licence is allowed");
    },
  }),
];

function entryFindings(one: NewPackage, entry: RegistryEntry, policy: RepoPolicy, at: string): Told[] {
  const { minAgeDays, minDownloads } = policy.supply;
  if (entry.state === "no-package") {
    return [
      told(
        one,
        `${one.name} is not known to its registry`,
        `Correct the name, or take ${one.name} out`,
        true,
      ),
    ];
  }
  if (entry.state === "no-version") {
    return [
      told(
        one,
        `The registry has ${one.name}, but no version ${one.version}`,
        "Take a version that was published",
        true,
      ),
    ];
  }
  const findings: Told[] = [];
  const age = (instant: string) => (Date.parse(at) - Date.parse(instant)) / DAY_MS;
  const days = (number: number) => `${Math.max(0, Math.floor(number))} days`;
  if (entry.published === null) {
    findings.push(
      told(one, `The registry does not tell when ${labelOf(one)} was published`, "Let a human answer", false),
    );
  } else if (age(entry.published) < minAgeDays) {
    findings.push(told(
      one,
      `${labelOf(one)} was published ${days(age(entry.published))} ago; the policy asks for ${minAgeDays}`,
      "Take an older version, or wait",
      one.fresh && entry.firstPublished !== null && age(entry.firstPublished) < minAgeDays,
    ));
  }
  if (one.fresh && entry.downloads !== null && entry.downloads < minDownloads) {
    findings.push(told(
      one,
      `${one.name} is hardly used: ${entry.downloads} downloads a week; the policy asks for ${minDownloads}`,
      "Take a package that others use, or let a human answer",
      false,
    ));
  }
  if (entry.deprecated !== null) {
    findings.push(told(
      one,
      `${labelOf(one)} is deprecated: ${entry.deprecated.slice(0, 200)}`,
      "Take a version that is kept up, or let a human answer",
      false,
    ));
  }
  if (one.integrity.length > 0 && entry.integrity.length > 0) {
    const said = hashChange(entry.integrity, one.integrity);
    if (said === "other" || said === "part" || said === "more") {
      findings.push(told(
        one,
        `The lockfile records another hash of ${labelOf(one)} than its registry`,
        "Let the package manager write the lockfile",
        true,
      ));
    }
  }
  if (
    one.ecosystem === "npm" && entry.installScript === true && !one.installScript &&
    one.path.endsWith("package-lock.json")
  ) {
    findings.push(told(
      one,
      `${labelOf(one)} runs a script at install, and the lockfile does not say so`,
      "Let the package manager write the lockfile",
      false,
    ));
  }
  return findings;
}
