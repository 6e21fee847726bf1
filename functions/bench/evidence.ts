/** What evidence costs: a bundle verified, leaves logged, a leaf proven in a log of a million. */
import { join } from "node:path";
import { openKvStore, transparencyLog } from "../../kernel/mod.ts";
import { verifyEvidence } from "../../policies/evidence/reading/mod.ts";
import { bundleAt } from "../bundle_files.ts";
import { dispatch } from "../cli/dispatch.ts";
import { makeRepository } from "../cli/demo_repository.ts";
import { readEvidenceTrust, trustFolders } from "../evidence_trust.ts";
import { replayDecision } from "../replay.ts";
import { localAttestor } from "../signing_directory.ts";

export interface EvidenceFigures {
  bundleFiles: number;
  bundleKilobytes: number;
  /** Every byte, signature and proof, and each decision taken again; the middle of some rounds. */
  verifyMs: number;
  leaves: number;
  leavesPerSecond: number;
  checkpointMs: number;
  proveP50Ms: number;
  proveP99Ms: number;
}

const LEAVES = 1_000_000;
const BATCH = 5_000;
const PROOFS = 200;
const ROUNDS = 9;

/** Null where the sandbox does not work: then there is no run to verify. */
export async function benchEvidence(
  room: string,
  say: (message: string) => void,
): Promise<EvidenceFigures | null> {
  const data = join(room, "data");
  const bundle = await sealedRun(room, data);
  if (bundle === null) return null;
  const trust = await readEvidenceTrust(trustFolders(data));
  if (!trust.ok) throw new Error(trust.error.message);
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const began = performance.now();
    const { verified, checks } = await verifyEvidence(await bundleAt(bundle), {
      trust: trust.value,
      replay: (decision, input) => replayDecision(decision, input),
    });
    times.push(performance.now() - began);
    if (!verified) throw new Error(JSON.stringify(checks.filter(({ ok }) => !ok)));
  }
  const reader = await bundleAt(bundle);
  const paths = await reader.list();
  const sizes = await Promise.all(paths.map(async (path) => (await reader.read(path))?.length ?? 0));
  return {
    bundleFiles: paths.length,
    bundleKilobytes: Math.round(sizes.reduce((sum, size) => sum + size, 0) / 1000),
    verifyMs: Math.round(middle(times)),
    ...await benchLog(room, say),
  };
}

async function benchLog(room: string, say: (message: string) => void) {
  const store = await openKvStore(join(room, "log.db"));
  try {
    const { logSigner } = await localAttestor(join(room, "signer"), store);
    const log = transparencyLog({ store, origin: logSigner.key.name });
    const encoder = new TextEncoder();
    const began = performance.now();
    for (let first = 0; first < LEAVES; first += BATCH) {
      await log.add(Array.from({ length: BATCH }, (_, n) => ({
        name: `run_01m8abcdefghjkmnpqrstvwxyz/${first + n}`,
        entry: encoder.encode(
          `{"decision":"sha256:${String(first + n).padStart(64, "0")}","kind":"decision","v":1}`,
        ),
      })));
      if (first % 100_000 === 0) say(`${first} of ${LEAVES} leaves`);
    }
    const leavesPerSecond = Math.round(LEAVES / (performance.now() - began) * 1000);
    const signing = performance.now();
    const signed = await log.checkpoint(logSigner);
    const checkpointMs = Math.round(performance.now() - signing);
    const proofs: number[] = [];
    for (let n = 0; n < PROOFS; n++) {
      const start = performance.now();
      await log.prove((n * 7919 * 37) % LEAVES, { size: LEAVES, signed });
      proofs.push(performance.now() - start);
    }
    return {
      leaves: LEAVES,
      leavesPerSecond,
      checkpointMs,
      proveP50Ms: Math.round(middle(proofs) * 100) / 100,
      proveP99Ms: Math.round((proofs.toSorted((a, z) => a - z)[Math.floor(PROOFS * 0.99)] ?? 0) * 100) / 100,
    };
  } finally {
    await store.close();
  }
}

const middle = (values: readonly number[]) => values.toSorted((a, z) => a - z)[values.length >> 1] ?? 0;

/** The bundle of a real run over a sample. */
async function sealedRun(room: string, data: string): Promise<string | null> {
  const examples = new URL("../../specs/examples/", import.meta.url).pathname;
  const repo = await makeRepository(join(examples, "deno-signup"), join(room, "repositories"));
  let out = "";
  await dispatch(
    [
      "run",
      join(examples, "deno-signup.spec/spec.md"),
      "--repo",
      repo,
      "--patch",
      join(examples, "deno-signup.spec/honest.patch"),
      "--data",
      data,
      "--json",
    ],
    {
      out: (text) => void (out += text),
      err: () => {},
      env: (name) => Deno.env.get(name),
      cwd: room,
      terminal: false,
      color: false,
      columns: 80,
      interrupted: new AbortController().signal,
    },
  );
  const { status, evidence } = JSON.parse(out);
  return status === "completed" ? evidence.path : null;
}
