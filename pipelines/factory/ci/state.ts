/** What is known of a verification by CI, from round to round: kept as a blob, so that the ledger names it and nothing is lost. */
import { z } from "zod";
import type { Blobs, PhaseContext } from "../../../kernel/mod.ts";
import { redact } from "../../../policies/mod.ts";
import { Digest, GitSha } from "../../../specs/mod.ts";
import { CiFacts } from "../../../specs/code/mod.ts";
import { readJson } from "../../blob_reads.ts";
import type { CiResult } from "./results.ts";

const KeptResult = z.strictObject({
  code: z.number().int(),
  ended: z.enum(["by-itself", "timeout", "output-cap"]),
  isolation: z.enum(["user", "none"]),
  ms: z.number(),
  prepared: z.number().int().nullable(),
  prepareOutput: Digest.nullable(),
  outputDigest: z.string(),
  root: z.string(),
  stdout: Digest,
  stderr: Digest,
  report: Digest.nullable(),
});
export type KeptResult = z.infer<typeof KeptResult>;

export const CiRound = z.strictObject({
  v: z.literal(1),
  /** Of the change that it is about: another change begins anew. */
  patch: Digest,
  tree: GitSha,
  /** Nobody outside knows it: from it follow the names of tests that are planted. */
  seed: z.string(),
  results: z.record(z.string(), KeptResult),
  rounds: CiFacts.shape.rounds,
});
export type CiRound = z.infer<typeof CiRound>;

/** What `ci-send` asked for. */
export const Sent = z.strictObject({
  state: Digest,
  branch: z.string(),
  /** Key of the effect that made it. */
  effect: z.string(),
  items: z.array(z.strictObject({ id: z.string(), key: z.string(), slot: z.number().int() })),
  workflow: CiFacts.shape.workflow,
  sentAt: z.number(),
  deadline: z.number(),
});
export type Sent = z.infer<typeof Sent>;

/** What the last look found. */
export const Looked = z.strictObject({
  state: Digest,
  looks: z.number().int(),
  nextAt: z.number(),
  lookedAt: z.number(),
  why: z.string(),
  /** Of `ci-stuck` before: who comes there again was sent by a human. */
  asked: z.number().int(),
  problem: z.strictObject({ class: z.enum(["timeout", "external"]), message: z.string(), remedy: z.string() })
    .nullable(),
});
export type Looked = z.infer<typeof Looked>;

export async function readRound(blobs: PhaseContext["blobs"], digest: string): Promise<CiRound> {
  return CiRound.parse(await readJson(blobs, digest));
}

export const keepRound = (blobs: Blobs, round: CiRound): Promise<string> => blobs.put(JSON.stringify(round));

/** Keeps what a command printed, without what looks like a secret. */
export async function keptResult(blobs: Blobs, result: CiResult): Promise<KeptResult> {
  const { stdout, stderr, report, prepareOutput, ...plain } = result;
  const keep = (bytes: Uint8Array) => blobs.put(redact(new TextDecoder().decode(bytes)));
  return {
    ...plain,
    stdout: await keep(stdout),
    stderr: await keep(stderr),
    report: report === null ? null : await keep(report),
    prepareOutput: prepareOutput === null ? null : await keep(prepareOutput),
  };
}
