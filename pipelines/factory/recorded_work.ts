import { z } from "zod";
import type { Blobs, RunView } from "../../kernel/mod.ts";
import { type Decision, Digest, type Event, type Json } from "../../specs/mod.ts";
import { AgentSession, ModelCall } from "../../specs/code/mod.ts";
import { redact } from "../../policies/mod.ts";
import type { Handover } from "./implementers/port.ts";
import { readJson } from "../blob_reads.ts";

/** Who made a proposal, and what was recorded of it. Told in evidence; no gate believes any of it. Part of a proposal, as `work`. */
export const Work = z.strictObject({
  agent: z.strictObject({ name: z.string(), version: z.string().nullable(), model: z.string().nullable() })
    .nullable(),
  calls: Digest.nullable().describe("blob: ModelCall[], those of this proposal"),
  session: Digest.nullable().describe("blob: AgentSession"),
  context: z.array(z.strictObject({
    uri: z.string(),
    digest: Digest,
    trust: z.enum(["trusted", "untrusted"]),
  })),
  claims: z.array(z.string()),
});
export type Work = z.infer<typeof Work>;

/** Keeps what an implementer handed over of its work; null where no agent did any. */
export async function keptWork(blobs: Blobs, handover: Handover): Promise<Work | null> {
  const { agent, calls = [], session, context = [], claims = [] } = handover;
  if (agent === undefined && calls.length === 0 && session === undefined) return null;
  return {
    agent: agent ?? null,
    calls: calls.length === 0 ? null : await blobs.put(masked(z.array(ModelCall).parse(calls))),
    session: session === undefined ? null : await blobs.put(masked(AgentSession.parse(session))),
    context: context.map(({ uri, digest, trust }) => ({ uri: redact(uri), digest, trust })),
    claims: claims.map((claim) => redact(claim)),
  };
}

/** Secrets are taken out before anything is written. */
const masked = (value: unknown): string =>
  JSON.stringify(value, (_key, one: unknown) => typeof one === "string" ? redact(one) : one);

/** The work of one visit of a phase, as evidence tells it. */
export interface RecordedWork {
  readonly visit: number;
  readonly implementer: string;
  readonly work: Work;
  readonly calls: readonly ModelCall[];
  readonly session: AgentSession | null;
}

/** A proposal as far as this needs it. */
const Proposed = z.object({ implementer: z.string(), work: Work.nullish() });

/**
 * Work of every proposal of a run, oldest first: also of those that were sent back, whose calls were paid for. What a phase has kept and
 * cannot be read is a fault of the store, and throws.
 */
export async function recordedWork(
  blobs: Blobs,
  finished: readonly { phase: string; visit: number; output: Json }[],
): Promise<RecordedWork[]> {
  const found: RecordedWork[] = [];
  for (const { phase, visit, output } of finished) {
    if (phase !== "implement") continue;
    const digest = named(output, "proposal");
    if (digest === null) continue;
    const { implementer, work } = Proposed.parse(await readJson(blobs, digest));
    if (!work) continue;
    found.push({
      visit,
      implementer,
      work,
      calls: work.calls === null ? [] : z.array(ModelCall).parse(await readJson(blobs, work.calls)),
      session: work.session === null ? null : AgentSession.parse(await readJson(blobs, work.session)),
    });
  }
  return found;
}

/**
 * Every call of a model in a run, each once, oldest first: a phase names them as `calls` in its output (a blob of ModelCall[]) or in its
 * proposal; a call that is told while a phase works stands in the data of its progress, itself or as `call`, also when the phase then failed.
 */
export async function modelCalls(
  blobs: Blobs,
  { finished, progress }: Pick<Told, "finished" | "progress">,
): Promise<ModelCall[]> {
  const calls = new Map<string, ModelCall>();
  const take = (call: ModelCall) => calls.set(call.id, call);
  for (const { output } of finished) {
    const digest = named(output, "calls");
    if (digest !== null) z.array(ModelCall).parse(await readJson(blobs, digest)).forEach(take);
  }
  for (const { calls: own } of await recordedWork(blobs, finished)) own.forEach(take);
  for (const data of progress) {
    // The desk tells the call itself.
    const call = ModelCall.safeParse((data as { call?: unknown } | null)?.call ?? data);
    if (call.success) take(call.data);
  }
  return [...calls.values()].sort((a, z) => (a.at < z.at ? -1 : a.at > z.at ? 1 : 0));
}

/** What was done about findings, each round: a phase names it as `repair` in its output (a blob). */
export async function repairRecords(blobs: Blobs, { finished }: Pick<Told, "finished">): Promise<Json[]> {
  const digests = finished.flatMap(({ output }) => named(output, "repair") ?? []);
  return await Promise.all([...new Set(digests)].map((digest) => readJson(blobs, digest)));
}

function named(output: Json, key: string): string | null {
  const value = output === null || typeof output !== "object" ? null : (output as Record<string, Json>)[key];
  return Digest.safeParse(value).data ?? null;
}

/** What a run's phases have handed on, and what they told while they worked. */
export interface Told {
  readonly finished: { phase: string; visit: number; output: Json }[];
  readonly progress: Json[];
  readonly decisions: Decision[];
}

/** Reads them from the ledger, up to the head of the view or to its end. */
export async function toldOf(
  events: (run: string, page: { after?: number; limit?: number }) => Promise<readonly Event[]>,
  { run, head }: Pick<RunView, "run"> & Partial<Pick<RunView, "head">>,
): Promise<Told> {
  const told: Told = { finished: [], progress: [], decisions: [] };
  for (let after = 0; head === undefined || after < head.seq;) {
    const page = await events(run, { after, limit: 500 });
    for (const event of page) {
      if (head !== undefined && event.seq > head.seq) break;
      if (event.type === "transition.decided") told.decisions.push(event.payload.decision);
      if (event.type === "phase.finished") {
        const { phase, visit, output } = event.payload;
        told.finished.push({ phase, visit, output });
      }
      if (event.type === "phase.progress" && event.payload.data !== undefined) {
        told.progress.push(event.payload.data);
      }
    }
    const last = page.at(-1);
    if (last === undefined) break;
    after = last.seq;
  }
  return told;
}
