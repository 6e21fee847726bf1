import type { Finding, PatchFacts, SupplyFacts, SupplyProblem } from "../../specs/mod.ts";
import { intentsOf } from "../../specs/code/mod.ts";
import { isWellKnown } from "../facts/supply/popular.ts";
import { fail, type Outcome, pass, rule } from "../rule.ts";
import { PATCH_ALWAYS } from "./bindings.ts";
import { namesPath } from "./named.ts";
import { anyName, askedFindings, BACK, isNew, sourceFindings, type Told } from "./supply_declared.ts";
import { mentionsOf } from "./supply_mention.ts";

/** The facts of dependencies; absent although a manifest or lockfile changes, they are an error and no pass. */
export function supplyOf(patch: PatchFacts): SupplyFacts {
  if (patch.supply) return patch.supply;
  if (patch.files.some(({ kind }) => kind === "manifest" || kind === "lockfile")) {
    throw new Error("the facts of the patch hold no supply facts, although a manifest or lockfile changes");
  }
  return { declared: [], locked: [], problems: [], notes: [] };
}

/** Whether the rules have anything to look at. */
const concerned = ({ patch }: { patch: PatchFacts }) => {
  const applies = patch.supply !== undefined ||
    patch.files.some(({ kind }) => kind === "manifest" || kind === "lockfile");
  return {
    applies,
    because: applies
      ? "a manifest, lockfile or build script changes"
      : "no manifest, lockfile or build script changes",
  };
};

const REMEDY: Readonly<Record<SupplyProblem["kind"], (problem: SupplyProblem) => string>> = {
  unasked: ({ path, name }) =>
    `Run the package manager, so that ${path} follows from its manifests, or take ${name} out of it`,
  claimed: ({ path, name }) => `Declare ${name} in the manifest, or take it out of ${path}`,
  missing: ({ name }) =>
    `Run the package manager and commit the lockfile with the manifest, or take ${name} back`,
  "integrity-changed": ({ path, name }) =>
    `Restore the hash of ${name} in ${path} from base, or take another version`,
  "integrity-removed": ({ path, name }) => `Let the package manager record the hash of ${name} in ${path}`,
  "source-changed": ({ name }) =>
    `Take ${name} from the registry that it came from, or declare the other source in a manifest`,
  "wrong-address": ({ path, name }) => `Let the package manager write the address of ${name} in ${path}`,
  "strange-registry": ({ name }) =>
    `Take ${name} from a registry that the project uses already, or let a human answer`,
  "edges-changed": ({ path, name }) =>
    `Restore the entry of ${name} in ${path} from base, or take another version`,
  "install-script-gained": ({ name }) =>
    `Keep the version of ${name} that has no install script, or let a human answer`,
  "lifecycle-script": ({ name }) => `Take the script ${name} out; run it by hand or in CI`,
  "build-code": ({ path }) => `Keep ${path} to building, or let a human answer`,
  "registry-option": () =>
    "Keep to the registries that the project uses already, or name the host in the spec and let a human answer",
  "checksums-off": ({ path }) => `Restore ${path}, or name it in intent.removes`,
  downgraded: ({ name }) => `Keep the version of ${name}, or ask for the older one in the spec`,
  unread: ({ path }) => `Write ${path} in the form that its package manager writes`,
  truncated: () => "Split the change",
};

const toldOf = (problem: SupplyProblem, certain = problem.certain): Told => ({
  message: `${problem.path}: ${problem.detail}`,
  path: problem.path,
  ...(problem.line === undefined ? {} : { line: problem.line }),
  remediation: REMEDY[problem.kind](problem),
  certain,
});

/** Denies when something is certain; where an honest tool may write the same, a human is asked. */
export function settle(told: readonly Told[], what: string, notes: Finding[] = []): Outcome {
  if (told.length === 0) return pass(notes);
  const findings = told.map(({ certain: _, ...finding }) => finding);
  const places = [...new Set(told.map(({ path }) => path ?? ""))].filter((path) => path !== "").slice(0, 10);
  const open = told.every(({ certain }) => !certain);
  return fail(
    findings,
    `passes when ${what}${places.length > 0 ? ` (${places.join(", ")})` : ""}${
      open ? ", or with an approval that is bound to this patch" : ""
    }`,
    { escalates: open },
  );
}

const AGREEMENT = new Set<SupplyProblem["kind"]>([
  "unasked",
  "claimed",
  "missing",
  "edges-changed",
  "unread",
]);
const INTEGRITY = new Set<SupplyProblem["kind"]>([
  "integrity-changed",
  "integrity-removed",
  "source-changed",
  "wrong-address",
  "strange-registry",
]);
const INSTALL = new Set<SupplyProblem["kind"]>(["lifecycle-script", "install-script-gained", "build-code"]);

