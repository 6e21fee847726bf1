/** Bundles whose signatures all hold and whose files say anything: by somebody who has the keys, or by another release. */
import assert from "node:assert/strict";
import canonicalize from "canonicalize";
import { installation, sealed } from "../pipelines/testing/mod.ts";
import { inputFile, MANIFEST, SIGNATURE, signStatement } from "../policies/evidence/mod.ts";
import { memoryBundle, verifyEvidence } from "../policies/evidence/reading/mod.ts";
import { PREDICATES } from "../specs/attestation/mod.ts";
import { BUNDLE_PROOF, digestOf, type EvidenceManifest } from "../specs/mod.ts";
import { replayWith } from "./replay.ts";

const utf8 = new TextEncoder();
const HOSTILE: readonly Uint8Array[] = [
  ...[
    "",
    "null",
    '"x"',
    "[]",
    "[".repeat(20_000),
    `${'{"a":'.repeat(9000)}1${"}".repeat(9000)}`,
    '{"__proto__":{"v":1},"constructor":1}',
    '{"payload":"","payloadType":"application/vnd.in-toto+json","signatures":[]}\n',
    '{"payload":"e30=","payloadType":"application/vnd.in-toto+json","signatures":[{"keyid":"","sig":""}]}\n',
    "c2sp.org/tlog-proof@v1\nindex 9007199254740993\n\n",
    "## Gates\n- `\n## Models\n0 calls of \n## What changed\n- M `\n## Proof\n| \n",
    "1e999",
  ].map((text) => utf8.encode(text)),
  new Uint8Array([0xff, 0xfe, 0, 0xd8]),
  new Uint8Array(2048),
];

/** The bundle with a manifest, and a signature of it, that name the files as they are now. */
async function signedAgain(
  files: ReadonlyMap<string, Uint8Array>,
  signer: Parameters<typeof signStatement>[1],
): Promise<Map<string, Uint8Array>> {
  const old = JSON.parse(new TextDecoder().decode(files.get(MANIFEST))) as EvidenceManifest;
  const { proof: _, ...rest } = old;
  const entries = await Promise.all(old.files.map(async (entry) => {
    const bytes = files.get(entry.path) ?? new Uint8Array();
    return { ...entry, size: bytes.length, sha256: (await digestOf(bytes)).slice("sha256:".length) };
  }));
  const manifest = { ...rest, files: entries, root: await digestOf(canonicalize(entries) ?? "") };
  const bytes = utf8.encode(canonicalize(manifest));
  const { id, run, status, at } = manifest;
  const signature = await signStatement({
    subject: [{ name: MANIFEST, digest: { sha256: (await digestOf(bytes)).slice("sha256:".length) } }],
    predicateType: PREDICATES.manifest,
    predicate: { id, run, status, at },
  }, signer);
  const again = new Map(files).set(MANIFEST, bytes).set(SIGNATURE, utf8.encode(signature));
  again.delete(BUNDLE_PROOF);
  return again;
}

// req: N6-13
Deno.test("whatever stands in a file of a signed bundle, verifying ends with a report", async () => {
  const { attestor, trust, close } = await installation();
  const replay = replayWith(() =>
    Promise.resolve({ ok: false, error: { code: "none", message: "none", remedy: "" } })
  );
  try {
    const files = await sealed(attestor);
    const report = async (bundle: ReadonlyMap<string, Uint8Array>) =>
      await verifyEvidence(memoryBundle(bundle), { trust, replay });
    const whole = await report(await signedAgain(files, attestor.signer));
    assert.deepEqual(whole.checks.filter(({ ok }) => !ok), []);
    const listed = [...files.keys()].filter((path) => ![MANIFEST, SIGNATURE, BUNDLE_PROOF].includes(path));
    const decision = listed.find((path) => path.startsWith("decisions/")) ?? "";
    const { inputDigest } = JSON.parse(new TextDecoder().decode(files.get(decision))) as {
      inputDigest: string;
    };
    const more = ["artifacts/pull-request.md", "artifacts/patch-facts.json", inputFile(inputDigest)];
    for (const path of [...listed, ...more]) {
      for (const content of HOSTILE) {
        const changed = new Map(files).set(path, content);
        if (!listed.includes(path)) {
          const manifest = JSON.parse(new TextDecoder().decode(files.get(MANIFEST))) as EvidenceManifest;
          const entry = { path, sha256: "0".repeat(64), size: 0, mediaType: "text/plain" };
          changed.set(
            MANIFEST,
            utf8.encode(JSON.stringify({ ...manifest, files: [...manifest.files, entry] })),
          );
        }
        const { verified, checks } = await report(await signedAgain(changed, attestor.signer));
        assert.equal(verified, checks.every(({ ok }) => ok));
        // What signs for itself holds only as it was signed.
        if (/^(statements|bundles|decisions|log\/(events|checkpoint|decision))/.test(path)) {
          assert.ok(!verified, `${path}: ${new TextDecoder().decode(content.subarray(0, 40))}`);
        }
      }
    }
  } finally {
    close();
  }
});
