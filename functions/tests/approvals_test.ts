import assert from "node:assert/strict";
import { ApprovalRequest, type Decision, type Json } from "../../specs/mod.ts";
import { compose } from "../compose.ts";
import { createApp, keyRing } from "../http/mod.ts";
import { type Room, room } from "./samples.ts";

/** A change of the owners' file asks a human at the gate to verify, before anything runs. */
const SPEC = `---
title: Owners
intent: { type: CREATE, scope: [".github/CODEOWNERS"] }
verify: { run: [["true"]] }
---
Somebody owns it
`;
const PATCH = `diff --git a/.github/CODEOWNERS b/.github/CODEOWNERS
new file mode 100644
--- /dev/null
+++ b/.github/CODEOWNERS
@@ -0,0 +1 @@
+* @acme/owners
`;
const REASON = "read it, the team exists";

async function asked(at: Room, ...principals: string[]): Promise<{ run: string; question: ApprovalRequest }> {
  for (const name of principals) await at.forge("init", "--user", name);
  const repo = await at.repository("deno-signup");
  const [spec, patch] = [await at.write("owners.md", SPEC), await at.write("owners.patch", PATCH)];
  const { document } = await at.forge(
    "run",
    spec,
    "--repo",
    repo,
    "--patch",
    patch,
    ...(principals[0] ? ["--user", principals[0]] : []),
  );
  assert.equal(document.status, "escalated", JSON.stringify(document));
  const shown = await at.forge("approval", "show", document.run);
  return { run: document.run, question: ApprovalRequest.parse(shown.document) };
}

/** The decision at the gate that asked, taken last. */
async function decided(at: Room, run: string): Promise<Decision | undefined> {
  const service = await compose({ data: at.data, sandbox: "none", workers: false });
  try {
    return (await service.decisions(run)).findLast(({ transition }) => transition.to === "verify");
  } finally {
    await service.close();
  }
}
const show = async (at: Room, id: string) =>
  ApprovalRequest.parse((await at.forge("approval", "show", id)).document);

Deno.test("a question tells what is asked and who may answer; the requester cannot, a second principal's signed answer counts", async () => {
  await using at = await room();
  const { run, question } = await asked(at, "ada", "bea");
  assert.deepEqual(
    [question.state, question.family, question.tier, question.requester, question.transition?.to],
    ["open", "code", "standard", "ada", "verify"],
  );
  assert.deepEqual(question.mayApprove, [{ name: "bea", as: "second-principal" }]);
  assert.ok(question.gates.some(({ rule, fingerprint }) => rule === "core/C1" && fingerprint !== undefined));
  const { document } = await at.forge("approval", "list");
  const listed = (document as unknown as { approvals: ApprovalRequest[] }).approvals;
  // What was tried and what it may be is told where one question is shown.
  const { packet, ...alone } = question;
  assert.deepEqual(listed, [alone]);
  assert.ok(packet?.options.some(({ choice }) => choice === "approve"));

  // The requester's answer is kept, does not count, and the question is asked again.
  const own = await at.forge(
    "approval",
    "answer",
    question.id,
    "--approve",
    "--reason",
    REASON,
    "--as",
    "ada",
  );
  assert.equal(own.document.status, "escalated");
  const gone = await at.forge("approval", "answer", question.id, "--approve", "--as", "bea");
  assert.deepEqual([gone.exit, gone.document.error?.code], [1, "conflict"]);
  const again = await show(at, run);
  assert.notEqual(again.id, question.id);
  assert.equal((await at.forge("approval", "answer", again.id, "--approve", "--as", "mallory")).exit, 2);
  assert.equal(
    (await at.forge("approval", "answer", again.id, "--approve", "--reject", "--as", "bea")).exit,
    2,
  );

  await at.forge("approval", "answer", again.id, "--approve", "--reason", REASON, "--as", "bea");
  const decision = await decided(at, run);
  assert.equal(decision?.verdict, "allow");
  const [approval, ...others] = decision?.approvals ?? [];
  assert.deepEqual([approval?.by, approval?.selfApproved, others.length], ["bea", false, 0]);
  const answered = await show(at, again.id);
  assert.deepEqual(
    [answered.state, answered.answer?.by, answered.answer?.verified, answered.answer?.envelope],
    ["answered", "bea", true, approval?.envelope],
  );
  assert.deepEqual([answered.answer?.keyId, answered.answer?.comment], [approval?.keyId, REASON]);
  assert.equal(answered.shown, again.shown);
});

