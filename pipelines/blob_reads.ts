import type { PhaseContext } from "../kernel/mod.ts";
import type { Json } from "../specs/mod.ts";

const decoder = new TextDecoder("utf-8", { fatal: true });

/** The JSON of a blob. Throws when it is gone: everything in the ledger by digest must exist. */
export async function readJson(blobs: PhaseContext["blobs"], digest: string): Promise<Json> {
  return JSON.parse(decoder.decode(await readBytes(blobs, digest))) as Json;
}

/** The bytes of a blob. Throws when it is gone. */
export async function readBytes(blobs: PhaseContext["blobs"], digest: string): Promise<Uint8Array> {
  const bytes = await blobs.get(digest);
  if (!bytes) {
    throw new Error(
      `Cannot read blob ${digest}: it is not in the store, though the ledger names it. Of a run with personal data it goes with ` +
        "the run's data key (7 days after the end of one that redacts, forge evidence shred): submit it again as a new run",
    );
  }
  return bytes;
}
