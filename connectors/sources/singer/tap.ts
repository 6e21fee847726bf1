/** A tap as a process: started with a clear environment and its config in a private file, read line by line, ended with all it started. */
import { join } from "node:path";
import type { Json } from "../../../specs/mod.ts";
import type { SingerTap } from "../../../specs/foundry/mod.ts";
import { DataFailure } from "../../data/port.ts";
import { isObject } from "../../net/lossless_json.ts";
import { redaction } from "../../net/redaction.ts";
import { excerpt } from "../../net/verdict.ts";
import { descendantsGone, endDescendants } from "../../workspace/sandbox/descendants.ts";
import { checkEnv, launch } from "../../workspace/sandbox/launch.ts";
import { findTool } from "../../workspace/sandbox/toolchain.ts";

export interface TapFiles {
  readonly catalog?: Json;
  readonly state?: Json;
  readonly discover?: boolean;
}

export interface TapContext {
  readonly name: string;
  readonly tap: SingerTap;
  readonly secret: (reference: string) => string;
  readonly redact: (text: string) => string;
  readonly abort: AbortSignal;
  /** Most time without a byte. */
  readonly idleMs: number;
}

export interface RunningTap {
  /** What it prints. Throws the abort's reason, or `transient` when it is silent for too long. */
  readonly output: AsyncIterable<Uint8Array>;
  /** After the output has ended: throws unless it ended well. */
  ended(): Promise<void>;
  /** Kills it and all it started, and removes its files. */
  dispose(): Promise<void>;
}

const ERR_BYTES = 64_000;

/** Starts it. Throws `invalid` when the program is not there, `auth` when a variable is not set. */
export async function startTap(context: TapContext, files: TapFiles): Promise<RunningTap> {
  const { tap, name, abort } = context;
  abort.throwIfAborted();
  const hidden = redaction();
  const secret = (reference: string): string => {
    const value = context.secret(reference);
    hidden.add(value);
    return value;
  };
  const config = resolved(tap.config, secret);
  const given = Object.fromEntries(
    Object.entries(tap.env).map(([key, value]) => [key, String(resolved(value, secret))]),
  );
  const [program = "", ...args] = tap.command;
  const path = Deno.env.get("PATH") ?? "/usr/local/bin:/usr/bin:/bin";
  if (!program.includes("/") && await findTool(program, path.split(":")) === null) {
    throw new DataFailure(
      "invalid",
      `Tap ${name} cannot be started: the program ${JSON.stringify(program)} is not on PATH`,
      "Install the tap, or give the program's absolute path in the env file.",
    );
  }
  const dir = await Deno.makeTempDir({ prefix: "edgeforge-singer-" });
  const marker = crypto.randomUUID();
  let child: Deno.ChildProcess;
  try {
    const file = async (what: string, value: Json): Promise<string> => {
      const at = join(dir, `${what}.json`);
      await Deno.writeTextFile(at, JSON.stringify(value), { mode: 0o600, createNew: true });
      return at;
    };
    const more = ["--config", await file("config", config)];
    if (files.discover === true) more.push("--discover");
    if (files.catalog !== undefined) more.push("--catalog", await file("catalog", files.catalog));
    if (files.state !== undefined && files.state !== null) {
      more.push("--state", await file("state", files.state));
    }
    child = launch({
      argv: [program, ...args, ...more],
      cwd: dir,
      env: {
        PATH: path,
        HOME: dir,
        TMPDIR: dir,
        LANG: "C.UTF-8",
        TZ: "UTC",
        PYTHONUNBUFFERED: "1",
        ...checkEnv(given),
        EDGEFORGE_PROCESS: marker,
      },
      groups: [],
      detached: true,
    });
  } catch (error) {
    await Deno.remove(dir, { recursive: true });
    throw error;
  }

  const watched = watch(child, marker, context);
  const words = tailOf(child.stderr);
  return {
    output: watched.output,
    async ended() {
      const status = await child.status;
      watched.check();
      if (status.success) return;
      const said = excerpt(context.redact(hidden.hideCut(await words)).slice(-2000));
      throw failed(name, status, said);
    },
    async dispose() {
      watched.close();
      endDescendants(child, marker);
      await Promise.allSettled([child.status, words, child.stdout.locked ? null : child.stdout.cancel()]);
      await descendantsGone(marker);
      await Deno.remove(dir, { recursive: true });
    },
  };
}

