import assert from "node:assert/strict";
import { LogConflict, memoryBlobs } from "../kernel/mod.ts";
import { signatureLine, verifierKey } from "../kernel/tlog/mod.ts";
import type { EvidenceTrust } from "../policies/evidence/mod.ts";
import {
  BundleUnreadable,
  memoryBundle,
  openTrusted,
  readTar,
  verifyEvidence,
  writeTar,
} from "../policies/evidence/reading/mod.ts";
import { BUNDLE_PROOF, digestOf, type RunStatus } from "../specs/mod.ts";
import { type BundleFamily, installation, sealed } from "./testing/sealed_bundle.ts";

const AT = "2026-11-22T10:00:00.000Z";

const verified = async (files: ReadonlyMap<string, Uint8Array>, trust: EvidenceTrust) =>
  await verifyEvidence(memoryBundle(files), { trust });

// req: N6-11
Deno.test("a bundle as it was sealed is verified by the keys of its installation, and by no others", async () => {
  const [one, other] = [await installation(), await installation()];
  try {
    const files = await sealed(one.attestor);
    const result = await verified(files, one.trust);
    assert.deepEqual(result.checks.filter(({ ok }) => !ok), []);
    assert.ok(result.verified);
    assert.ok(!(await verified(files, other.trust)).verified);
    assert.ok(!(await verified(files, { keys: [], logs: [], witnesses: [] })).verified);
    assert.ok(!(await verified(files, { ...one.trust, logs: [] })).verified);
    assert.ok(!(await verified(files, { ...one.trust, logs: other.trust.logs })).verified);
    // Whoever signs all of it anew is still somebody else.
    assert.ok(!(await verified(await sealed(other.attestor), one.trust)).verified);
  } finally {
    one.close();
    other.close();
  }
});

Deno.test("a run that was denied has a bundle that verifies, with a summary that says FAILED and claims nothing", async () => {
  const { attestor, trust, close } = await installation();
  try {
    const files = await sealed(attestor, { status: "denied" });
    assert.ok((await verified(files, trust)).verified);
    const vsa = JSON.parse(new TextDecoder().decode(files.get("statements/99-vsa.dsse.json")));
    const { predicate } = JSON.parse(atob(vsa.payload));
    assert.deepEqual([predicate.verificationResult, predicate.verifiedLevels], ["FAILED", []]);
    assert.equal(files.has("statements/90-svr.dsse.json"), false);
  } finally {
    close();
  }
});

const FAMILIES: readonly { family: BundleFamily; status: RunStatus }[] = [
  { family: "change", status: "completed" },
  { family: "change", status: "denied" },
  { family: "withheld", status: "denied" },
  { family: "data", status: "completed" },
];

for (const { family, status } of FAMILIES) {
  // req: N6-03
  Deno.test(`a file of a bundle (${family}, ${status}) that is changed, cut, longer, swapped, missing or new is refused, and named`, () =>
    tampered(family, status));
}

