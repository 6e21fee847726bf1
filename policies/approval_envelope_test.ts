import assert from "node:assert/strict";
import fc from "fast-check";
import type { ApprovalQuestion } from "../specs/mod.ts";
import { judgeApprovals } from "./approval.ts";
import { approvalStatement, shownDigest, signApproval, verifyApproval } from "./approval_envelope.ts";
import { isSingleKey, keysOf, principalsOf } from "./principals.ts";
import { type TestPrincipal, testPrincipal } from "./testing/principal.ts";
import type { ApprovalFact } from "./approval_fact.ts";

const AT = "2026-11-20T12:00:00.000Z";
const LATER = "2026-11-20T12:01:00.000Z";
const PATCH = `sha256:${"a".repeat(64)}`;
const OTHER = `sha256:${"b".repeat(64)}`;
const RUN = "run_0000000001";
const QUESTION: ApprovalQuestion = {
  id: "apr_0000000001-9",
  run: RUN,
  family: "code",
  title: "T",
  openedAt: AT,
  question: "May it?",
  reason: "core/F2P",
  transition: { from: "verify", to: "review" },
  subject: PATCH,
  input: null,
  gates: [],
  options: ["approve", "reject"],
};
const [ada, bea, eve] = await Promise.all(["ada", "bea", "eve"].map((name) => testPrincipal(name)));
const people = (...of: (TestPrincipal | undefined)[]) => ({
  keys: of.flatMap((one) => one ? [one.key] : []),
});

async function envelope(
  over: Partial<Parameters<typeof approvalStatement>[0]> = {},
  by: TestPrincipal | undefined = bea,
): Promise<unknown> {
  if (!by) throw new Error("somebody signs");
  const statement = await approvalStatement({
    question: QUESTION,
    approver: by.name,
    decision: "approve",
    comment: "read it",
    at: AT,
    ...over,
  });
  return JSON.parse(await signApproval(statement, by.signer));
}

const expected = async (over: Record<string, unknown> = {}) => ({
  run: RUN,
  decision: "approve",
  by: "bea",
  subject: PATCH,
  answeredAt: LATER,
  question: { id: QUESTION.id, shown: await shownDigest(QUESTION) },
  comment: "read it",
  ...over,
});
const why = async (
  raw: unknown,
  over: Record<string, unknown> = {},
  known = people(ada, bea),
  at = LATER,
) => {
  const found = await verifyApproval(raw, await expected(over), known, at);
  return found.ok ? null : found.error;
};

Deno.test("what a principal signed about the patch that was shown counts", async () => {
  const found = await verifyApproval(await envelope(), await expected(), people(ada, bea), LATER);
  assert.ok(found.ok);
  assert.deepEqual([found.value.keyId, found.value.expiresAt], [bea?.key.keyId, "2026-11-27T12:00:00.000Z"]);
  assert.equal(found.value.statement.subject[0]?.digest.sha256, "a".repeat(64));
});

Deno.test("forged, altered, foreign, late and unknown approvals do not count, each for its reason", async () => {
  const right = await envelope();
  const cases: [RegExp, unknown, Record<string, unknown>?, { keys: TestPrincipal["key"][] }?, string?][] = [
    [/no DSSE envelope/, null],
    [/no DSSE envelope/, { payloadType: "x", payload: "", signatures: [] }],
    [/is of no principal that is known/, right, {}, people(ada)],
    [/signed by the key of eve/, await envelope({ approver: "bea" }, eve), {}, people(ada, bea, eve)],
    [/the answer of bea, not of ada/, right, { by: "ada" }],
    [/bound to another patch/, right, { subject: OTHER }],
    [/about the run run_0000000002/, await envelope({ question: { ...QUESTION, run: "run_0000000002" } })],
    [/its decision is reject/, await envelope({ decision: "reject" })],
    [/it answers apr_0000000001-8/, await envelope({ question: { ...QUESTION, id: "apr_0000000001-8" } })],
    [/what was shown/, await envelope({ question: { ...QUESTION, reason: "something harmless" } })],
    [/comment is another/, right, { comment: "read it not" }],
    [/signed after it was given/, await envelope({ at: "2026-11-20T12:10:00.000Z" })],
    [/more than 30 days/, await envelope({ expiresAt: "2027-01-01T00:00:00.000Z" })],
    [/ends before it begins/, await envelope({ expiresAt: AT })],
    [/it expired/, await envelope({ expiresAt: "2026-11-20T12:00:30.000Z" })],
  ];
  for (const [told, raw, over, known] of cases) assert.match(await why(raw, over, known) ?? "null", told);
  const key = (over: Partial<TestPrincipal["key"]>) => ({
    keys: [{ ...bea?.key, ...over } as TestPrincipal["key"]],
  });
  assert.match(await why(right, {}, key({ revoked: { at: AT, reason: "lost" } })) ?? "", /revoked .*: lost/);
  assert.match(await why(right, {}, key({ notAfter: LATER })) ?? "", /valid until/);
  assert.match(await why(right, {}, key({ notBefore: "2027-01-01T00:00:00.000Z" })) ?? "", /valid from/);
  const two = right as { signatures: unknown[] };
  assert.match(
    await why({ ...two, signatures: [...two.signatures, two.signatures[0]] }) ?? "",
    /exactly one/,
  );
});

