/** What of a review goes to the forge, by its tier; written once, brought up to date after that. */
import type { CheckAnnotation, Forge, PullRequestAt } from "../../connectors/mod.ts";
import { redact } from "../../policies/mod.ts";
import { digestOf, type PullReview, type ScanFinding } from "../../specs/mod.ts";

const NAME = "edgeforge review";
const MOST_LISTED = 30;
const MAX_LINE = 300;

/** Text from outside as one line of Markdown that cannot start a block, a link, a mention or HTML. */
function plain(text: string): string {
  return redact(text).replace(/\s+/g, " ").trim().slice(0, MAX_LINE).replace(
    /[\\`*_{}\[\]()#+!|<>~@]/g,
    (char) => `\\${char}`,
  );
}

export async function publishReview(
  forge: Forge,
  at: PullRequestAt,
  review: PullReview,
): Promise<PullReview["published"]> {
  const { tier, pull } = review;
  if (tier === "observe" || pull === null) return [];
  const published: PullReview["published"] = [];
  const summary = reviewText(review);
  const check = await forge.publishChecks?.({
    // The same said again is the same check; annotations of one that says something else would stay.
    key: `review/${at.repository}/${at.number}/${pull.head}/${await saidBy(review)}`,
    repository: at.repository,
    commit: pull.head,
    name: NAME,
    conclusion: tier === "govern" ? review.status === "completed" ? "success" : "failure" : "neutral",
    title: titleOf(review),
    summary,
    annotations: review.scan.findings.flatMap(annotationOf),
  });
  if (check !== undefined) published.push({ what: check.kind, id: check.id, url: check.url });
  if (tier !== "converse") return published;
  const comment = await forge.comment?.(at, { key: `review/${at.repository}/${at.number}`, body: summary });
  if (comment !== undefined) published.push({ what: "comment", id: comment.id, url: comment.url });
  return published;
}

const saidBy = ({ tier, status, scan }: PullReview): Promise<string> =>
  digestOf(
    JSON.stringify([
      tier,
      status,
      scan.findings.map(({ rule, path, line, action, message }) => [rule, path, line, action, message]),
    ]),
  );

function titleOf({ status, readiness, risk }: PullReview): string {
  const word = { completed: "no finding", denied: "denied", escalated: "a human has to decide" }[status];
  return `${word}: readiness ${readiness.score}/100, risk ${risk.score}/100`;
}

const LEVEL = { deny: "failure", escalate: "warning", note: "notice" } as const;

function annotationOf(finding: ScanFinding): CheckAnnotation[] {
  const { path, line, action, rule, message, remediation, commit } = finding;
  if (path === undefined || commit !== undefined) return [];
  return [{
    path,
    line: line ?? 1,
    level: LEVEL[action],
    title: rule,
    message: redact(remediation === "" ? message : `${message}\n\n${remediation}`).slice(0, 4000),
  }];
}

/** The review in Markdown: short, and every word of a stranger escaped. */
export function reviewText(review: PullReview): string {
  const { scan, readiness, risk } = review;
  const listed = scan.findings.filter(({ action }) => action !== "note");
  const score = (name: string, one: PullReview["readiness"]) => [
    `**${name} ${one.score}/100**, from ${one.from}`,
    ...one.points.slice(0, MOST_LISTED).map(({ points, reason }) =>
      `- ${points > 0 ? "+" : ""}${points}: ${plain(reason)}`
    ),
  ];
  const gaps = scan.notJudged.filter(({ verdict }) => verdict !== "not_applicable");
  return redact([
    `### ${titleOf(review)}`,
    "",
    ...listed.slice(0, MOST_LISTED).map((one) =>
      `- ${one.action === "deny" ? "**denied**" : "to decide"} \`${one.rule.replaceAll("`", "")}\` ${
        one.path === undefined ? "" : plain(`${one.path}${one.line === undefined ? "" : `:${one.line}`}`)
      }: ${plain(one.message)}${one.remediation === "" ? "" : ` Do: ${plain(one.remediation)}`}`
    ),
    ...(listed.length > MOST_LISTED ? [`- and ${listed.length - MOST_LISTED} more`] : []),
    ...(listed.length === 0 ? ["No rule that judges a diff has found anything."] : []),
    "",
    ...score("Readiness", readiness),
    "",
    ...score("Risk", risk),
    "",
    `Judged: ${review.gates.length} gates of commit ${scan.head?.commit ?? "?"} against ${
      scan.base?.commit ?? "?"
    }. ` +
    `Not judged: ${gaps.length}${
      gaps[0] === undefined
        ? ""
        : `, such as ${plain(gaps[0].rule ?? gaps[0].gate ?? "")}: ${plain(gaps[0].reason)}`
    }. ` +
    "No test was run and no code of this change was executed.",
  ].join("\n"));
}
