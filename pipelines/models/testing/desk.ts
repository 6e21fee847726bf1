/** A desk for tests: providers that answer by a script, a meter that several askers share, records in memory. */
import type { ModelFailure, ModelProvider, ModelReply, ModelRequest } from "../../../connectors/mod.ts";
import { memoryBlobs, systemClock } from "../../../kernel/mod.ts";
import {
  err,
  type Json,
  type ModelEntry,
  type ModelRegistry,
  type ModelTrouble,
  type ModelUsage,
  ok,
  type Result,
} from "../../../specs/mod.ts";
import type { AskContext } from "../attempts.ts";
import { type DeskOptions, modelDesk } from "../desk.ts";
import type { Circuit } from "../health.ts";
import { circuitKey } from "../health.ts";
import { type Outcome, outcomeKey } from "../outcomes.ts";
import type { ModelRecords } from "../records.ts";

export const AT = "2026-11-23T12:00:00.000Z";
export const AT_MS = Date.parse(AT);

export const price = (input: number, output: number, more: Partial<ModelEntry["prices"][number]> = {}) => ({
  from: "2026-01-01T00:00:00.000Z",
  until: null,
  tiers: [{ abovePromptTokens: 0, input, output, cacheRead: null, cacheWrite5m: null, cacheWrite1h: null }],
  hours: [],
  source: "a page",
  readOn: "2026-11-22",
  ...more,
});

export function entry(id: string, more: Partial<ModelEntry> = {}): ModelEntry {
  return {
    id,
    aliases: [],
    provider: "one",
    family: "alpha",
    wire: "openai-chat",
    status: "active",
    contextTokens: 200_000,
    maxOutputTokens: 8_000,
    efforts: [],
    structuredOutput: "json-schema",
    tools: "parallel",
    locality: "hosted",
    openWeights: false,
    tokenFactor: 1,
    fit: {
      "thinking-heavy": 80,
      "execution": 80,
      "validation": 80,
      "large-context": 80,
      "cost-optimized": 80,
    },
    prices: [price(1, 2)],
    ...more,
  };
}

export const registryOf = (...models: ModelEntry[]): ModelRegistry => ({
  v: 1,
  updatedOn: "2026-11-22",
  models,
});

export const used = (input: number, output: number, more: Partial<ModelUsage> = {}): ModelUsage => ({
  input,
  output,
  cacheRead: 0,
  cacheWrite5m: 0,
  cacheWrite1h: 0,
  ...more,
});

type Scripted = Result<ModelReply, ModelFailure>;

export const says = (text: string, more: Partial<ModelReply> = {}): Scripted =>
  ok({
    text,
    calls: [],
    output: undefined,
    stop: "end",
    usage: used(10, 5),
    claimed: null,
    requestId: "req_1",
    recording: false,
    ...more,
  });

export const fails = (trouble: ModelTrouble, more: Partial<ModelFailure> = {}): Scripted =>
  err({
    trouble,
    failure: { class: "external", source: "provider", retryable: true, message: `it went wrong: ${trouble}` },
    ...more,
  });

export interface FakeProvider extends ModelProvider {
  readonly requests: ModelRequest[];
}

/** A provider that answers by a list, then by its last word; or by a function. */
export function fakeProvider(
  id: string,
  script: readonly Scripted[] | ((request: ModelRequest) => Scripted | Promise<Scripted>),
  available: ModelProvider["available"] = { ok: true, by: `${id.toUpperCase()}_KEY` },
): FakeProvider {
  const requests: ModelRequest[] = [];
  return {
    id,
    available,
    recording: false,
    requests,
    call(request) {
      requests.push(request);
      if (typeof script === "function") return Promise.resolve(script(request));
      const next = script[Math.min(requests.length, script.length) - 1];
      if (next === undefined) throw new Error(`The provider ${id} has nothing to say`);
      return Promise.resolve(next);
    },
  };
}

