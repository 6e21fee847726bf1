import assert from "node:assert/strict";
import fc from "fast-check";
import type { LockedSide, RegistrySnapshot, SupplyFacts } from "../../specs/mod.ts";
import { packageUrl, sbomOf, uuidOf } from "./sbom.ts";

const subject = {
  run: "run_01m8abcdefgh",
  repository: "https://example.org/shop",
  patch: `sha256:${"ab".repeat(32)}`,
  at: "2026-11-22T10:00:00.000Z",
  version: "0.1.0",
};
const side = (version: string, more: Partial<LockedSide> = {}): LockedSide => ({
  version,
  source: "registry",
  from: "registry.npmjs.org",
  integrity: [],
  installScript: false,
  ...more,
});
const facts = (more: Partial<SupplyFacts>): SupplyFacts => ({
  declared: [],
  locked: [],
  problems: [],
  notes: [],
  ...more,
});
interface Bill {
  components: {
    name: string;
    group?: string;
    version?: string;
    purl?: string;
    hashes?: { alg: string; content: string }[];
    licenses?: { license: { name: string } }[];
    properties: { name: string; value: string }[];
  }[];
  metadata: { properties: { name: string; value: string }[] };
  serialNumber: string;
}
const bill = (supply: SupplyFacts, registry: RegistrySnapshot | null = null) =>
  sbomOf(supply, registry, subject) as unknown as Bill;
const property = ({ properties }: Bill["components"][number], name: string) =>
  properties.find((one) => one.name === `edgeforge:${name}`)?.value;

Deno.test("what a change adds and updates is in the bill with purl, hash and licence; what it takes out is no component", () => {
  const sha512 = "A".repeat(86) + "==";
  const found = bill(
    facts({
      locked: [
        {
          path: "package-lock.json",
          ecosystem: "npm",
          name: "@acme/left-pad",
          before: null,
          after: side("1.3.0", { integrity: [`sha512-${sha512}`, "sha512-short", "md5-AAAA"] }),
          asked: "direct",
        },
        {
          path: "package-lock.json",
          ecosystem: "npm",
          name: "chalk",
          before: side("4.0.0"),
          after: side("5.0.0"),
          asked: "transitive",
        },
        {
          path: "package-lock.json",
          ecosystem: "npm",
          name: "gone",
          before: side("1.0.0"),
          after: null,
          asked: "unknown",
        },
      ],
    }),
    {
      v: 1,
      at: subject.at,
      entries: [{
        ecosystem: "npm",
        name: "chalk",
        version: "5.0.0",
        state: "found",
        firstPublished: null,
        published: null,
        downloads: null,
        integrity: [],
        licence: "MIT",
        deprecated: null,
        installScript: null,
      }],
    },
  );
  const [added, updated, ...more] = found.components;
  assert.ok(added && updated);
  assert.deepEqual(more, []);
  assert.deepEqual([added.group, added.name, added.purl], [
    "@acme",
    "left-pad",
    "pkg:npm/%40acme/left-pad@1.3.0",
  ]);
  assert.deepEqual(added.hashes, [{ alg: "SHA-512", content: "0".repeat(128) }]);
  assert.equal(added.licenses, undefined);
  assert.deepEqual([property(added, "change"), property(updated, "change"), property(updated, "before")], [
    "added",
    "updated",
    "4.0.0",
  ]);
  assert.deepEqual(updated.licenses, [{ license: { name: "MIT" } }]);
  assert.deepEqual(
    found.metadata.properties.filter(({ name }) => name === "edgeforge:removed").map(({ value }) => value),
    ["pkg:npm/gone@1.0.0 in package-lock.json"],
  );
});

Deno.test("a dependency without a lockfile has a version only where its range is one", () => {
  const declared = (name: string, range: string) => ({
    path: "requirements.txt",
    ecosystem: "pypi" as const,
    name,
    before: null,
    after: { range, source: "registry" as const, group: "runtime" as const },
    familiar: false,
    widened: false,
    downgraded: false,
  });
  const found = bill(facts({ declared: [declared("Flask_Login", "==0.6.3"), declared("requests", ">=2")] }));
  assert.deepEqual(found.components.map(({ purl, version }) => [purl, version]), [
    ["pkg:pypi/flask-login@0.6.3", "0.6.3"],
    ["pkg:pypi/requests", undefined],
  ]);
});

Deno.test("a change that touches no dependency has no bill, and the same change always the same one", () => {
  assert.equal(sbomOf(undefined, null, subject), null);
  assert.equal(sbomOf(facts({}), null, subject), null);
  fc.assert(fc.property(fc.stringMatching(/^[0-9a-f]{64}$/), (hex) => {
    assert.match(uuidOf(`sha256:${hex}`), /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/);
  }));
});

Deno.test("what does not come from a registry is never named as the registry's package", () => {
  const url = (
    ecosystem: "npm" | "go" | "cargo" | "maven" | "jsr",
    name: string,
    source: LockedSide["source"],
  ) => packageUrl({ ecosystem, name, version: "1.0.0", source });
  assert.equal(url("npm", "left-pad", "git"), "pkg:generic/left-pad@1.0.0");
  assert.equal(url("npm", "own", "workspace"), null);
  assert.equal(url("go", "github.com/Acme/Tool", "registry"), "pkg:golang/github.com/acme/tool@1.0.0");
  assert.equal(url("maven", "org.acme:tool", "registry"), "pkg:maven/org.acme/tool@1.0.0");
  assert.equal(url("cargo", "serde", "registry"), "pkg:cargo/serde@1.0.0");
  assert.match(
    url("jsr", "@std/path", "registry") ?? "",
    /^pkg:generic\/%40std\/path@1\.0\.0\?repository_url=/,
  );
});
