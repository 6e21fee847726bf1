import { join } from "node:path";
import type { WaiverFile, WaiverLibrary } from "../pipelines/factory/mod.ts";
import { MAX_WAIVER_BYTES } from "../policies/mod.ts";
import type { Key, Store } from "../kernel/mod.ts";
import { privateDirectory } from "./key_directory.ts";
import { writeWhole } from "./whole_file.ts";

const USES: Key = ["waiver", "use"];
const TRIES = 50;

export interface WaiverDirectory extends WaiverLibrary {
  /** Where the waiver of this digest lies, or would lie. */
  pathOf(digest: string): string;
  /** Writes the file of a waiver, whole or not at all. */
  put(digest: string, text: string): Promise<string>;
  /** Takes a waiver away; false when there is none. Its uses stay counted. */
  remove(digest: string): Promise<boolean>;
}

/**
 * Waivers of an installation: `waivers/` of the data directory (0700), a file for each named by its digest. Their uses are in the store,
 * a list of runs for each: a run stands there once however often it is judged, and two that come at once do not take the same place.
 */
export function waiverDirectory(data: string, store: Pick<Store, "get" | "commit">): WaiverDirectory {
  const folder = join(data, "waivers");
  const pathOf = (digest: string) => join(folder, `${digest.replace(/^sha256:/, "")}.json`);
  const read = async (digest: string) => {
    const entry = await store.get([...USES, digest]);
    const runs = Array.isArray(entry?.value)
      ? entry.value.filter((run): run is string => typeof run === "string")
      : [];
    return { runs, version: entry?.version ?? null };
  };
  return {
    pathOf,
    async installed() {
      const files: WaiverFile[] = [];
      try {
        for await (const { name, isFile } of Deno.readDir(folder)) {
          if (!isFile || !/^[0-9a-f]{64}\.json$/.test(name)) continue;
          const bytes = await Deno.readFile(join(folder, name));
          files.push({
            source: `installed/${name}`,
            text: new TextDecoder().decode(bytes.subarray(0, MAX_WAIVER_BYTES + 1)),
          });
        }
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
      return files.sort((a, z) => a.source < z.source ? -1 : 1);
    },
    uses: async (digest) => (await read(digest)).runs,
    async use(digest, run, maxUses) {
      for (let left = TRIES; left > 0; left--) {
        const { runs, version } = await read(digest);
        const at = runs.indexOf(run);
        if (at >= 0) return at < maxUses ? at + 1 : null;
        if (runs.length >= maxUses) return null;
        const key = [...USES, digest];
        const done = await store.commit({
          checks: [{ key, version }],
          sets: [{ key, value: [...runs, run] }],
        });
        if (done.ok) return runs.length + 1;
      }
      throw new Error(
        `Cannot count a use of the waiver ${digest}: the store was written by others each time`,
      );
    },
    async put(digest, text) {
      await privateDirectory(data);
      await privateDirectory(folder);
      const path = pathOf(digest);
      await writeWhole(path, new TextEncoder().encode(text), 0o600);
      return path;
    },
    async remove(digest) {
      try {
        await Deno.remove(pathOf(digest));
        return true;
      } catch (error) {
        if (error instanceof Deno.errors.NotFound) return false;
        throw error;
      }
    },
  };
}
