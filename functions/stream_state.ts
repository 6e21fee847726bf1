/** Where a stream's next run starts, changed by hand: held against the cursor's type, and audited before it is done. */
import { DataFailure, type Sink } from "../connectors/data/mod.ts";
import type { Engine, RunView } from "../kernel/mod.ts";
import { FoundryInput, type FoundryPorts, openSinks, tableOf } from "../pipelines/foundry/mod.ts";
import { type Actor, err, type Json, ok, type Problem, type Result } from "../specs/mod.ts";
import {
  type Cursor,
  Environment,
  isOrdered,
  orderOf,
  Pipeline,
  type StreamState,
} from "../specs/foundry/mod.ts";
import { auditFile } from "./audit_file.ts";
import { readBlob } from "./pipeline_runs.ts";

export interface StateChange {
  /** The only one when left out. */
  stream?: string;
  /** A value of the cursor's type; null forgets it, so that the next run starts from the beginning. */
  cursor: string | number | null;
  /** Where its latest run wrote to, instead of where the server would write to now. */
  asRun?: boolean;
}

export interface ChangedState {
  stream: string;
  sink: string;
  table: string;
  state: StreamState | null;
}

/** What a pipeline is, and where its sinks lie. */
interface Place {
  definition: Pipeline;
  environment: Environment;
  folder: string;
}

const HOLDS = new Set<RunView["status"]>([
  "queued",
  "running",
  "paused",
  "parked",
  "cancelling",
  "escalated",
]);
const EXAMPLES: Readonly<Record<Cursor["type"], string>> = {
  date: "2026-01-31",
  datetime: "2026-01-31T00:00:00Z",
  integer: "1000",
  decimal: "10.5",
  string: "any text that is not empty",
};

/** Problem codes: not-found, usage, conflict. */
export async function changeState(
  given: {
    engine: Pick<Engine, "view">;
    ports: FoundryPorts;
    data: string;
    /** What is registered under the id; null when nothing is. */
    registered: Place | null;
    lastRun: string | null;
  },
  id: string,
  change: StateChange,
  actor: Actor,
): Promise<Result<ChangedState, Problem>> {
  const { engine, ports, data, lastRun } = given;
  const last = lastRun === null ? null : await engine.view(lastRun);
  const place = given.registered ?? await placeOf(ports, last);
  if (place === null) {
    return err({
      code: "not-found",
      message: `There is no pipeline '${id}' here`,
      remedy: "See: forge etl list",
    });
  }
  const { streams } = place.definition;
  const stream = change.stream === undefined && streams.length === 1
    ? streams[0]
    : streams.find((one) => one.id === change.stream);
  if (stream === undefined) {
    const names = streams.map((one) => one.id).join(", ");
    return err({
      code: "usage",
      message: change.stream === undefined
        ? "Cannot change the state of several streams at once"
        : `The pipeline ${id} has no stream '${change.stream}'`,
      remedy: `Name one of: ${names}`,
    });
  }
  if (last !== null && HOLDS.has(last.status)) {
    return err({
      code: "conflict",
      message:
        `Cannot change the state of ${stream.id}: the run ${last.run} is ${last.status}, and its end would set it again`,
      value: last.run,
      remedy: `Wait for its end, or cancel it: forge workflow cancel ${last.run}`,
    });
  }
  const sinks = openSinks(ports, { environment: place.environment, input: { folder: place.folder } });
  try {
    const sink = sinks.get(stream.write.sink);
    const before = await sink.state(id, stream.id);
    const cursor = valueOf(stream.id, stream.cursor, change.cursor, before, ports.clock.now());
    if (!cursor.ok) return cursor;
    const after = changed(before, cursor.value);
    await auditFile(data).append({
      action: change.cursor === null ? "etl.state.reset" : "etl.state.set",
      actor: actor.id,
      object: `${id}/${stream.id}`,
      detail: { before: before?.cursor ?? null, after: after?.cursor ?? null, load: before?.load ?? null },
    });
    return await kept(sink, id, stream.id, after, {
      stream: stream.id,
      sink: stream.write.sink,
      table: tableOf(stream),
      state: after,
    });
  } catch (error) {
    if (!(error instanceof DataFailure)) throw error;
    return err({ code: "conflict", message: error.message, remedy: error.remedy });
  } finally {
    await sinks.close();
  }
}

async function kept(
  sink: Sink,
  id: string,
  stream: string,
  state: StreamState | null,
  changed: ChangedState,
): Promise<Result<ChangedState, Problem>> {
  await sink.setState(id, stream, state);
  return ok(changed);
}

async function placeOf(ports: FoundryPorts, last: RunView | null): Promise<Place | null> {
  const input = last === null ? null : FoundryInput.safeParse(last.input).data ?? null;
  if (input === null) return null;
  return {
    definition: Pipeline.parse(await readBlob(ports, input.definition)),
    environment: Environment.parse(await readBlob(ports, input.environment)),
    folder: input.folder,
  };
}

/** The value as the cursor's type has it; a text from a command line becomes a number where the cursor holds numbers. */
function valueOf(
  stream: string,
  cursor: Cursor | undefined,
  given: string | number | null,
  before: StreamState | null,
  nowMs: number,
): Result<string | number | null, Problem> {
  if (given === null) return ok(null);
  if (cursor === undefined) {
    return err({
      code: "usage",
      message: `The stream ${stream} has no cursor: each of its runs reads all`,
      value: String(given),
      remedy: "Reset it to forget what the connector remembers, or give the stream a cursor",
    });
  }
  const value = typedValue(cursor.type, given, before?.cursor ?? null);
  if (!isOrdered(cursor.type, value)) {
    return err({
      code: "usage",
      message: `The cursor ${cursor.path} of ${stream} is of type ${cursor.type}, and this is none`,
      value: String(given).slice(0, 200),
      remedy: `For example ${EXAMPLES[cursor.type]}`,
    });
  }
  const isTime = cursor.type === "date" || cursor.type === "datetime";
  if (isTime && (orderOf(cursor.type)(value, new Date(nowMs + 86_400_000).toISOString()) ?? 0) > 0) {
    return err({
      code: "usage",
      message:
        `The cursor ${cursor.path} of ${stream} cannot be set to a time to come: nothing would be read until then`,
      value: String(given),
      remedy: `Give a time that has passed, such as ${new Date(nowMs).toISOString()}`,
    });
  }
  return ok(value);
}

function typedValue(type: Cursor["type"], given: string | number, before: Json): string | number {
  if (typeof given === "number") return type === "string" ? String(given) : given;
  const isNumber = /^[+-]?\d+(\.\d+)?$/.test(given.trim());
  const wantsNumber = type === "integer" || type === "decimal"
    ? typeof before !== "string"
    : typeof before === "number";
  const number = Number(given);
  // What a double would change stays text.
  return isNumber && wantsNumber && String(number) === given.trim() ? number : given;
}

/** What else is known stays; the connector's own state goes, since it belongs to the old place. */
function changed(before: StreamState | null, cursor: string | number | null): StreamState | null {
  if (before === null) {
    return cursor === null
      ? null
      : { v: 1, cursor, source: null, schema: null, load: null, loads: 0, rows: 0, at: null };
  }
  return { ...before, cursor, source: null };
}
