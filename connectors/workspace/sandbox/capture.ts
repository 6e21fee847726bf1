/** Collects what a program prints until it ends, or until time, output or the caller says stop. */

export interface CaptureLimits {
  timeoutMs: number;
  maxOutputBytes: number;
  signal?: AbortSignal;
  /** Ends the program with all that it started. */
  kill: () => void;
}

export interface Captured {
  status: Deno.CommandStatus;
  stdout: Uint8Array;
  stderr: Uint8Array;
  /** Why it was ended from here; null when it ended otherwise. */
  cut: "timeout" | "output-cap" | "signal" | null;
  ms: number;
}

/** How long pipes may stay open after the program has ended and what it left behind was killed. */
const DRAIN_MS = 1000;

/** Keeps at most `maxOutputBytes` of both streams together; the program is killed when it prints more. */
export async function capture(child: Deno.ChildProcess, limits: CaptureLimits): Promise<Captured> {
  const started = performance.now();
  let cut: Captured["cut"] = null;
  const stop = (why: NonNullable<Captured["cut"]>) => {
    cut ??= why;
    limits.kill();
  };
  const timer = setTimeout(() => stop("timeout"), limits.timeoutMs);
  const abort = () => stop("signal");
  if (limits.signal?.aborted) abort();
  limits.signal?.addEventListener("abort", abort, { once: true });

  let room = limits.maxOutputBytes;
  const take = (size: number) => {
    const taken = Math.min(size, room);
    room -= taken;
    if (taken < size) stop("output-cap");
    return taken;
  };
  const out = keep(child.stdout, take);
  const err = keep(child.stderr, take);
  try {
    const status = await child.status;
    // What it left running is not waited for.
    limits.kill();
    const late = setTimeout(() => {
      out.close();
      err.close();
    }, DRAIN_MS);
    try {
      const [stdout, stderr] = await Promise.all([out.bytes, err.bytes]);
      return { status, stdout, stderr, cut, ms: performance.now() - started };
    } finally {
      clearTimeout(late);
    }
  } finally {
    clearTimeout(timer);
    limits.signal?.removeEventListener("abort", abort);
  }
}

function keep(stream: ReadableStream<Uint8Array>, take: (size: number) => number) {
  const reader = stream.getReader();
  async function read(): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      const taken = take(value.byteLength);
      if (taken > 0) parts.push(value.subarray(0, taken));
    }
    const all = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
    let at = 0;
    for (const part of parts) {
      all.set(part, at);
      at += part.byteLength;
    }
    return all;
  }
  return { bytes: read(), close: () => void reader.cancel().catch(() => undefined) };
}
