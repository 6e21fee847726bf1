import { err, ok, type Problem, type Result } from "../../specs/mod.ts";
import type { Service } from "../service.ts";
import { verifierScript } from "../standalone/script.ts";
import { VERSION } from "../version.ts";
import { createApp } from "./app.ts";
import { keyRing } from "./keyring.ts";
import type { Limits } from "./limits.ts";
import { LOOPBACK_HOSTS } from "./origin.ts";
import { problem, type Trouble } from "./problem.ts";
import { repositoryAllow } from "./repository_allow.ts";

export interface ServeOptions {
  service: Service;
  /** Default 127.0.0.1. */
  host?: string;
  /** Default 8787; 0 picks a free one. */
  port?: number;
  repoRoot?: string;
  /** `[HOST/]OWNER/NAME` of the repositories by URL that requests may name; any without it. */
  repoAllow?: readonly string[];
  /** More host names to answer to, beside those of this machine and the address that is bound. */
  allowedHosts?: readonly string[];
  allowedOrigins?: readonly string[];
  limits?: Partial<Limits>;
  /** One line of JSON in place of two of text. */
  json?: boolean;
  /** Who holds that key: the owner of the installation. */
  principal?: string;
  /** The key that FORGE_KEY presets; without one a new key is made and printed. */
  presetKey?: string;
  /** Takes the log of refusals and changes, a line of JSON each; standard error by default. */
  log?: (line: string) => void;
  /** Writes to standard output. */
  out: (text: string) => void;
  /** Stops the server; without one, SIGINT and SIGTERM do. */
  signal?: AbortSignal;
  /** How long requests under way may take when it stops. */
  graceMs?: number;
}

/**
 * Serves until it is told to stop, then lets requests under way end. Does not close the service.
 * Prints `key forge_...` (unless it is preset), then `listening http://...` once it is ready.
 */
export async function serve(options: ServeOptions): Promise<Result<void, Problem>> {
  const { host = "127.0.0.1", port = 8787, service } = options;
  const keys = keyRing(service.keyStore === undefined ? {} : { store: service.keyStore });
  const key = await keys.ephemeral(options.principal ?? "operator", options.presetKey);
  if (!key.ok) return key;
  if (options.repoRoot !== undefined && !await isDirectory(options.repoRoot)) {
    return err({
      code: "invalid-repo-root",
      message: "Cannot serve as the repository root is not a directory",
      value: options.repoRoot,
      remedy: "Name an existing directory with --repo-root",
    });
  }
  const allow = options.repoAllow === undefined ? null : repositoryAllow(options.repoAllow);
  if (allow?.ok === false) {
    return err({
      code: "invalid-repo-allow",
      message: "Cannot serve as the list of repositories holds what is no name of one",
      value: allow.error,
      remedy: "Give --repo-allow [HOST/]OWNER/NAME[,...]: acme/tools, acme/*, gitlab.example/group/**",
    });
  }
  const stopping = new AbortController();
  const under = new Set<unknown>();
  const loopback = isLoopback(host);
  const app = createApp({
    service,
    keys,
    version: VERSION,
    loopback,
    allowedHosts: [...LOOPBACK_HOSTS, urlHost(host), ...options.allowedHosts ?? []],
    ...(options.allowedOrigins === undefined ? {} : { allowedOrigins: options.allowedOrigins }),
    ...(options.repoRoot === undefined ? {} : { repoRoot: options.repoRoot }),
    ...(allow === null ? {} : { repoAllow: allow.value }),
    ...(options.limits === undefined ? {} : { limits: options.limits }),
    ...(options.log === undefined ? {} : { audit: options.log }),
    verifier: verifierScript(),
    stopping: stopping.signal,
    upgrade: (request) => {
      const upgraded = Deno.upgradeWebSocket(request);
      under.add(upgraded.socket);
      upgraded.socket.addEventListener("close", () => under.delete(upgraded.socket));
      return upgraded;
    },
  });

  const stop = () => stopping.abort();
  options.signal?.addEventListener("abort", stop, { once: true });
  if (options.signal?.aborted === true) stop();
  // Before anybody is told that it listens: who hears of it may stop it at once.
  const signals = options.signal === undefined ? stopSignals(stop) : null;
  try {
    return await serveUntil(options, stopping.signal, { host, port, key: key.value, under }, app);
  } finally {
    signals?.remove();
    options.signal?.removeEventListener("abort", stop);
  }
}

