/**
 * The dependencies that a change adds or updates, as a CycloneDX 1.6 bill of materials. What it takes out is no component: nobody is
 * to think that it is there; it stands in the properties.
 */
import {
  type Ecosystem,
  type Json,
  type LockedSide,
  type RegistrySnapshot,
  type SourceKind,
  type SupplyFacts,
} from "../../specs/mod.ts";
import { fromBase64 } from "../../kernel/tlog/mod.ts";

/** What the bill is about. */
export interface SbomSubject {
  readonly run: string;
  /** A name of the repository. */
  readonly repository: string;
  /** `sha256:<hex>` of the patch. */
  readonly patch: string;
  readonly at: string;
  readonly version: string;
}

interface Package {
  readonly ecosystem: Ecosystem;
  readonly name: string;
  readonly version: string | null;
  readonly source: SourceKind;
  readonly from: string;
  readonly path: string;
  readonly change: "added" | "updated";
  readonly before: string | null;
  readonly locked: LockedSide | null;
  readonly asked: string | null;
}

/** Null when no manifest and no lockfile that is understood changes. The same facts give the same bill. */
export function sbomOf(
  supply: SupplyFacts | undefined,
  registry: RegistrySnapshot | null,
  subject: SbomSubject,
): Json | null {
  if (supply === undefined) return null;
  const packages = [...lockedPackages(supply), ...declaredPackages(supply)];
  const removed = removedPackages(supply);
  if (packages.length === 0 && removed.length === 0) return null;
  const refs = new Set<string>();
  const components = packages.flatMap((one) => {
    const ref = `${one.path}#${one.ecosystem}/${one.name}@${one.version ?? ""}`;
    if (refs.has(ref)) return [];
    refs.add(ref);
    return [componentOf(one, ref, registry)];
  });
  return {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    serialNumber: `urn:uuid:${uuidOf(subject.patch)}`,
    version: 1,
    metadata: {
      timestamp: subject.at,
      tools: { components: [{ type: "application", name: "edgeforge", version: subject.version }] },
      component: {
        type: "application",
        "bom-ref": "subject",
        name: subject.repository,
        properties: [
          { name: "edgeforge:run", value: subject.run },
          { name: "edgeforge:patch", value: subject.patch },
        ],
      },
      properties: [
        { name: "edgeforge:scope", value: "dependencies that the change adds or updates, not all" },
        ...removed.map((value) => ({ name: "edgeforge:removed", value })),
        ...supply.notes.map((value) => ({ name: "edgeforge:note", value })),
      ],
    },
    components,
    // Who depends on whom is not read here, and that is said.
    compositions: [{ aggregate: "incomplete", assemblies: ["subject"] }],
  };
}

function lockedPackages({ locked }: SupplyFacts): Package[] {
  return locked.flatMap(({ path, ecosystem, name, before, after, asked }) =>
    after === null ? [] : [{
      ecosystem,
      name,
      version: after.version,
      source: after.source,
      from: after.from,
      path,
      change: before === null ? "added" as const : "updated" as const,
      before: before?.version ?? null,
      locked: after,
      asked,
    }]
  );
}

/** What a manifest declares and no lockfile pins: its version is not known, its range is told. */
function declaredPackages({ declared, locked }: SupplyFacts): Package[] {
  const pinned = new Set(locked.map(({ ecosystem, name }) => `${ecosystem} ${name}`));
  return declared.flatMap(({ path, ecosystem, name, before, after }) =>
    after === null || pinned.has(`${ecosystem} ${name}`) ? [] : [{
      ecosystem,
      name,
      version: exactVersion(after.range),
      source: after.source,
      from: "",
      path,
      change: before === null ? "added" as const : "updated" as const,
      before: before?.range ?? null,
      locked: null,
      asked: `direct, as ${after.range}`,
    }]
  );
}

function removedPackages({ declared, locked }: SupplyFacts): string[] {
  return [
    ...locked.filter(({ after }) => after === null).map(({ ecosystem, name, before, path }) =>
      `${
        packageUrl({
          ecosystem,
          name,
          version: before?.version ?? null,
          source: before?.source ?? "unknown",
        }) ??
          `${ecosystem} ${name} ${before?.version ?? ""}`
      } in ${path}`
    ),
    ...declared.filter(({ after }) => after === null).map(({ ecosystem, name, before, path }) =>
      `${ecosystem} ${name} ${before?.range ?? ""} in ${path}`
    ),
  ];
}

/** A range that can only be one version. */
const exactVersion = (range: string): string | null =>
  /^(?:==?\s*)?v?(\d+(?:\.\d+)*(?:[-+.][0-9A-Za-z.+-]+)?)$/.exec(range.trim())?.[1] ?? null;

