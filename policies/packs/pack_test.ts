import assert from "node:assert/strict";
import fc from "fast-check";
import type { PackManifest, TrustRoot } from "../../specs/mod.ts";
import {
  AT,
  type Publisher,
  publisher,
  rootOf,
  sampleManifest,
  sampleRule,
  signedPack,
} from "../testing/packs.ts";
import { type PackFiles, readArchive, writeArchive } from "./archive.ts";
import { draftManifest } from "./draft.ts";
import { rollbackProblem, verifyPack } from "./pack.ts";
import { countersign, ENVELOPE_FILE } from "./signature.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);
const WASM = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);

const codeOf = async (files: PackFiles, root: TrustRoot, at = AT) => {
  const verified = await verifyPack(files, { root, at });
  return verified.ok ? "verified" : verified.error.code;
};

const ada = await publisher("ada");
const root = rootOf(ada);

/** What a pack signed by ada with this in its manifest comes to. */
const signedAs = async (
  more: Record<string, unknown>,
  members?: Record<string, string | Uint8Array<ArrayBuffer>>,
) => await codeOf(await signedPack(ada, more, members), root);

Deno.test("a pack signed by a key of the root is verified, with one digest for the directory and the archive", async () => {
  const files = await signedPack(ada);
  const one = await verifyPack(files, { root, at: AT });
  const read = readArchive(writeArchive(files));
  assert.ok(one.ok && read.ok);
  const other = await verifyPack(read.value, { root, at: AT });
  assert.ok(other.ok);
  assert.equal(one.value.digest, other.value.digest);
  assert.match(one.value.digest, /^sha256:[0-9a-f]{64}$/);
  assert.equal(one.value.level, "trusted");
  assert.deepEqual(one.value.signers, [ada.signer.keyId]);
  assert.deepEqual([...one.value.members.keys()], ["notes.txt"]);
});

// req: N4-21
Deno.test("any single byte of an archive that is flipped is refused", async () => {
  const archive = writeArchive(await signedPack(ada));
  const flips = fc.tuple(fc.nat(archive.length - 1), fc.integer({ min: 1, max: 255 }));
  await fc.assert(
    fc.asyncProperty(flips, async ([at, mask]) => {
      const bytes = archive.slice();
      bytes[at] = (bytes[at] ?? 0) ^ mask;
      const read = readArchive(bytes);
      if (read.ok) assert.notEqual(await codeOf(read.value, root), "verified", `byte ${at} ^ ${mask}`);
    }),
    { numRuns: 1500 },
  );
});

Deno.test("every bit of the signed manifest counts, spare bits of base64 and spaces too", async () => {
  const files = await signedPack(ada);
  const envelope = files.get(ENVELOPE_FILE) ?? new Uint8Array();
  for (let at = 0; at < envelope.length; at += 1) {
    const bytes = envelope.slice();
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    assert.notEqual(
      await codeOf(new Map([...files, [ENVELOPE_FILE, bytes]]), root),
      "verified",
      `byte ${at}`,
    );
  }
  const text = new TextDecoder().decode(envelope);
  for (const other of [text.trimEnd(), `${text} `, ` ${text}`, `\ufeff${text}`, text.replace('{"', '{ "')]) {
    assert.equal(
      await codeOf(new Map([...files, [ENVELOPE_FILE, utf8(other)]]), root),
      "pack-signature-form",
    );
  }
});

// req: N4-21
Deno.test("a pack is believed from the root alone: unsigned, self-signed and re-signed ones are refused", async () => {
  const files = await signedPack(ada);
  const eve = await publisher("eve");
  assert.equal(await codeOf(new Map([["notes.txt", utf8("x")]]), root), "pack-unsigned");
  assert.equal(await codeOf(await signedPack(eve), root), "pack-key-unknown");
  assert.equal(await codeOf(files, { version: 1, keys: [] }), "pack-key-unknown");
  // The key's id is that of ada, the signature is not.
  const disguised = await signedPack({ ...eve, signer: { ...eve.signer, keyId: ada.signer.keyId } });
  assert.equal(await codeOf(disguised, root), "pack-signature");
  // A second signature that nobody can check makes the first worth no less, and the whole refused.
  const opened = await verifyPack(files, { root, at: AT });
  assert.ok(opened.ok);
  const before = files.get(ENVELOPE_FILE) ?? new Uint8Array();
  const both = new Map([...files, [
    ENVELOPE_FILE,
    await countersign(before, opened.value.manifest, eve.signer),
  ]]);
  assert.equal(await codeOf(both, root), "pack-key-unknown");
  assert.equal(await codeOf(both, rootOf(ada, eve)), "verified");
});

