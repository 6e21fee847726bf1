/** Which files a read is of: fixed when it begins, without those that are as the last load found them where that is allowed. */
import { DataFailure, type FileSnapshot, type ReadRequest, type SourceContext } from "../../data/port.ts";
import type { Json } from "../../../specs/mod.ts";
import { hashOf } from "./bytes.ts";
import { fetched, type FileRecord, kept, type Ledger } from "./ledger.ts";
import type { FileParams } from "./params.ts";

/** A file as the read found it when it began. */
export type Planned = readonly [name: string, size: number, modifiedMs: number];

/** Room for the plan in `next`, of the 16,000 bytes that it may have. */
const PLAN_INLINE = 12_000;
/** A file that was written to within this time may still be written to. */
const FRESH_MS = 2_000;

/** Files as they are now; those that are still being written to are left for the next run, unless one is asked for by name. */
export async function listed(params: FileParams, context: SourceContext): Promise<FileSnapshot[]> {
  const found = params.path !== undefined
    ? [await context.files.file(params.path)]
    : await context.files.glob(params.glob as string);
  const fresh = found.filter((file) => Math.abs(Date.now() - file.modifiedMs) < FRESH_MS);
  if (fresh.length === 0 || params.settleMs === 0) return found;
  await settle(params.settleMs, context.abort);
  const settled: FileSnapshot[] = [];
  for (const file of found) {
    if (!fresh.includes(file)) {
      settled.push(file);
      continue;
    }
    const again = await context.files.file(file.name).catch((error) => {
      if (error instanceof DataFailure && error.kind === "not-found" && params.glob !== undefined) {
        return null;
      }
      throw error;
    });
    if (again === null) continue;
    if (params.glob === undefined || (again.size === file.size && again.modifiedMs === file.modifiedMs)) {
      settled.push(again);
    } else context.progress(`${file.name} is being written to: it is left for the next run`);
  }
  return settled;
}

/** Real time: other programs write by it. */
function settle(ms: number, abort: AbortSignal): Promise<void> {
  return new Promise((done, fail) => {
    const stop = () => {
      clearTimeout(timer);
      fail(abort.reason);
    };
    const timer = setTimeout(() => {
      abort.removeEventListener("abort", stop);
      done();
    }, ms);
    abort.addEventListener("abort", stop, { once: true });
  });
}

/** What has to be read: all, or, as far as the engine lets us, what is new or changed. */
export async function planned(
  present: readonly FileSnapshot[],
  before: Ledger,
  after: Ledger,
  request: ReadRequest,
  context: SourceContext,
): Promise<Planned[]> {
  const plan: Planned[] = [];
  const all = () => present.map((file): Planned => [file.name, file.size, file.modifiedMs]);
  if (request.partial === false || request.mode !== "incremental") return all();
  const same: [string, FileRecord][] = [];
  for (const file of present) {
    const record = await unchanged(file, before.get(file.name));
    if (record === null) plan.push([file.name, file.size, file.modifiedMs]);
    else same.push([file.name, record]);
  }
  // Without leave to leave out a part it is all of them or none.
  const here = new Set(present.map(({ name }) => name));
  const isWhole = plan.length === 0 &&
    [...before].every(([name, { gone }]) => here.has(name) || gone === true);
  if (request.partial !== true && !isWhole) return all();
  for (const [name, record] of same) after.set(name, record);
  if (same.length > 0) {
    context.progress(`${same.length} of ${present.length} files are as they were and are not read again`);
  }
  return plan;
}

/** Files up to here are hashed; of larger ones the size and the time of the last change tell whether they are the same. */
const HASHED_BYTES = 4 * 1024 * 1024;

/** What the ledger keeps of a file whose bytes are those that were read; null when it has to be read. */
async function unchanged(file: FileSnapshot, known: FileRecord | undefined): Promise<FileRecord | null> {
  if (known === undefined || known.size !== file.size) return null;
  const looksSame = known.modifiedMs === file.modifiedMs && file.size > HASHED_BYTES;
  const { sha256 } = looksSame ? known : await recordOf(file);
  return sha256 === known.sha256 ? { size: file.size, modifiedMs: file.modifiedMs, sha256 } : null;
}

export async function planKept(plan: readonly Planned[], context: SourceContext): Promise<Json> {
  const value = plan as unknown as Json;
  const digest = await kept(context.vault, JSON.stringify(value), PLAN_INLINE);
  return digest === null ? value : { digest };
}

export async function planOf(value: Json, context: SourceContext): Promise<Planned[]> {
  if (Array.isArray(value)) return value as unknown as Planned[];
  const digest = value !== null && typeof value === "object" ? value.digest : null;
  return JSON.parse(await fetched(context.vault, String(digest))) as Planned[];
}

/** A file of the plan, still the same. It may have grown; what was added is for the next run. */
export async function sameFile(
  [name, size, modifiedMs]: Planned,
  context: SourceContext,
): Promise<FileSnapshot> {
  const file = await context.files.file(name);
  if (file.size !== size || file.modifiedMs !== modifiedMs) {
    throw new DataFailure(
      "contract",
      `${name} changed since this read began: ${file.size} bytes now, ${size} then`,
      "Run again when nothing writes to it; a new run reads it from its beginning.",
    );
  }
  return file;
}

export async function recordOf(file: FileSnapshot): Promise<FileRecord> {
  const reader = await file.reader();
  try {
    const sha256 = (await hashOf(reader, reader.size)).digest("hex");
    return { size: file.size, modifiedMs: file.modifiedMs, sha256 };
  } finally {
    reader.close();
  }
}
