import assert from "node:assert/strict";
import { RunDocument } from "../../specs/mod.ts";
import { openDoor, SPEC } from "./tests/door.ts";
import { decision, DIGEST } from "./tests/service_double.ts";

const REPO = "https://git.example/a.git";
const body = (more: Record<string, unknown> = {}) => ({ spec: SPEC, repo: REPO, ...more });
const codeOf = async (answer: Response) => (await answer.json()).code;

Deno.test("POST /v1/runs takes a spec as text or object, and answers 202 with the run and where it is", async () => {
  const { post, service } = await openDoor();
  const object = { title: "A", intent: { type: "UPDATE", scope: ["src/**"] } };
  for (const spec of [SPEC, object]) {
    const answer = await post(
      "/v1/runs",
      body({ spec, base: "main", implementer: "patch", patch: "diff --git a/x b/x\n" }),
    );
    assert.equal(answer.status, 202);
    const document = RunDocument.parse(await answer.json());
    assert.equal(answer.headers.get("location"), `/v1/runs/${document.run}`);
  }
  assert.deepEqual(service.submitted.map(({ request }) => request.spec), [SPEC, object]);
  assert.deepEqual(service.submitted[0]?.actor, { kind: "key", id: "operator" });
  assert.equal(service.submitted[0]?.request.repo, REPO);
});

Deno.test("POST /v1/runs takes the forge that the pull request is opened on, and no other word", async () => {
  const { post, service } = await openDoor();
  assert.equal((await post("/v1/runs", body({ forge: "github" }))).status, 202);
  assert.equal(service.submitted[0]?.request.forge, "github");
  assert.equal(await codeOf(await post("/v1/runs", body({ forge: "elsewhere" }))), "invalid-request");
});

Deno.test("POST /v1/runs takes Markdown with the rest in the query", async () => {
  const { post, service } = await openDoor();
  const markdown = { "content-type": "text/markdown; charset=utf-8" };
  const answer = await post(`/v1/runs?repo=${encodeURIComponent(REPO)}&base=main`, SPEC, markdown);
  assert.equal(answer.status, 202);
  assert.deepEqual([service.submitted[0]?.request.repo, service.submitted[0]?.request.base], [REPO, "main"]);
  assert.equal(await codeOf(await post("/v1/runs", SPEC, markdown)), "invalid-request");
  assert.equal(
    await codeOf(await post(`/v1/runs?repo=${REPO}&repo=/etc`, SPEC, markdown)),
    "invalid-request",
  );
});

// req: N5-19
// req: N5-19
Deno.test("what a request cannot choose is an unknown field: sandbox, specDir, idempotencyKey, selfApproved", async () => {
  const door = await openDoor();
  const run = door.service.add("escalated");
  for (const field of ["sandbox", "specDir", "idempotencyKey", "readCheck", "data"]) {
    const answer = await door.post("/v1/runs", body({ [field]: "none" }));
    assert.equal(answer.status, 422, field);
    const { errors } = await answer.json();
    assert.deepEqual(errors, [{ path: field, message: "is not a known field" }]);
  }
  const action = { action: "answer", choice: "approve", selfApproved: false };
  assert.equal((await door.post(`/v1/runs/${run}/actions`, action)).status, 422);
  assert.equal(door.service.submitted.length + door.service.acted.length, 0);
});

// req: N5-20
// req: N5-20
Deno.test("bodies that are too large, too deep, doubled, no JSON or of another type are told apart", async () => {
  const { post, app, key } = await openDoor({ limits: { bodyBytes: 1000 } });
  assert.equal((await post("/v1/runs", body({ patch: "x".repeat(1000) }))).status, 413);
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(600).fill(32)),
  });
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  assert.equal((await app.request("/v1/runs", { method: "POST", body: endless, headers })).status, 413);
  assert.equal((await post("/v1/runs", "[".repeat(50) + "]".repeat(50))).status, 422);
  assert.equal((await post("/v1/runs", '{"repo":"a","repo":"b"}')).status, 422);
  assert.equal((await post("/v1/runs", '{"__proto__":{}}')).status, 422);
  assert.equal((await post("/v1/runs", "{")).status, 400);
  assert.equal((await post("/v1/runs", "")).status, 400);
  const xml = await post("/v1/runs", "<a/>", { "content-type": "application/xml" });
  assert.deepEqual([xml.status, xml.headers.get("accept-post")], [415, "application/json, text/markdown"]);
});

