/** Events of one run over a WebSocket: one JSON text per event, closed after the last one. */
import type { Event } from "../../specs/mod.ts";
import type { Principal } from "./keyring.ts";

export interface SocketOptions {
  /** Null when neither header nor cookie told who asks: then the first message has to. */
  principal: Principal | null;
  /** The key of a first message `{"key":"forge_..."}`. */
  verify: (key: string) => Promise<Principal | null>;
  /** Whether the principal may read this, and an account to count the stream on. */
  admit: (
    principal: Principal,
  ) => { ok: true; leave: () => void } | { ok: false; code: number; reason: string };
  /** Null when there is no such run. */
  watch: (signal: AbortSignal) => Promise<AsyncIterable<Event> | null>;
  stopping: AbortSignal;
  helloMs: number;
  stallMs: number;
}

/** Close codes beyond those of RFC 6455: the application's own begin at 4000. */
export const CLOSE = {
  done: 1000,
  goingAway: 1001,
  tooBig: 1009,
  internal: 1011,
  tryAgain: 1013,
  unauthorized: 4401,
  forbidden: 4403,
  notFound: 4404,
} as const;

const MAX_MESSAGE = 4096;
/** Above this the client is slower than the run, and has to catch up before it gets more. */
const MAX_BUFFERED = 1_048_576;

/** Drives one socket to its end. Resolves when it is closed, whoever closed it. */
export async function driveSocket(socket: WebSocket, options: SocketOptions): Promise<void> {
  const gone = new AbortController();
  const signal = AbortSignal.any([gone.signal, options.stopping]);
  const closed = new Promise<void>((resolve) => {
    socket.onclose = () => {
      gone.abort();
      resolve();
    };
  });
  socket.onerror = () => gone.abort();
  const close = (code: number, reason: string) => {
    if (socket.readyState === WebSocket.OPEN || socket.readyState === WebSocket.CONNECTING) {
      socket.close(code, reason);
    }
  };
  const hello = firstMessage(socket, signal, options.helloMs, close);
  await opened(socket, signal);

  let leave: (() => void) | undefined;
  try {
    const principal = options.principal ?? await options.verify(await hello ?? "");
    if (signal.aborted) return;
    if (principal === null) return close(CLOSE.unauthorized, "no valid key came with the first message");
    const admitted = options.admit(principal);
    if (!admitted.ok) return close(admitted.code, admitted.reason);
    leave = admitted.leave;
    const events = await options.watch(signal);
    if (events === null) return close(CLOSE.notFound, "there is no such run");
    for await (const event of events) {
      if (!await drained(socket, signal, options.stallMs)) {
        return close(CLOSE.tryAgain, "the client does not read its events");
      }
      if (signal.aborted) return;
      socket.send(JSON.stringify(event));
    }
    if (!signal.aborted) close(CLOSE.done, "the run has ended");
  } catch (cause) {
    if (signal.aborted) return;
    close(CLOSE.internal, "the server made a mistake");
    throw cause;
  } finally {
    leave?.();
    if (options.stopping.aborted) close(CLOSE.goingAway, "the server is stopping");
    await closed;
  }
}

/** The key that the first message carries, or null. Anything longer or later closes the socket. */
function firstMessage(
  socket: WebSocket,
  signal: AbortSignal,
  helloMs: number,
  close: (code: number, reason: string) => void,
): Promise<string | null> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(null), helloMs);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve(null);
    }, { once: true });
    socket.onmessage = ({ data }) => {
      clearTimeout(timer);
      if (typeof data !== "string" || data.length > MAX_MESSAGE) {
        close(CLOSE.tooBig, `messages are text of at most ${MAX_MESSAGE} characters`);
        return resolve(null);
      }
      resolve(keyOf(data));
    };
  });
}

function keyOf(text: string): string | null {
  try {
    const message: unknown = JSON.parse(text);
    if (typeof message !== "object" || message === null || !("key" in message)) return null;
    return typeof message.key === "string" ? message.key : null;
  } catch {
    return null;
  }
}

function opened(socket: WebSocket, signal: AbortSignal): Promise<void> {
  if (socket.readyState !== WebSocket.CONNECTING) return Promise.resolve();
  return new Promise((resolve) => {
    socket.onopen = () => resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** Waits until the client has taken most of what was sent; false when it does not within the time. */
async function drained(socket: WebSocket, signal: AbortSignal, stallMs: number): Promise<boolean> {
  const until = performance.now() + stallMs;
  while (socket.bufferedAmount > MAX_BUFFERED && !signal.aborted) {
    if (performance.now() > until) return false;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return true;
}
