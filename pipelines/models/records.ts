/** What is kept of models in the store: how their work went, and which of them keep failing. */
import type { Key, Store } from "../../kernel/mod.ts";
import type { Json, TaskClass } from "../../specs/mod.ts";
import { type Circuit, circuitKey, type Health } from "./health.ts";
import { type Outcome, outcomeKey, type Outcomes } from "./outcomes.ts";

export interface ModelRecords {
  outcomes(): Promise<Outcomes>;
  health(): Promise<Health>;
  addOutcome(model: string, task: TaskClass, passed: boolean): Promise<void>;
  setCircuit(
    provider: string,
    model: string,
    change: (before: Circuit | undefined) => Circuit,
  ): Promise<void>;
}

const ROOT = "models";
const MOST = 5_000;
/** Tries of a write that others keep getting ahead of. */
const TRIES = 50;

type ModelStore = Pick<Store, "get" | "list" | "commit">;

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
    setCircuit: (provider, model, next) => change<Circuit>(store, [ROOT, "circuit", provider, model], next),
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
