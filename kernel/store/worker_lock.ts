/** A file that a worker holds locked for as long as its process lives; the operating system lets go of it when it dies. */
export interface WorkerLock {
  readonly worker: string;
  /**
   * Whether another worker is known to be dead: its file is there and nobody holds it. A worker without a file may be on another
   * machine; one that is only stopped still holds its file. Both count as alive.
   */
  isOwnerGone(worker: string): Promise<boolean>;
  release(): Promise<void>;
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/;
/** Leases last seconds: a dead worker's file of this age has nothing more to tell. */
const OLD_MS = 3_600_000;

/** Takes the lock file of a worker in a directory that all workers of one store on this machine share. */
export async function workerLock(directory: string, worker: string): Promise<WorkerLock> {
  if (!NAME.test(worker)) {
    throw new TypeError(`Cannot lock as a worker's name must match ${NAME}: current value is ${worker}`);
  }
  await Deno.mkdir(directory, { recursive: true });
  const pathOf = (name: string) => `${directory}/${name}.lock`;
  const file = await Deno.open(pathOf(worker), { create: true, write: true, read: true, mode: 0o600 });
  if (!(await file.tryLock(true))) {
    file.close();
    throw new Error(
      `Cannot start a worker named ${worker} as one of that name is running: give it another name`,
    );
  }
  await removeOld(directory, pathOf(worker));
  const gone = new Set<string>();
  return {
    worker,
    async isOwnerGone(name) {
      if (name === worker || !NAME.test(name)) return false;
      if (gone.has(name)) return true;
      if ((await isHeld(pathOf(name))) !== false) return false;
      gone.add(name);
      return true;
    },
    async release() {
      // Away with the name first: once unlocked, it would say that this worker had died.
      await Deno.remove(pathOf(worker)).catch(() => {});
      file.close();
    },
  };
}

/** Whether somebody holds the lock; null when there is no such file. */
async function isHeld(path: string): Promise<boolean | null> {
  let file: Deno.FsFile;
  try {
    file = await Deno.open(path, { read: true, write: true });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
  try {
    if (!(await file.tryLock(true))) return true;
    await file.unlock();
    return false;
  } finally {
    file.close();
  }
}

async function removeOld(directory: string, own: string): Promise<void> {
  for await (const entry of Deno.readDir(directory)) {
    const path = `${directory}/${entry.name}`;
    if (!entry.isFile || !entry.name.endsWith(".lock") || path === own) continue;
    const modified = (await Deno.stat(path).catch(() => null))?.mtime?.getTime() ?? Date.now();
    if (Date.now() - modified < OLD_MS || (await isHeld(path)) !== false) continue;
    await Deno.remove(path).catch(() => {});
  }
}
