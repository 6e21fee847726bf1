import { Hono } from "hono";
import type { Service } from "../service.ts";
import { isEvidenceRead, reasonOf } from "../evidence_reads.ts";
import { wanted } from "./accept.ts";
import { approvalRoutes } from "./approvals.ts";
import { audit } from "./audit.ts";
import { dashboard } from "./dashboard/mod.ts";
import { errorPage } from "./dashboard/error_page.tsx";
import { documentationRoutes } from "./documentation.tsx";
import { chainRoutes } from "./chains.ts";
import type { Door, DoorClock, DoorContext, DoorEnv, Upgrade } from "./door.ts";
import { asksForSocket, eventRoutes, upgradeEvents } from "./events.ts";
import { secureHeaders } from "./headers.ts";
import { healthRoutes } from "./health.ts";
import { hookRoutes } from "./hooks.ts";
import type { KeyRing } from "./keyring.ts";
import { DEFAULT_LIMITS, type Limits, meter } from "./limits.ts";
import { httpMetrics } from "./metrics.ts";
import { corsHeaders, originTrouble } from "./origin.ts";
import { modelRoutes } from "./models.ts";
import { pipelineRoutes } from "./pipelines.ts";
import { problem, type Trouble } from "./problem.ts";
import { policyRoutes } from "./policies.ts";
import { artifactRoutes } from "./artifacts.ts";
import { evidenceBundleRoutes } from "./evidence_bundle.ts";
import { recordRoutes } from "./records.ts";
import { replays } from "./replay.ts";
import { sloRoutes } from "./slo.ts";
import { denoDisk, type Disk } from "./repository.ts";
import type { RepositoryAllow } from "./repository_allow.ts";
import { mount } from "./route.ts";
import { runRoutes } from "./runs.ts";
import { trainRoutes } from "./trains.ts";
import { waiverRoutes } from "./waivers.ts";
import { witnessRoutes } from "./witness.ts";

export interface AppOptions {
  service: Service;
  keys: KeyRing;
  /** Host names that requests may be for: `name` (any port) or `name:port`. */
  allowedHosts: readonly string[];
  /** Other origins whose pages may call the API with a key. None by default. */
  allowedOrigins?: readonly string[];
  /** Directories that requests may name lie below it. Without one: any on loopback, none otherwise. */
  repoRoot?: string;
  /** Which repositories by URL requests may name. Without it: any that the guards of the network let through. */
  repoAllow?: RepositoryAllow;
  /** Whether only this machine can reach the server. */
  loopback: boolean;
  version: string;
  limits?: Partial<Limits>;
  clock?: DoorClock;
  /** Aborts when the server stops: streams end, readiness ends. */
  stopping?: AbortSignal;
  /** Told of every bug that became a 500. */
  report?: (error: unknown, what: string) => void;
  /** Takes one line of JSON for each refusal and each change. */
  audit?: (line: string) => void;
  /** Null on a host without files. */
  disk?: Disk | null;
  /** Null on a host without WebSockets. */
  upgrade?: Upgrade | null;
  /** Makes the script of the page that verifies bundles; without it there is no such page. */
  verifier?: () => Promise<string | null>;
}

/**
 * The HTTP door: API, event streams, dashboard and their guards, in front of a service.
 *
 * @example
 * const keys = keyRing();
 * const key = await keys.ephemeral("operator");
 * const app = createApp({ service, keys, allowedHosts: ["localhost"], loopback: true, version: "0.1.0" });
 * const answer = await app.request("/v1/runs", { headers: { authorization: `Bearer ${key.value}` } });
 */
