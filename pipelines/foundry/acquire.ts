import { join } from "node:path";
import { z } from "zod";
import { DataFailure, type Sink } from "../../connectors/data/mod.ts";
import type { PhaseContext, PhaseHandler } from "../../kernel/mod.ts";
import type { Row } from "../../specs/foundry/mod.ts";
import { readBytes } from "../blob_reads.ts";
import { holdsCredential } from "./credential_scan.ts";
import { Checkpoint, freshCheckpoint, ownRequests, readCheckpoint } from "./checkpoint.ts";
import { functionsOf } from "./code.ts";
import { contractCheck } from "./contract.ts";
import { knownCanaries, knownCredentials } from "./credentials.ts";
import { type Asked, readAsked } from "./input.ts";
import { openSinks, Plan, planOf, streamOf, type Unit } from "./plan.ts";
import { eachOnce } from "./fan_out.ts";
import { readParsed } from "./parsed.ts";
import type { FoundryPorts } from "./ports.ts";
import { readUnit } from "./read_unit.ts";
import type { Parents, Reading } from "./reading.ts";
import { lookupIn } from "./lookup.ts";
import { queriesOf } from "./query.ts";
import { quarantineSource, rawSource, sourceOf } from "./sources.ts";
import { dropThread, prepareThread } from "./spare_thread.ts";
import { stagedRows } from "./staging.ts";
import { failureOf } from "./failures.ts";

/** Reads the state of the sinks and fixes what this run will read: durable before the first request. */
export function resolve(ports: FoundryPorts): PhaseHandler {
  return async (ctx) => {
    const asked = await readAsked(ctx.blobs, ctx.input);
    await prepareThread(ports, asked, ctx.run);
    const planted = await plantedIn(ports, asked);
    if (planted !== null) return { kind: "failed", failure: failureOf(planted, new Set()) };
    const secrets = knownCredentials(ports, asked);
    await ports.records.runs.put(asked.pipeline.id, ctx.run, asked.input.startedAt);
    try {
      const units = await planOf(ports, asked);
      const plan = await ctx.blobs.put(JSON.stringify(units));
      ctx.progress(`${units.length} loads, ${asked.input.mode}`);
      return { kind: "done", outcome: "resolved", output: { plan, units: units.length } };
    } catch (error) {
      if (!(error instanceof DataFailure)) throw error;
      return { kind: "failed", failure: failureOf(error, secrets) };
    }
  };
}

/** A canary in what the evidence would repeat: the definition, its source, its code. Or one that cannot be used. */
async function plantedIn(ports: FoundryPorts, asked: Asked): Promise<DataFailure | null> {
  let canaries: ReadonlySet<string>;
  try {
    canaries = knownCanaries(ports, asked);
  } catch (error) {
    if (error instanceof DataFailure) return error;
    throw error;
  }
  if (canaries.size === 0) return null;
  const { definition, source, code, params } = asked.input;
  const texts = [JSON.stringify(params)];
  for (const digest of [definition, source, ...code.map((one) => one.digest)]) {
    texts.push(new TextDecoder().decode(await readBytes(ports.blobs, digest)));
  }
  return texts.some((text) => holdsCredential(text, canaries))
    ? new DataFailure(
      "refused",
      "A canary of the environment stands in the pipeline's definition, its parameters or its code",
      "Find out who wrote it there, and from where; then plant another one",
    )
    : null;
}

export async function planned(ctx: Pick<PhaseContext, "blobs" | "outputs">): Promise<Unit[]> {
  const output = ctx.outputs.resolve as { plan?: string } | undefined;
  if (output?.plan === undefined) throw new Error("Cannot go on: the run has no plan");
  return await readParsed(ctx.blobs, output.plan, Plan);
}

export function unitDir(ports: FoundryPorts, run: string, unit: Pick<Unit, "id">): string {
  return join(ports.room(run), unit.id);
}

/** Connectors whose sources may change under a continuation of another run. */
const LOCAL = new Set(["file", "excel", "singer", "sql"]);

/** Reads every stream into staging; parents before children, so many at once as the pipeline says. */
export function acquire(ports: FoundryPorts): PhaseHandler {
  return async (ctx) => {
    const asked = await readAsked(ctx.blobs, ctx.input);
    const units = await planned(ctx);
    const sinks = openSinks(ports, asked);
    try {
      const reading = await readingOf(ports, asked, ctx, units, (name) => sinks.get(name));
      const ends = await readAll(reading, units, asked, (name) => sinks.get(name));
      const waits = ends.filter(({ checkpoint }) => checkpoint.end?.status === "parked");
      if (waits.length > 0) {
        const untilMs = Math.min(
          ...waits.map(({ checkpoint }) => checkpoint.end?.failure?.untilMs ?? ctx.clock.now() + 60_000),
        );
        const [first] = waits;
        return {
          kind: "park",
          reason: `${first?.unit.id}: ${first?.checkpoint.end?.reason ?? "waits for a quota"}`,
          untilMs,
        };
      }
      await spent(ctx, ends.map(({ checkpoint }) => checkpoint));
      const results = await ctx.blobs.put(
        JSON.stringify(ends.map(({ unit, checkpoint }) => ({ unit: unit.id, checkpoint }))),
      );
      return { kind: "done", outcome: "acquired", output: { results } };
    } catch (error) {
      dropThread();
      throw error;
    } finally {
      await sinks.close();
    }
  };
}

