import { Buffer } from "node:buffer";
import { join } from "node:path";
import { DataFailure, type Sink } from "../../connectors/mod.ts";
import type { PhaseHandler } from "../../kernel/mod.ts";
import { compileSetRule, countVerdict, isRowRule, nameOf, type SetCheck } from "../../policies/mod.ts";
import {
  type DataFacts,
  type Json,
  orderOf,
  type PinnedSchema,
  type QualityRule,
  type QualityVerdict,
  type Row,
  type StreamFacts,
  type StreamProfile,
} from "../../specs/mod.ts";
import { acquired, type Ended, planned, unitDir } from "./acquire.ts";
import { quarantined } from "./bad_rows.ts";
import { contractCheck, type ContractState } from "./contract.ts";
import { type Asked, readAsked } from "./input.ts";
import { openSinks, streamOf, type Unit } from "./plan.ts";
import { profileOf } from "./profile.ts";
import type { FoundryPorts } from "./ports.ts";
import { digestOfMarks, type SegmentMark, stagedRows, stagedValues } from "./staging.ts";
import { capped } from "./window.ts";

const SHOWN_INPUTS = 1_000;
const HISTORY = 30;

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
    const asked = await readAsked(ctx.blobs, ctx.input);
    const ended = await acquired(ctx, await planned(ctx));
    const sinks = openSinks(ports, asked);
    const streams: StreamFacts[] = [];
    const baselines: Record<string, Record<string, Json>> = {};
    const publishable: string[] = [];
    const profiles: StreamProfile[] = [];
    try {
      for (const one of ended) {
        await keepQuarantine(ports, asked, ctx.run, one);
        const facts = await factsOf(ports, asked, ctx.run, one, ended, (name) => sinks.get(name));
        streams.push(facts.stream);
        baselines[one.unit.id] = facts.baselines;
        if (isPublishable(one)) {
          publishable.push(one.unit.id);
          profiles.push(
            await profileOf({
              stream: one.unit.id,
              dir: unitDir(ports, ctx.run, one.unit),
              segments: one.checkpoint.segments,
              schema: facts.stream.schema,
              pii: streamOf(asked.pipeline, one.unit.stream).pii,
            }),
          );
        }
        ctx.progress(
          `${one.unit.id}: ${one.checkpoint.counts.accepted} rows staged, ${one.checkpoint.counts.quarantined} set aside`,
        );
      }
    } finally {
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
    return {
      kind: "done",
      outcome: "assured",
      output: {
        facts: await ctx.blobs.put(JSON.stringify(facts)),
        baselines: await ctx.blobs.put(JSON.stringify(baselines)),
        profile: await ctx.blobs.put(JSON.stringify({ v: 1, streams: profiles })),
        subject,
        publishable,
      },
    };
  };
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
  for await (const lines of stagedValues(unitDir(ports, run, unit), checkpoint.quarantine)) {
    const rows = await Promise.all(
      lines.map((line) => quarantined(line as Parameters<typeof quarantined>[0], run)),
    );
    await ports.records.quarantine.put(asked.pipeline.id, rows);
  }
}

