import canonicalize from "canonicalize";
import { digestOf, ok, PackManifest, type Problem, type Result, type TrustRoot } from "../../specs/mod.ts";
import { DsseEnvelope, openEnvelope, signEnvelope, type Signer } from "../evidence/dsse.ts";
import { type PackFiles, sameBytes } from "./archive.ts";
import { refuse } from "./refusal.ts";
import { mayPublish, spkiOf, type TrustLevel } from "./trust.ts";

export const PACK_PAYLOAD = "application/vnd.delivery.policy.v1+json";
/** The signed manifest's place in a pack, beside its members. */
export const ENVELOPE_FILE = "pack.dsse.json";
/** The names under which an author writes a manifest. */
export const DRAFT_FILES = ["pack.yaml", "pack.yml", "pack.json"] as const;

const encoder = new TextEncoder();

/** The bytes of a manifest that are signed: canonical JSON (RFC 8785). */
export function manifestBytes(manifest: PackManifest): Uint8Array<ArrayBuffer> {
  return encoder.encode(canonicalize(manifest) ?? "");
}

/** Signs a manifest; the text is what stands in `pack.dsse.json`. */
export async function signManifest(manifest: PackManifest, signer: Signer): Promise<Uint8Array<ArrayBuffer>> {
  return envelopeBytes(await signEnvelope(PACK_PAYLOAD, manifestBytes(manifest), signer));
}

/**
 * Signs a manifest beside the signatures that it has already, such as that of a first approver. Signatures of another
 * manifest are those of an earlier release, and are dropped.
 */
export async function countersign(
  before: Uint8Array,
  manifest: PackManifest,
  signer: Signer,
): Promise<Uint8Array<ArrayBuffer>> {
  const own = await signEnvelope(PACK_PAYLOAD, manifestBytes(manifest), signer);
  const envelope = DsseEnvelope.safeParse(parseJson(before));
  const others = envelope.success && envelope.data.payload === own.payload &&
      envelope.data.payloadType === PACK_PAYLOAD
    ? envelope.data.signatures.filter(({ keyid }) => keyid !== signer.keyId)
    : [];
  return envelopeBytes({ ...own, signatures: [...others, ...own.signatures] });
}

/** The digest by which a pack is named: of its manifest, which names every member by its own. */
export const digestedManifest = (manifest: PackManifest): Promise<string> =>
  digestOf(manifestBytes(manifest));

/** A manifest whose every signature holds and is of a key that the trust root lets publish it. */
export interface SignedManifest {
  manifest: PackManifest;
  payload: Uint8Array;
  level: Exclude<TrustLevel, "tainted">;
  signers: string[];
}

/**
 * Reads a signed manifest against a trust root at an instant. Every signature must hold: one that nobody can check could be
 * anything. The bytes must be the one form in which an envelope is written.
 */
export async function openManifest(
  bytes: Uint8Array,
  root: TrustRoot,
  at: string,
): Promise<Result<SignedManifest, Problem>> {
  const envelope = DsseEnvelope.safeParse(parseJson(bytes));
  if (!envelope.success || !sameBytes(envelopeBytes(envelope.data), bytes)) {
    return refuse(
      "pack-signature-form",
      `${ENVELOPE_FILE} is no DSSE envelope as forge policy sign writes it`,
      "Sign the pack again",
      { path: ENVELOPE_FILE },
    );
  }
  if (envelope.data.payloadType !== PACK_PAYLOAD) {
    return refuse("pack-signature-form", "The envelope is not that of a policy pack", "Sign the pack", {
      path: ENVELOPE_FILE,
      value: envelope.data.payloadType,
    });
  }
  const keys: { id: string; key: TrustRoot["keys"][number] }[] = [];
  let payload: Uint8Array | null = null;
  for (const { keyid } of envelope.data.signatures) {
    const key = root.keys.find((one) => one.id === keyid);
    if (!key) {
      return refuse(
        "pack-key-unknown",
        `The pack is signed by the key ${keyid}, which is not in the trust root`,
        "If you trust its publisher, put the public key into the trust root; the pack cannot do that itself",
        { value: keyid },
      );
    }
    if (keys.some(({ id }) => id === keyid)) {
      return refuse("pack-signature-form", "The pack is signed twice by one key", "Sign the pack again", {
        value: keyid,
      });
    }
    payload = await openedBy(envelope.data, key);
    if (payload === null) {
      return refuse(
        "pack-signature",
        `The signature of ${key.name ?? keyid} does not hold: the manifest is not what was signed`,
        "Fetch the pack again, or have it signed again",
        { value: keyid },
      );
    }
    keys.push({ id: keyid, key });
  }
  if (payload === null) throw new Error("an envelope without a signature has passed its contract");
  const manifest = readManifest(payload);
  if (!manifest.ok) return manifest;
  let level: SignedManifest["level"] = "untrusted";
  for (const { key } of keys) {
    const allowed = mayPublish(key, manifest.value.name, at);
    if (!allowed.ok) return allowed;
    if (allowed.value === "trusted") level = "trusted";
  }
  return ok({ manifest: manifest.value, payload, level, signers: keys.map(({ id }) => id) });
}