Deno.test("an invalid spec is 422 with every field at fault", async () => {
  const { post, service } = await openDoor();
  const answer = await post(
    "/v1/runs",
    body({ spec: { title: "", intent: { type: "PAINT", scope: [] }, colour: "red" } }),
  );
  const problem = await answer.json();
  assert.deepEqual([answer.status, problem.code], [422, "invalid-spec"]);
  assert.ok(problem.errors.length >= 3, JSON.stringify(problem.errors));
  assert.ok(problem.errors.some(({ path }: { path: string }) => path.startsWith("spec.intent")));
  assert.equal(service.submitted.length, 0);
});

Deno.test("held-out files resolve only among those of the request", async () => {
  const { post, service } = await openDoor();
  const spec = (files: string[]) => ({
    title: "A",
    intent: { type: "UPDATE", scope: ["src/**"] },
    acceptance: [{ id: "AC1", text: "holds", check: { files, run: ["deno", "test", "checks/a_test.ts"] } }],
  });
  const files = { "checks/a_test.ts": "Deno.test('a', () => {})" };
  assert.equal((await post("/v1/runs", body({ spec: spec(["checks/a_test.ts"]), files }))).status, 202);
  assert.deepEqual(service.submitted[0]?.request.files, files);
  assert.equal((await post("/v1/runs", body({ spec: spec([]) }))).status, 202);
  for (
    const path of [
      "/etc/passwd",
      "../a_test.ts",
      "checks/../../a",
      "checks\\a",
      "constructor",
      "checks/b_test.ts",
    ]
  ) {
    assert.equal((await post("/v1/runs", body({ spec: spec([path]), files }))).status, 422, path);
  }
  for (const path of ["/abs", "../up", "a/../b", "a\\b", "a\0b", "", "a//b", ".git/config", "C:/x"]) {
    assert.equal((await post("/v1/runs", body({ files: { [path]: "x" } }))).status, 422, path);
  }
  assert.equal(service.submitted.length, 2);
});

// req: N5-19
// req: N5-19
Deno.test("repositories that a request may not name are refused before the service hears of them", async () => {
  const { post, service } = await openDoor({ loopback: false });
  for (
    const repo of ["/etc", ".", "file:///etc", "http://169.254.169.254/", "ext::sh -c id", "--upload-pack=id"]
  ) {
    const answer = await post("/v1/runs", body({ repo }));
    assert.deepEqual([answer.status, await codeOf(answer)], [403, "repo-refused"], repo);
  }
  assert.equal(service.submitted.length, 0);
});

// req: N5-19
// req: N5-22
Deno.test("a base that git could take for an option or an expression is 422", async () => {
  const { post } = await openDoor();
  for (const base of ["--all", "-x", "main..other", "HEAD@{1}", "a b", "main:path", "a\nb", ""]) {
    assert.equal((await post("/v1/runs", body({ base }))).status, 422, base);
  }
});

Deno.test("refusals of the service keep their words and get their status", async () => {
  const door = await openDoor();
  const table = {
    "base-not-found": 422,
    "invalid-patch": 422,
    "repo-refused": 403,
    "sandbox-unavailable": 503,
    "something-new": 422,
  };
  for (const [code, status] of Object.entries(table)) {
    door.service.refuse({ code, message: "Cannot do it", remedy: "Do that" });
    const answer = await door.post("/v1/runs", body());
    const problem = await answer.json();
    assert.deepEqual(
      [answer.status, problem.detail, problem.remedy],
      [status, "Cannot do it", "Do that"],
      code,
    );
  }
});

// req: N5-18
// req: N5-18
Deno.test("the same Idempotency-Key gives the same run, and is refused with another body", async () => {
  const { post, service } = await openDoor();
  const once = { "idempotency-key": "abc-1" };
  const first = await post("/v1/runs", body({ base: "main" }), once);
  const again = await post("/v1/runs", { base: "main", repo: REPO, spec: SPEC }, once);
  assert.equal(first.headers.get("idempotency-replayed"), null);
  assert.equal(again.headers.get("idempotency-replayed"), "true");
  assert.deepEqual([again.status, again.headers.get("location")], [202, first.headers.get("location")]);
  const other = await post("/v1/runs", body({ base: "other" }), once);
  assert.deepEqual([other.status, await codeOf(other)], [422, "idempotency-mismatch"]);
  assert.equal(service.submitted.length, 2);
  assert.equal((await post("/v1/runs", body(), { "idempotency-key": "a b" })).status, 422);
  assert.equal((await post("/v1/runs", body(), { "idempotency-key": "x".repeat(256) })).status, 422);
});

