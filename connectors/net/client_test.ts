import assert from "node:assert/strict";
import type { HttpClient, HttpRequest } from "../data/port.ts";
import { DataFailure } from "../data/port.ts";
import { type Answer, dialectServer, type Fault } from "../sources/testing/dialect_server.ts";
import { leapingClock } from "../sources/testing/leaping_clock.ts";
import { sourceContext } from "../sources/testing/source_context.ts";
import { httpPool } from "./pool.ts";

async function failureOf(promise: Promise<unknown>): Promise<DataFailure> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof DataFailure) return error;
    throw error;
  }
  throw new Error("it did not fail");
}
const get = (http: HttpClient, url = "/x", more: Partial<HttpRequest> = {}) => http.request({ url, ...more });
/** Answers in turn; the last one again and again. */
const inTurn = (...answers: Answer[]) => {
  let n = 0;
  return () => answers[Math.min(n++, answers.length - 1)] as Answer;
};

Deno.test("a path is put behind the base URL's own path, with its query, user agent and no other header of ours", async () => {
  await using server = dialectServer(() => ({ json: { ok: true } }));
  await using test = sourceContext(server, {
    settings: {
      baseUrl: `${server.url}/api/v4/`,
      userAgent: "Acme data@acme.example",
      headers: { "X-Env": "e" },
    },
  });
  const { http } = test.context;
  const reply = await http.request({
    url: "/items?a=1",
    query: { b: "x y&z", c: [1, 2] },
    headers: { "X-Req": "r" },
  });
  assert.deepEqual(reply.json(), { ok: true });
  assert.equal(reply.url, `${server.url}/api/v4/items?a=1&b=x+y%26z&c=1&c=2`);
  const [seen] = server.seen;
  assert.equal(seen?.target, "/api/v4/items?a=1&b=x+y%26z&c=1&c=2");
  assert.equal(seen?.headers.get("user-agent"), "Acme data@acme.example");
  assert.equal(seen?.headers.get("x-env"), "e");
  assert.equal(seen?.headers.get("x-req"), "r");
  assert.equal(seen?.headers.get("host"), server.host);
  assert.deepEqual({ ...http.used }, { made: 1, retried: 0, waitedMs: 0, bytes: 11 });
});

Deno.test("JSON, text, bytes and forms are sent as what they are", async () => {
  await using server = dialectServer((seen) => ({
    body: `${seen.method} ${seen.headers.get("content-type")} ${seen.text()}`,
  }));
  await using test = sourceContext(server);
  const send = async (request: Partial<HttpRequest>) => (await get(test.context.http, "/x", request)).text();
  assert.equal(await send({ body: { a: 1 } }), 'POST application/json {"a":1}');
  assert.equal(await send({ body: "plain" }), "POST text/plain; charset=utf-8 plain");
  assert.equal(await send({ body: new Uint8Array([65]) }), "POST application/octet-stream A");
  assert.equal(await send({ form: { a: "1 2" } }), "POST application/x-www-form-urlencoded a=1+2");
  assert.equal(await send({ body: "<a/>", headers: { "content-type": "text/xml" } }), "POST text/xml <a/>");
});

Deno.test("each kind of credential is sent as its scheme says, and only when it is wanted", async () => {
  await using server = dialectServer((seen) => ({
    body: `${seen.headers.get("authorization")} ${seen.headers.get("x-key")} ${seen.target}`,
  }));
  const env = { T: "s3cret-tökén" };
  const said = async (auth: object, more: Partial<HttpRequest> = {}) => {
    await using test = sourceContext(server, { settings: { auth: auth as never }, env });
    return (await get(test.context.http, "/x?y=1", more)).text();
  };
  const ascii = { T: "s3cret-token" };
  const plain = async (auth: object) => {
    await using test = sourceContext(server, { settings: { auth: auth as never }, env: ascii });
    return (await get(test.context.http, "/x?y=1")).text();
  };
  assert.equal(await plain({ type: "bearer", token: "env:T" }), "Bearer s3cret-token null /x?y=1");
  assert.equal(
    await said({ type: "basic", email: "a@b.example", token: "env:T" }),
    `Basic ${btoa(String.fromCharCode(...new TextEncoder().encode("a@b.example:s3cret-tökén")))} null /x?y=1`,
  );
  assert.equal(await plain({ type: "header", name: "X-Key", value: "env:T" }), "null s3cret-token /x?y=1");
  assert.equal(
    await plain({ type: "query", name: "key", value: "env:T" }),
    "null null /x?y=1&key=s3cret-token",
  );
  assert.equal(await said({ type: "bearer", token: "env:T" }, { anonymous: true }), "null null /x?y=1");
});

