import { setImmediate } from "node:timers/promises";
import {
  DataFailure,
  type HttpClient,
  type Page,
  type ReadEnd,
  type ReadRequest,
  rowRefusalOf,
} from "../../connectors/data/mod.ts";
import type { Json, Row } from "../../specs/mod.ts";
import { badFault, badRow, isObject, isUndecodedRow } from "./bad_rows.ts";
import { type BatchPath, batchPath } from "./batch_steps.ts";
import {
  type Checkpoint,
  freshCheckpoint,
  isUndecoded,
  ownOf,
  readCheckpoint,
  writeCheckpoint,
} from "./checkpoint.ts";
import { cleanValue, cleanWords, countCleaned, hiddenWords, withoutCredentials } from "./credentials.ts";
import { contractCheck, type ContractState, type Fault } from "./contract.ts";
import { boundParams, unread } from "./fan_out.ts";
import { steadyMemory } from "./memory.ts";
import { treatmentOf, untreatedIn } from "./personal.ts";
import { streamOf, type Unit } from "./plan.ts";
import { keepRaw } from "./raw_pages.ts";
import type { Parents, Reading } from "./reading.ts";
import {
  acceptedLines,
  admission,
  extraction,
  hidden,
  rowChecks,
  type RowSink,
  withoutSecrets,
} from "./row_path.ts";
import { overTheSet } from "./set_path.ts";
import { type LineWriter, lineWriter, stagedRows } from "./staging.ts";
import { checkLimits, contextOf, limitedClient } from "./stream_context.ts";
import { compileSteps, splitSteps } from "./transforms.ts";

const LOCAL_CHECKPOINT_MS = 2_000;
const BREATH_MS = 20;

/** Reads a unit to its end, from wherever an earlier attempt got. A failure of the outside is in the checkpoint's end. */
export async function readUnit(
  reading: Reading,
  unit: Unit,
  dir: string,
  parents: Parents | null,
): Promise<Checkpoint> {
  const { pipeline } = reading.asked;
  const { retries, park } = pipeline.onFailure;
  const { clock } = reading.ports;
  for (let attempt = 0;; attempt++) {
    const begun = await begin(reading, unit, dir);
    if (begun.end !== null) return begun;
    // What was asked counts, also where nothing came of it.
    const used = { requests: begun.requests, ms: begun.own.ms };
    const durable = async (): Promise<Checkpoint> => {
      const last = await readCheckpoint(dir) ?? begun;
      const own = last.own.run === reading.run ? last.own : begun.own;
      return { ...last, requests: used.requests, own: { ...own, ms: used.ms } };
    };
    try {
      return await readOnce(reading, unit, dir, parents, begun, used);
    } catch (error) {
      if (reading.abort.aborted) throw reading.abort.reason;
      if (!(error instanceof DataFailure)) throw error;
      if (error.kind === "transient" && attempt < retries) {
        reading.progress(`${unit.id}: ${hiddenWords(error.message, reading.secrets)}; trying again`);
        writeCheckpoint(dir, await durable());
        await clock.sleep(1000 * 2 ** attempt, reading.abort);
        continue;
      }
      const waits = error.kind === "rate-limited" && error.more.untilMs !== undefined && park;
      const ended: Checkpoint = {
        ...await durable(),
        end: {
          status: waits ? "parked" : error.kind === "limit" ? "incomplete" : "failed",
          reason: hiddenWords(error.message, reading.secrets).slice(0, 2000),
          unchanged: false,
          failure: {
            kind: error.kind,
            message: hiddenWords(error.message, reading.secrets).slice(0, 4000),
            remedy: hiddenWords(error.remedy, reading.secrets).slice(0, 2000),
            untilMs: error.more.untilMs ?? null,
          },
        },
      };
      writeCheckpoint(dir, ended);
      return ended;
    }
  }
}