// req: N3-12
// req: N3-12
Deno.test("a cursor that no page gave, and a status that there is not, are refused with what is allowed", async () => {
  const { get } = await openDoor();
  for (
    const query of [
      "cursor=zzz",
      "cursor=",
      "cursor=run_",
      "status=bogus",
      "limit=-1",
      "limit=0",
      "limit=1.5",
    ]
  ) {
    const answer = await get(`/v1/runs?${query}`);
    assert.equal(answer.status, 422, query);
    const [error] = (await answer.json()).errors;
    assert.equal(error.path, query.split("=")[0]);
    if (query === "status=bogus") assert.match(error.message, /"completed"/);
  }
});

Deno.test("a body in another encoding than UTF-8 is 415, and a field that is missing is called required", async () => {
  const { post } = await openDoor();
  const type = (charset: string) => ({ "content-type": `application/json; charset=${charset}` });
  assert.equal((await post("/v1/runs", body({}), type("latin1"))).status, 415);
  assert.equal((await post("/v1/runs", body({}), type("UTF-8"))).status, 202);
  const missing = await (await post("/v1/runs", JSON.stringify({ spec: SPEC }))).json();
  assert.deepEqual(missing.errors, [{ path: "repo", message: "is required" }]);
});

Deno.test("a spec that this installation cannot use is refused with all that is wrong, by the words of spec check", async () => {
  const { post, service } = await openDoor();
  const spec = {
    title: "A",
    intent: { type: "UPDATE", scope: ["src/**"] },
    workflow: "waterfall",
    packs: ["ours"],
    acceptance: [{ id: "A", text: "a", check: { files: ["absent.txt"], run: ["true"] } }],
  };
  const problem = await (await post("/v1/runs", body({ spec }))).json();
  assert.deepEqual(problem.errors.map((error: { path: string }) => error.path).toSorted(), [
    "spec.acceptance[0].check.files[0]",
    "spec.packs[0]",
    "spec.workflow",
  ]);
  assert.equal(service.submitted.length, 0);
});

Deno.test("a budget is answered in the words of a spec; an unknown unit is refused", async () => {
  const { post, service } = await openDoor();
  const run = service.add("escalated");
  const answer = (budget: Record<string, number>) =>
    post(`/v1/runs/${run}/actions`, JSON.stringify({ action: "answer", choice: "change-budget", budget }));
  assert.equal((await answer({ seconds: 60, usd: 0.5 })).status, 200);
  assert.deepEqual(
    service.acted.map(({ action }) => "budget" in action ? action.budget : null),
    [{ ms: 60_000, costMicroUsd: 500_000 }],
  );
  const wrong = await answer({ euros: 5 });
  assert.deepEqual([wrong.status, (await wrong.json()).errors[0].path], [422, "budget"]);
});

Deno.test("GET /v1/runs pages by cursor and filters by status", async () => {
  const { get, service } = await openDoor();
  const runs = ["denied", "completed", "denied", "denied"].map((status) => service.add(status as "denied"));
  const page = async (query: string) => await (await get(`/v1/runs${query}`)).json();
  const first = await page("?limit=2&status=denied");
  assert.deepEqual(first.runs.map((run: RunDocument) => run.run), [runs[3], runs[2]]);
  const second = await page(`?limit=2&status=denied&cursor=${first.cursor}`);
  assert.deepEqual([second.runs.map((run: RunDocument) => run.run), second.cursor], [[runs[0]], null]);
  for (
    const query of ["?limit=0", "?limit=1000", "?limit=x", "?status=nice", "?colour=red", "?limit=1&limit=2"]
  ) {
    assert.equal((await get(`/v1/runs${query}`)).status, 422, query);
  }
});

