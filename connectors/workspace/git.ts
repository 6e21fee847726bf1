/**
 * The one place that starts git. Arguments are arrays, the environment is an allow-list, the configuration of the
 * machine and of the user is not read, nothing on the network is allowed, hooks are off, output and time are bounded.
 *
 * A repository's own `config` cannot be switched off in git, so no command runs in the user's git directory (shim.ts).
 */

import { onPath, ownSession } from "./session.ts";

export interface GitCall {
  gitDir?: string;
  workTree?: string;
  index?: string;
  /** Another object store than the git directory's own. */
  objects?: string;
  /** Default: the work tree, else the git directory. Git resolves paths of a patch against it. */
  cwd?: string;
  stdin?: Uint8Array;
  env?: Readonly<Record<string, string>>;
  config?: Readonly<Record<string, string>>;
  /** Transports that may be used; none by default, not even files. */
  protocols?: readonly string[];
  timeoutMs?: number;
  maxBytes?: number;
  signal?: AbortSignal;
}

export interface GitOutput {
  code: number;
  stdout: Uint8Array;
  stderr: string;
}

/** A git command that failed: its arguments, exit code and what it said. */
export class GitError extends Error {
  override readonly name = "GitError";
  constructor(readonly args: readonly string[], readonly code: number, readonly stderr: string) {
    super(
      `git ${args[0] ?? ""} failed with exit code ${code}: ${stderr.trim().slice(0, 2000) || "no message"}`,
    );
  }
}

const DEFAULT_TIMEOUT_MS = 120_000;
const DEFAULT_MAX_BYTES = 512 * 1024 * 1024;
const MAX_STDERR_BYTES = 64 * 1024;

/** Over any repository's own settings, as `-c` comes last. */
const SETTINGS: Readonly<Record<string, string>> = {
  "core.hooksPath": "/dev/null",
  "core.fsmonitor": "false",
  "core.untrackedCache": "false",
  "core.attributesFile": "/dev/null",
  "core.excludesFile": "/dev/null",
  "core.logAllRefUpdates": "false",
  "core.autocrlf": "false",
  "core.safecrlf": "false",
  "core.protectHFS": "true",
  "core.protectNTFS": "true",
  "core.sshCommand": "false",
  "core.askPass": "",
  "credential.helper": "",
  "protocol.allow": "never",
  "protocol.file.allow": "never",
  "protocol.ext.allow": "never",
  "submodule.recurse": "false",
  "commit.gpgSign": "false",
  "tag.gpgSign": "false",
  "log.showSignature": "false",
  "gc.auto": "0",
  "maintenance.auto": "false",
  "pack.threads": "1",
  "http.followRedirects": "false",
};

function argv(args: readonly string[], call: GitCall): string[] {
  const list: string[] = [];
  for (const [key, value] of Object.entries({ ...SETTINGS, ...call.config })) {
    list.push("-c", `${key}=${value}`);
  }
  for (const name of call.protocols ?? []) list.push("-c", `protocol.${name}.allow=always`);
  return [...list, ...args];
}

function environment(call: GitCall): Record<string, string> {
  const env: Record<string, string> = {
    LC_ALL: "C",
    HOME: "/nonexistent",
    XDG_CONFIG_HOME: "/nonexistent",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_SYSTEM: "/dev/null",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_ATTR_NOSYSTEM: "1",
    GIT_TERMINAL_PROMPT: "0",
    GIT_ASKPASS: "",
    SSH_ASKPASS: "",
    GIT_PAGER: "cat",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_NO_REPLACE_OBJECTS: "1",
    GIT_NO_LAZY_FETCH: "1",
    GIT_GRAFT_FILE: "/dev/null",
    GIT_LITERAL_PATHSPECS: "1",
    GIT_PROTOCOL_FROM_USER: "0",
    // A colon-separated list of what is allowed: a name that no transport has allows none.
    GIT_ALLOW_PROTOCOL: call.protocols?.join(":") || "none",
  };
  for (const name of ["PATH", "TMPDIR", "SystemRoot", "TEMP", "TMP"]) {
    const value = Deno.env.get(name);
    if (value !== undefined) env[name] = value;
  }
  if (call.gitDir !== undefined) env.GIT_DIR = call.gitDir;
  if (call.workTree !== undefined) env.GIT_WORK_TREE = call.workTree;
  if (call.index !== undefined) env.GIT_INDEX_FILE = call.index;
  if (call.objects !== undefined) env.GIT_OBJECT_DIRECTORY = call.objects;
  return { ...env, ...call.env };
}

/** The process of a git command, not started: for who reads its output as it comes, and ends it. */
export function gitCommand(args: readonly string[], call: GitCall, stdin: "null" | "piped"): Deno.Command {
  const env = environment(call);
  // Looked for here, as the tool that starts it would only say that something is not there.
  const name = Deno.build.os === "windows" ? "git" : onPath("git", env.PATH ?? "/usr/bin:/bin");
  const start = ownSession(name, argv(args, call));
  return new Deno.Command(start.program, {
    args: start.args,
    cwd: call.cwd ?? call.workTree ?? call.gitDir ?? "/",
    env,
    clearEnv: true,
    stdin,
    stdout: "piped",
    stderr: "piped",
    detached: start.detached,
  });
}

