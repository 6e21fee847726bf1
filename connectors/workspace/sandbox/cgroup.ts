/**
 * Memory and process limits by control groups, version 1 or 2, where this process may make groups below its own (root,
 * or a delegated systemd scope). The program joins before it starts (see launch.ts), so nothing escapes the count.
 */
import { dirname, join, relative } from "node:path";

export interface CgroupPlace {
  version: 1 | 2;
  /** Directories in which a group is made for each run. */
  memory: string;
  pids: string | null;
}

export interface CgroupLimits {
  memoryBytes: number;
  maxProcesses: number;
}

export interface Cgroup {
  /** The program writes itself into `cgroup.procs` of each. */
  readonly dirs: readonly string[];
  /** How many processes the kernel ended for want of memory. */
  oomKills(): Promise<number>;
  close(): Promise<void>;
}

interface Mount {
  root: string;
  point: string;
  type: string;
  options: string[];
}

/** Where groups could be made, best first; not yet tried. */
export function cgroupCandidates(mountinfo: string, own: string): CgroupPlace[] {
  const mounts = mountinfo.split("\n").flatMap((line) => parseMount(line));
  const dirOf = (mount: Mount | undefined, path: string | undefined) => {
    if (mount === undefined || path === undefined) return null;
    const below = relative(mount.root, path);
    return below.startsWith("..") ? mount.point : join(mount.point, below);
  };
  const lines = own.split("\n").map((line) => /^\d+:([^:]*):(.*)$/.exec(line));
  const pathOf = (controller: string) =>
    lines.find((line) => (line?.[1] ?? "").split(",").includes(controller))?.[2];
  const v1 = (controller: string) =>
    dirOf(mounts.find((m) => m.type === "cgroup" && m.options.includes(controller)), pathOf(controller));

  const memory = v1("memory");
  if (memory !== null) return [{ version: 1, memory, pids: v1("pids") }];
  const here = dirOf(mounts.find((m) => m.type === "cgroup2"), lines.find((line) => line?.[1] === "")?.[2]);
  if (here === null) return [];
  // A group with processes in it cannot hand memory on to children: a sibling, under the delegated parent, can have it.
  return [here, dirname(here), dirname(dirname(here))].map((dir) => ({
    version: 2,
    memory: dir,
    pids: null,
  }));
}

function parseMount(line: string): Mount[] {
  const [before = "", after = ""] = line.split(" - ");
  const [, , , root, point] = before.split(" ");
  const [type = "", , options = ""] = after.split(" ");
  return root !== undefined && point !== undefined
    ? [{ root, point, type, options: options.split(",") }]
    : [];
}

/** The first place where a group with a memory limit can be made and joined, or null. */
export async function findCgroup(): Promise<CgroupPlace | null> {
  if (Deno.build.os !== "linux") return null;
  try {
    const [mountinfo, own] = await Promise.all([
      Deno.readTextFile("/proc/self/mountinfo"),
      Deno.readTextFile("/proc/self/cgroup"),
    ]);
    for (const place of cgroupCandidates(mountinfo, own)) {
      await sweep(place);
      if (await canJoin(place)) return place;
    }
  } catch { /* no /proc, or no groups: then there is no limit of this kind, and check() says so */ }
  return null;
}

async function canJoin(place: CgroupPlace): Promise<boolean> {
  let group: Cgroup | null = null;
  try {
    group = await openCgroup(place, { memoryBytes: 64 * 1024 * 1024, maxProcesses: 64 });
    const script = 'for dir; do echo 0 > "$dir/cgroup.procs" || exit 1; done';
    const joined = await new Deno.Command("/bin/sh", {
      args: ["-c", script, "sh", ...group.dirs],
      clearEnv: true,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).output();
    return joined.success;
  } catch {
    return false;
  } finally {
    await group?.close();
  }
}

/** Makes the group of one run. Throws where that is not possible. */
export async function openCgroup(place: CgroupPlace, limits: CgroupLimits): Promise<Cgroup> {
  // Random: the workers of one process share its pid, and each would count from one.
  const name = `edgeforge-${crypto.randomUUID()}`;
  const memory = join(place.memory, name);
  const pids = place.pids === null ? null : join(place.pids, name);
  const dirs = pids === null ? [memory] : [memory, pids];
  const close = async () => {
    for (const dir of dirs) await removeGroup(dir);
  };
  try {
    for (const dir of dirs) await Deno.mkdir(dir);
    if (place.version === 1) {
      await write(memory, "memory.limit_in_bytes", limits.memoryBytes);
      await write(memory, "memory.memsw.limit_in_bytes", limits.memoryBytes).catch(ifAbsent);
      if (pids !== null) await write(pids, "pids.max", limits.maxProcesses);
    } else {
      await write(memory, "memory.max", limits.memoryBytes);
      await write(memory, "memory.swap.max", 0).catch(ifAbsent);
      await write(memory, "memory.oom.group", 1).catch(ifAbsent);
      await write(memory, "pids.max", limits.maxProcesses).catch(ifAbsent);
    }
  } catch (error) {
    await close();
    throw error;
  }
  return {
    dirs,
    oomKills: async () => {
      const text = await Deno.readTextFile(
        join(memory, place.version === 1 ? "memory.oom_control" : "memory.events"),
      );
      return Number(/^oom_kill (\d+)$/m.exec(text)?.[1] ?? 0);
    },
    close,
  };
}

async function write(dir: string, file: string, value: number): Promise<void> {
  // Without `create`, as a missing control file means that the kernel has no such limit.
  await Deno.writeTextFile(join(dir, file), String(value), { create: false });
}

function ifAbsent(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound || error instanceof Deno.errors.PermissionDenied)) throw error;
}

/** A group can be removed once its last process is gone, which the kernel may notice a moment later. */
async function removeGroup(dir: string): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    try {
      await Deno.remove(dir);
      return;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return;
      await new Promise((resolve) => setTimeout(resolve, Math.min(2 ** tries, 50)));
    }
  }
}

/** Removes what an engine that was killed left behind. */
async function sweep(place: CgroupPlace): Promise<void> {
  for (const dir of [place.memory, place.pids]) {
    if (dir === null) continue;
    for await (const entry of Deno.readDir(dir)) {
      const owner = /^edgeforge-(\d+)-\d+$/.exec(entry.name)?.[1];
      if (owner === undefined || Number(owner) === Deno.pid) continue;
      const alive = await Deno.stat(`/proc/${owner}`).then(() => true, () => false);
      if (!alive) await Deno.remove(join(dir, entry.name)).catch(() => undefined);
    }
  }
}
