import { join } from "node:path";
import { argvOf, passed } from "../signing/choice.ts";
import { privateText } from "../signing/file_keys.ts";
import { SigningFailed } from "../signing/held_key.ts";
import { derOf } from "../signing/pem.ts";
import { programAnswer } from "../signing/program.ts";

/** What data keys are wrapped by, wherever it is held. */
export interface WrappingKey {
  /** Made of the key; `command` of a program. */
  readonly id: string;
  readonly custody: "file" | "environment" | "command";
  wrap(kid: string, raw: Uint8Array<ArrayBuffer>): Promise<Uint8Array>;
  unwrap(kid: string, wrapped: Uint8Array<ArrayBuffer>): Promise<Uint8Array>;
}

export type Environment = (name: string) => string | undefined;

const KEY = "FORGE_DATA_KEY";
const COMMAND = "FORGE_DATA_KEY_COMMAND";
/** Of the key before, while data keys that it has wrapped are wrapped anew. */
const FORMER = "FORGE_FORMER_DATA_KEY";
const KEY_BYTES = 32;
const encoder = new TextEncoder();

/** The key that the operator says: of the environment, of a program, or of `privacy/wrapping.key`, made there when `make`. */
export async function wrappingKey(
  folder: string,
  env: Environment,
  make: boolean,
): Promise<WrappingKey | null> {
  const [text, command] = [env(KEY), env(COMMAND)];
  if (text !== undefined && command !== undefined) {
    throw new SigningFailed(`Both ${KEY} and ${COMMAND} are set`, "Set one of them");
  }
  if (text !== undefined) return await secretKey(text, "environment", KEY);
  if (command !== undefined) return programKey(argvOf(command, COMMAND), passed(env, []));
  return await fileKey(join(folder, "wrapping.key"), make);
}

const FORMER_FILE = "wrapping.former.key";

/** The key before, while data keys that it has wrapped are wrapped anew; null when there is none. */
export async function formerWrappingKey(folder: string, env: Environment): Promise<WrappingKey | null> {
  const text = env(FORMER);
  if (text !== undefined) return await secretKey(text, "environment", FORMER);
  // Of a file key that was replaced, or of one that the operator now holds elsewhere.
  return await fileKey(join(folder, FORMER_FILE), false) ??
    ((env(KEY) ?? env(COMMAND)) === undefined ? null : await fileKey(join(folder, "wrapping.key"), false));
}

/** Puts a new key in the place of the file's, which stays beside it until nothing is wrapped by it any more. */
export async function replaceWrappingKey(folder: string): Promise<WrappingKey> {
  const text = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(KEY_BYTES))));
  const path = join(folder, "wrapping.key");
  const draft = `${path}.${crypto.randomUUID()}`;
  await Deno.writeTextFile(draft, `${text}\n`, { createNew: true, mode: 0o600 });
  await Deno.link(path, join(folder, FORMER_FILE));
  await Deno.rename(draft, path);
  return await secretKey(text, "file", path);
}

export async function dropFormerWrappingKey(folder: string): Promise<void> {
  try {
    await Deno.remove(join(folder, FORMER_FILE));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

async function fileKey(path: string, make: boolean): Promise<WrappingKey | null> {
  for (;;) {
    const text = await privateText(path);
    if (text !== null) return await secretKey(text, "file", path);
    if (!make) return null;
    const draft = `${path}.${crypto.randomUUID()}`;
    const fresh = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(KEY_BYTES))));
    await Deno.writeTextFile(draft, `${fresh}\n`, { createNew: true, mode: 0o600 });
    try {
      // Of two processes that make one at once, the first one's is everybody's.
      await Deno.link(draft, path);
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    } finally {
      await Deno.remove(draft);
    }
  }
}

async function secretKey(text: string, custody: "file" | "environment", place: string): Promise<WrappingKey> {
  const raw = derOf(text);
  if (raw?.length !== KEY_BYTES) {
    throw new SigningFailed(
      `Cannot use the wrapping key of ${place}: it is not ${KEY_BYTES} bytes in base64`,
      "Make one: head -c 32 /dev/urandom | base64",
    );
  }
  if (new Set(raw).size < 8) {
    throw new SigningFailed(
      `Cannot use the wrapping key of ${place}: it is not random`,
      "Make one: head -c 32 /dev/urandom | base64",
    );
  }
  const digest = new Uint8Array(
    await crypto.subtle.digest("SHA-256", new Uint8Array([...encoder.encode("wrapping key\0"), ...raw])),
  );
  const key = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
  const named = (kid: string) => encoder.encode(`data key ${kid}`);
  return {
    id: digest.toHex().slice(0, 16),
    custody,
    async wrap(kid, bytes) {
      const iv = crypto.getRandomValues(new Uint8Array(12));
      const sealed = await crypto.subtle.encrypt(
        { name: "AES-GCM", iv, additionalData: named(kid) },
        key,
        bytes,
      );
      return new Uint8Array([...iv, ...new Uint8Array(sealed)]);
    },
    async unwrap(kid, wrapped) {
      const iv = wrapped.slice(0, 12);
      return new Uint8Array(
        await crypto.subtle.decrypt(
          { name: "AES-GCM", iv, additionalData: named(kid) },
          key,
          wrapped.slice(12),
        ),
      );
    },
  };
}

/** A program wraps and unwraps: `EDGEFORGE_KEY_OP` says which, `EDGEFORGE_KEY_ID` the data key. What it wraps it has to unwrap again. */
function programKey(argv: readonly string[], env: Readonly<Record<string, string>>): WrappingKey {
  const ask = (op: "wrap" | "unwrap", kid: string, bytes: Uint8Array) =>
    programAnswer(
      { argv, env: { ...env, EDGEFORGE_KEY_USE: "data", EDGEFORGE_KEY_OP: op, EDGEFORGE_KEY_ID: kid } },
      bytes,
      `${op} a data key`,
    );
  const unwrap = (kid: string, wrapped: Uint8Array) => ask("unwrap", kid, wrapped);
  return {
    id: "command",
    custody: "command",
    unwrap,
    async wrap(kid, raw) {
      const wrapped = await ask("wrap", kid, raw);
      const again = await unwrap(kid, wrapped);
      const isSame = again.length === raw.length && again.every((byte, at) => byte === raw[at]);
      if (!isSame || wrapped.length < raw.length) {
        throw new SigningFailed(
          `Cannot wrap a data key: the program ${argv[0]} does not unwrap what it has wrapped`,
          "Repair it: it gets a key on its standard input and gives it encrypted, and the other way round",
        );
      }
      if (holds(wrapped, raw)) {
        throw new SigningFailed(
          `Cannot wrap a data key: the program ${argv[0]} gives it back as it is`,
          "Repair it",
        );
      }
      return wrapped;
    },
  };
}

const holds = (bytes: Uint8Array, part: Uint8Array): boolean => bytes.toHex().includes(part.toHex());
