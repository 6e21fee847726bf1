/** Runs a command of our own corpus, bounded in time. Never for code from outside: there is no sandbox here. */

export interface Ran {
  /** Null when it had to be killed. */
  code: number | null;
  stdout: string;
  stderr: string;
  ms: number;
}

export interface RunOptions {
  cwd: string;
  timeoutMs?: number;
  env?: Record<string, string>;
  stdin?: Uint8Array;
}

// Caches are shared so that the hundredth run of a compiler costs what the second did.
const INHERITED = ["PATH", "HOME", "DENO_DIR", "GOCACHE", "GOPATH", "PYENV_ROOT", "TMPDIR"] as const;

/** The variables that a command of the corpus sees: where tools and caches are, and nothing of the caller's. */
export function plainEnvironment(): Record<string, string> {
  const env: Record<string, string> = {
    LC_ALL: "C.UTF-8",
    NO_COLOR: "1",
    GOFLAGS: "-mod=mod",
    GOPROXY: "off",
    GOTOOLCHAIN: "local",
    PYTHONDONTWRITEBYTECODE: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_SYSTEM: "/dev/null",
    GIT_TERMINAL_PROMPT: "0",
  };
  for (const name of INHERITED) {
    const value = Deno.env.get(name);
    if (value !== undefined) env[name] = value;
  }
  return env;
}

/** Runs `argv` and waits for it; it is killed after `timeoutMs`. */
export async function run(argv: readonly string[], options: RunOptions): Promise<Ran> {
  const [command, ...args] = argv;
  if (command === undefined) throw new Error("Cannot run a command: argv is empty");
  const started = performance.now();
  const child = new Deno.Command(command, {
    args,
    cwd: options.cwd,
    env: { ...plainEnvironment(), ...options.env },
    clearEnv: true,
    stdin: options.stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let killed = false;
  const timer = setTimeout(() => {
    killed = true;
    child.kill("SIGKILL");
  }, options.timeoutMs ?? 120_000);
  try {
    const [output] = await Promise.all([child.output(), feed(child, options.stdin)]);
    return {
      code: killed ? null : output.code,
      stdout: new TextDecoder().decode(output.stdout),
      stderr: new TextDecoder().decode(output.stderr),
      ms: Math.round(performance.now() - started),
    };
  } finally {
    clearTimeout(timer);
  }
}

async function feed(child: Deno.ChildProcess, bytes: Uint8Array | undefined): Promise<void> {
  if (bytes === undefined) return;
  const writer = child.stdin.getWriter();
  try {
    await writer.write(bytes as Uint8Array<ArrayBuffer>);
    await writer.close();
  } catch (error) {
    // A command that fails early closes its input; its exit code tells.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

/** Runs git and returns its standard output; a non-zero exit is an exception. */
export async function git(cwd: string, args: readonly string[], stdin?: Uint8Array): Promise<string> {
  const ran = await run(["git", ...args], { cwd, stdin, env: IDENTITY });
  if (ran.code !== 0) {
    throw new Error(
      `git ${args.join(" ")} failed in ${cwd} with exit code ${ran.code}: ${ran.stderr.trim()}`,
    );
  }
  return ran.stdout;
}

/** One author, one instant: the same tree gives the same commit on every machine. */
const IDENTITY: Record<string, string> = {
  GIT_AUTHOR_NAME: "Sample Author",
  GIT_AUTHOR_EMAIL: "author@example.org",
  GIT_AUTHOR_DATE: "2026-01-05T09:00:00Z",
  GIT_COMMITTER_NAME: "Sample Author",
  GIT_COMMITTER_EMAIL: "author@example.org",
  GIT_COMMITTER_DATE: "2026-01-05T09:00:00Z",
};
