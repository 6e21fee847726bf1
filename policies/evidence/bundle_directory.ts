import { type BundleReader, BundleUnreadable } from "./bundle_reader.ts";

/** What is asked of a file system, from the bundle's directory on; the empty path is the directory itself. */
interface DirectoryPort {
  /** @throws where it cannot be read */
  entries(path: string): AsyncIterable<{ name: string; isFile: boolean; isDirectory: boolean }>;
  /** Of the entry itself, not of what a link leads to; null when there is none. `mode` is null where there are no modes. */
  info(path: string): Promise<{ isFile: boolean; size: number; mode: number | null } | null>;
  bytes(path: string): Promise<Uint8Array>;
}

/** What a bundle may hold: more is not read. */
export const BUNDLE_LIMITS = {
  files: 20_000,
  bytes: 512 * 1024 * 1024,
  fileBytes: 128 * 1024 * 1024,
} as const;

const EXECUTABLE = 0o111;
const SPECIAL = 0o7000;

/**
 * A bundle that lies as a directory: plain files and the directories that they need, nothing else. What cannot be read, a link, an empty
 * directory and a file that was made executable are refused by their names.
 */
export function directoryBundle(port: DirectoryPort): BundleReader {
  const told = async <T>(path: string | null, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      if (error instanceof BundleUnreadable) throw error;
      throw new BundleUnreadable(
        `it cannot be read: ${error instanceof Error ? error.name : "unknown"}`,
        path,
      );
    }
  };

  const walk = async (prefix: string, found: string[]): Promise<void> => {
    let count = 0;
    await told(prefix === "" ? null : prefix, async () => {
      for await (const { name, isFile, isDirectory } of port.entries(prefix)) {
        count += 1;
        const path = prefix === "" ? name : `${prefix}/${name}`;
        if (isDirectory) await walk(path, found);
        else if (isFile) found.push(path);
        else throw new BundleUnreadable("it is neither a plain file nor a directory", path);
        if (found.length > BUNDLE_LIMITS.files) {
          throw new BundleUnreadable(`it holds more than ${BUNDLE_LIMITS.files} files`);
        }
      }
    });
    if (count === 0 && prefix !== "") throw new BundleUnreadable("it is an empty directory", prefix);
  };

  /** Modes are not sealed, as copies keep them or not; but files of one bundle are alike, and none is a program. */
  const checkModes = async (paths: readonly string[]): Promise<void> => {
    const executable: string[] = [];
    for (const path of paths) {
      const mode = (await told(path, () => port.info(path)))?.mode ?? 0;
      if ((mode & SPECIAL) !== 0) {
        throw new BundleUnreadable("its mode has a bit of programs (setuid, setgid or sticky)", path);
      }
      if ((mode & EXECUTABLE) !== 0) executable.push(path);
    }
    const [first] = executable;
    // Some file systems know no other mode.
    if (first !== undefined && executable.length < paths.length) {
      throw new BundleUnreadable("its mode was changed: it is executable, and others are not", first);
    }
  };

  return {
    async list() {
      const found: string[] = [];
      await walk("", found);
      found.sort();
      await checkModes(found);
      return found;
    },
    async read(path) {
      return await told(path, async () => {
        const info = await port.info(path);
        if (info === null) return null;
        if (!info.isFile) throw new BundleUnreadable("it is no plain file", path);
        if (info.size > BUNDLE_LIMITS.fileBytes) {
          throw new BundleUnreadable(`it has more than ${BUNDLE_LIMITS.fileBytes} bytes`, path);
        }
        return await port.bytes(path);
      });
    },
  };
}
