/** What is kept of models in the store: how their work went, and which of them keep failing. */
import type { Key, Store } from "../../kernel/mod.ts";
import type { Json, TaskClass } from "../../specs/mod.ts";
import type { WorkOutcome } from "./learned.ts";
import { type Circuit, circuitKey, type Health } from "./health.ts";
import { type Outcome, outcomeKey, type Outcomes } from "./outcomes.ts";

export interface ModelRecords {
  outcomes(): Promise<Outcomes>;
  health(): Promise<Health>;
  addOutcome(model: string, task: TaskClass, passed: boolean): Promise<void>;
  /** Counts the outcomes of a run's ledger, each once however often it is told. */
  learn(run: string, outcomes: readonly WorkOutcome[]): Promise<void>;
  setCircuit(
    provider: string,
    model: string,
    change: (before: Circuit | undefined) => Circuit,
  ): Promise<void>;
  /** When a human last wanted everything asked anew; 0 when nobody did. */
  anew(): Promise<number>;
  askAnew(atMs: number): Promise<void>;
}

const ROOT = "models";
const MOST = 5_000;
/** Tries of a write that others keep getting ahead of. */
const TRIES = 50;

type ModelStore = Pick<Store, "get" | "getMany" | "list" | "commit">;

export function modelRecords(store: ModelStore): ModelRecords {
  return {
    async outcomes() {
      const found: Record<string, Outcome> = {};
      for (const { key, value } of await store.list({ prefix: [ROOT, "outcome"] }, MOST)) {
        found[outcomeKey(String(key[2]), key[3] as TaskClass)] = value as unknown as Outcome;
      }
      return found;
    },
    async health() {
      const found: Record<string, Circuit> = {};
      for (const { key, value } of await store.list({ prefix: [ROOT, "circuit"] }, MOST)) {
        found[circuitKey(String(key[2]), String(key[3]))] = value as unknown as Circuit;
      }
      return found;
    },
    addOutcome: (model, task, passed) =>
      change<Outcome>(store, [ROOT, "outcome", model, task], (before) => ({
        passed: (before?.passed ?? 0) + (passed ? 1 : 0),
        failed: (before?.failed ?? 0) + (passed ? 0 : 1),
      })),
    learn: (run, outcomes) => learn(store, run, outcomes),
    setCircuit: (provider, model, next) => change<Circuit>(store, [ROOT, "circuit", provider, model], next),
    async anew() {
      const { value } = await store.get([ROOT, "anew"]) ?? {};
      return typeof value === "number" ? value : 0;
    },
    askAnew: (atMs) => change<number>(store, [ROOT, "anew"], (before = 0) => Math.max(before, atMs)),
  };
}

async function change<T>(store: ModelStore, key: Key, next: (before: T | undefined) => T): Promise<void> {
  for (let tries = 0; tries < TRIES; tries++) {
    const entry = await store.get(key);
    const value = next(entry === null ? undefined : entry.value as unknown as T) as unknown as Json;
    const written = await store.commit({
      checks: [{ key, version: entry?.version ?? null }],
      sets: [{ key, value }],
    });
    if (written.ok) return;
  }
  throw new Error(`Cannot record ${key.join("/")}: ${TRIES} times somebody else wrote it first`);
}

/** The counts and how far the ledger was read, together or not at all. */
async function learn(store: ModelStore, run: string, outcomes: readonly WorkOutcome[]): Promise<void> {
  const marker: Key = [ROOT, "read", run];
  for (let tries = 0; tries < TRIES; tries++) {
    const read = await store.get(marker);
    const after = typeof read?.value === "number" ? read.value : 0;
    const fresh = outcomes.filter(({ seq }) => seq > after);
    if (fresh.length === 0) return;
    const counts = new Map<string, { key: Key; passed: number; failed: number }>();
    for (const { model, task, passed } of fresh) {
      const name = outcomeKey(model, task);
      const count = counts.get(name) ?? { key: [ROOT, "outcome", model, task], passed: 0, failed: 0 };
      counts.set(name, {
        ...count,
        passed: count.passed + (passed ? 1 : 0),
        failed: count.failed + (passed ? 0 : 1),
      });
    }
    const entries = await store.getMany([...counts.values()].map(({ key }) => key));
    const written = await store.commit({
      checks: [
        { key: marker, version: read?.version ?? null },
        ...[...counts.values()].map(({ key }, index) => ({ key, version: entries[index]?.version ?? null })),
      ],
      sets: [
        { key: marker, value: Math.max(...fresh.map(({ seq }) => seq)) },
        ...[...counts.values()].map(({ key, passed, failed }, index) => {
          const before = entries[index]?.value as unknown as Outcome | undefined;
          return {
            key,
            value: { passed: (before?.passed ?? 0) + passed, failed: (before?.failed ?? 0) + failed },
          };
        }),
      ],
    });
    if (written.ok) return;
  }
  throw new Error(`Cannot record the outcomes of ${run}: ${TRIES} times somebody else wrote them first`);
}
