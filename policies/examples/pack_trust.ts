import type { Json } from "../../specs/mod.ts";
import { of, type RuleExample } from "./example.ts";

const release = (over: Record<string, Json> = {}): Json => ({
  name: "acme/house",
  version: "1.0.0",
  revision: 3,
  digest: `sha256:${"a".repeat(64)}`,
  signers: ["ada"],
  notBefore: "2026-11-01T00:00:00.000Z",
  expiresAt: "2027-05-01T00:00:00.000Z",
  ...over,
});
const NEXT = { revision: 4, digest: `sha256:${"b".repeat(64)}` };
const pack = (before: Json, after: Json, over: Record<string, Json> = {}) => ({
  set: {
    "patchFacts.packs": [{
      place: ".forge/packs/house/",
      before,
      after,
      problems: [],
      looser: [],
      ...over,
    }] as Json,
  },
});

/** Packs that a repository carries, as one release follows on another. */
export const PACK_TRUST_EXAMPLES: readonly RuleExample[] = [
  ...of(
    "PT1/carried-pack",
    ["clean", "no pack changes", { says: "not_applicable" }],
    ["clean", "the next revision", pack(release(), release(NEXT))],
    ["violating", "a pack that is not signed", pack(release(), null, { problems: ["it is not signed"] })],
    ["violating", "an older revision", pack(release(), release({ ...NEXT, revision: 2 }))],
    [
      "evading",
      "another content under the same revision",
      pack(release(), release({ ...NEXT, revision: 3 })),
    ],
    [
      "evading",
      "a release whose time is over",
      pack(release(), release({ ...NEXT, expiresAt: "2026-11-02T00:00:00.000Z" })),
    ],
    ["evading", "another pack in its place", pack(release(), release({ ...NEXT, name: "acme/other" }))],
    ["evading", "a directory without a signature", {
      files: { ".forge/packs/house/pack.yaml": [null, "name: acme/house\n"] },
    }],
  ),
  ...of(
    "PT2/carried-release",
    ["clean", "no pack changes", { says: "not_applicable" }],
    ["clean", "the same publisher signs the next revision", pack(release(), release(NEXT))],
    ["clean", "two publishers sign a looser one", {
      ...pack(release(), release({ ...NEXT, signers: ["ada", "bea"] }), { looser: ["FEW is gone"] }),
    }],
    [
      "violating",
      "a looser one with one signature",
      pack(release(), release(NEXT), { looser: ["FEW is gone"] }),
    ],
    ["violating", "a new pack is for a human", { ...pack(null, release()), asks: true }],
    ["evading", "the pack goes", { ...pack(release(), null), asks: true }],
    ["evading", "another publisher", {
      ...pack(release(), release({ ...NEXT, signers: ["eve"] })),
      asks: true,
    }],
  ),
];
