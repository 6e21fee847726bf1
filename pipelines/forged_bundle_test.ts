import assert from "node:assert/strict";
import { signApproval, type Signer } from "../policies/mod.ts";
import { type EvidenceTrust, isLowS, keyId, readEvidenceKey } from "../policies/evidence/mod.ts";
import { memoryBundle, trustOf, verifyEvidence } from "../policies/evidence/reading/mod.ts";
import { APPROVAL_TYPE, ApprovalStatement, BUNDLE_PROOF, type Decision, digestOf } from "../specs/mod.ts";
import { installation, PATCH, RUN, sealed } from "./testing/sealed_bundle.ts";

/** What a bundle fails by: `check file`, each once. */
async function failures(files: ReadonlyMap<string, Uint8Array>, trust: EvidenceTrust): Promise<string[]> {
  const { verified, checks } = await verifyEvidence(memoryBundle(files), { trust });
  const failed = checks.filter(({ ok }) => !ok).map(({ name, file }) => `${name} ${file}`);
  assert.equal(verified, failed.length === 0);
  return [...new Set(failed)];
}

const AT = "2026-11-20T12:00:00.000Z";
const utf8 = new TextEncoder();

/** Somebody with an Ed25519 key, as principals have one. */
async function person(name: string) {
  const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]) as CryptoKeyPair;
  const spki = new Uint8Array(await crypto.subtle.exportKey("spki", pair.publicKey));
  const pem = `-----BEGIN PUBLIC KEY-----\n${spki.toBase64()}\n-----END PUBLIC KEY-----\n`;
  const key = await readEvidenceKey(pem, name);
  assert.ok(key);
  const signer: Signer = {
    keyId: await keyId(spki),
    sign: async (bytes) => new Uint8Array(await crypto.subtle.sign("Ed25519", pair.privateKey, bytes)),
  };
  return { name, pem, key, signer };
}

/** An approval as its approver signs it, and as a decision counts it. */
async function approval(
  by: Awaited<ReturnType<typeof person>>,
  over: Partial<ApprovalStatement["predicate"]> & { patch?: string } = {},
): Promise<{ text: string; counted: Decision["approvals"][number] }> {
  const { patch = await digestOf(PATCH), ...predicate } = over;
  const text = await signApproval(
    ApprovalStatement.parse({
      _type: "https://in-toto.io/Statement/v1",
      subject: [{ name: "change.patch", digest: { sha256: patch.slice("sha256:".length) } }],
      predicateType: APPROVAL_TYPE,
      predicate: {
        approver: by.name,
        decision: "approve",
        run: RUN,
        escalation: "apr_01m8abcdefgh-2",
        comment: await digestOf(""),
        shown: await digestOf("shown"),
        at: "2026-11-20T11:59:00.000Z",
        expiresAt: "2026-11-21T09:59:00.000Z",
        ...predicate,
      },
    }),
    by.signer,
  );
  const counted = {
    by: by.name,
    patch: await digestOf(PATCH),
    at: AT,
    selfApproved: false,
    envelope: await digestOf(text),
  };
  return { text, counted };
}

Deno.test("a passed summary over a run that failed, was cancelled or has not ended is refused by its own ledger", async () => {
  for (const ended of ["failed", "denied", "cancelled", null] as const) {
    const { attestor, trust, close } = await installation();
    try {
      const files = await sealed(attestor, { forged: { ended } });
      assert.deepEqual(await failures(files, trust), ["ledger log/events.jsonl"], String(ended));
    } finally {
      close();
    }
  }
});

Deno.test("an escalated run has not ended, and its bundle verifies", async () => {
  const { attestor, trust, close } = await installation();
  try {
    assert.deepEqual(
      await failures(await sealed(attestor, { status: "escalated", forged: { ended: null } }), trust),
      [],
    );
  } finally {
    close();
  }
});

Deno.test("statements of another run of the same installation are refused", async () => {
  const { attestor, trust, close } = await installation();
  try {
    const files = await sealed(attestor, { forged: { run: "run_01m8otherrun" } });
    assert.ok(
      (await failures(files, trust)).some((one) => one.startsWith("statements statements/20-gate-01")),
    );
  } finally {
    close();
  }
});

