import { Buffer } from "node:buffer";
import { DataFailure, type Sink } from "../../connectors/data/mod.ts";
import type { PhaseHandler } from "../../kernel/mod.ts";
import { type Json } from "../../specs/mod.ts";
import {
  type DataFacts,
  orderOf,
  type QuarantinedRow,
  type StreamFacts,
  type StreamProfile,
} from "../../specs/foundry/mod.ts";
import { acquired, type Ended, planned, unitDir } from "./acquire.ts";
import { quarantined } from "./bad_rows.ts";
import { contractCheck, type ContractState } from "./contract.ts";
import { knownCredentials } from "./credentials.ts";
import { failureOf } from "./failures.ts";
import { isHandedOn } from "./fan_out.ts";
import { type Asked, readAsked } from "./input.ts";
import { misnamedKeys, misnamedPersonal } from "./misnamed.ts";
import { openSinks, streamOf } from "./plan.ts";
import { lateRows } from "./late.ts";
import { profileBeside } from "./profile.ts";
import type { FoundryPorts } from "./ports.ts";
import { qualityOf, skippedQuality } from "./quality_path.ts";
import { dropThread } from "./spare_thread.ts";
import { digestOfMarks, type SegmentMark, stagedBytes, stagedRows, stagedValues } from "./staging.ts";
import { capped } from "./window.ts";

const SHOWN_INPUTS = 1_000;
/** Rows that are set aside at once: as many as this, or fewer where they are large. */
const QUARANTINED_AT_ONCE = 20_000;
const QUARANTINED_BYTES = 16 * 1024 * 1024;

/** A load whose rows the sink may take: complete, or as much as there is of a source that says so, where a merge makes it harmless. */
export function isPublishable({ unit, checkpoint }: Ended): boolean {
  const { end } = checkpoint;
  if (end === null || end.unchanged) return false;
  if (end.status === "complete") return true;
  return end.status === "incomplete" && end.failure === null && unit.disposition === "merge";
}

/** Takes the facts of what is staged: the sets' rules, the contract's changes, the counts. The gates judge nothing else. */
export function assure(ports: FoundryPorts): PhaseHandler {
  return async (ctx) => {
    // Whatever comes of the run is sealed: its keys are opened beside this, and what is wrong with them is said there.
    Promise.resolve(ports.attestor?.()).catch(() => {});
    const asked = await readAsked(ctx.blobs, ctx.input);
    const ended = await acquired(ctx, await planned(ctx));
    const sinks = openSinks(ports, asked);
    const streams: StreamFacts[] = [];
    const baselines: Record<string, Record<string, Json>> = {};
    const publishable: string[] = [];
    const profiles: StreamProfile[] = [];
    try {
      for (const one of ended) {
        const unprotected = unprotectedOf(asked, one, ended);
        // Rows that are appended would be so again, as their parent's place is kept.
        const isLate = one.unit.disposition === "append" && !isHandedOn(asked.pipeline, one, ended);
        const isWanted = isPublishable(one) && !isLate;
        // It only looks at what is staged, and so goes on beside the rest.
        const profile = isWanted && unprotected.length === 0
          ? profileBeside({
            stream: one.unit.id,
            dir: unitDir(ports, ctx.run, one.unit),
            segments: one.checkpoint.segments,
            schema: contractOf(asked, one).schema,
            pii: streamOf(asked.pipeline, one.unit.stream).pii,
          })
          : null;
        profile?.catch(() => {});
        // Rows that were set aside go where a column without its treatment would be read: not before it is known.
        if (unprotected.length === 0) await keepQuarantine(ports, asked, ctx.run, one);
        const facts = await factsOf(
          ports,
          asked,
          ctx.run,
          one,
          ended,
          unprotected,
          (name) => sinks.get(name),
        );
        streams.push(facts.stream);
        baselines[one.unit.id] = facts.baselines;
        if (isWanted) {
          publishable.push(one.unit.id);
          if (profile !== null) profiles.push(await profile);
        }
        ctx.progress(
          `${one.unit.id}: ${one.checkpoint.counts.accepted} rows staged, ${one.checkpoint.counts.quarantined} set aside`,
        );
      }
    } catch (error) {
      if (!(error instanceof DataFailure)) throw error;
      // Tables are read here, over a connection that may be lost: nothing was written, so it can be done again.
      const failure = failureOf(error, knownCredentials(ports, asked));
      return { kind: "failed", failure: { ...failure, retryable: error.kind === "transient" } };
    } finally {
      dropThread();
      await sinks.close();
    }
    const at = new Date(ctx.clock.now()).toISOString();
    const facts: DataFacts = {
      v: 1,
      pipeline: asked.pipeline.id,
      definition: asked.input.definition,
      environment: asked.input.environment,
      mode: asked.input.mode,
      range: asked.input.range,
      streams,
      used: {
        requests: ended.reduce((sum, { checkpoint }) => sum + checkpoint.requests.made, 0),
        bytes: ended.reduce((sum, { checkpoint }) => sum + checkpoint.bytes, 0),
        ms: Math.max(0, ctx.clock.now() - Date.parse(asked.input.startedAt)),
      },
      at,
    };
    const subject = digestOfMarks(
      streams.map(({ stream, staged, counts }) => ({
        name: stream,
        rows: counts.accepted,
        bytes: 0,
        digest: staged,
      })),
    );
    const [factsBlob, baselinesBlob, profileBlob] = await Promise.all([
      ctx.blobs.put(JSON.stringify(facts)),
      ctx.blobs.put(JSON.stringify(baselines)),
      ctx.blobs.put(JSON.stringify({ v: 1, streams: profiles })),
    ]);
    return {
      kind: "done",
      outcome: "assured",
      output: { facts: factsBlob, baselines: baselinesBlob, profile: profileBlob, subject, publishable },
    };
  };
}

