import type { Finding } from "../../specs/mod.ts";
import { failIfAny, pass, rule } from "../rule.ts";
import { fileClaims, testClaims } from "../evidence/body_claims.ts";
import { authorClaims, gateClaims, modelClaims, subjectClaims } from "../evidence/record_claims.ts";
import { OUTGOING_KNOWN } from "./bindings.ts";
import { holds } from "./execution.ts";

/** L1: what the pull request says is what happened. */
export const reviewRules = [
  rule({
    id: "C9",
    gate: "claims",
    layer: "L1",
    mode: "enforce",
    severity: "high",
    description:
      "Every claim of the pull request holds against the diff, and every criterion called proven has a check that passes",
    remediation: "Generate the pull request's text from the evidence",
    bindings: OUTGOING_KNOWN,
    reads: ["spec", "verify", "outgoing", "review"],
    evaluate: ({ spec, verify, review }) => {
      const findings: Finding[] = review.claims.filter(({ ok }) => !ok).map(({ text }) => ({
        message: `The pull request claims what the diff does not hold: ${text.slice(0, 300)}`,
        remediation: "Take the claim out, or make the change that it describes",
      }));
      const known = new Set(spec.acceptance.map(({ id }) => id));
      for (const { id, proven } of review.criteria) {
        if (!known.has(id)) {
          findings.push({
            message: `The review speaks of a criterion ${id} that the spec does not have`,
            remediation: "Review against this spec",
          });
        }
        const held = verify.checks.some((check) => check.id === id && holds(check.head));
        if (proven && !held) {
          findings.push({
            message: `The review calls ${id} proven, but no check of it passed`,
            remediation: `Give ${id} a check that passes, or call it unproven`,
          });
        }
      }
      const notes = review.findings.map(({ message, remediation, path, line }) => ({
        message,
        remediation,
        ...(path === undefined ? {} : { path }),
        ...(line === undefined ? {} : { line }),
      }));
      return findings.length > 0
        ? failIfAny(findings, "passes when every claim and every proven criterion holds")
        : pass(notes);
    },
  }),
  rule({
    id: "C9",
    gate: "body-claims",
    layer: "L1",
    mode: "enforce",
    severity: "high",
    description:
      "Every file, total, command, count and criterion that the pull request's text tells of is in the diff and in what ran",
    remediation: "Generate the pull request's text from the evidence",
    bindings: OUTGOING_KNOWN,
    reads: ["change", "verify", "outgoing"],
    evaluate: ({ change, verify, outgoing }) => {
      const found = [...fileClaims(outgoing.body, change), ...testClaims(outgoing.body, verify)].slice(
        0,
        100,
      );
      return failIfAny(found, "passes when the text says what the records say");
    },
  }),
  rule({
    id: "C9",
    gate: "record-claims",
    layer: "L1",
    mode: "enforce",
    severity: "high",
    description:
      "Every decision, waiver, approval, author, call of a model, token and cost that the pull request's text tells of is in the run's records, and none is left out",
    remediation: "Generate the text from the records, and nothing else",
    bindings: OUTGOING_KNOWN,
    reads: ["spec", "change", "proposal", "review", "outgoing", "records"],
    selector: ({ records: { told } }) => ({
      applies: told !== null,
      because: told === null
        ? "no decisions and calls of the run were given with this input"
        : `${told.decisions.length} decisions, ${told.models.calls} calls of models`,
    }),
    evaluate: ({ spec, change, proposal, review, outgoing: { body }, records: { told } }) => {
      if (told === null) return pass();
      const found = [
        ...gateClaims(body, told.decisions),
        ...modelClaims(body, told.models, spec.budget),
        ...subjectClaims(body, change),
        ...authorClaims(body, proposal.implementer, review.mind ?? null),
      ];
      return failIfAny(found.slice(0, 100), "passes when the text says what the records say");
    },
  }),
  rule({
    id: "C9",
    gate: "review-blocks",
    layer: "L1",
    mode: "enforce",
    severity: "high",
    description:
      "No reviewer says that the change must not be merged as it is. Denied while it can be repaired, then asked of a human",
    remediation: "Change what the reviewer blocks, or let a human answer that the reviewer is wrong",
    bindings: OUTGOING_KNOWN,
    reads: ["review", "proposal"],
    selector: ({ review }) =>
      review.findings.some(({ severity }) => severity !== undefined) || review.mind
        ? { applies: true, because: `read by ${review.reviewer}` }
        : { applies: false, because: "no reviewer with a mind read the diff: rules alone judged it" },
    evaluate: ({ review, proposal, budget }) => {
      const blocks: Finding[] = review.findings.filter(({ severity }) => severity === "block")
        .map(({ message, path, line, remediation }) => ({
          message: `The reviewer blocks: ${message}`,
          ...(path === undefined ? {} : { path }),
          ...(line === undefined ? {} : { line }),
          remediation,
        }));
      const { repairs } = budget;
      const repairable = (proposal.implementer === "model" || proposal.implementer === "cli") &&
        repairs !== undefined && repairs.limit - repairs.spent - repairs.reserved >= 1;
      return failIfAny(blocks, "passes when no finding of the review blocks", { escalates: !repairable });
    },
  }),
];
