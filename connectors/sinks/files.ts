/**
 * Tables as folders of part files. A load is written beside the table, made durable, and becomes part of it by one rename of the
 * manifest: before that the old version is served, after it the new one, also when the process dies in between. What a dead process
 * left is removed by the next load.
 */
import { resolve } from "node:path";
import type { StreamState } from "../../specs/foundry/mod.ts";
import { DataFailure } from "../data/port.ts";
import type { Published, Sink, StagedLoad } from "../data/sink_port.ts";
import { checkCounts, checkTurn } from "./commit_checks.ts";
import { diskFailure, locked, syncDirectory } from "./files_disk.ts";
import {
  MANIFEST,
  type Manifest,
  nextManifest,
  type Part,
  publishedOf,
  readManifest,
  readStates,
  streamName,
  writeManifest,
  writeStates,
} from "./files_manifest.ts";
import type { PartFormat } from "./files_part.ts";
import { localParts, partsOf, stage } from "./files_stage.ts";
import { rememberStaged } from "./files_staged.ts";

export interface FileSinkOptions {
  /** Tests stop the world here: called at every point at which a crash could happen. */
  readonly fault?: (point: string) => void | Promise<void>;
  /** Longest wait for another writer of the same table. */
  readonly waitMs?: number;
}

const TABLE = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/;
const OWN = /^part-\d{6}-[A-Za-z0-9]+-\d{5}\.(jsonl|csv|parquet)$/;
const STAGING = ".staging-";

/** A sink over a folder; the format says how parts look. */
export function filesSink(path: string, format: PartFormat, options: FileSinkOptions = {}): Sink {
  const root = resolve(path);
  const fault = async (point: string) => void await options.fault?.(point);
  const dirOf = (table: string) => {
    if (!TABLE.test(table)) {
      throw new DataFailure(
        "invalid",
        `${JSON.stringify(table)} is no name of a table`,
        "A letter or underscore, then letters, digits, underscores.",
      );
    }
    return `${root}/${table}`;
  };
  const alone = async <T>(table: string, work: (dir: string) => Promise<T>): Promise<T> => {
    const dir = dirOf(table);
    try {
      await Deno.mkdir(dir, { recursive: true });
      return await locked(`${dir}/.lock`, options.waitMs ?? 60_000, () => work(dir));
    } catch (error) {
      throw diskFailure(error, dir);
    }
  };
  /** A stream without a table has its state beside the tables; once it has one, that one counts. */
  const preset = async (name: string, state: StreamState | null): Promise<void> => {
    try {
      await Deno.mkdir(root, { recursive: true });
      await locked(`${root}/.lock`, options.waitMs ?? 60_000, async () => {
        const { [name]: before, ...others } = await readStates(root);
        if (state !== null) await writeStates(root, { ...others, [name]: state });
        else if (before !== undefined) await writeStates(root, others);
      });
    } catch (error) {
      throw diskFailure(error, root);
    }
  };
  const manifests = async (): Promise<{ table: string; manifest: Manifest }[]> => {
    const found: { table: string; manifest: Manifest }[] = [];
    for (const table of await tablesIn(root)) {
      const manifest = await manifestOf(dirOf(table), format);
      if (manifest !== null) found.push({ table, manifest });
    }
    return found;
  };
  return {
    kind: format.kind,
    origins: true,
    location: root,
    async state(pipeline, stream) {
      const name = streamName(pipeline, stream);
      let newest: StreamState | null = null;
      for (const { manifest } of await manifests()) {
        const state = manifest.states[name];
        // A stream that now writes to another table has left its state in the old one.
        if (state !== undefined && (newest === null || (state.at ?? "") >= (newest.at ?? ""))) newest = state;
      }
      return newest ?? (await readStates(root))[name] ?? null;
    },
    async setState(pipeline, stream, state) {
      const name = streamName(pipeline, stream);
      const holders = (await manifests()).filter(({ manifest }) => manifest.states[name] !== undefined);
      if (holders.length === 0 || state === null) await preset(name, state);
      for (const { table } of holders) {
        await alone(table, async (dir) => {
          const manifest = await manifestOf(dir, format);
          if (manifest === null) return;
          const { [name]: _, ...others } = manifest.states;
          const states = state === null ? others : { ...others, [name]: state };
          await writeManifest(dir, { ...manifest, states }, () => fault("state"));
        });
      }
    },
    async find(pipeline, stream, key) {
      const name = streamName(pipeline, stream);
      for (const { table, manifest } of await manifests()) {
        const load = manifest.loads.find((load) => load.key === key && load.stream === name);
        if (load !== undefined) return publishedOf(table, manifest, load, true);
      }
      return null;
    },
    // What is taken as it is staged needs not be read again.
    ...(format.adopts ? { linesAhead: rememberStaged } : {}),
    publish: (load, abort) =>
      alone(load.table, async (dir) => {
        const given = (await readStates(root))[streamName(load.pipeline, load.stream)] ?? null;
        return await publish(dir, load, given, format, fault, abort);
      }),
    async schema(table) {
      return (await manifestOf(dirOf(table), format))?.columns ?? null;
    },
    async *read(table) {
      const dir = dirOf(table);
      const manifest = await manifestOf(dir, format);
      if (manifest === null) {
        throw new DataFailure("not-found", `There is no table ${table} in ${root}`, "See: forge etl list");
      }
      yield* partsOf(localParts(dir), manifest, format);
    },
    async tables() {
      return (await manifests()).map(({ table, manifest }) => ({ table, rows: manifest.rows }));
    },
    close: () => Promise.resolve(),
  };
}

