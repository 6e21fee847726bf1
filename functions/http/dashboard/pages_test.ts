import assert from "node:assert/strict";
import { openDoor, ORIGIN } from "../tests/door.ts";
import { decision, DIGEST, pullOf } from "../tests/service_double.ts";
import { formAction, localPath } from "./mod.ts";

const FORM = { "content-type": "application/x-www-form-urlencoded", origin: ORIGIN };
const form = (fields: Record<string, string>) => new URLSearchParams(fields).toString();
const HOSTILE = `<script>alert(1)</script>"><img src=x onerror=alert(2)>`;

Deno.test("the front page asks for a key; other pages do so with 401 and lead back", async () => {
  const { app } = await openDoor();
  const front = await app.request("/");
  assert.equal(front.status, 200);
  assert.match(await front.text(), /<form method="post" action="\/sign-in"/);
  const run = await app.request("/runs/run_0000000001");
  assert.equal(run.status, 401);
  assert.match(await run.text(), /name="next" value="\/runs\/run_0000000001"/);
});

Deno.test("signing in gives an HttpOnly, SameSite=Strict cookie that is not the key, and leads on", async () => {
  const { app, key } = await openDoor();
  const answer = await app.request("/sign-in", {
    method: "POST",
    body: form({ key, next: "/policies" }),
    headers: FORM,
  });
  assert.deepEqual([answer.status, answer.headers.get("location")], [303, "/policies"]);
  const cookie = answer.headers.get("set-cookie") ?? "";
  assert.match(cookie, /^forge_session_80=[^;]+; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200$/);
  assert.equal(cookie.includes(key.split(".")[1] ?? "-"), false);
});

Deno.test("over https the cookie is Secure and bound to its host", async () => {
  const { app, key } = await openDoor();
  const answer = await app.request("https://localhost/sign-in", {
    method: "POST",
    body: form({ key }),
    headers: { ...FORM, origin: "https://localhost" },
  });
  assert.match(answer.headers.get("set-cookie") ?? "", /^__Host-forge_session=.*; Secure$/);
  assert.match(answer.headers.get("strict-transport-security") ?? "", /^max-age=/);
});

Deno.test("a wrong key is told so, and not repeated", async () => {
  const { app } = await openDoor();
  const key = "forge_abc.wrongwrongwrongwrongwrong";
  const answer = await app.request("/sign-in", { method: "POST", body: form({ key }), headers: FORM });
  const page = await answer.text();
  assert.deepEqual([answer.status, answer.headers.get("set-cookie")], [401, null]);
  assert.match(page, /role="alert"/);
  assert.equal(page.includes("wrongwrong"), false);
});

Deno.test("signing in leads to pages of ours only", () => {
  assert.equal(localPath("/runs/run_1?status=denied"), "/runs/run_1?status=denied");
  for (
    const next of [
      "//evil.example",
      "/\\evil.example",
      "https://evil.example",
      "javascript:alert(1)",
      "/a\nb",
      "",
      undefined,
    ]
  ) {
    assert.equal(localPath(next), "/", next);
  }
});

Deno.test("signing out needs the session's token, and ends the session", async () => {
  const door = await openDoor();
  const { cookie, csrf } = await door.signIn();
  const out = (fields: Record<string, string>) =>
    door.app.request("/sign-out", { method: "POST", body: form(fields), headers: { ...FORM, cookie } });
  assert.equal((await out({})).status, 403);
  assert.equal((await door.app.request("/v1/runs", { headers: { cookie } })).status, 200);
  const answer = await out({ csrf });
  assert.deepEqual([answer.status, /Max-Age=0/.test(answer.headers.get("set-cookie") ?? "")], [303, true]);
  assert.equal((await door.app.request("/v1/runs", { headers: { cookie } })).status, 401);
});

Deno.test("forms of other sites are refused", async () => {
  const door = await openDoor();
  const run = door.service.add("running");
  const { cookie, csrf } = await door.signIn();
  const headers = { ...FORM, cookie, origin: "https://evil.example" };
  const body = form({ csrf, action: "cancel" });
  assert.equal(
    (await door.app.request(`/runs/${run}/actions`, { method: "POST", body, headers })).status,
    403,
  );
  assert.equal(
    (await door.app.request("/sign-in", { method: "POST", body: form({ key: door.key }), headers })).status,
    403,
  );
  assert.equal(door.service.acted.length, 0);
});

