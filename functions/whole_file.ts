import { basename, dirname, join } from "node:path";

/** Writes a file whole or not at all: beside its place, to the disk, then into it. */
export async function writeWhole(path: string, bytes: Uint8Array, mode: number): Promise<void> {
  const beside = join(dirname(path), `.${basename(path)}.${crypto.randomUUID()}.writing`);
  try {
    const file = await Deno.open(beside, { write: true, createNew: true, mode });
    try {
      for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
      await file.sync();
    } finally {
      file.close();
    }
    await Deno.rename(beside, path);
  } catch (error) {
    await Deno.remove(beside).catch(() => undefined);
    throw error;
  }
}

/** The same where the caller names the place: directories on the way are made. */
export async function writeAt(path: string, text: string, mode: number): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true });
  await writeWhole(path, new TextEncoder().encode(text), mode);
}
