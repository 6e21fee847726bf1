import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import {
  type BadRow,
  DataFailure,
  type HttpClient,
  type Page,
  type RawPage,
  type ReadEnd,
  type ReadRequest,
  type Source,
  type SourceContext,
} from "../../connectors/mod.ts";
import {
  digestOf,
  type Json,
  type QuarantinedRow,
  type Row,
  type Stream,
  type Transform,
} from "../../specs/mod.ts";
import { contractCheck, type ContractState, type Fault } from "./contract.ts";
import type { Asked } from "./input.ts";
import { steadyMemory } from "./memory.ts";
import { treatmentOf, untreatedIn } from "./personal.ts";
import { streamOf, type Unit } from "./plan.ts";
import type { FoundryPorts } from "./ports.ts";
import {
  acceptedLine,
  admission,
  extraction,
  hidden,
  rowChecks,
  type RowSink,
  withoutSecrets,
} from "./row_path.ts";
import { setRun } from "./set_steps.ts";
import {
  type Checkpoint,
  type LineWriter,
  lineWriter,
  readCheckpoint,
  stagedRows,
  writeCheckpoint,
} from "./staging.ts";
import { compileSteps, isFault, isSetStep, type Lookup, splitSteps } from "./transforms.ts";

/** Rows that a stream is read by, in a stable order; each is one read of the source. */
export interface Parents {
  rows(): AsyncIterable<readonly Row[]>;
}

/** What all units of a run share. */
export interface Reading {
  readonly ports: FoundryPorts;
  readonly asked: Asked;
  readonly run: string;
  readonly abort: AbortSignal;
  readonly personalKey: Uint8Array;
  /** Credentials that were used in this run: they must turn up nowhere. */
  readonly secrets: Set<string>;
  /** Rows of tables of a sink, for joins. */
  lookup(sink: string): Lookup;
  progress(message: string): void;
  /** Throws when the run as a whole has used up what it may. */
  spend(made: { requests: number; bytes: number }): void;
  sourceOf(unit: Unit, stream: Stream): Source;
}

const EMPTY_COUNTS = { read: 0, accepted: 0, quarantined: 0, filtered: 0, produced: 0 };
const LOCAL_CHECKPOINT_MS = 2_000;
const BREATH_MS = 20;
export const ROWS_MEDIA_TYPE = "application/x-forge-rows+jsonl";

