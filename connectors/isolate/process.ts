/** A Deno process that may do nothing but compute, spoken to line by line. */
import { DataFailure } from "../data/port.ts";

export interface Isolate {
  /** Writes a line; the answer is the next line that comes back, in order. Null: it ended instead. */
  ask(line: string): Promise<string | null>;
  /** Lines that come without being asked for, until it ends. */
  lines(): AsyncGenerator<string, void, void>;
  /** How it ended, once it has: its exit code and what it said. */
  ended(): Promise<{ code: number; said: string }>;
  /** Ends it now, if it has not ended by itself. */
  kill(): void;
  close(): Promise<void>;
}

const ERR_CHARS = 2_000;
/** Beyond what the programs may give at once: whoever sends more is no program of ours. */
const MAX_LINE_BYTES = 128 * 1024 * 1024;

/** Starts the program with these permissions and no others. Throws `refused` where processes of Deno cannot be started. */
export function isolate(given: {
  program: string;
  /** Such as `--allow-read=/data/warehouse.db`; none unless told. */
  permissions?: readonly string[];
  heapMb: number;
}): Isolate {
  const refused = () =>
    new DataFailure(
      "refused",
      "This host cannot start the process in which a function or a query of a pipeline runs",
      "Run the pipeline with Deno on a machine with processes",
    );
  if (Deno.build.standalone) throw refused();
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--quiet",
        "--no-prompt",
        "--no-config",
        "--no-lock",
        "--no-remote",
        "--no-npm",
        "--no-code-cache",
        "--unstable-worker-options",
        `--v8-flags=--max-old-space-size=${given.heapMb}`,
        ...given.permissions ?? [],
        `data:application/javascript,${encodeURIComponent(given.program)}`,
      ],
      clearEnv: true,
      env: {
        ...places(),
        // One time zone and one language everywhere: texts of dates and numbers are the same on every machine.
        TZ: "UTC",
        LANG: "en_US.UTF-8",
        LC_ALL: "en_US.UTF-8",
        NO_COLOR: "1",
        DENO_NO_UPDATE_CHECK: "1",
      },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable || error instanceof Deno.errors.NotFound) throw refused();
    throw error;
  }
  const writer = child.stdin.getWriter();
  const encoder = new TextEncoder();
  const said = lastWords(child.stderr);
  const incoming = linesOf(child.stdout);
  // Whoever asks first is answered first.
  let turn: Promise<unknown> = Promise.resolve();
  let closed: Promise<void> | null = null;
  const kill = () => {
    try {
      child.kill("SIGKILL");
    } catch (error) {
      // It has ended by itself.
      if (!(error instanceof TypeError)) throw error;
    }
  };
  return {
    ask(line) {
      const sent = writer.write(encoder.encode(`${line}\n`)).catch(() => {});
      const answer = turn.then(async () => {
        await sent;
        const { done, value } = await incoming.next();
        return done === true ? null : value;
      });
      turn = answer.catch(() => {});
      return answer;
    },
    lines: () => incoming,
    async ended() {
      const { code } = await child.status;
      return { code, said: await said };
    },
    kill,
    close() {
      return closed ??= (async () => {
        kill();
        await writer.abort().catch(() => {});
        await child.status;
        await turn;
        await incoming.return();
        await said;
      })();
    },
  };
}

/** Where the runtime keeps its own files; the program itself may not read its environment. */
function places(): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of ["HOME", "DENO_DIR", "XDG_CACHE_HOME", "TMPDIR"]) {
    const value = Deno.env.get(name);
    if (value !== undefined) found[name] = value;
  }
  return found;
}

async function lastWords(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of stream) {
    if (text.length < ERR_CHARS) text += decoder.decode(chunk, { stream: true });
  }
  return text.slice(0, ERR_CHARS);
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string, void, void> {
  const decoder = new TextDecoder();
  let rest: string[] = [];
  let held = 0;
  for await (const chunk of stream) {
    const parts = decoder.decode(chunk, { stream: true }).split("\n");
    held += chunk.length;
    if (held > MAX_LINE_BYTES) {
      throw new DataFailure("limit", "A function gave too much at once", "Give fewer rows");
    }
    rest.push(parts.shift() ?? "");
    for (const part of parts) {
      yield rest.join("");
      rest = [part];
      held = part.length;
    }
  }
}
