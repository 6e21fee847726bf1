/**
 * The manifest of a table of files, `_manifest.json`: which parts make the table, its columns, its loads and the state of its streams.
 * Replacing it is the commit; a part that it does not name is no part of the table. Its `resources` read as those of a data package.
 */
import { z } from "zod";
import { PinnedSchema, StreamState } from "../../specs/foundry/mod.ts";
import { DataFailure } from "../data/port.ts";
import type { Published, StagedLoad } from "../data/sink_port.ts";
import { stateText } from "./commit_checks.ts";
import { replaceFile } from "./files_disk.ts";

export const MANIFEST = "_manifest.json";
/** Loads that are remembered by key; what is older is told apart by the state that a load began from. */
const MAX_LOADS = 1_000;

const Part = z.strictObject({
  path: z.string().regex(/^part-[A-Za-z0-9._-]+$/),
  rows: z.number().int().min(0),
  bytes: z.number().int().min(0),
  hash: z.string(),
  load: z.string(),
  /** `<pipeline>/<stream>` that brought it. */
  stream: z.string(),
  origin: z.string().optional(),
});
export type Part = z.infer<typeof Part>;

const Load = z.strictObject({
  key: z.string(),
  stream: z.string(),
  run: z.string(),
  disposition: z.string(),
  written: z.number().int(),
  deduped: z.number().int(),
  deleted: z.number().int(),
  at: z.string(),
});
export type Load = z.infer<typeof Load>;

const Manifest = z.strictObject({
  v: z.literal(1),
  name: z.string(),
  profile: z.literal("tabular-data-resource"),
  format: z.enum(["jsonl", "csv", "parquet"]),
  generation: z.number().int().min(0),
  rows: z.number().int().min(0),
  bytes: z.number().int().min(0),
  columns: PinnedSchema,
  /** Columns of our own behind the source's: when a row was found deleted, between which instants it held. */
  marks: z.array(z.string()),
  resources: z.array(Part),
  loads: z.array(Load),
  states: z.record(z.string(), StreamState),
});
export type Manifest = z.infer<typeof Manifest>;

export const streamName = (pipeline: string, stream: string): string => `${pipeline}/${stream}`;

/** The table as it is committed; null when there is none. */
export async function readManifest(dir: string): Promise<Manifest | null> {
  let text: string;
  try {
    text = await Deno.readTextFile(`${dir}/${MANIFEST}`);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return null;
    throw error;
  }
  return parseManifest(text, dir);
}

/** `place`: whose manifest it is, for the message when it is not sound. */
export function parseManifest(text: string, place: string): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw unsound(place, "it is no JSON", error);
  }
  const parsed = Manifest.safeParse(value);
  if (!parsed.success) throw unsound(place, parsed.error.issues[0]?.message ?? "", parsed.error);
  return parsed.data;
}

const unsound = (dir: string, why: string, cause: unknown): DataFailure =>
  new DataFailure(
    "invalid",
    `The manifest of ${dir} is not sound: ${why}`,
    "Restore it, or move the folder away and load the table again with `--mode full`.",
    { cause },
  );

/** Commits a table. */
export async function writeManifest(
  dir: string,
  manifest: Manifest,
  fault: () => Promise<void>,
): Promise<void> {
  await replaceFile(`${dir}/${MANIFEST}`, manifestText(manifest), fault);
}

/** With its sums made and old loads forgotten. */
export function manifestText(manifest: Manifest): string {
  for (const [stream, state] of Object.entries(manifest.states)) stateText(stream, state);
  const resources = manifest.resources;
  const next: Manifest = {
    ...manifest,
    rows: resources.reduce((sum, part) => sum + part.rows, 0),
    bytes: resources.reduce((sum, part) => sum + part.bytes, 0),
    loads: manifest.loads.slice(-MAX_LOADS),
  };
  return `${JSON.stringify(next, null, 1)}\n`;
}

/** The manifest after a load: what it keeps of the one before, the parts that the load brings, its record and its state. */
export function nextManifest(
  before: Manifest | null,
  load: StagedLoad,
  kind: Manifest["format"],
  made: {
    readonly parts: readonly Part[];
    readonly kept: readonly Part[];
    readonly counts: { written: number; deduped: number; deleted: number };
    readonly columns: PinnedSchema;
    readonly marks: readonly string[];
  },
): { next: Manifest; record: Load } {
  const name = streamName(load.pipeline, load.stream);
  const record: Load = {
    key: load.key,
    stream: name,
    run: load.run,
    disposition: load.disposition,
    ...made.counts,
    at: load.at,
  };
  const state = { ...load.state, rows: load.state.rows + made.counts.written };
  const next: Manifest = {
    v: 1,
    name: load.table,
    profile: "tabular-data-resource",
    format: kind,
    generation: (before?.generation ?? 0) + 1,
    rows: 0,
    bytes: 0,
    columns: made.columns,
    marks: [...made.marks],
    resources: [...made.kept, ...made.parts],
    loads: [...before?.loads ?? [], record],
    states: { ...before?.states, ...(load.keepsState ? {} : { [name]: state }) },
  };
  return { next, record };
}

/** What a load became, by its record and the parts that are still there of it. */
export function publishedOf(table: string, manifest: Manifest, load: Load, existed: boolean): Published {
  return {
    written: load.written,
    deduped: load.deduped,
    deleted: load.deleted,
    existed,
    outputs: manifest.resources.filter((part) => part.load === load.key).map((part) => ({
      name: `${table}/${part.path}`,
      digest: part.hash,
      bytes: part.bytes,
      rows: part.rows,
    })),
  };
}

const States = z.strictObject({ v: z.literal(1), states: z.record(z.string(), StreamState) });
export const STATES = "_states.json";

/** States that were set by hand for streams that have no table yet. */
export async function readStates(root: string): Promise<Record<string, StreamState>> {
  try {
    return parseStates(await Deno.readTextFile(`${root}/${STATES}`), root);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return {};
    throw error instanceof DataFailure ? error : unsound(root, `${STATES} cannot be read`, error);
  }
}

export function parseStates(text: string, place: string): Record<string, StreamState> {
  try {
    return States.parse(JSON.parse(text)).states;
  } catch (error) {
    throw unsound(place, `${STATES} cannot be read`, error);
  }
}

export const statesText = (states: Record<string, StreamState>): string =>
  `${JSON.stringify({ v: 1, states }, null, 1)}\n`;

export async function writeStates(root: string, states: Record<string, StreamState>): Promise<void> {
  await replaceFile(`${root}/${STATES}`, statesText(states), () => Promise.resolve());
}
