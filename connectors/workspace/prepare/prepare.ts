/** Dependency installation: a step of its own, the only one with a network, before tests run without. */
import { dirname, join } from "node:path";
import type { Problem, VerifyExecution } from "../../../specs/mod.ts";
import type { Execution, Sandbox } from "../../port.ts";
import { copyTree } from "../copy_tree.ts";
import { kindInside, readInside, removeTree, walkInside } from "../inside.ts";
import { type Ecosystem, ECOSYSTEMS, REGISTRY_ENV, REGISTRY_FILES, UNSUPPORTED } from "./ecosystems.ts";

export interface PrepareRequest {
  /** A checkout, which is written to: dependencies that belong beside the code land in it. */
  dir: string;
  sandbox: Sandbox;
  /** Caches stay here, by lock file, for the next checkout. Default: beside `dir`. */
  cacheDir?: string;
  timeoutMs?: number;
  signal?: AbortSignal;
}

export interface Prepared {
  /** What was run, for the evidence; empty when nothing had to be. */
  executions: VerifyExecution[];
  /** For the commands that come after: where the dependencies are. */
  env: Record<string, string>;
  /** For them too: to be shown read-only. */
  readOnly: string[];
  /** Lock files that were seen and not installed from. */
  notes: string[];
  problem: Problem | null;
  /** Puts what landed in `dir` into another checkout of the same tree. */
  lay(dir: string): Promise<void>;
}

const MAX_LOCK_BYTES = 32 * 1024 * 1024;
/** Where a lock file is somebody's test data or example, not what the repository needs. */
const NOT_OURS =
  /^(node_modules|vendor|testdata|fixtures?|examples?|tests?|__tests__|third_party|dist|build|target|\..*)$/;
const MAX_DEPTH = 2;

/** Installs what the lock files of a checkout name. Free when there is none. */
export async function prepareDependencies(request: PrepareRequest): Promise<Prepared> {
  const { dir } = request;
  const prepared: Prepared = {
    executions: [],
    env: {},
    readOnly: [],
    notes: [],
    problem: null,
    lay: (into) => layModules(dir, into),
  };
  for (const found of await findLocks(dir, prepared.notes)) {
    const cache = await install(request, found, prepared);
    if (cache === null) return prepared;
    if (found.ecosystem.lands !== "cache") continue;
    prepared.readOnly.push(cache);
    const later = {
      ...found.ecosystem.use(cache),
      ...(found.ecosystem.id === "deno" ? registryOf("NPM_CONFIG_REGISTRY") : {}),
    };
    for (const [name, value] of Object.entries(later)) {
      const before = prepared.env[name];
      // Several requirements files make a search path; of other kinds the first, at the root, counts.
      if (before === undefined) prepared.env[name] = value;
      else if (name === "PYTHONPATH" || name === "PATH") prepared.env[name] = `${before}:${value}`;
    }
  }
  return prepared;
}

/** Whether a tree of these paths has a lock file where `prepareDependencies` would look. */
export function namesDependencies(paths: readonly string[]): boolean {
  return paths.some((path) => {
    const parts = path.split("/");
    const name = parts.pop() ?? "";
    return parts.length <= MAX_DEPTH && !parts.some((part) => NOT_OURS.test(part)) &&
      (UNSUPPORTED.test(name) || ECOSYSTEMS.some((one) => one.lock.test(name)));
  });
}

interface Found {
  ecosystem: Ecosystem;
  /** Of the lock file, relative to the checkout; empty for its root. */
  below: string;
  lock: string;
  text: string;
  digest: string;
}

/** Lock files at the root and in its near subdirectories (a repository of several packages). */
async function findLocks(dir: string, notes: string[]): Promise<Found[]> {
  const found: Found[] = [];
  const waiting = [{ below: "", depth: 0 }];
  for (let at = waiting.shift(); at !== undefined; at = waiting.shift()) {
    const entries = await Array.fromAsync(Deno.readDir(join(dir, at.below)));
    const siblings = new Set(entries.map((entry) => entry.name));
    for (const entry of entries.sort((a, b) => a.name < b.name ? -1 : 1)) {
      const path = at.below === "" ? entry.name : `${at.below}/${entry.name}`;
      if (entry.isDirectory && at.depth < MAX_DEPTH && !NOT_OURS.test(entry.name)) {
        waiting.push({ below: path, depth: at.depth + 1 });
      } else if (entry.isFile && UNSUPPORTED.test(entry.name)) {
        notes.push(`${path}: dependencies of this kind are not installed; tests that need them will fail`);
      } else if (entry.isFile) {
        const ecosystem = ECOSYSTEMS.find((one) => one.lock.test(entry.name));
        const bytes = ecosystem && await readInside(dir, path, MAX_LOCK_BYTES);
        if (!ecosystem || !bytes) continue;
        const text = new TextDecoder().decode(bytes);
        if (!ecosystem.needs(text, siblings)) continue;
        found.push({ ecosystem, below: at.below, lock: entry.name, text, digest: await sha256(bytes) });
      }
    }
  }
  return found;
}

