import type { Rule } from "../rule.ts";
import { BYPASS_EXAMPLES } from "../rules/bypasses_examples.ts";
import { DESTRUCTIVE_EXAMPLES, FETCHED_EXAMPLES } from "../rules/commands_examples.ts";
import { CI_EXAMPLES, INJECTION_EXAMPLES } from "../rules/ci_examples.ts";
import { KNOWLEDGE_EXAMPLES } from "../rules/knowledge/examples.ts";
import { KUBERNETES_EXAMPLES } from "../rules/kubernetes/examples.ts";
import { SQL_EXAMPLES } from "../rules/sql/examples.ts";
import { SUPPRESSION_EXAMPLES } from "../rules/suppressions_examples.ts";
import { SWALLOWED_EXAMPLES } from "../rules/swallowed_examples.ts";
import { TERRAFORM_EXAMPLES } from "../rules/terraform/examples.ts";
import { DATA_EXAMPLES } from "./data.ts";
import { type RuleExample, type TreeExample } from "./example.ts";
import { FINANCIAL_EXAMPLES } from "./financial.ts";
import { FLEET_EXAMPLES } from "./fleet.ts";
import { INTAKE_EXAMPLES } from "./intake.ts";
import { fromOversight } from "./oversight.ts";
import { PACK_TRUST_EXAMPLES } from "./pack_trust.ts";
import { PATCH_EXAMPLES } from "./patch.ts";
import { PULL_EXAMPLES } from "./pull.ts";
import { RECORD_EXAMPLES } from "./records.ts";
import { SESSION_EXAMPLES } from "./session.ts";
import { SUPPLY_EXAMPLES } from "./supply.ts";
import { VERIFY_EXAMPLES } from "./verify.ts";

const WORKFLOW = /(?:^|\/)(?:\.github\/|\.gitlab-ci|action\.ya?ml$)/;
const hasWorkflow = ({ trees }: RuleExample): boolean =>
  Object.keys(trees?.head ?? {}).some((path) => WORKFLOW.test(path));

const CHANGE_EXAMPLES: readonly RuleExample[] = [
  ...INTAKE_EXAMPLES,
  ...PATCH_EXAMPLES,
  ...RECORD_EXAMPLES,
  ...VERIFY_EXAMPLES,
  ...SUPPLY_EXAMPLES,
  ...SESSION_EXAMPLES,
  ...PACK_TRUST_EXAMPLES,
  ...FLEET_EXAMPLES,
  ...fromOversight("S1/suppressions", SUPPRESSION_EXAMPLES),
  ...fromOversight("S2/swallowed-errors", SWALLOWED_EXAMPLES),
  ...fromOversight("S3/hook-bypass", BYPASS_EXAMPLES),
  ...fromOversight("O1/destructive-commands", DESTRUCTIVE_EXAMPLES),
  ...fromOversight("D2/fetched-code", FETCHED_EXAMPLES),
  ...fromOversight("S4/ci-weakened", CI_EXAMPLES),
  // A program that runs nothing of an event is no workflow: the rule has nothing to judge there.
  ...fromOversight("X5/script-injection", INJECTION_EXAMPLES).map((one) =>
    one.case === "clean" && !hasWorkflow(one) ? { ...one, says: "not_applicable" as const } : one
  ),
];

const OVER_DATA: readonly RuleExample[] = [...DATA_EXAMPLES, ...FINANCIAL_EXAMPLES, ...FLEET_EXAMPLES];

const OF_PACKS: Readonly<Record<string, readonly TreeExample[]>> = {
  "sql-migrations": SQL_EXAMPLES,
  "terraform-aws": TERRAFORM_EXAMPLES,
  kubernetes: KUBERNETES_EXAMPLES,
  "knowledge-safety": KNOWLEDGE_EXAMPLES,
};

/** The examples of a rule of a built-in pack. */
export function examplesOf(
  pack: string,
  rule: Pick<Rule, "id" | "gate">,
  over: "change" | "data" | "pull",
): readonly RuleExample[] {
  const name = `${rule.id}/${rule.gate}`;
  const trees = OF_PACKS[pack];
  if (trees !== undefined) {
    return trees.filter((one) => one.rule === rule.id).map((one) => ofTrees(name, one));
  }
  return { change: CHANGE_EXAMPLES, data: OVER_DATA, pull: PULL_EXAMPLES }[over]
    .filter((one) => one.rule === name);
}

/** What is not sure of databases and infrastructure asks a human; those examples only tell that it is found. */
const ofTrees = (rule: string, { case: which, about, base, head, says }: TreeExample): RuleExample => ({
  rule,
  case: which,
  about,
  trees: { base, head },
  spec: { intent: { type: "UPDATE", scope: ["**"] } },
  ...(which === "clean" ? {} : { asks: "either" as const }),
  ...(says === undefined ? {} : { says }),
});
