import canonicalize from "canonicalize";
import { type Decision, digestOf } from "../specs/mod.ts";
import { EXTRACTORS } from "./facts/extractors.ts";
import type { Rule } from "./rule.ts";
import { authorizationRules } from "./rules/authorization.ts";
import { binaryRules } from "./rules/binary.ts";
import { bindingRules } from "./rules/binding.ts";
import { bypassRules } from "./rules/bypasses.ts";
import { ciRules } from "./rules/ci.ts";
import { declaredTestRules } from "./rules/declared_tests.ts";
import { gapRules } from "./rules/gap.ts";
import { hiddenRules } from "./rules/hidden.ts";
import { historyRules } from "./rules/history.ts";
import { hollowRules } from "./rules/hollow.ts";
import { hygieneRules } from "./rules/hygiene.ts";
import { intakeRules } from "./rules/intake.ts";
import { intentRules } from "./rules/intent.ts";
import { mutationRules } from "./rules/mutation.ts";
import { operationRules } from "./rules/operation.ts";
import { operationalRules } from "./rules/operational.ts";
import { overfitRules } from "./rules/overfit.ts";
import { patchRules } from "./rules/patch.ts";
import { protectionRules } from "./rules/protection.ts";
import { proofRules } from "./rules/proof.ts";
import { resultRules } from "./rules/result.ts";
import { reviewRules } from "./rules/review.ts";
import { runnerRules } from "./rules/runner.ts";
import { scopeRules } from "./rules/scope.ts";
import { secretRules } from "./rules/secrets.ts";
import { evidenceGapRules } from "./rules/evidence_gap.ts";
import { commandRules } from "./rules/commands.ts";
import { destructiveRules } from "./rules/destructive.ts";
import { sessionRules } from "./rules/session/rules.ts";
import { sharedLiteralRules } from "./rules/shared_literals.ts";
import { sizeRules } from "./rules/size.ts";
import { swallowedRules } from "./rules/swallowed.ts";
import { suppressionRules } from "./rules/suppressions.ts";
import { supplyRegistryRules } from "./rules/supply_registry.ts";
import { supplyRules } from "./rules/supply.ts";
import { testStrengthRules } from "./rules/test_strength.ts";
import { testRules } from "./rules/tests.ts";
import { weakenedRules } from "./rules/weakened.ts";
import { CORE_VERSION, ENGINE_VERSION } from "./versions.ts";

/** The pack that always applies, in the order in which it is told. */
export const CORE_RULES: readonly Rule[] = [
  ...intakeRules,
  ...patchRules,
  ...resultRules,
  ...scopeRules,
  ...intentRules,
  ...testRules,
  ...testStrengthRules,
  ...runnerRules,
  ...mutationRules,
  ...hollowRules,
  ...weakenedRules,
  ...declaredTestRules,
  ...proofRules,
  ...bindingRules,
  ...reviewRules,
  ...secretRules,
  ...operationRules,
  ...operationalRules,
  ...hiddenRules,
  ...overfitRules,
  ...sharedLiteralRules,
  ...suppressionRules,
  ...swallowedRules,
  ...ciRules,
  ...gapRules,
  ...sizeRules,
  ...binaryRules,
  ...supplyRules,
  ...supplyRegistryRules,
  ...hygieneRules,
  ...bypassRules,
  ...protectionRules,
  ...historyRules,
  ...evidenceGapRules,
  ...destructiveRules,
  ...commandRules,
  ...sessionRules,
  ...authorizationRules,
];

/** One rule as `policy list` shows it. */
export interface ListedRule {
  pack: string;
  version: string;
  rule: string;
  gate: string;
  layer: string;
  mode: string;
  description: string;
}

/** Every rule that this installation enforces. */
export function listRules(): ListedRule[] {
  return CORE_RULES.map((rule) => ({
    pack: "core",
    version: CORE_VERSION,
    rule: `core/${rule.id}`,
    gate: rule.gate,
    layer: rule.layer,
    mode: rule.mode,
    description: rule.description,
  }));
}

let digest: Promise<string> | undefined;

/** Name, version and digest of the core pack: over its rules' descriptors, the extractors and the engine's version. */
export async function corePack(): Promise<Decision["packs"][number]> {
  digest ??= digestOf(
    canonicalize({
      engine: ENGINE_VERSION,
      version: CORE_VERSION,
      extractors: EXTRACTORS,
      rules: CORE_RULES.map((
        { id, gate, layer, mode, severity, description, remediation, bindings, reads },
      ) => ({
        id,
        gate,
        layer,
        mode,
        severity,
        description,
        remediation,
        bindings,
        reads,
      })),
    }) ?? "",
  );
  return { name: "core", version: CORE_VERSION, digest: await digest };
}
