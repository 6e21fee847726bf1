/** A route as data: OpenAPI is made from it, and the guard that runs before its handler. */
import type { Hono } from "hono";
import { z } from "zod";
import { accepts, mediaRange } from "./accept.ts";
import { callerOf, csrfTrouble, enter, scopeTrouble, UNAUTHORIZED } from "./access.ts";
import type { Door, DoorContext, DoorEnv } from "./door.ts";
import type { Scope } from "./keyring.ts";
import { problem, type ProblemCode } from "./problem.ts";
import { queryObject, validate } from "./validate.ts";

export interface Answer {
  description: string;
  type?: string;
  contract?: z.ZodType;
  /** More media types of the same answer, described in words. */
  also?: Record<string, string>;
  headers?: Record<string, string>;
}

export interface RouteSpec<Q extends z.ZodType = z.ZodType> {
  method: "GET" | "POST";
  /** As hono writes it: `/v1/runs/:id`. */
  path: string;
  summary: string;
  /** Null: no key is needed. `by-body`: the handler asks for the scope that the body needs. */
  scope: Scope | "by-body" | null;
  /** Without one the API takes no parameter at all: an unknown one is an error, not a wish that is passed over. */
  query?: Q;
  /** The handler reads the query itself. */
  ownQuery?: boolean;
  /** Media type -> contract of the body; text when it is null. */
  body?: Record<string, z.ZodType | null>;
  headers?: Record<string, string>;
  answers: Record<number, Answer>;
  /** What may go wrong beyond what every route answers. */
  troubles?: readonly ProblemCode[];
  handle: (c: DoorContext, query: z.output<Q>) => Promise<Response> | Response;
}

/** A route whose handler gets its query typed. */
export const route = <Q extends z.ZodType = z.ZodType<undefined>>(spec: RouteSpec<Q>): RouteSpec =>
  spec as unknown as RouteSpec;

/** Media types that a route can answer with. */
export function produced(spec: RouteSpec): string[] {
  const good = Object.entries(spec.answers).filter(([status]) => Number(status) < 300).map(([, answer]) =>
    answer
  );
  return good.flatMap((answer) => [answer.type ?? "application/json", ...Object.keys(answer.also ?? {})]);
}

const NO_QUERY = z.strictObject({});

/** Puts the routes, their 405s and their OPTIONS into the app. */
export function mount(app: Hono<DoorEnv>, door: Door, routes: readonly RouteSpec[]): void {
  for (const spec of routes) app.on(spec.method, spec.path, (c) => guarded(c, door, spec));
  for (const path of new Set(routes.map((spec) => spec.path))) {
    const methods = routes.filter((spec) => spec.path === path).map((spec) => spec.method);
    const allow = [...methods, ...(methods.includes("GET") ? ["HEAD"] : []), "OPTIONS"].join(", ");
    app.options(path, (c) => {
      const asked = c.req.header("access-control-request-method");
      const preflight: Record<string, string> = asked === undefined ? {} : {
        "access-control-allow-methods": allow,
        "access-control-allow-headers": "authorization, content-type, idempotency-key, last-event-id",
        "access-control-max-age": "600",
      };
      return new Response(null, { status: 204, headers: { allow, ...preflight } });
    });
    app.all(path, () =>
      problem({
        code: "method-not-allowed",
        detail: `The methods here are ${allow}.`,
        headers: { allow },
      }));
  }
}

async function guarded(c: DoorContext, door: Door, spec: RouteSpec): Promise<Response> {
  const started = performance.now();
  const answer = await guard(c, door, spec);
  door.metrics.observe(spec.path, c.req.method, answer.status, (performance.now() - started) / 1000);
  return answer;
}

async function guard(c: DoorContext, door: Door, spec: RouteSpec): Promise<Response> {
  const caller = await callerOf(c.req.raw, door.keys);
  c.set("caller", caller);
  const entry = enter(door, c, caller);
  if (!entry.ok) return problem(entry.trouble);
  try {
    if (spec.scope !== null) {
      if (caller === null) return problem(UNAUTHORIZED);
      const trouble = (spec.scope === "by-body" ? null : scopeTrouble(caller, spec.scope)) ??
        (spec.method === "POST" ? csrfTrouble(caller, c.req.header("x-csrf-token") ?? null) : null);
      if (trouble !== null) return problem(trouble);
    }
    const types = produced(spec);
    if (!types.some((type) => accepts(c.req.header("accept"), type))) {
      return problem({
        code: "not-acceptable",
        detail: `Nothing that ${mediaRange(c.req.header("accept"))} takes is served here.`,
        remedy: `Accept ${types.join(" or ")}.`,
      });
    }
    if (spec.query === undefined && !spec.path.startsWith("/v1/")) return await spec.handle(c, undefined);
    // A route that reads its own query says what is wrong with it.
    if (spec.ownQuery) return await spec.handle(c, undefined);
    const read = queryObject(new URL(c.req.url));
    if (!read.ok) return problem(read.error);
    const query = validate(spec.query ?? NO_QUERY, read.value, "query");
    return query.ok ? await spec.handle(c, query.value) : problem(query.error);
  } finally {
    entry.leave();
  }
}
