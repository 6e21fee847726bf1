/** Directories for what lies on this machine only while a load is under way; those of dead processes are removed by the next one. */
import { locked } from "./files_disk.ts";

export interface Room {
  readonly path: string;
  close(): Promise<void>;
}

/** Rooms below a directory that need not exist. */
export function scratchRooms(base: string) {
  const open = async (): Promise<Room> => {
    await Deno.mkdir(base, { recursive: true, mode: 0o700 });
    // One at a time: a room that is made and not yet locked must not look like one of the dead.
    return await locked(`${base}/.lock`, 60_000, async () => {
      await removeDead(base);
      const path = `${base}/${crypto.randomUUID()}`;
      await Deno.mkdir(path, { mode: 0o700 });
      const held = await Deno.open(`${path}.held`, { write: true, create: true });
      await held.lock(true);
      return {
        path,
        async close() {
          await Deno.remove(path, { recursive: true });
          await Deno.remove(`${path}.held`).catch(() => {});
          held.close();
        },
      };
    });
  };
  return {
    open,
    async within<T>(work: (path: string) => Promise<T>): Promise<T> {
      const room = await open();
      try {
        return await work(room.path);
      } finally {
        await room.close();
      }
    },
  };
}

/** The lock of a room ends with the process that holds it. */
async function removeDead(base: string): Promise<void> {
  for await (const entry of Deno.readDir(base)) {
    if (!entry.isFile || !entry.name.endsWith(".held")) continue;
    const mark = `${base}/${entry.name}`;
    let file: Deno.FsFile;
    try {
      file = await Deno.open(mark, { write: true });
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) continue;
      throw error;
    }
    try {
      if (!(await file.tryLock(true))) continue;
      await Deno.remove(mark.slice(0, -".held".length), { recursive: true }).catch(() => {});
      await Deno.remove(mark).catch(() => {});
    } finally {
      file.close();
    }
  }
}
