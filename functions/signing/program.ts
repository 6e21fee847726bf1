import { SigningFailed } from "./held_key.ts";

const DEADLINE_MS = 20_000;
/** Signatures and wrapped keys are small. */
const MAX_OUTPUT = 4_096;

/** A program of the operator: it gets bytes on its standard input, and of the environment what is named. */
export interface Program {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly deadlineMs?: number;
}

/** What a program gives for bytes, as bytes or as a line in base64. @throws {SigningFailed} when it hangs, floods, fails or is not there */
export async function programAnswer(
  { argv: [program = "", ...args], env, deadlineMs = DEADLINE_MS }: Program,
  bytes: Uint8Array,
  doing: string,
): Promise<Uint8Array> {
  const failed = (why: string) =>
    new SigningFailed(`Cannot ${doing}: the program ${program} ${why}`, "Repair it, or name another one");
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(program, {
      args,
      clearEnv: true,
      env: { ...env },
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
  } catch (error) {
    throw failed(`cannot be started: ${error instanceof Error ? error.message : String(error)}`);
  }
  const reader = child.stdout.getReader();
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    end(child);
    // What it has started itself may live on and hold the pipe.
    reader.cancel().catch(() => {});
  }, deadlineMs);
  try {
    const [output, status] = await Promise.all([
      bounded(reader, () => end(child)),
      child.status,
      feed(child.stdin, bytes),
    ]);
    if (late) throw failed(`gave no answer within ${deadlineMs} ms`);
    if (output === null) throw failed(`gave more than ${MAX_OUTPUT} bytes`);
    if (status.code !== 0) throw failed(`ended with ${status.signal ?? `exit code ${status.code}`}`);
    return bytesOf(output);
  } finally {
    clearTimeout(timer);
  }
}

/** What it gave; null when it was too much, and it was ended. */
async function bounded(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  over: () => void,
): Promise<Uint8Array | null> {
  const parts: number[] = [];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return new Uint8Array(parts);
    if (parts.length + value.length > MAX_OUTPUT) {
      over();
      await reader.cancel();
      return null;
    }
    parts.push(...value);
  }
}

async function feed(stdin: WritableStream<Uint8Array>, bytes: Uint8Array): Promise<void> {
  const writer = stdin.getWriter();
  try {
    await writer.write(bytes);
    await writer.close();
  } catch {
    // It ended before it read everything: its exit code or its signature tells the rest.
    await writer.abort().catch(() => {});
  }
}

function end(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch (error) {
    // It has ended by itself.
    if (!(error instanceof TypeError)) throw error;
  }
}

/** Bytes as they are, or those of a line in base64. */
function bytesOf(output: Uint8Array): Uint8Array {
  const text = new TextDecoder("latin1").decode(output).trim();
  if (!/^[A-Za-z0-9+/]{40,}={0,2}$/.test(text) || text.length % 4 !== 0) return output;
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}
