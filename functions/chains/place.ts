/** Where the files of a chain lie: beside it, in the body of a request, or in a repository's base. */
import { dirname, isAbsolute, join, normalize } from "node:path";
import type { ReadCheck } from "../../pipelines/factory/mod.ts";
import { err, ok, type Problem, type Result } from "../../specs/mod.ts";
import { heldOutFiles } from "../held_out_files.ts";

const MAX_BYTES = 1024 * 1024;
const URL_LIKE = /^[a-z][a-z0-9+.-]*:\/\/|^[^/\s]+@[^/\s]+:/i;

export interface ChainPlace {
  readonly from: "file" | "installation" | "repository" | "request";
  /** The text of a file that the chain names, with the name by which its syntax is told. */
  read(path: string, what: string): Promise<Result<{ text: string; name: string }, Problem>>;
  /** Held-out files of a spec that the chain names. */
  checks(spec: string): ReadCheck;
  /** The folder of a file that the chain names; null where pipelines are named by their id alone. */
  folder(path: string): string | null;
  /** The repository that a stage names. */
  repo(given: string): Result<string, Problem>;
}

function unreadable(what: string, path: string, why: string): Result<never, Problem> {
  return err({
    code: "invalid-chain",
    value: path.slice(0, 300),
    message: `Cannot read the ${what}: ${why}`,
    remedy: "Check the path: it is relative to the chain's file",
  });
}

function textOf(
  bytes: Uint8Array,
  what: string,
  path: string,
): Result<{ text: string; name: string }, Problem> {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return ok({ text, name: path });
  } catch {
    return unreadable(what, path, "it is not UTF-8 text");
  }
}

/** A chain in a file of its own: what it names lies where the file says. */
export function filePlace(file: string, from: "file" | "installation" = "file"): ChainPlace {
  const folder = dirname(file);
  const at = (path: string) => isAbsolute(path) ? path : join(folder, path);
  return {
    from,
    async read(path, what) {
      try {
        const { isFile, size } = await Deno.stat(at(path));
        if (!isFile) return unreadable(what, path, "it is not a file");
        if (size > MAX_BYTES) {
          return unreadable(what, path, `${size} bytes are above the cap of ${MAX_BYTES}`);
        }
        return textOf(await Deno.readFile(at(path)), what, at(path));
      } catch (error) {
        const { NotFound, NotADirectory, PermissionDenied, NotCapable, FilesystemLoop } = Deno.errors;
        if (error instanceof NotFound || error instanceof NotADirectory) {
          return unreadable(what, path, "there is no such file");
        }
        if (error instanceof PermissionDenied || error instanceof NotCapable) {
          return unreadable(what, path, "permission denied");
        }
        if (error instanceof FilesystemLoop || error instanceof TypeError) {
          return unreadable(what, path, "it cannot be a file's name");
        }
        throw error;
      }
    },
    checks: (spec) => heldOutFiles({ specDir: dirname(at(spec)) }),
    folder: (path) => dirname(at(path)),
    repo: (given) => ok(URL_LIKE.test(given) ? given : at(given)),
  };
}

/** A chain that came with a request: its files are those of the request, its repositories those that the door has let through. */
export function requestPlace(
  files: Readonly<Record<string, string>>,
  repositories: ReadonlyMap<string, string>,
): ChainPlace {
  const named = (path: string) => {
    const whole = normalize(path);
    return Object.hasOwn(files, whole) ? files[whole] : undefined;
  };
  return {
    from: "request",
    read(path, what) {
      const text = named(path);
      return Promise.resolve(
        text === undefined
          ? unreadable(what, path, "it is not among the files of the request")
          : ok({ text, name: path }),
      );
    },
    checks(spec) {
      const folder = dirname(normalize(spec));
      const beside = Object.fromEntries(
        Object.entries(files).flatMap(([path, text]) =>
          folder === "."
            ? [[path, text]]
            : path.startsWith(`${folder}/`)
            ? [[path.slice(folder.length + 1), text]]
            : []
        ),
      );
      return heldOutFiles({ files: beside });
    },
    folder: () => null,
    repo(given) {
      const allowed = repositories.get(given);
      return allowed === undefined
        ? err({ code: "repo-refused", message: "Cannot work on the repository of a stage", value: given })
        : ok(allowed);
    },
  };
}

/** Where a repository carries its chains, at the base commit of what is run. */
export const CHAIN_FOLDER = ".forge/chains";

/** A chain of a repository: its files are those of the base commit, and it names no other repository and no path of this machine. */
export function repositoryPlace(read: (path: string) => Promise<Uint8Array | null>): ChainPlace {
  const inside = (path: string): string | null => {
    const whole = normalize(join(CHAIN_FOLDER, path));
    return isAbsolute(path) || whole.startsWith("..") || path.includes("\\") ? null : whole;
  };
  const bytesOf = async (path: string, what: string): Promise<Result<Uint8Array, Problem>> => {
    const whole = inside(path);
    const bytes = whole === null ? null : await read(whole);
    if (whole === null) return unreadable(what, path, "it leaves the repository");
    return bytes === null ? unreadable(what, path, "the base commit has no such file") : ok(bytes);
  };
  return {
    from: "repository",
    async read(path, what) {
      const bytes = await bytesOf(path, what);
      return bytes.ok ? textOf(bytes.value, what, path) : bytes;
    },
    checks: (spec) => async (path) => {
      const beside = normalize(join(dirname(spec), path));
      return isAbsolute(path) || normalize(path).startsWith("..")
        ? unreadable("held-out file", path, "it leaves the spec's folder")
        : await bytesOf(beside, "held-out file");
    },
    folder: () => null,
    repo: (given) =>
      err({
        code: "invalid-chain",
        message: "Cannot name another repository: the chain is one that a repository carries",
        value: given,
        remedy: "Leave `repo` out, or put the chain into the installation",
      }),
  };
}
