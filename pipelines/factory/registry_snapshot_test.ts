import assert from "node:assert/strict";
import type { PackageQuery, PackageRegistries } from "../../connectors/mod.ts";
import { memoryBlobs } from "../../kernel/mod.ts";
import { extractPatchFacts } from "../../policies/code/mod.ts";
import { digestOf, type PatchFacts } from "../../specs/mod.ts";
import { RegistrySnapshot } from "../../specs/code/mod.ts";
import { askRegistries, recordedRegistry } from "./registry_snapshot.ts";

const AT = "2026-11-20T12:00:00.000Z";
const utf8 = new TextEncoder();
const MANIFEST = (version: string) => `{"name":"app","dependencies":{"ms":"${version}"}}`;

/** Facts of a change that takes another version of one package. */
async function facts(): Promise<PatchFacts> {
  const patch = utf8.encode(
    `diff --git a/package.json b/package.json\n--- a/package.json\n+++ b/package.json\n@@ -1 +1 @@\n-${
      MANIFEST("2.1.2")
    }\n\\ No newline at end of file\n+${MANIFEST("2.1.3")}\n\\ No newline at end of file\n`,
  );
  return await extractPatchFacts({
    change: {
      base: "b".repeat(40),
      baseTree: "c".repeat(40),
      tree: "d".repeat(40),
      patch: await digestOf(patch),
      files: [{
        status: "M",
        path: "package.json",
        oldMode: "100644",
        newMode: "100644",
        binary: false,
        added: 1,
        removed: 1,
      }],
      added: 1,
      removed: 1,
    },
    patch,
    applies: { ok: true },
    read: (_path, at) => Promise.resolve(utf8.encode(MANIFEST(at === "base" ? "2.1.2" : "2.1.3"))),
    list: () => Promise.resolve(["package.json"]),
  });
}

async function asked(policy: string | null) {
  const queries: PackageQuery[] = [];
  const registries: PackageRegistries = {
    look: (all) => {
      queries.push(...all);
      return Promise.resolve(all.map(({ ecosystem, name, version }) => ({
        ecosystem,
        name,
        version,
        state: "no-version" as const,
        firstPublished: AT,
        published: null,
        downloads: null,
        integrity: [],
        licence: null,
        deprecated: null,
        installScript: null,
      })));
    },
  };
  const blobs = memoryBlobs();
  const digest = await askRegistries({
    blobs,
    registries,
    facts: await facts(),
    policy: policy === null ? null : utf8.encode(policy),
    at: AT,
    signal: new AbortController().signal,
  });
  return { queries, digest, blobs };
}

Deno.test("registries are asked about the new version where the base's policy says so, and the answers are kept by digest", async () => {
  const { queries, digest, blobs } = await asked("supply: { registry: ask }\n");
  assert.deepEqual(queries, [{ ecosystem: "npm", name: "ms", version: "2.1.3" }]);
  const bytes = await blobs.get(digest ?? "");
  assert.ok(bytes);
  const snapshot = RegistrySnapshot.parse(JSON.parse(new TextDecoder().decode(bytes)));
  assert.deepEqual(snapshot.entries.map(({ name, state }) => [name, state]), [["ms", "no-version"]]);
  // The judge names it by the same digest.
  assert.equal((await recordedRegistry(snapshot)).digest, digest);
});

Deno.test("nobody is asked without a policy, with one that does not want it, or with one that cannot be read", async () => {
  for (const policy of [null, "version: 1\n", "supply: { registry: maybe }\n"]) {
    const { queries, digest } = await asked(policy);
    assert.deepEqual([queries, digest], [[], null]);
  }
});
