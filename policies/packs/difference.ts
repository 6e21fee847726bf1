import canonicalize from "canonicalize";
import {
  digestOf,
  ok,
  type PackManifest,
  type PackRule,
  type Problem,
  type Result,
} from "../../specs/mod.ts";
import { compilePack, type JudgingPack } from "./compile.ts";
import { compileRule } from "./kinds/mod.ts";
import type { Members } from "./kinds.ts";
import { forgottenExamples } from "./loosening.ts";
import { type PackVerdict, replayed } from "./replay.ts";
import type { StoredInput } from "./stored_input.ts";
import { manifestBytes } from "./signature.ts";

/** A release of a pack as it is compared: its manifest and its members. Nothing of it is believed, only tried. */
export interface Release {
  manifest: PackManifest;
  members: Members;
}

/** One decision on which the two releases differ. */
export interface Flip {
  /** Digest of the decision's input. */
  input: string;
  transition: string;
  /** `<pack>/<rule>` for a rule, null for the pack as a whole. */
  rule: string | null;
  before: string;
  after: string;
  direction: "pass->fail" | "fail->pass";
}

export interface PackDifference {
  replayed: number;
  flips: Flip[];
  /** Rules that could be judged before and cannot any more over the kept facts, such as patterns that nobody looked for then. */
  unjudged: { rule: string; decisions: number }[];
  rules: {
    added: string[];
    removed: string[];
    changed: string[];
    loosened: string[];
    tightened: string[];
    /** Rules that let an example of the release before pass which it refused. */
    forgets: string[];
  };
  version: {
    from: string;
    to: string;
    step: "none" | "patch" | "minor" | "major";
    approvers: 1 | 2;
    because: string;
  };
}

/** Judges every kept input by both releases, lists where they differ, and says what version number follows for the second. */
export async function packDifference(
  a: Release,
  b: Release,
  corpus: AsyncIterable<StoredInput> | Iterable<StoredInput>,
): Promise<Result<PackDifference, Problem>> {
  const [before, after] = [await judging(a), await judging(b)];
  if (!before.ok) return before;
  if (!after.ok) return after;
  const flips: Flip[] = [];
  const unjudged = new Map<string, number>();
  let count = 0;
  for await (const stored of corpus) {
    count++;
    const [was, is] = [await replayed(stored, before.value), await replayed(stored, after.value)];
    flips.push(...flipsOf(stored, was, is));
    for (const { rule, verdict } of is.rules) {
      const old = was.rules.find((one) => one.rule === rule);
      if (verdict === "error" && old?.verdict !== "error") unjudged.set(rule, (unjudged.get(rule) ?? 0) + 1);
    }
  }
  const rules = await ruleChanges(a, b);
  return ok({
    replayed: count,
    flips,
    unjudged: [...unjudged].map(([rule, decisions]) => ({ rule, decisions })).sort((x, y) =>
      x.rule < y.rule ? -1 : 1
    ),
    rules,
    version: nextVersion(a.manifest, b.manifest, flips, rules, await onlyTexts(a, b)),
  });
}

async function judging({ manifest, members }: Release): Promise<Result<JudgingPack, Problem>> {
  const digest = await digestOf(manifestBytes(manifest));
  return await compilePack({ manifest, members, digest, level: "trusted", signers: [] }, compileRule);
}

const lets = (verdict: string): boolean => /^(?:allow|silent|pass|not_applicable)$/.test(verdict);

function flipsOf(stored: StoredInput, was: PackVerdict, is: PackVerdict): Flip[] {
  const { from, to } = stored.input.transition;
  const flips: Flip[] = [];
  const compare = (rule: string | null, before: string, after: string) => {
    if (lets(before) === lets(after)) return;
    flips.push({
      input: stored.digest,
      transition: `${from}->${to}`,
      rule,
      before,
      after,
      direction: lets(before) ? "pass->fail" : "fail->pass",
    });
  };
  compare(null, was.verdict, is.verdict);
  const names = new Set([...was.rules, ...is.rules].map(({ rule }) => rule));
  for (const name of [...names].sort()) {
    // What is only watched lets everything through; a rule that is not there says nothing.
    const said = ({ rules }: PackVerdict) => {
      const found = rules.find(({ rule }) => rule === name);
      return found === undefined || found.mode === "off" || found.mode === "shadow"
        ? "silent"
        : found.verdict;
    };
    compare(name, said(was), said(is));
  }
  return flips;
}

const MODES = ["off", "shadow", "warn", "enforce"];
const shortId = (pack: string, id: string): string =>
  id.startsWith(`${pack}/`) ? id.slice(pack.length + 1) : id;

