import type { RunView } from "../../kernel/mod.ts";
import { canonicalBytesOf } from "../../policies/evidence/mod.ts";
import type { LogLeaf } from "../../specs/attestation/mod.ts";
import { err, ok, type Problem, type Result } from "../../specs/mod.ts";
import { readRetention } from "../retention.ts";
import type { OwnLog } from "../service.ts";
import { dataKeys, type Destroyed } from "./data_keys.ts";
import { sealedBlobsFolder } from "./desk.ts";
import { forgetBlobs } from "./private_blobs.ts";
import { valueVault } from "./values.ts";
import type { Environment } from "./wrapping_key.ts";

const ENDED: ReadonlySet<RunView["status"]> = new Set(["completed", "denied", "failed", "cancelled"]);

/**
 * Destroys the data key of a run, and with it everything personal that was kept of it. That it was, by whom and why, is a leaf of the log
 * before it is. Digests, signatures and proofs stay as they are: they are over what was sealed, not over what it stood for.
 */
export async function shredRun(given: {
  data: string;
  env: Environment;
  log: OwnLog;
  run: string;
  /** What the run is in: one that has not ended still works with what the key opens, and seals its evidence from it. */
  status: RunView["status"];
  kid: string;
  /** Of the run's bundles. */
  bundles: readonly string[];
  by: string;
  reason: string;
  now: number;
}): Promise<Result<{ destroyed: Destroyed; leaf: number | null }, Problem>> {
  const { data, env, log: { log, logSigner }, run, status, kid, bundles, by, reason, now } = given;
  if (!ENDED.has(status)) {
    return err({
      code: "not-ended",
      value: run,
      message: `Cannot destroy the data key of ${run}: it is ${status}`,
      remedy: `End it first: forge workflow cancel ${run}`,
    });
  }
  const retention = await readRetention(data);
  if (!retention.ok) return retention;
  const hold = retention.value.holds.find(({ id }) => id === run || bundles.includes(id));
  if (hold !== undefined) {
    return err({
      code: "held",
      value: run,
      message: `Cannot destroy the data key of ${run}: it is held by ${hold.by}: ${hold.reason}`,
      remedy: `When the hold ends: forge evidence hold ${hold.id} --release --reason TEXT`,
    });
  }
  const keys = dataKeys(data, env);
  const before = await keys.destroyed(kid);
  const at = new Date(now).toISOString();
  const name = `${kid}/destroyed`;
  const leaf: LogLeaf = { v: 1, kind: "data-key-destroyed", run, kid, at, by, reason };
  const index = await log.find(name) ?? (await log.add([{ name, entry: canonicalBytesOf(leaf) }]))[0] ?? null;
  const destroyed = before ?? { kid, at, by, reason };
  // What broke off before is brought to its end.
  await keys.destroy(destroyed);
  await valueVault(data, keys).forget(kid);
  await forgetBlobs(sealedBlobsFolder(data), kid);
  await log.checkpoint(logSigner);
  return ok({ destroyed, leaf: index });
}
