import { bytesOf, checked, hexOf } from "../blobs.ts";
import { sha256Hex } from "../hash.ts";
import type { Blobs } from "../port.ts";

/**
 * Blobs as files, two levels of folders by the first digits. A file appears whole or not at all: it is written beside its place,
 * flushed, and renamed.
 */
export function directoryBlobs(root: string): Blobs {
  const folderOf = (hex: string) => `${root}/sha256/${hex.slice(0, 2)}`;
  const pathOf = (hex: string) => `${folderOf(hex)}/${hex.slice(2)}`;
  return {
    async put(data) {
      const bytes = bytesOf(data);
      const hex = sha256Hex(bytes);
      const [isThere] = await Promise.all([
        isFile(pathOf(hex)),
        Deno.mkdir(folderOf(hex), { recursive: true }),
      ]);
      if (!isThere) await writeWhole(pathOf(hex), bytes);
      return `sha256:${hex}`;
    },
    async get(digest) {
      try {
        return checked(await Deno.readFile(pathOf(hexOf(digest))), digest);
      } catch (error) {
        if (error instanceof Deno.errors.NotFound) return null;
        throw error;
      }
    },
    has: (digest) => isFile(pathOf(hexOf(digest))),
  };
}

async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const part = `${path}.${crypto.randomUUID()}.part`;
  try {
    const file = await Deno.open(part, { write: true, createNew: true, mode: 0o600 });
    try {
      for (let at = 0; at < bytes.byteLength;) at += await file.write(bytes.subarray(at));
      await file.syncData();
    } finally {
      file.close();
    }
    await Deno.rename(part, path);
  } catch (error) {
    await Deno.remove(part).catch(() => {});
    throw error;
  }
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
