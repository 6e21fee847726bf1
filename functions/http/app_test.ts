import assert from "node:assert/strict";
import { openDoor, ORIGIN, SPEC } from "./tests/door.ts";

const problemOf = async (answer: Response) => {
  assert.equal(answer.headers.get("content-type"), "application/problem+json");
  const document = await answer.json();
  assert.equal(document.status, answer.status);
  assert.equal(document.type, `urn:edgeforge:problem:${document.code}`);
  return document;
};

// req: N5-16
// req: N5-16
Deno.test("without a valid key nothing but health and documentation is answered", async () => {
  const { app } = await openDoor();
  for (const path of ["/healthz", "/readyz", "/openapi.json", "/docs", "/", "/sign-in", "/assets/app.css"]) {
    assert.equal((await app.request(path)).status, 200, path);
  }
  assert.equal(
    (await (await app.request("/readyz")).json()).detail,
    undefined,
    "details are for key holders",
  );
  assert.ok(
    (await (await app.request("/")).text()).includes('name="key"'),
    "the front page only asks for a key",
  );
  for (
    const path of [
      "/v1/runs",
      "/v1/runs/run_0000000001",
      "/v1/runs/run_0000000001/events",
      "/v1/runs/run_0000000001/decisions",
      "/v1/evidence",
      "/v1/evidence/ev_1",
      "/v1/policies",
      "/v1/pulls",
      "/v1/pulls/1",
      "/metrics",
    ]
  ) {
    const answer = await app.request(path);
    assert.equal(answer.status, 401, path);
    assert.match(answer.headers.get("www-authenticate") ?? "", /^Bearer /);
    assert.equal((await problemOf(answer)).code, "unauthorized");
  }
});

Deno.test("a key counts in the Authorization header only, never in the URL", async () => {
  const { app, key } = await openDoor();
  assert.equal((await app.request(`/v1/runs?key=${key}`)).status, 401);
  assert.equal((await app.request(`/v1/runs?access_token=${key}`)).status, 401);
  assert.equal((await app.request("/v1/runs", { headers: { authorization: `bearer ${key}` } })).status, 200);
  assert.equal(
    (await app.request("/v1/runs", { headers: { authorization: `Basic ${btoa(key)}` } })).status,
    401,
  );
});

Deno.test("a wrong key is not made right by a good cookie", async () => {
  const door = await openDoor();
  const { cookie } = await door.signIn();
  assert.equal((await door.app.request("/v1/runs", { headers: { cookie } })).status, 200);
  const both = { cookie, authorization: `Bearer ${door.key}x` };
  assert.equal((await door.app.request("/v1/runs", { headers: both })).status, 401);
});

// req: N5-16
// req: N5-16
Deno.test("scopes: read cannot start or act, run cannot read or answer, approve only answers", async () => {
  const door = await openDoor();
  const run = door.service.add("escalated");
  const as = async (scope: "read" | "run" | "approve") => ({
    authorization: `Bearer ${await door.keyFor([scope])}`,
  });
  const [read, runs, approve] = [await as("read"), await as("run"), await as("approve")];
  const answer = { action: "answer", choice: "approve" };
  const cancel = { action: "cancel" };
  const path = `/v1/runs/${run}/actions`;
  const spec = { spec: SPEC, repo: "https://git.example/a" };
  const table: [Promise<Response>, number][] = [
    [door.get("/v1/runs", read), 200],
    [door.post("/v1/runs", spec, read), 403],
    [door.post(path, cancel, read), 403],
    [door.post(path, answer, read), 403],
    [door.get("/v1/runs", runs), 403],
    [door.post("/v1/runs", spec, runs), 202],
    [door.post(path, answer, runs), 403],
    [door.post(path, cancel, runs), 200],
    [door.post(path, cancel, approve), 403],
    [door.post(path, answer, approve), 200],
    [door.get("/v1/runs", approve), 403],
  ];
  assert.deepEqual(
    await Promise.all(table.map(async ([asked]) => (await asked).status)),
    table.map(([, status]) => status),
  );
});