/** What a pack says of itself, whoever signed it: to be compared or tried, never to judge. */
export function claimedManifest(files: PackFiles): Result<PackManifest, Problem> {
  const envelope = DsseEnvelope.safeParse(parseJson(files.get(ENVELOPE_FILE) ?? new Uint8Array()));
  if (!envelope.success) {
    return refuse(
      "pack-signature-form",
      `The pack has no ${ENVELOPE_FILE} that can be read`,
      "Sign the pack again",
    );
  }
  return readManifest(Uint8Array.from(atob(envelope.data.payload), (character) => character.charCodeAt(0)));
}

/** The manifest in signed bytes, which are its canonical form. */
export function readManifest(payload: Uint8Array): Result<PackManifest, Problem> {
  const value = parseJson(payload);
  if (value === undefined || !sameBytes(encoder.encode(canonicalize(value) ?? ""), payload)) {
    return refuse("pack-manifest", "The manifest is not in canonical JSON", "Sign the pack again");
  }
  return checkManifest(value);
}

/** A manifest by its contract, with the first problem in words. */
export function checkManifest(value: unknown): Result<PackManifest, Problem> {
  const parsed = PackManifest.safeParse(value);
  if (parsed.success) return ok(parsed.data);
  const issue = parsed.error.issues[0];
  const path = issue?.path.join(".") ?? "";
  const rule = issue?.path[0] === "rules" && typeof issue.path[1] === "number"
    ? (value as { rules?: { id?: unknown }[] }).rules?.[issue.path[1]]?.id
    : undefined;
  return refuse(
    "pack-manifest",
    `The manifest has not its form at '${path}'${typeof rule === "string" ? ` (rule ${rule})` : ""}: ${
      issue?.message ?? "it is no object"
    }`,
    "See specs/schema/pack.schema.json",
    { path },
  );
}

async function openedBy(envelope: DsseEnvelope, key: TrustRoot["keys"][number]): Promise<Uint8Array | null> {
  const spki = spkiOf(key.publicKey);
  if (spki === null) return null;
  try {
    const imported = await crypto.subtle.importKey("spki", spki, "Ed25519", false, ["verify"]);
    return (await openEnvelope(envelope, key.id, imported))?.payload ?? null;
  } catch {
    // A key of another kind, which verifies nothing.
    return null;
  }
}

/** One form: canonical JSON, base64 without spare bits, a line feed at the end. */
function envelopeBytes(envelope: DsseEnvelope): Uint8Array<ArrayBuffer> {
  const whole = (text: string) => btoa(atob(text));
  return encoder.encode(`${
    canonicalize({
      ...envelope,
      payload: whole(envelope.payload),
      signatures: envelope.signatures.map(({ keyid, sig }) => ({ keyid, sig: whole(sig) })),
    })
  }\n`);
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    return undefined;
  }
}
