/** One provider: a call goes out by the wire of its model, and whatever happens comes back as a reply or as a trouble. */
import { err, type Json, ok, type Result } from "../../specs/mod.ts";
import type { Endpoint } from "./endpoint.ts";
import { askAnthropic } from "./anthropic.ts";
import { askChat } from "./chat.ts";
import { type Exchange, exchange, type ExchangeLimits } from "./exchange.ts";
import { forwarding } from "./forward.ts";
import type { ModelFailure, ModelProvider, ModelReply, ModelRequest, ModelToolCall } from "./port.ts";
import { type Quotes, quotes } from "./quoted.ts";
import { askResponses } from "./responses.ts";
import { jsonIn } from "./structured.ts";
import { CallTrouble, failureOf } from "./trouble.ts";
import { NOTHING_USED, supposedUsage } from "./usage.ts";
import type { Heard, HeardCall, Wire, WireCall } from "./wire.ts";

const WIRES: Readonly<Record<ModelRequest["entry"]["wire"], Wire>> = {
  "anthropic-messages": askAnthropic,
  "openai-responses": askResponses,
  "openai-chat": askChat,
};

export interface ProviderOptions {
  readonly fetch: typeof fetch;
  readonly recording: boolean;
  readonly now: () => number;
  readonly limits?: ExchangeLimits;
}

export function provider(endpoint: Endpoint, options: ProviderOptions): ModelProvider {
  const shown = quotes(endpoint.token === undefined ? [] : [endpoint.token]);
  return {
    id: endpoint.id,
    available: endpoint.available,
    recording: options.recording,
    credential: credentialNumber(endpoint),
    call: (request) => one(endpoint, options, shown, request),
    ...forwarding(endpoint, options.fetch, shown),
  };
}

const seen = new Map<string, number>();

/** Numbers in the order in which this process saw them: whoever holds one knows only that it is the same or another. */
function credentialNumber({ id, wires, token = "" }: Endpoint): number {
  const key = JSON.stringify([id, wires, token]);
  const number = seen.get(key) ?? seen.size + 1;
  seen.set(key, number);
  return number;
}

async function one(
  endpoint: Endpoint,
  options: ProviderOptions,
  shown: Quotes,
  request: ModelRequest,
): Promise<Result<ModelReply, ModelFailure>> {
  const cut = new AbortController();
  let live = true;
  let last: Exchange | undefined;
  let clock: ReturnType<typeof setTimeout> | undefined;
  let onAbort: (() => void) | undefined;
  // Also where a `fetch` does not listen to its signal, the call ends here.
  const ended = new Promise<never>((_, reject) => {
    onAbort = () => reject(new CallTrouble("aborted", "the call was ended by its caller"));
    if (request.signal?.aborted) return onAbort();
    request.signal?.addEventListener("abort", onAbort, { once: true });
    clock = setTimeout(
      () => reject(new CallTrouble("timeout", `no whole answer came within ${request.timeoutMs} ms`)),
      Math.min(Math.max(0, request.timeoutMs), 2 ** 31 - 1),
    );
  });
  try {
    const baseUrl = ready(endpoint, request);
    const call: WireCall = {
      request,
      provider: endpoint.id,
      baseUrl,
      token: endpoint.token ?? "none",
      signal: cut.signal,
      quote: shown.quote,
      maxTokensField: endpoint.maxTokensField,
      say: (text) => {
        if (live) request.onText?.(text);
      },
      open: () => {
        last = exchange({
          fetch: options.fetch,
          signal: cut.signal,
          now: options.now,
          quote: shown.quote,
          wire: request.entry.wire,
          ...(options.limits === undefined ? {} : { limits: options.limits }),
        });
        return last;
      },
    };
    const asking = request.signal?.aborted ? ended : WIRES[request.entry.wire](call);
    asking.catch(() => undefined);
    return judged(await Promise.race([asking, ended]), request, endpoint, options, shown);
  } catch (error) {
    return err(failed(error, request, endpoint, shown, last?.requestId() ?? null));
  } finally {
    live = false;
    clearTimeout(clock);
    if (onAbort !== undefined) request.signal?.removeEventListener("abort", onAbort);
    ended.catch(() => undefined);
    cut.abort();
  }
}

/** The base URL for the model's wire; throws when the request cannot be made at all. */
function ready(endpoint: Endpoint, request: ModelRequest): string {
  const { entry } = request;
  if (!endpoint.available.ok) throw new CallTrouble("unavailable", endpoint.available.why, { free: true });
  const baseUrl = endpoint.wires[entry.wire];
  if (baseUrl === undefined) {
    throw new CallTrouble("invalid-request", `provider ${endpoint.id} is not spoken to by ${entry.wire}`, {
      free: true,
    });
  }
  if (entry.tools === "none" && (request.tools?.length ?? 0) > 0) {
    throw new CallTrouble(
      "invalid-request",
      `${entry.id} has no tools, and ${request.tools?.length} were offered`,
      {
        remedy: "Ask a model that has tools.",
        free: true,
      },
    );
  }
  return baseUrl;
}

