/** A door with a service double behind it, and short ways to knock. */
import { type AppOptions, createApp } from "../app.ts";
import { type KeyRing, keyRing, type Scope } from "../keyring.ts";
import type { Entry, Store } from "../../../kernel/mod.ts";
import { type Double, serviceDouble } from "./service_double.ts";

export const NOW = Date.parse("2026-01-02T03:20:00.000Z");

export interface Knock {
  app: ReturnType<typeof createApp>;
  service: Double;
  keys: KeyRing;
  /** A key with every scope. */
  key: string;
  clock: { now: () => number; at: number };
  reported: unknown[];
  /** A key with some scopes. */
  keyFor(scopes: readonly Scope[], principal?: string): Promise<string>;
  /** A request with the key, unless the headers say otherwise. */
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>;
  /** Signs in as a browser does; what it gets. */
  signIn(key?: string): Promise<{ cookie: string; csrf: string }>;
}

export const ORIGIN = "http://localhost";

/** Opens one. */
export async function openDoor(options: Partial<AppOptions> = {}): Promise<Knock> {
  const clock = { at: NOW, now: () => clock.at };
  const service = serviceDouble();
  const keys = keyRing({ store: memoryStore(), now: clock.now });
  const made = await keys.ephemeral("operator");
  if (!made.ok) throw new Error(made.error.message);
  const reported: unknown[] = [];
  const app = createApp({
    service,
    keys,
    clock,
    allowedHosts: ["localhost"],
    loopback: true,
    version: "0.0.0",
    report: (error) => reported.push(error),
    audit() {},
    ...options,
  });
  const bearer = (headers: Record<string, string>) => ({ authorization: `Bearer ${made.value}`, ...headers });
  return {
    app,
    service,
    keys,
    key: made.value,
    clock,
    reported,
    async keyFor(scopes, principal = "ada") {
      const issued = await keys.issue({ principal, scopes });
      if (!issued.ok) throw new Error(issued.error.message);
      return issued.value;
    },
    async get(path, headers = {}) {
      return await app.request(path, { headers: bearer(headers) });
    },
    async post(path, body, headers = {}) {
      return await app.request(path, {
        method: "POST",
        body: typeof body === "string" ? body : JSON.stringify(body),
        headers: bearer({ "content-type": "application/json", ...headers }),
      });
    },
    async signIn(key = made.value) {
      const answer = await app.request("/sign-in", {
        method: "POST",
        body: new URLSearchParams({ key, next: "/" }).toString(),
        headers: { "content-type": "application/x-www-form-urlencoded", origin: ORIGIN },
      });
      const cookie = answer.headers.get("set-cookie")?.split(";")[0] ?? "";
      const page = await (await app.request("/", { headers: { cookie } })).text();
      return { cookie, csrf: /name="csrf" value="([^"]+)"/.exec(page)?.[1] ?? "" };
    },
  };
}

/** As much of a store as keys need. */
export function memoryStore(): Store {
  const entries = new Map<string, Entry>();
  let version = 0;
  const name = (key: readonly (string | number)[]) => JSON.stringify(key);
  return {
    name: "simulated",
    get: (key) => Promise.resolve(entries.get(name(key)) ?? null),
    getMany: (keys) => Promise.resolve(keys.map((key) => entries.get(name(key)) ?? null)),
    list: ({ prefix = [] }, limit) =>
      Promise.resolve(
        [...entries.values()].filter((entry) => prefix.every((part, at) => entry.key[at] === part)).slice(
          0,
          limit,
        ),
      ),
    commit({ checks = [], sets = [], deletes = [] }) {
      const holds = checks.every((check) =>
        (entries.get(name(check.key))?.version ?? null) === check.version
      );
      if (!holds) return Promise.resolve({ ok: false as const });
      version += 1;
      for (const { key, value } of sets) entries.set(name(key), { key, value, version: String(version) });
      for (const key of deletes) entries.delete(name(key));
      return Promise.resolve({ ok: true as const, version: String(version) });
    },
    wake() {},
    subscribe: () => () => {},
    close: () => Promise.resolve(),
  };
}

export const SPEC =
  '---\ntitle: Reject malformed addresses\nintent: { type: UPDATE, scope: ["src/**"] }\n---\nWhy.\n';
