import type { Decision, ModelCall, Plan, Spec, VerifyFacts } from "../../specs/mod.ts";
import { intentsOf } from "../../specs/code/mod.ts";
import type { FactoryInput } from "./input.ts";
import { code, plain } from "./markdown_text.ts";
import { planLines } from "./packet_plan.ts";
import { bounded, evidenceLines, gateLines, modelLines } from "./packet_records.ts";
import type { Proposal } from "./proposal.ts";
import type { Review } from "./review.ts";

/** Where the tests ran, in the words that the gate over the body knows. */
const SANDBOXES = {
  bwrap: "bubblewrap, no network",
  none: "**none: the tests ran unsandboxed**",
  ci: "none of ours: observed by the forge's CI",
} as const;

/** What would be published, and the claims in it that can be held against the diff. */
export interface Packet {
  title: string;
  body: string;
  message: string;
  branch: string;
  claims: { text: string; path?: string }[];
}

/** The branch of a run: `forge/<slug>-<end of the run's id>`. */
export function branchName(title: string, run: string): string {
  const slug = title.normalize("NFKD").toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "")
    .slice(0, 48)
    .replace(/-+$/, "");
  return `forge/${slug || "change"}-${run.slice(-8)}`;
}

/**
 * The review packet of a pull request, made from evidence alone: what was asked, what changed, what proves it, what was not
 * done, how to reproduce it. The order follows what reviewers need first.
 */
