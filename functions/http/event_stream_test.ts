import assert from "node:assert/strict";
import { eventStream } from "./event_stream.ts";
import { serviceDouble } from "./tests/service_double.ts";

/** A stream over a run of the double, with its parts at hand. */
function open(options: { heartbeatMs?: number; stallMs?: number; after?: number } = {}) {
  const service = serviceDouble();
  const run = service.add("running");
  const stop = new AbortController();
  let ended = 0;
  const stream = eventStream({
    watch: (signal) => service.watch(run, { after: options.after ?? 0, signal }),
    heartbeatMs: options.heartbeatMs ?? 60_000,
    stallMs: options.stallMs ?? 60_000,
    signals: [stop.signal],
    ended: () => {
      ended += 1;
    },
  });
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  return { service, run, stop, stream, reader, ended: () => ended };
}
const sealed = {
  type: "evidence.sealed",
  v: 1,
  payload: { id: "ev_1", digest: "d", path: "p", status: "completed" },
} as const;
const progress = (message: string) =>
  ({ type: "phase.progress", v: 1, payload: { phase: "plan", message } }) as const;
const settle = () => new Promise((resolve) => setTimeout(resolve, 5));

// req: N3-10
// req: N3-10
Deno.test("events come with their seq as id, and the stream ends after the last one", async () => {
  const { service, run, reader, ended } = open();
  service.append(run, progress("a\nb"));
  service.append(run, sealed);
  let text = "";
  for (let got = await reader.read(); !got.done; got = await reader.read()) text += got.value;
  const frames = text.split("\n\n").filter((frame) => frame.startsWith("id:"));
  assert.deepEqual(frames.map((frame) => frame.split("\n")[0]), ["id: 1", "id: 2", "id: 3"]);
  for (const frame of frames) assert.equal(frame.split("\n").length, 2);
  const [, second] = frames;
  assert.equal(JSON.parse(second?.split("\ndata: ")[1] ?? "").payload.message, "a\nb");
  assert.deepEqual([service.watching(), ended()], [0, 1]);
});

Deno.test("a client that leaves lets the watcher go, also while nothing happens", async () => {
  const { service, reader, ended } = open({ after: 1 });
  await reader.read();
  const pending = reader.read();
  await settle();
  assert.equal(service.watching(), 1);
  await reader.cancel();
  await pending;
  await settle();
  assert.deepEqual([service.watching(), ended()], [0, 1]);
});

Deno.test("heartbeats keep a silent stream open, and lose no event", async () => {
  const { service, run, reader } = open({ heartbeatMs: 5, after: 1 });
  await reader.read();
  assert.match((await reader.read()).value ?? "", /^: still here/);
  assert.match((await reader.read()).value ?? "", /^: still here/);
  service.append(run, progress("now"));
  let value = "";
  while (!value.startsWith("id: 2")) value = (await reader.read()).value ?? "";
  assert.match(value, /now/);
  await reader.cancel();
});

Deno.test("a stopping server ends its streams", async () => {
  const { service, stop, reader, ended } = open({ after: 1 });
  await reader.read();
  const pending = reader.read();
  await settle();
  stop.abort();
  assert.equal((await pending).done, true);
  await settle();
  assert.deepEqual([service.watching(), ended()], [0, 1]);
});

// req: N3-11
// req: N3-11
Deno.test("events are read no faster than the client takes them, and a client that stalls is let go", async () => {
  const service = serviceDouble();
  const run = service.add("running");
  for (let at = 0; at < 100; at++) service.append(run, progress(String(at)));
  let taken = 0;
  let ended = 0;
  const stream = eventStream({
    watch: async function* (signal) {
      for await (const event of service.watch(run, { signal })) {
        taken += 1;
        yield event;
      }
    },
    heartbeatMs: 60_000,
    stallMs: 20,
    signals: [],
    ended: () => {
      ended += 1;
    },
  });
  const reader = stream.getReader();
  await reader.read();
  await reader.read();
  await settle();
  assert.ok(taken <= 2, `took ${taken}`);
  await new Promise((resolve) => setTimeout(resolve, 40));
  await assert.rejects(reader.read(), /does not read/);
  assert.deepEqual([service.watching(), ended], [0, 1]);
});

Deno.test("a stream that nobody reads starts nothing", async () => {
  const service = serviceDouble();
  const run = service.add("running");
  const stop = new AbortController();
  eventStream({
    watch: (signal) => service.watch(run, { signal }),
    heartbeatMs: 1,
    stallMs: 1,
    signals: [stop.signal],
    ended() {},
  });
  await settle();
  assert.equal(service.watching(), 0);
});

Deno.test("a fault of the watcher breaks the stream instead of ending it as if all had been said", async () => {
  let ended = 0;
  const stream = eventStream({
    // deno-lint-ignore require-yield
    watch: async function* () {
      throw new Error("the ledger is broken");
    },
    heartbeatMs: 60_000,
    stallMs: 60_000,
    signals: [],
    ended: () => {
      ended += 1;
    },
  });
  const reader = stream.getReader();
  await reader.read();
  await assert.rejects(reader.read(), /ledger is broken/);
  assert.equal(ended, 1);
});
