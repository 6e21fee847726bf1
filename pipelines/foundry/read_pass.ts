/** One attempt at reading a load: page by page from the last durable one on, then the steps over the set. */
import { setImmediate } from "node:timers/promises";
import {
  cellRooms,
  DataFailure,
  type HttpClient,
  type ReadEnd,
  type ReadRequest,
} from "../../connectors/data/mod.ts";
import type { Json } from "../../specs/mod.ts";
import type { Stream } from "../../specs/foundry/mod.ts";
import { type AheadPage, onePage, pagesAhead } from "./pages_ahead.ts";
import { type BatchPath, batchPath } from "./batch_steps.ts";
import { type Checkpoint, isUndecoded, ownOf, writeCheckpoint } from "./checkpoint.ts";
import { cleanValue, hiddenWords } from "./credentials.ts";
import { boundParams, unread } from "./fan_out.ts";
import { type Intake, intakeOf } from "./intake.ts";
import { steadyMemory } from "./memory.ts";
import { streamOf, type Unit } from "./plan.ts";
import { keepRaw } from "./raw_pages.ts";
import type { Parents, Reading } from "./reading.ts";
import { overTheSet } from "./set_path.ts";
import { stagedRows } from "./staging.ts";
import { checkLimits, contextOf, limitedClient } from "./stream_context.ts";
import { compileSteps, splitSteps } from "./transforms.ts";
import type { UnitWriters } from "./unit_writers.ts";

const LOCAL_CHECKPOINT_MS = 2_000;
const BREATH_MS = 20;
/** Pages of cells that memory is kept for, and their size: what is handed to another thread and back is worth the way. */
const ROOMS = 12;
const ROOM_BYTES = 256 * 1024;