// req: N5-21
// req: N5-21
Deno.test("everything that a run or a person wrote is escaped, on every page", async () => {
  const door = await openDoor();
  const { service } = door;
  const run = service.add("escalated", {
    title: HOSTILE,
    view: {
      escalation: { reason: HOSTILE, question: HOSTILE, subject: DIGEST, options: ["approve", HOSTILE] },
      failure: { class: "task-code", source: "factory", retryable: false, message: HOSTILE, remedy: HOSTILE },
    },
  });
  service.append(run, {
    type: "phase.progress",
    v: 1,
    payload: { phase: "plan", message: HOSTILE, data: HOSTILE },
  });
  service.decided = [decision("deny", "plan", "verify", { message: HOSTILE, remediation: HOSTILE })];
  service.pulls = [{ ...pullOf(run), title: HOSTILE, body: HOSTILE, branch: HOSTILE }];
  service.bundles = [{ id: "ev_1", run, status: HOSTILE, digest: HOSTILE, path: HOSTILE, at: HOSTILE }];
  for (const path of ["/", `/runs/${run}`, "/pulls", "/evidence", "/evidence/ev_1", "/policies"]) {
    const page = await (await door.get(path)).text();
    assert.doesNotMatch(page, /<script>|<img/, path);
    assert.match(page, /<html lang="en">/);
    const unquoted = page.replace(/"[^"]*"/g, '""');
    for (const [tag] of unquoted.matchAll(/<[a-z][^>]*>/g)) {
      assert.doesNotMatch(tag, /\s(on[a-z]+|style)=/, path);
    }
  }
  const page = await (await door.get(`/runs/${run}`)).text();
  assert.ok(page.includes("&lt;script&gt;alert(1)&lt;/script&gt;"));
});

Deno.test("a run's page shows phases, layers, findings with their remedy, pull request and evidence", async () => {
  const door = await openDoor();
  const { service } = door;
  const run = service.add("denied", {
    title: "Drop a test",
    view: { phase: "verify", visits: { plan: 1, implement: 2, verify: 1 } },
  });
  service.decided = [decision("allow", "plan", "implement"), decision("deny", "verify", "release")];
  service.pulls = [pullOf(run)];
  const page = await (await door.get(`/runs/${run}`)).text();
  const phases = [...page.matchAll(/<li class="phase (\w+)"/g)].map((match) => match[1]);
  assert.deepEqual(phases, ["done", "done", "stopped", "unreached"]);
  assert.match(page, /×2/);
  for (const layer of ["Syntax", "Semantic", "Policy", "Operational", "Authorization"]) {
    assert.ok(page.includes(`>${layer}<`), layer);
  }
  for (
    const text of [
      "A test is gone",
      "src/a_test.ts:10",
      "Keep the test",
      "core/T1",
      "Reject malformed addresses",
      "/evidence/ev_1abcdef",
    ]
  ) {
    assert.ok(page.includes(text), text);
  }
});

Deno.test("the forms of a run's page do what they say, and come back to it", async () => {
  const door = await openDoor();
  const run = door.service.add("running");
  const { cookie, csrf } = await door.signIn();
  const page = await (await door.app.request(`/runs/${run}`, { headers: { cookie } })).text();
  assert.match(page, /name="action" value="cancel"/);
  const answer = await door.app.request(`/runs/${run}/actions`, {
    method: "POST",
    body: form({ csrf, action: "cancel" }),
    headers: { ...FORM, cookie },
  });
  assert.deepEqual([answer.status, answer.headers.get("location")], [303, `/runs/${run}`]);
  assert.deepEqual(door.service.acted[0]?.action, { action: "cancel" });
});