async function ruleChanges(a: Release, b: Release): Promise<PackDifference["rules"]> {
  const old = new Map(a.manifest.rules.map((rule) => [shortId(a.manifest.name, rule.id), rule]));
  const now = new Map(b.manifest.rules.map((rule) => [shortId(b.manifest.name, rule.id), rule]));
  const changes: PackDifference["rules"] = {
    added: [],
    removed: [],
    changed: [],
    loosened: [],
    tightened: [],
    forgets: await forgottenExamples(a, b),
  };
  for (const id of old.keys()) if (!now.has(id)) changes.removed.push(id);
  for (const [id, rule] of now) {
    const before = old.get(id);
    if (before === undefined) {
      changes.added.push(id);
      continue;
    }
    const steps = modesOf(rule).map((mode, at) =>
      MODES.indexOf(mode) - MODES.indexOf(modesOf(before)[at] ?? "off")
    );
    if (steps.some((step) => step < 0)) changes.loosened.push(id);
    if (steps.some((step) => step > 0)) changes.tightened.push(id);
    if (await judgedBy(before, a.members) !== await judgedBy(rule, b.members)) changes.changed.push(id);
  }
  return changes;
}

const modesOf = ({ mode, tiers }: PackRule): string[] => [
  mode,
  tiers.standard ?? mode,
  tiers.critical ?? tiers.standard ?? mode,
];

/** Everything of a rule that can decide about a verdict, without what it only says. */
async function judgedBy(rule: PackRule, members: Members): Promise<string> {
  const {
    message: _m,
    remediation: _r,
    tests: _t,
    severity: _s,
    mode: _mode,
    tiers: _tiers,
    id: _i,
    ...rest
  } = rule;
  const path = "file" in rule ? rule.file : undefined;
  const member = path === undefined ? null : await digestOf(members.get(path) ?? new Uint8Array());
  return canonicalize({ ...rest, member }) ?? "";
}

/** Whether nothing but the manifest's own texts and the rules' messages differ, or nothing at all. */
async function onlyTexts(a: Release, b: Release): Promise<"same" | "texts" | "more"> {
  const body = async ({ manifest, members }: Release) => {
    const rules = [];
    for (const rule of manifest.rules) {
      rules.push({
        id: shortId(manifest.name, rule.id),
        modes: modesOf(rule),
        body: await judgedBy(rule, members),
      });
    }
    return canonicalize({ rules, overlays: manifest.overlays, requires: manifest.requires });
  };
  const { version: _a, revision: _ra, ...own } = a.manifest;
  const { version: _b, revision: _rb, ...other } = b.manifest;
  if (canonicalize(own) === canonicalize(other)) return "same";
  return await body(a) === await body(b) ? "texts" : "more";
}

/** The version is derived, not chosen: a flip is a major step in either direction, and a loosening needs two approvers. */
function nextVersion(
  a: PackManifest,
  b: PackManifest,
  flips: readonly Flip[],
  rules: PackDifference["rules"],
  texts: "same" | "texts" | "more",
): PackDifference["version"] {
  const loosening = [
    ...flips.filter(({ direction }) => direction === "fail->pass").slice(0, 1).map(() =>
      "a decision becomes looser"
    ),
    ...rules.removed.map((id) => `${id} is gone`),
    ...rules.loosened.map((id) => `the mode of ${id} is lower`),
    ...rules.forgets.map((id) => `${id} lets an example pass that it refused`),
    ...(b.overlays.length < a.overlays.length ? ["an overlay is gone"] : []),
  ];
  const stricter = [
    ...flips.filter(({ direction }) => direction === "pass->fail").slice(0, 1).map(() =>
      "a decision becomes stricter"
    ),
    ...rules.tightened.map((id) => `the mode of ${id} is higher`),
    ...(canonicalize(a.overlays) !== canonicalize(b.overlays) ? ["the overlays differ"] : []),
  ];
  const [because] = [...loosening, ...stricter];
  const step = because !== undefined
    ? "major"
    : texts === "more"
    ? "minor"
    : texts === "texts"
    ? "patch"
    : "none";
  const [major = 0, minor = 0, patch = 0] = (a.version.split("-")[0] ?? "").split(".").map(Number);
  const to = step === "major"
    ? `${major + 1}.0.0`
    : step === "minor"
    ? `${major}.${minor + 1}.0`
    : step === "patch"
    ? `${major}.${minor}.${patch + 1}`
    : a.version;
  return {
    from: a.version,
    to,
    step,
    approvers: loosening.length > 0 ? 2 : 1,
    because: because ??
      (step === "minor"
        ? "rules were added or changed, and no kept decision flips"
        : step === "patch"
        ? "only texts differ"
        : "nothing differs"),
  };
}
