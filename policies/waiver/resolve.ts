import {
  type Decision,
  type Finding,
  type GateMode,
  pathGlob,
  type RuleVerdict,
  type Tier,
  type Waiver,
  type WaiverFact,
  type WaiverUse,
} from "../../specs/mod.ts";
import { satisfies } from "../packs/version.ts";
import { capProblem, EXPIRING_DAYS, unwaivable, WAIVER_CAPS } from "./caps.ts";
import { repositoryName } from "./repository.ts";

/** What waivers are held against. The instant is an input. */
export interface WaiverContext {
  at: string;
  tier: Tier;
  /** Names of the repository, or of the pipeline. */
  repository: readonly string[];
  waivers: readonly WaiverFact[];
  /** Versions of the packs that judge, by their names. */
  versions: ReadonlyMap<string, string>;
  /** Modes of every rule that is known here, by its whole name: a compensating rule is one of them. */
  rules: ReadonlyMap<string, GateMode>;
}

export interface ResolvedWaivers {
  verdicts: RuleVerdict[];
  /** What became of the waivers that concern the rules of this transition. */
  report: WaiverUse[];
  /** Those by which a rule that blocks was let through. */
  used: string[];
}

const DAY_MS = 86_400_000;

/** A waiver with why it does not count now, if it does not. */
interface Standing {
  fact: WaiverFact;
  waiver: Waiver;
  why: string | null;
  expired: boolean;
}

/**
 * The one place where waivers meet verdicts: of a run, a scan, a replay and a load alike. A waived finding stays a failure; its
 * rule lets the transition through only when every finding of it is covered, each by exactly one waiver that counts.
 */
export function resolveWaivers(verdicts: readonly RuleVerdict[], context: WaiverContext): ResolvedWaivers {
  const standing = standingOf(context);
  const matched = new Map<string, Finding[]>();
  const why = new Map<string, string>();
  const idle = new Set<string>();
  const used = new Set<string>();
  const resolved = verdicts.map((rule): RuleVerdict => {
    if (rule.verdict !== "fail") return rule;
    const about = standing.filter(({ waiver }) => concerns(waiver, rule));
    if (about.length === 0) return rule;
    const never = unwaivable(rule);
    const findings = rule.findings.map((finding): Finding => {
      const covers = about.filter((one) => isAbout(one.waiver, finding));
      for (const { fact } of covers) matched.set(fact.digest, [...matched.get(fact.digest) ?? [], finding]);
      const counting = covers.filter((one) => {
        const problem = one.why ?? never ?? versionProblem(one.waiver, rule, context) ??
          compensationProblem(one.waiver, verdicts, context);
        if (problem !== null) why.set(one.fact.digest, problem);
        return problem === null;
      });
      const [only, ...others] = counting;
      if (only === undefined) return finding;
      if (others.length > 0) {
        for (const { fact } of counting) {
          why.set(fact.digest, `${counting.length} waivers claim this finding, so that none of them counts`);
        }
        return finding;
      }
      const { fact, waiver } = only;
      return {
        ...finding,
        waived: {
          waiver: fact.digest,
          by: [waiver.requestedBy, ...fact.approvedBy],
          reason: waiver.reason,
          expiresAt: waiver.expiresAt,
        },
      };
    });
    const by = [...new Set(findings.flatMap(({ waived }) => waived ? [waived.waiver] : []))];
    if (by.length === 0) return rule;
    const whole = findings.every(({ waived }) => waived !== undefined);
    for (const digest of by) {
      if (!whole || rule.mode !== "enforce") idle.add(digest);
      else used.add(digest);
    }
    return { ...rule, findings, ...(whole ? { waived: by } : {}) };
  });
  const judged = verdicts.filter(({ verdict }) => verdict !== "not_run");
  const isJudged = ({ waiver }: Standing) => judged.some((rule) => concerns(waiver, rule));
  const report = standing.filter(isJudged).flatMap((one): WaiverUse[] => {
    const { fact, waiver, expired } = one;
    const problem = why.get(fact.digest) ?? one.why;
    const isMatched = matched.has(fact.digest);
    // A refused waiver of a finding that is not there is nobody's business here; the list of waivers tells of it.
    if (problem !== null && problem !== undefined && !isMatched) return [];
    return [{
      waiver: fact.digest,
      rule: waiver.rule,
      finding: waiver.finding,
      state: used.has(fact.digest)
        ? "used"
        : idle.has(fact.digest)
        ? "idle"
        : problem !== null && problem !== undefined
        ? (expired ? "expired" : "refused")
        : "unused",
      ...(problem === null || problem === undefined ? {} : { why: problem.slice(0, 500) }),
      expiring: isExpiring(waiver, context.at),
      requestedBy: waiver.requestedBy,
      approvedBy: fact.approvedBy,
      expiresAt: waiver.expiresAt,
    }];
  });
  return { verdicts: resolved, report: report.slice(0, 200), used: [...used].sort() };
}

/** Whether a waiver ends soon, and has not ended. */
export function isExpiring({ expiresAt }: Pick<Waiver, "expiresAt">, at: string): boolean {
  const left = Date.parse(expiresAt) - Date.parse(at);
  return left > 0 && left <= EXPIRING_DAYS * DAY_MS;
}