/** Collects a stream; calls `over` once and keeps no more when `max` is passed. */
async function collect(
  stream: ReadableStream<Uint8Array>,
  max: number,
  over: () => void,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  let full = false;
  for await (const part of stream) {
    if (full) continue;
    const room = max - size;
    parts.push(part.byteLength > room ? part.subarray(0, room) : part);
    size += Math.min(part.byteLength, room);
    if (part.byteLength > room) {
      full = true;
      over();
    }
  }
  if (parts.length === 1 && parts[0] !== undefined) return parts[0];
  const all = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.byteLength;
  }
  return all;
}

async function feed(stream: WritableStream<Uint8Array>, bytes: Uint8Array): Promise<void> {
  const writer = stream.getWriter();
  try {
    await writer.write(bytes);
    await writer.close();
  } catch (error) {
    // The command ended before it read everything; its exit code tells the story.
    if (!isClosedPipe(error)) throw error;
    await writer.abort().catch(() => undefined);
  }
}

function isClosedPipe(error: unknown): boolean {
  return error instanceof Deno.errors.BrokenPipe || error instanceof Deno.errors.ConnectionReset ||
    (error instanceof Error && /broken pipe|EPIPE/i.test(error.message));
}

/** Kills when the time is over or the caller aborts; `reason()` says which, null when neither. */
function watch(children: readonly Deno.ChildProcess[], call: GitCall) {
  let reason: string | null = null;
  const kill = (why: string) => {
    reason ??= why;
    for (const child of children) {
      try {
        child.kill("SIGKILL");
      } catch { /* it has ended already */ }
    }
  };
  const timeoutMs = call.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const timer = setTimeout(() => kill(`it took longer than ${timeoutMs} ms`), timeoutMs);
  const abort = () => kill("it was cancelled");
  if (call.signal?.aborted) abort();
  call.signal?.addEventListener("abort", abort, { once: true });
  return {
    kill,
    reason: () => reason,
    end() {
      clearTimeout(timer);
      call.signal?.removeEventListener("abort", abort);
    },
  };
}

/** Runs git. Throws when it is killed (time, size, abort); any exit code is a result. */
export async function runGit(args: readonly string[], call: GitCall): Promise<GitOutput> {
  const child = gitCommand(args, call, call.stdin ? "piped" : "null").spawn();
  const guard = watch([child], call);
  const maxBytes = call.maxBytes ?? DEFAULT_MAX_BYTES;
  try {
    const [stdout, stderr, status] = await Promise.all([
      collect(child.stdout, maxBytes, () => guard.kill(`it printed more than ${maxBytes} bytes`)),
      collect(child.stderr, MAX_STDERR_BYTES, () => undefined),
      child.status,
      call.stdin ? feed(child.stdin, call.stdin) : undefined,
    ]);
    const why = guard.reason();
    if (why !== null) throw new GitError(args, status.code, `killed as ${why}`);
    return { code: status.code, stdout, stderr: text(stderr) };
  } finally {
    guard.end();
  }
}

/** Runs git and gives its output; any exit code but 0 throws. */
export async function git(args: readonly string[], call: GitCall): Promise<Uint8Array> {
  const output = await runGit(args, call);
  if (output.code !== 0) throw new GitError(args, output.code, output.stderr);
  return output.stdout;
}

/** As `git`, for one line of text. */
export async function gitLine(args: readonly string[], call: GitCall): Promise<string> {
  return text(await git(args, call)).trim();
}

/**
 * Whether the command prints anything: ends it at the first byte, which makes "is anything changed" cheap in a big
 * repository. Throws on a failure.
 */
export async function gitPrints(args: readonly string[], call: GitCall): Promise<boolean> {
  const child = gitCommand(args, call, "null").spawn();
  const guard = watch([child], call);
  let printed = false;
  try {
    const [, stderr, status] = await Promise.all([
      collect(child.stdout, 0, () => {
        printed = true;
        guard.kill("the answer is known");
      }),
      collect(child.stderr, MAX_STDERR_BYTES, () => undefined),
      child.status,
    ]);
    if (printed) return true;
    if (guard.reason() !== null || status.code !== 0) {
      throw new GitError(args, status.code, guard.reason() ?? text(stderr));
    }
    return false;
  } finally {
    guard.end();
  }
}

/** Pipes one git into another, without holding the bytes. Either failing throws. */
export async function pipeGit(
  from: { args: readonly string[]; call: GitCall },
  to: { args: readonly string[]; call: GitCall },
): Promise<void> {
  const source = gitCommand(from.args, from.call, from.call.stdin ? "piped" : "null").spawn();
  const sink = gitCommand(to.args, to.call, "piped").spawn();
  const guard = watch([source, sink], from.call);
  try {
    const [first, second, sourceError, sinkError] = await Promise.all([
      source.status,
      sink.status,
      collect(source.stderr, MAX_STDERR_BYTES, () => undefined),
      collect(sink.stderr, MAX_STDERR_BYTES, () => undefined),
      source.stdout.pipeTo(sink.stdin).catch(() => guard.kill("the pipe broke")),
      collect(sink.stdout, MAX_STDERR_BYTES, () => undefined),
      from.call.stdin ? feed(source.stdin, from.call.stdin) : undefined,
    ]);
    if (first.code !== 0 || guard.reason() !== null) {
      throw new GitError(
        from.args,
        first.code,
        text(sourceError).trim() || text(sinkError).trim() || `${guard.reason()}`,
      );
    }
    if (second.code !== 0) throw new GitError(to.args, second.code, text(sinkError));
  } finally {
    guard.end();
  }
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
