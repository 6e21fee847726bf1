import assert from "node:assert/strict";
import type { Event, Json } from "../../specs/mod.ts";
import { memoryBlobs } from "../blobs.ts";
import { systemClock } from "../clock.ts";
import { createEngine } from "../engine.ts";
import { isChained } from "../envelope.ts";
import { GENESIS } from "../genesis.ts";
import { randomIds } from "../ids.ts";
import type { Engine, PhaseHandler } from "../port.ts";
import { openKvStore } from "../store/deno_kv.ts";
import { groupCommit } from "../store/group_commit.ts";
import type { Store } from "../store/port.ts";
import { simulatedBackend } from "../store/simulated.ts";
import { type Mortal, mortal } from "./mortal.ts";
import { decision } from "./program.ts";
import { flow, USER } from "./stage.ts";

const STEPS = 5;
const clock = systemClock();

const workflow = flow(
  Object.fromEntries(
    Array.from({ length: STEPS }, (_, i) => [`s${i}`, {
      ok: { to: i + 1 < STEPS ? `s${i + 1}` : "@completed", gated: i % 2 === 0 },
    }]),
  ),
  { seals: true },
);

/** What is outside of the kernel and outlives every process. */
interface Outside {
  rows: Map<string, Json>;
  acts: string[];
  starts: string[];
  seals: string[];
}

function engineOf(
  life: Mortal,
  out: Outside,
  worker: string,
  dead: ReadonlySet<string>,
  blobs = memoryBlobs(),
): Engine {
  const step: PhaseHandler = async (ctx) => {
    out.starts.push(ctx.idempotencyKey);
    const held = await ctx.budget.reserve("tokens", 10);
    assert.ok(held.ok, "the budget ran out");
    await ctx.budget.commit(held.id, 1);
    ctx.progress("working");
    const index = Number(ctx.phase.slice(1));
    const before = index === 0 ? 0 : Number(ctx.outputs[`s${index - 1}`]);
    const effects = [1, 2].map((n) => ({
      key: `${ctx.run}/${ctx.phase}/${n}`,
      kind: "row",
      args: { index, n },
    }));
    return { kind: "done", outcome: "ok", output: before * 2 + 1, effects };
  };
  return createEngine({
    store: life.store,
    clock: life.clock,
    ids: randomIds(clock),
    blobs,
    worker,
    isOwnerGone: (name) => Promise.resolve(dead.has(name)),
    handlers: Object.fromEntries(Array.from({ length: STEPS }, (_, i) => [`s${i}`, step])),
    effects: {
      row: {
        look: (key) =>
          Promise.resolve(
            out.rows.has(key) ? { found: true, outcome: out.rows.get(key) ?? null } : { found: false },
          ),
        act: (key, args) => {
          out.acts.push(key);
          out.rows.set(key, args);
          return Promise.resolve(args);
        },
      },
    },
    judge: (input) => Promise.resolve(decision(input, "allow")),
    seal: (view, status) => {
      out.seals.push(status);
      return Promise.resolve({ id: `ev_${view.run}`, digest: `sha256:${view.head.hash}`, path: "/evidence" });
    },
  });
}

/** One run whose process dies at a commit, and a second process that takes over. */
async function live(store: Store, at: number, when: "before" | "after") {
  const out: Outside = { rows: new Map(), acts: [], starts: [], seals: [] };
  const dead = new Set<string>();
  const first = mortal(store, clock, at, when);
  const engine = engineOf(first, out, "first", dead);
  await engine.start();
  const submission = {
    workflow,
    input: null,
    actor: USER,
    idempotencyKey: `run-${at}-${when}`,
    limits: { tokens: 500 },
  };
  let ended = false;
  const ending = engine.submit(submission).then(({ run }) => engine.settled(run)).then(() => ended = true);
  while (!ended && !first.isDead()) await clock.sleep(1);
  void ending;
  if (!first.isDead()) {
    await engine.stop();
    return { died: false, out, run: (await engine.submit(submission)).run, engine };
  }
  dead.add("first");
  const second = engineOf(mortal(store, clock, Infinity, "after"), out, "second", dead);
  const began = clock.now();
  await second.start();
  // Whoever got no answer asks again, with the same key.
  const { run } = await second.submit(submission);
  await second.settled(run, AbortSignal.timeout(20_000));
  const tookMs = clock.now() - began;
  await second.stop();
  return { died: true, out, run, engine: second, tookMs };
}

const kinds = (events: readonly Event[]) =>
  events.filter((event) => event.type !== "phase.progress" && !event.type.startsWith("budget.")).map((
    event,
  ) =>
    event.type === "phase.finished" ? `finished ${event.payload.phase} ${event.payload.output}` : event.type
  );

async function crashAtEveryCommit(open: () => Promise<Store>): Promise<void> {
  const store = await open();
  const calm = await live(store, Infinity, "after");
  const expected = kinds(await calm.engine.events(calm.run));
  assert.equal(calm.out.acts.length, 2 * STEPS);
  let points = 0;
  for (const when of ["before", "after"] as const) {
    for (let at = 1;; at++) {
      const { died, out, run, engine, tookMs } = await live(store, at, when);
      if (!died) break;
      points++;
      const where = `died ${when} commit ${at}`;
      const view = await engine.view(run);
      assert.equal(view?.status, "completed", where);
      const events = await engine.events(run, { limit: 10_000 });
      assert.deepEqual(kinds(events), expected, where);
      let prevHash = GENESIS;
      events.forEach((event, i) => {
        assert.equal(event.seq, i + 1, where);
        assert.ok(isChained(event, prevHash), where);
        prevHash = event.hash;
      });
      assert.equal(view?.outputs.s4, 31, where);
      assert.deepEqual(view?.budget.tokens?.reserved, 0, where);
      // Each effect once: what was acted before the crash was found after it.
      assert.equal(out.acts.length, 2 * STEPS, where);
      assert.equal(new Set(out.acts).size, 2 * STEPS, where);
      // A step runs again only when it was in flight.
      assert.ok(out.starts.length <= STEPS + 1, `${where}: ${out.starts.length} starts`);
      assert.equal(view?.evidence?.status, "completed", where);
      // Its lease did not have to run out.
      assert.ok((tookMs ?? 0) < 3_500, `${where}: took ${tookMs} ms`);
    }
  }
  assert.ok(points >= 40, `only ${points} points were tried`);
  await store.close();
}

// req: N2-05 N2-06 N2-07 N2-08
Deno.test("a crash before or after any commit of a run changes nothing of its result (simulated store)", async () => {
  const backend = simulatedBackend();
  await crashAtEveryCommit(() => Promise.resolve(backend.open()));
});

Deno.test("a crash before or after any commit of a run changes nothing of its result (Deno KV)", async () => {
  await crashAtEveryCommit(() => openKvStore(":memory:"));
});

Deno.test("a crash before or after any commit of a run changes nothing of its result (group commit on Deno KV)", async () => {
  await crashAtEveryCommit(async () => groupCommit(await openKvStore(":memory:")));
});
