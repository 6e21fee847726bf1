import assert from "node:assert/strict";
import fc from "fast-check";
import { Waiver, WAIVER_PAYLOAD } from "../../specs/mod.ts";
import { canonicalBytes, envelopeText } from "../envelopes.ts";
import { signEnvelope } from "../evidence/dsse.ts";
import { type Principals, principalsOf } from "../principals.ts";
import { type TestPrincipal, testPrincipal } from "../testing/principal.ts";
import { countersignWaiver, readWaiver, signWaiver, waiverDigest } from "./envelope.ts";
import { repositoryName } from "./repository.ts";

const AT = "2026-11-20T12:00:00.000Z";
const WAIVER: Waiver = Waiver.parse({
  apiVersion: "delivery.waiver/v1",
  rule: "core/T3",
  packRange: "^1",
  finding: `sha256:${"a".repeat(64)}`,
  scope: { repo: "github.com/acme/shop", paths: ["pkg/**"] },
  reason: "flaky upstream until they release",
  requestedBy: "ada",
  requestedAt: "2026-11-19T12:00:00.000Z",
  expiresAt: "2026-12-15T00:00:00.000Z",
  maxUses: 20,
});

const [ada, bea, eve] = await Promise.all(["ada", "bea", "eve"].map((name) => testPrincipal(name)));
const known = (...of: (TestPrincipal | undefined)[]) => ({ keys: of.flatMap((one) => one ? [one.key] : []) });

async function signed(by: readonly (TestPrincipal | undefined)[], waiver: Waiver = WAIVER): Promise<string> {
  const [first, ...rest] = by;
  if (!first) throw new Error("somebody signs");
  let text = await signWaiver(waiver, first.signer);
  for (const one of rest) text = one ? await countersignWaiver(text, one.signer) ?? "" : text;
  return text;
}

const read = (text: string, people: Principals = known(ada, bea), approvers: string[] = []) =>
  readWaiver({ text, source: "w.json" }, people, AT, approvers);

Deno.test("requester and another principal make a waiver; its name is the digest of what they signed", async () => {
  const found = await read(await signed([ada, bea]));
  assert.deepEqual([found.problem, found.requested, found.approvedBy], [null, false, ["bea"]]);
  assert.equal(found.digest, await waiverDigest(WAIVER));
  assert.deepEqual(found.waiver, WAIVER);
});

// req: N4-23
Deno.test("one key alone cannot waive, whoever it is", async () => {
  const own = await read(await signed([ada]));
  assert.match(own.problem ?? "", /nobody but ada has signed it/);
  assert.equal(own.requested, true);
  assert.match((await read(await signed([bea]))).problem ?? "", /ada, who requests it, has not signed/);
  // A second name for the same key is the same principal.
  const pem = ada?.key.publicKey ?? "";
  const alias = await principalsOf([{ name: "ada", publicKey: pem }, { name: "bea", publicKey: pem }], {
    version: 1,
    keys: [],
  });
  assert.ok(alias.ok);
  assert.match((await read(await signed([ada]), alias.value)).problem ?? "", /nobody but ada/);
  // Nobody signs twice.
  const envelope = JSON.parse(await signed([ada])) as { signatures: unknown[] };
  envelope.signatures.push(envelope.signatures[0]);
  assert.match((await read(JSON.stringify(envelope))).problem ?? "", /signed twice/);
});

Deno.test("an approver may by role or by the base's policy; strangers and revoked keys spoil a waiver", async () => {
  const text = await signed([ada, bea]);
  const plain = { ...bea?.key, waives: false } as TestPrincipal["key"];
  const people = { keys: [...known(ada).keys, plain] };
  assert.match((await read(text, people)).problem ?? "", /bea signed it and may not approve waivers/);
  assert.equal((await read(text, people, ["bea"])).problem, null);
  assert.match((await read(text, known(ada))).problem ?? "", /is of no principal that is known/);
  assert.match((await read(await signed([ada, bea, eve]))).problem ?? "", /is of no principal that is known/);
  const revoked = { ...plain, waives: true, revoked: { at: AT, reason: "lost" } };
  assert.match((await read(text, { keys: [...known(ada).keys, revoked] })).problem ?? "", /was revoked/);
  const ended = { ...plain, waives: true, notAfter: AT };
  assert.match((await read(text, { keys: [...known(ada).keys, ended] })).problem ?? "", /was valid until/);
});

