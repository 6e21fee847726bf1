import type { PhaseHandler } from "../../kernel/mod.ts";
import type { FoundryPorts } from "./ports.ts";

/** Longer than a worker that lost its lease may need to notice it. */
const WAIT_MS = 20_000;
const LOOK_MS = 100;

/**
 * One process at a time works in a run's room. A worker that was held up for longer than its lease has lost the run, and cannot
 * commit anything; but until it notices, it would still write to the files that the next one goes on with.
 */
export function inRoom(ports: FoundryPorts, handler: PhaseHandler): PhaseHandler {
  return async (ctx) => {
    await Deno.mkdir(ports.room(ctx.run), { recursive: true, mode: 0o700 });
    const file = await Deno.open(`${ports.room(ctx.run)}/room.lock`, {
      create: true,
      write: true,
      mode: 0o600,
    });
    try {
      for (let waited = 0; !(await file.tryLock(true)); waited += LOOK_MS) {
        if (waited >= WAIT_MS) {
          return {
            kind: "failed",
            failure: {
              class: "concurrency",
              source: "platform",
              retryable: true,
              message: `Another process still works on the staged data of ${ctx.run}`,
              remedy: "End the process that was working on it, if it hangs; the run then goes on",
            },
          };
        }
        await wait(LOOK_MS, ctx.abort);
      }
      return await handler(ctx);
    } finally {
      // Closing lets go of the lock, as the end of the process does.
      file.close();
    }
  };
}

/** In real time: it is another process that is waited for, not an instant. */
function wait(ms: number, abort: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(abort.reason);
    };
    const timer = setTimeout(() => {
      abort.removeEventListener("abort", stop);
      resolve();
    }, ms);
    if (abort.aborted) stop();
    else abort.addEventListener("abort", stop, { once: true });
  });
}