/** A checkpoint at the beginning of a unit. */
export function freshCheckpoint(unit: Unit): Checkpoint {
  return {
    v: 1,
    fingerprint: unit.fingerprint,
    window: unit.window,
    next: null,
    parents: 0,
    pages: 0,
    counts: { ...EMPTY_COUNTS },
    watermark: unit.keepsState ? null : unit.state?.cursor ?? null,
    contract: null,
    rules: [],
    secrets: {},
    untreated: {},
    segments: [],
    extracted: [],
    quarantine: [],
    inputs: [],
    requests: { made: 0, retried: 0, waitedMs: 0 },
    bytes: 0,
    state: { given: false, value: null },
    replaces: [],
    end: null,
  };
}

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
    const used = { requests: begun.requests };
    try {
      return await readOnce(reading, unit, dir, parents, begun, used);
    } catch (error) {
      if (reading.abort.aborted) throw reading.abort.reason;
      if (!(error instanceof DataFailure)) throw error;
      if (error.kind === "transient" && attempt < retries) {
        reading.progress(`${unit.id}: ${hidden(error.message, reading.secrets)}; trying again`);
        writeCheckpoint(dir, { ...await readCheckpoint(dir) ?? begun, requests: used.requests });
        await clock.sleep(1000 * 2 ** attempt, reading.abort);
        continue;
      }
      const last = await readCheckpoint(dir) ?? begun;
      const waits = error.kind === "rate-limited" && error.more.untilMs !== undefined && park;
      const ended: Checkpoint = {
        ...last,
        requests: used.requests,
        end: {
          status: waits ? "parked" : error.kind === "limit" ? "incomplete" : "failed",
          reason: hidden(error.message, reading.secrets).slice(0, 2000),
          unchanged: false,
          failure: {
            kind: error.kind,
            message: hidden(error.message, reading.secrets).slice(0, 4000),
            remedy: hidden(error.remedy, reading.secrets).slice(0, 2000),
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
  if (found !== null && found.fingerprint === unit.fingerprint) {
    const isFinal = found.end !== null && found.end.failure === null;
    return isFinal ? found : { ...found, end: null };
  }
  if (found !== null) reading.progress(`${unit.id}: what was read for another definition is left aside`);
  await empty(dir);
  return freshCheckpoint(unit);
}

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
  used: { requests: Checkpoint["requests"] },
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
    checkpoint = freshCheckpoint(unit);
    writers = await open();
    if (writers === null) throw new Error(`Cannot stage ${unit.id} in ${dir}`);
  }
  const [good, extracted, bad, inputs] = writers;
  const { counts } = checkpoint;
  const { rowwise, setwise } = splitSteps(stream.transforms);
  const compiled = await compileSteps(rowwise, reading.lookup(unit.sink));
  if (!compiled.ok) {
    throw new DataFailure(
      "invalid",
      `Cannot transform ${stream.id}: ${compiled.error}`,
      "Mend the step; see: forge etl validate",
    );
  }
  const checks = await rowChecks(stream);
  if (checkpoint.rules.length !== checks.length) {
    checkpoint.rules = checks.map(() => ({ failed: 0, checked: 0, sample: [] }));
  }
  const contract = contractCheck(
    stream.contract,
    unit.state?.schema ?? null,
    checkpoint.contract as unknown as ContractState | null,
  );
  const admit = admission({ stream, contract, checks, rules: checkpoint.rules });
  const treat = treatmentOf(stream.pii, reading.personalKey);
  const untreated = untreatedIn(stream.pii, checkpoint.untreated);
  const line = acceptedLine(good, reading.secrets, checkpoint.secrets);
  const accept = (row: Row) => {
    untreated?.(row);
    counts.accepted++;
    line(row);
  };
  const at = new Date(ports.clock.now()).toISOString();
  const setAside = (fault: Fault, locator: string, row: Json) => {
    counts.quarantined++;
    const record = {
      stream: stream.id,
      reason: hidden(fault.reason, reading.secrets).slice(0, 2000),
      rule: fault.rule,
      locator: hidden(locator, reading.secrets).slice(0, 2000),
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
  let lastMark = performance.now();
  let breath = performance.now();
  const mark = (sync: boolean) => {
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
  const client = limitedClient(reading, unit, stream, settings);
  const context = contextOf(reading, unit, stream, dir, client, settings);
  const startedMs = ports.clock.now();
  const before = { ...checkpoint.requests };
  const own = { pages: 0, rows: 0, bytes: 0 };
  const memory = steadyMemory();

  const take = async (given: Page) => {
    locate = (index) => given.locate(index);
    good.begin(given.origin);
    if (treat !== null) { for (const row of given.rows) treat(row, given.treated); }
    await keepRaw(reading, stream, given, inputs);
    for (const one of given.bad ?? []) {
      counts.read++;
      setAside(badFault(one, treat !== null), one.locator, badRow(one, treat));
    }
    path.page(given, intake);
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
  });
  /** One read of the source, from a page on to its end. */
  const readAll = async (params: Record<string, Json>, isLast: () => boolean): Promise<ReadEnd> => {
    const pages = source.read(request(params, checkpoint.next), context);
    try {
      for (;;) {
        await fault("before-page");
        const given = await pages.next();
        if (given.done === true) return given.value;
        await fault("page-read");
        checkLimits(stream, own, startedMs, ports.clock.now(), checkpoint);
        await take(given.value);
        await fault("page-taken");
        checkpoint.next = given.value.next;
        const isRemote = given.value.raw?.content !== undefined;
        // The last page's place is the end: it is marked together with it.
        const isDue = isRemote || performance.now() - lastMark > LOCAL_CHECKPOINT_MS;
        if (isDue && (given.value.next !== null || !isLast())) {
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
    let end: ReadEnd = { status: "complete" };
    if (parents === null) {
      end = await readAll(stream.source.params, () => true);
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
            const one = await readAll({ ...stream.source.params, ...bound }, () => false);
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
    if (setwise.length > 0) {
      checkpoint.extracted = extracted.mark(false);
      await overTheSet(reading.lookup(unit.sink), setwise, dir, checkpoint, (row) => {
        const refused = admit(row);
        if (refused === null) accept(row);
        else setAside(refused, `${stream.id}: made of the set`, row);
      });
    }
    if (end.state !== undefined && parents === null) checkpoint.state = { given: true, value: end.state };
    if (parents === null && setwise.length === 0) checkpoint.replaces = [...end.replaces ?? []];
    checkpoint.next = null;
    checkpoint.end = {
      status: end.status === "unchanged" ? "complete" : end.status,
      ...(end.reason === undefined
        ? end.status === "unchanged" ? { reason: "unchanged" } : {}
        : { reason: hidden(end.reason, reading.secrets).slice(0, 2000) }),
      unchanged: end.status === "unchanged",
      failure: null,
    };
    await fault("before-end");
    mark(true);
    await fault("ended");
    return checkpoint;
  } finally {
    used.requests = sumOf(before, client.used);
    good.close();
    extracted.close();
    bad.close();
    inputs.close();
  }
}

/** Runs the steps over the set on what was extracted, and admits what comes out of them. */
async function overTheSet(
  lookup: Lookup,
  steps: readonly Transform[],
  dir: string,
  checkpoint: Checkpoint,
  admit: (row: Row) => void,
): Promise<void> {
  let rows: AsyncIterable<readonly Row[]> = stagedRows(dir, checkpoint.extracted);
  let extracted = 0;
  let made = 0;
  let remaining = steps;
  while (remaining.length > 0) {
    const [step] = remaining;
    if (step === undefined) break;
    if (isSetStep(step) && (step.op === "aggregate" || step.op === "pivot" || step.op === "ratio")) {
      const run = setRun(step);
      const isFirst = remaining === steps;
      for await (const batch of rows) {
        for (const row of batch) {
          if (isFirst) extracted++;
          run.add(row);
        }
      }
      const result = run.end();
      rows = batchesOf(result);
      remaining = remaining.slice(1);
      continue;
    }
    const { rowwise } = splitSteps(remaining);
    const compiled = await compileSteps(rowwise, lookup);
    if (!compiled.ok) {
      throw new DataFailure(
        "invalid",
        `Cannot transform: ${compiled.error}`,
        "Mend the step; see: forge etl validate",
      );
    }
    const apply = compiled.value;
    rows = mapped(rows, (row) => {
      const result = apply === null ? row : apply(row);
      if (result === null) return [];
      if (isFault(result)) {
        throw new DataFailure(
          "contract",
          `A row made of the set cannot go on: ${result.reason}`,
          "Mend the step after the aggregation",
        );
      }
      return Array.isArray(result) ? result as Row[] : [result as Row];
    });
    remaining = remaining.slice(rowwise.length);
  }
  for await (const batch of rows) {
    for (const row of batch) {
      made++;
      admit(row);
    }
  }
  checkpoint.counts.filtered += extracted;
  checkpoint.counts.produced += made;
}

async function* batchesOf(rows: Row[]): AsyncGenerator<Row[]> {
  for (let at = 0; at < rows.length; at += 2000) yield rows.slice(at, at + 2000);
}

async function* mapped(
  rows: AsyncIterable<readonly Row[]>,
  apply: (row: Row) => Row[],
): AsyncGenerator<Row[]> {
  for await (const batch of rows) yield batch.flatMap(apply);
}

/** Keeps what rows were made from. With personal data the treated rows are kept, never the bytes that came. */
async function keepRaw(reading: Reading, stream: Stream, page: Page, inputs: LineWriter): Promise<void> {
  const { raw } = page;
  const personal = Object.keys(stream.pii).length > 0;
  const wanted = stream.keepRaw ?? raw?.content !== undefined;
  if (raw === null && !wanted) return;
  if (!wanted) return void (raw !== null && inputs.line(JSON.stringify(markOf(reading, raw, false))));
  if (raw?.content !== undefined && !personal) {
    const clean = withoutSecretBytes(raw.content, reading.secrets);
    const digest = await reading.ports.blobs.put(clean);
    inputs.line(JSON.stringify({ ...markOf(reading, raw, true), digest, bytes: clean.length }));
    return;
  }
  const lines = page.rows.map((row, at) =>
    JSON.stringify([page.locate(at), withoutSecrets(row, reading.secrets, {})])
  );
  const text = `${lines.join("\n")}\n`;
  const digest = await reading.ports.blobs.put(text);
  const locator = hidden(raw?.locator ?? page.locate(0), reading.secrets);
  inputs.line(
    JSON.stringify({
      locator,
      digest,
      bytes: text.length,
      mediaType: ROWS_MEDIA_TYPE,
      kept: true,
      treated: personal,
    }),
  );
}

function markOf(reading: Reading, raw: RawPage, kept: boolean) {
  const { locator, digest, bytes, mediaType } = raw;
  return { locator: hidden(locator, reading.secrets), digest, bytes, mediaType, kept };
}

function withoutSecretBytes(content: Uint8Array, secrets: ReadonlySet<string>): Uint8Array {
  if (secrets.size === 0) return content;
  const text = new TextDecoder("latin1").decode(content);
  let clean = text;
  for (const secret of secrets) {
    const bytes = new TextDecoder("latin1").decode(new TextEncoder().encode(secret));
    if (clean.includes(bytes)) clean = clean.replaceAll(bytes, "[credential]");
  }
  return clean === text ? content : Uint8Array.from(clean, (char) => char.charCodeAt(0) & 0xff);
}

function badFault(bad: BadRow, personal: boolean): Fault {
  const rule = bad.rule.includes("@") ? bad.rule : `${bad.rule}@1`;
  // The source's reason may quote the row.
  return { rule, reason: personal ? `the source could not read the row (${bad.rule})` : bad.reason };
}

function badRow(bad: BadRow, treat: ((row: Row) => void) | null): Json {
  if (treat === null) return bad.row;
  if (!isObject(bad.row)) {
    return "withheld: the stream has personal data, and this row has no columns to treat";
  }
  const row = { ...bad.row };
  treat(row);
  return row;
}

function isObject(value: Json): value is { [name: string]: Json } {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

/** Parameters from a parent's row; null when it lacks one. */
function boundParams(stream: Stream, row: Row): Record<string, Json> | null {
  const bound: Record<string, Json> = {};
  for (const [name, column] of Object.entries(stream.source.parent?.bind ?? {})) {
    const value = row[column];
    if (value === null || value === undefined) return null;
    bound[name] = value;
  }
  return bound;
}

/** What of the parents' rows led to nothing, in words. When no row could be read by, the binding itself is wrong. */
function unread(
  stream: Stream,
  parents: number,
  lacking: number,
  passed: readonly string[],
): { reason?: string } {
  const { stream: parent = "", bind = {} } = stream.source.parent ?? {};
  const columns = Object.values(bind).join(", ");
  if (parents > 0 && lacking === parents) {
    throw new DataFailure(
      "contract",
      `None of the ${parents} rows of ${parent} has ${columns}, by which ${stream.id} is read`,
      "Name columns of the parent in source.parent.bind",
    );
  }
  const told = [
    ...(lacking === 0 ? [] : [`${lacking} of ${parents} rows of ${parent} lack ${columns}`]),
    ...(passed.length === 0 ? [] : [`${passed.length} of ${parents} reads were skipped: ${passed[0]}`]),
  ];
  return told.length === 0 ? {} : { reason: told.join("; ") };
}

function sumOf(before: Checkpoint["requests"], used: HttpClient["used"]): Checkpoint["requests"] {
  return {
    made: before.made + used.made,
    retried: before.retried + used.retried,
    waitedMs: Math.round(before.waitedMs + used.waitedMs),
  };
}

function checkLimits(
  stream: Stream,
  own: { pages: number; rows: number; bytes: number },
  startedMs: number,
  nowMs: number,
  checkpoint: Checkpoint,
): void {
  const { limits } = stream;
  const passed = (["pages", "rows", "bytes"] as const).find((unit) =>
    limits[unit] !== undefined && own[unit] >= limits[unit]
  );
  const seconds = (nowMs - startedMs) / 1000;
  const unit = passed ?? (limits.seconds !== undefined && seconds > limits.seconds ? "seconds" : null);
  if (unit === null) return;
  throw new DataFailure(
    "limit",
    `${stream.id} has reached its limit of ${limits[unit]} ${unit} after ${checkpoint.pages} pages`,
    `Raise limits.${unit}; the next run goes on from the last page`,
  );
}

function limitedClient(
  reading: Reading,
  unit: Unit,
  stream: Stream,
  settings: SourceContext["settings"],
): HttpClient {
  const { ports, asked } = reading;
  const client = ports.client({
    connector: stream.source.connector,
    settings,
    network: networkOf(asked, settings),
    maxWaitMs: asked.pipeline.budget.waitSeconds * 1000,
    abort: reading.abort,
    secret: (reference) => secretOf(reading, reference),
    vault: ports.vault(asked.pipeline.id, stream.source.connector),
    progress: (message) => reading.progress(`${unit.id}: ${hidden(message, reading.secrets)}`),
  });
  const most = stream.limits.requests;
  const check = () => {
    if (most !== undefined && client.used.made >= most) {
      throw new DataFailure(
        "limit",
        `${stream.id} has reached its limit of ${most} requests`,
        "Raise limits.requests; the next run goes on from the last page",
      );
    }
    reading.spend({ requests: 1, bytes: 0 });
  };
  const limited = (inner: HttpClient): HttpClient => ({
    as: (dialect) => limited(inner.as(dialect)),
    redact: (text) => inner.redact(text),
    request(request) {
      check();
      return inner.request(request);
    },
    stream(request) {
      check();
      return inner.stream(request);
    },
    get used() {
      return inner.used;
    },
  });
  return limited(client);
}

/** Whoever sends a pipeline by a request may not name private addresses: only the base URLs of the env file may be some. */
function networkOf({ environment: { network }, input }: Asked, settings: SourceContext["settings"]) {
  return input.confined === undefined || settings.baseUrl !== undefined
    ? network
    : { ...network, allowPrivate: false };
}

const SHORTEST_SECRET = 6;

function secretOf(reading: Reading, reference: string): string {
  const value = reading.ports.secret(reference);
  if (value.length >= SHORTEST_SECRET) reading.secrets.add(value);
  return value;
}

function contextOf(
  reading: Reading,
  unit: Unit,
  stream: Stream,
  dir: string,
  http: HttpClient,
  settings: SourceContext["settings"],
): SourceContext {
  const { ports, asked } = reading;
  return {
    settings,
    http,
    files: ports.files(asked.input.folder, join(dir, "scratch"), asked.input.confined),
    clock: ports.clock,
    abort: reading.abort,
    secret: (reference) => secretOf(reading, reference),
    progress: (message) => reading.progress(`${unit.id}: ${hidden(message, reading.secrets)}`),
    vault: ports.vault(asked.pipeline.id, stream.source.connector),
  };
}

/** A row that was set aside, as the records keep it. */
export async function quarantined(
  line: { stream: string; reason: string; rule: string; locator: string; row: Json; at: string },
  run: string,
): Promise<QuarantinedRow> {
  const key = await digestOf(JSON.stringify([line.stream, line.locator, line.rule, line.row]));
  return { ...line, run, key };
}
