import { ok, type Problem, type Result, type TrustRoot } from "../../specs/mod.ts";
import { ARCHIVE_LIMITS, type PackFiles, readArchive } from "./archive.ts";
import { builtInVersion } from "./judging.ts";
import { type VerifiedPack, verifyPack } from "./pack.ts";
import { refuse } from "./refusal.ts";
import { DRAFT_FILES, ENVELOPE_FILE } from "./signature.ts";

export const REPOSITORY_PACKS = ".forge/packs/";

/** The base commit of a repository: what a change cannot amend. */
export interface BaseFiles {
  list(): Promise<readonly string[]>;
  read(path: string): Promise<Uint8Array | null>;
}

/** How many packs a repository may carry. */
const MAX_PACKS = 32;

/**
 * The packs that a repository carries at its base commit, below `.forge/packs/`: directories with a manifest or a signature, and
 * archives. Each is verified against the operator's trust root; one that cannot be is a problem, because whoever put it there
 * counts on it.
 */
export async function repositoryPacks(
  base: BaseFiles,
  trust: { root: TrustRoot; at: string },
): Promise<Result<ReadonlyMap<string, { pack: VerifiedPack; files: PackFiles }>, Problem>> {
  const paths = (await base.list()).filter((path) => path.startsWith(REPOSITORY_PACKS));
  const marks: readonly string[] = [ENVELOPE_FILE, ...DRAFT_FILES];
  const nameOf = (path: string) => path.slice(path.lastIndexOf("/") + 1);
  const folders = [
    ...new Set(
      paths.filter((path) => marks.includes(nameOf(path))).map((path) =>
        path.slice(0, path.lastIndexOf("/") + 1)
      ),
    ),
  ].sort();
  // A member may have the name of a manifest: what lies in a pack belongs to it.
  const tops = folders.filter((one) => !folders.some((other) => other !== one && one.startsWith(other)));
  const archives = paths.filter((path) =>
    path.endsWith(".tar") && !tops.some((folder) => path.startsWith(folder))
  );
  if (tops.length + archives.length > MAX_PACKS) {
    return refuse(
      "pack-archive-count",
      `The repository carries ${tops.length + archives.length} packs; ${MAX_PACKS} is the limit`,
      "Make one of several",
      { path: REPOSITORY_PACKS },
    );
  }
  const found = new Map<string, { pack: VerifiedPack; files: PackFiles }>();
  for (const place of [...tops, ...archives]) {
    const files = place.endsWith("/")
      ? await folderFiles(base, place, paths.filter((path) => path.startsWith(place)))
      : await archiveFiles(base, place);
    const verified = files.ok ? await verifyPack(files.value, trust) : files;
    if (!verified.ok) {
      const { error } = verified;
      return {
        ok: false,
        error: {
          ...error,
          message: `${error.message} (${place} at the base commit)`,
          path: error.path ?? place,
        },
      };
    }
    const { name } = verified.value.manifest;
    if (builtInVersion(name) !== null || found.has(name)) {
      return refuse(
        "pack-name-taken",
        found.has(name)
          ? `The repository carries the pack ${name} twice`
          : `The pack ${name} of the repository has the name of a built-in one`,
        "Keep one under each name",
        { path: place, value: name },
      );
    }
    found.set(name, { pack: verified.value, files: files.ok ? files.value : new Map() });
  }
  return ok(found);
}

async function folderFiles(
  base: BaseFiles,
  folder: string,
  paths: readonly string[],
): Promise<Result<PackFiles, Problem>> {
  if (paths.length > ARCHIVE_LIMITS.files + DRAFT_FILES.length) {
    return refuse("pack-archive-count", "The pack holds too many files", "Split the pack", { path: folder });
  }
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  let size = 0;
  for (const path of paths) {
    const own = path.slice(folder.length);
    // As in a directory on disk: what editors leave beside the files is not part of the pack.
    if (own.split("/").some((part) => part.startsWith("."))) continue;
    const bytes = await base.read(path);
    size += bytes?.length ?? 0;
    if (size > ARCHIVE_LIMITS.bytes) {
      return refuse("pack-archive-size", "The pack is too big", "Split the pack", { path: folder });
    }
    if (bytes === null) {
      return refuse("pack-archive-link", `'${own}' is no plain file`, "A pack holds plain files only", {
        path,
      });
    }
    files.set(own, new Uint8Array(bytes));
  }
  return ok(files);
}

async function archiveFiles(base: BaseFiles, path: string): Promise<Result<PackFiles, Problem>> {
  const bytes = await base.read(path);
  return bytes === null
    ? refuse("pack-archive-link", `'${path}' is no plain file`, "A pack is a plain file or a directory", {
      path,
    })
    : readArchive(bytes);
}
