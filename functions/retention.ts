import { join } from "node:path";
import { z } from "zod";
import { canonicalBytesOf } from "../policies/evidence/mod.ts";
import type { LogLeaf } from "../specs/attestation/mod.ts";
import { err, Instant, ok, type Problem, type Result, Tier } from "../specs/mod.ts";
import { evidenceDirectory } from "./evidence_directory.ts";
import type { OwnLog } from "./service.ts";
import { writeWhole } from "./whole_file.ts";

const DAY_MS = 24 * 3_600_000;

/** `retention.json` of the data directory: how long bundles stay at least, and which stay whatever happens. */
const Retention = z.strictObject({
  v: z.literal(1),
  days: z.partialRecord(Tier, z.number().int().min(0).max(36_500)).default({}),
  holds: z.array(z.strictObject({
    id: z.string().regex(/^(?:ev|run)_[0-9a-z]{1,80}$/).describe(
      "a bundle, or a run with all of its bundles",
    ),
    reason: z.string().min(1).max(500),
    by: z.string(),
    at: Instant,
  })).max(10_000).default([]),
});
export type Retention = z.infer<typeof Retention>;

const fileOf = (data: string) => join(data, "retention.json");

/** What an installation keeps. A file that has not its form keeps everything: nothing is removed by it. */
export async function readRetention(data: string): Promise<Result<Retention, Problem>> {
  let text: string;
  try {
    text = await Deno.readTextFile(fileOf(data));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return ok({ v: 1, days: {}, holds: [] });
    throw error;
  }
  try {
    return ok(Retention.parse(JSON.parse(text)));
  } catch {
    return err({
      code: "retention-unreadable",
      message: "Cannot read retention.json of the data directory: it has not its form",
      remedy: "Repair it; until then no bundle is removed",
      path: fileOf(data),
    });
  }
}

export async function writeRetention(data: string, retention: Retention): Promise<void> {
  const text = `${JSON.stringify(Retention.parse(retention), null, 2)}\n`;
  await writeWhole(fileOf(data), new TextEncoder().encode(text), 0o600);
}

/** What is done to one bundle, and why. */
export interface Pruned {
  readonly id: string;
  readonly run: string;
  readonly tier: Tier;
  readonly at: string;
  readonly removed: boolean;
  readonly why: string;
  /** Of the removal in the log. */
  readonly leaf: number | null;
}

/**
 * Removes the files of bundles that are older than asked for and than their tier has them kept, unless they are held. The leaves of a run
 * stay in the log, and so do its proofs; that a bundle was removed, by whom and why, is a leaf before it is.
 */
export async function prune(given: {
  data: string;
  log: OwnLog;
  olderThanMs: number;
  tier: Tier | null;
  by: string;
  reason: string;
  dryRun: boolean;
  now: number;
}): Promise<Result<Pruned[], Problem>> {
  const { data, log: { log, logSigner }, now } = given;
  const retention = await readRetention(data);
  if (!retention.ok) return retention;
  const { days, holds } = retention.value;
  const directory = evidenceDirectory(join(data, "evidence"));
  const done: Pruned[] = [];
  for (const { id, run, at, digest } of await directory.list()) {
    const tier = await tierOf(directory, id);
    if (given.tier !== null && tier !== given.tier) continue;
    const age = now - Date.parse(at);
    if (!(age > given.olderThanMs)) continue;
    const told = { id, run, tier, at };
    const kept = (why: string) => done.push({ ...told, removed: false, why, leaf: null });
    const hold = holds.find((one) => one.id === id || one.id === run);
    const least = (days[tier] ?? 0) * DAY_MS;
    if (hold !== undefined) kept(`held by ${hold.by}: ${hold.reason}`);
    else if (!(age > least)) kept(`bundles of ${tier} runs are kept for ${days[tier]} days`);
    else if (await log.find(id) === null) kept("it is not in the log: nothing would tell that it was there");
    else if (given.dryRun) kept("would be removed");
    else {
      const leaf: LogLeaf = {
        v: 1,
        kind: "bundle-removed",
        run,
        id,
        digest,
        at: new Date(now).toISOString(),
        by: given.by,
        reason: given.reason,
      };
      // An earlier removal that did not come to its end has said so already.
      const name = `${id}/removed`;
      const index = await log.find(name) ?? (await log.add([{ name, entry: canonicalBytesOf(leaf) }]))[0] ??
        null;
      await directory.remove(id);
      done.push({ ...told, removed: true, why: given.reason, leaf: index });
    }
  }
  if (done.some(({ removed }) => removed)) await log.checkpoint(logSigner);
  return ok(done);
}

/** The tier that a bundle's spec or pipeline has. What cannot be told is kept for as long as anything is. */
async function tierOf(directory: ReturnType<typeof evidenceDirectory>, id: string): Promise<Tier> {
  for (const path of ["artifacts/spec.json", "artifacts/pipeline.json"]) {
    try {
      const bytes = await directory.file(id, path);
      if (bytes === null) continue;
      const { tier } = JSON.parse(new TextDecoder().decode(bytes)) as { tier?: unknown };
      const read = Tier.safeParse(tier);
      return read.success ? read.data : "critical";
    } catch {
      return "critical";
    }
  }
  return "critical";
}