function componentOf(one: Package, ref: string, registry: RegistrySnapshot | null): Json {
  const purl = packageUrl(one);
  const known = registry?.entries.find((entry) =>
    entry.ecosystem === one.ecosystem && entry.name === one.name && entry.version === one.version &&
    entry.state === "found"
  );
  const hashes = (one.locked?.integrity ?? []).flatMap(hashOf);
  return {
    type: "library",
    "bom-ref": ref,
    ...nameParts(one),
    ...(one.version === null ? {} : { version: one.version }),
    ...(hashes.length === 0 ? {} : { hashes }),
    // As the registry names it: it may be an expression, or none of SPDX.
    ...(known?.licence ? { licenses: [{ license: { name: known.licence } }] } : {}),
    ...(purl === null ? {} : { purl }),
    properties: [
      { name: "edgeforge:change", value: one.change },
      ...(one.before === null ? [] : [{ name: "edgeforge:before", value: one.before }]),
      { name: "edgeforge:file", value: one.path },
      { name: "edgeforge:source", value: one.from === "" ? one.source : `${one.source} ${one.from}` },
      ...(one.asked === null ? [] : [{ name: "edgeforge:asked", value: one.asked }]),
      ...(one.locked?.installScript ? [{ name: "edgeforge:installScript", value: "true" }] : []),
    ],
  };
}

function nameParts(
  { ecosystem, name }: Pick<Package, "ecosystem" | "name">,
): { group?: string; name: string } {
  const scoped = ecosystem === "npm" || ecosystem === "jsr" ? /^(@[^/]+)\/(.+)$/.exec(name) : null;
  const maven = ecosystem === "maven" ? /^([^:]+):(.+)$/.exec(name) : null;
  const [, group, own] = scoped ?? maven ?? [];
  return group !== undefined && own !== undefined ? { group, name: own } : { name };
}

/**
 * A package URL (ECMA-427), or null for what has none: the repository's own files, and what is fetched from nobody knows where.
 */
export function packageUrl(
  { ecosystem, name, version, source }: Pick<Package, "ecosystem" | "name" | "version" | "source">,
): string | null {
  if (source === "path" || source === "workspace" || source === "outside") return null;
  const at = version === null || version === "" ? "" : `@${encodeURIComponent(version)}`;
  const segments = (text: string) => text.split("/").map(encodeURIComponent).join("/");
  // What comes from elsewhere is not the registry's package of this name.
  if (source !== "registry") return `pkg:generic/${segments(name)}${at}`;
  switch (ecosystem) {
    case "npm":
      return `pkg:npm/${segments(name.toLowerCase())}${at}`;
    case "pypi":
      return `pkg:pypi/${encodeURIComponent(name.toLowerCase().replaceAll(/[-_.]+/g, "-"))}${at}`;
    case "go":
      return `pkg:golang/${segments(name.toLowerCase())}${at}`;
    case "cargo":
      return `pkg:cargo/${encodeURIComponent(name)}${at}`;
    case "maven":
      return `pkg:maven/${name.split(":").map(encodeURIComponent).join("/")}${at}`;
    case "jsr":
      return `pkg:generic/${segments(name)}${at}?repository_url=https:%2F%2Fjsr.io`;
    case "url":
      return `pkg:generic/${encodeURIComponent(name)}${at}`;
    default:
      return ecosystem satisfies never;
  }
}

const ALGORITHMS: Readonly<Record<string, { alg: string; bytes: number }>> = {
  sha1: { alg: "SHA-1", bytes: 20 },
  sha256: { alg: "SHA-256", bytes: 32 },
  sha384: { alg: "SHA-384", bytes: 48 },
  sha512: { alg: "SHA-512", bytes: 64 },
};

/** An integrity as lockfiles write it: `sha512-<base64>` or `sha256:<hex>`; anything else is no hash of CycloneDX. */
function hashOf(integrity: string): { alg: string; content: string }[] {
  const [, name = "", mark, text = ""] = /^(sha\d+)([-:])(.+)$/.exec(integrity) ?? [];
  const known = ALGORITHMS[name];
  if (known === undefined) return [];
  const bytes = mark === "-" ? fromBase64(text) : null;
  const content = mark === ":" ? text : bytes === null ? "" : [...bytes].map(hexByte).join("");
  return new RegExp(`^[0-9a-f]{${known.bytes * 2}}$`).test(content) ? [{ alg: known.alg, content }] : [];
}

const hexByte = (byte: number): string => byte.toString(16).padStart(2, "0");

/** A UUID (version 8) that the same digest gives every time. */
export function uuidOf(digest: string): string {
  const hex = digest.replace(/^sha256:/, "").slice(0, 32).padEnd(32, "0");
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `a${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join("-");
}