/** What was heard, as a reply; a trouble where it is none. */
function judged(
  heard: Heard,
  request: ModelRequest,
  endpoint: Endpoint,
  options: ProviderOptions,
  shown: Quotes,
): Result<ModelReply, ModelFailure> {
  const told = {
    claimed: heard.claimed === null ? null : shown.quote(heard.claimed, 200),
    requestId: heard.requestId === null ? null : shown.quote(heard.requestId, 200),
  };
  const fail = (trouble: ModelFailure["trouble"], why: string): Result<ModelReply, ModelFailure> =>
    err({
      trouble,
      failure: failureOf(trouble, shown.quote(said(endpoint, request, why, told.requestId), 2000)),
      ...(heard.usage === null ? { worked: true } : { usage: heard.usage }),
      ...told,
      ...(heard.text === "" ? {} : { text: shown.hide(heard.text) }),
    });
  if (typeof heard.stop !== "string") return fail(heard.stop.trouble, heard.stop.why);
  const answer = heard.answerTool === undefined
    ? undefined
    : heard.calls.find((one) => one.tool === heard.answerTool);
  const calls = heard.calls.filter((one) => one.tool !== heard.answerTool);
  if (heard.stop === "tools" && heard.calls.length === 0) {
    return fail("bad-output", "the answer says that it calls tools, and calls none");
  }
  if (calls.some((one) => one.tool === "")) {
    return fail("bad-output", "the answer calls a tool without a name");
  }
  let output: Json | undefined;
  let text = heard.text;
  // With other tools beside it, an answer may look around first and be given in a later turn.
  if (request.output !== undefined && calls.length === 0) {
    const read = answer === undefined ? jsonIn(heard.text) : argsOf(answer);
    if (!read.ok) {
      return fail(
        "bad-output",
        heard.text.trim() === "" && answer === undefined
          ? "the structured answer is empty"
          : "the structured answer is no JSON",
      );
    }
    output = heard.restore === undefined ? read.value : heard.restore(read.value);
    if (answer !== undefined) text = JSON.stringify(output);
  }
  // A call that was the answer has no result: the turn goes back as text.
  const opaque = answer === undefined ? heard.opaque : undefined;
  return ok({
    ...shown.clean({
      text,
      calls: calls.map(callOf),
      ...(opaque === undefined ? {} : { opaque }),
    }),
    output: output === undefined ? undefined : shown.clean(output),
    stop: calls.length > 0 ? "tools" : "end",
    usage: heard.usage ?? supposedUsage(heard.sentBytes, heard.heardBytes),
    ...(heard.usage === null ? { usageTold: false } : {}),
    ...told,
    recording: options.recording || heard.recording,
  });
}

function argsOf(call: HeardCall): { ok: true; value: Json } | { ok: false } {
  if (typeof call.args !== "string") return { ok: true, value: call.args.value };
  try {
    // A call without arguments is sent as no text at all.
    return { ok: true, value: call.args.trim() === "" ? {} : JSON.parse(call.args) as Json };
  } catch {
    return { ok: false };
  }
}

function callOf(call: HeardCall): ModelToolCall {
  const read = argsOf(call);
  return {
    id: call.id.slice(0, 1000),
    tool: call.tool.slice(0, 1000),
    ...(read.ok ? { args: read.value } : { args: null, raw: String(call.args) }),
  };
}

function failed(
  error: unknown,
  request: ModelRequest,
  endpoint: Endpoint,
  shown: Quotes,
  requestId: string | null,
): ModelFailure {
  const trouble = error instanceof CallTrouble
    ? error
    // A bug, or an SDK that cannot be loaded: known by what it says, and never thrown over the port.
    : new CallTrouble(
      "unavailable",
      `the call could not be made: ${error instanceof Error ? error.message : String(error)}`,
    );
  const id = requestId === null ? null : shown.quote(requestId, 200);
  return {
    trouble: trouble.trouble,
    failure: failureOf(
      trouble.trouble,
      shown.quote(said(endpoint, request, trouble.message, id), 2000),
      trouble.more,
    ),
    ...(trouble.more.retryAfterMs === undefined ? {} : { retryAfterMs: trouble.more.retryAfterMs }),
    ...(trouble.more.free === true ? { usage: NOTHING_USED } : {}),
    ...(trouble.more.worked === true ? { worked: true } : {}),
    ...(trouble.more.remedy === undefined ? {} : { remedy: trouble.more.remedy }),
    requestId: id,
  };
}

function said(endpoint: Endpoint, request: ModelRequest, why: string, requestId: string | null): string {
  return `Cannot ask ${request.entry.id} of ${endpoint.id}: ${why}${
    requestId === null ? "" : ` (request ${requestId})`
  }`;
}
