import assert from "node:assert/strict";
import fc from "fast-check";
import { Event, type EventBody } from "../specs/mod.ts";
import { fakeClock } from "./clock.ts";
import { EventRefused, isChained } from "./envelope.ts";
import { GENESIS } from "./genesis.ts";
import { fold } from "./fold.ts";
import { randomIds } from "./ids.ts";
import { keys } from "./keys.ts";
import { ledger } from "./ledger.ts";
import { draftOn } from "./run_record.ts";
import type { RunFold } from "./state.ts";
import { simulatedBackend, type SimulatedFaults } from "./store/simulated.ts";
import { flow, USER } from "./tests/stage.ts";

const RUN = "run_0000000000";

function book(faults?: SimulatedFaults) {
  const backend = simulatedBackend();
  const clock = fakeClock();
  const open = (withFaults?: SimulatedFaults) =>
    ledger({
      store: backend.open(withFaults),
      clock: { ...clock, sleep: () => Promise.resolve() },
      ids: randomIds(clock),
    });
  return { backend, clock, open, it: open(faults) };
}

const accepted: EventBody = {
  type: "run.accepted",
  v: 1,
  payload: {
    workflow: flow({ a: { ok: "@completed" } }),
    input: { q: 1 },
    title: "",
    limits: { tokens: 100 },
  },
};
const entered: EventBody = { type: "phase.entered", v: 1, payload: { phase: "a", visit: 1 } };
const progress = (message: string): EventBody => ({
  type: "phase.progress",
  v: 1,
  payload: { phase: "a", message },
});
const signal = (id: string, text: string): EventBody => ({
  type: "signal.received",
  v: 1,
  payload: { id, name: "s", payload: text },
});

type Book = ReturnType<typeof ledger>;

async function headOf(it: Book): Promise<{ seq: number; hash: string } | null> {
  const record = await it.load(RUN);
  return record === null ? null : { seq: record.state.seq, hash: record.state.hash };
}

async function add(it: Book, ...bodies: EventBody[]): Promise<void> {
  const outcome = await it.append(RUN, await headOf(it), bodies, USER);
  assert.ok(outcome.ok);
}

// req: N3-01 N3-04 N3-05
Deno.test("text beyond ASCII comes back as it was, commit after commit", async () => {
  const { it, open } = book();
  const texts = ["grün", "plain", "日本語 \u2028 \n", "😀".repeat(40), "plain again"];
  let draft = it.extend(it.begin(RUN, accepted, USER), [entered], USER);
  for (const text of texts) {
    const outcome = await it.commit(draft, { kind: "keep" });
    assert.ok(outcome.ok);
    draft = it.extend(draftOn(outcome.record), [progress(text)], USER);
  }
  assert.ok((await it.commit(draft, { kind: "keep" })).ok);
  const messages = (await open().events(RUN)).flatMap((event) =>
    event.type === "phase.progress" ? [event.payload.message] : []
  );
  assert.deepEqual(messages, texts);
  assert.equal((await open().load(RUN))?.state.seq, 2 + texts.length);
});

Deno.test("events are numbered, have a parent, and each hash covers the one before", async () => {
  const { it } = book();
  await add(it, accepted, entered);
  await add(it, progress("one"));
  const events = await it.events(RUN);
  let prevHash = GENESIS;
  let parent: string | null = null;
  for (const [i, event] of events.entries()) {
    assert.equal(event.seq, i + 1);
    assert.equal(event.parent, parent);
    assert.ok(isChained(event, prevHash));
    assert.ok(Event.safeParse(event).success);
    assert.deepEqual(event.actor, USER);
    ({ hash: prevHash, id: parent } = event);
  }
  assert.deepEqual(events.map((e) => e.phase), [undefined, "a", "a"]);
});

Deno.test("a change of any field of any event is seen", async () => {
  const { it } = book();
  await add(it, accepted, entered, progress("one"));
  for (const event of await it.events(RUN)) {
    const changed: Record<string, unknown>[] = [
      { at: "2020-01-01T00:00:00.000Z" },
      { actor: { kind: "user", id: "other" } },
      { seq: event.seq + 1 },
      { parent: "x" },
      { phase: "b" },
      { payload: { ...event.payload, extra: 1 } },
    ];
    for (const change of changed) assert.ok(!isChained({ ...event, ...change } as Event, event.prevHash));
    assert.ok(!isChained(event, "f".repeat(64)));
  }
});

