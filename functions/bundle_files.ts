import { join } from "node:path";
import type { BundleReader } from "../policies/evidence/mod.ts";
import {
  BUNDLE_LIMITS,
  BundleUnreadable,
  directoryBundle,
  memoryBundle,
  readTar,
} from "../policies/evidence/reading/mod.ts";

/** A bundle at a path: a directory, or the tar of one. @throws {BundleUnreadable} */
export async function bundleAt(path: string): Promise<BundleReader> {
  let info: Deno.FileInfo;
  try {
    info = await Deno.stat(path);
    if (info.isDirectory) return directoryBundle(directoryAt(path));
    if (!info.isFile) throw new BundleUnreadable("it is neither a directory nor a plain file");
    if (info.size > BUNDLE_LIMITS.bytes) {
      throw new BundleUnreadable(`it has more than ${BUNDLE_LIMITS.bytes} bytes`);
    }
    return memoryBundle(readTar(await Deno.readFile(path)));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      throw new BundleUnreadable("there is neither a directory nor a file here");
    }
    if (error instanceof Deno.errors.PermissionDenied) throw new BundleUnreadable("it may not be read");
    throw error;
  }
}

function directoryAt(root: string): Parameters<typeof directoryBundle>[0] {
  return {
    entries: (path) => Deno.readDir(join(root, path)),
    info: (path) =>
      Deno.lstat(join(root, path)).catch((error) => {
        if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return null;
        throw error;
      }),
    bytes: (path) => Deno.readFile(join(root, path)),
  };
}
