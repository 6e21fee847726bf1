import { fromBase64, toBase64 } from "./base64.ts";
import { openCheckpoint, type OpenedCheckpoint, parseCount } from "./checkpoint.ts";
import { type Hash, HASH_BYTES } from "./merkle.ts";
import { verifyInclusion } from "./verify.ts";
import type { VerifierKey } from "./verifier_key.ts";

const HEADER = "c2sp.org/tlog-proof@v1";
/** Enough for 2^53 leaves, twice over. */
const MAX_PATH = 64;

/** A leaf's place in a log with the checkpoint that it is proven by (C2SP tlog-proof). */
export interface ProofFile {
  readonly index: number;
  readonly proof: readonly Hash[];
  /** The signed checkpoint as it is. */
  readonly checkpoint: string;
  /** Not covered by any signature: never trusted by itself. */
  readonly extra: Uint8Array | null;
}

export function formatProof({ index, proof, checkpoint, extra }: ProofFile): string {
  return [
    HEADER,
    ...(extra === null ? [] : [`extra ${toBase64(extra)}`]),
    `index ${index}`,
    ...proof.map(toBase64),
    "",
    checkpoint,
  ].join("\n");
}

/** The proof of a file, or why it is none. Nothing is verified. */
export function parseProof(text: string): ProofFile | { problem: string } {
  const [header, ...lines] = text.split("\n");
  if (header !== HEADER) return { problem: `it does not begin with ${HEADER}` };
  let at = 0;
  let extra: Uint8Array | null = null;
  if (lines[at]?.startsWith("extra ")) {
    extra = fromBase64(lines[at]?.slice("extra ".length) ?? "");
    if (extra === null) return { problem: "what follows extra is not in base64" };
    at += 1;
  }
  const index = /^index (.+)$/.exec(lines[at] ?? "")?.[1];
  const count = index === undefined ? null : parseCount(index);
  if (count === null) return { problem: "it has no line with an index" };
  at += 1;
  const proof: Hash[] = [];
  for (; lines[at] !== ""; at++) {
    const line = lines[at];
    if (line === undefined) return { problem: "no blank line stands before a checkpoint" };
    const hash = fromBase64(line);
    if (hash?.length !== HASH_BYTES) return { problem: "a line of the path is no hash" };
    if (proof.push(hash) > MAX_PATH) return { problem: `its path is longer than ${MAX_PATH} hashes` };
  }
  return { index: count, proof, checkpoint: lines.slice(at + 1).join("\n"), extra };
}

/** Whether a leaf is where a proof says, under a checkpoint that a trusted key of the log has signed. */
export async function verifyProof(
  text: string,
  leaf: Hash,
  keys: {
    log: readonly VerifierKey[];
    witnesses?: readonly VerifierKey[];
    /** What the log calls itself, where its keys have another name. */
    origin?: string | undefined;
  },
): Promise<{ checkpoint: OpenedCheckpoint; index: number } | { problem: string }> {
  const file = parseProof(text);
  if ("problem" in file) return file;
  const opened = await openCheckpoint(file.checkpoint, keys);
  if ("problem" in opened) return { problem: `its checkpoint cannot be trusted: ${opened.problem}` };
  const { checkpoint } = opened;
  const { index, proof } = file;
  return verifyInclusion({ leaf, index, size: checkpoint.size, root: checkpoint.root, proof })
    ? { checkpoint, index }
    : { problem: `the leaf is not number ${index} of the log of ${checkpoint.size}` };
}