Deno.test("statuses fall into the classes of the common table", async () => {
  await using server = dialectServer((seen) => ({
    status: Number(seen.path.slice(1)),
    headers: { "x-ratelimit-remaining": seen.query.has("limited") ? "0" : "9" },
    json: { message: "its own words" },
  }));
  const clock = leapingClock();
  await using test = sourceContext(server, { retries: 0, waitBudgetMs: 0, clock });
  const kind = async (path: string) => (await failureOf(get(test.context.http, path))).kind;
  for (const status of [401, 403]) assert.equal(await kind(`/${status}`), "auth", `${status}`);
  for (const status of [404, 410]) assert.equal(await kind(`/${status}`), "not-found", `${status}`);
  for (const status of [408, 425, 500, 502, 503, 504, 520]) {
    assert.equal(await kind(`/${status}`), "transient", `${status}`);
  }
  for (const status of [400, 402, 405, 406, 409, 411, 412, 413, 414, 415, 422, 451, 501]) {
    assert.equal(await kind(`/${status}`), "permanent", `${status}`);
  }
  assert.equal(await kind("/304"), "contract");
  assert.equal(await kind("/429"), "rate-limited");
  clock.advance(3_600_000);
  assert.equal(await kind("/403?limited"), "rate-limited");
  clock.advance(3_600_000);
  const failure = await failureOf(get(test.context.http, "/404?page=3"));
  assert.match(
    failure.message,
    /GET http:\/\/127\.0\.0\.1:\d+\/404\?page=3 failed: the server answers 404: .*its own words/,
  );
  assert.equal(failure.more.status, 404);
  assert.ok(failure.remedy.length > 10);
});

Deno.test("accepted statuses are answers, with their body", async () => {
  await using server = dialectServer((seen) => ({
    status: Number(seen.path.slice(1)),
    ...(seen.path === "/304" ? {} : { body: "b" }),
  }));
  await using test = sourceContext(server);
  assert.equal((await get(test.context.http, "/304", { accept: [304] })).status, 304);
  assert.equal((await get(test.context.http, "/404", { accept: [404] })).text(), "b");
  assert.equal(server.seen.length, 2);
});

Deno.test("a transient failure is tried again with growing waits, and told with the number of tries", async () => {
  await using server = dialectServer(inTurn({ status: 502 }, { status: 500 }, { json: [1] }));
  const clock = leapingClock();
  await using test = sourceContext(server, { clock });
  assert.deepEqual((await get(test.context.http)).json(), [1]);
  assert.deepEqual(clock.slept, [500, 1000]);
  assert.deepEqual({ ...test.context.http.used }, { made: 3, retried: 2, waitedMs: 1500, bytes: 3 });

  server.answer(() => ({ status: 503 }));
  const failure = await failureOf(get(test.context.http));
  assert.equal(failure.kind, "transient");
  assert.match(failure.message, /\(6 tries\)/);
  assert.equal(server.seen.length, 9);
});

Deno.test("connections that break in any way are tried again, and counted", async () => {
  const faults: Fault[] = [
    { kind: "reset" },
    { kind: "cut" },
    { kind: "cut", after: 0 },
    { kind: "length", announced: 1000 },
    { kind: "crc" },
    { kind: "gzip-cut" },
  ];
  for (const fault of faults) {
    await using server = dialectServer(inTurn({ json: [1, 2, 3], fault }, { json: [1, 2, 3], gzip: true }));
    await using test = sourceContext(server);
    assert.deepEqual((await get(test.context.http)).json(), [1, 2, 3], fault.kind);
    assert.equal(server.seen.length, 2, fault.kind);
    assert.equal(test.context.http.used.retried, 1, fault.kind);
  }
});

