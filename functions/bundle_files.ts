import { join } from "node:path";
import { type BundleReader, BundleUnreadable, memoryBundle, readTar } from "../policies/evidence/mod.ts";

/** What a bundle may hold: more is not read. */
const LIMITS = { files: 20_000, bytes: 512 * 1024 * 1024, fileBytes: 128 * 1024 * 1024 } as const;

/** A bundle at a path: a directory, or the tar of one. @throws {BundleUnreadable} */
export async function bundleAt(path: string): Promise<BundleReader> {
  let info: Deno.FileInfo;
  try {
    info = await Deno.stat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw new BundleUnreadable("there is neither a directory nor a file here");
    }
    throw error;
  }
  if (info.isDirectory) return directoryBundle(path);
  if (info.size > LIMITS.bytes) throw new BundleUnreadable(`it has more than ${LIMITS.bytes} bytes`);
  return memoryBundle(readTar(await Deno.readFile(path)));
}

function directoryBundle(root: string): BundleReader {
  return {
    async list() {
      const found: string[] = [];
      await walk(root, "", found);
      return found.sort();
    },
    async read(path) {
      const whole = join(root, path);
      try {
        const info = await Deno.lstat(whole);
        if (!info.isFile) throw new BundleUnreadable("it is no plain file", path);
        if (info.size > LIMITS.fileBytes) {
          throw new BundleUnreadable(`it has more than ${LIMITS.fileBytes} bytes`, path);
        }
        return await Deno.readFile(whole);
      } catch (error) {
        if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return null;
        throw error;
      }
    },
  };
}

async function walk(root: string, prefix: string, found: string[]): Promise<void> {
  for await (const { name, isFile, isDirectory } of Deno.readDir(join(root, prefix))) {
    const path = prefix === "" ? name : `${prefix}/${name}`;
    if (isDirectory) await walk(root, path, found);
    else if (isFile) found.push(path);
    else throw new BundleUnreadable("it is neither a plain file nor a directory", path);
    if (found.length > LIMITS.files) throw new BundleUnreadable(`it holds more than ${LIMITS.files} files`);
  }
}
