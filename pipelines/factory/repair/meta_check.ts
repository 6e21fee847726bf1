/** Checks of the loop itself, between rounds: whether going on makes sense. Pure functions over what the ledger holds. */
import { type Round, type RoundHistory, roundsSinceAnswer } from "./round.ts";

export interface MetaFinding {
  readonly check: "progress" | "test-quality" | "conflicts" | "resources" | "evidence-gaps";
  readonly message: string;
  readonly remedy: string;
}

/** What is left of the run's budget, by unit; a unit without a limit is not there. */
export type Left = Readonly<Record<string, number>>;

const WITHOUT_PROGRESS = 5;
const WEAKENINGS = 3;
/** Rules over tests that are skipped, emptied, known by name to the code, or whose runner is changed. */
const WEAKENING = /\/T[2368]$/;
/** Rules over tests that passed before: taken out, or broken by the change, which alone weakens nothing. */
const LOST = /\/T[14]$/;

/** Nothing got better over some rounds: as many gates and tests fail as before. */
export function progressCheck(rounds: readonly Round[]): MetaFinding | null {
  const denied = rounds.filter(({ verdict }) => verdict === "deny").slice(-WITHOUT_PROGRESS);
  const [first, ...later] = denied;
  if (first === undefined || denied.length < WITHOUT_PROGRESS) return null;
  if (later.some((round) => trouble(round) < trouble(first))) return null;
  return {
    check: "progress",
    message: `${denied.length} rounds went by and no fewer gates and tests fail than at their start (${
      trouble(first)
    })`,
    remedy: "Say what to do differently, split the spec into smaller ones, or end the run",
  };
}

/** The way from the phases: a change that is denied later got further. */
const STAGES = ["implement", "verify", "review"];

function trouble({ findings, tests, transition }: Round): number {
  const failing = new Set(findings.map(({ rule }) => rule)).size + (tests?.failed.length ?? 0) +
    (tests?.checksFailed.length ?? 0);
  const further = Math.max(0, STAGES.indexOf(transition?.from ?? ""));
  return failing + (STAGES.length - further) * 1000;
}

/** The implementer keeps at the tests instead of the code. */
export function testQualityCheck(rounds: readonly Round[]): MetaFinding | null {
  const weakening = rounds.map(weakened).filter((rules) => rules.length > 0);
  if (weakening.length < WEAKENINGS) return null;
  const rules = [...new Set(weakening.flat())];
  return {
    check: "test-quality",
    message: `${weakening.length} rounds took tests away or weakened them (${rules.join(", ")})`,
    remedy: "Say whether a test has to change; if so, name it in the spec's removes. Or end the run",
  };
}

function weakened({ findings, tests }: Round): string[] {
  const isBroken = (tests?.broken.length ?? 0) > 0;
  return findings.map(({ rule }) => rule).filter((rule) =>
    WEAKENING.test(rule) || (LOST.test(rule) && !isBroken)
  );
}

/** Two failures take turns: mending one brings the other back. */
export function conflictsCheck(rounds: readonly Round[]): MetaFinding | null {
  const [a, b, c, d] = rounds.slice(-4);
  if (a === undefined || b === undefined || c === undefined || d === undefined) return null;
  const turns = a.fingerprint !== null && b.fingerprint !== null && a.fingerprint !== b.fingerprint &&
    a.fingerprint === c.fingerprint && b.fingerprint === d.fingerprint;
  return turns
    ? {
      check: "conflicts",
      message: `mending ${named(a)} brings ${named(b)} back, and the other way round`,
      remedy: "Say which of the two matters, or change the spec so that both can hold",
    }
    : null;
}

function named({ findings, tests }: Round): string {
  const [rule] = findings.map(({ rule, gate }) => `${rule} (${gate})`);
  return rule ?? tests?.failed[0] ?? tests?.checksFailed[0] ?? "one failure";
}

/** What is left would not pay for a round like the last one. */
export function resourcesCheck(rounds: readonly Round[], left: Left): MetaFinding | null {
  const last = rounds.at(-1);
  if (last === undefined) return null;
  const short = ([["tokens", last.tokens], ["costMicroUsd", last.costMicroUsd], ["ms", last.ms]] as const)
    .filter(([unit, used]) => used > 0 && unit in left && (left[unit] ?? 0) < used);
  if (short.length === 0) return null;
  return {
    check: "resources",
    message: `what is left of the budget is less than the last round took: ${
      short.map(([unit, used]) => `${unit} ${left[unit] ?? 0} of ${used}`).join(", ")
    }`,
    remedy: "Raise the budget and retry, or end the run",
  };
}

/** The same evidence is missing again: nothing that the implementer writes changes that. */
export function evidenceGapsCheck(rounds: readonly Round[]): MetaFinding | null {
  const [before, last] = rounds.slice(-2).map(({ findings, verdict }) =>
    verdict === "deny" && findings.length > 0 && findings.every((finding) => finding.verdict === "error")
      ? findings
      : null
  );
  if (!before || !last) return null;
  const known = new Set(before.map(({ rule }) => rule));
  if (!last.every(({ rule }) => known.has(rule))) return null;
  return {
    check: "evidence-gaps",
    message: `what the gates need was missing twice: ${last.map(({ message }) => message).join("; ")}`.slice(
      0,
      2000,
    ),
    remedy: "Provide what is missing (a tool, a test command, a policy) and retry",
  };
}

/** Everything that speaks against another round. */
export function metaChecks(history: RoundHistory, left: Left): MetaFinding[] {
  const rounds = roundsSinceAnswer(history);
  return [
    progressCheck(rounds),
    testQualityCheck(rounds),
    conflictsCheck(rounds),
    resourcesCheck(rounds, left),
    evidenceGapsCheck(rounds),
  ].filter((finding) => finding !== null);
}