/** Why each readable waiver does not count at this instant, for this repository and tier. */
function standingOf({ at, tier, repository, waivers }: WaiverContext): Standing[] {
  const names = new Set(repository.map(repositoryName));
  const byDigest = new Map<string, WaiverFact>();
  // The same waiver at two places is one: the place where its signatures hold.
  for (const fact of waivers) {
    const before = byDigest.get(fact.digest);
    if (before === undefined || (before.problem !== null && fact.problem === null)) {
      byDigest.set(fact.digest, fact);
    }
  }
  const standing = [...byDigest.values()].flatMap((fact): Standing[] => {
    const { waiver } = fact;
    if (waiver === null) return [];
    const expired = Date.parse(waiver.expiresAt) <= Date.parse(at);
    const why = fact.problem ??
      (!names.has(repositoryName(waiver.scope.repo))
        ? `it is for ${waiver.scope.repo}, and this is ${repository[0] ?? "a repository without a name"}`
        : Date.parse(waiver.requestedAt) > Date.parse(at)
        ? `it was requested after this instant, at ${waiver.requestedAt}`
        : expired
        ? `it expired at ${waiver.expiresAt}`
        : capProblem(waiver, tier) ??
          (fact.use > waiver.maxUses ? `it was used ${waiver.maxUses} times, which is all it allows` : null));
    return [{ fact, waiver, why, expired: fact.problem === null && expired }];
  });
  const replaced = new Set(
    standing.filter(({ why }) => why === null).flatMap(({ fact, waiver }) =>
      waiver.supersedes.filter((digest) => digest !== fact.digest)
    ),
  );
  const { active } = WAIVER_CAPS[tier];
  let count = 0;
  return standing
    .toSorted((a, z) =>
      order(a.waiver.requestedAt, z.waiver.requestedAt) || order(a.fact.digest, z.fact.digest)
    )
    .map((one) => {
      if (one.why !== null) return one;
      if (replaced.has(one.fact.digest)) return { ...one, why: "a later waiver takes its place" };
      return ++count > active
        ? { ...one, why: `the tier ${tier} allows ${active} waivers at once, and older ones stand` }
        : one;
    });
}

const order = (a: string, z: string): number => a < z ? -1 : a > z ? 1 : 0;

/** Whether a waiver is about a rule. Two rules may share an id; the gate tells them apart. */
const concerns = (waiver: Waiver, { rule, gate }: RuleVerdict): boolean =>
  waiver.rule === rule && (waiver.gate === undefined || waiver.gate === gate);

function isAbout({ finding, scope }: Waiver, found: Finding): boolean {
  if (found.fingerprint !== finding) return false;
  return found.path === undefined
    ? scope.paths.length === 0
    : scope.paths.some((glob) => pathGlob(glob)(found.path ?? ""));
}

function versionProblem({ packRange }: Waiver, { rule }: RuleVerdict, { versions }: WaiverContext) {
  const pack = rule.slice(0, rule.lastIndexOf("/"));
  const version = versions.get(pack);
  return version !== undefined && satisfies(version, packRange)
    ? null
    : `it is for ${pack} ${packRange}, and ${
      version === undefined ? "its version is not known" : version
    } judges`;
}

/** A compensating rule passes here, or is enforced at its own transition; two rules may share a name, and then both have to. */
function compensationProblem(
  { compensating }: Waiver,
  verdicts: readonly RuleVerdict[],
  { rules }: WaiverContext,
): string | null {
  for (const name of compensating) {
    const here = verdicts.filter(({ rule }) => rule === name);
    const open = here.find(({ verdict, mode }) =>
      mode !== "enforce" || (verdict !== "pass" && verdict !== "not_applicable")
    );
    if (open) return `${name}, which has to hold meanwhile, is ${open.verdict} in the mode ${open.mode}`;
    if (here.length === 0 && rules.get(name) !== "enforce") {
      return `${name}, which has to hold meanwhile, is no rule that is enforced here`;
    }
  }
  return null;
}

/** What people have to know of the waivers of a run's decisions. One that was used is not told as unused elsewhere. */
export function runWaiverNotes(decisions: readonly Pick<Decision, "waivers">[]): string[] {
  const used = new Set(
    decisions.flatMap(({ waivers = [] }) =>
      waivers.filter(({ state }) => state === "used" || state === "idle").map(({ waiver }) => waiver)
    ),
  );
  return [
    ...new Set(decisions.flatMap(({ waivers = [] }) =>
      waiverNotes({
        waivers: waivers.filter(({ waiver, state }) => state !== "unused" || !used.has(waiver)),
      })
    )),
  ];
}

/** What people have to know of a decision's waivers, a line each. */
export function waiverNotes(decision: Pick<Decision, "waivers">): string[] {
  return (decision.waivers ?? []).flatMap((one) => {
    const name = `waiver ${one.waiver.slice("sha256:".length, "sha256:".length + 12)} of ${one.rule}`;
    switch (one.state) {
      case "used":
        return [
          `${name}: used, fail(waived), approved by ${one.approvedBy.join(", ")}${
            one.expiring ? `; it expires soon, at ${one.expiresAt}` : ""
          }`,
        ];
      case "expired":
        return [`${name}: expired at ${one.expiresAt}; the finding counts again`];
      case "refused":
        return [`${name}: does not count: ${one.why ?? "no reason was kept"}`];
      case "unused":
        return [`${name}: unused, its finding is not there any more: withdraw it`];
      case "idle":
        return one.expiring ? [`${name}: expires soon, at ${one.expiresAt}`] : [];
    }
  });
}
