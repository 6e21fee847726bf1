import type { ControlAction } from "../../kernel/mod.ts";
import { type Answer, CommandError, type Handler, type Invocation, usage } from "./command.ts";
import { follow } from "./run.ts";
import { documentProblem } from "./run_id.ts";
import { runText } from "./run_text.ts";
import { localActor, notFound, withService } from "./session.ts";
import type { Service } from "../service.ts";

const why = (invocation: Invocation) =>
  typeof invocation.options.why === "string" ? { why: invocation.options.why } : {};

/** Carries out one action on a run, then follows what it set in motion. */
function acting(
  actionOf: (invocation: Invocation, service: Service, run: string) => Promise<ControlAction>,
  followed: boolean,
): Handler {
  return (invocation) =>
    withService(invocation, { workers: followed }, async (service): Promise<Answer> => {
      const [run = ""] = invocation.operands;
      const before = documentProblem(run) ? null : await service.view(run);
      if (!before) throw notFound("run", run, "See: forge workflow list");
      const outcome = await service.act(
        run,
        await actionOf(invocation, service, run),
        localActor(invocation),
      );
      if (!outcome.ok) {
        const exit = outcome.code === "conflict" ? 1 : 2;
        throw new CommandError(
          { code: outcome.code, message: outcome.message, remedy: outcome.remedy },
          exit,
        );
      }
      if (followed) {
        return await follow(invocation, service, outcome.run, outcome.run === run ? before.head.seq : 0);
      }
      const document = await service.document(outcome.run);
      if (!document) {
        throw new Error(`Cannot show ${outcome.run}: the ledger lost it`);
      }
      return { exit: 0, document, text: runText(document) };
    });
}

export const pause = acting((invocation) => Promise.resolve({ action: "pause", ...why(invocation) }), false);
export const resume = acting((invocation) => Promise.resolve({ action: "resume", ...why(invocation) }), true);
export const cancel = acting((invocation) => Promise.resolve({ action: "cancel", ...why(invocation) }), true);

export const retry = acting((invocation) =>
  Promise.resolve({
    action: "retry",
    ...(typeof invocation.options.phase === "string" ? { phase: invocation.options.phase } : {}),
  }), true);

export const fork = acting((invocation) => {
  if (typeof invocation.options.phase !== "string") {
    throw usage(
      "Cannot fork: --phase PHASE is missing",
      "Name where the new run starts, such as --phase verify",
    );
  }
  return Promise.resolve({ action: "fork", phase: invocation.options.phase });
}, true);

/** `forge workflow answer RUN --approve|--reject|...`: exactly one choice, bound to the patch that the escalation showed. */
export const answer = acting(async (invocation, service, run) => {
  const { options } = invocation;
  const chosen = ([
    ["approve", options.approve === true],
    ["reject", options.reject === true],
    ["retry", options.retry === true],
    ["cancel", options.cancel === true],
    ["retry-from", typeof options.phase === "string"],
    ["change-budget", typeof options.budget === "string"],
  ] as const).filter(([, given]) => given).map(([name]) => name);
  const [choice] = chosen;
  if (chosen.length !== 1 || !choice) {
    throw usage(
      chosen.length === 0
        ? "Cannot answer: no choice was given"
        : `Cannot answer: ${chosen.join(" and ")} were given at once`,
      "Give one of --approve, --reject, --retry, --phase PHASE, --budget UNIT=N, --cancel",
    );
  }
  const view = await service.view(run);
  return {
    action: "answer",
    choice,
    ...(typeof options.comment === "string" ? { comment: options.comment } : {}),
    ...(view?.escalation?.subject ? { subject: view.escalation.subject } : {}),
    ...(typeof options.phase === "string" ? { phase: options.phase } : {}),
    ...(typeof options.budget === "string" ? { budget: budgetOf(options.budget) } : {}),
    selfApproved: true,
  };
}, true);

const UNITS: Readonly<Record<string, { unit: string; factor: number }>> = {
  seconds: { unit: "ms", factor: 1000 },
  repairs: { unit: "repairs", factor: 1 },
  tokens: { unit: "tokens", factor: 1 },
  usd: { unit: "costMicroUsd", factor: 1_000_000 },
};

/** `seconds=600,usd=3` as limits of the kernel's units. */
export function budgetOf(text: string): Record<string, number> {
  const limits: Record<string, number> = {};
  for (const part of text.split(",")) {
    const [name = "", amount = ""] = part.split("=");
    const unit = Object.hasOwn(UNITS, name) ? UNITS[name] : undefined;
    const value = Number(amount);
    if (!unit || amount.trim() === "" || !Number.isFinite(value) || value < 0) {
      throw usage(
        `Cannot change the budget: '${part}' is not UNIT=N`,
        `Units: ${Object.keys(UNITS).join(", ")}`,
        { value: part },
      );
    }
    limits[unit.unit] = Math.round(value * unit.factor);
  }
  return limits;
}
