import type { RunView } from "../../kernel/mod.ts";
import { denialsOf } from "../../policies/mod.ts";
import {
  DataFacts,
  Pipeline,
  type PipelineDocument,
  type QualityVerdict,
  type StreamResult,
} from "../../specs/foundry/mod.ts";
import { type Standstill, waitingOf } from "../waiting.ts";
import { readJson } from "../blob_reads.ts";
import { acquired, planned, unitDir } from "./acquire.ts";
import { type Checkpoint, ownRequests, readCheckpoint } from "./checkpoint.ts";
import { FoundryInput } from "./input.ts";
import { readParsed } from "./parsed.ts";
import type { Unit } from "./plan.ts";
import type { FoundryPorts } from "./ports.ts";
import { LoadOutcome } from "./load_order.ts";
import { digestOfMarks } from "./staging.ts";

/** The document of a data run that users hold: a projection of its ledger, and of its staging while it still reads. */
export async function pipelineDocument(
  ports: Pick<FoundryPorts, "blobs" | "room">,
  view: RunView,
  standstill: Standstill | null = null,
): Promise<PipelineDocument> {
  const input = FoundryInput.parse(view.input);
  const { blobs } = ports;
  const notes: string[] = [];
  const decision = view.lastDecision;
  const refused = view.status === "denied" || view.status === "escalated";
  const denials = refused && decision && decision.verdict !== "allow" ? denialsOf(decision) : [];
  if (view.escalation) notes.push(view.escalation.question);
  const waiting = waitingOf(view, standstill);
  if (waiting !== null) {
    if (denials.length === 0) notes.push(`${view.status}: ${waiting.reason}`);
    if (waiting.until !== null) notes.push(`until ${waiting.until}`);
    notes.push(`what to do: ${waiting.remedy}`);
  }
  const assured = view.outputs.assure as { facts?: string } | undefined;
  const facts = assured?.facts === undefined ? null : await readParsed(blobs, assured.facts, DataFacts);
  const environment = await readJson(blobs, input.environment) as { name?: string };
  const late = lateness(view, await readParsed(blobs, input.definition, Pipeline));
  if (late !== null) notes.push(late);
  const ended = await endedOf(ports, view);
  const streams = await streamResults(ports, view, facts, ended);
  for (const { unit, checkpoint } of ended) {
    if (!unit.census || checkpoint?.end?.status !== "complete") continue;
    const { counts: { quarantined }, unread } = checkpoint;
    if (quarantined === 0 && unread === 0) continue;
    const why = quarantined > 0
      ? `${quarantined} rows were set aside`
      : `${unread} parts of the source were not read`;
    notes.push(`${unit.stream}: no census, as ${why}: nothing was marked as deleted`);
  }
  for (const { stream, dead } of streams) {
    if (dead === undefined) continue;
    notes.push(`${stream}: the sink refused ${dead} rows; they are kept: forge etl quarantine list`);
  }
  const quality: QualityVerdict[] = facts?.streams.flatMap((stream) => stream.quality) ?? [];
  for (const { stream, changes } of facts?.streams ?? []) {
    for (const { kind, column, before, after } of changes) {
      if (kind === "table-added") continue;
      notes.push(
        `${stream}: ${kind}${column === undefined ? "" : ` ${column}`}${
          after === undefined && before === undefined ? "" : ` (${before ?? "-"} -> ${after ?? "-"})`
        }`,
      );
    }
  }
  return {
    run: view.run,
    status: view.status === "cancelling" ? "running" : view.status,
    phase: view.phase,
    pipeline: `${input.id}@${input.definition.slice("sha256:".length, "sha256:".length + 12)}`,
    mode: input.mode,
    environment: environment.name ?? "default",
    streams,
    quality,
    denials,
    failure: view.failure,
    evidence: view.evidence &&
      { id: view.evidence.id, path: view.evidence.path, digest: view.evidence.digest },
    notes,
    createdAt: view.createdAt,
    updatedAt: view.updatedAt,
  };
}

/** That a run takes or took longer than was promised. What it waited for counts: the promise is about the data. */
function lateness(view: RunView, { sla }: Pipeline): string | null {
  const minutes = (Date.parse(view.updatedAt) - Date.parse(view.createdAt)) / 60_000;
  if (sla.maxDurationMinutes === undefined || minutes <= sla.maxDurationMinutes) return null;
  return `late: ${
    minutes.toFixed(1)
  } minutes, promised are ${sla.maxDurationMinutes} (sla.maxDurationMinutes)`;
}

async function streamResults(
  ports: Pick<FoundryPorts, "blobs" | "room">,
  view: RunView,
  facts: DataFacts | null,
  ended: readonly Progress[],
): Promise<StreamResult[]> {
  const outcomes = await outcomesOf(ports, view);
  const results = new Map<string, StreamResult>();
  for (const { unit, checkpoint } of ended) {
    const one = resultOf(unit, checkpoint, outcomes.get(unit.id), facts);
    const there = results.get(unit.stream);
    results.set(unit.stream, there === undefined ? one : merged(there, one));
  }
  return [...results.values()];
}