Deno.test("named approvers all have to sign", async () => {
  const both = { ...WAIVER, approvedBy: ["bea", "eve"] };
  const one = await read(await signed([ada, bea], both), known(ada, bea, eve));
  assert.match(one.problem ?? "", /eve, who has to approve it/);
  assert.equal(one.requested, true);
  assert.equal((await read(await signed([ada, bea, eve], both), known(ada, bea, eve))).problem, null);
});

Deno.test("no altered byte of an envelope counts", async () => {
  const text = await signed([ada, bea]);
  const before = await read(text);
  await fc.assert(
    fc.asyncProperty(fc.nat(text.length - 1), fc.integer({ min: 32, max: 126 }), async (at, code) => {
      const char = String.fromCharCode(code);
      const altered = text.slice(0, at) + char + text.slice(at + 1);
      const found = await read(altered);
      // What still counts says the very same thing: only base64's spare bits were touched.
      if (found.problem === null) assert.deepEqual(found, before);
    }),
    { numRuns: 60 },
  );
});

Deno.test("what is no waiver is refused by its form: wildcards, no end, no reason, another payload", async () => {
  const own = ada?.signer;
  assert.ok(own && bea);
  for (
    const over of [
      { rule: "*" },
      { rule: "core/*" },
      { rule: "core" },
      { finding: "*" },
      { finding: "sha256:*" },
      { packRange: "*" },
      { packRange: ">=1" },
      { packRange: "" },
      { scope: { repo: "github.com/acme/shop", paths: ["**"] } },
      { scope: { repo: "github.com/acme/shop", paths: ["**/*"] } },
      { scope: { repo: "github.com/acme/shop", paths: ["../x"] } },
      { scope: { repo: "", paths: ["pkg/**"] } },
      { reason: "because" },
      { expiresAt: WAIVER.requestedAt },
      { maxUses: 0 },
      { compensating: ["core/*"] },
      { surprise: true },
    ]
  ) {
    const payload = canonicalBytes({ ...WAIVER, ...over });
    const envelope = await signEnvelope(WAIVER_PAYLOAD, payload, own);
    const both = await countersignWaiver(envelopeText(envelope), bea.signer);
    assert.match(
      (await read(both ?? "")).problem ?? "",
      /has not the form of a waiver/,
      JSON.stringify(over),
    );
  }
  const pack = await signEnvelope("application/vnd.delivery.policy.v1+json", canonicalBytes(WAIVER), own);
  assert.match((await read(envelopeText(pack))).problem ?? "", /no waiver/);
  const loose = await signEnvelope(
    WAIVER_PAYLOAD,
    new TextEncoder().encode(JSON.stringify(WAIVER, null, 1)),
    own,
  );
  assert.match((await read(envelopeText(loose))).problem ?? "", /canonical/);
  for (const text of ["", "{", "null", "[]", "x".repeat(70_000)]) {
    const found = await read(text);
    assert.ok(found.problem !== null && found.waiver === null);
  }
  assert.equal(await countersignWaiver("{}", own), null);
});

Deno.test("a repository has one name, however it is written", () => {
  for (
    const location of [
      "https://github.com/acme/shop.git",
      "https://user:secret@GitHub.com/acme/shop",
      "git@github.com:acme/shop.git",
      "ssh://git@github.com:22/acme/shop/",
      "github.com/acme/shop",
    ]
  ) assert.equal(repositoryName(location), "github.com/acme/shop", location);
  assert.equal(repositoryName("/home/ada/shop/.git"), "/home/ada/shop");
  assert.equal(repositoryName("/home/ada/shop/"), "/home/ada/shop");
  assert.equal(repositoryName("file:///home/ada/shop"), "/home/ada/shop");
  assert.notEqual(repositoryName("https://gitlab.com/acme/shop"), "github.com/acme/shop");
});
