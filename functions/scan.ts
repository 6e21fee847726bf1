/** Judges a change that is there already, read only: the diff by git, its facts, the rules over them. No installation is needed. */
import {
  compareStates,
  type Comparison,
  type ComparisonRequest,
  repositoryPlaces,
} from "../connectors/mod.ts";
import {
  COMMIT_RULES,
  extractPatchFacts,
  findingsOf,
  fingerprinted,
  judgeScan,
  patchSecrets,
  scanCommit,
  type Unmarked,
  unreadCommit,
} from "../policies/code/mod.ts";
import {
  type JudgingPacks,
  NO_PACKS,
  redact,
  repositoryNames,
  type SarifRule,
  waiverNotes,
} from "../policies/mod.ts";
import { addedLineOf, parseRepoPolicy } from "../policies/code/mod.ts";
import { withMatches } from "../policies/packs/mod.ts";
import { type Change, digestOf, ok, type Problem, type Result, type Spec } from "../specs/mod.ts";
import type { ScanDocument, ScanFinding } from "../specs/mod.ts";

import { carriedPackGaps, unreadFiles } from "./scan_unread.ts";
import type { FindWaivers } from "./scan_waivers.ts";

/** Packs by name, ready to judge at an instant. */
export type FindPacks = (
  names: readonly string[],
  at: string,
  base?: { list(): Promise<readonly string[]>; read(path: string): Promise<Uint8Array | null> },
) => Promise<Result<JudgingPacks, Problem>>;

export interface ChangeScan {
  location: string;
  request: ComparisonRequest;
  spec: Spec | null;
  /** Packs that the caller names, beside those of the spec and of the repository's policy at the base. */
  packs: readonly string[];
  findPacks: FindPacks;
  /** Without it there are none. */
  findWaivers?: FindWaivers;
  at: string;
}

export interface Scanned {
  document: ScanDocument;
  rules: SarifRule[];
}

/** A text file beyond this is not handed to rules that look at source. */
const MAX_SOURCE = 1_000_000;

export async function scanChange(given: ChangeScan): Promise<Result<Scanned, Problem>> {
  const compared = await compareStates(given.location, given.request);
  if (!compared.ok) return compared;
  const comparison = compared.value;
  try {
    return await judgeComparison(given, comparison);
  } finally {
    await comparison.dispose();
  }
}

async function judgeComparison(given: ChangeScan, comparison: Comparison): Promise<Result<Scanned, Problem>> {
  const { spec, at, request } = given;
  const { change: compared, patch } = comparison;
  const policyBytes = await comparison.read(".forge/policy.yaml", "base");
  const policy = policyBytes === null ? null : new TextDecoder().decode(policyBytes);
  const own = await parseRepoPolicy(policy);
  const names = [...new Set([...given.packs, ...spec?.packs ?? [], ...own.ok ? own.value.packs : []])]
    .filter((name) => name !== "core");
  const base = {
    list: () => comparison.list("base"),
    read: (path: string) => comparison.read(path, "base"),
  };
  const paths = await base.list();
  const carries = paths.some((path) => path.startsWith(".forge/packs/"));
  const packs = names.length === 0 && !carries
    ? ok(NO_PACKS)
    : await given.findPacks(names, at, carries ? base : undefined);
  if (!packs.ok) return packs;

  const nothing = compared !== null && compared.files.length === 0;
  // Of a range without a difference there is nothing to judge; a patch that changes nothing is a proposal, and is judged.
  if (nothing && request.kind !== "patch") return ok(await emptyScan(given, comparison));

  const said = messagesOf(comparison);
  const digest = await digestOf(patch);
  const change: Change | null = compared === null ? null : { ...compared, patch: digest };
  const extracted = await extractPatchFacts({
    ...(spec === null ? {} : { spec }),
    change,
    patch,
    applies: comparison.applies,
    // What stands before or between the files of a given patch is not in git's own diff.
    ...(request.kind === "patch" ? { withheld: await patchSecrets(request.patch) } : {}),
    read: (path, side) => comparison.read(path, side),
    list: (side) => comparison.list(side),
  });
  const facts = await withMatches(extracted, packs.value, (path, side) => comparison.read(path, side));
  const waivers = await given.findWaivers?.(
    base,
    { approvers: own.ok ? own.value.approvers : [], at },
  ) ?? ok([]);
  if (!waivers.ok) return waivers;
  const { decision, notJudged, rules } = await judgeScan({
    spec,
    facts,
    policy,
    packs: packs.value,
    escaping: comparison.escaping,
    repository: repositoryNames([
      own.ok ? own.value.repository : null,
      ...await repositoryPlaces(given.location),
    ]),
    waivers: waivers.value,
    lineOf: addedLineOf(patch, facts.secrets),
    at,
  });
  const findings = await fingerprinted(
    [...findingsOf(decision, rules), ...said.findings],
    lineReader((path) => comparison.read(path, "head")),
  );
  const document: ScanDocument = {
    v: 1,
    status: statusOf(findings, decision.verdict),
    kind: "change",
    repository: given.location,
    base: comparison.base,
    head: comparison.head,
    patch: digest,
    spec: spec?.title ?? null,
    findings,
    totals: totalsOf(findings, {
      files: change?.files.length ?? 0,
      added: change?.added ?? 0,
      removed: change?.removed ?? 0,
    }),
    layers: decision.layers,
    judged: decision.rules.filter(({ verdict }) => verdict !== "not_applicable" && verdict !== "not_run")
      .map(({ rule, gate, verdict }): ScanDocument["judged"][number] => ({ rule, gate, verdict }))
      .concat(said.judged),
    notJudged: [
      ...notJudged,
      ...unreadFiles(facts.files.map(({ path }) => path)),
      ...carriedPackGaps(paths, decision.packs),
    ],
    packs: decision.packs,
    engine: decision.engine,
    inputDigest: decision.inputDigest,
    notes: [...comparison.notes, ...waiverNotes(decision)],
  };
  return ok({
    // A path can hold a secret, and is shown wherever the facts found one.
    document: facts.secrets.length > 0 ? redacted(document) : document,
    rules: [
      ...rules.map(({ pack = "core", id, gate, layer, severity, description, remediation }) => ({
        rule: `${pack}/${id}`,
        gate,
        layer,
        severity,
        description,
        remediation,
      })),
      ...said.rules,
    ],
  });
}

