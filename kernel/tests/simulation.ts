import assert from "node:assert/strict";
import { ledger } from "../ledger.ts";
import { randomIds } from "../ids.ts";
import type { ControlAction } from "../port.ts";
import { isFinal } from "../state.ts";
import { auditRun, auditStore, type RunStory } from "./auditor.ts";
import { outside, type Program, randomProgram, workerOptions } from "./program.ts";
import { CALM, type Process, type Weather, world } from "./world.ts";

const ACTOR = { kind: "user", id: "simulation" } as const;
/** Timers follow the wall clock: one that was set back by ten minutes makes them ten minutes late. */
const LIMIT_MS = 1_500_000;

/** What a seed made happen, for the sum over many. */
export interface Tally {
  runs: number;
  crashes: number;
  events: number;
  claims: number;
  conflicts: number;
  statuses: Record<string, number>;
}

/**
 * One seeded life: random programs over two processes and a failing store, people who signal, cancel, pause and answer, and an
 * auditor at the end. Throws when anything is not as it must be.
 */
export async function simulate(seed: number, onStory?: (story: string) => void): Promise<Tally> {
  // Steps whose completion is in the store, whoever has heard of it.
  const committed = new Set<string>();
  const w = world(seed, (commit) => {
    for (const { key, value } of commit.sets ?? []) {
      if (key[1] !== "run" && key[1] !== "event") continue;
      const text = value instanceof Uint8Array ? new TextDecoder().decode(value) : String(value);
      noteFinished(String(key[2]), text, committed);
    }
  });
  const { random, clock } = w;
  const out = outside();
  const programs = new Map<string, Program>();
  for (let i = 0; i < 3; i++) {
    const program = randomProgram(random, `program-${i}`);
    programs.set(program.name, program);
  }
  const rough: Weather = {
    latencyMs: random() < 0.5 ? 3 : 30,
    refused: random() < 0.5 ? 0.02 : 0,
    unheard: random() < 0.5 ? 0.02 : 0,
    stalled: random() < 0.3 ? 0.01 : 0,
    crashed: random() < 0.7 ? 0.003 : 0,
    unwoken: random() < 0.5 ? 0.5 : 0,
  };
  let jumped = false;
  const book = ledger({ store: w.observer, clock, ids: randomIds(clock, (b) => void b.fill(7)) });

  const violations: string[] = [];
  // A step whose completion is in the ledger never starts again: looked at when a handler starts.
  out.onStart = (run, phase, visit) => {
    const key = `${run}/${phase}/${visit}`;
    // Not thrown: the engine would take it for a failure of the handler.
    if (committed.has(key)) violations.push(`I2: ${key} started again after its commit`);
  };
  w.weather = rough;
  const processes: Process[] = [];
  let crashes = 0;
  const open = () => {
    const process = w.open((own) => workerOptions(w, out, programs, own));
    processes.push(process);
    void process.engine.start();
  };
  open();
  open();
  const alive = () => processes.filter((p) => !p.isDead());

  /** Asks a process that lives; another one when no answer comes. */
  async function ask<T>(question: (process: Process) => Promise<T>): Promise<T> {
    for (;;) {
      const living = alive();
      const process = living[Math.floor(random() * living.length)];
      if (process !== undefined) {
        const answer = await Promise.race([
          question(process).then((value) => ({ value }), () => null),
          clock.sleep(15_000).then(() => null),
        ]);
        if (answer !== null) return answer.value;
      }
      await clock.sleep(100);
    }
  }

  const stories: RunStory[] = [];
  let people = 0;
  const person = (act: () => Promise<void>) => {
    people++;
    void act().finally(() => people--);
  };

  async function live(index: number): Promise<void> {
    await clock.sleep(random() * 2_000);
    const program = programs.get(`program-${Math.floor(random() * programs.size)}`) as Program;
    const { run } = await ask((p) =>
      p.engine.submit({
        workflow: program.workflow,
        input: { program: program.name },
        actor: ACTOR,
        idempotencyKey: `submission-${index}`,
        limits: { tokens: 1_000, ms: 10_000_000 },
      })
    );
    const story: RunStory = {
      run,
      program,
      signals: new Set(),
      cancelled: false,
      rejected: false,
      paused: false,
    };
    stories.push(story);
    const control = (action: ControlAction) => ask((p) => p.engine.control(run, action, ACTOR));
    program.commands.forEach((command, i) => {
      if (command.kind !== "signal") return;
      person(async () => {
        // Often before anybody waits for it.
        await clock.sleep(random() * 8_000);
        const id = `${run}-p${i}`;
        const tell = async () => {
          const told = await ask((p) => p.engine.signal(run, `go-p${i}`, { i }, ACTOR, id));
          if (told.ok) story.signals.add(id);
        };
        // Sometimes by two at once.
        await Promise.all(random() < 0.3 ? [tell(), tell()] : [tell()]);
      });
    });
    if (random() < 0.15) {
      person(async () => {
        await clock.sleep(random() * 10_000);
        story.cancelled = true;
        await control({ action: "cancel" });
      });
    }
    if (random() < 0.2) {
      person(async () => {
        await clock.sleep(random() * 4_000);
        await control({ action: "pause" });
        await clock.sleep(random() * 4_000);
        await control({ action: "resume" });
      });
    }
    person(async () => {
      for (;;) {
        await clock.sleep(500);
        const view = await ask((p) => p.engine.view(run));
        if (view === null) throw new Error(`${run} is not there`);
        if (view.status === "escalated") {
          const reject = random() < 0.2;
          if (reject) story.rejected = true;
          await control({ action: "answer", choice: reject ? "reject" : "approve" });
        } else if (view.status === "paused" && w.weather.latencyMs === CALM.latencyMs) {
          // A pause that nobody heard of any more came through late.
          await control({ action: "resume" });
        } else if (["completed", "denied", "failed", "cancelled"].includes(view.status)) return;
      }
    });
  }

  const submissions = 1 + Math.floor(random() * 4);
  let living = submissions;
  for (let i = 0; i < submissions; i++) person(() => live(i).finally(() => living--));
  if (random() < 0.2) {
    person(async () => {
      await clock.sleep(random() * 5_000);
      jumped = true;
      clock.jump((random() - 0.5) * 1_200_000);
    });
  }
  // The landlord: opens a new process for each that died, and after a while lets the weather clear up.
  person(async () => {
    const until = clock.steady() + 20_000;
    while (clock.steady() < until) {
      await clock.sleep(random() * 2_000);
      while (alive().length < 2) {
        crashes++;
        open();
      }
    }
    w.weather = { ...CALM };
    while (alive().length < 2) {
      crashes++;
      open();
    }
  });

  const ended = async () => {
    if (living > 0 || people > 0) return false;
    const records = await Promise.all(stories.map(({ run }) => book.load(run)));
    return records.every((record) => record !== null && isFinal(record.state));
  };
  const done = await w.run(ended, LIMIT_MS);
  if (!done) {
    const stuck: string[] = [];
    for (const { run } of stories) {
      const record = await book.load(run);
      if (record !== null && isFinal(record.state)) continue;
      const events = await book.events(run, { limit: 10_000 });
      stuck.push(
        `${run}: ${JSON.stringify(record?.state.stage)} owner ${record?.owner} due ${record?.dueMs}\n` +
          events.map((e) => `  ${e.seq} ${e.at} ${e.type} ${JSON.stringify(e.payload).slice(0, 160)}`).join(
            "\n",
          ),
      );
    }
    assert.fail(
      `I1: not everything ended within ${LIMIT_MS} ms (living ${living}, people ${people})\n${
        stuck.join("\n")
      }`,
    );
  }
  const tally: Tally = { runs: stories.length, crashes, events: 0, claims: 0, conflicts: 0, statuses: {} };
  let finished = 0;
  for (const story of stories) {
    const events = await book.events(story.run, { limit: 100_000 });
    onStory?.(
      events.map((e) => `${e.seq} ${e.at} ${e.type} ${JSON.stringify(e.payload).slice(0, 200)}`).join("\n"),
    );
    auditRun(events, story, out, { jumped, overlaps: jumped || rough.stalled > 0 });
    tally.events += events.length;
    finished += events.filter((e) => e.type === "phase.finished").length;
    const status = (await book.load(story.run))?.state.stage;
    const name = status?.at === "ended" ? status.status : "?";
    tally.statuses[name] = (tally.statuses[name] ?? 0) + 1;
  }
  assert.equal(committed.size, finished, "the watch over committed steps has gaps");
  // Whoever was about to let go has done so.
  await w.run(() => false, 12_000);
  await auditStore(w.backend, book, stories.map((s) => s.run));
  for (const process of alive()) {
    const metrics = process.engine.metrics();
    tally.claims += metrics.claimed ?? 0;
    tally.conflicts += metrics.conflicts ?? 0;
  }
  assert.ok(tally.conflicts < 2_000, `${tally.conflicts} conflicts: somebody goes in circles`);
  assert.deepEqual(violations, []);
  const bugs = w.errors.filter((error) => !isExpected(error));
  assert.deepEqual(bugs, [], "errors that no fault explains");
  for (const process of processes) process.kill();
  return tally;
}

/** What a driver may meet in such weather: a store that refuses for longer than anybody waits. */
function isExpected(error: unknown): boolean {
  return error instanceof Error && /database is locked|connection reset/.test(error.message);
}

const FINISHED = /"phase":"([^"]+)","visit":(\d+)},"phase":"[^"]+","type":"phase.finished"/g;

/** Finished steps among a run's events that are written. */
function noteFinished(run: string, text: string, committed: Set<string>): void {
  for (const [, phase, visit] of text.matchAll(FINISHED)) committed.add(`${run}/${phase}/${visit}`);
}
