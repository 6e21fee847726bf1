import assert from "node:assert/strict";
import { EventPage } from "../../specs/code/mod.ts";
import { openDoor } from "./tests/door.ts";

const progress = (message: string) =>
  ({ type: "phase.progress", v: 1, payload: { phase: "plan", message } }) as const;
const sealed = {
  type: "evidence.sealed",
  v: 1,
  payload: { id: "ev_1", digest: "d", path: "p", status: "completed" },
} as const;
const SSE = { accept: "text/event-stream" };

Deno.test("JSON pages of events: after, limit, next", async () => {
  const { get, service } = await openDoor();
  const run = service.add("running");
  for (let at = 0; at < 4; at++) service.append(run, progress(String(at)));
  const page = async (query: string) =>
    EventPage.parse(await (await get(`/v1/runs/${run}/events${query}`)).json());
  const first = await page("?limit=2");
  assert.deepEqual([first.events.map((event) => event.seq), first.next], [[1, 2], 2]);
  const second = await page("?limit=10&after=2");
  assert.deepEqual([second.events.map((event) => event.seq), second.next], [[3, 4, 5], null]);
  for (const query of ["?after=-1", "?after=x", "?limit=0", "?colour=red"]) {
    assert.equal((await get(`/v1/runs/${run}/events${query}`)).status, 422, query);
  }
});

Deno.test("what comes back depends on what is accepted; `*/*` gets JSON", async () => {
  const { get, service } = await openDoor();
  const run = service.add("running");
  service.append(run, sealed);
  const type = async (accept: string) => {
    const answer = await get(`/v1/runs/${run}/events`, { accept });
    await answer.body?.cancel();
    return answer.headers.get("content-type");
  };
  assert.equal(await type("*/*"), "application/json");
  assert.equal(await type("application/json"), "application/json");
  assert.equal(await type("text/event-stream"), "text/event-stream");
  assert.equal(await type("text/event-stream, */*;q=0.1"), "text/event-stream");
  assert.equal(await type("text/html"), "application/problem+json");
});

// req: N3-09
// req: N3-09
Deno.test("a stream resumes after Last-Event-ID, which wins over `after`", async () => {
  const { get, service } = await openDoor();
  const run = service.add("running");
  for (let at = 0; at < 3; at++) service.append(run, progress(String(at)));
  service.append(run, sealed);
  const ids = async (query: string, headers: Record<string, string>) => {
    const text = await (await get(`/v1/runs/${run}/events${query}`, { ...SSE, ...headers })).text();
    return [...text.matchAll(/^id: (\d+)$/gm)].map((match) => Number(match[1]));
  };
  assert.deepEqual(await ids("", {}), [1, 2, 3, 4, 5]);
  assert.deepEqual(await ids("?after=2", {}), [3, 4, 5]);
  assert.deepEqual(await ids("?after=1", { "last-event-id": "3" }), [4, 5]);
  assert.equal((await get(`/v1/runs/${run}/events`, { ...SSE, "last-event-id": "x" })).status, 422);
});

Deno.test("204 tells an EventSource not to come back to a run that is over, and only then", async () => {
  const { get, service } = await openDoor();
  const over = service.add("completed");
  const going = service.add("running");
  const status = async (run: string, id: string) => {
    const answer = await get(`/v1/runs/${run}/events`, { ...SSE, "last-event-id": id });
    await answer.body?.cancel();
    return answer.status;
  };
  assert.equal(await status(over, "1"), 204);
  assert.equal(await status(over, "0"), 200);
  assert.equal(await status(going, "1"), 200);
  service.change(over, { evidence: null });
  assert.equal(await status(over, "1"), 200, "its evidence is not sealed yet");
});

Deno.test("event streams of a key are bounded, and a place comes free when one ends", async () => {
  const { get, service } = await openDoor({ limits: { streams: 1 } });
  const run = service.add("running");
  const first = await get(`/v1/runs/${run}/events`, SSE);
  const second = await get(`/v1/runs/${run}/events`, SSE);
  assert.deepEqual([second.status, second.headers.get("retry-after")], [429, "1"]);
  await first.body?.cancel();
  const third = await get(`/v1/runs/${run}/events`, SSE);
  assert.equal(third.status, 200);
  await third.body?.cancel();
});

Deno.test("a host without WebSockets says so", async () => {
  const { get, service } = await openDoor({ upgrade: null });
  const run = service.add("running");
  assert.equal(
    (await get(`/v1/runs/${run}/events`, { upgrade: "websocket", connection: "upgrade" })).status,
    406,
  );
});

Deno.test("a handshake that is no WebSocket's is 400", async () => {
  const { get, service } = await openDoor();
  const run = service.add("running");
  assert.equal((await get(`/v1/runs/${run}/events`, { upgrade: "websocket" })).status, 400);
});
