import { z } from "zod";
import { Digest, Instant } from "./base.ts";

/** Whose names and versions a package has. */
export const Ecosystem = z.enum(["npm", "jsr", "pypi", "go", "cargo", "maven", "url"]);
export type Ecosystem = z.infer<typeof Ecosystem>;

/** From where a package is fetched. `path` and `workspace` are the repository's own files. */
export const SourceKind = z.enum(["registry", "git", "url", "path", "outside", "workspace", "unknown"]);
export type SourceKind = z.infer<typeof SourceKind>;

/** One side of a dependency in a manifest. */
export const DeclaredSide = z.strictObject({
  range: z.string().max(500),
  source: SourceKind,
  group: z.enum(["runtime", "dev", "optional", "peer", "build", "override", "indirect"]),
});
export type DeclaredSide = z.infer<typeof DeclaredSide>;

/** A dependency that a manifest declares in another way at head than at base. */
export const DeclaredChange = z.strictObject({
  path: z.string(),
  ecosystem: Ecosystem,
  name: z.string().max(500).describe("the package, also where the manifest gives it another name"),
  before: DeclaredSide.nullable(),
  after: DeclaredSide.nullable(),
  line: z.number().int().min(1).optional(),
  familiar: z.boolean().describe("whether a manifest or lockfile of base knows the package already"),
  widened: z.boolean().describe("the range lets in versions that it kept out, or is no longer a pin"),
  downgraded: z.boolean().describe("the lowest version that it asks for is lower than before"),
});
export type DeclaredChange = z.infer<typeof DeclaredChange>;

/** One package as a lockfile records it. */
export const LockedSide = z.strictObject({
  version: z.string().max(300),
  source: SourceKind,
  from: z.string().max(500).describe("host or address that it is fetched from, empty when not recorded"),
  integrity: z.array(z.string().max(300)).max(400),
  installScript: z.boolean(),
});
export type LockedSide = z.infer<typeof LockedSide>;

/** A package that a lockfile records in another way at head than at base. */
export const LockedChange = z.strictObject({
  path: z.string(),
  ecosystem: Ecosystem,
  name: z.string().max(500),
  before: LockedSide.nullable(),
  after: LockedSide.nullable(),
  asked: z.enum(["direct", "transitive", "unasked", "unknown"]).describe(
    "who asks for it at head: a manifest, another package of the lockfile, or nobody",
  ),
  line: z.number().int().min(1).optional(),
});
export type LockedChange = z.infer<typeof LockedChange>;

/** What does not agree with itself. The kinds are closed, so that every one of them has a gate. */
export const SupplyProblemKind = z.enum([
  "unasked",
  "claimed",
  "missing",
  "integrity-changed",
  "integrity-removed",
  "source-changed",
  "wrong-address",
  "strange-registry",
  "edges-changed",
  "install-script-gained",
  "lifecycle-script",
  "build-code",
  "registry-option",
  "checksums-off",
  "downgraded",
  "unread",
  "truncated",
]);
export type SupplyProblemKind = z.infer<typeof SupplyProblemKind>;

export const SupplyProblem = z.strictObject({
  kind: SupplyProblemKind,
  path: z.string(),
  name: z.string().max(500),
  detail: z.string().max(500),
  line: z.number().int().min(1).optional(),
  certain: z.boolean().describe("false where an honest tool may write the same, so that a human looks"),
});
export type SupplyProblem = z.infer<typeof SupplyProblem>;

/** The dependencies of a change: what its manifests declare, what its lockfiles record, and where the two part. */
export const SupplyFacts = z.strictObject({
  declared: z.array(DeclaredChange),
  locked: z.array(LockedChange),
  problems: z.array(SupplyProblem),
  notes: z.array(z.string().max(500)).describe(
    "what could not be compared, and changes nothing that is judged",
  ),
});
export type SupplyFacts = z.infer<typeof SupplyFacts>;

/** What a registry says of one version of a package. Null: it does not tell, or nobody could ask. */
export const RegistryEntry = z.strictObject({
  ecosystem: Ecosystem,
  name: z.string().max(500),
  version: z.string().max(300),
  state: z.enum(["found", "no-package", "no-version", "unreachable"]),
  firstPublished: Instant.nullable().describe("of the package, not of the version"),
  published: Instant.nullable().describe("of the version"),
  downloads: z.number().int().min(0).nullable().describe(
    "in the last week, or the nearest that the registry tells",
  ),
  integrity: z.array(z.string().max(300)).max(400),
  licence: z.string().max(300).nullable(),
  deprecated: z.string().max(500).nullable().describe("why it is deprecated or yanked; null when it is not"),
  installScript: z.boolean().nullable(),
});
export type RegistryEntry = z.infer<typeof RegistryEntry>;

/** Answers of registries at one instant. Its digest stands in the decision's input, so that the decision replays offline. */
export const RegistrySnapshot = z.strictObject({
  v: z.literal(1),
  at: Instant,
  entries: z.array(RegistryEntry).max(5000),
});
export type RegistrySnapshot = z.infer<typeof RegistrySnapshot>;

/** A snapshot with the digest of its canonical form. */
export const RecordedRegistry = z.strictObject({ digest: Digest, snapshot: RegistrySnapshot });
export type RecordedRegistry = z.infer<typeof RecordedRegistry>;