Deno.test("a key counts only while it is valid, not revoked, a publisher, and for the packs that it may publish", async () => {
  for (
    const [more, code] of [
      [{ revoked: { at: "2026-11-20T00:00:00Z", reason: "laptop lost" } }, "pack-key-revoked"],
      [{ notBefore: "2026-12-01T00:00:00Z" }, "pack-key-window"],
      [{ notAfter: "2026-11-23T08:00:00.000Z" }, "pack-key-window"],
      [{ roles: ["waiver-approver"] }, "pack-key-role"],
      [{ packs: ["other/*"] }, "pack-key-name"],
      [{ packs: ["acme/*"] }, "verified"],
      [{ notBefore: AT, notAfter: "2026-11-23T08:00:00.001Z" }, "verified"],
    ] as const
  ) {
    const trusted = { ...ada.trusted, ...structuredClone(more) } as Publisher["trusted"];
    assert.equal(
      await codeOf(await signedPack(ada), { version: 1, keys: [trusted] }),
      code,
      JSON.stringify(more),
    );
  }
});

// req: N4-21
Deno.test("a pack is valid from notBefore on and until expiresAt, by the instant that is given", async () => {
  const files = await signedPack(ada);
  assert.equal(await codeOf(files, root, "2026-10-31T23:59:59.999Z"), "pack-not-yet-valid");
  assert.equal(await codeOf(files, root, "2026-11-01T00:00:00.000Z"), "verified");
  assert.equal(await codeOf(files, root, "2027-04-30T23:59:59.999Z"), "verified");
  assert.equal(await codeOf(files, root, "2027-05-01T00:00:00.000Z"), "pack-expired");
});

Deno.test("members are those that were signed: none changed, none missing, none more", async () => {
  const files = await signedPack(ada);
  const changed = new Map([...files, ["notes.txt", utf8("for People\n")] as const]);
  const missing = new Map([...files].filter(([path]) => path !== "notes.txt"));
  const more = new Map([...files, ["rules/extra.yaml", utf8("x")] as const]);
  assert.equal(await codeOf(changed, root), "pack-member-digest");
  assert.equal(await codeOf(missing, root), "pack-member-missing");
  assert.equal(await codeOf(more, root), "pack-member-extra");
});

Deno.test("what a pack asks of the engine and of its facts must be there", async () => {
  assert.equal(
    await signedAs({ requires: { engine: ">=1 <2", facts: ["testInventory@1", "diff@2"] } }),
    "verified",
  );
  assert.equal(await signedAs({ requires: { engine: ">=99" } }), "pack-engine");
  assert.equal(await signedAs({ requires: { facts: ["diff@1"] } }), "pack-fact");
  assert.equal(await signedAs({ requires: { facts: ["constructor@1"] } }), "pack-fact");
});

Deno.test("rules have names of their own pack, once each, and files that are members", async () => {
  assert.equal(await signedAs({ rules: [sampleRule("acme/house/T1")] }), "verified");
  assert.equal(await signedAs({ rules: [sampleRule("other/T1")] }), "pack-rule-name");
  assert.equal(
    await signedAs({ rules: [sampleRule("T1"), sampleRule("acme/house/T1")] }),
    "pack-rule-duplicate",
  );
  const file = { expr: undefined, file: "rules/t1.cel" };
  assert.equal(await signedAs({ rules: [sampleRule("T1", "", file)] }), "pack-rule-file");
  assert.equal(
    await signedAs({ rules: [sampleRule("T1", "", file)] }, { "rules/t1.cel": "pass" }),
    "verified",
  );
  assert.equal(
    await signedAs({ rules: [sampleRule("T1", "pass", { mode: "warn", tiers: { critical: "shadow" } })] }),
    "pack-rule-loosens",
  );
});