// req: N7-12
Deno.test("an escalation is answered from its form, for the patch that the form showed", async () => {
  const door = await openDoor();
  const escalation = {
    reason: "r",
    question: "May it?",
    subject: DIGEST,
    options: ["approve", "change-budget"],
  };
  const run = door.service.add("escalated", { view: { escalation } });
  const { cookie, csrf } = await door.signIn();
  const page = await (await door.app.request(`/runs/${run}`, { headers: { cookie } })).text();
  assert.ok(page.includes(`name="subject" value="${DIGEST}"`));
  const answer = (fields: Record<string, string>) =>
    door.app.request(`/runs/${run}/actions`, {
      method: "POST",
      body: form({ csrf, action: "answer", ...fields }),
      headers: { ...FORM, cookie },
    });
  assert.equal(
    (await answer({ choice: "approve", subject: DIGEST, comment: "", phase: "plan", "budget.tokens": "9" }))
      .status,
    303,
  );
  assert.deepEqual(door.service.acted[0]?.action, {
    action: "answer",
    choice: "approve",
    subject: DIGEST,
    selfApproved: true,
  });
  assert.equal((await answer({ choice: "approve", subject: `sha256:${"b".repeat(64)}` })).status, 409);
  assert.equal((await answer({ choice: "explode" })).status, 422);
});

Deno.test("a form's empty fields are no fields, and phase and budget belong to their choices", () => {
  const fields = { action: "answer", comment: "", phase: "verify", "budget.tokens": "500" };
  assert.deepEqual(formAction({ ...fields, choice: "retry-from" }), {
    action: "answer",
    choice: "retry-from",
    phase: "verify",
  });
  assert.deepEqual(formAction({ ...fields, choice: "change-budget" }), {
    action: "answer",
    choice: "change-budget",
    budget: { tokens: 500 },
  });
});

Deno.test("nobody is offered what their key does not allow", async () => {
  const door = await openDoor();
  const escalation = { reason: "r", question: "q", options: ["approve"] };
  const run = door.service.add("escalated", { view: { escalation } });
  const authorization = `Bearer ${await door.keyFor(["read"])}`;
  const page = await (await door.get(`/runs/${run}`, { authorization })).text();
  assert.doesNotMatch(page, /<form/);
  assert.match(page, /scope “approve”/);
  const blind = `Bearer ${await door.keyFor(["run"])}`;
  assert.equal((await door.get("/", { authorization: blind })).status, 403);
});

Deno.test("the list pages and filters, and says what to do when it is empty", async () => {
  const door = await openDoor();
  assert.match(await (await door.get("/")).text(), /No runs yet/);
  assert.match(await (await door.get("/?status=denied")).text(), /No run is denied/);
  for (let at = 0; at < 31; at++) door.service.add("completed");
  const first = await (await door.get("/")).text();
  const older = /href="(\/\?cursor=[^"]+)" rel="next"/.exec(first)?.[1] ?? "";
  assert.equal(first.match(/<tr>/g)?.length, 31);
  const second = await (await door.get(older)).text();
  assert.equal(second.match(/<tr>/g)?.length, 2);
  assert.equal((await door.get("/?status=nice")).status, 422);
});

Deno.test("errors are pages for people and documents for programs", async () => {
  const { get } = await openDoor();
  const people = { accept: "text/html,application/xhtml+xml" };
  const page = await get("/nothing", people);
  assert.deepEqual([page.status, page.headers.get("content-type")], [404, "text/html; charset=utf-8"]);
  assert.equal((await get("/nothing")).headers.get("content-type"), "application/problem+json");
  assert.equal((await get("/v1/nothing", people)).headers.get("content-type"), "application/problem+json");
  for (const path of ["/runs/run_9999999999", "/runs/x", "/evidence/ev_9", "/evidence/..%2f"]) {
    assert.equal((await get(path, people)).status, 404, path);
  }
});

