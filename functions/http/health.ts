/** Whether the server lives, whether it can work, and how much it does. */
import { Health, Readiness } from "../../specs/code/mod.ts";
import type { Door } from "./door.ts";
import { json } from "./json.ts";
import { route, type RouteSpec } from "./route.ts";

export function healthRoutes(door: Door): RouteSpec[] {
  const { service, metrics, meter, version } = door;
  return [
    route({
      method: "GET",
      path: "/healthz",
      summary: "Whether the process answers",
      scope: null,
      answers: { 200: { description: "It does", contract: Health } },
      handle: () => json({ ok: true, version }),
    }),
    route({
      method: "GET",
      path: "/readyz",
      summary: "Whether runs can be taken in and worked on; key holders see the details",
      scope: null,
      answers: {
        200: { description: "Ready", contract: Readiness },
        503: { description: "Not ready", contract: Readiness },
      },
      handle: async (c) => {
        const { ok, detail } = await service.ready();
        const reads = c.get("caller")?.principal.scopes.has("read") ?? false;
        const status = ok && !door.stopping.aborted ? 200 : 503;
        return json(reads ? { ok: status === 200, detail } : { ok: status === 200 }, status);
      },
    }),
    route({
      method: "GET",
      path: "/metrics",
      summary: "Counters for Prometheus",
      scope: "read",
      answers: {
        200: { description: "Prometheus text format 0.0.4", type: "text/plain" },
      },
      handle: async () => {
        const figures = { ...service.metrics(), ...await service.fleet?.gauges() };
        const text = metrics.text({ event_streams_open: meter.streams() }, figures);
        return new Response(text, {
          headers: {
            "content-type": "text/plain; version=0.0.4; charset=utf-8",
            "cache-control": "no-store",
          },
        });
      },
    }),
  ];
}