async function serveUntil(
  options: ServeOptions,
  stopping: AbortSignal,
  { host, port, key, under }: { host: string; port: number; key: string; under: Set<unknown> },
  app: ReturnType<typeof createApp>,
): Promise<Result<void, Problem>> {
  const { out } = options;
  const cut = new AbortController();
  let server: Deno.HttpServer<Deno.NetAddr>;
  try {
    server = Deno.serve({
      hostname: host,
      port,
      signal: cut.signal,
      onListen: ({ port }) => {
        const listening = `http://${urlHost(host)}:${port}`;
        const shownKey = options.presetKey === undefined ? key : null;
        if (options.json === true) out(JSON.stringify({ listening, key: shownKey }) + "\n");
        else out(`${shownKey === null ? "" : `key ${shownKey}\n`}listening ${listening}\n`);
      },
    }, (request, info) => {
      if (stopping.aborted) return problem(STOPPING);
      under.add(info);
      const done = () => under.delete(info);
      info.completed.then(done, done);
      return app.fetch(request, { remote: info.remoteAddr.hostname });
    });
  } catch (cause) {
    const problem = listenProblem(cause, host, port);
    if (problem === null) throw cause;
    return err(problem);
  }

  await new Promise<void>((resolve) => {
    if (stopping.aborted) resolve();
    else stopping.addEventListener("abort", () => resolve(), { once: true });
  });
  await drained(under, options.graceMs ?? 5_000);
  // Not server.shutdown(): it waits for whoever holds a connection open, and cannot be cut short any more.
  cut.abort();
  await server.finished;
  return ok(undefined);
}

const STOPPING: Trouble = {
  code: "stopping",
  detail: "The server is stopping.",
  remedy: "Try again in a moment.",
  headers: { "retry-after": "5", connection: "close" },
};

/** Waits for the answers and sockets under way, within the grace. */
async function drained(under: ReadonlySet<unknown>, graceMs: number): Promise<void> {
  const until = performance.now() + graceMs;
  while (under.size > 0 && performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function stopSignals(stop: () => void): { remove: () => void } {
  const names = Deno.build.os === "windows" ? ["SIGINT"] as const : ["SIGINT", "SIGTERM"] as const;
  for (const name of names) Deno.addSignalListener(name, stop);
  return {
    remove: () => {
      for (const name of names) Deno.removeSignalListener(name, stop);
    },
  };
}

function listenProblem(cause: unknown, host: string, port: number): Problem | null {
  const value = `${host}:${port}`;
  if (cause instanceof Deno.errors.AddrInUse) {
    return {
      code: "address-in-use",
      message: "Cannot serve as something else listens there already",
      value,
      remedy: "Stop it, or choose another port: --port 0 takes a free one",
    };
  }
  if (cause instanceof Deno.errors.AddrNotAvailable || cause instanceof Deno.errors.PermissionDenied) {
    return {
      code: "address-refused",
      message: `Cannot serve as this machine does not let us listen there (${cause.message})`,
      value,
      remedy: "Choose an address of this machine with --host and a port above 1023 with --port",
    };
  }
  return null;
}

const isLoopback = (host: string) =>
  host === "localhost" || host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(host);
const urlHost = (host: string) =>
  (host.includes(":") && !host.startsWith("[") ? `[${host}]` : host).toLowerCase();

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch {
    return false;
  }
}