Deno.test("whoever works alone gets a key by his first answer, which is told as self-approved", async () => {
  await using at = await room();
  const { run, question } = await asked(at);
  assert.deepEqual(question.mayApprove, [{ name: question.requester, as: "self-approved" }]);
  await at.forge("workflow", "answer", run, "--approve", "--comment", REASON);
  const decision = await decided(at, run);
  assert.equal(
    decision?.verdict,
    "allow",
    JSON.stringify(decision?.rules.filter(({ verdict }) => verdict === "fail")),
  );
  assert.deepEqual(decision?.approvals.map(({ selfApproved }) => selfApproved), [true]);
  assert.ok((await show(at, question.id)).answer?.verified);
});

Deno.test("an answer signed on another machine counts once its key has the role; forged or altered ones never", async () => {
  await using at = await room();
  const { run, question } = await asked(at, "ada");
  const elsewhere = `${at.dir}/bea`;
  await at.forge("init", "--user", "bea", "--data", elsewhere);
  const file = await at.write("question.json", JSON.stringify(question));
  const out = `${at.dir}/answer.json`;
  const signed = await at.forge(
    "approval",
    "sign",
    file,
    "--approve",
    "--reason",
    REASON,
    "--out",
    out,
    "--data",
    elsewhere,
  );
  assert.equal(signed.exit, 0, signed.stderr);
  const envelope = JSON.parse(await Deno.readTextFile(out)) as { payload: string; signatures: Json[] };
  let bundle = "";

  const service = await compose({ data: at.data, sandbox: "none", workers: true });
  try {
    const keys = keyRing();
    const key = await keys.ephemeral("ada");
    assert.ok(key.ok);
    const app = createApp({
      service,
      keys,
      allowedHosts: ["localhost"],
      loopback: true,
      version: "0",
      audit() {},
    });
    const headers = { authorization: `Bearer ${key.value}`, "content-type": "application/json" };
    const get = async (path: string) => await (await app.request(path, { headers })).json();
    const post = async (id: string, body: unknown) => {
      const answer = await app.request(`/v1/approvals/${id}`, {
        method: "POST",
        headers,
        body: JSON.stringify(body),
      });
      return { status: answer.status, ...await answer.json() } as {
        status: number;
        detail?: string;
        state?: string;
      };
    };
    assert.deepEqual((await get("/v1/approvals")).approvals.map(({ id }: { id: string }) => id), [
      question.id,
    ]);
    assert.equal((await get(`/v1/approvals/${question.id}`)).shown, question.shown);
    assert.equal((await app.request("/v1/approvals/apr_00000000-1", { headers })).status, 404);
    assert.deepEqual((await get("/v1/waivers")).waivers, []);
    assert.ok(
      (await get("/v1/policies")).packs.some(({ name, digest }: Record<string, string>) =>
        name === "core" && digest
      ),
    );

    const given = { envelope, comment: REASON };
    const stranger = await post(question.id, given);
    assert.equal(stranger.status, 422);
    assert.match(stranger.detail ?? "", /is of no principal that is known/);
    await Deno.mkdir(`${at.data}/trust`);
    await Deno.copyFile(`${elsewhere}/keys/bea.pub.pem`, `${at.data}/trust/bea.pub.pem`);
    const trust = (roles: string, more = "") =>
      Deno.writeTextFile(
        `${at.data}/trust/trust.yaml`,
        `version: 1\nkeys:\n  - { file: bea.pub.pem, name: bea, roles: [${roles}]${more} }\n`,
      );
    await trust("approver", ", revoked: { at: 2026-01-01T00:00:00Z, reason: lost }");
    assert.match((await post(question.id, given)).detail ?? "", /was revoked/);
    await trust("approver");
    assert.match(
      (await post(question.id, { envelope, comment: "something else" })).detail ?? "",
      /comment is another/,
    );
    const altered = { ...envelope, payload: btoa(atob(envelope.payload).replace("approve", "approved")) };
    assert.equal((await post(question.id, { envelope: altered, comment: REASON })).status, 422);
    assert.match(
      (await post(question.id, { ...given, choice: "reject" })).detail ?? "",
      /its decision is approve/,
    );
    assert.equal((await post(question.id, {})).status, 422);
    assert.equal(
      (await post(question.id, {
        envelope: { payloadType: "x", payload: "", signatures: [{ keyid: "a", sig: "" }] },
      })).status,
      422,
    );
    assert.equal((await service.view(run))?.status, "escalated", "nothing of this was an answer");

    const done = await post(question.id, given);
    assert.deepEqual([done.status, done.state], [200, "answered"], done.detail);
    await service.settled(run);
    assert.equal((await post(question.id, given)).status, 409);
    const decision = (await service.decisions(run)).findLast(({ transition }) => transition.to === "verify");
    assert.deepEqual([decision?.verdict, decision?.approvals.map(({ by }) => by)], ["allow", ["bea"]]);
    bundle = (await service.document(run))?.evidence?.path ?? "";
  } finally {
    await service.close();
  }
  const verified = await at.forge("evidence", "verify", bundle);
  assert.equal(verified.exit, 0, JSON.stringify(verified.document));
});