/** What was used goes into the ledger's budget, where it has a limit. */
async function spent(ctx: PhaseContext, ends: readonly Checkpoint[]): Promise<void> {
  const used: Record<string, number> = {
    requests: ends.reduce((sum, checkpoint) => sum + ownRequests(checkpoint).made, 0),
    bytes: ends.reduce((sum, { bytes }) => sum + bytes, 0),
  };
  for (const [unit, amount] of Object.entries(used)) {
    if (amount === 0 || !Number.isFinite(ctx.budget.left(unit)) || ctx.budget.left(unit) <= 0) continue;
    const reserved = await ctx.budget.reserve(unit, Math.min(amount, ctx.budget.left(unit)));
    if (reserved.ok) await ctx.budget.commit(reserved.id, amount);
  }
}

async function readingOf(
  ports: FoundryPorts,
  asked: Asked,
  ctx: PhaseContext,
  units: readonly Unit[],
  sinkOf: (name: string) => Sink,
): Promise<Reading> {
  const { budget } = asked.pipeline;
  const total = { requests: 0, bytes: 0 };
  for (const unit of units) {
    const known = await readCheckpoint(unitDir(ports, ctx.run, unit));
    total.requests += known === null ? 0 : ownRequests(known).made;
    total.bytes += known?.bytes ?? 0;
  }
  let told = 0;
  return {
    ports,
    asked,
    run: ctx.run,
    abort: ctx.abort,
    personalKey: asked.pipeline.streams.some(({ pii }) => Object.keys(pii).length > 0)
      ? await ports.personalKey()
      : new Uint8Array(),
    secrets: knownCredentials(ports, asked),
    canaries: knownCanaries(ports, asked),
    lookup: (sink) => lookupIn(() => sinkOf(sink)),
    openFunction: functionsOf(ports, asked),
    linesAhead(unit, dir) {
      const { contract, primaryKey = [], write } = streamOf(asked.pipeline, unit.stream);
      const columns = contractCheck(contract, unit.state?.schema ?? null, null).end().schema;
      const { disposition } = unit;
      const key = disposition === "append" ? [] : primaryKey;
      return sinkOf(unit.sink).linesAhead?.({
        dir,
        table: unit.table,
        disposition,
        primaryKey: key,
        write,
        columns,
      }) ?? null;
    },
    query: queriesOf(asked.pipeline, sinkOf),
    progress(message) {
      // Watchers need no more than some lines a second, and each is durable.
      const now = performance.now();
      if (now - told < 500) return;
      told = now;
      ctx.progress(message);
    },
    spend(made) {
      total.requests += made.requests;
      total.bytes += made.bytes;
      for (const unit of ["requests", "bytes"] as const) {
        const limit = budget[unit];
        if (limit === undefined || total[unit] <= limit) continue;
        throw new DataFailure(
          "limit",
          `The run has used up its budget of ${limit} ${unit}`,
          `Raise budget.${unit}; the next run goes on from the last page`,
        );
      }
    },
    async sourceOf(_unit, stream) {
      if (asked.input.replay) return quarantineSource(ports, asked, stream);
      return await (asked.input.mode === "reprocess"
        ? rawSource(ports, asked, stream)
        : sourceOf(ports, stream));
    },
  };
}

interface Ended {
  unit: Unit;
  checkpoint: Checkpoint;
}

async function readAll(
  reading: Reading,
  units: readonly Unit[],
  asked: Asked,
  sinkOf: (name: string) => Sink,
): Promise<Ended[]> {
  const ended = new Map<string, Promise<Ended>>();
  const places = semaphore(asked.pipeline.concurrency);
  const start = (unit: Unit): Promise<Ended> => {
    const there = ended.get(unit.id);
    if (there !== undefined) return there;
    const work = (async (): Promise<Ended> => {
      const stream = streamOf(asked.pipeline, unit.stream);
      const parentId = stream.source.parent?.stream;
      const isFanOut = parentId !== undefined && !asked.input.replay && asked.input.mode !== "reprocess";
      const parents = isFanOut ? units.filter((one) => one.stream === parentId) : [];
      const before = await Promise.all(parents.map(start));
      const stopped = before.find(({ checkpoint }) => checkpoint.end?.status !== "complete");
      if (stopped !== undefined) return { unit, checkpoint: withoutParent(unit, stopped) };
      if (unit.skip !== null) return { unit, checkpoint: skipped(unit, unit.skip) };
      return await places(async () => {
        if (reading.abort.aborted) throw reading.abort.reason;
        const dir = unitDir(reading.ports, reading.run, unit);
        // How far a fan-out got is told by its parents of that run; those of this one may be others.
        if (!isFanOut) await adopt(reading.ports, unit, stream.source.connector, dir);
        const checkpoint = await readUnit(
          reading,
          unit,
          dir,
          isFanOut ? parentsOf(reading, unit, before, asked, sinkOf) : null,
        );
        return { unit, checkpoint };
      });
    })();
    work.catch(() => {});
    ended.set(unit.id, work);
    return work;
  };
  // Every stream comes to its end before one that threw is told: what was read stays durable.
  const all = await Promise.allSettled(units.map(start));
  return all.map((one) => {
    if (one.status === "rejected") throw one.reason;
    return one.value;
  });
}