async function tablesIn(root: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const entry of Deno.readDir(root)) {
      if (entry.isDirectory && TABLE.test(entry.name)) names.push(entry.name);
    }
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw diskFailure(error, root);
  }
  return names.sort();
}

async function manifestOf(dir: string, format: PartFormat): Promise<Manifest | null> {
  const manifest = await readManifest(dir);
  if (manifest === null || manifest.format === format.kind) return manifest;
  throw new DataFailure(
    "invalid",
    `${dir} holds a table of ${manifest.format}, not of ${format.kind}`,
    "Give the sink another path.",
  );
}

async function publish(
  dir: string,
  load: StagedLoad,
  given: StreamState | null,
  format: PartFormat,
  fault: (point: string) => Promise<void>,
  abort: AbortSignal,
): Promise<Published> {
  const manifest = await manifestOf(dir, format);
  const name = streamName(load.pipeline, load.stream);
  const known = manifest?.loads.find((known) => known.key === load.key);
  if (manifest !== null && known !== undefined) return publishedOf(load.table, manifest, known, true);
  checkTurn(load, manifest?.states[name] ?? given);
  await sweep(dir, manifest);
  await fault("begin");

  const generation = (manifest?.generation ?? 0) + 1;
  const staging = `${dir}/${STAGING}${generation}`;
  await Deno.mkdir(staging, { mode: 0o700 });
  const renamed: string[] = [];
  try {
    const made = await stage(localParts(dir), staging, load, manifest, format, abort);
    checkCounts(load, made.counts);
    await fault("staged");
    if (abort.aborted) throw abort.reason;
    const tag = load.key.replace(/[^A-Za-z0-9]/g, "").slice(-12) || "load";
    const parts: Part[] = [];
    for (const [index, part] of made.parts.entries()) {
      const path = `part-${String(generation).padStart(6, "0")}-${tag}-${
        String(index).padStart(5, "0")
      }${format.extension}`;
      await Deno.rename(part.file, `${dir}/${path}`);
      renamed.push(path);
      parts.push({
        path,
        rows: part.rows,
        bytes: part.bytes,
        hash: part.digest,
        load: load.key,
        stream: name,
        ...(part.origin === undefined ? {} : { origin: part.origin }),
      });
      await fault("renamed");
    }
    await syncDirectory(dir);
    const { next, record } = nextManifest(manifest, load, format.kind, { ...made, parts });
    await fault("parts");
    await writeManifest(dir, next, () => fault("manifest"));
    await fault("committed");
    // The load is published: what is left to do is done again by the next one when it does not happen now.
    await sweep(dir, next).catch(() => {});
    return publishedOf(load.table, next, record, false);
  } catch (error) {
    // A table that was committed keeps its parts: only what no manifest names is taken away.
    await sweep(dir, await readManifest(dir).catch(() => null)).catch(() => {});
    throw error;
  }
}

/** Removes what no manifest names: staging of dead processes, parts of loads that were not committed or were replaced. */
async function sweep(dir: string, manifest: Manifest | null): Promise<void> {
  const named = new Set(manifest?.resources.map((part) => part.path));
  for await (const entry of Deno.readDir(dir)) {
    if (entry.isDirectory && entry.name.startsWith(STAGING)) {
      await Deno.remove(`${dir}/${entry.name}`, { recursive: true });
    } else if (
      entry.isFile &&
      ((OWN.test(entry.name) && !named.has(entry.name)) || entry.name.startsWith(`${MANIFEST}.`))
    ) {
      await Deno.remove(`${dir}/${entry.name}`);
    }
  }
}
