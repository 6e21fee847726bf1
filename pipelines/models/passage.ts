/** Programs that ask models themselves: every request looked at, reserved, sent on with the credential, paid, recorded. */
import {
  complaintOf,
  findModel,
  limited,
  listener,
  passable,
  type PassableRequest,
  retryAfterMs,
  troubleOf,
  wireRefusal,
} from "../../connectors/models/mod.ts";
import type { PassWire } from "../../connectors/mod.ts";
import type { Json, ModelCall, ModelEntry, ModelTrouble } from "../../specs/mod.ts";
import type { AskContext } from "./attempts.ts";
import type { ModelSource } from "./desk.ts";
import type { Health } from "./health.ts";
import type { Attempt } from "./left_alone.ts";
import { type PassedCall, settledCall } from "./passed_call.ts";
import { reserve } from "./paid_call.ts";
import type { ModelPassages, PassableModel, Passage, PassRequest } from "./port.ts";
import type { Grounds } from "./router.ts";
import { tallies } from "./tally.ts";
import { someOf, tapped } from "./tapped.ts";
import type { Transcript } from "./transcript.ts";
import { lastFailure, TROUBLE_RULES } from "./trouble.ts";

interface Around {
  readonly source: () => Promise<ModelSource>;
  readonly grounds: () => Promise<Grounds & { source: ModelSource }>;
  readonly note: (attempt: Attempt, health: Health) => Promise<void>;
  readonly transcript: (blobs: AskContext["blobs"]) => Promise<Transcript>;
}

const TIMEOUT_MS = 600_000;
/** Answers without a limit of the program's own get this much, or what the model has. */
const OUTPUT_TOKENS = 32_000;
/** Below this an answer is of no use to anybody. */
const LEAST_OUTPUT = 1_024;
/** Troubles in a row, whatever they are: programs try again for very long by themselves. */
const MOST_TROUBLES = 5;
const MOST_CALLS = 2_000;
const MOST_WAIT_MS = 60_000;
const MOST_NOTES = 100;

/** Troubles that trying again does not help. */
const OVER: ReadonlySet<ModelTrouble> = new Set([
  "auth",
  "quota",
  "unknown-model",
  "budget",
  "price-unknown",
  "unavailable",
]);

export function passages(around: Around): ModelPassages {
  return {
    models: async () => passableModels(await around.source()),
    async open(ctx, of) {
      return passage(ctx, of, around, await around.transcript(ctx.blobs));
    },
  };
}

/** Models that a program can ask through us, by what there is now. */
export function passableModels({ registry, providers, allow, fault }: ModelSource): PassableModel[] {
  if (fault !== undefined) return [];
  const allowed = allow === undefined ? null : new Set(allow.map((name) => findModel(registry, name)?.id));
  return registry.models.flatMap((entry) => {
    const provider = providers.find(({ id }) => id === entry.provider);
    if (provider?.available.ok !== true || entry.status === "shut-down" || entry.tools === "none") return [];
    if (allowed !== null && !allowed.has(entry.id)) return [];
    const wires = wiresOf(entry, provider.forwards ?? []);
    return wires.length === 0 ? [] : [{ id: entry.id, provider: provider.id, wires }];
  });
}

/** A model is spoken to by its own wire; one of Google's also by Google's. */
function wiresOf(entry: ModelEntry, forwards: readonly PassWire[]): PassWire[] {
  return forwards.filter((wire) =>
    wire === entry.wire || (wire === "google-generate" && entry.provider === "google")
  );
}