Deno.test("assets are ours, typed, and not sent twice", async () => {
  const { app } = await openDoor();
  for (const [name, type] of [["app.css", "text/css"], ["app.js", "text/javascript"]] as const) {
    const answer = await app.request(`/assets/${name}`);
    assert.ok(answer.headers.get("content-type")?.startsWith(type));
    const text = await answer.text();
    assert.doesNotMatch(text, /https?:\/\/|@import|url\(/);
    const again = await app.request(`/assets/${name}`, {
      headers: { "if-none-match": answer.headers.get("etag") ?? "" },
    });
    assert.equal(again.status, 304);
  }
  for (const name of ["constructor", "..%2fapp.ts", "app.ts"]) {
    assert.equal((await app.request(`/assets/${name}`)).status, 404);
  }
});

Deno.test("the address of the sign-in page shows it, and leads on whoever has signed in", async () => {
  const door = await openDoor();
  const page = await door.app.request("/sign-in");
  assert.deepEqual([page.status, (await page.text()).includes('name="key"')], [200, true]);
  const { cookie } = await door.signIn();
  const on = await door.app.request("/sign-in", { headers: { cookie } });
  assert.deepEqual([on.status, on.headers.get("location")], [303, "/"]);
});

Deno.test("a run's page shows the change and what really ran, as its bundle holds them", async () => {
  const door = await openDoor();
  const { service } = door;
  const run = service.add("escalated", {
    view: {
      escalation: { reason: "r", question: "May it go on?", subject: DIGEST, options: ["approve"] },
      evidence: { id: "ev_1", digest: DIGEST, path: "p", status: "escalated" },
    },
  });
  const bytes = (text: string) => new TextEncoder().encode(text);
  service.files.set(
    "ev_1/artifacts/change.patch",
    bytes("diff --git a/src/a.ts b/src/a.ts\n@@ -1 +1 @@\n-old\n+new\n"),
  );
  const execution = (on: string, exitCode: number, passed: number, failed: number) => ({
    argv: ["true"],
    on,
    exitCode,
    ended: "by-itself",
    seconds: 1,
    outputDigest: DIGEST,
    outputTail: "",
    report: { tester: "tap", cases: [], passed, failed, skipped: 0 },
  });
  const facts = {
    v: 1,
    sandbox: { level: "none", detail: "", memoryLimit: false },
    commands: [{
      argv: ["sh", "test.sh"],
      tester: "tap",
      base: execution("base", 0, 4, 0),
      head: execution("head", 0, 5, 0),
      baseTestsOnHead: null,
      headTestsOnBase: null,
      planted: { path: "t", marker: "m", execution: execution("head+planted", 1, 5, 1) },
    }],
    checks: [{
      id: "AC1",
      argv: ["x"],
      base: execution("base+checks", 1, 0, 1),
      head: execution("head+checks", 0, 1, 0),
    }],
    testFiles: { base: [], head: [] },
  };
  service.files.set("ev_1/artifacts/verify.json", bytes(JSON.stringify(facts)));
  const text = (page: string) => page.replace(/<[^>]+>/g, " ").replace(/\s+/g, " ");
  const page = text(await (await door.get(`/runs/${run}`)).text());
  for (
    const part of [
      "+new",
      "-old",
      "sh test.sh",
      "5 passed",
      "not seen",
      "before: fails, after: holds",
      "Without a sandbox",
    ]
  ) {
    assert.ok(page.includes(part), `${part}: ${page}`);
  }
  service.files.set("ev_1/artifacts/verify.json", bytes("{broken"));
  assert.equal((await door.get(`/runs/${run}`)).status, 200);
  const file = await door.get("/v1/evidence/ev_1/file?path=artifacts/change.patch");
  assert.deepEqual([file.status, file.headers.get("content-type")], [200, "text/plain; charset=utf-8"]);
  assert.equal((await door.get("/v1/evidence/ev_1/file?path=../../etc/passwd")).status, 404);
  assert.equal((await door.get("/v1/evidence/ev_1/file")).status, 422);
});

Deno.test("a parked run's page says what it waits for, until when, and what to do", async () => {
  const door = await openDoor();
  const run = door.service.add("parked");
  door.service.append(run, {
    type: "run.parked",
    v: 1,
    payload: { reason: "the disk is full", until: "2030-01-01T00:00:00.000Z" },
  });
  const page = await (await door.get(`/runs/${run}`)).text();
  for (const part of ["the disk is full", "2030-01-01T00:00:00.000Z", "forge workflow resume"]) {
    assert.ok(page.includes(part), part);
  }
  assert.ok((await (await door.get("/")).text()).includes("the disk is full"), "the list says it too");
});
