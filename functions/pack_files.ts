import { join } from "node:path";
import type { PackFiles } from "../policies/mod.ts";
import { ARCHIVE_LIMITS, memberPathProblem, readArchive } from "../policies/packs/mod.ts";
import { err, ok, type Problem, type Result } from "../specs/mod.ts";

const failed = (code: string, message: string, remedy: string, path: string): Result<never, Problem> =>
  err({ code, message, remedy, path, value: path });

/** The files of a pack as it lies on disk: an archive, or the directory of its author. Links and what is no file are refused. */
export async function readPackPath(path: string): Promise<Result<PackFiles, Problem>> {
  let info: Deno.FileInfo;
  try {
    info = await Deno.stat(path);
  } catch (error) {
    return failed(
      "pack-not-found",
      `Cannot read the pack: ${error instanceof Error ? error.message.replace(/\s*\(os error.*$/, "") : "?"}`,
      "Give the directory or the archive of a pack",
      path,
    );
  }
  if (info.isDirectory) return await readDirectory(path);
  if (info.size > ARCHIVE_LIMITS.bytes) {
    return failed(
      "pack-archive-size",
      `The archive has ${info.size} bytes; ${ARCHIVE_LIMITS.bytes} is the limit`,
      "Split the pack",
      path,
    );
  }
  return readArchive(await Deno.readFile(path));
}

async function readDirectory(root: string): Promise<Result<PackFiles, Problem>> {
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  let bytes = 0;
  const walk = async (folder: string, prefix: string): Promise<Result<null, Problem>> => {
    const entries = [];
    for await (const entry of Deno.readDir(folder)) entries.push(entry);
    for (const { name, isSymlink, isDirectory, isFile } of entries.sort((a, z) => a.name < z.name ? -1 : 1)) {
      // What editors and version control leave beside the files is not part of the pack.
      if (name.startsWith(".")) continue;
      const path = `${prefix}${name}`;
      if (isSymlink || !(isDirectory || isFile)) {
        return failed(
          "pack-archive-link",
          `'${path}' is a link or no plain file`,
          "A pack holds plain files only",
          path,
        );
      }
      if (isDirectory) {
        const below = await walk(join(folder, name), `${path}/`);
        if (!below.ok) return below;
        continue;
      }
      const problem = memberPathProblem(path);
      if (problem) return err(problem);
      const { size } = await Deno.lstat(join(folder, name));
      bytes += size;
      if (size > ARCHIVE_LIMITS.memberBytes || bytes > ARCHIVE_LIMITS.bytes) {
        return failed("pack-archive-size", `The pack is too big at '${path}'`, "Split the pack", path);
      }
      // The manifest's source and its signature stand beside the members.
      if (files.size > ARCHIVE_LIMITS.files) {
        return failed(
          "pack-archive-count",
          `The pack holds more than ${ARCHIVE_LIMITS.files} files`,
          "Split it",
          path,
        );
      }
      files.set(path, await Deno.readFile(join(folder, name)));
    }
    return ok(null);
  };
  const read = await walk(root, "");
  return read.ok ? ok(files) : read;
}