Deno.test("an untrusted pack holds plain rules and no code; a trusted one may hold all kinds", async () => {
  const mallory = await publisher("mallory", { level: "untrusted" });
  const low = rootOf(mallory);
  assert.equal(await codeOf(await signedPack(mallory), low), "verified");
  const cedar = { rules: [sampleRule("T1", "forbid(principal, action, resource);", { kind: "cedar" })] };
  assert.equal(await codeOf(await signedPack(mallory, cedar), low), "pack-untrusted-kind");
  const code: Record<string, string | Uint8Array<ArrayBuffer>>[] = [{ "notes.bin": WASM }, {
    "rego.WASM": "no magic",
  }];
  for (const members of code) {
    assert.equal(await codeOf(await signedPack(mallory, {}, members), low), "pack-untrusted-kind");
    assert.equal(await codeOf(await signedPack(ada, {}, members), root), "verified");
  }
  assert.equal(await codeOf(await signedPack(ada, cedar), root), "verified");
});

// req: N4-21
Deno.test("an older revision is refused, as is another content under the same one", async () => {
  const verified = await verifyPack(await signedPack(ada, { revision: 5 }), { root, at: AT });
  assert.ok(verified.ok);
  const pack = verified.value;
  const code = (revision: number, digest: string) => {
    const problem = rollbackProblem(pack, { revision, digest });
    return problem === null ? "taken" : problem.ok ? "?" : problem.error.code;
  };
  const other = `sha256:${"0".repeat(64)}`;
  assert.equal(rollbackProblem(pack, null), null);
  assert.equal(code(4, other), "taken");
  assert.equal(code(5, pack.digest), "taken");
  assert.equal(code(5, other), "pack-revision-reused");
  assert.equal(code(6, other), "pack-rollback");
});

Deno.test("a manifest that an author left beside the signature must be the one that was signed", async () => {
  const files = await signedPack(ada);
  const beside = (manifest: Record<string, unknown>) =>
    codeOf(new Map([...files, ["pack.yaml", utf8(JSON.stringify(manifest))]]), root);
  assert.equal(await beside(sampleManifest()), "verified");
  assert.equal(await beside(sampleManifest({ description: "stricter than it is" })), "pack-draft-differs");
  assert.equal(await codeOf(new Map([...files, ["pack.yml", utf8("- no\n")]]), root), "pack-draft-differs");
});

Deno.test("a draft gets its members from the files that are there, whatever it says of them itself", async () => {
  const draft = await draftManifest(
    new Map([
      ["pack.yaml", utf8(JSON.stringify(sampleManifest({ members: [{ path: "no", sha256: "00" }] })))],
      ["b/t.yaml", utf8("x")],
      ["a.txt", utf8("y")],
      [ENVELOPE_FILE, utf8("old")],
    ]),
  );
  assert.ok(draft.ok);
  const manifest: PackManifest = draft.value.manifest;
  assert.deepEqual(manifest.members.map(({ path }) => path), ["a.txt", "b/t.yaml"]);
});

// req: N4-22
Deno.test("a draft that is missing, doubled, no mapping, no YAML or has a rule without a body is refused with its name", async () => {
  const draft = async (files: Record<string, string>) => {
    const read = await draftManifest(
      new Map(Object.entries(files).map(([path, text]) => [path, utf8(text)])),
    );
    return read.ok ? "draft" : read.error.message;
  };
  assert.match(await draft({}), /no manifest/);
  assert.match(await draft({ "pack.yaml": "a: 1", "pack.json": "{}" }), /several manifests/);
  assert.match(await draft({ "pack.yaml": "- a" }), /no mapping/);
  assert.match(await draft({ "pack.yaml": "a: 1\na: 2" }), /cannot be read/);
  const without = [
    sampleRule("T7", "", { expr: undefined }),
    sampleRule("T7", "   "),
    sampleRule("T7", "pass", { file: "also.cel" }),
    sampleRule("T7", "", { expr: undefined, kind: "wasm" }),
    sampleRule("T7", "pass", { kind: "ts-plugin" }),
    sampleRule("T7", "pass", { onError: "allow" }),
    sampleRule("T7", "pass", { phases: ["somewhere->else"] }),
  ];
  for (const rule of without) {
    const said = await draft({ "pack.yaml": JSON.stringify(sampleManifest({ rules: [rule] })) });
    assert.match(said, /rule T7/, JSON.stringify(rule));
  }
});
