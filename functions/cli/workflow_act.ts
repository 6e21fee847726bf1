import type { ControlAction } from "../../kernel/mod.ts";
import type { Actor, Json } from "../../specs/mod.ts";
import { BUDGET_UNITS, limitsOf } from "../budget_units.ts";
import { keyDirectory } from "../key_directory.ts";
import { signedStatement } from "../signed_statement.ts";
import { type Answer, CommandError, type Handler, type Invocation, usage } from "./command.ts";
import { pathOf } from "./data_dir.ts";
import { follow, readTextFile } from "./run.ts";
import { documentProblem } from "./run_id.ts";
import { runText } from "./run_text.ts";
import { notFound, principalOf, withService } from "./session.ts";
import type { Service } from "../service.ts";

const why = (invocation: Invocation) =>
  typeof invocation.options.why === "string" ? { why: invocation.options.why } : {};

/** Carries out one action on a run, then follows what it set in motion. */
function acting(
  actionOf: (
    invocation: Invocation,
    given: { service: Service; run: string; data: string; actor: Actor },
  ) => Promise<ControlAction>,
  followed: boolean,
  continues = false,
): Handler {
  return (invocation) =>
    withService(invocation, { workers: followed }, async (service, data): Promise<Answer> => {
      const [run = ""] = invocation.operands;
      const before = documentProblem(run) ? null : await service.view(run);
      if (!before) throw notFound("run", run, "See: forge workflow list");
      // Cut off by a crash, a run needs no permission to go on: it needs an engine, which this command has started.
      if (continues && (before.status === "running" || before.status === "queued")) {
        return await follow(invocation, service, run, before.head.seq);
      }
      const actor = await principalOf(invocation, data);
      const action = await actionOf(invocation, { service, run, data, actor });
      const outcome = await service.act(run, action, actor);
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
export const resume = acting(
  (invocation) => Promise.resolve({ action: "resume", ...why(invocation) }),
  true,
  true,
);
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
export const answer = acting(async (invocation, { service, run, data }) => {
  const { options } = invocation;
  const envelope = await envelopeOf(invocation);
  const chosen = ([
    ...(envelope === null ? [] : [[envelope.decision, true] as const]),
    ["approve", options.approve === true && envelope?.decision !== "approve"],
    ["reject", options.reject === true && envelope?.decision !== "reject"],
    ["retry", options.retry === true],
    ["cancel", options.cancel === true],
    ["re-plan", options["re-plan"] === true],
    ["retry-from", typeof options.phase === "string"],
    ["change-budget", typeof options.budget === "string"],
  ] as const).filter(([, given]) => given).map(([name]) => name);
  const [choice] = chosen;
  if (chosen.length !== 1 || !choice) {
    throw usage(
      chosen.length === 0
        ? "Cannot answer: no choice was given"
        : `Cannot answer: ${chosen.join(" and ")} were given at once`,
      "Give one of --approve, --reject, --retry, --phase PHASE, --budget UNIT=N, --re-plan, --cancel",
    );
  }
  const asked = await service.approvals?.openOf(run);
  if (typeof options.question === "string" && asked !== options.question) {
    throw new CommandError({
      code: "conflict",
      message: `The run asks another question now than ${options.question}`,
      remedy: `See: forge approval show ${run}`,
    }, 1);
  }
  const subject = (await service.view(run))?.escalation?.subject;
  const comment = typeof options.comment === "string" ? options.comment : "";
  return {
    action: "answer",
    choice,
    comment,
    ...(subject === undefined ? {} : { subject }),
    ...(envelope === null ? {} : { envelope: envelope.json }),
    ...(typeof options.phase === "string" ? { phase: options.phase } : {}),
    ...(typeof options.budget === "string" ? { budget: budgetOf(options.budget) } : {}),
    selfApproved: (await keyDirectory(data).list()).length <= 1,
  };
}, true);

/** A signed answer in a file, and what it decides; whether it counts is seen where it is given. */
async function envelopeOf(
  { options, io }: Invocation,
): Promise<{ json: Json; decision: ControlChoice } | null> {
  if (typeof options.envelope !== "string") return null;
  const path = pathOf(io, options.envelope);
  const text = await readTextFile(path, "signed answer", 1024 * 1024);
  let json: Json = null;
  try {
    json = JSON.parse(text) as Json;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  // What forge approval sign --json prints holds the envelope among other things.
  const inside = (json as { envelope?: Json } | null)?.envelope;
  const envelope = inside ?? json;
  const statement = signedStatement(envelope);
  if (statement === null) {
    throw usage("This is no signed answer", "Make one: forge approval sign ID --approve --out FILE", {
      value: path,
    });
  }
  return { json: envelope, decision: statement.predicate.decision };
}

type ControlChoice = Extract<ControlAction, { action: "answer" }>["choice"];

/** `seconds=600,usd=3` as limits of the kernel's units. */
export function budgetOf(text: string): Record<string, number> {
  const amounts: Record<string, number> = {};
  for (const part of text.split(",")) {
    const [name = "", amount = "", ...more] = part.split("=");
    const value = Number(amount);
    if (
      limitsOf({ [name]: value }) === null || amount.trim() === "" || more.length > 0 ||
      Object.hasOwn(amounts, name)
    ) {
      throw usage(
        `Cannot change the budget: '${part}' is not UNIT=N, each unit once`,
        `Units: ${BUDGET_UNITS.join(", ")}`,
        { value: part },
      );
    }
    amounts[name] = value;
  }
  return limitsOf(amounts) ?? {};
}
