import { fileURLToPath } from "node:url";
import type { KeyUse } from "../../specs/attestation/mod.ts";
import { type HeldKey, SigningFailed } from "./held_key.ts";

const DEADLINE_MS = 20_000;
const PROGRAM = new URL("./signer_program.ts", import.meta.url);

/** A process of its own that holds the private keys; this one never reads them. */
export interface SignerProcess {
  key(use: KeyUse, publicKey: string, isFormer?: boolean): HeldKey;
  /** Public halves (PEM) of the keys on their way out that it holds. */
  former(): Promise<Partial<Record<KeyUse, string>>>;
  close(): Promise<void>;
}

/**
 * Starts the signer over the keys of a directory. It may read that directory and nothing else: no network, no writing, no
 * environment, no processes. When it ends, the next signature starts it again.
 */
export function signerProcess(folder: string, origin: string): SignerProcess {
  let running: Promise<Running> | null = null;
  let last = 0;
  const alive = async (): Promise<Running> => {
    const found = running === null ? null : await running.catch(() => null);
    if (found !== null && !found.ended()) return found;
    running = start(folder, origin);
    return await running;
  };
  return {
    former: async () => (await alive()).former,
    key: (use, publicKey, isFormer = false) => ({
      use,
      publicKey,
      custody: "process",
      async sign(bytes) {
        const id = ++last;
        const text = btoa(String.fromCharCode(...bytes));
        const answer = await (await alive()).ask(JSON.stringify({ id, use, former: isFormer, bytes: text }));
        const said = answer === null ? null : JSON.parse(answer) as {
          id?: unknown;
          signature?: unknown;
          refused?: unknown;
        };
        if (said?.id === id && typeof said.signature === "string") {
          return Uint8Array.from(atob(said.signature), (char) => char.charCodeAt(0));
        }
        throw failed(
          typeof said?.refused === "string" ? `refused: ${said.refused}` : "ended, or gave no signature",
        );
      },
    }),
    async close() {
      const found = running === null ? null : await running.catch(() => null);
      await found?.close();
    },
  };
}

const failed = (why: string) =>
  new SigningFailed(
    `Cannot sign: the signer's process ${why}`,
    "Start the server again; see what it says at its start",
  );

interface Running {
  readonly former: Partial<Record<KeyUse, string>>;
  ask(line: string): Promise<string | null>;
  ended(): boolean;
  close(): Promise<void>;
}

async function start(folder: string, origin: string): Promise<Running> {
  const child = command(["--allow-read=."], [origin], folder, "piped").spawn();
  let ended = false;
  void child.status.then(() => ended = true);
  const writer = child.stdin.getWriter();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  const next = async (): Promise<string | null> => {
    for (;;) {
      const at = rest.indexOf("\n");
      if (at >= 0) {
        const line = rest.slice(0, at);
        rest = rest.slice(at + 1);
        return line;
      }
      const { done, value } = await reader.read();
      if (done) return null;
      rest += value;
    }
  };
  const kill = () => {
    try {
      child.kill("SIGKILL");
    } catch (error) {
      // It has ended by itself.
      if (!(error instanceof TypeError)) throw error;
    }
  };
  const within = async <T>(work: Promise<T>): Promise<T> => {
    const timer = setTimeout(kill, DEADLINE_MS);
    try {
      return await work;
    } finally {
      clearTimeout(timer);
    }
  };
  const close = async () => {
    await writer.close().catch(() => {});
    await within(child.status);
    await reader.cancel().catch(() => {});
  };
  // One question at a time: the answers come in order.
  let turn: Promise<unknown> = Promise.resolve();
  const hello = await within(next());
  if (hello === null) {
    await close();
    throw failed("could not begin: it needs the private keys in the signing directory");
  }
  const said = JSON.parse(hello) as { former?: Partial<Record<KeyUse, string>>; refused?: string };
  if (said.refused !== undefined) {
    await close();
    throw failed(said.refused);
  }
  return {
    former: said.former ?? {},
    ended: () => ended,
    ask(line) {
      const answer = turn.then(async () => {
        const sent = await writer.write(new TextEncoder().encode(`${line}\n`)).then(() => true, () => false);
        return sent ? await within(next()) : null;
      });
      turn = answer.catch(() => {});
      return answer;
    },
    close,
  };
}

/** Where the runtime keeps its own files: the signer itself may not read its environment. */
function places(): Record<string, string> {
  const found: Record<string, string> = { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" };
  for (const name of ["HOME", "DENO_DIR", "XDG_CACHE_HOME", "TMPDIR"]) {
    const value = Deno.env.get(name);
    if (value !== undefined) found[name] = value;
  }
  return found;
}

/** Opens the keys of a directory, and makes those that are not there, in a process that ends with it. PEM of the public halves. */
export async function publicKeysApart(folder: string): Promise<Readonly<Record<KeyUse, string>>> {
  const child = command(["--allow-read=.", "--allow-write=."], ["", "make"], folder, "null");
  const { success, stdout } = await child.output();
  const [line = ""] = success ? new TextDecoder().decode(stdout).split("\n") : [];
  if (line === "") throw failed("could not make the keys of the signing directory");
  const said = JSON.parse(line) as Record<KeyUse, string> & { refused?: string };
  if (said.refused !== undefined) throw failed(said.refused);
  return said;
}

function command(
  permissions: readonly string[],
  args: readonly string[],
  folder: string,
  stdin: "null" | "piped",
): Deno.Command {
  if (PROGRAM.protocol !== "file:") {
    throw failed("is started from files of this engine, and it lies elsewhere");
  }
  return new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--no-prompt",
      "--no-config",
      "--no-lock",
      "--no-remote",
      "--no-npm",
      "--no-check",
      ...permissions,
      fileURLToPath(PROGRAM),
      ...args,
    ],
    // Its own directory: a name with a comma would be two in a permission.
    cwd: folder,
    clearEnv: true,
    env: places(),
    stdin,
    stdout: "piped",
    stderr: "null",
  });
}
