/** A bundle to be checked, wherever it lies. Nothing of it is believed. */
export interface BundleReader {
  /** Paths of all files, sorted. @throws {BundleUnreadable} for what is no directory or archive of plain files */
  list(): Promise<string[]>;
  /** Bytes of a file, or null. */
  read(path: string): Promise<Uint8Array | null>;
}

/** What was given cannot be read as a bundle at all. */
export class BundleUnreadable extends Error {
  override readonly name = "BundleUnreadable";
  constructor(message: string, readonly file: string | null = null) {
    super(message);
  }
}

/** A bundle in memory. */
export function memoryBundle(files: ReadonlyMap<string, Uint8Array>): BundleReader {
  return {
    list: () => Promise.resolve([...files.keys()].sort()),
    read: (path) => Promise.resolve(files.get(path) ?? null),
  };
}