Deno.test("405 names the methods, OPTIONS too, and an unknown path is 404 with or without a key", async () => {
  const { app, get } = await openDoor();
  const wrong = await app.request("/v1/runs", { method: "DELETE" });
  assert.equal(wrong.status, 405);
  assert.equal(wrong.headers.get("allow"), "POST, GET, HEAD, OPTIONS");
  const options = await app.request("/v1/runs/run_0000000001", { method: "OPTIONS" });
  assert.deepEqual([options.status, options.headers.get("allow")], [204, "GET, HEAD, OPTIONS"]);
  assert.equal((await app.request("/v1/pipelines")).status, 404);
  assert.equal((await problemOf(await get("/v1/pipelines"))).code, "not-found");
});

Deno.test("HEAD answers as GET does, without a body and without opening a stream", async () => {
  const door = await openDoor();
  const run = door.service.add("running");
  const head = async (path: string, accept: string) => {
    const headers = { authorization: `Bearer ${door.key}`, accept };
    const answer = await door.app.request(path, { method: "HEAD", headers });
    return [answer.status, answer.headers.get("content-type"), await answer.text()];
  };
  assert.deepEqual(await head("/v1/runs", "*/*"), [200, "application/json", ""]);
  const events = await head(`/v1/runs/${run}/events`, "text/event-stream");
  assert.deepEqual(events, [200, "text/event-stream", ""]);
  assert.equal(door.service.watching(), 0);
});

Deno.test("406 when nothing that is served is accepted", async () => {
  const { get } = await openDoor();
  const answer = await get("/v1/runs", { accept: "application/xml" });
  assert.equal((await problemOf(answer)).code, "not-acceptable");
  assert.equal((await get("/v1/runs", { accept: "application/*;q=0.2" })).status, 200);
});

// req: N5-17
// req: N5-17
Deno.test("foreign hosts and origins are refused before anything else", async () => {
  const { get } = await openDoor();
  assert.equal((await problemOf(await get("/v1/runs", { host: "attacker.example" }))).status, 421);
  assert.equal((await problemOf(await get("/healthz", { host: "attacker.example" }))).status, 421);
  assert.equal((await problemOf(await get("/v1/runs", { origin: "https://evil.example" }))).status, 403);
});

Deno.test("a preflight gets CORS headers for allowed origins only", async () => {
  const { app } = await openDoor({ allowedOrigins: ["https://ci.example"] });
  const preflight = (origin: string) =>
    app.request("/v1/runs", {
      method: "OPTIONS",
      headers: { origin, "access-control-request-method": "POST" },
    });
  const allowed = await preflight("https://ci.example");
  assert.equal(allowed.headers.get("access-control-allow-origin"), "https://ci.example");
  assert.match(allowed.headers.get("access-control-allow-headers") ?? "", /authorization/);
  const foreign = await preflight("https://evil.example");
  assert.equal(foreign.status, 403);
  assert.equal(foreign.headers.get("access-control-allow-origin"), null);
});

Deno.test("every answer carries the security headers", async () => {
  const { app, get } = await openDoor();
  for (
    const answer of [
      await get("/v1/runs"),
      await app.request("/"),
      await get("/nothing"),
      await app.request("/docs"),
    ]
  ) {
    assert.equal(answer.headers.get("x-content-type-options"), "nosniff");
    assert.equal(answer.headers.get("x-frame-options"), "DENY");
    const policy = answer.headers.get("content-security-policy") ?? "";
    assert.match(policy, /default-src 'none'/);
    assert.doesNotMatch(policy, /unsafe|\*/);
  }
});

// req: N5-20
// req: N5-20
Deno.test("429 says when to come back, for keys and for whoever has none", async () => {
  const door = await openDoor({ limits: { requestsPerSecond: 1, burst: 2 } });
  await door.get("/v1/runs");
  await door.get("/v1/runs");
  const refused = await door.get("/v1/runs");
  assert.equal(refused.headers.get("retry-after"), "1");
  assert.equal((await problemOf(refused)).code, "rate-limited");
  const guess = () => door.app.request("/v1/runs", { headers: { authorization: "Bearer forge_a.b" } });
  assert.deepEqual([(await guess()).status, (await guess()).status, (await guess()).status], [401, 401, 429]);
  door.clock.at += 1000;
  assert.equal((await door.get("/v1/runs")).status, 200);
});

