/** What the gates of a run held against its change, as SARIF 2.1.0. */
import type { Decision, RunStatus } from "../../specs/mod.ts";
import type { Rule } from "../rule.ts";
import { findingsOf, fingerprinted } from "../scan_findings.ts";
import { ENGINE_VERSION } from "../versions.ts";
import { sarifLog, type SarifSource } from "./sarif.ts";

/**
 * The log of a run, or null when nothing was decided. Of each transition the last decision counts, and only of what was judged last: findings
 * of a proposal that was sent back and made anew are in the decisions, not here. Rules of installed packs are named by what they said.
 */
export async function runSarif(
  decisions: readonly Decision[],
  { run, status }: { run: string; status: RunStatus },
): Promise<ReturnType<typeof sarifLog> | null> {
  const end = decisions.at(-1);
  if (end === undefined) return null;
  const last = new Map<string, Decision>();
  for (const decision of decisions) {
    const { patch } = decision.subject;
    if (patch !== undefined && end.subject.patch !== undefined && patch !== end.subject.patch) continue;
    last.set(`${decision.transition.from} ${decision.transition.to}`, decision);
  }
  const [{ CORE_RULES }, { CODE_PACKS }] = await Promise.all([
    import("../catalogue.ts"),
    import("../code_packs.ts"),
  ]);
  const rules: Rule[] = [...CORE_RULES, ...Object.values(CODE_PACKS).flatMap((pack) => pack.rules)];
  const found = [...last.values()].flatMap((decision) => findingsOf(decision, rules));
  // A gate that is bound to several transitions says the same several times; fingerprints count what is the same.
  const once = new Map(
    found.map((one) => [JSON.stringify([one.rule, one.gate, one.path, one.line, one.message]), one]),
  );
  const findings = await fingerprinted([...once.values()], () => Promise.resolve(null));
  const spoke = new Set(
    [...last.values()].flatMap((one) => one.rules.map(({ rule, gate }) => `${rule} ${gate}`)),
  );
  const source: SarifSource = {
    kind: "change",
    status: end.verdict === "allow" ? "completed" : end.verdict === "deny" ? "denied" : "escalated",
    findings,
    notJudged: [...last.values()].flatMap(({ rules: said }) =>
      said.filter(({ verdict }) => verdict === "not_run").map(({ rule, gate, layer, selector }) => ({
        rule,
        gate,
        layer,
        verdict: "not_run" as const,
        reason: selector ?? "a layer before it failed",
      }))
    ),
    engine: end.engine,
    packs: end.packs,
    base: null,
    head: end.subject.tree === undefined ? null : { name: "head", commit: null, tree: end.subject.tree },
    run: {
      id: run,
      executionSuccessful: status === "completed" || status === "denied" || status === "escalated",
      exitCode: EXITS[status],
    },
  };
  return sarifLog(
    source,
    rules.filter(({ id, gate, pack = "core" }) => spoke.has(`${pack}/${id} ${gate}`)).map((
      { pack = "core", id, gate, layer, severity, description, remediation },
    ) => ({ rule: `${pack}/${id}`, gate, layer, severity, description, remediation })),
    ENGINE_VERSION,
  );
}

/** As `forge run` ends. */
const EXITS: Readonly<Record<RunStatus, number>> = {
  completed: 0,
  denied: 1,
  failed: 1,
  escalated: 3,
  parked: 3,
  cancelled: 4,
};
