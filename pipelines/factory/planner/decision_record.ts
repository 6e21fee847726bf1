import { redact } from "../../../policies/mod.ts";
import type { Plan, Spec } from "../../../specs/mod.ts";
import { intentsOf } from "../../../specs/code/mod.ts";
import { code, plain } from "../markdown_text.ts";

export interface ToRecord {
  readonly spec: Spec;
  /** Null where rules planned. */
  readonly plan: Plan | null;
  /** Which files each intent reaches at base, and where two meet. */
  readonly reaches: readonly { type: string; scope: readonly string[]; count: number }[];
  readonly overlaps: readonly string[];
  readonly run: string;
  readonly at: string;
}

/**
 * An architecture decision record in the usual form (context, decision, consequences), made of the spec and the plan alone. It is part
 * of the evidence and of what a human is shown, never of the change: where a repository keeps its records is its own affair.
 */
export function decisionRecord({ spec, plan, reaches, overlaps, run, at }: ToRecord): string {
  const lines: string[] = [
    `# ${plain(spec.title)}`,
    "",
    `Date: ${at.slice(0, 10)}. Status: proposed, by run ${code(run)}.`,
  ];
  const section = (title: string) => lines.push("", `## ${title}`, "");
  const list = (items: readonly string[], none: string) =>
    lines.push(...(items.length === 0 ? [none] : items.map((item) => `- ${item}`)));

  section("Context");
  if (spec.reason) lines.push(plain(spec.reason), "");
  for (const { type, scope, count } of reaches) {
    lines.push(`- ${type} in ${scope.map(code).join(", ")}: ${count} files at the base`);
  }
  for (const constraint of spec.constraints) lines.push(`- Constraint: ${plain(constraint)}`);
  if (plan !== null && plan.components.length > 0) {
    lines.push("", `Components: ${plan.components.map(plain).join(", ")}.`);
  }

  section("Decision");
  lines.push(
    plan?.decision
      ? plain(plan.decision)
      : `${
        intentsOf(spec).length > 1
          ? "The intents are carried out together, as the spec asks."
          : "The work is split as follows; no other decision was found to be needed."
      }`,
  );
  if (plan !== null) {
    lines.push(
      "",
      "| task | does | after | files | criteria | risk |",
      "| --- | --- | --- | --- | --- | --- |",
    );
    for (const task of plan.tasks) {
      const cells = [
        task.id,
        plain(task.title),
        task.dependsOn.join(", ") || "–",
        task.files.map(code).join(", ") || "–",
        task.criteria.join(", ") || "–",
        task.risk,
      ];
      lines.push(`| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`);
    }
  }

  section("Consequences");
  list((plan?.risks ?? []).map(plain), "None were named.");
  if (overlaps.length > 0) {
    lines.push("", `More than one intent reaches: ${overlaps.slice(0, 20).map(code).join(", ")}.`);
  }
  lines.push(
    "",
    plan === null
      ? "Recorded by rules from the spec; no mind weighed alternatives."
      : `Planned by ${
        code(plan.planner)
      }, checked by rules: graph, claims within the scope, criteria. Alternatives were not recorded.`,
  );
  return redact(lines.join("\n") + "\n");
}