Deno.test("a length that is announced too short is no answer", async () => {
  await using server = dialectServer(() => ({
    json: { items: [1, 2, 3] },
    fault: { kind: "length", announced: 5 },
  }));
  await using test = sourceContext(server, { retries: 1 });
  const failure = await failureOf(get(test.context.http, "/x", { expect: "json" }));
  assert.match(failure.kind, /transient|contract/);
});

Deno.test("a body that is no JSON is tried again twice, then a contract failure", async () => {
  for (
    const answer of [
      { body: '{"items": [1, 2' },
      { body: "<html><body>Gateway <b>busy</b></body></html>", headers: { "content-type": "text/html" } },
      { body: "" },
      { json: [1], fault: { kind: "crc" as const } },
    ]
  ) {
    await using server = dialectServer(inTurn(answer, { json: { ok: 1 } }));
    await using test = sourceContext(server);
    assert.deepEqual((await get(test.context.http, "/x", { expect: "json" })).json(), { ok: 1 });
    assert.equal(server.seen.length, 2);
    server.answer(() => answer);
    const failure = await failureOf(get(test.context.http, "/x", { expect: "json" }));
    assert.equal(failure.kind, "contract", failure.message);
    assert.equal(server.seen.length, 5);
  }
});

Deno.test("a caller's own check of a reply is tried again in the same way", async () => {
  await using server = dialectServer(inTurn({ body: "<html>" }, { body: "a,b" }));
  await using test = sourceContext(server);
  const reply = await get(test.context.http, "/x", {
    verify: (one) => {
      if (one.text().startsWith("<")) throw new DataFailure("transient", "no CSV", "wait");
    },
  });
  assert.equal(reply.text(), "a,b");
});

Deno.test("a POST is tried again only when that is harmless", async () => {
  await using server = dialectServer(() => ({ status: 500 }));
  await using test = sourceContext(server);
  await failureOf(get(test.context.http, "/x", { body: {} }));
  assert.equal(server.seen.length, 1);
  await failureOf(get(test.context.http, "/x", { body: {}, idempotent: true }));
  assert.equal(server.seen.length, 7);
  // A limit means that nothing was done.
  server.answer(inTurn({ status: 429, headers: { "retry-after": "1" } }, { json: {} }));
  await get(test.context.http, "/x", { body: {} });
  assert.equal(server.seen.length, 9);
});

Deno.test("a POST whose kept connection is closed under it is not sent twice", async () => {
  await using server = dialectServer((seen) => seen.n === 2 ? { fault: { kind: "reset" } } : { json: 1 });
  await using test = sourceContext(server);
  await get(test.context.http, "/x", { body: {} });
  assert.equal((await failureOf(get(test.context.http, "/x", { body: {} }))).kind, "transient");
  assert.equal(server.seen.length, 2);
  assert.equal(test.context.http.used.made, 2);
});

Deno.test("Retry-After in seconds, as a date and absent is waited for; a day parks", async () => {
  const start = Date.UTC(2026, 0, 1);
  const clock = leapingClock(start);
  await using server = dialectServer(inTurn(
    { status: 429, headers: { "retry-after": "2" }, body: "Retry later" },
    { status: 429, headers: { "retry-after": new Date(start + 12_000).toUTCString() } },
    { status: 429 },
    { status: 429, headers: { "retry-after": "86400" } },
  ));
  await using test = sourceContext(server, { clock });
  const failure = await failureOf(get(test.context.http));
  assert.equal(failure.kind, "rate-limited");
  assert.deepEqual(clock.slept, [2000, 10_000, 4000]);
  assert.equal(failure.more.untilMs, start + 16_000 + 86_400_000);
  assert.equal(server.seen.length, 4);
  assert.equal(test.context.http.used.waitedMs, 16_000);
  // Nobody else asks before the limit has ended either.
  const next = await failureOf(get(test.context.http, "/other"));
  assert.equal(next.kind, "rate-limited");
  assert.equal(next.more.untilMs, start + 16_000 + 86_400_000);
  assert.equal(server.seen.length, 4);
});

Deno.test("a server that says `wait 0 s` forever is not asked forever", async () => {
  const clock = leapingClock();
  await using server = dialectServer(() => ({ status: 429, headers: { "retry-after": "0" } }));
  await using test = sourceContext(server, { clock });
  const failure = await failureOf(get(test.context.http));
  assert.equal(failure.kind, "rate-limited");
  assert.ok(server.seen.length < 12, `${server.seen.length} requests`);
});

