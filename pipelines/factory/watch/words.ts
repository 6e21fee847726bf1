/** What a watch writes on a pull request: records only, no promise, no word of a stranger repeated. */
import type { RunView } from "../../../kernel/mod.ts";
import { denialsOf, redact } from "../../../policies/mod.ts";
import type { Decision } from "../../../specs/mod.ts";
import { code, plain } from "../markdown_text.ts";
import type { Delivered } from "./delivered.ts";

const MOST_DENIALS = 5;

/** To a question: what the records say of the change, and nothing beyond them. */
export function answerText({ run, view, spec, proposal, base, tree, pull }: Delivered): string {
  const { change } = proposal;
  const decision = view.lastDecision;
  return redact([
    "This answer is made from the records of the run that made this change; nobody wrote it, and it knows no more than they do.",
    "",
    `- Asked: ${plain(spec.title)}${spec.reason ? ` (${plain(spec.reason)})` : ""}`,
    ...spec.acceptance.slice(0, 20).map((one) => `- Criterion ${code(one.id)}: ${plain(one.text)}`),
    ...(change === null ? [] : [
      `- Changed: ${change.files.length} files, +${change.added} −${change.removed}: ${
        change.files.slice(0, 20).map((file) => code(file.path)).join(", ")
      }${change.files.length > 20 ? " and more" : ""}`,
    ]),
    `- Made by the implementer ${code(proposal.implementer)}, judged as tree ${code(tree)} on ${
      code(base)
    }, commit ${code(pull.commit)}`,
    `- Run ${code(run)}: ${view.status}${
      decision === null
        ? ""
        : `; the last gate says ${decision.verdict}, ${
          decision.layers.map(({ layer, verdict }) => `${layer} ${verdict}`).join(", ")
        }`
    }`,
    ...(view.evidence === null
      ? []
      : [`- Evidence ${code(view.evidence.id)}, digest ${code(view.evidence.digest)}`]),
    "",
    "What a change should be is said by a comment that asks for one.",
  ].join("\n"));
}

/** What came of a request for a change. */
export function outcomeText(view: RunView, commit: string | null): string {
  const run = code(view.run);
  if (commit !== null) {
    return redact(
      `Done in ${commit}: run ${run} passed every gate${
        view.evidence === null ? "" : `, evidence ${code(view.evidence.id)} (${code(view.evidence.digest)})`
      }.`,
    );
  }
  const denials = view.lastDecision !== null && view.lastDecision.verdict !== "allow"
    ? denialsOf(view.lastDecision).slice(0, MOST_DENIALS)
    : [];
  return redact([
    `Not done: run ${run} ended ${view.status}, and nothing was pushed.`,
    ...(view.failure === null ? [] : ["", plain(view.failure.message.slice(0, 500))]),
    ...(denials.length === 0
      ? []
      : ["", ...denials.map((one) => `- ${code(one.rule)}: ${plain(one.message)}`)]),
  ].join("\n"));
}

/** Why the gates do not let it through, in a line. */
export function whyNot({ rules }: Decision): string {
  const findings = rules.filter(({ verdict }) => verdict === "fail" || verdict === "error")
    .flatMap((rule) => rule.findings.map(({ message }) => message));
  return findings.slice(0, MOST_DENIALS).map((one) => one.charAt(0).toLowerCase() + one.slice(1)).join("; ");
}

/** To a request that no run here can meet. */
export function cannotText(implementer: string): string {
  return `Not done: this change was made by the implementer ${
    code(implementer)
  }, which cannot follow a comment. A person can push to the branch, or start a run with another spec.`;
}

/** Where the pull request goes, as the one that it stood on is done with. */
export function retargetText(below: number, state: string, to: string): string {
  return `The pull request ${below}, which this one stands on, is ${state}. It goes into ${
    code(to)
  } from now on, and is judged again there${state === "merged" ? "" : ", without what that one brought"}.`;
}

/** Where the limit of fixes is reached. */
export function limitText(limit: string): string {
  return `Not done: ${plain(limit)}. A person has to go on from here.`;
}
