import { fileURLToPath } from "node:url";
import type { Io } from "./command.ts";

const encoder = new TextEncoder();

/** The real process: synchronous writes, so that nothing is lost at exit; a closed pipe ends quietly. */
export function processIo(): Io {
  const interrupt = new AbortController();
  const write = (stream: { writeSync(bytes: Uint8Array): number }, text: string) => {
    try {
      for (let bytes = encoder.encode(text); bytes.length > 0;) {
        bytes = bytes.subarray(stream.writeSync(bytes));
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
    }
  };
  const terminal = Deno.stderr.isTerminal();
  const wantsColor = !Deno.env.get("NO_COLOR") && Deno.env.get("TERM") !== "dumb";
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    if (Deno.build.os === "windows" && signal === "SIGTERM") continue;
    Deno.addSignalListener(signal, () => {
      if (interrupt.signal.aborted) Deno.exit(130);
      interrupt.abort(new DOMException("interrupted", "AbortError"));
    });
  }
  return {
    out: (text) => write(Deno.stdout, text),
    err: (text) => write(Deno.stderr, text),
    env: (name) => Deno.env.get(name),
    cwd: callersDirectory(),
    terminal,
    color: terminal && wantsColor,
    outColor: Deno.stdout.isTerminal() && wantsColor,
    columns: terminal ? columnsOf() : 80,
    interrupted: interrupt.signal,
  };
}

/**
 * Where the caller stands. `deno task` goes to the directory of our deno.json and says in INIT_CWD where it was called; npm sets that
 * variable too, for scripts that have a directory of their own, so it counts only where the task has put us.
 */
function callersDirectory(): string {
  const here = Deno.cwd();
  const called = Deno.env.get("INIT_CWD");
  if (called === undefined || !import.meta.url.startsWith("file:")) return here;
  const ours = fileURLToPath(new URL("../../", import.meta.url));
  return Deno.realPathSync(here) === Deno.realPathSync(ours) ? called : here;
}

function columnsOf(): number {
  try {
    const { columns } = Deno.consoleSize();
    // A terminal that nobody told its size says 0.
    return columns > 0 ? Math.max(20, columns) : 80;
  } catch {
    return 80;
  }
}