/** What was treated before (a replay) was treated under the names of then. */
function unprotectedOf(asked: Asked, { unit }: Ended, ended: readonly Ended[]) {
  if (asked.input.replay) return [];
  const loads = ended.filter((one) => one.unit.stream === unit.stream).map(({ checkpoint }) => checkpoint);
  return misnamedPersonal(streamOf(asked.pipeline, unit.stream), unit.state, loads);
}

/** Rows that were set aside are told whatever becomes of the run. */
async function keepQuarantine(
  ports: FoundryPorts,
  asked: Asked,
  run: string,
  { unit, checkpoint }: Ended,
): Promise<void> {
  // What a replay refuses once more is there already, under the place where it was found first.
  if (asked.input.replay || checkpoint.quarantine.length === 0) return;
  const { records } = ports;
  let rows: QuarantinedRow[] = [];
  const bytesEach = checkpoint.quarantine.reduce((sum, { bytes }) => sum + bytes, 0) /
    checkpoint.quarantine.reduce((sum, mark) => sum + mark.rows, 1);
  const atOnce = Math.min(QUARANTINED_AT_ONCE, Math.ceil(QUARANTINED_BYTES / Math.max(1, bytesEach)));
  for await (const lines of stagedValues(unitDir(ports, run, unit), checkpoint.quarantine)) {
    for (const line of lines) rows.push(quarantined(line as Parameters<typeof quarantined>[0], run));
    // Their keys lie anywhere in the store: few large writes touch each of its pages less often than many small ones.
    if (rows.length < atOnce) continue;
    await records.quarantine.put(asked.pipeline.id, rows);
    rows = [];
  }
  if (rows.length > 0) await records.quarantine.put(asked.pipeline.id, rows);
}

