/** `GET /v1/runs/:id/events`: JSON, server-sent events or a WebSocket, by what the client asks for. */
import { EventListQuery, EventPage } from "../../specs/code/mod.ts";
import type { RunView } from "../../kernel/mod.ts";
import { wanted } from "./accept.ts";
import { accountOf, callerIn, callerOf, enter, scopeTrouble } from "./access.ts";
import type { Door, DoorContext } from "./door.ts";
import { eventStream } from "./event_stream.ts";
import { CLOSE, driveSocket } from "./event_socket.ts";
import { json } from "./json.ts";
import { problem } from "./problem.ts";
import { route, type RouteSpec } from "./route.ts";
import { MISSING_RUN, runIdOf } from "./runs.ts";

const HELLO_MS = 5_000;

export function eventRoutes(door: Door): RouteSpec[] {
  const { service, limits } = door;
  return [
    route({
      method: "GET",
      path: "/v1/runs/:id/events",
      summary: "Events of a run: a JSON page, a live stream, or (with Upgrade: websocket) a socket",
      scope: "read",
      query: EventListQuery,
      headers: { "Last-Event-ID": "resumes a stream after this seq; wins over `after`" },
      answers: {
        200: {
          description: "Events in order",
          contract: EventPage,
          also: {
            "text/event-stream":
              "One message per event: `id` is its seq, `data` the event. Comments keep the line open; the stream ends after the last event.",
          },
        },
        204: { description: "The run has ended and no event comes after Last-Event-ID: do not reconnect" },
      },
      troubles: ["not-found", "invalid-request", "too-many-at-once"],
      handle: async (c, query) => {
        const id = runIdOf(c);
        const view = id === null ? null : await service.view(id);
        if (id === null || view === null) return problem(MISSING_RUN);
        const accept = c.req.header("accept");
        const stream = wanted(accept, "text/event-stream");
        // `*/*` wants both alike and gets JSON.
        if (stream === 0 || stream <= wanted(accept, "application/json")) {
          const events = await service.events(id, { after: query.after ?? 0, limit: query.limit });
          const next = events.length === query.limit ? events.at(-1)?.seq ?? null : null;
          return json({ events, next });
        }
        return sse(c, door, id, view, query.after ?? 0);
      },
    }),
  ];

  function sse(c: DoorContext, door: Door, id: string, view: RunView, from: number): Response {
    const last = c.req.header("last-event-id");
    if (last !== undefined && !/^\d{1,15}$/.test(last)) {
      return problem({ code: "invalid-request", detail: "Last-Event-ID has to be the id of an event." });
    }
    const after = last === undefined ? from : Number(last);
    // A 204 is the one answer after which an EventSource does not come back.
    if (after >= view.head.seq && isOver(view)) return new Response(null, { status: 204 });
    const headers = {
      "content-type": "text/event-stream",
      "cache-control": "no-store",
      "x-accel-buffering": "no",
    };
    if (c.req.method === "HEAD") return new Response(null, { headers });
    const place = door.meter.stream(accountOf(c, callerIn(c)));
    if (!place.ok) return problem(place.trouble);
    const body = eventStream({
      watch: (signal) => service.watch(id, { after, signal }),
      heartbeatMs: limits.heartbeatMs,
      stallMs: limits.stallMs,
      // The client's leaving shows as the cancelling of the body.
      signals: [door.stopping],
      ended: place.leave,
    });
    return new Response(body, { headers });
  }
}

/** Whether nothing more is written for a run unless somebody acts on it. */
function isOver(view: RunView): boolean {
  switch (view.status) {
    case "completed":
    case "denied":
    case "failed":
    case "cancelled":
    case "escalated":
      return view.evidence !== null || !view.workflow.seals;
    case "queued":
    case "running":
    case "parked":
    case "paused":
    case "cancelling":
      return false;
  }
}

/** Whether a request asks for a WebSocket. */
export const asksForSocket = (request: Request): boolean =>
  request.method === "GET" && request.headers.get("upgrade")?.toLowerCase() === "websocket";

/**
 * Takes the upgrade of `/v1/runs/:id/events`. The Origin was checked before; a key in the URL is never looked at. Whoever has no
 * key yet sends it as the first message, and learns nothing before.
 */
export async function upgradeEvents(c: DoorContext, door: Door): Promise<Response> {
  if (door.upgrade === null) {
    return problem({
      code: "not-acceptable",
      detail: "This host has no WebSockets.",
      remedy: "Use text/event-stream.",
    });
  }
  const asked = c.req.query("after") ?? "0";
  if (!/^\d{1,15}$/.test(asked)) {
    return problem({ code: "invalid-request", detail: "The parameter after has to be the seq of an event." });
  }
  const caller = await callerOf(c.req.raw, door.keys);
  const entry = enter(door, c, caller);
  if (!entry.ok) return problem(entry.trouble);
  const remote = accountOf(c, null);
  const waiting = caller === null ? door.meter.stream(remote) : null;
  if (waiting !== null && !waiting.ok) {
    entry.leave();
    return problem(waiting.trouble);
  }
  try {
    const id = runIdOf(c);
    const after = Number(asked);
    const { socket, response } = door.upgrade(c.req.raw);
    driveSocket(socket, {
      principal: caller?.principal ?? null,
      verify: async (key) => {
        const principal = await door.keys.verify(key);
        if (principal === null) door.audit({ caller: null, method: "GET", path: c.req.path, status: 401 });
        return principal;
      },
      admit: (principal) => {
        const trouble = scopeTrouble({ principal, session: null }, "read");
        if (trouble !== null) {
          door.audit({ caller: { principal, session: null }, method: "GET", path: c.req.path, status: 403 });
          return { ok: false, code: CLOSE.forbidden, reason: trouble.detail };
        }
        const place = door.meter.stream(`key ${principal.key}`);
        return place.ok ? place : { ok: false, code: CLOSE.tryAgain, reason: place.trouble.detail };
      },
      watch: async (signal) =>
        id === null || await door.service.view(id) === null
          ? null
          : door.service.watch(id, { after, signal }),
      stopping: door.stopping,
      helloMs: HELLO_MS,
      stallMs: door.limits.stallMs,
    }).catch((cause) => door.report(cause, "event socket")).finally(() => waiting?.leave());
    return response;
  } catch (cause) {
    if (waiting !== null) waiting.leave();
    if (!(cause instanceof TypeError)) throw cause;
    return problem({ code: "malformed-request", detail: "The WebSocket handshake is not valid." });
  } finally {
    entry.leave();
  }
}