// req: N5-20
Deno.test("requests of one key at the same time are bounded", async () => {
  const door = await openDoor({ limits: { concurrent: 1 } });
  const { promise, resolve } = Promise.withResolvers<Awaited<ReturnType<typeof door.service.list>>>();
  const asked = Promise.withResolvers<void>();
  door.service.list = () => {
    asked.resolve();
    return promise;
  };
  const slow = door.get("/v1/runs");
  await asked.promise;
  assert.equal((await problemOf(await door.get("/v1/policies"))).code, "too-many-at-once");
  resolve({ runs: [], cursor: null });
  assert.equal((await slow).status, 200);
  assert.equal((await door.get("/v1/policies")).status, 200);
});

Deno.test("a bug is a 500 that says nothing of it, and is reported", async () => {
  const door = await openDoor();
  door.service.fault = new Error("password hunter2 at /srv/secret");
  const answer = await door.get("/v1/runs/run_0000000001/decisions");
  const text = await answer.clone().text();
  assert.equal((await problemOf(answer)).code, "internal");
  assert.doesNotMatch(text, /hunter2|srv/);
  assert.deepEqual(door.reported, [door.service.fault]);
});

// req: N8-07
Deno.test("readiness shows details to key holders only, and ends when the server stops", async () => {
  const stopping = new AbortController();
  const { app, get } = await openDoor({ stopping: stopping.signal });
  assert.deepEqual(await (await app.request("/readyz")).json(), { ok: true });
  assert.deepEqual(await (await get("/readyz")).json(), { ok: true, detail: { store: "kv-memory" } });
  stopping.abort();
  assert.equal((await app.request("/readyz")).status, 503);
  assert.equal((await app.request("/healthz")).status, 200);
});

// req: N8-08
// req: N8-08
Deno.test("metrics count by route, not by path", async () => {
  const { get } = await openDoor();
  await get("/v1/runs/run_0000000001");
  await get("/v1/runs/run_0000000002");
  const answer = await get("/metrics");
  assert.match(answer.headers.get("content-type") ?? "", /^text\/plain; version=0\.0\.4/);
  const text = await answer.text();
  assert.match(text, /^forge_http_requests_total\{route="\/v1\/runs\/:id",method="GET",status="404"\} 2$/m);
  assert.match(text, /^forge_queue_depth 2$/m);
  assert.match(
    text,
    /^forge_http_request_seconds_bucket\{route="\/v1\/runs\/:id",method="GET",le="\+Inf"\} 2$/m,
  );
  for (const line of text.trimEnd().split("\n")) {
    assert.match(line, /^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{[^}]*\})? [-+0-9.eInfNa]+)$/);
  }
});

Deno.test("a change by cookie needs the session's token", async () => {
  const door = await openDoor();
  const run = door.service.add("running");
  const { cookie, csrf } = await door.signIn();
  const act = (headers: Record<string, string>) =>
    door.app.request(`/v1/runs/${run}/actions`, {
      method: "POST",
      body: JSON.stringify({ action: "pause" }),
      headers: { "content-type": "application/json", cookie, origin: ORIGIN, ...headers },
    });
  assert.equal((await problemOf(await act({}))).code, "forbidden-csrf");
  assert.equal((await problemOf(await act({ "x-csrf-token": "wrong" }))).code, "forbidden-csrf");
  assert.equal((await act({ "x-csrf-token": csrf })).status, 200);
  assert.equal(door.service.acted.length, 1);
});

Deno.test("a HEAD has the head of a GET: its length too, and no body", async () => {
  const { app, get, key } = await openDoor();
  for (
    const path of ["/healthz", "/v1/runs", "/openapi.json", "/v1/runs/run_0000000009", "/nothing", "/docs"]
  ) {
    const whole = await get(path);
    const head = await app.request(path, { method: "HEAD", headers: { authorization: `Bearer ${key}` } });
    assert.equal(head.status, whole.status, path);
    assert.equal(head.headers.get("content-length"), String((await whole.bytes()).byteLength), path);
    assert.equal(await head.text(), "", path);
  }
});

Deno.test("an unknown query parameter is an error on every route of the API", async () => {
  const { get, service } = await openDoor();
  const run = service.add("completed");
  for (
    const path of [
      "runs",
      `runs/${run}`,
      `runs/${run}/events`,
      `runs/${run}/decisions`,
      "evidence",
      "policies",
      "pulls",
    ]
  ) {
    const problem = await problemOf(await get(`/v1/${path}?colour=red`));
    assert.deepEqual([problem.status, problem.errors[0].path], [422, "colour"], path);
  }
  assert.equal((await get("/healthz?probe=1")).status, 200);
});
