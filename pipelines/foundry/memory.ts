import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

const SOFT_BYTES = 252 * 1024 * 1024;
const LOOK_EVERY = 8;
const REST_MS = 600;

let collect: (() => void) | null | undefined;

/** The engine's own collector, where this runtime lets us have it. */
function collector(): (() => void) | null {
  if (collect !== undefined) return collect;
  try {
    setFlagsFromString("--expose-gc");
    const found: unknown = runInNewContext("gc");
    collect = typeof found === "function" ? () => void found() : null;
  } catch {
    // A host that keeps its collector to itself: memory is its own affair there.
    collect = null;
  }
  return collect;
}

/**
 * Keeps memory flat over large loads. Rows live for one page, but the runtime lets what they leave behind grow to hundreds of
 * megabytes before it looks; here it is asked to look once the process has grown, at most some times a second.
 */
export function steadyMemory(): { tick(): void } {
  let count = 0;
  let last = 0;
  return {
    tick() {
      if (++count % LOOK_EVERY !== 0) return;
      const now = performance.now();
      if (now - last < REST_MS || Deno.memoryUsage().rss < SOFT_BYTES) return;
      last = now;
      collector()?.();
    },
  };
}
