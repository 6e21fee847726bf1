/** Server-sent events of one run: read only as fast as the client reads, ended by the run's end, an abort or a stall. */
import type { Event } from "../../specs/mod.ts";

export interface StreamOptions {
  /** Makes the events; told by the signal when nobody wants them any more. Called at the first read. */
  watch: (signal: AbortSignal) => AsyncIterable<Event>;
  heartbeatMs: number;
  /** A client that takes nothing for this long is let go. */
  stallMs: number;
  /** End the stream: the client has gone, or the server stops. */
  signals: readonly AbortSignal[];
  /** Called once, however the stream ends. */
  ended: () => void;
}

const encoder = new TextEncoder();

/** One event as a server-sent event: its sequence number is the id to resume from. */
export const frame = (event: Event): string => `id: ${event.seq}\ndata: ${JSON.stringify(event)}\n\n`;

/**
 * The body of a `text/event-stream` answer. Nothing is queued here: the next event is asked for when the client has taken
 * the one before.
 */
export function eventStream(options: StreamOptions): ReadableStream<Uint8Array> {
  const abort = new AbortController();
  let iterator: AsyncIterator<Event> | undefined;
  let next: Promise<IteratorResult<Event>> | undefined;
  let stall: ReturnType<typeof setTimeout> | undefined;
  let interrupt: (() => void) | undefined;
  let open = true;
  let started = false;

  const end = () => {
    if (!open) return;
    open = false;
    clearTimeout(stall);
    for (const signal of options.signals) signal.removeEventListener("abort", end);
    abort.abort();
    interrupt?.();
    // The pending read settles by the abort; its outcome concerns nobody any more.
    next?.catch(() => {});
    iterator?.return?.().catch(() => {});
    options.ended();
  };
  for (const signal of options.signals) {
    if (signal.aborted) end();
    else signal.addEventListener("abort", end, { once: true });
  }

  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      clearTimeout(stall);
      const send = (text: string) => {
        controller.enqueue(encoder.encode(text));
        stall = setTimeout(() => {
          end();
          try {
            controller.error(new DOMException("The client does not read its events", "TimeoutError"));
          } catch {
            // Closed in the meantime: nothing left to tell.
          }
        }, options.stallMs);
      };
      if (!open) return controller.close();
      if (!started) {
        started = true;
        // Sent at once, so that the client sees the head of the answer before the first event happens.
        return send("retry: 2000\n\n");
      }
      iterator ??= options.watch(abort.signal)[Symbol.asyncIterator]();
      next ??= iterator.next();
      let timer: ReturnType<typeof setTimeout> | undefined;
      const heartbeat = new Promise<"heartbeat">((resolve) => {
        timer = setTimeout(() => resolve("heartbeat"), options.heartbeatMs);
      });
      // A promise of this read alone: one for the whole stream would gather a reaction with every event.
      const gone = new Promise<"gone">((resolve) => {
        interrupt = () => resolve("gone");
      });
      try {
        const got = await Promise.race([next, heartbeat, gone]);
        if (got === "heartbeat") return send(": still here\n\n");
        if (got === "gone" || got.done === true) {
          end();
          return controller.close();
        }
        next = undefined;
        send(frame(got.value));
      } catch (cause) {
        const aborted = abort.signal.aborted;
        end();
        if (aborted) controller.close();
        else controller.error(cause);
      } finally {
        clearTimeout(timer);
      }
    },
    cancel: end,
  }, { highWaterMark: 0 });
}
