import { openCheckpoint, type OpenedCheckpoint, type VerifierKey } from "../../kernel/tlog/mod.ts";
import type { KeyRevocation } from "../../specs/attestation/mod.ts";

/** Whose checkpoints a reader believes, and how many witnesses they need. */
export interface CheckpointTrust {
  readonly logs: readonly VerifierKey[];
  readonly witnesses: readonly VerifierKey[];
  readonly required?: number;
  readonly revokedLogs?: ReadonlyMap<string, KeyRevocation>;
  /** What the log calls itself, where its keys have another name. */
  readonly origin?: string | undefined;
}

/**
 * Opens a checkpoint as a trust root wants it: signed by a key of the log that counts, and cosigned by as many witnesses as it asks for.
 * One by a revoked key counts when a witness saw it before the revocation.
 */
export async function openTrusted(
  signed: string,
  { logs, witnesses, required = 0, revokedLogs = new Map(), origin }: CheckpointTrust,
): Promise<{ checkpoint: OpenedCheckpoint } | { problem: string }> {
  const named = (key: VerifierKey) => `${key.name}+${key.id}`;
  const good = logs.filter((key) => !revokedLogs.has(named(key)));
  let opened = await openCheckpoint(signed, { log: good, witnesses, origin });
  if ("problem" in opened) {
    for (const key of logs.filter((one) => revokedLogs.has(named(one)))) {
      const old = await openCheckpoint(signed, { log: [key], witnesses, origin });
      const revoked = revokedLogs.get(named(key));
      if ("problem" in old || revoked === undefined) continue;
      const since = Date.parse(revoked.at) / 1000;
      opened = old.checkpoint.witnesses.some(({ seconds }) => seconds < since) ? old : {
        problem: `the log's key ${named(key)} was revoked at ${revoked.at}, and no witness saw this before`,
      };
      break;
    }
  }
  if ("problem" in opened) return opened;
  const seen = new Set(opened.checkpoint.witnesses.map(({ name }) => name)).size;
  return seen >= required
    ? opened
    : { problem: `it is cosigned by ${seen} of the ${required} witnesses that the trust root wants` };
}