Deno.test("a reset in epoch seconds or ISO 8601 is waited for, one in milliseconds is not believed", async () => {
  const start = Date.UTC(2026, 0, 1);
  for (
    const [reset, waited] of [
      [String(start / 1000 + 30), 30_000],
      [new Date(start + 30_000).toISOString(), 30_000],
      ["30", 30_000],
      [String(start + 30_000), 1000],
      ["yesterday", 1000],
    ] as const
  ) {
    const clock = leapingClock(start);
    await using server = dialectServer(inTurn(
      { status: 403, headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": reset } },
      { json: 1 },
    ));
    await using test = sourceContext(server, { clock });
    await get(test.context.http);
    assert.deepEqual(clock.slept, [waited], reset);
  }
});

Deno.test("when an answer used up the quota, the next request waits for its end instead of being refused", async () => {
  const start = Date.UTC(2026, 0, 1);
  const clock = leapingClock(start);
  await using server = dialectServer(() => ({
    json: 1,
    headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(start / 1000 + 60) },
  }));
  await using test = sourceContext(server, { clock });
  await get(test.context.http);
  assert.deepEqual(clock.slept, []);
  await get(test.context.http);
  assert.deepEqual(clock.slept, [60_000]);
});

Deno.test("a limit holds for all clients with the same credential, and for no other", async () => {
  const clock = leapingClock();
  const pool = httpPool({ clock, random: () => 1 });
  await using server = dialectServer((seen) =>
    seen.path === "/limited" ? { status: 429, headers: { "retry-after": "100000" } } : { json: 1 }
  );
  const settings = { auth: { type: "bearer" as const, token: "env:T" } };
  await using one = sourceContext(server, { pool, settings, env: { T: "token-one" } });
  await using same = sourceContext(server, { pool, settings, env: { T: "token-one" } });
  await using other = sourceContext(server, { pool, settings, env: { T: "token-two" } });
  await failureOf(get(one.context.http, "/limited"));
  assert.equal((await failureOf(get(same.context.http))).kind, "rate-limited");
  assert.equal((await get(other.context.http)).status, 200);
  pool.close();
});

Deno.test("another host is refused before anything is sent, by name, port, scheme and disguise", async () => {
  await using stranger = dialectServer(() => ({ json: 1 }));
  await using server = dialectServer(() => ({ json: 1 }));
  await using test = sourceContext(server, {
    settings: { auth: { type: "bearer", token: "env:T" } },
    env: { T: "tttt" },
  });
  for (
    const url of [
      `${stranger.url}/x`,
      server.url.replace("127.0.0.1", "localhost"),
      server.url.replace("http:", "https:"),
      `http://u:p@${server.host}/x`,
      "https://api.example.com/x",
      "file:///etc/passwd",
      "ftp://127.0.0.1/x",
    ]
  ) assert.equal((await failureOf(get(test.context.http, url))).kind, "refused", url);
  assert.equal(stranger.seen.length + server.seen.length, 0);
  // What only looks like another host is a path.
  await get(test.context.http, `//evil.example/x`);
  assert.equal(server.seen[0]?.target, "/evil.example/x");
});

Deno.test("a host that the env file lists beside may be asked, without the credential and the env file's headers", async () => {
  await using other = dialectServer(() => ({ json: 1 }));
  await using server = dialectServer(() => ({ json: 1 }));
  await using test = sourceContext(server, {
    settings: { auth: { type: "bearer", token: "env:T" }, headers: { "X-Key": "k" } },
    env: { T: "tttt" },
    network: { allowPrivate: true, hosts: [server.host, other.host] },
  });
  await get(test.context.http, `${other.url}/x`);
  assert.equal(other.seen[0]?.headers.get("authorization"), null);
  assert.equal(other.seen[0]?.headers.get("x-key"), null);
  await using narrow = sourceContext(server, { network: { allowPrivate: true, hosts: ["example.com"] } });
  assert.equal((await failureOf(get(narrow.context.http))).kind, "refused");
  assert.equal(server.seen.length, 0);
});