// req: N3-01 N3-02
Deno.test("append needs the head that it was made for", async () => {
  const { it } = book();
  const first = await it.append(RUN, null, [accepted], USER);
  assert.ok(first.ok);
  assert.deepEqual(await it.append(RUN, null, [entered], USER), { ok: false });
  assert.deepEqual(await it.append(RUN, { ...first.head, hash: GENESIS }, [entered], USER), { ok: false });
  const outcomes = await Promise.all(
    [1, 2, 3].map((i) => it.append(RUN, first.head, [progress(`${i}`)], USER)),
  );
  assert.equal(outcomes.filter((outcome) => outcome.ok).length, 1);
  assert.equal((await it.events(RUN)).length, 2);
});

// req: N3-03
Deno.test("an event without its form is refused, and nothing of its commit is written", async () => {
  const { it } = book();
  await add(it, accepted);
  const wrong = [
    { type: "phase.entered", v: 1, payload: { phase: "a", visit: 0 } },
    { type: "phase.entered", v: 2, payload: { phase: "a", visit: 1 } },
    { type: "phase.entered", v: 1, payload: { phase: "a", visit: 1, more: true } },
    { type: "made.up", v: 1, payload: {} },
    { type: "toString", v: 1, payload: {} },
  ];
  for (const body of wrong) {
    await assert.rejects(add(it, progress("good"), body as unknown as EventBody), EventRefused);
  }
  assert.equal((await it.events(RUN)).length, 1);
});

// req: N1-10
Deno.test("an event that is too big is refused and says to use a blob", async () => {
  const { it } = book();
  await add(it, accepted);
  for (const text of ["x".repeat(58_000), "日".repeat(19_400)]) {
    await assert.rejects(add(it, signal("s", text)), /at most 58000 bytes.*blob/);
  }
  await add(it, signal("s", "x".repeat(57_000)), signal("t", "日".repeat(18_900)));
  assert.equal((await it.events(RUN)).length, 3);
});

// req: N3-06
Deno.test("state and events are the same, however long the history and big the events", async () => {
  const { it, open } = book();
  await add(it, accepted, entered);
  let state: RunFold | null = null;
  for (let i = 0; i < 60; i++) {
    const size = [10, 400, 2_000, 9_000, 40_000][i % 5] ?? 0;
    await add(it, signal(`s${i}`, `${i} ${"ü".repeat(size / 2)}`), progress(`p${i}`));
    if (i % 3 === 0) await add(it, { type: "signal.consumed", v: 1, payload: { id: `s${i}` } });
  }
  const events = await it.events(RUN, { limit: 1_000 });
  assert.deepEqual(events.map((e) => e.seq), events.map((_, i) => i + 1));
  for (const event of events) state = fold(state, event, 0);
  const strip = (value: unknown) => JSON.parse(JSON.stringify(value, (key, v) => key === "bytes" ? 0 : v));
  assert.deepEqual(strip((await open().load(RUN))?.state), strip(state));
});

Deno.test("events are read from any place, in pages of any size", async () => {
  const { it } = book();
  await add(it, accepted, entered);
  for (let i = 0; i < 40; i++) await add(it, progress(`${i} ${"x".repeat(1_000)}`));
  const all = await it.events(RUN, { limit: 1_000 });
  assert.equal(all.length, 42);
  await fc.assert(
    fc.asyncProperty(fc.nat(45), fc.nat(50), async (after, limit) => {
      assert.deepEqual(await it.events(RUN, { after, limit }), all.slice(after, after + limit));
    }),
    { numRuns: 200 },
  );
  assert.deepEqual(await it.events("run_1111111111"), []);
});