/** Reads on into the writers, which are closed on every way out. `used` counts what was asked also where this throws. */
export async function readPass(
  reading: Reading,
  unit: Unit,
  dir: string,
  parents: Parents | null,
  checkpoint: Checkpoint,
  writers: UnitWriters,
  used: { requests: Checkpoint["requests"]; ms: number },
): Promise<Checkpoint> {
  const { ports, asked } = reading;
  const stream = streamOf(asked.pipeline, unit.stream);
  const fault = ports.fault ?? (() => {});
  const settings = asked.environment.connectors[stream.source.connector] ?? {};
  const startedMs = ports.clock.now();
  const before = { ...checkpoint.requests };
  const own = ownOf(checkpoint, reading.run);
  const msBefore = own.ms;
  const client = limitedClient(reading, unit, stream, settings, before.made - own.madeBefore);
  const context = contextOf(reading, unit, stream, dir, client, settings);
  const { rowwise, batchwise, setwise } = splitSteps(stream.transforms);
  let batch: BatchPath | null = null;
  const endBatch = () => void batch?.close();
  let lastMark = performance.now();
  let breath = performance.now();
  const memory = steadyMemory();
  try {
    const source = await reading.sourceOf(unit, stream);
    const compiled = await compileSteps(rowwise, reading.lookup(unit.sink));
    if (!compiled.ok) throw unusable(stream.id, compiled.error);
    const intake = await intakeOf(reading, unit, stream, checkpoint, writers, {
      rowwise: compiled.value,
      hasSet: setwise.length > 0,
      hasBatch: batchwise.length > 0,
    });
    // What an earlier attempt wrote was not followed.
    const ahead = checkpoint.segments.length === 0 ? reading.linesAhead(unit, dir) : null;
    if (ahead !== null) writers.follow(ahead);
    const functions = await batchPath(batchwise, {
      lookup: reading.lookup(unit.sink),
      open: reading.openFunction,
      counts: checkpoint.counts,
      bad: intake.setAside,
    });
    if (!functions.ok) throw unusable(stream.id, functions.error);
    batch = functions.value;
    reading.abort.addEventListener("abort", endBatch, { once: true });
    const mark = (sync: boolean) => {
      intake.mark();
      writers.mark(checkpoint, sync);
      writeCheckpoint(dir, checkpoint);
      lastMark = performance.now();
    };
    const rooms = intake.plainly === null ? null : cellRooms(ROOMS, ROOM_BYTES);
    const take = async ({ page: asItCame, plain }: AheadPage) => {
      const page = intake.clean(asItCame, plain);
      await keepRaw(reading, stream, page, writers.inputs);
      await intake.take(page, batch);
      if (intake.missing > 0) throw withoutCursor(stream, intake.missing);
      checkpoint.pages++;
      const bytes = page.raw?.bytes ?? 0;
      checkpoint.bytes += bytes;
      own.pages++;
      own.rows += (page.cells?.rows ?? page.rows.length) + (page.bad?.length ?? 0);
      own.bytes += bytes;
      checkpoint.requests = sumOf(before, client.used);
    };
    /** One read of the source, from a page on to its end. */
    const readAll = async (params: Record<string, Json>): Promise<ReadEnd> => {
      const request = { ...requestOf(unit, stream, checkpoint, params), cells: rooms !== null };
      const pages = rooms === null
        ? onePage(source.read(request, context))
        : pagesAhead(source.read({ ...request, rooms, stretches: true }, context), intake.plainly, rooms);
      try {
        for (;;) {
          await fault("before-page");
          const given = await pages.next();
          if (given.done === true) return given.value;
          await fault("page-read");
          own.ms = msBefore + Math.max(0, ports.clock.now() - startedMs);
          checkLimits(stream, own, checkpoint.pages);
          await take(given.value);
          await fault("page-taken");
          if (checkpoint.canaries > 0) return { status: "incomplete", reason: "a canary came with a page" };
          const { page } = given.value;
          checkpoint.next = cleanValue(page.next, reading.secrets);
          const isRemote = page.raw?.content !== undefined;
          // The place after the last page is the end, or the next parent: it is marked together with that.
          const isDue = isRemote || performance.now() - lastMark > LOCAL_CHECKPOINT_MS;
          if (isDue && page.next !== null) {
            mark(performance.now() - lastMark > 1000);
            await fault("page-marked");
            reading.progress(`${unit.id}: ${checkpoint.counts.read} rows, ${checkpoint.pages} pages`);
          }
          reading.spend({ requests: 0, bytes: page.raw?.bytes ?? 0 });
          memory.tick();
          if (reading.abort.aborted) throw reading.abort.reason;
          if (performance.now() - breath > BREATH_MS) {
            await setImmediate();
            breath = performance.now();
          }
        }
      } finally {
        await pages.return({ status: "incomplete" }).catch(() => {});
      }
    };
    const end = parents === null
      ? await readAll(stream.source.params)
      : await byParents(stream, parents, checkpoint, readAll, () => mark(false));
    checkpoint.requests = sumOf(before, client.used);
    if (end.status === "complete" && isUndecoded(checkpoint)) {
      checkpoint.end = undecodedEnd(stream.id, checkpoint);
      mark(true);
      return checkpoint;
    }
    if (setwise.length > 0) await madeOfTheSet(reading, unit, dir, checkpoint, writers, setwise, intake);
    ended(checkpoint, end, {
      isWhole: parents === null,
      keepsOrigins: setwise.length === 0,
      secrets: reading.secrets,
    });
    await fault("before-end");
    mark(true);
    writers.ended();
    await fault("ended");
    return checkpoint;
  } finally {
    used.requests = sumOf(before, client.used);
    used.ms = msBefore + Math.max(0, ports.clock.now() - startedMs);
    await writers.close();
    reading.abort.removeEventListener("abort", endBatch);
    await batch?.close();
  }
}

function requestOf(
  unit: Unit,
  stream: Stream,
  { window, next }: Checkpoint,
  params: Record<string, Json>,
): ReadRequest {
  return {
    stream: stream.id,
    resource: stream.source.resource,
    params,
    mode: unit.mode,
    cursor: stream.cursor ?? null,
    window,
    resume: next,
    state: unit.mode === "incremental" && unit.state !== null ? unit.state.source : null,
    ...(unit.leaves === "all" ? {} : { partial: unit.leaves === "parts" }),
  };
}