Deno.test("redirects of the same host are followed with the credential, at most five", async () => {
  await using server = dialectServer((seen) => {
    const n = Number(seen.query.get("n"));
    return n === 0
      ? { json: seen.headers.get("authorization") }
      : { status: 302, headers: { location: `/x?n=${n - 1}` } };
  });
  await using test = sourceContext(server, {
    settings: { auth: { type: "bearer", token: "env:T" } },
    env: { T: "tttt" },
  });
  const reply = await get(test.context.http, "/x?n=5");
  assert.equal(reply.json(), "Bearer tttt");
  assert.equal(reply.url, `${server.url}/x?n=0`);
  assert.equal(test.context.http.used.made, 6);
  const failure = await failureOf(get(test.context.http, "/x?n=6"));
  assert.equal(failure.kind, "contract");
  assert.match(failure.message, /redirects more than 5 times/);
});

Deno.test("a redirect to another host carries no credential, and none to a private network or in the clear", async () => {
  await using other = dialectServer(() => ({ json: 1 }));
  await using server = dialectServer((seen) => ({
    status: 307,
    headers: { location: seen.query.get("to") ?? "" },
  }));
  await using test = sourceContext(server, {
    settings: { auth: { type: "header", name: "X-Token", value: "env:T" }, headers: { "X-More": "m" } },
    env: { T: "tttt" },
  });
  const follow = (to: string, more: Partial<HttpRequest> = {}) =>
    get(test.context.http, "/x", { query: { to }, headers: { cookie: "c=1", accept: "text/csv" }, ...more });
  await follow(`${other.url}/y`);
  const [seen] = other.seen;
  for (const name of ["x-token", "x-more", "cookie", "authorization"]) {
    assert.equal(seen?.headers.get(name), null, name);
  }
  assert.equal(seen?.headers.get("accept"), "text/csv");
  for (
    const to of [
      "http://169.254.169.254/latest/meta-data",
      "http://[::ffff:169.254.169.254]/",
      "http://10.0.0.1/",
      "http://192.168.0.1/",
      "http://[::1]:9/",
      "http://2852039166/",
      "file:///etc/passwd",
    ]
  ) assert.equal((await failureOf(follow(to))).kind, "refused", to);
  assert.equal((await failureOf(follow(`${other.url}/y`, { body: { secret: 1 } }))).kind, "refused");
  assert.equal(other.seen.length, 1);
});

Deno.test("a redirect to a host that the env file does not list is refused; a listed one gets no credential of the query", async () => {
  await using other = dialectServer(() => ({ json: 1 }));
  await using server = dialectServer(() => ({ status: 302, headers: { location: `${other.url}/y?page=2` } }));
  const options = {
    settings: { auth: { type: "query" as const, name: "key", value: "env:T" } },
    env: { T: "tttt-secret" },
  };
  const [host, port] = other.host.split(":");
  await using listed = sourceContext(server, {
    ...options,
    network: { allowPrivate: true, hosts: [server.host.split(":")[0] ?? "", host ?? ""] },
  });
  assert.equal((await get(listed.context.http)).json(), 1);
  assert.equal(server.seen[0]?.query.get("key"), "tttt-secret");
  assert.deepEqual([other.seen[0]?.query.get("key"), other.seen[0]?.target], [null, "/y?page=2"]);
  server.answer(() => ({ status: 302, headers: { location: `http://elsewhere.example:${port}/y` } }));
  const failure = await failureOf(get(listed.context.http));
  assert.equal(failure.kind, "refused");
  assert.match(failure.message, /elsewhere\.example/);
  assert.ok(!failure.message.includes("tttt-secret"));
});

Deno.test("private addresses are refused in every form, whether written or resolved, and nothing is connected", async () => {
  await using server = dialectServer(() => ({ json: 1 }));
  const port = server.host.split(":")[1];
  const closed = { allowPrivate: false };
  for (
    const host of [
      "127.0.0.1",
      "2130706433",
      "0x7f.1",
      "0177.0.0.1",
      "127.1",
      "[::1]",
      "[::ffff:127.0.0.1]",
      "localhost",
    ]
  ) {
    await using test = sourceContext({ url: `http://${host}:${port}` }, { network: closed });
    const failure = await failureOf(get(test.context.http));
    assert.equal(failure.kind, "refused", host);
    assert.match(failure.message, /not on the public internet/);
  }
  for (const answers of [["127.0.0.1"], ["169.254.169.254"], ["93.184.216.34", "10.0.0.1"]]) {
    await using test = sourceContext({ url: `http://data.example.com:${port}` }, {
      network: closed,
      poolOptions: { resolve: () => Promise.resolve(answers) },
    });
    assert.equal((await failureOf(get(test.context.http))).kind, "refused", answers.join());
  }
  await using metadata = sourceContext({ url: "http://metadata.example.com" }, {
    poolOptions: { resolve: () => Promise.resolve(["169.254.169.254"]) },
  });
  assert.equal((await failureOf(get(metadata.context.http))).kind, "refused");
  assert.equal(server.seen.length, 0);
});