/** The checkpoint to go on from. One of another fingerprint is no use, and a run that failed or was parked is taken up again. */
async function begin(reading: Reading, unit: Unit, dir: string): Promise<Checkpoint> {
  await Deno.mkdir(dir, { recursive: true, mode: 0o700 });
  const found = await readCheckpoint(dir);
  // What was read to its end in vain is read again: there is no place to go on from.
  if (found !== null && found.fingerprint === unit.fingerprint && !isUndecodedEnd(found)) {
    const isFinal = found.end !== null && found.end.failure === null;
    ownOf(found, reading.run);
    return isFinal ? found : { ...found, end: null };
  }
  if (found !== null && !isUndecodedEnd(found)) {
    reading.progress(`${unit.id}: what was read for another definition is left aside`);
  }
  await empty(dir);
  const fresh = freshCheckpoint(unit);
  ownOf(fresh, reading.run);
  return fresh;
}

const isUndecodedEnd = (found: Checkpoint): boolean => found.end?.failure != null && isUndecoded(found);

async function empty(dir: string): Promise<void> {
  await Deno.remove(dir, { recursive: true });
  await Deno.mkdir(dir, { recursive: true, mode: 0o700 });
}

async function readOnce(
  reading: Reading,
  unit: Unit,
  dir: string,
  parents: Parents | null,
  begun: Checkpoint,
  used: { requests: Checkpoint["requests"]; ms: number },
): Promise<Checkpoint> {
  const { ports, asked } = reading;
  const stream = streamOf(asked.pipeline, unit.stream);
  const fault = ports.fault ?? (() => {});
  let checkpoint = structuredClone(begun);
  const open = async (): Promise<[LineWriter, LineWriter, LineWriter, LineWriter] | null> => {
    const made: LineWriter[] = [];
    for (
      const [stem, marks] of [["rows", checkpoint.segments], ["extracted", checkpoint.extracted], [
        "quarantine",
        checkpoint.quarantine,
      ], ["inputs", checkpoint.inputs]] as const
    ) {
      const writer = await lineWriter(dir, stem, marks);
      if (writer === null) {
        made.forEach((one) => one.close());
        return null;
      }
      made.push(writer);
    }
    return made as [LineWriter, LineWriter, LineWriter, LineWriter];
  };
  let writers = await open();
  if (writers === null) {
    // Staged bytes are not what was marked: the disk lost them. Nothing of it was published, so it is read again.
    reading.progress(`${unit.id}: what was staged is damaged and is read again`);
    await empty(dir);
    checkpoint = { ...freshCheckpoint(unit), requests: checkpoint.requests, own: checkpoint.own };
    writers = await open();
    if (writers === null) throw new Error(`Cannot stage ${unit.id} in ${dir}`);
  }
  const [good, extracted, bad, inputs] = writers;
  const { counts } = checkpoint;
  const { rowwise, batchwise, setwise } = splitSteps(stream.transforms);
  const compiled = await compileSteps(rowwise, reading.lookup(unit.sink));
  if (!compiled.ok) throw unusable(stream.id, compiled.error);
  const checks = await rowChecks(stream);
  if (checkpoint.rules.length !== checks.length) {
    checkpoint.rules = checks.map(() => ({ failed: 0, checked: 0, sample: [] }));
  }
  const contract = contractCheck(
    stream.contract,
    unit.state?.schema ?? null,
    checkpoint.contract as unknown as ContractState | null,
  );
  const refuses = rowRefusalOf(asked.environment.sinks[unit.sink]?.type);
  const admit = admission({ stream, contract, checks, rules: checkpoint.rules, refuses });
  const treat = treatmentOf(stream.pii, reading.personalKey);
  const untreated = untreatedIn(stream.pii, checkpoint.untreated);
  const lines = acceptedLines(good, reading.secrets, checkpoint.secrets);
  const accept = (row: Row) => {
    untreated?.(row);
    if (checkpoint.cleaned > 0) countCleaned(row, checkpoint.secrets);
    counts.accepted++;
    lines.add(row);
  };
  const at = new Date(ports.clock.now()).toISOString();
  const setAside = (fault: Fault, locator: string, row: Json) => {
    counts.quarantined++;
    const record = {
      stream: stream.id,
      reason: hiddenWords(fault.reason, reading.secrets).slice(0, 2000),
      rule: fault.rule,
      locator: hiddenWords(locator, reading.secrets).slice(0, 2000),
      row: isObject(row)
        ? withoutSecrets(row, reading.secrets, {})
        : typeof row === "string"
        ? hidden(row, reading.secrets)
        : row,
    };
    bad.line(JSON.stringify({ ...record, at }));
  };
  const path = extraction({
    stream,
    window: checkpoint.window,
    closed: unit.mode === "backfill",
    start: checkpoint.watermark,
    step: compiled.value,
    treat,
    counts,
  });
  let locate: Page["locate"] = () => stream.id;
  const intake: RowSink = setwise.length > 0
    ? { good: (row) => extracted.line(JSON.stringify(row)), bad: setAside }
    : {
      // The row as it was extracted is what goes into quarantine: a mended mapping can take it in again.
      good: (row, index, original) => {
        const refused = admit(row);
        if (refused === null) accept(row);
        else setAside(refused, locate(index), original);
      },
      bad: setAside,
    };
  let batch: BatchPath | null = null;
  const endBatch = () => void batch?.close();
  let lastMark = performance.now();
  let breath = performance.now();
  const mark = (sync: boolean) => {
    lines.flush();
    checkpoint.segments = good.mark(sync);
    checkpoint.extracted = extracted.mark(sync);
    checkpoint.quarantine = bad.mark(sync);
    checkpoint.inputs = inputs.mark(sync);
    checkpoint.watermark = path.watermark;
    checkpoint.contract = contract.state() as unknown as Json;
    writeCheckpoint(dir, checkpoint);
    lastMark = performance.now();
  };
  const source = reading.sourceOf(unit, stream);
  const settings = asked.environment.connectors[stream.source.connector] ?? {};
  const startedMs = ports.clock.now();
  const before = { ...checkpoint.requests };
  const own = ownOf(checkpoint, reading.run);
  const msBefore = own.ms;
  const client = limitedClient(
    reading,
    unit,
    stream,
    settings,
    before.made - own.madeBefore,
  );
  const context = contextOf(reading, unit, stream, dir, client, settings);
  const memory = steadyMemory();

  const take = async (asItCame: Page) => {
    const { page: given, cleaned } = withoutCredentials(asItCame, reading.secrets);
    checkpoint.cleaned += cleaned;
    locate = (index) => given.locate(index);
    good.begin(given.origin);
    if (treat !== null) { for (const row of given.rows) treat(row, given.treated); }
    await keepRaw(reading, stream, given, inputs);
    for (const one of given.bad ?? []) {
      counts.read++;
      const reason = badFault(one, treat !== null);
      checkpoint.unreadable.rows++;
      if (isUndecodedRow(one) && checkpoint.unreadable.why === "") {
        checkpoint.unreadable.why = hiddenWords(reason.reason, reading.secrets).slice(0, 500);
      }
      setAside(reason, one.locator, cleanWords(badRow(one, treat), reading.secrets));
    }
    path.page(given, batch ?? intake, intake);
    await batch?.flush(intake, locate);
    lines.flush();
    if (path.missing > 0) {
      throw new DataFailure(
        "contract",
        `${path.missing} rows of ${stream.id} lack the cursor's column ${stream.cursor?.path ?? ""}`,
        "Mend the source, or set cursor.onMissing to quarantine, include or exclude",
      );
    }
    checkpoint.pages++;
    const bytes = given.raw?.bytes ?? 0;
    checkpoint.bytes += bytes;
    own.pages++;
    own.rows += given.rows.length + (given.bad?.length ?? 0);
    own.bytes += bytes;
    checkpoint.requests = sumOf(before, client.used);
  };
  const request = (params: Record<string, Json>, resume: Json): ReadRequest => ({
    stream: stream.id,
    resource: stream.source.resource,
    params,
    mode: unit.mode,
    cursor: stream.cursor ?? null,
    window: checkpoint.window,
    resume,
    state: unit.mode === "incremental" && unit.state !== null ? unit.state.source : null,
    ...(unit.leaves === "all" ? {} : { partial: unit.leaves === "parts" }),
  });
  /** One read of the source, from a page on to its end. */
  const readAll = async (params: Record<string, Json>): Promise<ReadEnd> => {
    const pages = source.read(request(params, checkpoint.next), context);
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
        checkpoint.next = cleanValue(given.value.next, reading.secrets);
        const isRemote = given.value.raw?.content !== undefined;
        // The place after the last page is the end, or the next parent: it is marked together with that.
        const isDue = isRemote || performance.now() - lastMark > LOCAL_CHECKPOINT_MS;
        if (isDue && given.value.next !== null) {
          mark(performance.now() - lastMark > 1000);
          await fault("page-marked");
          reading.progress(`${unit.id}: ${counts.read} rows, ${checkpoint.pages} pages`);
        }
        reading.spend({ requests: 0, bytes: given.value.raw?.bytes ?? 0 });
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
  try {
    const functions = await batchPath(batchwise, {
      lookup: reading.lookup(unit.sink),
      open: reading.openFunction,
      counts,
      bad: setAside,
    });
    if (!functions.ok) throw unusable(stream.id, functions.error);
    batch = functions.value;
    reading.abort.addEventListener("abort", endBatch, { once: true });
    let end: ReadEnd = { status: "complete" };
    if (parents === null) {
      end = await readAll(stream.source.params);
    } else {
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
          mark(false);
        }
      }
      if (end.status === "complete") end = { ...end, ...unread(stream, index, lacking, passed) };
    }
    checkpoint.requests = sumOf(before, client.used);
    if (end.status === "complete" && isUndecoded(checkpoint)) {
      checkpoint.end = undecodedEnd(stream.id, checkpoint);
      mark(true);
      return checkpoint;
    }
    if (setwise.length > 0) {
      checkpoint.extracted = extracted.mark(false);
      const made = await overTheSet(
        reading.lookup(unit.sink),
        reading.openFunction,
        setwise,
        stagedRows(dir, checkpoint.extracted),
      );
      counts.filtered += checkpoint.extracted.reduce((sum, { rows }) => sum + rows, 0);
      for await (const batch of made) {
        for (const row of batch) {
          counts.produced++;
          const refused = admit(row);
          if (refused === null) accept(row);
          else setAside(refused, `${stream.id}: made of the set`, row);
        }
      }
    }
    if (end.state !== undefined && parents === null) {
      checkpoint.state = { given: true, value: cleanValue(end.state, reading.secrets) };
    }
    if (parents === null && setwise.length === 0) checkpoint.replaces = [...end.replaces ?? []];
    if (parents === null) checkpoint.unchanged = end.unchanged ?? 0;
    checkpoint.unread = end.unread ?? 0;
    checkpoint.next = null;
    checkpoint.end = {
      status: end.status === "unchanged" ? "complete" : end.status,
      ...(end.reason === undefined
        ? end.status === "unchanged" ? { reason: "unchanged" } : {}
        : { reason: hiddenWords(end.reason, reading.secrets).slice(0, 2000) }),
      unchanged: end.status === "unchanged",
      failure: null,
    };
    await fault("before-end");
    mark(true);
    await fault("ended");
    return checkpoint;
  } finally {
    used.requests = sumOf(before, client.used);
    used.ms = msBefore + Math.max(0, ports.clock.now() - startedMs);
    good.close();
    extracted.close();
    bad.close();
    inputs.close();
    reading.abort.removeEventListener("abort", endBatch);
    await batch?.close();
  }
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
