import { fromBase64, type Hash, verifyConsistency, verifyInclusion } from "../../kernel/tlog/mod.ts";
import { type Answer, usage } from "./command.ts";

const FIELDS =
  "Inclusion: leafIdx, treeSize, root, leafHash, proof. Consistency: size1, size2, root1, root2, proof";

/**
 * Proofs as vector sets have them in JSON: one object or a list; roots, hashes and proofs in base64 or hex. What is no hash or no count proves
 * nothing; what is no proof at all is a wrong input.
 */
export function vectors(text: string): Answer {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw usage("The file is no JSON", `Give a proof, a checkpoint, or JSON. ${FIELDS}`);
  }
  const all: unknown[] = Array.isArray(value) ? value : [value];
  if (all.length === 0) throw usage("The JSON holds no proof", FIELDS);
  const results = all.map(holds);
  const verified = results.every((one) => one);
  return {
    exit: verified ? 0 : 1,
    document: Array.isArray(value) ? { verified, results } : { verified },
    text: verified ? "verified" : "NOT VERIFIED",
  };
}

function holds(given: unknown): boolean {
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw usage("The JSON is no proof", FIELDS);
  }
  const one = given as Record<string, unknown>;
  const proof = proofOf(one.proof);
  if ("leafIdx" in one || "leafIndex" in one || "leafHash" in one) {
    return proof !== null && verifyInclusion({
      leaf: hash(one.leafHash),
      // Older sets call it leafIndex.
      index: count(one.leafIdx ?? one.leafIndex),
      size: count(one.treeSize),
      root: hash(one.root),
      proof,
    });
  }
  if ("size1" in one || "size2" in one) {
    return proof !== null && verifyConsistency({
      first: count(one.size1),
      firstRoot: hash(one.root1),
      second: count(one.size2),
      secondRoot: hash(one.root2),
      proof,
    });
  }
  throw usage("The JSON is no proof", FIELDS);
}

/** Some writers say null for a proof of no hash. */
function proofOf(given: unknown): Hash[] | null {
  if (given === null || given === undefined) return [];
  return Array.isArray(given) ? given.map(hash) : null;
}

/** A number, or its digits; anything else is no count, and no number stands for it. */
function count(given: unknown): number {
  if (typeof given === "number") return given;
  return typeof given === "string" && /^(0|[1-9]\d*)$/.test(given) ? Number(given) : Number.NaN;
}

const hash = (given: unknown): Hash => typeof given === "string" ? hashOf(given) : new Uint8Array();

/** A hash in hex or base64; bytes of another length are kept, and prove nothing. */
export function hashOf(text: string): Hash {
  if (text.length === 64 && /^[0-9a-f]*$/i.test(text)) return Uint8Array.fromHex(text);
  return fromBase64(text) ?? new Uint8Array();
}