Deno.test("the connection goes to the address that was checked: a name server that changes its mind is not asked again", async () => {
  await using server = dialectServer((seen) => ({ json: seen.headers.get("host") }));
  const port = server.host.split(":")[1];
  let asked = 0;
  await using test = sourceContext({ url: `http://data.example.com:${port}` }, {
    poolOptions: { resolve: () => Promise.resolve(asked++ === 0 ? ["127.0.0.1"] : ["127.0.0.2"]) },
  });
  for (let i = 0; i < 3; i++) {
    assert.equal((await get(test.context.http)).json(), `data.example.com:${port}`);
  }
  assert.equal(asked, 1);
});

Deno.test("a refused connection is tried six times within ten seconds, and told so", async () => {
  const closed = dialectServer(() => ({ json: 1 }));
  await closed[Symbol.asyncDispose]();
  const clock = leapingClock();
  await using test = sourceContext(closed, { clock });
  const failure = await failureOf(get(test.context.http));
  assert.equal(failure.kind, "transient");
  assert.match(failure.message, /the connection was refused \(6 tries\)/);
  assert.equal(failure.more.tries, 6);
  assert.equal(test.context.http.used.made, 6);
  assert.ok(clock.slept.reduce((sum, ms) => sum + ms, 0) < 10_000, clock.slept.join());
});

Deno.test("how often a request is tried again is set for a connector, and a server's own waits are none of it", async () => {
  await using server = dialectServer(inTurn(
    { status: 429, headers: { "retry-after": "1" } },
    { status: 503, headers: { "retry-after": "1" } },
    { status: 500 },
  ));
  const clock = leapingClock();
  await using test = sourceContext(server, { clock, settings: { retries: 0 } });
  const failure = await failureOf(get(test.context.http));
  assert.deepEqual([failure.kind, failure.more.status, failure.more.tries], ["transient", 500, 1]);
  assert.equal(server.seen.length, 3);
});

Deno.test("a name without an address is tried again, then a transient failure", async () => {
  let asked = 0;
  await using test = sourceContext({ url: "http://data.example.com" }, {
    poolOptions: { resolve: () => (asked++, Promise.reject(new Error("EAI_AGAIN"))) },
  });
  assert.equal((await failureOf(get(test.context.http))).kind, "transient");
  assert.equal(asked, 6);
  assert.equal(test.context.http.used.made, 0);
});

Deno.test("the next address is tried when one does not accept connections", async () => {
  await using server = dialectServer(() => ({ json: 1 }));
  await using test = sourceContext({ url: `http://data.example.com:${server.host.split(":")[1]}` }, {
    poolOptions: { resolve: () => Promise.resolve(["127.0.0.99", "127.0.0.1"]) },
  });
  assert.equal((await get(test.context.http)).json(), 1);
});

Deno.test("bodies beyond the cap are refused, packed or not, before they fill the memory", async () => {
  const zeros = new Uint8Array(20_000_000);
  await using server = dialectServer((seen) =>
    seen.path === "/bomb" ? { body: zeros, gzip: true } : seen.path === "/endless"
      ? {
        chunks: (function* () {
          for (;;) yield zeros.subarray(0, 65536);
        })(),
      }
      : { body: zeros.subarray(0, 100_001) }
  );
  await using test = sourceContext(server, { settings: { maxBytes: 100_000 } });
  assert.equal((await failureOf(get(test.context.http, "/bomb"))).kind, "refused");
  assert.equal((await failureOf(get(test.context.http, "/endless"))).kind, "limit");
  assert.equal((await failureOf(get(test.context.http, "/plain"))).kind, "limit");
  assert.equal((await get(test.context.http, "/plain", { maxBytes: 100_001 })).body.length, 100_001);
  assert.equal(server.seen.length, 4);
});