// req: N2-18
Deno.test("a step writes one key, whatever the history: outputs and events before it are not written again", async () => {
  const { it, backend } = book();
  await add(it, accepted, entered);
  for (let i = 0; i < 200; i++) await add(it, progress(`${i} ${"x".repeat(500)}`));
  await add(it, signal("big", "y".repeat(50_000)));
  const before = new Map(backend.dump().map((entry) => [JSON.stringify(entry.key), entry.version]));
  await add(it, progress("one more"));
  const changed = backend.dump().filter((entry) => before.get(JSON.stringify(entry.key)) !== entry.version);
  assert.deepEqual(changed.map((entry) => entry.key.slice(0, 2)), [["kernel", "run"]]);
  for (const entry of changed) assert.ok((entry.value as Uint8Array).byteLength < 12_000);
});

Deno.test("a state that outgrows one value is kept in parts, and comes back whole", async () => {
  const { it, open, backend } = book();
  await add(it, accepted, entered);
  const id = (i: number) => `${i}-${"i".repeat(200)}`;
  await add(it, ...Array.from({ length: 150 }, (_, i) => signal(id(i), "v".repeat(300))));
  assert.ok(backend.dump().some((entry) => entry.key[1] === "part"));
  const state = (await open().load(RUN))?.state;
  assert.equal(state?.signals.length, 150);
  assert.equal(state?.signals[149]?.payload.value, "v".repeat(300));
  await add(
    it,
    ...Array.from(
      { length: 149 },
      (_, i): EventBody => ({ type: "signal.consumed", v: 1, payload: { id: id(i) } }),
    ),
  );
  assert.equal((await open().load(RUN))?.state.signals.length, 1);
});

Deno.test("a state that outgrows everything is refused, not cut", async () => {
  const { it } = book();
  await add(it, accepted, entered);
  const grow = async () => {
    for (let i = 0; i < 30; i++) {
      await add(
        it,
        ...Array.from({ length: 60 }, (_, j) => signal(`${i}-${j}-${"i".repeat(250)}`, "v".repeat(200))),
      );
    }
  };
  await assert.rejects(grow(), /Keep fewer open signals and effects/);
  const seq = (await headOf(it))?.seq ?? 0;
  assert.equal((await it.events(RUN, { limit: 10_000 })).length, seq);
});

Deno.test("a commit whose answer got lost is known to be written, and is not written twice", async () => {
  let lost = true;
  const { it } = book({
    after: (operation) => {
      if (operation.kind !== "commit" || !lost) return Promise.resolve();
      lost = false;
      return Promise.reject(new Error("connection reset"));
    },
  });
  await add(it, accepted);
  lost = true;
  await add(it, entered);
  assert.deepEqual((await it.events(RUN)).map((e) => e.type), ["run.accepted", "phase.entered"]);
});

Deno.test("a commit that the store refused to look at is tried again", async () => {
  let refusals = 3;
  const { it } = book({
    before: (operation) =>
      operation.kind === "commit" && refusals-- > 0
        ? Promise.reject(new Error("database is locked"))
        : Promise.resolve(),
  });
  await add(it, accepted);
  assert.equal((await it.events(RUN)).length, 1);
});

Deno.test("a commit whose answer got lost while another came in is told that it was not first", async () => {
  const { open, it: other } = book();
  await add(other, accepted);
  let lost = true;
  const it = open({
    before: async (operation) => {
      if (operation.kind !== "commit" || !lost) return;
      lost = false;
      await add(other, progress("somebody else"));
      throw new Error("connection reset");
    },
  });
  assert.deepEqual(await it.append(RUN, await headOf(it), [entered], USER), { ok: false });
  assert.deepEqual((await it.events(RUN)).map((e) => e.type), ["run.accepted", "phase.progress"]);
});

Deno.test("a store that never answers is reported, with the reason", async () => {
  const { it } = book({
    before: (op) => op.kind === "commit" ? Promise.reject(new Error("disk gone")) : Promise.resolve(),
  });
  await assert.rejects(add(it, accepted), (error: Error) => {
    assert.equal(error.name, "StoreFailed");
    assert.match((error.cause as Error).message, /disk gone/);
    return true;
  });
});

Deno.test("a run whose events are missing is not made up", async () => {
  const { it, backend, open } = book();
  await add(it, accepted, entered);
  for (let i = 0; i < 20; i++) await add(it, progress("x".repeat(900)));
  await backend.open().commit({ deletes: [keys.event(RUN, 1)] });
  await assert.rejects(open().load(RUN), /event 1 is missing/);
});
