import assert from "node:assert/strict";
import { LogConflict, memoryBlobs, openKvStore, transparencyLog } from "../kernel/mod.ts";
import { signatureLine, verifierKey } from "../kernel/tlog/mod.ts";
import { jcs, type Judged, judgeKept, sealBundle } from "../policies/mod.ts";
import {
  derOfRaw,
  type EvidenceTrust,
  keyId,
  memoryBundle,
  openTrusted,
  readEvidenceKey,
  verifyEvidence,
} from "../policies/evidence/mod.ts";
import { sampleJudgeInput } from "../policies/testing/mod.ts";
import { PREDICATES } from "../specs/attestation/mod.ts";
import { BUNDLE_PROOF, digestOf, type RunStatus } from "../specs/mod.ts";
import { type Attested, type Attestor, logSealed, signing } from "./attestation.ts";
import { bundleFile, type LedgerFiles } from "./ledger_files.ts";

const RUN = "run_01m8abcdefgh";
const AT = "2026-11-22T10:00:00.000Z";

/** An installation with keys of its own, and what trusts it. */
async function installation() {
  const store = await openKvStore(":memory:");
  const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, [
    "sign",
    "verify",
  ]);
  const note = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]) as CryptoKeyPair;
  const spki = new Uint8Array(await crypto.subtle.exportKey("spki", pair.publicKey));
  const publicKey = `-----BEGIN PUBLIC KEY-----\n${
    btoa(String.fromCharCode(...spki))
  }\n-----END PUBLIC KEY-----\n`;
  const key = verifierKey(
    "log.example/one",
    new Uint8Array(await crypto.subtle.exportKey("raw", note.publicKey)),
  );
  const attestor: Attestor = {
    publicKey,
    signer: {
      keyId: await keyId(spki),
      sign: async (bytes) =>
        derOfRaw(
          new Uint8Array(
            await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, pair.privateKey, bytes),
          ),
        ),
    },
    log: transparencyLog({ store, origin: key.name }),
    logSigner: {
      key,
      sign: async (bytes) => new Uint8Array(await crypto.subtle.sign("Ed25519", note.privateKey, bytes)),
    },
    caveats: [],
  };
  const evidenceKey = await readEvidenceKey(publicKey);
  assert.ok(evidenceKey);
  const trust: EvidenceTrust = { keys: [evidenceKey], logs: [key], witnesses: [] };
  return { attestor, trust, close: () => store.close() };
}

/** A ledger of one decision, chained as the kernel does it. */
async function ledgerOf({ decision }: Judged, title = "A change"): Promise<LedgerFiles & { hash: string }> {
  const actor = { kind: "engine", id: "kernel" };
  const lines: string[] = [];
  let prevHash = "0".repeat(64);
  const bodies = [{ type: "run.accepted", payload: { title } }, {
    type: "transition.decided",
    payload: { decision },
  }];
  for (const [at, body] of bodies.entries()) {
    const event = {
      actor,
      at: AT,
      id: `e${at}`,
      parent: null,
      prevHash,
      run: RUN,
      seq: at + 1,
      v: 1,
      ...body,
    };
    prevHash = (await digestOf(jcs(event))).slice("sha256:".length);
    lines.push(jcs({ ...event, hash: prevHash }));
  }
  return {
    id: "ev_01m8abcdefgh2",
    at: AT,
    hash: prevHash,
    notes: [],
    decisions: [{ seq: 2, event: prevHash, decision }],
    files: [
      bundleFile("log/events.jsonl", "application/jsonl", `${lines.join("\n")}\n`),
      bundleFile("decisions/01-release-completed.json", "application/json", jcs(decision)),
    ],
  };
}

const PATCH = "--- a/a.txt\n+++ b/a.txt\n@@ -1 +1 @@\n-old\n+new\n";

async function attestedChange(ledger: LedgerFiles, status: RunStatus): Promise<Attested> {
  const sha256 = (await digestOf(PATCH)).slice("sha256:".length);
  return {
    status,
    subject: [{ name: "change.patch", digest: { sha256 } }, {
      name: "git+repository@1",
      digest: { gitCommit: "1".repeat(40), gitTree: "2".repeat(40) },
    }],
    statements: [{
      name: "30-test-result-01",
      predicateType: PREDICATES.testResult,
      predicate: {
        result: "PASSED",
        configuration: [],
        passedTests: ["a"],
        warnedTests: [],
        failedTests: [],
      },
    }],
    envelopes: [],
    resourceUri: "git+repository",
    levels: ledger.decisions.length > 0 ? ["ORG_SOURCE_TESTS_UNWEAKENED"] : [],
  };
}

async function sealed(
  attestor: Attestor,
  options: { status?: RunStatus; title?: string } = {},
): Promise<Map<string, Uint8Array>> {
  const { status = "completed" } = options;
  const judged = await judgeKept(await sampleJudgeInput());
  const ledger = await ledgerOf(judged, options.title);
  const bundle = await sealBundle(
    {
      id: ledger.id,
      run: RUN,
      status,
      sandbox: "bwrap",
      withheld: [],
      notes: [],
      at: AT,
      head: { seq: 2, hash: ledger.hash },
      proof: BUNDLE_PROOF,
    },
    [...ledger.files, bundleFile("artifacts/change.patch", "text/x-diff", PATCH)],
    signing(attestor, ledger, RUN, await attestedChange(ledger, status)),
  );
  const files = new Map(bundle.files.map(({ path, bytes }) => [path, bytes]));
  const attach = (_: string, path: string, bytes: Uint8Array) => Promise.resolve(void files.set(path, bytes));
  await logSealed(attestor, { attach }, { run: RUN, id: ledger.id, status, digest: bundle.digest });
  return files;
}

const verified = async (files: ReadonlyMap<string, Uint8Array>, trust: EvidenceTrust) =>
  await verifyEvidence(memoryBundle(files), { trust });

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

Deno.test("a file that is changed, cut, longer, swapped, missing or new is refused, and named", async () => {
  const { attestor, trust, close } = await installation();
  try {
    const files = await sealed(attestor);
    const refused = async (what: string, path: string, change: (copy: Map<string, Uint8Array>) => void) => {
      const copy = new Map(files);
      change(copy);
      const { verified: holds, checks } = await verified(copy, trust);
      assert.ok(!holds, `${what} ${path}`);
      const failed = checks.filter(({ ok }) => !ok);
      assert.ok(failed.some(({ file }) => file === path), `${what} ${path}: ${JSON.stringify(failed)}`);
    };
    const other = (path: string) =>
      [...files.keys()].find((one) => one !== path && one.endsWith(".dsse.json")) ?? "";
    for (const [path, bytes] of files) {
      for (let at = 0; at < bytes.length; at += Math.max(1, Math.floor(bytes.length / 6))) {
        await refused(`byte ${at} of`, path, (copy) => {
          const changed = bytes.slice();
          changed[at] = (changed[at] ?? 0) ^ 1;
          copy.set(path, changed);
        });
      }
      await refused("without", path, (copy) => copy.delete(path));
      await refused("cut", path, (copy) => copy.set(path, bytes.subarray(0, -1)));
      await refused("longer", path, (copy) => copy.set(path, new Uint8Array([...bytes, 10])));
      await refused("swapped", path, (copy) => copy.set(path, files.get(other(path)) ?? bytes));
      await refused("new", `${path}.copy`, (copy) => copy.set(`${path}.copy`, bytes));
    }
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
