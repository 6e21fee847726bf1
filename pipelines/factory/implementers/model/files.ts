import { join } from "node:path";
import { readInside, removeInside, type Workspace, writeInside } from "../../../../connectors/mod.ts";
import { digestOf } from "../../../../specs/mod.ts";
import type { TextFiles } from "../../context/mod.ts";

export type FileText =
  | { readonly kind: "text"; readonly text: string; readonly digest: string }
  | { readonly kind: "absent" }
  | { readonly kind: "unreadable"; readonly why: string };

/** The workspace's files as the implementer works on them. Only it changes them, so that the list of paths is kept here. */
export interface WorkFiles {
  /** For searches: without files that hold credentials. */
  readonly texts: TextFiles;
  has(path: string): boolean;
  list(): readonly string[];
  read(path: string): Promise<FileText>;
  /** A file keeps its mode, or has that of `like` when it comes from there. */
  write(path: string, text: string, like?: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Grows with every change. */
  readonly version: number;
  /** Paths that were changed in this session. */
  readonly touched: ReadonlySet<string>;
}

const MAX_BYTES = 2 * 1024 * 1024;

/** Files that hold credentials by custom: never shown to a model, whoever asks. Samples of them are. */
export function holdsCredentials(path: string): boolean {
  const name = path.slice(path.lastIndexOf("/") + 1).toLowerCase();
  if (/\.(?:example|sample|template|dist|tmpl)$|^example\.|[._-]example\./.test(name)) return false;
  return /^\.env(?:\..*)?$|\.env$|^\.(?:npmrc|netrc|pgpass|pypirc|git-credentials|htpasswd|dockercfg)$|^_netrc$|^id_(?:rsa|dsa|ecdsa|ed25519)$|\.(?:pem|p12|pfx|jks|keystore|kdbx|ppk)$|^credentials(?:\.(?:json|ya?ml|toml|ini|csv))?$|^(?:service-?account|client_secret)[^/]*\.json$|\.tfstate$/
    .test(name) || /(?:^|\/)\.(?:aws|ssh|gnupg|kube|docker)\//.test(path.toLowerCase());
}

/** Where the files are: in a directory, or in memory. Only plain files are read, and links are never followed. */
export interface FilePlace {
  /** Null when there is no plain file. Throws above `maxBytes`. */
  read(path: string, maxBytes: number): Promise<Uint8Array | null>;
  /** With the mode that `like` has, as far as that is a plain file. */
  write(path: string, bytes: Uint8Array, like: string): Promise<void>;
  remove(path: string): Promise<void>;
}

export function directoryPlace(dir: string): FilePlace {
  return {
    read: (path, maxBytes) => readInside(dir, path, maxBytes),
    async write(path, bytes, like) {
      const mode = await modeOf(join(dir, like));
      await writeInside(dir, path, bytes);
      // A script stays one that can be run.
      if (mode !== null && (mode & 0o100) !== 0) await Deno.chmod(join(dir, path), 0o755);
    },
    remove: (path) => removeInside(dir, path),
  };
}

/** Where a workspace has its files: whoever has no directory works in memory. */
export async function placeOf(workspace: Workspace): Promise<FilePlace> {
  const { inMemory } = workspace;
  if (inMemory === undefined) return directoryPlace(await workspace.files());
  return {
    async read(path, maxBytes) {
      if (!inMemory.mode(path)?.startsWith("100")) return null;
      const bytes = await workspace.read(path, "head");
      if (bytes !== null && bytes.byteLength > maxBytes) {
        throw new Error(`Cannot read ${path}: it has ${bytes.byteLength} bytes and ${maxBytes} is the limit`);
      }
      return bytes;
    },
    write: (path, bytes, like) => inMemory.write(path, bytes, like),
    remove: (path) => inMemory.remove(path),
  };
}

/** @param paths of the tree as it is now */
export function workFiles(given: string | FilePlace, paths: readonly string[]): WorkFiles {
  const place = typeof given === "string" ? directoryPlace(given) : given;
  const known = new Set(paths);
  const touched = new Set<string>();
  let sorted: readonly string[] | null = null;
  let version = 0;
  const list = () => sorted ??= [...known].sort();
  const read = async (path: string): Promise<FileText> => {
    let bytes: Uint8Array | null;
    try {
      bytes = await place.read(path, MAX_BYTES);
    } catch (error) {
      return { kind: "unreadable", why: error instanceof Error ? error.message : String(error) };
    }
    if (bytes === null) {
      return known.has(path)
        ? { kind: "unreadable", why: `${path} is no regular file: a link or a submodule` }
        : { kind: "absent" };
    }
    const text = bytes.subarray(0, 8192).includes(0) ? null : decoded(bytes);
    return text === null
      ? { kind: "unreadable", why: `${path} is binary: ${bytes.length} bytes that are no UTF-8 text` }
      : { kind: "text", text, digest: await digestOf(bytes) };
  };
  const changed = (path: string): void => {
    sorted = null;
    version++;
    touched.add(path);
  };
  return {
    texts: {
      list: () => Promise.resolve(list().filter((path) => !holdsCredentials(path))),
      read: async (path) => {
        const file = await read(path);
        return file.kind === "text" ? file.text : null;
      },
    },
    has: (path) => known.has(path),
    list,
    read,
    async write(path, text, like = path) {
      await place.write(path, new TextEncoder().encode(text), like);
      known.add(path);
      changed(path);
    },
    async remove(path) {
      await place.remove(path);
      known.delete(path);
      changed(path);
    },
    get version() {
      return version;
    },
    touched,
  };
}

/** The mode of a regular file; null where there is none. */
async function modeOf(file: string): Promise<number | null> {
  try {
    const info = await Deno.lstat(file);
    return info.isFile ? info.mode : null;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return null;
    throw error;
  }
}

function decoded(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}
