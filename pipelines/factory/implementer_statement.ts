import { jcs } from "../../policies/mod.ts";
import { digestOf, type ModelCall } from "../../specs/mod.ts";
import type { FactoryInput } from "./input.ts";
import type { Proposal } from "./proposal.ts";
import type { RecordedWork } from "./recorded_work.ts";

interface Of {
  readonly run: string;
  readonly input: FactoryInput;
  readonly version: string;
}

/** What is signed of an implementer that is no agent: no model, no prompt, no tool took part. */
export function unaided(
  { run, input, version }: Of,
  proposal: Pick<Proposal, "implementer" | "steps" | "rederives">,
): Record<string, unknown> {
  return {
    run,
    agent: { name: `edgeforge:${proposal.implementer}`, version },
    delegator: input.requester,
    model: null,
    prompts: [],
    context: [{ uri: "artifacts/spec.json", digest: input.spec, trust: "untrusted" }],
    toolCalls: [],
    sandbox: input.sandbox,
    usage: { tokensIn: 0, tokensOut: 0, costMicroUsd: 0 },
    steps: proposal.steps,
    rederives: proposal.rederives,
  };
}

/** What is signed of an agent's work, from what was recorded of it. Nothing is guessed: what nobody recorded is null. */
export async function aided(
  { run, input }: Of,
  proposal: Pick<Proposal, "implementer" | "steps" | "rederives">,
  { work, calls, session }: RecordedWork,
): Promise<Record<string, unknown>> {
  const agent = work.agent;
  return {
    run,
    agent: { name: agent?.name ?? `edgeforge:${proposal.implementer}`, version: agent?.version ?? null },
    delegator: input.requester,
    model: modelOf(agent?.model ?? null, calls),
    prompts: calls.map(({ id, purpose, model, prompt, reply, trouble }) => ({
      call: id,
      purpose,
      model,
      prompt,
      reply,
      trouble,
    })),
    context: work.context,
    ...(session === null ? {} : { tools: session.tools.map(({ name, digest }) => ({ name, digest })) }),
    toolCalls: (session?.calls ?? []).map(({ seq, tool, schema, args, exit, decision }) => ({
      seq,
      tool,
      schema,
      args,
      result: exit?.result ?? null,
      decision,
      ok: exit?.ok ?? null,
    })),
    session: session === null ? null : {
      id: session.id,
      digest: await digestOf(jcs(session)),
      startedAt: session.startedAt,
      endedAt: session.endedAt,
      complete: session.complete,
    },
    claims: work.claims,
    sandbox: input.sandbox,
    usage: usageOf(calls),
    steps: proposal.steps,
    rederives: proposal.rederives,
  };
}

function modelOf(requested: string | null, calls: readonly ModelCall[]): Record<string, unknown> {
  const last = calls.at(-1);
  const claimed = [...new Set(calls.flatMap((call) => call.claimed === null ? [] : [call.claimed]))];
  const recording = last === undefined ? null : calls.some((call) => call.recording);
  return {
    provider: last?.provider ?? null,
    requested: requested ?? last?.model ?? null,
    claimed,
    recording,
    // Seen by our own client in the provider's answer; who serves the address, nobody has proven.
    assurance: recording === false && claimed.length > 0 ? "gateway-observed" : "self-asserted",
  };
}

/** What calls took together; null for what one of them did not tell. */
export function usageOf(
  calls: readonly ModelCall[],
): { tokensIn: number | null; tokensOut: number | null; costMicroUsd: number | null } {
  if (calls.length === 0) return { tokensIn: null, tokensOut: null, costMicroUsd: null };
  const told = calls.flatMap(({ usage }) => usage === null ? [] : [usage]);
  const isWhole = told.length === calls.length;
  const sum = (pick: (usage: NonNullable<ModelCall["usage"]>) => number) =>
    isWhole ? told.reduce((total, usage) => total + pick(usage), 0) : null;
  return {
    tokensIn: sum(({ input, cacheRead, cacheWrite5m, cacheWrite1h }) =>
      input + cacheRead + cacheWrite5m + cacheWrite1h
    ),
    tokensOut: sum(({ output }) => output),
    costMicroUsd: calls.reduce((total, call) => total + call.costMicroUsd, 0),
  };
}
