/** Parts of a pull request's text that come from the run's records: gates, what models took, where the evidence is, how long it may be. */
import type { Decision, ModelCall, Spec } from "../../specs/mod.ts";
import { usageOf } from "./implementer_statement.ts";
import { code, plain } from "./markdown_text.ts";

/** What GitHub takes of a description is 65,536 characters. */
export const MAX_BODY = 65_000;

/** Each transition so far, and what went through by an exception or by somebody's answer, and whose. */
export function gateLines(decisions: readonly Decision[]): string[] {
  if (decisions.length === 0) return ["- No decision is on record yet."];
  const lines = decisions.slice(-50).map(({ transition: { from, to }, verdict, rules }) => {
    const said = (what: (rule: Decision["rules"][number]) => boolean) => rules.filter(what).length;
    const waived = rules.filter((rule) => rule.waived !== undefined && rule.waived.length > 0);
    return `- ${code(`${from} > ${to.replace("@", "")}`)}: ${verdict}, ${
      said(({ verdict }) => verdict === "pass")
    } rules passed, ${said(({ verdict }) => verdict === "not_applicable")} not applicable${
      waived.length === 0 ? "" : `, **${waived.length} failed and waived**`
    }`;
  });
  for (const { rules, approvals } of decisions) {
    for (const { rule, findings, waived } of rules) {
      if (waived === undefined || waived.length === 0) continue;
      const by = new Set(findings.flatMap((finding) => finding.waived?.by ?? []));
      const [reason = ""] = findings.flatMap((finding) => finding.waived?.reason ?? []);
      lines.push(
        `- ${code(rule)} fails and is waived by ${[...by].map(plain).join(", ")}: ${
          plain(reason.slice(0, 300))
        }`,
      );
    }
    for (const { by, selfApproved } of approvals) {
      lines.push(
        selfApproved
          ? `- **Self-approved**: ${
            plain(by)
          } answered for their own request; no review by another is claimed`
          : `- Approved by ${plain(by)}`,
      );
    }
  }
  lines.push("- The gates of what follows this text (release) stand in the evidence.");
  return [...new Set(lines)];
}

const usd = (micro: number): string => `${(micro / 1_000_000).toFixed(4)} USD`;

/** What models took up to here against what the spec allows. */
export function modelLines(calls: readonly ModelCall[], { budget }: Pick<Spec, "budget">): string[] {
  if (calls.length === 0) return ["No model was asked: 0 calls, 0 tokens, 0 USD."];
  const { tokensIn, tokensOut, costMicroUsd } = usageOf(calls);
  const recorded = calls.filter(({ recording }) => recording).length;
  const told = (count: number | null) => count === null ? "an untold number of" : String(count);
  const cap = [
    ...(budget.usd === undefined ? [] : [`${budget.usd} USD`]),
    ...(budget.tokens === undefined ? [] : [`${budget.tokens} tokens`]),
  ];
  const models = [...new Set(calls.map(({ model, provider }) => `${provider}/${model}`))].sort();
  return [
    `${calls.length} call${calls.length === 1 ? "" : "s"} of ${models.slice(0, 10).map(code).join(", ")}: ${
      told(tokensIn)
    } tokens in, ${told(tokensOut)} out, ${usd(costMicroUsd ?? 0)}${
      cap.length === 0 ? "" : `, of at most ${cap.join(" and ")}`
    }.`,
    ...(recorded === 0 ? [] : [
      `**Recording**: ${recorded} of these answers ${
        recorded === 1 ? "is" : "are"
      } played back, and no model gave ${recorded === 1 ? "it" : "them"} now.`,
    ]),
  ];
}

/** Where the evidence is: it is sealed after this text is published, so that its digest cannot stand in it. */
export function evidenceLines(run: string): string[] {
  return [
    "Everything above is derived from the run's records. They are sealed when the run ends, after this text was published, so their digest cannot stand here:",
    `${code(`forge evidence list --run ${run}`)} tells it, and the transparency log holds it.`,
    "",
    "Offline, in one command, every signature, every byte and every decision again:",
    "",
    "```sh",
    `forge evidence verify ${run}`,
    "```",
  ];
}

/** A text that is not longer than a forge takes: cut at the end of a line, and told. */
export function bounded(body: string, max = MAX_BODY): string {
  if (body.length <= max) return body;
  const note = "\n\n**The rest does not fit into a pull request: it is in the evidence.**\n";
  const cut = body.slice(0, max - note.length - 10);
  const whole = cut.slice(0, Math.max(cut.lastIndexOf("\n"), 0));
  // An open block would take the note in.
  const fences = whole.split("\n").filter((line) => line.startsWith("```")).length;
  return `${whole}${fences % 2 === 1 ? "\n```" : ""}${note}`;
}