async function tampered(family: BundleFamily, status: RunStatus): Promise<void> {
  const { attestor, trust, close } = await installation();
  const other = await installation();
  try {
    const files = await sealed(attestor, { family, status });
    // Its log is another one: this one holds the run already.
    const foreign = await sealed({ ...other.attestor, signer: attestor.signer }, {
      family,
      status,
      title: "Another change",
    });
    assert.deepEqual((await verified(files, trust)).checks.filter(({ ok }) => !ok), []);
    const refused = async (
      what: string,
      path: string,
      change: (copy: Map<string, Uint8Array>) => void,
      named = [path],
    ) => {
      const copy = new Map(files);
      change(copy);
      const { verified: holds, checks } = await verified(copy, trust);
      assert.ok(!holds, `${what} ${path}`);
      const failed = checks.filter(({ ok }) => !ok);
      assert.ok(
        failed.some(({ file }) => file !== null && named.includes(file)),
        `${what} ${path}: ${JSON.stringify(failed)}`,
      );
    };
    const another = (path: string) =>
      [...files.keys()].find((one) => one !== path && one.endsWith(".dsse.json")) ?? "";
    for (const [path, bytes] of files) {
      for (
        let at = 0;
        at < bytes.length;
        at += Math.max(1, Math.floor(bytes.length / (status === "completed" ? 3 : 2)))
      ) {
        await refused(`byte ${at} of`, path, (copy) => {
          const changed = bytes.slice();
          changed[at] = (changed[at] ?? 0) ^ 1;
          copy.set(path, changed);
        });
      }
      await refused("without", path, (copy) => copy.delete(path));
      await refused("cut", path, (copy) => copy.set(path, bytes.subarray(0, -1)));
      await refused("longer", path, (copy) => copy.set(path, new Uint8Array([...bytes, 10])));
      await refused("swapped", path, (copy) => copy.set(path, files.get(another(path)) ?? bytes));
      await refused("new", `${path}.copy`, (copy) => copy.set(`${path}.copy`, bytes));
      // The same file of another bundle, signed by the same key.
      const theirs = foreign.get(path);
      if (theirs !== undefined && !sameBytes(theirs, bytes)) {
        // A manifest that is whole is told apart by its signature.
        await refused("another bundle's", path, (copy) => copy.set(path, theirs), [
          path,
          ...(path === "manifest.json" ? ["manifest.dsse.json"] : []),
        ]);
      }
    }
  } finally {
    close();
    other.close();
  }
}

const sameBytes = (a: Uint8Array, b: Uint8Array) =>
  a.length === b.length && a.every((byte, at) => byte === b[at]);

Deno.test("a tar of a bundle is refused with any byte changed, and the file in which it lies is named", async () => {
  const { attestor, close } = await installation();
  try {
    const files = await sealed(attestor);
    const tar = writeTar(files);
    let at = 0;
    for (const path of [...files.keys()].sort()) {
      const size = files.get(path)?.length ?? 0;
      const end = at + 512 + Math.ceil(size / 512) * 512;
      // The header, and what is between the file and the next one: the bytes themselves are the manifest's business.
      for (
        const place of [
          at,
          at + 100,
          at + 130,
          at + 156,
          at + 300,
          at + 511,
          ...(end > at + 512 + size ? [end - 1] : []),
        ]
      ) {
        const changed = tar.slice();
        changed[place] = (changed[place] ?? 0) ^ 1;
        assert.throws(() => readTar(changed), BundleUnreadable, `${path} at ${place}`);
      }
      const padding = tar.slice();
      if (end > at + 512 + size) {
        padding[end - 1] = 1;
        assert.throws(
          () => readTar(padding),
          (error) => error instanceof BundleUnreadable && error.file === path,
        );
      }
      at = end;
    }
    for (const cut of [0, 1, 511, 512, tar.length - 512, tar.length - 1]) {
      assert.throws(() => readTar(tar.subarray(0, cut)), BundleUnreadable, `cut at ${cut}`);
    }
    assert.throws(() => readTar(new Uint8Array([...tar, 0])), BundleUnreadable);
  } finally {
    close();
  }
});

Deno.test("a signature in base64 has one form: no character of it can be changed without notice", async () => {
  const { attestor, trust, close } = await installation();
  try {
    const files = await sealed(attestor);
    const bytes = files.get("manifest.dsse.json") ?? new Uint8Array();
    const start = new TextDecoder().decode(bytes).indexOf('"sig":"');
    for (let at = start; at < bytes.length; at++) {
      const changed = bytes.slice();
      changed[at] = changed[at] === 0x41 ? 0x42 : 0x41;
      const copy = new Map(files).set("manifest.dsse.json", changed);
      assert.ok(!(await verified(copy, trust)).verified, `byte ${at}`);
    }
  } finally {
    close();
  }
});