/** A load, and how far it has come. */
interface Progress {
  unit: Unit;
  checkpoint: Checkpoint | null;
}

async function endedOf(ports: Pick<FoundryPorts, "blobs" | "room">, view: RunView): Promise<Progress[]> {
  if (view.outputs.resolve === undefined) return [];
  const units = await planned({ blobs: ports.blobs, outputs: view.outputs });
  return view.outputs.acquire === undefined
    ? await Promise.all(
      units.map(async (unit) => ({
        unit,
        checkpoint: await readCheckpoint(unitDir(ports as FoundryPorts, view.run, unit)),
      })),
    )
    : await acquired({ blobs: ports.blobs, outputs: view.outputs }, units);
}

/** What the publishing effects said, by unit. */
export async function outcomesOf(
  ports: Pick<FoundryPorts, "blobs">,
  view: RunView,
): Promise<Map<string, LoadOutcome>> {
  const found = new Map<string, LoadOutcome>();
  for (const [key, value] of Object.entries(view.effects)) {
    if (!key.startsWith(`${view.run}/publish/`) || value === null) continue;
    const held = value as { blob?: string; loads?: unknown };
    const { loads } = typeof held.blob === "string"
      ? await readJson(ports.blobs, held.blob) as { loads: unknown }
      : held;
    for (const one of LoadOutcome.array().parse(loads)) found.set(one.unit, one);
  }
  return found;
}

function resultOf(
  unit: Unit,
  checkpoint: Checkpoint | null,
  outcome: LoadOutcome | undefined,
  facts: DataFacts | null,
): StreamResult {
  const counts = checkpoint?.counts ?? { read: 0, accepted: 0, quarantined: 0, filtered: 0, produced: 0 };
  const known = facts?.streams.find(({ stream }) => stream === unit.id);
  const end = checkpoint?.end ?? null;
  const before = unit.state?.cursor ?? null;
  const stored = outcome === undefined ? null : outcome.written + outcome.deduped + (outcome.dead ?? 0);
  return {
    stream: unit.stream,
    status: end?.status ?? "incomplete",
    ...(end?.reason === undefined
      ? end === null ? { reason: "it is still read" } : {}
      : { reason: end.reason }),
    ...counts,
    written: outcome?.written ?? 0,
    deduped: outcome?.deduped ?? 0,
    deleted: outcome?.deleted ?? 0,
    ...(outcome?.dead === undefined ? {} : { dead: outcome.dead }),
    late: known?.counts.late ?? 0,
    handshake: handshakeOf(counts, stored),
    requests: checkpoint === null ? { made: 0, retried: 0, waitedMs: 0 } : ownRequests(checkpoint),
    bytes: checkpoint?.bytes ?? 0,
    ...((checkpoint?.unchanged ?? 0) === 0 ? {} : { skipped: { unchanged: checkpoint?.unchanged ?? 0 } }),
    cursor: {
      before,
      after: outcome !== undefined && end?.status === "complete" ? known?.cursor.after ?? before : before,
    },
    table: unit.table,
    ...(checkpoint === null || checkpoint.segments.length === 0
      ? {}
      : { output: digestOfMarks(checkpoint.segments) }),
  };
}

/** What the counts of a load, or of several, come to. */
function handshakeOf(
  counts: Checkpoint["counts"],
  stored: number | null,
): NonNullable<StreamResult["handshake"]> {
  const came = counts.read + counts.produced;
  const accounted = counts.accepted + counts.quarantined + counts.filtered;
  return {
    came,
    accounted,
    stored,
    holds: came === accounted && (stored === null || stored === counts.accepted),
  };
}

/** Partitions of one stream as one result: the worst status, the sums. */
function merged(a: StreamResult, b: StreamResult): StreamResult {
  const order = ["failed", "parked", "incomplete", "complete", "skipped"] as const;
  const worse = order.indexOf(b.status) < order.indexOf(a.status) ? b : a;
  const sum: StreamResult = { ...a, status: worse.status };
  for (
    const name of [
      "read",
      "accepted",
      "quarantined",
      "written",
      "deduped",
      "filtered",
      "produced",
      "deleted",
      "late",
      "bytes",
    ] as const
  ) {
    sum[name] = a[name] + b[name];
  }
  sum.requests = {
    made: a.requests.made + b.requests.made,
    retried: a.requests.retried + b.requests.retried,
    waitedMs: a.requests.waitedMs + b.requests.waitedMs,
  };
  if (a.handshake !== undefined && b.handshake !== undefined) {
    const { came, accounted, stored } = a.handshake;
    const other = b.handshake;
    sum.handshake = {
      came: came + other.came,
      accounted: accounted + other.accounted,
      stored: stored === null && other.stored === null ? null : (stored ?? 0) + (other.stored ?? 0),
      holds: a.handshake.holds && other.holds,
    };
  }
  if (a.dead !== undefined || b.dead !== undefined) sum.dead = (a.dead ?? 0) + (b.dead ?? 0);
  if (worse.reason === undefined) delete sum.reason;
  else sum.reason = worse.reason;
  delete sum.output;
  return sum;
}