export const supplyRules = [
  rule({
    id: "D4",
    gate: "lock-agreement",
    layer: "L0",
    mode: "enforce",
    severity: "high",
    description:
      "Lockfile and manifest agree in both directions: every recorded package is asked for by a manifest, directly or through others, and every declaration that changes is recorded",
    remediation: "Change the manifest, run the package manager and commit both files as it writes them",
    bindings: PATCH_ALWAYS,
    reads: ["patch", "change"],
    selector: concerned,
    evaluate: ({ patch }) => {
      const supply = supplyOf(patch);
      return settle(
        supply.problems.filter(({ kind }) => AGREEMENT.has(kind)).map((problem) => toldOf(problem)),
        "lockfile and manifest agree",
        supply.notes.map((message) => ({ message, remediation: "" })),
      );
    },
  }),
  rule({
    id: "D4",
    gate: "lock-integrity",
    layer: "L0",
    mode: "enforce",
    severity: "critical",
    description:
      "What a lockfile records of a version stays as it was published: its hash, its registry and its address",
    remediation: "Restore the entries from base and let the package manager write the lockfile",
    bindings: PATCH_ALWAYS,
    reads: ["patch", "change"],
    selector: concerned,
    evaluate: ({ patch }) =>
      settle(
        supplyOf(patch).problems.filter(({ kind }) => INTEGRITY.has(kind)).map((problem) => toldOf(problem)),
        "what was recorded of a version stays as it was",
      ),
  }),
  rule({
    id: "D1",
    gate: "asked-dependencies",
    layer: "L2",
    mode: "enforce",
    severity: "high",
    description:
      "New dependencies, older versions, opened ranges and lockfiles that go are what the spec asks for",
    remediation: "Name the dependency in the spec, or take it out",
    bindings: PATCH_ALWAYS,
    reads: ["spec", "patch", "change"],
    selector: concerned,
    evaluate: ({ spec, patch }) => {
      const supply = supplyOf(patch);
      const mentions = mentionsOf(spec);
      const removes = intentsOf(spec).flatMap((intent) => intent.removes);
      const told = supply.declared.flatMap((one) => askedFindings(one, supply, spec, patch, mentions));
      for (const problem of supply.problems) {
        const { kind, path, name } = problem;
        if (kind === "checksums-off" && !removes.some((entry) => namesPath(entry, path))) {
          told.push(toldOf(problem));
        }
        if (kind === "downgraded" && !anyName(mentions, name) && !mentions.words(BACK)) {
          told.push(toldOf(problem));
        }
      }
      return settle(told, "every new dependency is one that the spec asks for");
    },
  }),
  rule({
    id: "D1",
    gate: "dependency-sources",
    layer: "L2",
    mode: "enforce",
    severity: "high",
    description:
      "A dependency comes from a registry that the project uses, and a new one does not look like another",
    remediation: "Take the package from its registry, by its own name",
    bindings: PATCH_ALWAYS,
    reads: ["spec", "patch", "change"],
    selector: concerned,
    evaluate: ({ spec, patch }) => {
      const supply = supplyOf(patch);
      const mentions = mentionsOf(spec);
      const told = supply.declared.flatMap((one) => sourceFindings(one, mentions));
      for (const problem of supply.problems.filter(({ kind }) => kind === "registry-option")) {
        const host = /https?:\/\/(?:[^@/\s]*@)?([^/:\s]+)/.exec(problem.name)?.[1] ?? problem.name;
        told.push(toldOf(problem, !mentions.words(new RegExp(RegExp.escape(host.toLowerCase())))));
      }
      return settle(told, "dependencies come from where they came from");
    },
  }),
  rule({
    id: "D2",
    gate: "install-code",
    layer: "L2",
    mode: "enforce",
    severity: "critical",
    description:
      "No new or changed code that runs by itself when a package is installed or built, unless a human allows it",
    remediation: "Take the script out, or let a human answer",
    bindings: PATCH_ALWAYS,
    reads: ["spec", "patch", "change"],
    selector: concerned,
    evaluate: ({ spec, patch }) => {
      const mentions = mentionsOf(spec);
      const notes: Finding[] = [];
      const told: Told[] = [];
      for (const problem of supplyOf(patch).problems.filter(({ kind }) => INSTALL.has(kind))) {
        const asked = problem.kind === "install-script-gained" && !problem.certain &&
          anyName(mentions, problem.name);
        // What only the author of a package runs, and fetches nothing, is like any other script.
        const authors = problem.kind === "lifecycle-script" && !problem.certain &&
          !/^(?:pre|post)?install$|^prepare$|^dependencies$|^pnpm:/.test(problem.name);
        const brand = problem.kind === "lifecycle-script" && !problem.certain && problem.name === "prepare" &&
          isNew(patch, problem.path);
        if (asked || authors || brand) {
          notes.push({
            message: `${problem.path}: ${problem.name}: ${problem.detail}`,
            path: problem.path,
            remediation: "",
          });
        } else if (problem.kind === "lifecycle-script") {
          told.push({
            ...toldOf(problem),
            message: `${problem.path}: the script ${problem.name} runs by itself at install and is ${
              problem.certain ? "able to fetch or run what nobody reviews" : "new or changed"
            }: ${problem.detail}`,
          });
        } else told.push(toldOf(problem));
      }
      // What a manifest newly asks for, and hardly anybody knows; what the spec names, somebody chose.
      for (const { path, ecosystem, name, before, after, asked, line } of supplyOf(patch).locked) {
        if (before !== null || after?.installScript !== true || asked !== "direct") continue;
        if (isWellKnown(ecosystem, name) || anyName(mentions, name)) continue;
        told.push({
          path,
          ...(line === undefined ? {} : { line }),
          message: `${path}: ${name} ${after.version} is new, and runs a script when it is installed`,
          remediation: `Take another package, or name ${name} in the spec`,
          certain: false,
        });
      }
      return settle(told, "nothing new runs at install", notes);
    },
  }),
];