/** Gives the cache, filled; null when it failed, with the problem in `prepared`. */
async function install(request: PrepareRequest, found: Found, prepared: Prepared): Promise<string | null> {
  const { ecosystem } = found;
  const byLock = ecosystem.lands === "cache";
  const root = request.cacheDir ?? join(dirname(request.dir), "dependencies");
  const cache = join(root, byLock ? `${ecosystem.id}-${found.digest}` : `${ecosystem.id}-downloads`);
  if (byLock && await exists(cache)) return cache;
  // Filled under another name: a cache that is there is complete.
  const filling = byLock ? `${cache}.${crypto.randomUUID()}` : cache;
  await Deno.mkdir(filling, { recursive: true, mode: 0o700 });
  try {
    const cwd = join(request.dir, found.below);
    const files = await walkInside(cwd, "", (name) => name === "node_modules");
    const { commands, env } = ecosystem.install({
      cache: filling,
      lock: found.lock,
      text: found.text,
      files,
    });
    const certificates = await existing(registryOf(...REGISTRY_FILES));
    for (const argv of commands) {
      const execution = await request.sandbox.run({
        argv,
        cwd,
        env: { ...env, ...registryOf(...REGISTRY_ENV), ...certificates },
        readOnly: Object.values(certificates),
        writable: [request.dir, filling],
        network: "registry",
        timeoutMs: request.timeoutMs ?? 600_000,
        ...(request.signal === undefined ? {} : { signal: request.signal }),
      });
      prepared.executions.push(await record(argv, execution));
      if (execution.ended === "by-itself" && execution.code === 0) continue;
      prepared.problem = failed(found, argv, execution);
      return null;
    }
    if (byLock) {
      // Somebody else may have been first: then theirs is as good.
      await Deno.rename(filling, cache).catch(async (error) => {
        if (!(await exists(cache))) throw error;
      });
    }
    return cache;
  } finally {
    if (byLock) await removeTree(filling);
  }
}

/** Copies each `node_modules`: a link would be one directory for all, and tests of one checkout could change another's. */
async function layModules(from: string, into: string): Promise<void> {
  const waiting = [""];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    for await (const entry of Deno.readDir(join(from, at))) {
      const path = join(at, entry.name);
      if (!entry.isDirectory || entry.name === ".git") continue;
      if (entry.name !== "node_modules") waiting.push(path);
      else if (
        await kindInside(into, path) === "absent" && (at === "" || await kindInside(into, at) === "directory")
      ) {
        await copyTree(join(from, path), join(into, path));
      }
    }
  }
}

function failed(found: Found, argv: readonly string[], execution: Execution): Problem {
  const path = found.below === "" ? found.lock : `${found.below}/${found.lock}`;
  const why = execution.ended === "by-itself" ? `exit code ${execution.code}` : execution.ended;
  return {
    code: "dependencies-failed",
    message: `Cannot install the dependencies of ${path}: \`${argv.join(" ")}\` ended with ${why}: ${
      bothEnds(outputOf(execution), 1000)
    }`,
    path,
    remedy: "Check that the lock file fits the manifest and that the registry can be reached from here; " +
      "dependencies from git or with install scripts are not supported.",
  };
}

function registryOf(...names: readonly string[]): Record<string, string> {
  const env: Record<string, string> = {};
  for (const name of names) {
    const value = Deno.env.get(name);
    if (value !== undefined) env[name] = value;
  }
  return env;
}

/** Those whose value is an absolute path that is there. */
async function existing(env: Record<string, string>): Promise<Record<string, string>> {
  const there = await Promise.all(
    Object.entries(env).map(async ([name, path]) =>
      path.startsWith("/") && await exists(path) ? [[name, path]] : []
    ),
  );
  return Object.fromEntries(there.flat());
}

async function record(argv: string[], execution: Execution): Promise<VerifyExecution> {
  const output = new Uint8Array(execution.stdout.byteLength + execution.stderr.byteLength);
  output.set(execution.stdout);
  output.set(execution.stderr, execution.stdout.byteLength);
  return {
    argv,
    on: "prepare",
    exitCode: execution.code,
    ended: execution.ended,
    report: null,
    reportProblem: "installing dependencies reports no tests",
    seconds: execution.ms / 1000,
    outputDigest: `sha256:${await sha256(output)}`,
    outputTail: outputOf(execution).slice(-8000),
  };
}

function outputOf(execution: Execution): string {
  const text = new TextDecoder();
  return `${text.decode(execution.stdout)}${text.decode(execution.stderr)}`.trim();
}

/** npm says first what is wrong and then how it is used, others say it last. */
function bothEnds(text: string, max: number): string {
  if (text.length <= max) return text;
  return `${text.slice(0, max / 2).trimEnd()} … ${text.slice(-max / 2).trimStart()}`;
}

async function exists(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}

async function sha256(bytes: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new Uint8Array(bytes));
  return new Uint8Array(digest).toHex();
}
