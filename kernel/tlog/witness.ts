import { fromBase64 } from "./base64.ts";
import { openCheckpoint, parseCount } from "./checkpoint.ts";
import { EMPTY_ROOT, type Hash, HASH_BYTES, sameHash } from "./merkle.ts";
import { type NoteSigner, signatureLine } from "./note.ts";
import { verifyConsistency } from "./verify.ts";
import type { VerifierKey } from "./verifier_key.ts";

/** The latest head of a log that a witness has signed. */
export interface WitnessedHead {
  readonly size: number;
  readonly root: Hash;
}

/** What a witness answers (C2SP tlog-witness, add-checkpoint): the status of HTTP, and what to keep when it signs. */
export type WitnessAnswer =
  | { status: 200; body: string; origin: string; head: WitnessedHead }
  | { status: 400 | 403 | 404 | 422; body: string }
  | { status: 409; body: string; isSize: boolean };

/** The C2SP limit on hashes of a consistency proof. */
const MAX_PROOF = 63;

/** A request in its parts, or null. */
export function parseRequest(body: string): { old: number; proof: Hash[]; checkpoint: string } | null {
  const split = body.indexOf("\n\n");
  if (split < 0) return null;
  const [first = "", ...lines] = body.slice(0, split).split("\n");
  const old = parseCount(/^old (.+)$/.exec(first)?.[1] ?? "");
  if (old === null || lines.length > MAX_PROOF) return null;
  const proof: Hash[] = [];
  for (const line of lines) {
    const hash = fromBase64(line);
    if (hash?.length !== HASH_BYTES) return null;
    proof.push(hash);
  }
  return { old, proof, checkpoint: body.slice(split + 2) };
}

/**
 * Decides about a request to cosign a checkpoint. The caller looks up `last` and keeps the new head in one transaction, before it
 * answers: else two requests at once could roll a log back.
 */
export async function witness(
  body: string,
  given: {
    logs: readonly VerifierKey[];
    last: (origin: string) => WitnessedHead | null;
    signer: NoteSigner;
    nowMs: number;
  },
): Promise<WitnessAnswer> {
  const request = parseRequest(body);
  if (request === null) return { status: 400, body: "The body is no request to add a checkpoint\n" };
  const origin = request.checkpoint.slice(0, request.checkpoint.indexOf("\n"));
  const keys = given.logs.filter(({ name }) => name === origin);
  if (keys.length === 0) return { status: 404, body: "This witness does not know the log\n" };
  const opened = await openCheckpoint(request.checkpoint, { log: keys });
  if ("problem" in opened) {
    return { status: 403, body: `The checkpoint cannot be trusted: ${opened.problem}\n` };
  }
  const { checkpoint } = opened;
  if (request.old > checkpoint.size) {
    return { status: 400, body: "The old size is above the checkpoint's\n" };
  }
  const last = given.last(origin) ?? { size: 0, root: EMPTY_ROOT };
  if (request.old !== last.size) return { status: 409, body: `${last.size}\n`, isSize: true };
  if (request.old === checkpoint.size && !sameHash(last.root, checkpoint.root)) {
    return { status: 409, body: "The log shows another root for the same size\n", isSize: false };
  }
  const isConsistent = verifyConsistency({
    first: last.size,
    firstRoot: last.root,
    second: checkpoint.size,
    secondRoot: checkpoint.root,
    proof: request.proof,
  });
  if (!isConsistent) return { status: 422, body: "The proof of consistency does not hold\n" };
  return {
    status: 200,
    body: await signatureLine(checkpoint.text, given.signer, Math.floor(given.nowMs / 1000)),
    origin,
    head: { size: checkpoint.size, root: checkpoint.root },
  };
}