async function factsOf(
  ports: FoundryPorts,
  asked: Asked,
  run: string,
  one: Ended,
  ended: readonly Ended[],
  sinkOf: (name: string) => Sink,
): Promise<{ stream: StreamFacts; baselines: Record<string, Json> }> {
  const { unit, checkpoint } = one;
  const stream = streamOf(asked.pipeline, unit.stream);
  const dir = unitDir(ports, run, unit);
  const { counts } = checkpoint;
  const judged = isPublishable(one);
  const contract = contractCheck(
    stream.contract,
    unit.state?.schema ?? null,
    checkpoint.contract as unknown as ContractState | null,
  ).end();
  const changes = judged ? contract.changes.filter(({ kind }) => kind !== "table-added" || !unit.exists) : [];
  const before = unit.state?.cursor ?? null;
  const after = stream.cursor === undefined || unit.keepsState
    ? before
    : capped(stream.cursor, checkpoint.watermark, asked.input.startedAt);
  const order = stream.cursor === undefined || before === null || after === null
    ? 0
    : orderOf(stream.cursor.type)(after, before);
  const { quality, baselines } = judged
    ? await qualityOf(ports, asked, run, one, ended, contract.schema, sinkOf)
    : { quality: [], baselines: {} };
  const inputs = await inputsOf(ports, dir, checkpoint.inputs);
  const dropped = new Set(
    Object.entries(stream.pii).filter(([, how]) => how === "drop").map(([column]) => column.toLowerCase()),
  );
  return {
    baselines,
    stream: {
      stream: unit.id,
      status: checkpoint.end?.status ?? "failed",
      ...(checkpoint.end?.reason === undefined ? {} : { reason: checkpoint.end.reason }),
      table: unit.table,
      sink: unit.sink,
      disposition: unit.disposition,
      counts: { ...counts, late: 0 },
      handshake: counts.read + counts.produced === counts.accepted + counts.quarantined + counts.filtered &&
        checkpoint.segments.reduce((sum, { rows }) => sum + rows, 0) === counts.accepted &&
        checkpoint.quarantine.reduce((sum, { rows }) => sum + rows, 0) === counts.quarantined,
      cursor: { before, after, backwards: order !== null && order < 0 },
      schema: contract.schema,
      changes,
      quality,
      personal: Object.keys(contract.schema).filter((column) =>
        dropped.has(column.toLowerCase()) || Object.hasOwn(checkpoint.untreated, column)
      ),
      secrets: Object.entries(checkpoint.secrets).map(([column, rows]) => ({
        column,
        rule: "run-credential",
        rows,
      })),
      staged: digestOfMarks(checkpoint.segments),
      quarantine: checkpoint.quarantine.length === 0 ? null : digestOfMarks(checkpoint.quarantine),
      ...inputs,
    },
  };
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
  for (const mark of marks) parts.push((await Deno.readFile(join(dir, mark.name))).subarray(0, mark.bytes));
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

async function qualityOf(
  ports: FoundryPorts,
  asked: Asked,
  run: string,
  one: Ended,
  ended: readonly Ended[],
  schema: PinnedSchema,
  sinkOf: (name: string) => Sink,
): Promise<{ quality: QualityVerdict[]; baselines: Record<string, Json> }> {
  const { unit, checkpoint } = one;
  const stream = streamOf(asked.pipeline, unit.stream);
  const dir = unitDir(ports, run, unit);
  const quality: QualityVerdict[] = [];
  let rowRules = 0;
  const setRules: QualityRule[] = [];
  for (const rule of stream.quality) {
    if (!isRowRule(rule)) {
      setRules.push(rule);
      continue;
    }
    const count = checkpoint.rules[rowRules++];
    if (count === undefined) {
      quality.push(unjudged(unit.id, rule, "no row was held against it"));
      continue;
    }
    const { failed, checked, sample } = count;
    const detail = sample.length === 0 ? "" : String(sample[0]);
    const verdict = countVerdict(unit.id, rule, { failed, checked, sample, detail });
    quality.push(checked === 0 ? verdict : seeing(verdict, rule, schema));
  }
  if (setRules.length === 0) return { quality, baselines: {} };
  const history = unit.keepsState
    ? []
    : await ports.records.loads.list(asked.pipeline.id, unit.stream, HISTORY);
  const room = join(dir, "tallies");
  await Deno.remove(room, { recursive: true }).catch(() => {});
  await Deno.mkdir(room, { recursive: true, mode: 0o700 });
  const tally = ports.tally(room);
  const needsTable = setRules.some((rule) => rule.rule === "row-count" && rule.of === "table");
  const running: { rule: QualityRule; check: SetCheck }[] = [];
  for (const rule of setRules) {
    const compiled = await compileSetRule(rule, {
      stream: unit.id,
      at: new Date(ports.clock.now()).toISOString(),
      counts: checkpoint.counts,
      tableRows: needsTable ? await tableRowsOf(unit, checkpoint.counts.accepted, sinkOf(unit.sink)) : null,
      isDelta: unit.mode === "incremental" && (unit.window.from !== null || unit.leaves === "parts") &&
        (unit.state?.loads ?? 0) > 0,
      history,
      tally,
      reference: (table) => referenceRows(ports, run, table, unit.sink, ended, sinkOf(unit.sink)),
    });
    if (!compiled.ok) quality.push(unjudged(unit.id, rule, compiled.error));
    else {
      try {
        await compiled.value.begin?.();
        running.push({ rule, check: compiled.value });
      } catch (error) {
        if (!(error instanceof DataFailure)) throw error;
        quality.push(unjudged(unit.id, rule, error.message));
      }
    }
  }
  if (running.length > 0) {
    for await (const rows of stagedRows(dir, checkpoint.segments)) {
      for (const row of rows) for (const { check } of running) check.add(row);
    }
  }
  const baselines: Record<string, Json> = {};
  for (const { rule, check } of running) {
    const verdict = check.end();
    quality.push(checkpoint.counts.accepted === 0 ? verdict : seeing(verdict, rule, schema));
    const baseline = check.baseline?.();
    if (baseline !== undefined) baselines[check.name] = baseline;
  }
  await Deno.remove(room, { recursive: true });
  return { quality, baselines };
}

/** A rule that holds because no row ever had its column judged nothing: that is told, as its name may be a wrong one. */
function seeing(verdict: QualityVerdict, rule: QualityRule, schema: PinnedSchema): QualityVerdict {
  const columns = "columns" in rule ? rule.columns : "column" in rule ? [rule.column] : [];
  const missing = columns.filter((column) => !Object.hasOwn(schema, column));
  if (verdict.verdict !== "pass" || missing.length === 0) return verdict;
  return {
    ...verdict,
    severity: "warn",
    verdict: "fail",
    detail: `no row has the column ${missing.join(", ")}: nothing of it was judged`,
  };
}

/** Rows that the table has with this load, as far as it is known before: a merge adds at least those that it has already. */
async function tableRowsOf(unit: Unit, accepted: number, sink: Sink): Promise<number> {
  if (unit.disposition === "replace") return accepted;
  const before = (await sink.tables()).find(({ table }) => table === unit.table)?.rows ?? 0;
  return unit.disposition === "append" ? before + accepted : Math.max(before, accepted);
}

/** Rows that a key may refer to: those that this very run brings to the table, and those that stay there beside them. */
async function* referenceRows(
  ports: FoundryPorts,
  run: string,
  table: string,
  sinkName: string,
  ended: readonly Ended[],
  sink: Sink,
): AsyncGenerator<readonly Row[]> {
  const loads = ended.filter((one) =>
    one.unit.table === table && one.unit.sink === sinkName && isPublishable(one)
  );
  const stays = loads.every(({ unit }) => unit.disposition !== "replace") &&
    await sink.schema(table) !== null;
  if (!stays && loads.length === 0) {
    throw new DataFailure(
      "not-found",
      `there is no table ${table} to refer to`,
      "Load it first, or name another one",
    );
  }
  if (stays) yield* sink.read(table);
  for (const { unit, checkpoint } of loads) {
    yield* stagedRows(unitDir(ports, run, unit), checkpoint.segments);
  }
}

function unjudged(stream: string, rule: QualityRule, why: string): QualityVerdict {
  return {
    rule: nameOf(rule),
    stream,
    severity: rule.severity,
    verdict: "error",
    failed: 0,
    checked: 0,
    value: null,
    detail: why.slice(0, 2000),
    sample: [],
  };
}
