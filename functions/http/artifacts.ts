/** What evidence speaks of, by digest, and where it comes from. */
import { z } from "zod";
import {
  Artifact,
  ArtifactList,
  ArtifactName,
  ArtifactProvenance,
  SearchHits,
} from "../../specs/attestation/mod.ts";
import { RunId } from "../../specs/mod.ts";
import { wordsOf } from "../provenance/mod.ts";
import type { Door, DoorContext } from "./door.ts";
import { json } from "./json.ts";
import { problem } from "./problem.ts";
import { route, type RouteSpec } from "./route.ts";

const ListQuery = z.strictObject({
  run: RunId.optional().describe("only those of this run"),
  role: z.string().regex(/^[a-z-]{1,40}$/).optional().describe(
    "only file, spec, change, decision, pack, request, ...",
  ),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  cursor: z.string().regex(/^ev_[0-9a-z]{1,80}\.\d{1,9}$/, "must be the cursor of an earlier page")
    .optional(),
});
const SearchQuery = z.strictObject({
  q: z.string().min(1).max(1000).refine((text) => wordsOf(text).length > 0, "must hold a word").describe(
    "words, all of which have to be there; nothing in it is an operator",
  ),
  limit: z.coerce.number().int().min(1).max(200).default(20),
});

/** A malformed digest names nothing that there is. */
const nameIn = (c: DoorContext): string | null =>
  ArtifactName.safeParse((c.req.param("digest") ?? "").toLowerCase()).data ?? null;

const unknown = () =>
  problem({
    code: "not-found",
    detail: "No evidence speaks of this digest.",
    remedy: "GET /v1/artifacts lists what it speaks of.",
  });

export function artifactRoutes({ service: { provenance } }: Door): RouteSpec[] {
  if (provenance === undefined) return [];
  return [
    route({
      method: "GET",
      path: "/v1/artifacts",
      summary: "What the evidence of runs holds and speaks of, newest runs first",
      scope: "read",
      query: ListQuery,
      troubles: ["invalid-request"],
      answers: { 200: { description: "Places", contract: ArtifactList } },
      handle: async (_, { limit, run, role, cursor }) =>
        json(
          await provenance.list({
            limit,
            ...(run === undefined ? {} : { run }),
            ...(role === undefined ? {} : { role }),
            ...(cursor === undefined ? {} : { cursor }),
          }),
        ),
    }),
    route({
      method: "GET",
      path: "/v1/search",
      summary: "Runs whose title or messages hold all of these words",
      scope: "read",
      query: SearchQuery,
      troubles: ["invalid-request"],
      answers: { 200: { description: "The runs, best first", contract: SearchHits } },
      handle: async (_, { q, limit }) => json(await provenance.search(q, limit)),
    }),
    route({
      method: "GET",
      path: "/v1/artifacts/:digest",
      summary: "Where a digest occurs: runs, evidence, files",
      scope: "read",
      troubles: ["not-found"],
      answers: { 200: { description: "Its places", contract: Artifact } },
      handle: async (c) => {
        const name = nameIn(c);
        const found = name === null ? null : await provenance.show(name);
        return found === null ? unknown() : json(found);
      },
    }),
    route({
      method: "GET",
      path: "/v1/artifacts/:digest/provenance",
      summary: "What it came from and what became of it",
      scope: "read",
      troubles: ["not-found"],
      answers: {
        200: { description: "Two graphs, in the direction of the work", contract: ArtifactProvenance },
      },
      handle: async (c) => {
        const name = nameIn(c);
        const found = name === null ? null : await provenance.provenance(name);
        return found === null ? unknown() : json(found);
      },
    }),
  ];
}
