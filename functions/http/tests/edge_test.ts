import assert from "node:assert/strict";
import { edgeHandler } from "../edge.ts";
import { SPEC } from "./door.ts";
import { serviceDouble } from "./service_double.ts";

const KEY = "forge_edge.0123456789abcdef0123456789abcdef";
const MAIN = new URL("../../main.ts", import.meta.url);
const authorization = `Bearer ${KEY}`;

const handler = (env: Record<string, string>, compose = () => Promise.resolve(serviceDouble())) => {
  const reported: string[] = [];
  const made = edgeHandler({
    compose,
    env: (name) => env[name],
    version: "0.0.0",
    report: (error) => reported.push(String(error)),
    audit() {},
  });
  return { ...made, reported };
};

Deno.test("an edge host answers for the hosts that it is told of, and names no directory", async () => {
  const edge = handler({ FORGE_KEY: KEY, FORGE_ALLOWED_HOSTS: "forge.example, other.example" });
  const ask = (url: string, init: RequestInit = {}) =>
    edge.fetch(new Request(url, { ...init, headers: { authorization, "content-type": "application/json" } }));
  assert.equal((await ask("https://forge.example/v1/runs")).status, 200);
  assert.equal((await ask("https://elsewhere.example/v1/runs")).status, 421);
  const body = JSON.stringify({ spec: SPEC, repo: "/etc" });
  assert.equal((await ask("https://forge.example/v1/runs", { method: "POST", body })).status, 403);
});

Deno.test("an edge host works on the repositories that it is told of, and on none when the list cannot be read", async () => {
  const submits = async (allowed: string) => {
    const edge = handler({ FORGE_KEY: KEY, FORGE_REPO_ALLOW: allowed });
    const body = JSON.stringify({ spec: SPEC, repo: "https://github.com/acme/other" });
    const headers = { authorization, "content-type": "application/json" };
    return (await edge.fetch(new Request("http://localhost/v1/runs", { method: "POST", headers, body })))
      .status;
  };
  assert.equal(await submits("acme/tools"), 403);
  assert.equal(await submits("acme/tools, acme/other"), 202);
  assert.equal(await submits("acme tools"), 503);
});

Deno.test("an edge host without a key lets nobody in, and says so in its log", async () => {
  const edge = handler({});
  const answer = await edge.fetch(new Request("http://localhost/v1/runs", { headers: { authorization } }));
  assert.equal(answer.status, 401);
  assert.match(edge.reported.join(), /FORGE_KEY is not set/);
});

Deno.test("a tick reaches the service; a start that fails is told, and tried again by the next", async () => {
  let [starts, ticks] = [0, 0];
  const edge = handler({ FORGE_KEY: KEY }, () => {
    starts += 1;
    return starts === 1 ? Promise.reject(new Error("no database")) : Promise.resolve({
      ...serviceDouble(),
      tick: () => {
        ticks += 1;
        return ticks === 1 ? Promise.resolve() : Promise.reject(new Error("the store is gone"));
      },
    });
  });
  await edge.tick();
  assert.deepEqual([starts, ticks], [1, 0]);
  await edge.tick();
  await edge.tick();
  assert.deepEqual([starts, ticks], [2, 2]);
  assert.match(edge.reported.join("; "), /no database.*the store is gone/);
});

Deno.test("an edge host whose start failed tries again with the next request", async () => {
  let tries = 0;
  const edge = handler({ FORGE_KEY: KEY }, () => {
    tries += 1;
    return tries === 1 ? Promise.reject(new Error("no database")) : Promise.resolve(serviceDouble());
  });
  assert.equal((await edge.fetch(new Request("http://localhost/healthz"))).status, 503);
  assert.equal((await edge.fetch(new Request("http://localhost/healthz"))).status, 200);
});

// req: N1-12
Deno.test("main.ts runs under deno serve without run, ffi and write; a run is taken in and parked with the reason", async () => {
  const config = new URL("../../../deno.json", import.meta.url).pathname;
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "serve",
      "--no-prompt",
      "--no-check",
      "--no-lock",
      "--config",
      config,
      "--allow-net=127.0.0.1",
      "--allow-env",
      "--allow-read",
      "--host=127.0.0.1",
      "--port=0",
      MAIN.pathname,
    ],
    env: { FORGE_KEY: KEY, FORGE_KV: ":memory:", NO_COLOR: "1" },
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const said: string[] = [];
  const { promise: listening, resolve } = Promise.withResolvers<string>();
  const listen = async (stream: ReadableStream<Uint8Array>) => {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      said.push(text);
      const url = /http:\/\/127\.0\.0\.1:\d+/.exec(said.join(""))?.[0];
      if (url !== undefined) resolve(url);
    }
  };
  const heard = Promise.all([listen(child.stdout), listen(child.stderr)]);
  const ended = child.status.then(() => Promise.reject(new Error(`it ended: ${said.join("")}`)));
  ended.catch(() => {});
  const late = setTimeout(() => child.kill("SIGKILL"), 60_000);
  try {
    const url = await Promise.race([listening, ended]);
    const answer = await fetch(`${url}/v1/runs?repo=${encodeURIComponent("https://git.example/a.git")}`, {
      method: "POST",
      body: SPEC,
      headers: { authorization, "content-type": "text/markdown" },
    });
    assert.equal(answer.status, 202, said.join(""));
    const { run } = await answer.json();
    const show = async (path: string) =>
      await (await fetch(`${url}${path}`, { headers: { authorization } })).json();
    for (const end = performance.now() + 20_000; (await show(`/v1/runs/${run}`)).status !== "parked";) {
      assert.ok(performance.now() < end, "the run is not parked");
      await new Promise((wait) => setTimeout(wait, 50));
    }
    const { events } = await show(`/v1/runs/${run}/events`);
    const parked = events.find((event: { type: string }) => event.type === "run.parked");
    assert.match(parked.payload.reason, /no processes/);
    const page = await fetch(`${url}/runs/${run}`, { headers: { authorization } });
    assert.match(await page.text(), /It waits/);
  } finally {
    clearTimeout(late);
    try {
      child.kill("SIGKILL");
    } catch {
      // It has ended by itself, and the test has failed with what it said.
    }
    await child.status;
    await heard;
  }
});