Deno.test("an approval over HTTP is signed by the key of the bearer's principal; one without a key here cannot approve", async () => {
  await using at = await room();
  const { run, question } = await asked(at, "ada", "bea");
  const service = await compose({ data: at.data, sandbox: "none", workers: true });
  try {
    const keys = keyRing();
    const app = createApp({
      service,
      keys,
      allowedHosts: ["localhost"],
      loopback: true,
      version: "0",
      audit() {},
    });
    const post = async (principal: string, body: unknown) => {
      const key = await keys.ephemeral(principal);
      assert.ok(key.ok);
      const headers = { authorization: `Bearer ${key.value}`, "content-type": "application/json" };
      return await app.request(`/v1/approvals/${question.id}`, {
        method: "POST",
        headers,
        body: JSON.stringify(body),
      });
    };
    const nobody = await post("mallory", { choice: "approve" });
    assert.equal(nobody.status, 422);
    assert.match((await nobody.json()).detail, /mallory has no signing key here/);
    const reader = await keys.ephemeral("bea");
    assert.ok(reader.ok);
    const form = { key: reader.value, next: "/approvals" };
    const entered = await app.request("/sign-in", {
      method: "POST",
      body: new URLSearchParams(form).toString(),
      headers: { "content-type": "application/x-www-form-urlencoded", origin: "http://localhost" },
    });
    const cookie = entered.headers.get("set-cookie")?.split(";")[0] ?? "";
    const page = await (await app.request("/approvals", { headers: { cookie } })).text();
    for (const part of [question.id, "core/C1", question.subject ?? "", "bea</dd>", 'value="approve"']) {
      assert.ok(page.includes(part), part);
    }
    const done = await post("bea", { choice: "approve", comment: REASON });
    assert.equal(done.status, 200, await done.clone().text());
    assert.equal(ApprovalRequest.parse(await done.json()).answer?.verified, true);
    await service.settled(run);
    const decision = (await service.decisions(run)).findLast(({ transition }) => transition.to === "verify");
    assert.equal(decision?.verdict, "allow");
  } finally {
    await service.close();
  }
});