async function factsOf(
  ports: FoundryPorts,
  asked: Asked,
  run: string,
  one: Ended,
  ended: readonly Ended[],
  unprotected: NonNullable<StreamFacts["misnamed"]>,
  sinkOf: (name: string) => Sink,
): Promise<{ stream: StreamFacts; baselines: Record<string, Json> }> {
  const { unit, checkpoint } = one;
  const stream = streamOf(asked.pipeline, unit.stream);
  const dir = unitDir(ports, run, unit);
  const { counts } = checkpoint;
  const judged = isPublishable(one);
  const contract = contractOf(asked, one);
  const changes = judged ? contract.changes.filter(({ kind }) => kind !== "table-added" || !unit.exists) : [];
  const before = unit.state?.cursor ?? null;
  const after = stream.cursor === undefined || unit.keepsState || !isHandedOn(asked.pipeline, one, ended)
    ? before
    : capped(stream.cursor, checkpoint.watermark, asked.input.startedAt);
  const order = stream.cursor === undefined || before === null || after === null
    ? 0
    : orderOf(stream.cursor.type)(after, before);
  const publishable = ended.filter(isPublishable);
  const { quality, rules, baselines } = judged
    ? await qualityOf({ ports, asked, run, one, publishable, schema: contract.schema, sinkOf })
    : skippedQuality(stream, checkpoint.end?.reason ?? "nothing of the load is published");
  const late = judged
    ? await lateRows({
      ports,
      unit,
      stream,
      sink: sinkOf(unit.sink),
      dir,
      staged: stagedRows(dir, checkpoint.segments),
    })
    : 0;
  const inputs = await inputsOf(ports, dir, checkpoint.inputs);
  const dropped = new Set(
    Object.entries(stream.pii).filter(([, how]) => how === "drop").map(([column]) => column.toLowerCase()),
  );
  const misnamed = [...unprotected, ...judged ? misnamedKeys(stream, contract.schema, checkpoint) : []];
  return {
    baselines,
    stream: {
      stream: unit.id,
      status: checkpoint.end?.status ?? "failed",
      ...(checkpoint.end?.reason === undefined ? {} : { reason: checkpoint.end.reason }),
      table: unit.table,
      sink: unit.sink,
      disposition: unit.disposition,
      counts: { ...counts, late },
      handshake: counts.read + counts.produced === counts.accepted + counts.quarantined + counts.filtered &&
        checkpoint.segments.reduce((sum, { rows }) => sum + rows, 0) === counts.accepted &&
        checkpoint.quarantine.reduce((sum, { rows }) => sum + rows, 0) === counts.quarantined,
      cursor: { before, after, backwards: order !== null && order < 0 },
      schema: contract.schema,
      changes,
      // A sample quotes rows, and nobody knows yet what of them is personal.
      quality: unprotected.length === 0
        ? quality
        : quality.map((one) => ({ ...one, detail: "", sample: [] })),
      rules,
      publishable: judged,
      personal: Object.keys(contract.schema).filter((column) =>
        (dropped.has(column.toLowerCase()) && !Object.hasOwn(stream.contract.schema ?? {}, column)) ||
        Object.hasOwn(checkpoint.untreated, column)
      ),
      ...(misnamed.length === 0 ? {} : { misnamed }),
      secrets: [
        ...Object.entries(checkpoint.secrets).map(([column, rows]) => ({
          column,
          rule: "run-credential",
          rows,
        })),
        ...(checkpoint.canaries === 0 ? [] : [{ column: "", rule: "canary", rows: checkpoint.canaries }]),
      ],
      staged: digestOfMarks(checkpoint.segments),
      quarantine: checkpoint.quarantine.length === 0 ? null : digestOfMarks(checkpoint.quarantine),
      ...inputs,
    },
  };
}

/** The columns after a load, and what changed of them. */
function contractOf(asked: Asked, { unit, checkpoint }: Ended) {
  const { contract } = streamOf(asked.pipeline, unit.stream);
  const state = checkpoint.contract as unknown as ContractState | null;
  return contractCheck(contract, unit.state?.schema ?? null, state).end();
}

async function inputsOf(
  ports: FoundryPorts,
  dir: string,
  marks: readonly SegmentMark[],
): Promise<Pick<StreamFacts, "inputs" | "inputsBlob">> {
  if (marks.length === 0) return { inputs: [], inputsBlob: null };
  const inputs: StreamFacts["inputs"] = [];
  const seen = new Set<string>();
  const parts: Uint8Array[] = [];
  for (const mark of marks) parts.push(await stagedBytes(dir, mark));
  for await (const lines of stagedValues(dir, marks)) {
    for (const line of lines) {
      const { locator, digest, bytes } = line as { locator: string; digest: string; bytes: number };
      // Pages of one local file name the file again and again.
      if (inputs.length >= SHOWN_INPUTS || seen.has(`${locator} ${digest}`)) continue;
      seen.add(`${locator} ${digest}`);
      inputs.push({ locator, digest, bytes });
    }
  }
  return { inputs, inputsBlob: await ports.blobs.put(Buffer.concat(parts)) };
}
