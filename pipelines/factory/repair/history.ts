import type { Blobs, Engine } from "../../../kernel/mod.ts";
import type { Decision, Event, Json } from "../../../specs/mod.ts";
import { VerifyFacts } from "../../../specs/code/mod.ts";
import { readJson } from "../../blob_reads.ts";
import { failureFingerprint } from "./fingerprint.ts";
import {
  type HumanAdvice,
  type Round,
  type RoundFinding,
  type RoundHistory,
  RoundStrategy,
} from "./round.ts";
import { roundTests } from "./round_tests.ts";

const PAGE = 500;
const MOST_FINDINGS = 60;

/** Phases whose transitions judge the change. */
const JUDGING: readonly string[] = ["implement", "verify", "review"];

/** A round while its events are read. */
type Open = { -readonly [K in keyof Round]: Round[K] };

/**
 * Reads the rounds of a run from its ledger: each entry of implement begins one, each denial ends one. Nothing else keeps them, so
 * that after a crash they are what they were before it.
 */
export async function roundHistory(
  blobs: Pick<Blobs, "get">,
  events: Engine["events"],
  run: string,
  upTo = Infinity,
): Promise<RoundHistory> {
  const rounds: Open[] = [];
  const advice: HumanAdvice[] = [];
  const units = new Map<string, string>();
  const last = () => rounds.at(-1);
  for await (const event of eventsOf(events, run, upTo)) {
    switch (event.type) {
      case "phase.entered":
        if (event.payload.phase === "implement") {
          rounds.push(begun(rounds.length + 1, event.payload.visit, event.at));
        }
        break;
      case "phase.failed": {
        const round = last();
        if (round === undefined || event.payload.phase !== "implement") break;
        round.failures = [...round.failures, event.payload.failure];
        round.ms += event.payload.ms ?? 0;
        if (["fail", "escalate"].includes(event.payload.strategy ?? "")) round.verdict = "failed";
        break;
      }
      case "phase.finished": {
        const round = last();
        if (round === undefined) break;
        round.ms += event.payload.ms;
        if (event.payload.phase === "implement") Object.assign(round, proposed(event.payload.output));
        if (event.payload.phase === "verify") {
          const facts = text(event.payload.output, "facts");
          if (facts !== null) {
            round.tests = roundTests(VerifyFacts.parse(await readJson(blobs as Blobs, facts)));
          }
        }
        break;
      }
      case "transition.decided": {
        const round = last();
        const { decision } = event.payload;
        if (round === undefined || !JUDGING.includes(decision.transition.from)) break;
        await judged(round, decision, event.at);
        break;
      }
      case "phase.progress": {
        const round = last();
        const model = calledModel(event.payload);
        if (round !== undefined && model !== null && event.payload.phase === "implement") {
          round.models = [...new Set([...round.models, model])];
        }
        break;
      }
      case "budget.reserved":
        units.set(event.payload.id, event.payload.unit);
        break;
      case "budget.committed": {
        const round = last();
        if (round === undefined) break;
        const unit = event.payload.unit ?? units.get(event.payload.id);
        if (unit === "tokens") round.tokens += event.payload.amount;
        if (unit === "costMicroUsd") round.costMicroUsd += event.payload.amount;
        break;
      }
      case "escalation.answered": {
        const { by, comment, choice } = event.payload;
        if (["retry", "retry-from", "change-budget", "re-plan"].includes(choice)) {
          advice.push({ by: by.id, text: comment, at: event.at, after: rounds.length });
        }
        break;
      }
    }
  }
  // A visit that was begun and has nothing to show yet is the one that reads this.
  for (const round of rounds) {
    if (round.model !== null) round.models = [...new Set([...round.models, round.model])];
  }
  const told = rounds.filter(({ verdict, patch, failures }) =>
    verdict !== "open" || patch !== null || failures.length > 0
  );
  return { rounds: told, advice };
}

async function* eventsOf(events: Engine["events"], run: string, upTo: number): AsyncGenerator<Event> {
  for (let after = 0;;) {
    const page = await events(run, { after, limit: PAGE });
    for (const event of page) {
      if (event.seq > upTo) return;
      yield event;
    }
    const end = page.at(-1);
    if (end === undefined || page.length < PAGE) return;
    after = end.seq;
  }
}

function begun(n: number, visit: number, at: string): Open {
  return {
    n,
    visit,
    strategy: "first",
    against: null,
    model: null,
    models: [],
    patch: null,
    proposal: null,
    size: null,
    verdict: "open",
    transition: null,
    findings: [],
    tests: null,
    failures: [],
    fingerprint: null,
    tokens: 0,
    costMicroUsd: 0,
    ms: 0,
    at,
  };
}

/** What implement's output says of the round that it was. */
function proposed(output: Json): Partial<Round> {
  const round = field(output, "round");
  const strategy = RoundStrategy.safeParse(field(round, "strategy"));
  return {
    patch: text(output, "patch") || null,
    proposal: text(output, "proposal"),
    size: { files: count(output, "files"), added: count(output, "added"), removed: count(output, "removed") },
    strategy: strategy.success ? strategy.data : "first",
    against: text(round, "against"),
    model: text(round, "model"),
  };
}

async function judged(round: Open, decision: Decision, at: string): Promise<void> {
  const findings = decision.verdict === "allow" ? [] : findingsOf(decision);
  round.verdict = decision.verdict;
  round.transition = { ...decision.transition };
  round.findings = findings;
  round.at = at;
  // What verification saw belongs to a denial behind it alone.
  const tests = decision.transition.from === "implement" ? null : round.tests;
  round.fingerprint = decision.verdict === "allow" ? null : await failureFingerprint(findings, tests);
}

/** The findings of the rules that deny, or that ask a human where none denies. */
export function findingsOf(decision: Decision): RoundFinding[] {
  return decision.rules
    .filter(({ mode, verdict }) => mode === "enforce" && (verdict === "fail" || verdict === "error"))
    .flatMap(({ rule, gate, verdict, findings }) =>
      findings.map(({ message, path, line, remediation }) => ({
        rule,
        gate,
        verdict: verdict as "fail" | "error",
        message: message.slice(0, 4000),
        ...(path === undefined ? {} : { path }),
        ...(line === undefined ? {} : { line }),
        remediation: remediation.slice(0, 4000),
      }))
    ).slice(0, MOST_FINDINGS);
}

/** The model of a call that progress tells of: the call itself, or as its `call`; null when it tells of none. */
export function calledModel({ message, data = null }: { message: string; data?: Json }): string | null {
  return text(field(data, "call"), "model") ?? (message === "model.called" ? text(data, "model") : null);
}

function field(value: Json | null, key: string): Json | null {
  return value === null || typeof value !== "object" || Array.isArray(value) ? null : value[key] ?? null;
}

function text(value: Json | null, key: string): string | null {
  const found = field(value, key);
  return typeof found === "string" ? found : null;
}

function count(value: Json | null, key: string): number {
  const found = field(value, key);
  return typeof found === "number" ? found : 0;
}
