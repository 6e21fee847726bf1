/** What runs leave behind: evidence and pull requests. */
import {
  EvidenceDocument,
  EvidenceFileQuery,
  EvidenceList,
  EvidenceListQuery,
  PullDocument,
  PullList,
  PullListQuery,
} from "../../specs/code/mod.ts";
import type { z } from "zod";
import type { EvidenceFilter } from "../../specs/attestation/mod.ts";
import type { EvidenceSummary, Service } from "../service.ts";
import type { Door } from "./door.ts";
import { json } from "./json.ts";
import { problem } from "./problem.ts";
import { route, type RouteSpec } from "./route.ts";

/** Ids of evidence, as the contract of the manifest has them. */
export const EVIDENCE_ID = /^ev_[0-9a-z]{1,80}$/;

/** A pull request's number, or null when it cannot be one. */
export const pullNumber = (text: string | undefined): number | null =>
  text !== undefined && /^[1-9]\d{0,8}$/.test(text) ? Number(text) : null;

/** Never a type that a browser would run: what a bundle holds was written by strangers. */
function shownAs(path: string): string {
  if (path.endsWith(".json")) return "application/json";
  return /\.(?:md|txt|patch|diff|jsonl|yaml|yml)$/.test(path)
    ? "text/plain; charset=utf-8"
    : "application/octet-stream";
}

/** A page of bundles and where the next one begins. */
export async function evidencePageOf(
  service: Service,
  { limit, cursor, run, mismatch, ...named }: z.output<typeof EvidenceListQuery>,
): Promise<{ evidence: EvidenceSummary[]; cursor: string | null }> {
  const filter: EvidenceFilter = {
    ...Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined)),
    ...(mismatch === undefined ? {} : { mismatch: true }),
  };
  const found = await service.evidence({
    limit: limit + 1,
    ...(cursor === undefined ? {} : { after: cursor }),
    ...(run === undefined ? {} : { run }),
    ...(Object.keys(filter).length === 0 ? {} : { filter }),
  });
  const evidence = found.slice(0, limit);
  return { evidence, cursor: found.length > limit ? evidence.at(-1)?.id ?? null : null };
}

export function recordRoutes({ service }: Door): RouteSpec[] {
  return [
    route({
      method: "GET",
      path: "/v1/evidence",
      summary: "List evidence bundles, those of the newest runs first",
      scope: "read",
      query: EvidenceListQuery,
      troubles: ["invalid-request"],
      answers: { 200: { description: "The bundles", contract: EvidenceList } },
      handle: async (_, query) => json(await evidencePageOf(service, query)),
    }),
    route({
      method: "GET",
      path: "/v1/evidence/:id",
      summary: "Show the manifest of an evidence bundle",
      scope: "read",
      answers: { 200: { description: "The manifest and where the bundle lies", contract: EvidenceDocument } },
      troubles: ["not-found"],
      handle: async (c) => {
        const id = c.req.param("id") ?? "";
        const found = EVIDENCE_ID.test(id) ? await service.manifest(id) : null;
        return found === null
          ? problem({
            code: "not-found",
            detail: "There is no evidence with this id.",
            remedy: "GET /v1/evidence lists it.",
          })
          : json(found);
      },
    }),
    route({
      method: "GET",
      path: "/v1/evidence/:id/file",
      summary: "A file of an evidence bundle, as it was sealed",
      scope: "read",
      query: EvidenceFileQuery,
      answers: {
        200: {
          description: "Its bytes: JSON as JSON, other text as plain text",
          type: "text/plain",
          also: { "application/json": "", "application/octet-stream": "" },
        },
      },
      troubles: ["invalid-request", "not-found"],
      handle: async (c, { path }) => {
        const id = c.req.param("id") ?? "";
        const found = EVIDENCE_ID.test(id) ? await service.evidenceFile(id, path) : null;
        if (found === null) {
          return problem({
            code: "not-found",
            detail: "There is no such file in this bundle, or it is not what was sealed any more.",
            remedy: "GET /v1/evidence/:id lists its files.",
          });
        }
        return new Response(found, {
          headers: { "content-type": shownAs(path), "cache-control": "no-store" },
        });
      },
    }),
    route({
      method: "GET",
      path: "/v1/pulls",
      summary: "List pull requests of the local forge",
      scope: "read",
      query: PullListQuery,
      answers: { 200: { description: "The pull requests", contract: PullList } },
      troubles: ["invalid-request"],
      handle: async (_, query) => json({ pulls: await service.pullRequests(query.location) }),
    }),
    route({
      method: "GET",
      path: "/v1/pulls/:number",
      summary: "Show a pull request; location tells repositories apart",
      scope: "read",
      query: PullListQuery,
      answers: { 200: { description: "The pull request", contract: PullDocument } },
      troubles: ["invalid-request", "not-found"],
      handle: async (c, query) => {
        const number = pullNumber(c.req.param("number"));
        const found = number === null ? null : await service.pullRequest(number, query.location);
        return found === null
          ? problem({
            code: "not-found",
            detail: "There is no pull request with this number.",
            remedy: "GET /v1/pulls lists them.",
          })
          : json(found);
      },
    }),
  ];
}
