import type { evidenceDirectory } from "../evidence_directory.ts";
import { type ProvenanceDesk, provenanceDesk } from "./desk.ts";
import type { ArtifactIndex } from "./port.ts";

export { type ProvenanceDesk, wordsOf } from "./desk.ts";

/** The desk over the bundles of an installation; its index is opened by the first question. */
export function evidenceProvenance(
  evidence: Pick<ReturnType<typeof evidenceDirectory>, "stamps" | "part" | "digest">,
  place: () => Promise<string>,
): { desk: ProvenanceDesk; close(): Promise<void> } {
  let opened: Promise<ArtifactIndex> | null = null;
  const index = () =>
    opened ??= (async () => {
      const { sqliteIndex } = await import("./sqlite_index.ts");
      return await sqliteIndex(await place());
    })();
  return {
    desk: provenanceDesk(evidence, index),
    async close() {
      (await opened)?.close();
    },
  };
}