/** One read for each row of the parents, from the one on that is not done. */
async function byParents(
  stream: Stream,
  parents: Parents,
  checkpoint: Checkpoint,
  readAll: (params: Record<string, Json>) => Promise<ReadEnd>,
  mark: () => void,
): Promise<ReadEnd> {
  let end: ReadEnd = { status: "complete" };
  let index = 0;
  const passed: string[] = [];
  let lacking = 0;
  for await (const rows of parents.rows()) {
    for (const row of rows) {
      const bound = boundParams(stream, row);
      if (bound === null) lacking++;
      if (index++ < checkpoint.parents) continue;
      if (bound !== null) {
        const one = await readAll({ ...stream.source.params, ...bound });
        if (one.status === "incomplete") end = one;
        else if (one.status === "skipped") passed.push(one.reason ?? "it was skipped");
      }
      checkpoint.next = null;
      checkpoint.parents = index;
      mark();
    }
  }
  return end.status === "complete" ? { ...end, ...unread(stream, index, lacking, passed) } : end;
}

/** The steps over the set, over what was extracted; their rows are judged like those of the source. */
async function madeOfTheSet(
  reading: Reading,
  unit: Unit,
  dir: string,
  checkpoint: Checkpoint,
  writers: UnitWriters,
  setwise: readonly Stream["transforms"][number][],
  intake: Intake,
): Promise<void> {
  const { counts } = checkpoint;
  checkpoint.extracted = writers.extracted.mark(false);
  const made = await overTheSet(
    reading.lookup(unit.sink),
    reading.openFunction,
    setwise,
    stagedRows(dir, checkpoint.extracted),
  );
  counts.filtered += checkpoint.extracted.reduce((sum, { rows }) => sum + rows, 0);
  for await (const rows of made) {
    for (const row of rows) {
      counts.produced++;
      intake.made(row);
    }
  }
}

function ended(
  checkpoint: Checkpoint,
  end: ReadEnd,
  { isWhole, keepsOrigins, secrets }: {
    /** Of one read of the source: a state of one of many would be none of all. */
    isWhole: boolean;
    keepsOrigins: boolean;
    secrets: ReadonlySet<string>;
  },
): void {
  if (end.state !== undefined && isWhole) {
    checkpoint.state = { given: true, value: cleanValue(end.state, secrets) };
  }
  if (isWhole && keepsOrigins) checkpoint.replaces = [...end.replaces ?? []];
  if (isWhole) checkpoint.unchanged = end.unchanged ?? 0;
  checkpoint.unread = end.unread ?? 0;
  checkpoint.next = null;
  checkpoint.end = {
    status: end.status === "unchanged" ? "complete" : end.status,
    ...(end.reason === undefined
      ? end.status === "unchanged" ? { reason: "unchanged" } : {}
      : { reason: hiddenWords(end.reason, secrets).slice(0, 2000) }),
    unchanged: end.status === "unchanged",
    failure: null,
  };
}

/** The rows are kept as set aside, and it is a failure all the same: 0 rows would say that there is nothing. */
function undecodedEnd(
  stream: string,
  { unreadable: { rows, why } }: Checkpoint,
): Checkpoint["end"] {
  const what = rows === 1 ? `The only row of ${stream}` : `None of the ${rows} rows of ${stream}`;
  const message = `${what} could ${rows === 1 ? "not " : ""}be read: ${why}`;
  return {
    status: "failed",
    reason: message,
    unchanged: false,
    failure: {
      kind: "contract",
      message,
      remedy:
        "Look at the rows that were set aside (forge etl quarantine list), then at the encoding and the format",
      untilMs: null,
    },
  };
}

function withoutCursor({ id, cursor }: Stream, missing: number): DataFailure {
  return new DataFailure(
    "contract",
    `${missing} rows of ${id} lack the cursor's column ${cursor?.path ?? ""}`,
    "Mend the source, or set cursor.onMissing to quarantine, include or exclude",
  );
}

function unusable(stream: string, why: string): DataFailure {
  return new DataFailure(
    "invalid",
    `Cannot transform ${stream}: ${why}`,
    "Mend the step; see: forge etl validate",
  );
}

function sumOf(before: Checkpoint["requests"], used: HttpClient["used"]): Checkpoint["requests"] {
  return {
    made: before.made + used.made,
    retried: before.retried + used.retried,
    waitedMs: Math.round(before.waitedMs + used.waitedMs),
  };
}
