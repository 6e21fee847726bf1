/** Bundles as one file, and the transparency log as static ones (C2SP tlog-tiles). */
import { parseTilePath } from "../../kernel/tlog/mod.ts";
import { writeTar } from "../../policies/evidence/reading/mod.ts";
import type { Service } from "../service.ts";
import type { Door } from "./door.ts";
import { problem } from "./problem.ts";
import { EVIDENCE_ID } from "./records.ts";
import { route, type RouteSpec } from "./route.ts";

/** What was hashed once does not change; the head does. */
const FOREVER = "private, max-age=31536000, immutable";

export function evidenceBundleRoutes(door: Door): RouteSpec[] {
  const { evidenceBundle, transparency } = door.service;
  return [
    ...(evidenceBundle === undefined ? [] : [bundleRoute(evidenceBundle)]),
    ...(transparency === undefined ? [] : logRoutes(transparency)),
  ];
}

const bundleRoute = (evidenceBundle: NonNullable<Service["evidenceBundle"]>): RouteSpec =>
  route({
    method: "GET",
    path: "/v1/evidence/:id/bundle",
    summary: "An evidence bundle as one tar, the same bytes each time",
    scope: "read",
    answers: {
      200: { description: "POSIX tar: names sorted, owner and time 0", type: "application/x-tar" },
    },
    troubles: ["not-found"],
    handle: async (c) => {
      const id = c.req.param("id") ?? "";
      const files = EVIDENCE_ID.test(id) ? await evidenceBundle(id) : null;
      if (!files) {
        return problem({
          code: "not-found",
          detail: "There is no evidence with this id.",
          remedy: "GET /v1/evidence lists it.",
        });
      }
      return new Response(writeTar(files), {
        headers: {
          "content-type": "application/x-tar",
          "content-disposition": `attachment; filename="${id}.tar"`,
          "cache-control": "no-store",
        },
      });
    },
  });

function logRoutes(transparency: NonNullable<Service["transparency"]>): RouteSpec[] {
  return [
    route({
      method: "GET",
      path: "/v1/log/checkpoint",
      summary: "The last signed head of the transparency log",
      scope: "read",
      answers: { 200: { description: "A signed note (C2SP tlog-checkpoint)", type: "text/plain" } },
      troubles: ["not-found"],
      handle: async () => {
        const signed = await (await transparency())?.log.latest() ?? null;
        return signed === null ? nothing() : new Response(signed, {
          headers: { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" },
        });
      },
    }),
    route({
      method: "GET",
      path: "/v1/log/tile/:level/:rest{.+}",
      summary: "A tile of the transparency log, or a bundle of its entries (level `entries`)",
      scope: "read",
      answers: {
        200: {
          description: "Hashes of 32 bytes, or entries behind their lengths",
          type: "application/octet-stream",
        },
      },
      troubles: ["not-found"],
      handle: async (c) => {
        const tile = parseTilePath(`tile/${c.req.param("level")}/${c.req.param("rest")}`);
        const log = (await transparency())?.log;
        if (tile === null || log === undefined) return nothing();
        const { level, index, width } = tile;
        const bytes = level === "entries"
          ? await log.entries(index, width)
          : await log.tile(level, index, width);
        return bytes === null ? nothing() : new Response(new Uint8Array(bytes), {
          headers: { "content-type": "application/octet-stream", "cache-control": FOREVER },
        });
      },
    }),
  ];
}

const nothing = () =>
  problem({
    code: "not-found",
    detail: "The transparency log has no such resource yet.",
    remedy: "GET /v1/log/checkpoint tells its size.",
  });