const MAX_SAID = 1000;

/** What the commits themselves say; nothing where there are none. */
function messagesOf({ history }: Comparison) {
  const rules: SarifRule[] = history === null ? [] : [...COMMIT_RULES];
  const all: Unmarked[] = [
    ...history?.unread.slice(0, MAX_SAID).map(unreadCommit) ?? [],
    ...history?.commits.flatMap((commit) => scanCommit(commit)) ?? [],
  ];
  const weight = { deny: 0, escalate: 1, note: 2 };
  const findings = all.sort((a, b) => weight[a.action] - weight[b.action]).slice(0, MAX_SAID);
  const judged: ScanDocument["judged"] = rules.map(({ rule, gate }) => {
    const own = findings.filter((one) => one.gate === gate && one.action !== "note");
    const verdict = own.some((one) => one.verdict === "fail") ? "fail" : own.length > 0 ? "error" : "pass";
    return { rule, gate, verdict };
  });
  return { rules, findings, judged };
}

async function emptyScan(given: ChangeScan, comparison: Comparison): Promise<Scanned> {
  const { rules, findings: told, judged } = messagesOf(comparison);
  const findings = await fingerprinted(told, () => Promise.resolve(null));
  return {
    document: {
      v: 1,
      status: statusOf(findings, "allow"),
      kind: "change",
      repository: given.location,
      base: comparison.base,
      head: comparison.head,
      patch: null,
      spec: given.spec?.title ?? null,
      findings,
      totals: totalsOf(findings, { files: 0 }),
      layers: null,
      judged,
      notJudged: [{ verdict: "not_applicable", reason: "the two trees are the same: there is no change" }],
      packs: [],
      engine: "",
      inputDigest: null,
      notes: [...comparison.notes],
    },
    rules,
  };
}

/** The verdict of the judge stands above what the findings say of it. */
function statusOf(
  findings: readonly ScanFinding[],
  verdict: "allow" | "deny" | "escalate",
): ScanDocument["status"] {
  if (verdict === "deny" || findings.some(({ action }) => action === "deny")) return "denied";
  return verdict === "escalate" || findings.some(({ action }) => action === "escalate")
    ? "escalated"
    : "completed";
}

export function totalsOf(
  findings: readonly ScanFinding[],
  counted: { files: number; added?: number; removed?: number; bytes?: number },
): ScanDocument["totals"] {
  const byRule: Record<string, number> = {};
  for (const { rule } of findings) byRule[rule] = (byRule[rule] ?? 0) + 1;
  const count = (action: ScanFinding["action"]) => findings.filter((one) => one.action === action).length;
  return {
    files: counted.files,
    added: counted.added ?? 0,
    removed: counted.removed ?? 0,
    bytes: counted.bytes ?? 0,
    denied: count("deny"),
    escalated: count("escalate"),
    notes: findings.filter(({ action, waived }) => action === "note" && waived === undefined).length,
    waived: findings.filter(({ waived }) => waived !== undefined).length,
    byRule,
  };
}

/** Reads lines of files, a file at a time. */
export function lineReader(read: (path: string) => Promise<Uint8Array | null>) {
  let last: { path: string; lines: string[] } | null = null;
  return async (path: string, line: number): Promise<string | null> => {
    if (last?.path !== path) {
      const bytes = await read(path);
      const lines = bytes === null || bytes.length > 4 * MAX_SOURCE
        ? []
        : new TextDecoder().decode(bytes).split("\n");
      last = { path, lines };
    }
    return last.lines[line - 1] ?? null;
  };
}

function redacted(document: ScanDocument): ScanDocument {
  return JSON.parse(
    JSON.stringify(document),
    (key, value: unknown) =>
      typeof value === "string" && !/^(?:fingerprint|patch|inputDigest|digest|tree|commit)$/.test(key)
        ? redact(value)
        : value,
  );
}
