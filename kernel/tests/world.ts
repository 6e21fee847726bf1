import { type FakeClock, fakeClock } from "../clock.ts";
import { createEngine } from "../engine.ts";
import { randomIds } from "../ids.ts";
import { memoryBlobs } from "../blobs.ts";
import type { Blobs, Clock, Engine, EngineOptions, Judge } from "../port.ts";
import { groupCommit } from "../store/group_commit.ts";
import type { Commit, Store } from "../store/port.ts";
import { type SimulatedBackend, simulatedBackend } from "../store/simulated.ts";
import { setImmediate } from "node:timers";

/** A source of numbers in [0, 1) that a seed decides: mulberry32. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** How badly the world treats its processes. Chances are per store operation. */
export interface Weather {
  latencyMs: number;
  /** The operation throws and has not happened. */
  refused: number;
  /** The operation happens and its answer is an error. */
  unheard: number;
  /** The process hangs for longer than a lease, as if stopped. */
  stalled: number;
  /** The process dies, before or after the operation. */
  crashed: number;
  /** A wake-up gets lost. */
  unwoken: number;
}

export const CALM: Weather = { latencyMs: 2, refused: 0, unheard: 0, stalled: 0, crashed: 0, unwoken: 0 };

/** One process of the simulated world. */
export interface Process {
  readonly name: string;
  readonly engine: Engine;
  readonly store: Store;
  readonly clock: Clock;
  isDead(): boolean;
  /** As kill -9: nothing of it goes on, nothing is let go. */
  kill(): void;
}

export interface World {
  readonly clock: FakeClock;
  readonly random: () => number;
  readonly backend: SimulatedBackend;
  readonly blobs: Blobs;
  weather: Weather;
  readonly errors: unknown[];
  /** Opens a process; what a worker's handlers share outside of the kernel belongs to the caller. */
  open(options: (own: { clock: Clock; isDead(): boolean }) => WorkerOptions): Process;
  /** A client that nothing happens to, for those who look. */
  readonly observer: Store;
  /** Lets time pass until `done` or for at most `ms`. Returns whether it was done. */
  run(done: () => boolean | Promise<boolean>, ms: number): Promise<boolean>;
}

export type WorkerOptions =
  & Pick<EngineOptions, "handlers" | "effects" | "seal">
  & Partial<EngineOptions>
  & { judge: Judge };

const never = <T>(): Promise<T> => new Promise<T>(() => {});

/** Everything that waits for nothing but others has run. */
function quiet(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A world of processes over one store, whose time, faults and order follow from a seed. */
export function world(seed: number, onCommit?: (commit: Commit) => void): World {
  const random = seeded(seed);
  const clock = fakeClock();
  const backend = simulatedBackend(onCommit);
  const dead = new Set<string>();
  const errors: unknown[] = [];
  let opened = 0;

  const self: World = {
    clock,
    random,
    backend,
    blobs: memoryBlobs(),
    weather: CALM,
    errors,
    observer: backend.open(),
    open(options) {
      const name = `w${opened++}`;
      const isDead = () => dead.has(name);
      // The clock of a dead process wakes nobody.
      const own: Clock = {
        now: () => clock.now(),
        async sleep(ms, signal) {
          if (isDead()) await never();
          try {
            await clock.sleep(ms, signal);
          } finally {
            if (isDead()) await never();
          }
        },
      };
      const hazard = async () => {
        if (isDead()) await never();
        const { weather } = self;
        const draw = random();
        if (draw < weather.crashed) {
          dead.add(name);
          await never();
        }
        const stalls = draw > 1 - weather.stalled;
        await own.sleep(stalls ? 4_500 + random() * 6_000 : random() * weather.latencyMs);
      };
      const client = backend.open({
        async before() {
          await hazard();
          if (random() < self.weather.refused) throw new Error("database is locked");
        },
        async after() {
          await hazard();
          if (random() < self.weather.unheard) throw new Error("connection reset");
        },
        losesWake: () => isDead() || random() < self.weather.unwoken,
      });
      const store = random() < 0.5 ? groupCommit(client) : client;
      const ids = randomIds(clock, (bytes) => {
        for (let i = 0; i < bytes.length; i++) bytes[i] = random() * 256;
      });
      const engine = createEngine({
        store,
        blobs: self.blobs,
        clock: own,
        ids,
        worker: name,
        random,
        isOwnerGone: (worker) => Promise.resolve(dead.has(worker)),
        onError: (error) => errors.push(error),
        ...options({ clock: own, isDead }),
      });
      return { name, engine, store, clock: own, isDead, kill: () => void dead.add(name) };
    },
    async run(done, ms) {
      const until = clock.steady() + ms;
      for (;;) {
        await quiet();
        if (await done()) return true;
        const next = clock.next();
        if (next === null || next > until) return false;
        clock.advance(next - clock.steady());
      }
    },
  };
  return self;
}
