/**
 * What the text of a pull request says of gates, waivers, approvals, models and their cost, read back out of it and held against the
 * run's records. Sections that it does not have claim nothing.
 */
import type { Change, Finding, Spec } from "../../specs/mod.ts";
import { codeAt, finding, isCutMark, isCutOff, oneLine, sectionOf } from "./body_claims.ts";
import type { GateRecord, ModelRecord } from "./run_records.ts";

/** Decisions that a text tells at most: the last ones. */
const TOLD = 50;
const LATER = "The gates of what follows this text (release) stand in the evidence.";

/** Markdown's escapes undone. */
const bare = (text: string): string => text.replaceAll(/\\(.)/g, "$1");
/** As text from outside is written beside code: in one line, without space around it. */
const worded = (text: string): string => oneLine(text).trim();

interface Claims {
  /** What a text may say, each in the one form in which it is compared. */
  readonly allowed: ReadonlySet<string>;
  /** What it has to say. */
  readonly needed: readonly string[];
}

function gatesOf(records: readonly GateRecord[]): Claims {
  if (records.length === 0) return { allowed: new Set(["none"]), needed: ["none"] };
  const transitions = records.slice(-TOLD).map((record) => {
    const { from, to, verdict, passed, notApplicable, waived } = record;
    const exceptions = waived.length === 0 ? "" : `, **${waived.length} failed and waived**`;
    return `gate ${
      oneLine(`${from} > ${to.replace("@", "")}`)
    }\n: ${verdict}, ${passed} rules passed, ${notApplicable} not applicable${exceptions}`;
  });
  const waivers = records.flatMap(({ waived }) =>
    waived.map(({ rule, by, reason }) =>
      `waived ${oneLine(rule)}\n fails and is waived by ${by.map(worded).join(", ")}: ${worded(reason)}`
    )
  );
  const approvals = records.flatMap((record) =>
    record.approvals.map(({ by, selfApproved }) => `${selfApproved ? "self" : "approved"} ${worded(by)}`)
  );
  const all = [...new Set([...transitions, ...waivers, ...approvals])];
  return { allowed: new Set([...all, "later"]), needed: all };
}

/** The claim of a line of the gates, in the form of the records; null when it has none. */
function gateClaim(line: string): string | null {
  if (!line.startsWith("- ")) return null;
  const text = line.slice(2);
  if (text === "No decision is on record yet.") return "none";
  if (text === LATER) return "later";
  const own = /^\*\*Self-approved\*\*: (.*) answered for their own request; no review by another is claimed$/
    .exec(text);
  if (own !== null) return `self ${bare(own[1] ?? "")}`;
  const approved = /^Approved by (.*)$/.exec(text);
  if (approved !== null) return `approved ${bare(approved[1] ?? "")}`;
  const named = codeAt(text);
  if (named === null) return null;
  return named.rest.startsWith(" fails and is waived by ")
    ? `waived ${named.content}\n${bare(named.rest)}`
    : `gate ${named.content}\n${named.rest}`;
}

/** Decisions, waivers and approvals of the text, against those of the ledger; one that is left out is found, too. */
export function gateClaims(body: string, records: readonly GateRecord[]): Finding[] {
  const lines = sectionOf(body, "Gates");
  if (lines === null) return [];
  const { allowed, needed } = gatesOf(records);
  const found: Finding[] = [];
  const told = new Set<string>();
  for (const line of lines.filter((one) => !isCutMark(one))) {
    const claim = gateClaim(line);
    if (claim === null || !allowed.has(claim)) found.push(finding(`${line}; no decision on record says so`));
    else told.add(claim);
  }
  if (isCutOff(body)) return found;
  for (const one of needed.filter((claim) => !told.has(claim))) {
    found.push(finding(`it leaves out what a decision says: ${one.replace("\n", "")}`));
  }
  return found;
}

const tokens = (count: number | null): string => count === null ? "an untold number of" : String(count);