export function composePacket(given: {
  run: string;
  spec: Spec;
  input: FactoryInput;
  proposal: Proposal;
  verify: VerifyFacts;
  review: Review;
  version: string;
  /** Decisions up to here, and calls of models: from the ledger. */
  decisions: readonly Decision[];
  calls: readonly ModelCall[];
  /** What it was planned as, where there is a plan. */
  plan?: Plan | null;
}): Packet {
  const { run, spec, input, proposal, verify, review } = given;
  const change = proposal.change;
  if (!change) throw new Error("Cannot compose a pull request: there is no change");
  const claims: Packet["claims"] = [];
  const lines: string[] = [];
  const section = (title: string) => lines.push("", `## ${title}`, "");

  lines.push(
    `**Machine-made change.** Implementer ${code(proposal.implementer)}, reviewer ${readBy(review)}`,
  );
  section("What was asked");
  lines.push(plain(spec.title), "");
  if (spec.reason) lines.push(`Why: ${plain(spec.reason)}`, "");
  for (const intent of intentsOf(spec)) {
    lines.push(`- ${intent.type} in ${intent.scope.map(code).join(", ")}`);
  }
  for (const constraint of spec.constraints) {
    lines.push(`- Constraint (not checked by a machine): ${plain(constraint)}`);
  }

  lines.push(...planLines(input, given.plan ?? null));

  section("What changed");
  lines.push(
    `${change.files.length} file${
      change.files.length === 1 ? "" : "s"
    }, +${change.added} −${change.removed}, risk ${review.riskScore}/100` +
      (review.risks.length > 0 ? ` (${review.risks.join(", ")})` : ""),
    "",
  );
  for (const file of change.files.slice(0, 100)) {
    const text = `${file.status} ${file.from ? `${code(file.from)} → ` : ""}${
      code(file.path)
    } +${file.added} −${file.removed}`;
    lines.push(`- ${text}`);
    claims.push({ text, path: file.path });
  }
  if (change.files.length > 100) lines.push(`- and ${change.files.length - 100} more`);

  section("Proof");
  if (review.criteria.length > 0) {
    lines.push("| criterion | before | after | proven by |", "| --- | --- | --- | --- |");
    for (const criterion of review.criteria) {
      const check = verify.checks.find((candidate) => candidate.id === criterion.id);
      const cell = (text: string) => text.replaceAll("|", "\\|");
      lines.push(
        `| ${plain(`${criterion.id}: ${criterion.text.slice(0, 500)}`)} | ${
          check ? ending(check.base) : "–"
        } | ${check ? ending(check.head) : "–"} | ${
          cell(check ? code(check.argv.join(" ")) : "not proven: no check")
        } |`,
      );
    }
    lines.push("");
  }
  for (const command of verify.commands) {
    const report = command.head.report;
    lines.push(
      `- ${code(command.argv.join(" "))}: ${
        report
          ? `${report.passed} passed, ${report.failed} failed, ${report.skipped} skipped`
          : "no report that we understand"
      }, exit ${command.head.exitCode ?? command.head.ended}${
        command.base?.report ? ` (before: ${command.base.report.passed} passed)` : ""
      }`,
    );
    if (command.planted) {
      lines.push(
        `- A failing test planted in ${code(command.planted.path)} ${
          seenToFail(command.planted) ? "was seen to fail" : "was **not** seen"
        }`,
      );
    }
  }
  lines.push(`- Sandbox: ${SANDBOXES[verify.sandbox.level]}`);

  section("Gates");
  lines.push(...gateLines(given.decisions));

  section("Models");
  lines.push(...modelLines(given.calls, spec));

  const said = review.findings.filter(({ severity }) => severity !== undefined);
  if (said.length > 0) {
    section("What the reviewer found");
    for (const { severity, message, path, line } of said.slice(0, 50)) {
      const place = path === undefined ? "" : ` ${code(line === undefined ? path : `${path}:${line}`)}`;
      lines.push(`- ${severity}${place}: ${plain(message.slice(0, 1000))}`);
    }
    if (said.length > 50) lines.push(`- and ${said.length - 50} more`);
  }

  section("What was not done");
  lines.push(
    review.mind === null
      ? "- Nobody reviewed whether this is the right change; rules only checked what they can check."
      : "- No human reviewed whether this is the right change; a model can be wrong in what it finds and in what it does not.",
  );
  for (const criterion of review.criteria.filter((candidate) => !candidate.proven)) {
    lines.push(`- ${plain(criterion.id)} is not proven by a check.`);
  }
  if (spec.proof !== "fail-to-pass") {
    lines.push(
      `- Nothing was asked to fail before this change and pass after it: ${
        plain(spec.proof.none)
      }. It goes on only by an answer to that; the gates name who gave it, and whether it was the requester's own (self-approved).`,
    );
  }
  if (input.repository.dirty) lines.push("- Uncommitted work in the repository was not included.");

  section("Evidence, and how to reproduce");
  lines.push(
    `Run ${code(run)}, Edgeforge ${given.version}, base ${code(input.repository.baseCommit)}, patch ${
      code(proposal.patch)
    }.`,
    "",
    ...evidenceLines(run),
  );
  const title = spec.title.replace(/\s+/g, " ").trim().slice(0, 120);
  return {
    title,
    body: bounded(lines.join("\n").replace(/^\n+/, "") + "\n"),
    message:
      `${title}\n\nRun: ${run}\nPatch: ${proposal.patch}\nAssisted-by: edgeforge:${proposal.implementer}\n`,
    branch: input.continues?.pull.branch ?? input.task?.branch ?? branchName(spec.title, run),
    claims,
  };
}

/** Who read the diff, as a sentence. */
function readBy({ mind, unread }: Review): string {
  if (mind === null) {
    const why = unread === undefined ? "" : ` (${plain(unread.slice(0, 300))})`;
    return `${code("rules")}: no mind, human or model, has read this diff${why}.`;
  }
  const family = mind.otherFamily === true
    ? "of another family than the author's"
    : mind.otherFamily === false
    ? "of the **same family** as the author's, as none of another could be asked"
    : "whose family and the author's cannot be compared";
  return `${code("rules")} and the model ${code(mind.model)}, ${family}${
    mind.recording ? ", **as a recording**" : ""
  }; no human has read this diff${mind.whole ? "" : ", and the model not all of it"}.`;
}

function ending(execution: { ended: string; exitCode: number | null }): string {
  if (execution.ended !== "by-itself") return execution.ended;
  return execution.exitCode === 0 ? "holds" : "fails";
}

function seenToFail(
  planted: { marker: string; execution: { report: { cases: { name: string; status: string }[] } | null } },
): boolean {
  return planted.execution.report?.cases.some((test) =>
    test.name.includes(planted.marker) && test.status === "fail"
  ) ?? false;
}