export function createApp(options: AppOptions): Hono<DoorEnv> {
  const clock = options.clock ?? { now: Date.now };
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const door: Door = {
    service: options.service,
    keys: options.keys,
    limits,
    meter: meter(limits, clock.now),
    metrics: httpMetrics(),
    replays: replays(options.service.keyStore),
    origin: {
      allowedHosts: options.allowedHosts.map((host) => host.toLowerCase()),
      allowedOrigins: (options.allowedOrigins ?? []).map((origin) => origin.toLowerCase()),
    },
    root: options.repoRoot !== undefined ? { below: options.repoRoot } : options.loopback ? "any" : "none",
    ...(options.repoAllow === undefined ? {} : { allow: options.repoAllow }),
    disk: options.disk === undefined ? denoDisk : options.disk,
    upgrade: options.upgrade === undefined ? (request) => Deno.upgradeWebSocket(request) : options.upgrade,
    verifier: options.verifier ?? null,
    clock,
    version: options.version,
    stopping: options.stopping ?? new AbortController().signal,
    audit: audit(options.audit ?? ((line) => console.error(line)), clock.now),
    report: options.report ?? ((error, what) => console.error(`${what}:`, error)),
  };

  const app = new Hono<DoorEnv>();
  app.use(async (c, next) => {
    const trouble = originTrouble(c.req.raw, door.origin);
    if (trouble !== null) c.res = problem(trouble);
    else await next();
    door.audit({
      caller: c.get("caller") ?? null,
      method: c.req.method,
      path: c.req.path,
      status: c.res.status,
    });
    if (isEvidenceRead(c.req.method, c.req.path, c.res.status)) {
      await door.service.evidenceRead?.({
        actor: c.get("caller")?.principal.name ?? "nobody",
        object: c.req.path.slice(0, 300),
        why: reasonOf(c.req.header("x-reason")),
      });
    }
    if (c.res.status === 101) return;
    if (c.req.raw.method === "HEAD") await sizeLikeGet(c.res);
    for (const [name, value] of Object.entries(corsHeaders(c.req.raw, door.origin))) {
      c.res.headers.set(name, value);
    }
    secureHeaders(c.res.headers, new URL(c.req.url).protocol === "https:");
  });
  app.use("/v1/runs/:id/events", async (c, next) => {
    if (asksForSocket(c.req.raw)) return await upgradeEvents(c, door);
    await next();
  });
  const routes = [
    ...runRoutes(door),
    ...eventRoutes(door),
    ...recordRoutes(door),
    ...evidenceBundleRoutes(door),
    ...witnessRoutes(door),
    ...artifactRoutes(door),
    ...policyRoutes(door),
    ...approvalRoutes(door),
    ...waiverRoutes(door),
    ...pipelineRoutes(door),
    ...chainRoutes(door),
    ...sloRoutes(door),
    ...hookRoutes(door),
    ...trainRoutes(door),
    ...modelRoutes(door),
    ...healthRoutes(door),
  ];
  mount(app, door, [...routes, ...documentationRoutes(routes, door)]);
  dashboard(app, door);
  app.notFound((c) =>
    failed(c, { code: "not-found", detail: "There is nothing at this path.", remedy: "See /docs." })
  );
  app.onError((error, c) => {
    door.report(error, `${c.req.method} ${c.req.path.slice(0, 200)}`);
    return failed(c, {
      code: "internal",
      detail: "The server could not answer, by a fault of its own. It has been logged.",
      remedy: "Try again; if it stays, tell whoever runs this server.",
    });
  });
  return app;
}

/** A HEAD has the length of what a GET would send; the body itself is dropped on the way out. */
async function sizeLikeGet(answer: Response): Promise<void> {
  if (answer.body === null || answer.headers.has("content-length")) return;
  const { byteLength } = await answer.clone().arrayBuffer();
  answer.headers.set("content-length", String(byteLength));
}

/** A problem document, or a page that says the same to people. */
function failed(c: DoorContext, trouble: Trouble): Response | Promise<Response> {
  const page = !c.req.path.startsWith("/v1/") && wanted(c.req.header("accept"), "text/html") > 0 &&
    c.req.header("accept")?.includes("text/html");
  return page ? errorPage(trouble) : problem(trouble);
}