Deno.test("limits on requests and bytes end the read with a failure of their own", async () => {
  await using server = dialectServer(() => ({ json: "0123456789" }));
  await using test = sourceContext(server, { limits: { requests: 2 } });
  await get(test.context.http);
  await get(test.context.http);
  assert.equal((await failureOf(get(test.context.http))).kind, "limit");
  assert.equal(server.seen.length, 2);
  await using bytes = sourceContext(server, { limits: { bytes: 20 } });
  await get(bytes.context.http);
  assert.equal((await failureOf(get(bytes.context.http))).kind, "limit");
});

Deno.test("servers that are silent, stall or drip are given up in the time that the env file gives", async () => {
  for (
    const fault of [{ kind: "silent" }, { kind: "stall" }, { kind: "drip", bytes: 1, everyMs: 30 }] as Fault[]
  ) {
    await using server = dialectServer(() => ({ body: "x".repeat(1000), fault }));
    await using test = sourceContext(server, { settings: { timeoutSeconds: 0.2 }, retries: 1 });
    const failure = await failureOf(get(test.context.http));
    assert.equal(failure.kind, "transient", fault.kind);
    assert.match(failure.message, /within 200 ms|no byte for 200 ms/);
    assert.equal(server.seen.length, 2, fault.kind);
  }
});

Deno.test("an abort ends a wait, a silent server and a slow body at once, with its own reason", async () => {
  for (const fault of [{ kind: "silent" }, { kind: "stall" }] as Fault[]) {
    await using server = dialectServer(() => ({ body: "x".repeat(1000), fault }));
    const controller = new AbortController();
    await using test = sourceContext(server, { abort: controller.signal });
    const pending = get(test.context.http).then(() => "done", (error) => String(error));
    setTimeout(() => controller.abort(new Error("stopped by a person")), 50);
    assert.match(await pending, /stopped by a person/);
  }
  await using server = dialectServer(() => ({ status: 429, headers: { "retry-after": "100" } }));
  const controller = new AbortController();
  const never = {
    now: () => 0,
    sleep: (_: number, signal?: AbortSignal) =>
      new Promise<void>((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason))),
  };
  await using test = sourceContext(server, { abort: controller.signal, clock: never });
  const pending = get(test.context.http).then(() => "done", (error) => String(error));
  setTimeout(() => controller.abort(new Error("stopped by a person")), 50);
  assert.match(await pending, /stopped by a person/);
});

Deno.test("a stream gives bytes as they come, unpacked, and tells when they break off", async () => {
  await using server = dialectServer((seen) =>
    seen.path === "/cut"
      ? { body: "abcdef", fault: { kind: "cut", after: 3 } }
      : { body: "abc".repeat(10_000), gzip: true }
  );
  await using test = sourceContext(server);
  const { reply, body } = await test.context.http.stream({ url: "/whole" });
  assert.equal(reply.status, 200);
  assert.equal((await new Response(body).text()).length, 30_000);
  const cut = await test.context.http.stream({ url: "/cut" });
  assert.equal((await failureOf(new Response(cut.body).text())).kind, "transient");
  const left = await test.context.http.stream({ url: "/whole" });
  await left.body.cancel();
  assert.equal(server.seen.length, 3);
});