// req: N5-15
// req: N5-15
Deno.test("unknown and malformed ids are 404, whatever they hold", async () => {
  const { get, post } = await openDoor();
  const ids = [
    "run_9999999999",
    "nope",
    "run_../../etc/passwd",
    "run_%2e%2e",
    "%00",
    "run_" + "a".repeat(500),
    "RUN_0000000001",
    "%E0%A4%A",
  ];
  for (const id of ids) {
    for (const path of [`/v1/runs/${id}`, `/v1/runs/${id}/events`, `/v1/runs/${id}/decisions`]) {
      assert.equal((await get(path)).status, 404, path);
    }
    assert.equal((await post(`/v1/runs/${id}/actions`, { action: "cancel" })).status, 404, id);
  }
  for (
    const path of [
      "/v1/evidence/..%2f..%2fetc",
      "/v1/evidence/ev_0",
      "/v1/pulls/0",
      "/v1/pulls/x",
      "/v1/pulls/99999999999999999999",
    ]
  ) {
    assert.equal((await get(path)).status, 404, path);
  }
});

// req: N8-03
Deno.test("actions reach the service as their contract has them; conflicts are 409", async () => {
  const { post, service } = await openDoor();
  const [open, over] = [service.add("running"), service.add("completed")];
  const answer = await post(`/v1/runs/${open}/actions`, { action: "retry", phase: "verify", why: "flaky" });
  assert.deepEqual([answer.status, (await answer.json()).run], [200, open]);
  assert.deepEqual(service.acted[0]?.action, { action: "retry", phase: "verify", why: "flaky" });
  const conflict = await post(`/v1/runs/${over}/actions`, { action: "cancel" });
  assert.deepEqual([conflict.status, await codeOf(conflict)], [409, "conflict"]);
  for (
    const action of [
      {},
      { action: "explode" },
      { action: "fork" },
      { action: "cancel", choice: "approve" },
      [],
    ]
  ) {
    assert.equal((await post(`/v1/runs/${open}/actions`, action)).status, 422, JSON.stringify(action));
  }
});

Deno.test("an answer is bound to the patch that waits, and says who gave it", async () => {
  const door = await openDoor();
  const escalation = { reason: "r", question: "q", subject: DIGEST, options: ["approve"] };
  const run = door.service.add("escalated", { view: { escalation } });
  const path = `/v1/runs/${run}/actions`;
  const stale = { action: "answer", choice: "approve", subject: `sha256:${"b".repeat(64)}` };
  assert.equal((await door.post(path, stale)).status, 409);
  assert.equal(door.service.acted.length, 0);

  await door.post(path, { action: "answer", choice: "approve" });
  const bySomebodyElse = { authorization: `Bearer ${await door.keyFor(["approve"], "grace")}` };
  await door.post(path, { action: "answer", choice: "approve", subject: DIGEST }, bySomebodyElse);
  const byTheRequester = { authorization: `Bearer ${await door.keyFor(["approve"], "ada")}` };
  await door.post(path, { action: "answer", choice: "reject" }, byTheRequester);
  assert.deepEqual(
    door.service.acted.map(({ action, actor }) =>
      action.action === "answer" ? [actor.id, action.subject, action.selfApproved] : []
    ),
    [["operator", DIGEST, true], ["grace", DIGEST, false], ["ada", DIGEST, true]],
  );
});

Deno.test("errors never repeat a key, a credential or a long value that was sent", async () => {
  const { post, key } = await openDoor({ loopback: false });
  const secrets = [
    key,
    "gh" + "p_" + "0123456789abcdefghijklmn",
    "https://user:hunter2secret@git.example/a",
    "q".repeat(300),
  ];
  for (const secret of secrets) {
    const bodies = [
      body({ repo: secret }),
      body({ [secret]: 1 }),
      body({ base: secret + " " }),
      body({ implementer: secret }),
    ];
    for (const sent of bodies) {
      const answer = await post("/v1/runs", sent);
      const text = await answer.text();
      if (answer.status === 202) continue;
      assert.equal(text.includes(secret), false, text);
      assert.doesNotMatch(text, /hunter2secret/);
    }
  }
});

// req: N8-01
Deno.test("decisions explain a run", async () => {
  const { get, service } = await openDoor();
  const run = service.add("denied");
  service.decided = [decision("allow", "plan", "implement"), decision("deny", "verify", "release")];
  const explained = await (await get(`/v1/runs/${run}/decisions`)).json();
  assert.equal(explained.run, run);
  assert.deepEqual(explained.decisions, service.decided);
});
