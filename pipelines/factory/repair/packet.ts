import type { Blobs, RunView } from "../../../kernel/mod.ts";
import { redact } from "../../../policies/mod.ts";
import {
  AnswerChoice,
  Digest,
  type EscalationAttempt,
  type EscalationOption,
  EscalationPacket,
  type Hypothesis,
} from "../../../specs/mod.ts";
import { Spec } from "../../../specs/code/mod.ts";
import { FactoryInput } from "../input.ts";
import { readJson } from "../../blob_reads.ts";
import type { RunHistory } from "../ports.ts";
import { proposalOf } from "../proposal.ts";
import { hypothesisOf, recentTroubles, troubleOf } from "./diagnose.ts";
import { findingsOf, roundHistory } from "./history.ts";
import type { Round } from "./round.ts";

/** The packet of a run that waits for a human; null when it does not, or is no change of code. */
export async function escalationPacket(
  history: RunHistory,
  blobs: Blobs,
  view: RunView,
): Promise<EscalationPacket | null> {
  const input = FactoryInput.safeParse(view.input);
  if (view.escalation === null || !input.success) return null;
  const { rounds } = await roundHistory(blobs, history.events, view.run, view.head.seq);
  const proposal = await proposalOf(blobs, view.outputs);
  const spec = Spec.parse(await readJson(blobs, input.data.spec));
  const decision = view.lastDecision;
  const denied = decision !== null && decision.verdict !== "allow";
  return EscalationPacket.parse(clean({
    v: 1,
    run: view.run,
    question: view.escalation.question,
    reason: view.escalation.reason,
    at: view.updatedAt,
    spec: { title: spec.title, digest: input.data.spec },
    patch: proposal === null ? null : {
      digest: digest(proposal.patch),
      files: (proposal.change?.files ?? []).slice(0, 200).map(({ path }) => path),
      added: proposal.change?.added ?? 0,
      removed: proposal.change?.removed ?? 0,
    },
    violations: denied
      ? findingsOf(decision).map(({ rule, gate, message, path, line, remediation }) => ({
        rule,
        gate,
        message,
        ...(path === undefined ? {} : { path }),
        ...(line === undefined ? {} : { line }),
        remediation,
      }))
      : [],
    attempts: rounds.slice(-200).map(attemptOf),
    failure: view.failure,
    hypothesis: await hypothesis(history, view),
    budget: Object.fromEntries(
      Object.entries(view.budget).map(([unit, { limit, spent }]) => [unit, { limit, spent }]),
    ),
    options: optionsOf(view),
  }));
}

async function hypothesis(history: RunHistory, view: RunView): Promise<Hypothesis | null> {
  const own = troubleOf(view);
  return own === null ? null : hypothesisOf(own, await recentTroubles(history, view.run, view.updatedAt));
}

function attemptOf(round: Round): EscalationAttempt {
  const { n, strategy, model, verdict, patch, findings, tests, transition, failures } = round;
  const seen = transition !== null && transition.from !== "implement" ? tests : null;
  return {
    round: n,
    strategy,
    model,
    verdict,
    patch: digest(patch),
    gates: [...new Set(findings.map(({ rule }) => rule))].slice(0, 100),
    tests: [...seen?.failed ?? [], ...seen?.checksFailed ?? []].slice(0, 20).map((name) =>
      name.slice(0, 500)
    ),
    failures: failures.slice(0, 20).map(({ message }) => message.slice(0, 500)),
    tokens: round.tokens,
    costMicroUsd: round.costMicroUsd,
  };
}

const digest = (text: string | null): string | null => Digest.safeParse(text).data ?? null;

/** What each answer does, and how it is given on the command line. */
const OPTIONS: Readonly<Record<AnswerChoice, { does: string; flags: string }>> = {
  "approve": { does: "lets this very patch through the gates that ask a human", flags: "--approve" },
  "reject": { does: "ends the run as denied", flags: "--reject" },
  "retry": {
    does: "does the work again; the comment reaches the implementer as advice of yours",
    flags: '--retry --comment "WHAT TO DO DIFFERENTLY"',
  },
  "retry-from": {
    does: "begins again at a phase, with the comment as advice",
    flags: '--phase implement --comment "WHAT TO DO DIFFERENTLY"',
  },
  "change-budget": {
    does: "sets new limits and does the work again",
    flags: "--budget repairs=8",
  },
  "re-plan": { does: "plans the change again", flags: '--re-plan --comment "WHAT THE PLAN MISSED"' },
  "cancel": { does: "ends the run as cancelled", flags: "--cancel" },
};

function optionsOf(view: RunView): EscalationOption[] {
  return (view.escalation?.options ?? []).flatMap((name) => {
    const choice = AnswerChoice.safeParse(name);
    if (!choice.success) return [];
    const { does, flags } = OPTIONS[choice.data];
    return [{ choice: choice.data, does, command: `forge workflow answer ${view.run} ${flags}` }];
  });
}

/** Texts of outside stand in it: none of them brings a secret along. */
function clean(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_key, one: unknown) => typeof one === "string" ? redact(one) : one),
  );
}
