import { isAbsolute, join, normalize, resolve, sep } from "node:path";
import type { ReadCheck } from "../pipelines/factory/mod.ts";
import { err, ok, type Problem, type Result } from "../specs/mod.ts";
import type { RunRequest } from "./service.ts";

const MAX_CHECK_BYTES = 4 * 1024 * 1024;

/** Held-out files come from the request's own map, or from below the spec's folder: never through a link, never from above. */
export function heldOutFiles(request: Pick<RunRequest, "files" | "specDir">): ReadCheck {
  const missing = (path: string, why: string): Result<Uint8Array, Problem> =>
    err({
      code: "invalid-spec",
      value: path,
      message: `Cannot read the held-out file: ${why}.`,
      remedy: "put the file itself beside the spec, and name it by its relative path",
    });
  return async (path) => {
    if (
      path === "" || isAbsolute(path) || path.includes("\\") || path.includes("\0") ||
      normalize(path).split("/").includes("..")
    ) {
      return missing(path, "it leaves the spec's folder");
    }
    if (request.files) {
      const text = Object.hasOwn(request.files, path) ? request.files[path] : undefined;
      return text === undefined
        ? missing(path, "it is not among the given files")
        : ok(new TextEncoder().encode(text));
    }
    if (request.specDir === undefined) return missing(path, "no files were given with the spec");
    try {
      const root = await Deno.realPath(resolve(request.specDir));
      const real = await Deno.realPath(join(root, path));
      if (real !== join(root, normalize(path))) return missing(path, "it is, or lies behind, a link");
      if (!real.startsWith(root + sep)) return missing(path, "it leaves the spec's folder");
      const { isFile, size } = await Deno.lstat(real);
      if (!isFile) return missing(path, "it is not a file");
      if (size > MAX_CHECK_BYTES) {
        return missing(path, `${size} bytes are above the cap of ${MAX_CHECK_BYTES}`);
      }
      return ok(await Deno.readFile(real));
    } catch (error) {
      const why = error instanceof Error ? unreadable(error) : null;
      if (why === null) throw error;
      return missing(path, why);
    }
  };
}

/** What of the file system's answers is about the file that was named, not about us. */
function unreadable(error: Error): string | null {
  const { NotFound, NotADirectory, PermissionDenied, NotCapable, FilesystemLoop, InvalidData } = Deno.errors;
  if (error instanceof NotFound || error instanceof NotADirectory) return "there is no such file";
  if (error instanceof PermissionDenied || error instanceof NotCapable) return "permission denied";
  if (error instanceof FilesystemLoop) return "it is, or lies behind, a link";
  return error instanceof InvalidData || /file name too long/i.test(error.message)
    ? "it cannot be a file's name"
    : null;
}