/** What the text says that models took, against their recorded calls; what they may take at most, against the spec. */
export function modelClaims(body: string, record: ModelRecord, budget: Spec["budget"] | null): Finding[] {
  const lines = sectionOf(body, "Models");
  if (lines === null) return [];
  const { calls, models, tokensIn, tokensOut, costMicroUsd, recordings } = record;
  const cost = (costMicroUsd / 1_000_000).toFixed(4);
  const found: Finding[] = [];
  const told = { sums: false, recordings: false };
  for (const line of lines.filter((one) => !isCutMark(one))) {
    if (line === "No model was asked: 0 calls, 0 tokens, 0 USD.") {
      if (calls === 0) told.sums = true;
      else found.push(finding(`${line}; ${calls} calls are on record`));
      continue;
    }
    const played =
      /^\*\*Recording\*\*: (\d+) of these answers (?:is|are) played back, and no model gave (?:it|them) now\.$/
        .exec(line);
    if (played !== null && Number(played[1]) === recordings) {
      told.recordings = true;
      continue;
    }
    const sums = sumsOf(line);
    const isSo = sums !== null && sums.calls === String(calls) &&
      sums.models.join("\n") === models.slice(0, 10).map(oneLine).join("\n") &&
      sums.rest.startsWith(`: ${tokens(tokensIn)} tokens in, ${tokens(tokensOut)} out, ${cost} USD`) &&
      capHolds(sums.rest.slice(sums.rest.indexOf(" USD") + " USD".length), budget);
    if (isSo) told.sums = true;
    else {found.push(
        finding(
          `${line}; the records say ${calls} calls, ${tokens(tokensIn)} tokens in, ${
            tokens(tokensOut)
          } out, ${cost} USD`,
        ),
      );}
  }
  if (isCutOff(body) || found.length > 0) return found;
  if (!told.sums) found.push(finding(`it does not tell of ${calls} calls of models`));
  if (recordings > 0 && !told.recordings) {
    found.push(finding(`it does not say that ${recordings} answers are played back`));
  }
  return found;
}

/** `3 calls of A, B` and what follows. */
function sumsOf(line: string): { calls: string; models: string[]; rest: string } | null {
  const head = /^(\d+) calls? of /.exec(line);
  if (head === null) return null;
  const models: string[] = [];
  let rest = line.slice(head[0].length);
  for (;;) {
    const name = codeAt(rest);
    if (name === null) return null;
    models.push(name.content);
    rest = name.rest;
    if (!rest.startsWith(", `")) return { calls: head[1] ?? "", models, rest };
    rest = rest.slice(2);
  }
}

function capHolds(text: string, budget: Spec["budget"] | null): boolean {
  const said = /^(?:, of at most (.+))?\.$/.exec(text);
  if (said === null) return false;
  if (budget === null) return true;
  const caps = [
    ...(budget.usd === undefined ? [] : [`${budget.usd} USD`]),
    ...(budget.tokens === undefined ? [] : [`${budget.tokens} tokens`]),
  ];
  return (said[1] ?? "") === caps.join(" and ");
}

/** The base and the patch that the text is said to be about. */
export function subjectClaims(body: string, { base, patch }: Pick<Change, "base" | "patch">): Finding[] {
  const lines = sectionOf(body, "Evidence, and how to reproduce") ?? [];
  return lines.flatMap((line) => {
    const named = /^Run `[^`]*`, .* base `([^`]*)`, patch `([^`]*)`\.$/.exec(line);
    if (named === null || (named[1] === base && named[2] === patch)) return [];
    return [finding(`${line}; the change is ${patch} on ${base}`)];
  });
}

/** A model that read the diff, as a review names it. */
export interface ReadBy {
  readonly model: string;
  readonly otherFamily: boolean | null;
  readonly whole: boolean;
}

/** Who made the change and who read it, in the line with which the text begins. */
export function authorClaims(body: string, implementer: string, mind: ReadBy | null): Finding[] {
  return body.split("\n").flatMap((line) => {
    const head = /^\*\*Machine-made change\.\*\* Implementer /.exec(line)?.[0];
    if (head === undefined) return [];
    const made = codeAt(line.slice(head.length));
    const reviewer = ", reviewer `rules`";
    const isSo = made?.content === oneLine(implementer) && made.rest.startsWith(reviewer) &&
      isReadBy(made.rest.slice(reviewer.length), mind);
    return isSo ? [] : [
      finding(
        `${line}; ${implementer} made it, and ${mind === null ? "no model" : mind.model} read the diff`,
      ),
    ];
  });
}

function isReadBy(text: string, mind: ReadBy | null): boolean {
  if (mind === null) return text.startsWith(": no mind, human or model, has read this diff");
  const and = " and the model ";
  const model = text.startsWith(and) ? codeAt(text.slice(and.length)) : null;
  const family = mind.otherFamily === null
    ? ", whose family and the author's cannot be compared"
    : mind.otherFamily
    ? ", of another family than the author's"
    : ", of the **same family** as the author's";
  return model?.content === oneLine(mind.model) && model.rest.startsWith(family) &&
    model.rest.includes("; no human has read this diff") &&
    model.rest.includes(", and the model not all of it") === !mind.whole;
}