Deno.test("no altered byte of a signed answer counts", async () => {
  const text = JSON.stringify(await envelope());
  const right = await verifyApproval(JSON.parse(text), await expected(), people(bea), LATER);
  await fc.assert(
    fc.asyncProperty(fc.nat(text.length - 1), fc.integer({ min: 32, max: 126 }), async (at, code) => {
      const altered = text.slice(0, at) + String.fromCharCode(code) + text.slice(at + 1);
      let raw: unknown = null;
      try {
        raw = JSON.parse(altered);
      } catch {
        return;
      }
      const found = await verifyApproval(raw, await expected(), people(bea), LATER);
      // What still counts is the same: only base64's spare bits were touched.
      if (found.ok) assert.deepEqual(found, right);
    }),
    { numRuns: 60 },
  );
});

Deno.test("the judge counts an approval only while it is verified, not expired, and of a second principal by name and key", () => {
  const fact = (over: Partial<ApprovalFact> = {}): ApprovalFact => ({
    by: "bea",
    patch: PATCH,
    at: AT,
    selfApproved: false,
    verified: true,
    keyId: "k-bea",
    expiresAt: "2026-11-27T12:00:00.000Z",
    ...over,
  });
  const judged = (
    approval: ApprovalFact,
    over: Record<string, unknown> = {},
    tier: "standard" | "critical" = "standard",
  ) =>
    judgeApprovals(
      {
        approvals: [approval],
        principals: {
          requester: "ada",
          approvers: ["ada", "bea"],
          singleKey: false,
          requesterKeys: ["k-ada"],
          ...over,
        },
        at: LATER,
      },
      PATCH,
      tier,
      [],
    );
  assert.equal(judged(fact()).valid.length, 1);
  assert.equal(judged(fact(), {}, "critical").valid.length, 1);
  for (
    const [told, approval] of [
      [/signature does not count: forged/, fact({ verified: false, why: "forged" })],
      [/expired at/, fact({ expiresAt: LATER })],
      [/another patch/, fact({ patch: OTHER })],
      [/requester cannot approve/, fact({ by: "ada", keyId: "k-ada" })],
      [/requester cannot approve/, fact({ keyId: "k-ada" })],
      [/not an approver/, fact({ by: "eve" })],
    ] as const
  ) assert.match(judged(approval).refused[0]?.why ?? "", told);
  const own = judged(fact({ by: "ada", keyId: "k-ada" }), { singleKey: true });
  assert.deepEqual(own.valid.map(({ selfApproved }) => selfApproved), [true]);
  const critical = judged(fact({ by: "ada", keyId: "k-ada" }), { singleKey: true }, "critical");
  assert.match(critical.refused[0]?.why ?? "", /a second principal must/);
});

Deno.test("roles come from the trust root, names from it and from the installation's own keys", async () => {
  const own = [{ name: "ada", publicKey: ada?.key.publicKey ?? "" }];
  const root = (over: Record<string, unknown>) => ({
    version: 1 as const,
    keys: [{
      id: bea?.key.keyId ?? "",
      publicKey: bea?.key.publicKey ?? "",
      name: "bea",
      roles: ["pack-publisher" as const],
      level: "trusted" as const,
      packs: ["**"],
      ...over,
    }],
  });
  const alone = await principalsOf(own, { version: 1, keys: [] });
  assert.ok(alone.ok && isSingleKey(alone.value));
  const publisher = await principalsOf(own, root({}));
  assert.ok(publisher.ok && isSingleKey(publisher.value));
  assert.deepEqual(publisher.value.keys.map(({ name, approves, waives }) => [name, approves, waives]), [
    ["ada", true, true],
    ["bea", false, false],
  ]);
  const approver = await principalsOf(own, root({ roles: ["approver"] }));
  assert.ok(approver.ok && !isSingleKey(approver.value));
  assert.deepEqual(keysOf(approver.value, "bea"), [bea?.key.keyId]);
  const nameless = await principalsOf(own, root({ name: undefined, roles: ["approver"] }));
  assert.ok(nameless.ok && nameless.value.keys.length === 1);
  const revoked = { at: AT, reason: "lost" };
  const gone = await principalsOf(own, root({ id: ada?.key.keyId, publicKey: ada?.key.publicKey, revoked }));
  assert.ok(gone.ok && gone.value.keys[0]?.revoked?.reason === "lost");
  assert.equal(
    (await principalsOf([{ name: "x", publicKey: "no key" }], { version: 1, keys: [] })).ok,
    false,
  );
});