/** A meter as the kernel's, that any number of askers share; a crash leaves its reservations spent. */
export function meter(limits: Readonly<Record<string, number>>) {
  const spent: Record<string, number> = {};
  const open = new Map<string, { unit: string; amount: number }>();
  let made = 0;
  const reserved = (unit: string) =>
    [...open.values()].filter((one) => one.unit === unit).reduce((sum, one) => sum + one.amount, 0);
  const left = (unit: string) => Math.max(0, (limits[unit] ?? 0) - (spent[unit] ?? 0) - reserved(unit));
  const atOnce = {
    reserve(unit: string, amount: number) {
      assertWhole(amount);
      if (!(unit in limits) || amount > left(unit)) return { ok: false as const, left: left(unit) };
      const id = `rsv_${made++}`;
      open.set(id, { unit, amount });
      return { ok: true as const, id };
    },
    commit(id: string, actual: number) {
      assertWhole(actual);
      const held = open.get(id);
      if (held === undefined) throw new Error(`The reservation ${id} is not open`);
      open.delete(id);
      spent[held.unit] = (spent[held.unit] ?? 0) + actual;
    },
  };
  return {
    left,
    spent: (unit: string) => spent[unit] ?? 0,
    open: () => open.size,
    /** For one asker: a commit to the ledger takes a while, others go on, and who died meanwhile is fenced. */
    of: (alive: () => void) => ({
      left,
      async reserve(unit: string, amount: number) {
        await Promise.resolve();
        alive();
        return atOnce.reserve(unit, amount);
      },
      async commit(id: string, actual: number) {
        await Promise.resolve();
        alive();
        atOnce.commit(id, actual);
      },
    }),
    reserve: (unit: string, amount: number) => Promise.resolve().then(() => atOnce.reserve(unit, amount)),
    commit: (id: string, actual: number) => Promise.resolve().then(() => atOnce.commit(id, actual)),
    /** What the kernel does with reservations of an attempt that died. */
    crash(): void {
      for (const { unit, amount } of open.values()) spent[unit] = (spent[unit] ?? 0) + amount;
      open.clear();
    },
  };
}

function assertWhole(amount: number): void {
  if (!Number.isSafeInteger(amount) || amount < 0) throw new RangeError(`${amount} is no whole amount`);
}

/** A context whose clock sleeps at once and adds the time. */
export function context(
  budget: AskContext["budget"],
  more: Partial<AskContext> = {},
): AskContext & { events: { message: string; data: Json | undefined }[]; slept: number[] } {
  const events: { message: string; data: Json | undefined }[] = [];
  const slept: number[] = [];
  let now = AT_MS;
  let made = 0;
  return {
    run: "run_00000001",
    budget,
    abort: new AbortController().signal,
    clock: {
      ...systemClock(),
      now: () => now,
      sleep: async (ms) => {
        slept.push(ms);
        now += ms;
        await Promise.resolve();
      },
    },
    ids: { uuid: () => `uuid-${made++}`, make: (prefix) => `${prefix}_${made++}` },
    progress: (message, data) => void events.push({ message, data }),
    blobs: memoryBlobs(),
    events,
    slept,
    ...more,
  };
}

export function memoryRecords(): ModelRecords & {
  circuits: Record<string, Circuit>;
  told: Record<string, Outcome>;
} {
  const circuits: Record<string, Circuit> = {};
  const told: Record<string, Outcome> = {};
  let anewMs = 0;
  return {
    circuits,
    told,
    health: async () => ({ ...circuits }),
    outcomes: async () => ({ ...told }),
    async addOutcome(model, task, passed) {
      const before = told[outcomeKey(model, task)] ?? { passed: 0, failed: 0 };
      told[outcomeKey(model, task)] = passed
        ? { ...before, passed: before.passed + 1 }
        : { ...before, failed: before.failed + 1 };
    },
    async learn() {},
    anew: async () => anewMs,
    async askAnew(atMs) {
      anewMs = Math.max(anewMs, atMs);
    },
    async setCircuit(provider, model, change) {
      circuits[circuitKey(provider, model)] = change(circuits[circuitKey(provider, model)]);
    },
  };
}

export function testDesk(
  registry: ModelRegistry,
  providers: readonly ModelProvider[],
  more: Partial<DeskOptions> & { allow?: readonly string[]; local?: readonly string[] } = {},
) {
  const records = memoryRecords();
  const { allow, local = [], ...options } = more;
  return {
    records,
    desk: modelDesk({
      source: async () => ({ registry, providers, local, ...(allow === undefined ? {} : { allow }) }),
      records,
      redact: async () => (text) => text,
      now: () => AT_MS,
      random: () => 0.5,
      ...options,
    }),
  };
}