/** Ends the process on abort and on silence; reading then throws why. */
function watch(child: Deno.ChildProcess, marker: string, { name, abort, idleMs }: TapContext) {
  let reason: unknown;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stop = (why: unknown) => {
    reason ??= why;
    endDescendants(child, marker);
  };
  const onAbort = () => stop(abort.reason);
  const arm = () => {
    clearTimeout(timer);
    timer = setTimeout(() =>
      stop(
        new DataFailure(
          "transient",
          `Tap ${name} printed nothing for ${idleMs / 1000} s, and was ended`,
          "Run again; raise `timeoutSeconds` of connector singer in the env file when it needs so long.",
        ),
      ), idleMs);
  };
  abort.addEventListener("abort", onAbort, { once: true });
  if (abort.aborted) onAbort();
  const check = () => {
    if (reason !== undefined) throw reason;
  };
  return {
    check,
    close() {
      clearTimeout(timer);
      abort.removeEventListener("abort", onAbort);
    },
    output: (async function* () {
      arm();
      for await (const chunk of child.stdout) {
        // The reader's own time is none of the tap's.
        clearTimeout(timer);
        check();
        yield chunk;
        arm();
      }
      clearTimeout(timer);
      check();
    })(),
  };
}

/** The last of what it says. */
async function tailOf(stream: ReadableStream<Uint8Array>): Promise<string> {
  let tail = new Uint8Array();
  for await (const chunk of stream) {
    const joined = new Uint8Array(tail.length + chunk.length);
    joined.set(tail);
    joined.set(chunk, tail.length);
    tail = joined.subarray(-ERR_BYTES);
  }
  return new TextDecoder().decode(tail);
}

/** Taps tell why in words only. */
const SIGNS: readonly [RegExp, "auth" | "rate-limited" | "transient"][] = [
  [
    /\b401\b|\b403\b|unauthori[sz]ed|forbidden|invalid[ _-](api[ _-]?key|token|credential|grant|client)|authentication failed|bad credentials/i,
    "auth",
  ],
  [/\b429\b|rate[ _-]?limit|too many requests/i, "rate-limited"],
  [
    /\b50[0234]\b|timed? ?out|temporar|connection (reset|refused|aborted|error)|unreachable|name resolution|try again/i,
    "transient",
  ],
];
const LIMITED_MS = 15 * 60_000;

function failed(name: string, status: Deno.CommandStatus, said: string): DataFailure {
  const how = status.signal === null ? `with exit code ${status.code}` : `by signal ${status.signal}`;
  const kind = status.signal === null
    ? SIGNS.find(([sign]) => sign.test(said))?.[1] ?? "permanent"
    : "transient";
  return new DataFailure(
    kind,
    `Tap ${name} ended ${how}${said === "" ? "" : `; it says: ${said}`}`,
    kind === "auth"
      ? "Check the credentials in the tap's config in the env file."
      : kind === "permanent"
      ? "Look at what the tap says, and at its config in the env file."
      : "Run again later.",
    kind === "rate-limited" ? { untilMs: Date.now() + LIMITED_MS } : {},
  );
}

/** `env:NAME` anywhere stands for the variable's value. */
function resolved(value: Json, secret: (reference: string) => string): Json {
  if (typeof value === "string") return /^env:[A-Za-z_][A-Za-z0-9_]*$/.test(value) ? secret(value) : value;
  if (Array.isArray(value)) return value.map((one) => resolved(one, secret));
  if (isObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, resolved(one, secret)]));
  }
  return value;
}