function passage(
  ctx: AskContext,
  of: Parameters<ModelPassages["open"]>[1],
  around: Around,
  kept: Transcript,
): Passage {
  const calls: ModelCall[] = [];
  const notes = new Set<string>();
  const pending = new Set<Promise<unknown>>();
  const over = Promise.withResolvers<Awaited<Passage["over"]>>();
  const tally = tallies();
  const closed = new AbortController();
  let [ended, inARow, sent] = [null as string | null, 0, 0];

  const note = (text: string) => {
    if (notes.size < MOST_NOTES) notes.add(kept.clean(text).slice(0, 300));
  };
  const refuse = (status: number, message: string): Response => {
    note(`refused: ${message}`);
    return Response.json(wireRefusal(of.wire, status, message), { status });
  };
  const end = (trouble: ModelTrouble, message: string, retryAfterMs?: number): void => {
    ended ??= message;
    const wait = retryAfterMs === undefined ? {} : { retryAfterMs: Math.ceil(retryAfterMs) };
    over.resolve({ trouble, failure: { ...lastFailure(trouble, kept.clean(message)), ...wait } });
  };
  const troubled = (trouble: ModelTrouble, message: string, retryAfterMs?: number): void => {
    inARow++;
    // A program that waits for longer than this holds a worker: the run parks in its place.
    const isLong = retryAfterMs !== undefined && retryAfterMs > MOST_WAIT_MS;
    if (OVER.has(trouble) || inARow >= MOST_TROUBLES || isLong) end(trouble, message, retryAfterMs);
  };
  const record = async (call: ModelCall, health: Health, more: Partial<Attempt> = {}): Promise<void> => {
    calls.push(call);
    ctx.progress("model.called", call as unknown as Json);
    if (call.costMicroUsd > call.reservedMicroUsd) {
      ctx.progress("model.overrun", { call: call.id, over: call.costMicroUsd - call.reservedMicroUsd });
    }
    const { provider, model, trouble } = call;
    await around.note({ provider, model, trouble, ...more }, health);
  };

  async function send(request: PassRequest): Promise<Response> {
    if (ended !== null) return refuse(400, ended);
    const read = passable(of.wire, request);
    if (!read.ok) return refuse(read.status, read.why);
    if (++sent > MOST_CALLS) {
      end("budget", `The program asked more than ${MOST_CALLS} times`);
      return refuse(400, "no more calls in this session");
    }
    const { source, registry, health } = await around.grounds();
    const entry = findModel(registry, of.model);
    const provider = source.providers.find(({ id }) => id === entry?.provider);
    if (entry === null || provider?.forward === undefined || !provider.available.ok) {
      end("unavailable", `${of.model} can no longer be asked`);
      return refuse(400, `${of.model} cannot be asked`);
    }
    if (findModel(registry, read.value.model)?.id !== entry.id) {
      note(`${read.value.model} was asked for: ${entry.id} answers in its place`);
    }
    for (const one of read.value.removed) note(`taken out of requests: ${one}`);
    const reserved = await room(entry, read.value);
    if (!reserved.ok) {
      end(reserved.trouble, reserved.why);
      return refuse(400, reserved.why);
    }
    const value = withModel(of.wire, read.value, entry.id);
    const clean = (text: string) => kept.clean(provider.hide?.(text) ?? text);
    const passed: PassedCall = {
      ...reserved,
      ctx,
      entry,
      provider,
      purpose: of.purpose,
      task: of.task,
      startMs: ctx.clock.now(),
      prompt: await tally.prompt(read.value, ctx.blobs, kept.clean),
      clean,
    };
    const cut = AbortSignal.any([ctx.abort, closed.signal, AbortSignal.timeout(TIMEOUT_MS)]);
    let response: Response;
    try {
      response = await provider.forward({
        wire: of.wire,
        path: of.wire === "google-generate"
          ? request.path.replace(/\/models\/[^:]+:/, `/models/${entry.id}:`)
          : request.path,
        query: request.query,
        headers: request.headers,
        body: limited(of.wire, value, reserved.bounds.outputTokens),
        signal: cut,
      });
    } catch {
      const trouble = ctx.abort.aborted || closed.signal.aborted
        ? "aborted"
        : cut.aborted
        ? "timeout"
        : "network";
      await record(
        await settledCall(passed, { usage: null, trouble, claimed: null, requestId: null, reply: null }),
        health,
      );
      troubled(trouble, `Cannot ask ${entry.id} of ${provider.id}: ${trouble}`);
      return Response.json(wireRefusal(of.wire, 502, `no connection to the provider (${trouble})`), {
        status: 502,
      });
    }
    const requestId = response.headers.get("request-id") ?? response.headers.get("x-request-id");
    if (!response.ok || response.body === null) return await failed(response, passed, requestId, health);
    inARow = 0;
    const settled = Promise.withResolvers<void>();
    settled.promise.catch(() => undefined);
    pending.add(settled.promise);
    const heard = listener(of.wire);
    const body = tapped(response.body, closed.signal, heard.hear, async (text, isEnd) => {
      try {
        const isWhole = isEnd && heard.whole;
        const usage = isWhole ? heard.usage : null;
        await record(
          await settledCall(passed, {
            usage,
            trouble: isWhole ? null : closed.signal.aborted ? "aborted" : "cut-stream",
            claimed: heard.claimed,
            requestId,
            reply: text,
          }),
          health,
        );
        if (usage !== null) tally.learn(read.value, usage);
        pending.delete(settled.promise);
        settled.resolve();
      } catch (error) {
        // What could not be paid is told where the session is closed.
        settled.reject(error);
      }
    });
    const type = response.headers.get("content-type");
    return new Response(body, { status: 200, headers: type === null ? {} : { "content-type": type } });
  }

  /** Reserves the call; an answer may be shorter than what the program allows where less can be paid. */
  async function room(entry: ModelEntry, request: PassableRequest) {
    const promptTokens = tally.bound(request, entry.tokenFactor);
    const wanted = Math.min(request.outputTokens ?? OUTPUT_TOKENS, entry.maxOutputTokens);
    for (let outputTokens = wanted;; outputTokens = Math.floor(outputTokens / 2)) {
      const bounds = { promptTokens, outputTokens, timeoutMs: TIMEOUT_MS };
      const reservation = await reserve(ctx.budget, entry, bounds, ctx.clock.now());
      if (reservation === "price-unknown") {
        return {
          ok: false as const,
          trouble: "price-unknown" as const,
          why: `No price of ${entry.id} is known, and the run has a cap on cost`,
        };
      }
      if (reservation !== "budget") return { ok: true as const, reservation, bounds };
      if (outputTokens / 2 < LEAST_OUTPUT) {
        return {
          ok: false as const,
          trouble: "budget" as const,
          why:
            `What is left of the run's budget does not pay another call of ${entry.id} with up to ${promptTokens} tokens in its prompt`,
        };
      }
    }
  }

  async function failed(
    response: Response,
    passed: PassedCall,
    requestId: string | null,
    health: Health,
  ): Promise<Response> {
    const text = response.body === null ? "" : await someOf(response.body);
    let complaint: ReturnType<typeof complaintOf>;
    try {
      complaint = complaintOf(JSON.parse(text));
    } catch { /* a page of a proxy, or nothing */ }
    const waitMs = retryAfterMs(response.headers, ctx.clock.now());
    const trouble = response.status < 400
      ? "unavailable"
      : troubleOf(response.status, complaint, waitMs !== undefined);
    await record(
      await settledCall(passed, {
        // A gateway that gave up may have had a model work.
        usage: TROUBLE_RULES[trouble].free || (response.status >= 400 && response.status < 500)
          ? NOTHING
          : null,
        trouble,
        claimed: null,
        requestId,
        reply: null,
      }),
      health,
      { retryAfterMs: waitMs, credential: passed.provider.credential },
    );
    const said = passed.clean(
      `${passed.provider.id} answers ${response.status}${
        complaint === undefined ? "" : `: ${complaint.message}`
      }`,
    ).slice(0, 500);
    troubled(trouble, `Cannot ask ${passed.entry.id}: ${said}`, waitMs);
    note(`${trouble}: ${said}`);
    // A status by which programs try again for minutes is kept for what passes by itself.
    const status = TROUBLE_RULES[trouble].step === "wait" || TROUBLE_RULES[trouble].step === "retry"
      ? Math.max(429, response.status)
      : 400;
    return Response.json(wireRefusal(of.wire, status, said), {
      status: ended === null ? status : 400,
      headers: waitMs === undefined ? {} : { "retry-after": String(Math.ceil(waitMs / 1000)) },
    });
  }

  return {
    send,
    calls,
    get notes() {
      return [...notes];
    },
    over: over.promise,
    async close() {
      ended ??= "the session is over";
      closed.abort();
      await Promise.all(pending);
    },
  };
}

const NOTHING = { input: 0, output: 0, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 };

function withModel(wire: PassWire, request: PassableRequest, model: string): PassableRequest {
  return wire === "google-generate" ? request : { ...request, body: { ...request.body, model } };
}
