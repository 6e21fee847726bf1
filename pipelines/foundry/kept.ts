/** Staging that outlives its run: what is kept and why, and a sweeper that takes away what nobody will ask for. */
import { dirname, join } from "node:path";
import type { RunView } from "../../kernel/mod.ts";
import { FoundryInput } from "./input.ts";
import type { FoundryPorts } from "./ports.ts";
import { releaseStaging } from "./seal.ts";

/** One directory of staged rows. */
export interface KeptStaging {
  /** A run's own, or what a run that ended early had read and the next one goes on with. */
  readonly kind: "run" | "unfinished";
  /** The run's id, or the load's fingerprint. */
  readonly name: string;
  readonly pipeline: string | null;
  readonly status: RunView["status"] | "unknown";
  readonly bytes: number;
  readonly why: string;
  /** When the sweeper takes it away; null: not before its run goes on. */
  readonly until: string | null;
}

/** How long held rows can be looked at, and unfinished reads be gone on with. */
export const KEPT_MS = 7 * 86_400_000;

type Ports = Pick<FoundryPorts, "room" | "pool" | "clock" | "blobs">;
type View = (run: string) => Promise<RunView | null>;
/** Renamed first: what is on its way out is nobody's any more, also when the sweeper ends in the middle. */
const LEAVING = ".leaving-";

/** All staging there is, in order of its name. */
export async function keptStaging(ports: Ports, view: View, keptMs = KEPT_MS): Promise<KeptStaging[]> {
  const found: KeptStaging[] = [];
  for (const name of await namesIn(roomsOf(ports))) {
    const dir = ports.room(name);
    found.push({
      kind: "run",
      name,
      ...judged(await view(name), await changedMs(dir), keptMs),
      bytes: await bytesOf(dir),
    });
  }
  for (const name of await namesIn(ports.pool())) {
    const dir = join(ports.pool(), name);
    found.push({
      kind: "unfinished",
      name,
      pipeline: null,
      status: "unknown",
      bytes: await bytesOf(dir),
      why: "the next run of its pipeline goes on with it",
      until: iso(await changedMs(dir) + keptMs),
    });
  }
  return found;
}

/**
 * Takes away what is past its time: of completed, failed and cancelled runs at once, as their end is durable; of denied ones, unknown
 * ones and unfinished reads after `keptMs`. Never what a run may still need, and nothing that a process works in.
 */
export async function sweepStaging(ports: Ports, view: View, keptMs = KEPT_MS): Promise<KeptStaging[]> {
  const removed: KeptStaging[] = [];
  for (const root of [roomsOf(ports), ports.pool()]) {
    for (const name of await namesIn(root, true)) await Deno.remove(join(root, name), { recursive: true });
  }
  for (const one of await keptStaging(ports, view, keptMs)) {
    if (one.until === null || Date.parse(one.until) > ports.clock.now()) continue;
    const gone = one.kind === "run"
      ? await removeRoom(ports, one.name, view, keptMs)
      : await removeDirectory(ports.pool(), one.name);
    if (gone) removed.push(one);
  }
  return removed;
}

function judged(
  view: RunView | null,
  changed: number,
  keptMs: number,
): Pick<KeptStaging, "pipeline" | "status" | "why" | "until"> {
  if (view === null) {
    return {
      pipeline: null,
      status: "unknown",
      why: "no run of this name is known here",
      until: iso(changed + keptMs),
    };
  }
  const input = FoundryInput.safeParse(view.input);
  const base = { pipeline: input.success ? input.data.id : null, status: view.status };
  switch (view.status) {
    case "completed":
    case "failed":
    case "cancelled":
      return { ...base, why: "its run has ended", until: iso(Date.parse(view.updatedAt)) };
    case "denied":
      return {
        ...base,
        why: "held: its rows can be looked at",
        until: iso(Date.parse(view.updatedAt) + keptMs),
      };
    case "escalated":
      return { ...base, why: "held until somebody answers", until: null };
    case "parked":
      return { ...base, why: "its run goes on when its wait is over", until: null };
    case "queued":
    case "running":
    case "paused":
    case "cancelling":
      return { ...base, why: "its run is under way", until: null };
  }
}

/** With the room's lock held, so that a worker that lost its run and does not know it yet is not disturbed. */
async function removeRoom(ports: Ports, run: string, view: View, keptMs: number): Promise<boolean> {
  const dir = ports.room(run);
  let lock: Deno.FsFile;
  try {
    lock = await Deno.open(join(dir, "room.lock"), { create: true, write: true, mode: 0o600 });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
  try {
    if (!await lock.tryLock(true)) return false;
    // It may have gone on since it was looked at.
    const now = await view(run);
    const { until, status } = judged(now, await changedMs(dir), keptMs);
    if (until === null || Date.parse(until) > ports.clock.now()) return false;
    // What a failed run had read is handed on where its end did not come to it.
    if (now !== null && (status === "failed" || status === "cancelled")) {
      await releaseStaging(ports as FoundryPorts, now, status);
    }
    return await removeDirectory(roomsOf(ports), run);
  } finally {
    lock.close();
  }
}

async function removeDirectory(root: string, name: string): Promise<boolean> {
  const leaving = join(root, `${LEAVING}${name}`);
  try {
    await Deno.rename(join(root, name), leaving);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return true;
    throw error;
  }
  await Deno.remove(leaving, { recursive: true });
  return true;
}

const roomsOf = (ports: Ports): string => dirname(ports.room("any"));
const iso = (ms: number): string => new Date(ms).toISOString();

async function namesIn(dir: string, leaving = false): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const { name, isDirectory } of Deno.readDir(dir)) {
      if (isDirectory && name.startsWith(LEAVING) === leaving) names.push(name);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return names.sort();
}

/** When anything directly in it, or of its checkpoints, changed last. */
async function changedMs(dir: string): Promise<number> {
  let newest = 0;
  await walk(dir, ({ mtime }) => {
    newest = Math.max(newest, mtime?.getTime() ?? 0);
  });
  return newest;
}

async function bytesOf(dir: string): Promise<number> {
  let bytes = 0;
  await walk(dir, ({ isFile, size }) => {
    if (isFile) bytes += size;
  });
  return bytes;
}

/** Every file and directory, as far as they stay there while they are looked at. */
async function walk(dir: string, see: (info: Deno.FileInfo) => void): Promise<void> {
  try {
    see(await Deno.lstat(dir));
    for await (const entry of Deno.readDir(dir)) {
      const path = join(dir, entry.name);
      if (entry.isDirectory) await walk(path, see);
      else see(await Deno.lstat(path));
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