/** What a failed run had read of the very same load is gone on with. */
async function adopt(ports: FoundryPorts, unit: Unit, connector: string, dir: string): Promise<void> {
  if (LOCAL.has(connector) || await readCheckpoint(dir) !== null) return;
  try {
    await Deno.remove(dir, { recursive: true }).catch(() => {});
    await Deno.rename(join(ports.pool(), unit.fingerprint), dir);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** What ended without a failure leaves nothing to go on with unless it is whole: what lacked, was left out or was as before may differ. */
const canGoOn = ({ end }: Checkpoint): boolean =>
  end === null || end.failure !== null || (end.status === "complete" && !end.unchanged);

/** Moves what a run read and did not publish to where the next run finds it. */
export async function giveBack(ports: FoundryPorts, run: string, units: readonly Unit[]): Promise<void> {
  for (const unit of units) {
    const dir = unitDir(ports, run, unit);
    const checkpoint = await readCheckpoint(dir);
    if (checkpoint === null || !canGoOn(checkpoint)) continue;
    await Deno.mkdir(ports.pool(), { recursive: true, mode: 0o700 });
    const place = join(ports.pool(), unit.fingerprint);
    await Deno.remove(place, { recursive: true }).catch(() => {});
    await Deno.rename(dir, place);
  }
}

function skipped(unit: Unit, reason: string): Checkpoint {
  return { ...freshCheckpoint(unit), end: { status: "skipped", reason, unchanged: false, failure: null } };
}

function withoutParent(unit: Unit, parent: Ended): Checkpoint {
  const status = parent.checkpoint.end?.status ?? "failed";
  const reason = `its parent ${parent.unit.id} is ${status}${
    parent.checkpoint.end?.reason === undefined ? "" : `: ${parent.checkpoint.end.reason}`
  }`;
  const own = status === "skipped" || status === "parked" ? status : "failed";
  return {
    ...freshCheckpoint(unit),
    end: {
      status: own,
      reason,
      unchanged: false,
      failure: own === "skipped" ? null : parent.checkpoint.end?.failure ?? null,
    },
  };
}

/**
 * The rows that a stream is read by, each binding once: those of its parent's load. Where that brought a part only and the stream is
 * to be whole (it replaces its table, or marks what is gone), the rows that the parent's table has are read by as well.
 */
function parentsOf(
  reading: Reading,
  child: Unit,
  parents: readonly Ended[],
  asked: Asked,
  sinkOf: (name: string) => Sink,
): Parents {
  const isWhole = child.census || (child.disposition === "replace" && child.mode === "incremental");
  return {
    rows() {
      const parts = parents.flatMap(({ unit, checkpoint }) => {
        const staged = stagedRows(unitDir(reading.ports, reading.run, unit), checkpoint.segments);
        const isPart = unit.window.from !== null && unit.mode === "incremental";
        const unchanged = checkpoint.end?.unchanged === true;
        const table = unit.exists && (unchanged || (isWhole && isPart))
          ? [standing(sinkOf(unit.sink), unit.table)]
          : [];
        return unchanged ? table : [...table, staged];
      });
      return eachOnce(streamOf(asked.pipeline, child.stream), parts);
    },
  };
}

/** Rows of a table that are not marked as deleted. */
async function* standing(sink: Sink, table: string): AsyncGenerator<readonly Row[]> {
  for await (const rows of sink.read(table)) {
    yield rows.filter((row) =>
      (row._forge_deleted_at ?? null) === null && (row._forge_valid_to ?? null) === null
    );
  }
}

function semaphore(places: number): <T>(work: () => Promise<T>) => Promise<T> {
  let free = places;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free++;
      else next();
    }
  };
}

const Results = z.array(z.strictObject({ unit: z.string(), checkpoint: Checkpoint }));

/** The checkpoints of a run as its acquire phase committed them. */
export async function acquired(
  ctx: Pick<PhaseContext, "blobs" | "outputs">,
  units: readonly Unit[],
): Promise<Ended[]> {
  const output = ctx.outputs.acquire as { results?: string } | undefined;
  if (output?.results === undefined) throw new Error("Cannot go on: nothing was acquired");
  const results = new Map(
    (await readParsed(ctx.blobs, output.results, Results)).map(({ unit, checkpoint }) => [unit, checkpoint]),
  );
  if (results.size !== units.length) {
    throw new Error(`Cannot go on: ${units.length} loads were planned and ${results.size} acquired`);
  }
  return units.map((unit) => {
    const checkpoint = results.get(unit.id);
    if (checkpoint === undefined) throw new Error(`Cannot go on: ${unit.id} was planned and not acquired`);
    return { unit, checkpoint };
  });
}

export type { Ended };
