/** Judges a pull request, or a range, that is there already: read only, by the scan. */
import type { PullRequestState } from "../../connectors/mod.ts";
import { redact } from "../../policies/mod.ts";
import type { PullReview, ReviewTier, ScanDocument } from "../../specs/mod.ts";
import { readiness, risk } from "./score.ts";

const MAX_TEXT = 300;

/** Text of strangers in the document: one line, without secrets, no longer than it has to be. */
const shown = (text: string): string => redact(text).replace(/\s+/g, " ").trim().slice(0, MAX_TEXT);

export function pullReview(given: {
  scan: ScanDocument;
  tier: ReviewTier;
  pull: { repository: string; state: PullRequestState } | null;
  notes: readonly string[];
  at: string;
}): PullReview {
  const { scan, tier, notes, at } = given;
  const pull = given.pull === null ? null : pullOf(given.pull);
  return {
    v: 1,
    status: scan.status,
    tier,
    pull,
    gates: gatesOf(scan),
    readiness: readiness(scan, pull),
    risk: risk(scan),
    scan,
    published: [],
    notes: [...notes],
    at,
  };
}

function pullOf({ repository, state }: { repository: string; state: PullRequestState }): PullReview["pull"] {
  return {
    repository,
    number: state.number,
    url: state.url,
    title: shown(state.title),
    state: state.state,
    draft: state.draft,
    mergeable: state.mergeable,
    base: shown(state.base),
    head: state.head,
    // Of what was published here before, nothing follows.
    checks: state.checks.filter((check) => !check.ours).map((check) => ({
      name: shown(check.name),
      state: check.conclusion ?? check.status,
      required: check.required,
    })),
    reviews: state.reviews.map((one) => ({
      by: shown(one.author.name),
      state: one.state,
      ofHead: one.commit === state.head,
    })),
  };
}

/** What each gate says, by all of its rules together. */
function gatesOf(scan: ScanDocument): PullReview["gates"] {
  const gates = new Map<string, PullReview["gates"][number]>();
  const weight = ["not_run", "not_applicable", "pass", "fail", "error"];
  for (const { gate, rule, verdict } of scan.judged) {
    const known = gates.get(gate) ?? { gate, verdict, rules: [], denied: 0, escalated: 0, notes: 0 };
    known.rules.push(rule);
    if (weight.indexOf(verdict) > weight.indexOf(known.verdict)) known.verdict = verdict;
    gates.set(gate, known);
  }
  for (const { gate, action } of scan.findings) {
    const known = gates.get(gate);
    if (known === undefined) continue;
    if (action === "deny") known.denied++;
    else if (action === "escalate") known.escalated++;
    else known.notes++;
  }
  return [...gates.values()].sort((a, b) => a.gate < b.gate ? -1 : 1);
}
