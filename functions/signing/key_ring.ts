import { join } from "node:path";
import { type SigningKeyRecord, SigningKeys } from "../../specs/attestation/mod.ts";
import { textAt } from "./file_keys.ts";
import { SigningFailed } from "./held_key.ts";

/** Every key that an installation has had, with the time that it is good for: `signing/keys.json`. */
export const RING_FILE = "keys.json";

const HOUR_MS = 3_600_000;
/** How long a key that was replaced is still believed of runs that end meanwhile. */
export const OVERLAP_MS = 7 * 24 * HOUR_MS;

/** @throws {SigningFailed} when the file has not its form */
export async function readRing(folder: string): Promise<SigningKeys> {
  const text = await textAt(join(folder, RING_FILE));
  if (text === null) return { v: 1, keys: [] };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = null;
  }
  const ring = SigningKeys.safeParse(value);
  if (ring.success) return ring.data;
  throw new SigningFailed(
    `Cannot read ${RING_FILE} of the signing directory: it has not its form`,
    "Restore it: it says which keys were used when, and which are revoked",
  );
}

/** The ring with a key in use from now on, and others of its use on their way out; the same one when nothing changes. */
export function enrolled(
  ring: SigningKeys,
  record: Omit<SigningKeyRecord, "notBefore" | "notAfter" | "revoked">,
  nowMs: number,
  overlapMs = OVERLAP_MS,
): SigningKeys {
  const known = ring.keys.find(({ kid, use }) => kid === record.kid && use === record.use);
  if (known?.revoked !== undefined) {
    throw new SigningFailed(
      `Cannot sign ${record.use} with the key ${record.kid}: it was revoked at ${known.revoked.at}`,
      "Give another key, or make one: forge evidence keys rotate",
    );
  }
  if (known?.notAfter !== undefined && Date.parse(known.notAfter) < nowMs) {
    throw new SigningFailed(
      `Cannot sign ${record.use} with the key ${record.kid}: it was taken out of use at ${known.notAfter}`,
      "Give the key that took its place",
    );
  }
  if (known !== undefined) return ring;
  const others = ring.keys.some(({ use }) => use === record.use);
  const end = new Date(nowMs + overlapMs).toISOString();
  return {
    v: 1,
    keys: [
      ...ring.keys.map((one) =>
        one.use === record.use && one.notAfter === undefined && one.revoked === undefined
          ? { ...one, notAfter: end }
          : one
      ),
      // A run that ended before the change may be sealed after it.
      { ...record, ...(others ? { notBefore: new Date(nowMs - OVERLAP_MS).toISOString() } : {}) },
    ],
  };
}

/** Changes the ring under a lock, so that of two processes none loses what the other wrote. */
export async function changeRing(
  folder: string,
  change: (ring: SigningKeys) => SigningKeys | Promise<SigningKeys>,
): Promise<SigningKeys> {
  const lock = await Deno.open(join(folder, ".lock"), { write: true, create: true, mode: 0o600 });
  try {
    await lock.lock(true);
    const before = await readRing(folder);
    const after = await change(before);
    if (after === before) return before;
    const draft = join(folder, `${RING_FILE}.${crypto.randomUUID()}`);
    await Deno.writeTextFile(draft, `${JSON.stringify(SigningKeys.parse(after), null, 2)}\n`, {
      mode: 0o644,
    });
    await Deno.rename(draft, join(folder, RING_FILE));
    return after;
  } finally {
    lock.close();
  }
}