Deno.test("a dialect reads answers in its own way: classes, waits, limits' ends, quotas, headers", async () => {
  const start = Date.UTC(2026, 0, 1);
  const clock = leapingClock(start);
  await using server = dialectServer((seen) => {
    if (seen.path === "/search" && server.seen.length === 1) {
      return { status: 403, body: "You have exceeded a secondary rate limit" };
    }
    if (seen.path === "/soft") return { json: { error: "gone" } };
    if (seen.path === "/own" && clock.now() < start + 200_000) {
      return { status: 403, headers: { "x-own": "200" }, body: "rate limit" };
    }
    return { json: seen.headers.get("x-api-version") };
  });
  await using test = sourceContext(server, { clock });
  const http = test.context.http.as({
    headers: { "X-Api-Version": "2022" },
    quota: (url) => url.pathname === "/search" ? "search" : "core",
    classify: (answer) => {
      if (answer.status === 200 && answer.text().includes("gone")) {
        return { kind: "not-found", reason: "it says gone" };
      }
      if (answer.status === 403 && /secondary/.test(answer.text())) {
        return { kind: "rate-limited", waitMs: 60_000 };
      }
      return undefined;
    },
    limitEnds: (answer) =>
      answer.headers.has("x-own") ? start + Number(answer.headers.get("x-own")) * 1000 : undefined,
  });
  assert.equal((await get(http, "/search")).json(), "2022");
  assert.deepEqual(clock.slept, [120_000]);
  const failure = await failureOf(get(http, "/soft"));
  assert.equal(failure.kind, "not-found");
  assert.match(failure.message, /it says gone/);
  await get(http, "/own");
  assert.deepEqual(clock.slept, [120_000, 80_000]);
  assert.equal(http.used, test.context.http.used);
});

Deno.test("a dialect's own hosts get the credential, but not when the base URL is somebody else's", async () => {
  await using sibling = dialectServer(() => ({ json: 1 }));
  await using server = dialectServer(() => ({ json: 1 }));
  const dialect = { baseUrl: server.url, hosts: [sibling.host] };
  const settings = { auth: { type: "bearer" as const, token: "env:T" } };
  await using test = sourceContext(null, { settings, env: { T: "tttt" } });
  await get(test.context.http.as(dialect), `${sibling.url}/x`);
  assert.equal(sibling.seen[0]?.headers.get("authorization"), "Bearer tttt");
  await using own = sourceContext({ url: `${server.url}/mirror` }, { settings, env: { T: "tttt" } });
  assert.equal((await failureOf(get(own.context.http.as(dialect), `${sibling.url}/x`))).kind, "refused");
  assert.equal(sibling.seen.length, 1);
});

Deno.test("a credential without a base URL is sent nowhere", async () => {
  await using server = dialectServer(() => ({ json: 1 }));
  await using test = sourceContext(null, {
    settings: { auth: { type: "bearer", token: "env:T" } },
    env: { T: "tttt" },
  });
  assert.equal((await failureOf(get(test.context.http, `${server.url}/x`))).kind, "invalid");
  await get(test.context.http, `${server.url}/x`, { anonymous: true });
  assert.equal(server.seen[0]?.headers.get("authorization"), null);
});

Deno.test("secrets are shown nowhere: not in failures, URLs, progress, however a server repeats them", async () => {
  const planted = "pl4nted s3cret/+=ä";
  const forms = [planted, encodeURIComponent(planted), "pl4nted", btoa("pl4nted")];
  for (
    const auth of [
      { type: "bearer", token: "env:T" },
      { type: "basic", user: "u", token: "env:T" },
      { type: "header", name: "X-Key", value: "env:T" },
      { type: "query", name: "k", value: "env:T" },
    ]
  ) {
    const value = auth.type === "query" || auth.type === "basic" ? planted : "pl4nted-s3cret/+=";
    await using server = dialectServer((seen) => ({
      status: seen.path === "/limited" ? 429 : seen.path === "/broken" ? 200 : 400,
      headers: { "retry-after": "1" },
      body: `You sent ${value} ${encodeURIComponent(value)} ${
        seen.headers.get("authorization")
      } ${seen.target}`,
      ...(seen.path === "/cut" ? { fault: { kind: "cut" as const } } : {}),
    }));
    await using test = sourceContext(server, {
      settings: { auth: auth as never },
      env: { T: value },
      waitBudgetMs: 1500,
    });
    const { http } = test.context;
    const told: string[] = [];
    for (const path of ["/bad?api_key=pl4nted&x=1", "/limited", "/broken", "/cut"]) {
      const failure = await failureOf(get(http, path, { expect: "json" }));
      told.push(
        failure.message,
        failure.remedy,
        String(failure.more.locator),
        String(failure.cause),
        String(failure.stack),
      );
    }
    const ok = await failureOf(get(http, "/x", { maxBytes: 1 }));
    told.push(ok.message, ...test.progress);
    for (const form of forms) {
      for (const text of told) assert.equal(text.includes(form), false, `${auth.type}: ${text}`);
    }
    assert.ok(told.some((text) => text.includes("***")));
  }
});