// req: N6-12
Deno.test("another history of a run that was logged is not signed: its decisions stand in the log with other hashes", async () => {
  const { attestor, close } = await installation();
  try {
    await sealed(attestor);
    await assert.rejects(sealed(attestor, { title: "Another change" }), LogConflict);
    assert.equal(await attestor.log.size(), 2);
    assert.ok(await memoryBlobs().has(await digestOf("")) === false);
  } finally {
    close();
  }
});

Deno.test("a key that was revoked counts for what the log proves to be older, one out of use for runs of its time", async () => {
  const { attestor, trust, close } = await installation();
  try {
    const files = await sealed(attestor);
    const origin = attestor.logSigner.key.name;
    const [key] = trust.keys;
    assert.ok(key);
    const by = async (term: EvidenceTrust["keys"][number]["term"], bundle = files) => {
      const { checks } = await verified(bundle, { ...trust, keys: [{ ...key, ...(term ? { term } : {}) }] });
      return [...new Set(checks.filter(({ ok }) => !ok).map(({ name }) => name))];
    };
    const revoked = (index: number, log = origin) => ({
      revoked: { at: "2020-01-01T00:00:00.000Z", reason: "lost", origin: log, index },
    });
    const refused = ["manifest-signature", "statements", "subjects", "vsa-inputs"];
    const isRefused = (found: string[]) =>
      assert.deepEqual(refused.slice(0, 2), found.slice(0, 2), JSON.stringify(found));
    // The bundle is leaf 1 of the log, behind its decision.
    assert.deepEqual(await by(revoked(2)), []);
    isRefused(await by(revoked(1)));
    isRefused(await by(revoked(2, "other.example/log")));
    const without = new Map(files);
    without.delete(BUNDLE_PROOF);
    assert.ok((await by(revoked(2), without)).includes("bundle-proof"));
    assert.deepEqual(await by({ notBefore: AT, notAfter: AT }), []);
    isRefused(await by({ notBefore: "2026-11-22T10:00:00.001Z" }));
    isRefused(await by({ notAfter: "2026-11-22T09:59:59.999Z" }));
  } finally {
    close();
  }
});

Deno.test("a checkpoint by a revoked key of the log counts when a witness saw it before; as many witnesses as are wanted must have", async () => {
  const { attestor, trust, close } = await installation();
  try {
    const files = await sealed(attestor);
    const [log] = trust.logs;
    assert.ok(log);
    const checkpoints = async (over: Partial<EvidenceTrust>, bundle = files) =>
      (await verified(bundle, { ...trust, ...over })).checks.filter(({ ok }) => !ok).map(({ name }) => name);
    const revokedLogs = new Map([[`${log.name}+${log.id}`, {
      at: new Date(Date.now() + 60_000).toISOString(),
      reason: "lost",
      origin: log.name,
      index: 9,
    }]]);
    assert.deepEqual(await checkpoints({ revokedLogs }), ["log-checkpoint"]);
    assert.deepEqual(await checkpoints({ required: 1 }), ["log-checkpoint"]);
    const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]) as CryptoKeyPair;
    const raw = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
    const key = verifierKey("witness.example/w", raw, "cosignature");
    const sign = async (bytes: Uint8Array<ArrayBuffer>) =>
      new Uint8Array(await crypto.subtle.sign("Ed25519", pair.privateKey, bytes));
    const signed = new TextDecoder().decode(files.get("log/checkpoint"));
    const text = signed.slice(0, signed.indexOf("\n\n") + 1);
    const cosigned = signed + await signatureLine(text, { key, sign }, Math.floor(Date.now() / 1000));
    const told = { revokedLogs, required: 1 };
    assert.ok("problem" in await openTrusted(cosigned, { ...trust, ...told }));
    const seen = { ...trust, ...told, witnesses: [key] };
    assert.ok("checkpoint" in await openTrusted(cosigned, seen));
    assert.ok("problem" in await openTrusted(cosigned, { ...seen, required: 2 }));
    const early = new Map([...revokedLogs].map(([name, one]) => [name, { ...one, at: AT }]));
    assert.ok("problem" in await openTrusted(cosigned, { ...seen, revokedLogs: early }));
  } finally {
    close();
  }
});
