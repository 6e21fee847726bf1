import { digestOf, Waiver, WAIVER_PAYLOAD, type WaiverFact } from "../../specs/mod.ts";
import { canonicalBytes, envelopeText, opened } from "../envelopes.ts";
import { DsseEnvelope, signEnvelope, type Signer } from "../evidence/dsse.ts";
import { keysOf, type Principals } from "../principals.ts";

/** A waiver's file is at most this long. */
export const MAX_WAIVER_BYTES = 64_000;

/** The name of a waiver: the digest of what is signed. */
export const waiverDigest = (waiver: Waiver): Promise<string> => digestOf(canonicalBytes(waiver));

/** A request: the waiver in its envelope with the requester's signature, as the text of its file. */
export async function signWaiver(waiver: Waiver, signer: Signer): Promise<string> {
  return envelopeText(await signEnvelope(WAIVER_PAYLOAD, canonicalBytes(Waiver.parse(waiver)), signer));
}

/** The same waiver with one more signature; null when the text is no waiver's file. */
export async function countersignWaiver(text: string, signer: Signer): Promise<string | null> {
  const envelope = DsseEnvelope.safeParse(jsonOf(text));
  if (!envelope.success || envelope.data.payloadType !== WAIVER_PAYLOAD) return null;
  const payload = Uint8Array.from(atob(envelope.data.payload), (char) => char.charCodeAt(0));
  const own = await signEnvelope(WAIVER_PAYLOAD, payload, signer);
  const others = envelope.data.signatures.filter(({ keyid }) => keyid !== signer.keyId);
  return envelopeText({ ...own, signatures: [...others, ...own.signatures] });
}

/** A waiver's file with what its signatures are worth; `requested` when only the approval is missing. */
export type ReadWaiver = WaiverFact & { requested: boolean };

/** What the judge is given of a waiver that was read. */
export const waiverFact = ({ requested: _, ...fact }: ReadWaiver): WaiverFact => fact;

/**
 * Reads a waiver's file against the known keys at an instant. It counts when the requester signed it and at least one other
 * principal who may approve waivers did, every signature holds, and nobody signed who may not.
 *
 * @param approvers names that the base ref's policy lets approve
 */
export async function readWaiver(
  given: { text: string; source: string },
  known: Principals,
  at: string,
  approvers: readonly string[] = [],
): Promise<ReadWaiver> {
  const refused = (digest: string, problem: string, waiver: Waiver | null = null): ReadWaiver => ({
    digest,
    source: given.source,
    waiver,
    approvedBy: [],
    problem: problem.slice(0, 1000),
    use: 1,
    requested: false,
  });
  if (given.text.length > MAX_WAIVER_BYTES) {
    return refused(
      await digestOf(given.text),
      `it has more than ${MAX_WAIVER_BYTES} characters`,
    );
  }
  const envelope = await opened(jsonOf(given.text), known, at);
  if (!envelope.ok) return refused(await digestOf(given.text), envelope.why);
  const digest = await digestOf(new Uint8Array(envelope.payload));
  if (envelope.payloadType !== WAIVER_PAYLOAD) return refused(digest, "what is signed is no waiver");
  const parsed = Waiver.safeParse(envelope.value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return refused(digest, `it has not the form of a waiver: ${issue?.path.join(".")} ${issue?.message}`);
  }
  const waiver = parsed.data;
  const own = new Set(keysOf(known, waiver.requestedBy));
  const bad = envelope.signatures.find(({ problem }) => problem !== null);
  if (bad) return refused(digest, bad.problem ?? "", waiver);
  if (!envelope.signatures.some(({ keyId }) => own.has(keyId))) {
    return refused(digest, `${waiver.requestedBy}, who requests it, has not signed it`, waiver);
  }
  const approvedBy: string[] = [];
  for (const { key, keyId } of envelope.signatures) {
    if (key === null || own.has(keyId)) continue;
    if (!key.waives && !approvers.includes(key.name)) {
      return refused(
        digest,
        `${key.name} signed it and may not approve waivers: neither the trust root (role waiver-approver) nor ` +
          "the base ref's policy (approvers) says so",
        waiver,
      );
    }
    if (!approvedBy.includes(key.name)) approvedBy.push(key.name);
  }
  const absent = waiver.approvedBy.find((name) => !approvedBy.includes(name));
  const why = approvedBy.length === 0
    ? `nobody but ${waiver.requestedBy} has signed it: a second principal has to approve`
    : absent !== undefined
    ? `${absent}, who has to approve it, has not signed it`
    : null;
  return {
    digest,
    source: given.source,
    waiver,
    approvedBy: approvedBy.sort(),
    problem: why,
    use: 1,
    requested: why !== null,
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
