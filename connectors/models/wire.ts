/** What the three wires share: how a call comes in, what was heard, and how a stream of events is listened to. */
import type { Json, ModelTrouble, ModelUsage } from "../../specs/mod.ts";
import { complaintOf } from "./envelope.ts";
import { complained, type Exchange } from "./exchange.ts";
import type { ModelRequest } from "./port.ts";
import { CallTrouble } from "./trouble.ts";

export interface WireCall {
  readonly request: ModelRequest;
  readonly provider: string;
  readonly baseUrl: string;
  /** Sent as the credential; endpoints that want none get a placeholder. */
  readonly token: string;
  readonly signal: AbortSignal;
  /** A new exchange; its `fetch` is what the SDK speaks through. */
  readonly open: () => Exchange;
  readonly quote: (text: string, most?: number) => string;
  readonly say: (text: string) => void;
  /** What a chat endpoint calls the most tokens of an answer. */
  readonly maxTokensField: "max_tokens" | "max_completion_tokens";
}

/** A call of a tool as it came in: arguments as text, or as a value where an endpoint parses them itself. */
export interface HeardCall {
  readonly id: string;
  readonly tool: string;
  readonly args: string | { readonly value: Json };
}

/** What a wire heard, before it is judged. */
export interface Heard {
  readonly text: string;
  readonly calls: readonly HeardCall[];
  readonly stop: "end" | "tools" | { readonly trouble: ModelTrouble; readonly why: string };
  /** Null when nothing was told. */
  readonly usage: ModelUsage | null;
  readonly claimed: string | null;
  readonly requestId: string | null;
  readonly opaque?: Json;
  /** Undoes what was done to the schema, when a structured answer was asked for. */
  readonly restore?: (value: Json) => Json;
  /** The tool whose call is the structured answer. */
  readonly answerTool?: string;
  readonly recording: boolean;
  readonly sentBytes: number;
  readonly heardBytes: number;
}

export type Wire = (call: WireCall) => Promise<Heard>;

/**
 * Feeds each event of a stream to `hear` until it says that the answer is complete. A document that came instead of a stream is fed
 * to `read`. Whatever an SDK throws ends as a CallTrouble here.
 */
export async function listen<T>(
  call: WireCall,
  exchange: Exchange,
  start: () => PromiseLike<AsyncIterable<T>>,
  hear: (event: T) => "more" | "complete",
  read: (whole: Json) => void,
): Promise<void> {
  let heard = 0;
  try {
    for await (const event of await start()) {
      if (hear(event) === "complete") break;
      heard++;
    }
  } catch (error) {
    const whole = exchange.whole();
    if (exchange.fault() === undefined && whole !== undefined) return read(whole);
    const trouble = exchange.fault() ??
      (error instanceof CallTrouble ? error : broken(error, call, exchange));
    throw heard > 0 ? trouble.afterWork() : trouble;
  }
  // SDKs end a stream without a word when they take a failure for a cancellation.
  const fault = exchange.fault();
  if (fault !== undefined) throw fault;
}

/** An SDK's error that is not from our side of the exchange: an error event of the stream, or the stream broke. */
function broken(error: unknown, call: WireCall, exchange: Exchange): CallTrouble {
  const body = typeof error === "object" && error !== null && "error" in error ? error.error : undefined;
  const complaint = body === undefined ? undefined : complaintOf(body);
  if (complaint !== undefined) return complained(undefined, complaint, exchange.waitMs(), call);
  const said = call.quote(error instanceof Error ? error.message : String(error), 200);
  return exchange.begun()
    ? new CallTrouble("cut-stream", `the answer broke off after ${exchange.heardBytes()} bytes: ${said}`)
    : new CallTrouble("network", `the request could not be made: ${said}`, { free: true });
}

/** Ids of calls that every wire takes: a conversation may go on with another provider. */
export function portableId(id: string): string {
  if (/^[\w-]{1,64}$/.test(id)) return id;
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(id)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  }
  return `${id.replaceAll(/[^\w-]/g, "_").slice(0, 40)}_${hash.toString(16)}`;
}

/** What a provider wants to see again is for that provider and wire alone. */
export function sealOpaque(call: WireCall, content: Json): Json {
  return { provider: call.provider, wire: call.request.entry.wire, content };
}

export function openOpaque(call: WireCall, opaque: Json | undefined): Json | undefined {
  if (typeof opaque !== "object" || opaque === null || Array.isArray(opaque)) return undefined;
  return opaque.provider === call.provider && opaque.wire === call.request.entry.wire
    ? opaque.content
    : undefined;
}

const EFFORTS = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];

/** The effort that the model has: the one asked for, else the next lower, else the lowest; none when it has no such setting. */
export function effortOf(request: ModelRequest): string | undefined {
  const { effort, entry } = request;
  if (effort === undefined || entry.efforts.length === 0) return undefined;
  if (entry.efforts.includes(effort)) return effort;
  const rank = EFFORTS.indexOf(effort);
  const known = entry.efforts.filter((one) => EFFORTS.includes(one))
    .sort((a, b) => EFFORTS.indexOf(a) - EFFORTS.indexOf(b));
  return known.findLast((one) => EFFORTS.indexOf(one) <= rank) ?? known[0];
}