Deno.test("an approval that was counted verifies by its approver's key; of another patch, run, time or word it does not", async () => {
  const bob = await person("bob");
  const approvals = async (
    given: { text: string; counted: Decision["approvals"][number] },
    levels: string[] = [],
  ) => {
    const { attestor, trust, close } = await installation();
    try {
      const files = await sealed(attestor, {
        forged: {
          approvals: [given.counted],
          attested: (attested) => ({
            ...attested,
            envelopes: given.text === "" ? [] : [{ name: "40-approval-01", text: given.text }],
            levels: [...attested.levels, ...levels],
          }),
        },
      });
      return await failures(files, { ...trust, keys: [...trust.keys, { ...bob.key, role: "approvals" }] });
    } finally {
      close();
    }
  };
  const file = "statements/40-approval-01.dsse.json";
  const good = await approval(bob);
  assert.deepEqual(await approvals(good, ["ORG_SOURCE_HUMAN_REVIEWS_1"]), []);
  const alone = ["approvals statements/99-vsa.dsse.json"];
  assert.deepEqual(await approvals(good, ["ORG_SOURCE_HUMAN_REVIEWS_2"]), alone);
  const own = { ...good, counted: { ...good.counted, selfApproved: true } };
  assert.deepEqual(await approvals(own), []);
  assert.deepEqual(await approvals(own, ["ORG_SOURCE_HUMAN_REVIEWS_1"]), alone);
  for (
    const over of [
      { patch: await digestOf("another patch") },
      { run: "run_01m8otherrun" },
      { decision: "cancel" as const },
      { at: "2026-11-20T14:00:00.000Z" },
      { expiresAt: "2026-11-20T11:59:30.000Z" },
    ]
  ) {
    const found = await approvals(await approval(bob, over));
    assert.deepEqual(
      found.filter((one) => one.includes(file)).length > 0,
      true,
      JSON.stringify({ over, found }),
    );
  }
  // Counted and not there; there and not counted; counted without a signature and claimed.
  assert.deepEqual(await approvals({ ...good, text: "" }), ["approvals log/events.jsonl"]);
  const { envelope: _, ...unsigned } = good.counted;
  assert.deepEqual(await approvals({ ...good, counted: unsigned }), [`approvals ${file}`]);
  assert.deepEqual(await approvals({ text: "", counted: unsigned }, ["ORG_SOURCE_HUMAN_REVIEWS_1"]), alone);
});

Deno.test("who may approve does not sign bundles, and the installation's key is nobody's approval, where the trust root tells them apart", async () => {
  const bob = await person("bob");
  const { attestor, trustFiles, close } = await installation();
  try {
    const files = Object.entries({ ...trustFiles, "bob.pem": bob.pem }).map(([name, text]) => ({
      name,
      text,
    }));
    const [told, untold] = [
      await trustOf(files),
      await trustOf(files.map((one) => one.name === "evidence.pem" ? { ...one, name: "acme.pem" } : one)),
    ];
    assert.ok(told.ok && untold.ok);
    const whole = await sealed(attestor);
    assert.deepEqual(await failures(whole, told.value), []);
    assert.deepEqual(await failures(whole, untold.value), []);
    const other = await installation();
    const forged = await sealed({ ...other.attestor, signer: bob.signer });
    other.close();
    const found = await failures(forged, { ...told.value, logs: other.trust.logs });
    assert.ok(found.includes("manifest-signature manifest.dsse.json"), JSON.stringify(found));
    assert.ok(found.includes("statements statements/99-vsa.dsse.json"));
    const approved = await approval({ ...bob, name: "evidence", signer: attestor.signer });
    const second = await installation();
    const own = await sealed(
      { ...attestor, log: second.attestor.log, logSigner: second.attestor.logSigner },
      {
        forged: {
          approvals: [approved.counted],
          attested: (attested) => ({
            ...attested,
            envelopes: [{ name: "40-approval-01", text: approved.text }],
          }),
        },
      },
    );
    const trust = { ...told.value, logs: second.trust.logs };
    second.close();
    assert.ok((await failures(own, trust)).includes("statements statements/40-approval-01.dsse.json"));
  } finally {
    close();
  }
});

Deno.test("files that no digest covers have one form: no byte order mark, no second form of a signature, no other envelope for other tools", async () => {
  const { attestor, trust, close } = await installation();
  try {
    const files = await sealed(attestor);
    const proof = files.get(BUNDLE_PROOF) ?? new Uint8Array();
    const marked = new Map(files).set(BUNDLE_PROOF, new Uint8Array([0xef, 0xbb, 0xbf, ...proof]));
    assert.deepEqual(await failures(marked, trust), [`bundle-proof ${BUNDLE_PROOF}`]);
    const latin = new Map(files).set(BUNDLE_PROOF, new Uint8Array([...proof, 0xff]));
    assert.deepEqual(await failures(latin, trust), [`bundle-proof ${BUNDLE_PROOF}`]);
    const envelope = JSON.parse(new TextDecoder().decode(files.get("manifest.dsse.json")));
    const der = Uint8Array.fromBase64(envelope.signatures[0].sig);
    assert.ok(isLowS(der));
    // The other form of the same signature: s taken from the curve's order.
    const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
    const rEnd = 4 + (der[3] ?? 0);
    const s = BigInt(`0x${der.subarray(rEnd + 2).toHex()}`);
    const high = Uint8Array.fromHex((order - s).toString(16).padStart(64, "0"));
    const second = [0x02, high[0]! >= 0x80 ? 33 : 32, ...(high[0]! >= 0x80 ? [0] : []), ...high];
    const body = [...der.subarray(2, rEnd), ...second];
    envelope.signatures[0].sig = new Uint8Array([0x30, body.length, ...body]).toBase64();
    const text = JSON.stringify({
      payload: envelope.payload,
      payloadType: envelope.payloadType,
      signatures: [{ keyid: envelope.signatures[0].keyid, sig: envelope.signatures[0].sig }],
    });
    const malleated = new Map(files).set("manifest.dsse.json", utf8.encode(`${text}\n`));
    assert.deepEqual(await failures(malleated, trust), ["manifest-signature manifest.dsse.json"]);
  } finally {
    close();
  }
});
