/** Files that an agent is not to see are taken away for the time of its session: credentials, and what would instruct or configure it. */
import { dirname, join } from "node:path";
import { readInside, removeInside, writeInside } from "../../../../connectors/mod.ts";
import { holdsCredentials } from "../model/files.ts";

/** By these, a repository speaks to an agent as its user would, or has it run programs. */
const INSTRUCTS =
  /(?:^|\/)(?:CLAUDE(?:\.local)?|AGENTS(?:\.override)?|GEMINI|QWEN|CODEX)\.md$|(?:^|\/)\.(?:claude|codex|gemini|opencode|agents|cursor)\/|(?:^|\/)\.mcp\.json$|(?:^|\/)opencode\.jsonc?$/i;

const MAX_BYTES = 32 * 1024 * 1024;

export interface SetAside {
  readonly paths: readonly string[];
  /** Puts back what is not there; what the agent has put in its place stays, and is told. */
  restore(): Promise<readonly string[]>;
}

type Kept =
  & { readonly path: string }
  & ({ readonly bytes: Uint8Array; readonly mode: number | null } | { readonly link: string });

/** @param wanted paths that the task is about: they stay */
export async function setAside(
  dir: string,
  paths: readonly string[],
  wanted: ReadonlySet<string>,
): Promise<SetAside> {
  const kept: Kept[] = [];
  for (const path of paths) {
    if (!holdsCredentials(path) && (!INSTRUCTS.test(path) || wanted.has(path))) continue;
    const info = await Deno.lstat(join(dir, path)).catch(() => null);
    if (info?.isSymlink) kept.push({ path, link: await Deno.readLink(join(dir, path)) });
    else if (info?.isFile) {
      const bytes = await readInside(dir, path, MAX_BYTES);
      if (bytes === null) continue;
      kept.push({ path, bytes, mode: info.mode });
    } else continue;
    await removeInside(dir, path);
  }
  return {
    paths: kept.map(({ path }) => path),
    async restore() {
      const replaced: string[] = [];
      for (const one of kept) {
        // Where a directory has become a link or a file, writing would go elsewhere: the diff then shows what is gone.
        if (
          await Deno.lstat(join(dir, one.path)).then(() => true, () => false) ||
          !await isWithin(dir, one.path)
        ) {
          replaced.push(one.path);
        } else if ("link" in one) {
          await Deno.mkdir(dirname(join(dir, one.path)), { recursive: true });
          await Deno.symlink(one.link, join(dir, one.path));
        } else {
          await writeInside(dir, one.path, one.bytes);
          if (one.mode !== null && (one.mode & 0o100) !== 0) await Deno.chmod(join(dir, one.path), 0o755);
        }
      }
      return replaced;
    },
  };
}

/** Whether every directory on the way is one, or not there yet. */
export async function isWithin(dir: string, path: string): Promise<boolean> {
  const parts = path.split("/").slice(0, -1);
  for (let depth = 1; depth <= parts.length; depth++) {
    const info = await Deno.lstat(join(dir, ...parts.slice(0, depth))).catch(() => null);
    if (info === null) return true;
    if (!info.isDirectory) return false;
  }
  return true;
}
