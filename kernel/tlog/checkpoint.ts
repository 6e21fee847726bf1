import { fromBase64, toBase64 } from "./base64.ts";
import { EMPTY_ROOT, type Hash, HASH_BYTES, sameHash } from "./merkle.ts";
import { type NoteSigner, parseNote, signatureLine, verifyNote } from "./note.ts";
import type { VerifierKey } from "./verifier_key.ts";

/** The head of a log: who it is, how many leaves it has, and the root over them (C2SP tlog-checkpoint). */
export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Hash;
  /** Further lines, which nobody audits; ours writes none. */
  readonly extensions: readonly string[];
}

/** The text of a checkpoint, which is what is signed. */
export function checkpointText({ origin, size, root, extensions }: Checkpoint): string {
  return [origin, size, toBase64(root), ...extensions].map((line) => `${line}\n`).join("");
}

/** The checkpoint of a text, or null when it is none or larger than can be calculated with. */
export function parseCheckpoint(text: string): Checkpoint | null {
  if (!text.endsWith("\n")) return null;
  const [origin = "", sizeText = "", rootText = "", ...extensions] = text.slice(0, -1).split("\n");
  const size = parseCount(sizeText);
  const root = fromBase64(rootText);
  if (origin === "" || size === null || root?.length !== HASH_BYTES || extensions.includes("")) return null;
  return { origin, size, root, extensions };
}

/** A whole number in decimal without leading zeroes, or null. */
export function parseCount(text: string): number | null {
  if (!/^(0|[1-9]\d{0,15})$/.test(text)) return null;
  const count = Number(text);
  return Number.isSafeInteger(count) ? count : null;
}

/** A checkpoint with the log's signature, and those of its keys on their way out. */
export async function signCheckpoint(checkpoint: Checkpoint, signer: NoteSigner): Promise<string> {
  const text = checkpointText(checkpoint);
  const lines = await Promise.all([signer, ...signer.also ?? []].map((one) => signatureLine(text, one, 0)));
  return `${text}\n${lines.join("")}`;
}

/** What a signed checkpoint says once its signature is verified, and who has seen it beside the log. */
export interface OpenedCheckpoint extends Checkpoint {
  readonly text: string;
  /** Witnesses whose cosignature holds, and when they gave it (seconds since the epoch). */
  readonly witnesses: readonly { name: string; seconds: number }[];
}

/**
 * Opens a signed checkpoint: a key of the log must have signed it under the log's own name, or under another one where the reader says
 * which origin these keys speak for. Cosignatures of the witnesses given are verified too; how many are enough is the reader's to say.
 */
export async function openCheckpoint(
  signed: string,
  { log, witnesses = [], origin }: {
    log: readonly VerifierKey[];
    witnesses?: readonly VerifierKey[];
    origin?: string | undefined;
  },
): Promise<{ checkpoint: OpenedCheckpoint } | { problem: string }> {
  const note = parseNote(signed);
  if ("problem" in note) return { problem: `it is no signed note: ${note.problem}` };
  const checkpoint = parseCheckpoint(note.text);
  if (checkpoint === null) return { problem: "its text is no checkpoint" };
  // A log without leaves has one root.
  if (checkpoint.size === 0 && !sameHash(checkpoint.root, EMPTY_ROOT)) {
    return { problem: "it is of no leaves, and its root is not that of the empty tree" };
  }
  const speaks = (name: string) =>
    origin === undefined ? name === checkpoint.origin : origin === checkpoint.origin;
  const own = log.filter(({ name, type }) => type === "note" && speaks(name));
  if (own.length === 0) return { problem: `no key is trusted for the log ${checkpoint.origin}` };
  const byLog = await verifyNote(note, own);
  if ("problem" in byLog) return { problem: byLog.problem };
  const seen = await verifyNote(note, witnesses.filter(({ type }) => type === "cosignature"));
  // A cosignature that does not hold is refused with the whole checkpoint; none at all is not.
  if ("problem" in seen && seen.isForged) return { problem: seen.problem };
  return {
    checkpoint: {
      ...checkpoint,
      text: note.text,
      witnesses: "verified" in seen
        ? seen.verified.flatMap(({ key, seconds }) => seconds === null ? [] : [{ name: key.name, seconds }])
        : [],
    },
  };
}
