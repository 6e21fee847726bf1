import canonicalize from "canonicalize";
import { digestOf, EvidenceManifest, type RunStatus } from "../../specs/mod.ts";
import { latin1Bytes, latin1Text } from "../facts/latin1.ts";
import { redact } from "../facts/keyed_redaction.ts";
import { withTexts } from "../facts/personal/marks.ts";
import { scanSecrets } from "../facts/secrets.ts";
import { MANIFEST, SIGNATURE } from "./bundle_layout.ts";

/** One file of a bundle, before it is sealed. */
export interface BundleFile {
  path: string;
  mediaType: string;
  bytes: Uint8Array;
}

/** What a bundle says of itself beside its files. */
export interface BundleHeader {
  id: string;
  run: string;
  status: RunStatus;
  sandbox: string;
  withheld: string[];
  notes: string[];
  at: string;
  head: { seq: number; hash: string };
  /** Where the proof will lie that the bundle is in the log; absent when none is made. */
  proof?: EvidenceManifest["proof"];
}

/** Signs a bundle. What is signed has been searched for secrets before, and is not changed any more. */
export interface Signing {
  /** Who signs the manifest, where it is more than one key: the one in use, and one on its way out. */
  readonly signers?: readonly string[];
  /** Statements, proofs and keys, as further files. */
  statements(): Promise<BundleFile[]>;
  /** The signature over the manifest's bytes, as the text of its file. */
  manifest(bytes: Uint8Array, manifest: EvidenceManifest): Promise<string>;
}

/** JSON in its one canonical form (RFC 8785). Throws on what JSON cannot hold. */
export function jcs(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new Error("Cannot canonicalize: the value has no JSON form");
  return text;
}

/**
 * Seals files into a bundle: scans every one for secrets once more, redacts what is found and says so, and writes the manifest
 * with a digest of each. The digest of the manifest's bytes names the bundle.
 */
export async function sealBundle(
  header: BundleHeader,
  files: readonly BundleFile[],
  signing?: Signing,
): Promise<{ manifest: EvidenceManifest; digest: string; files: BundleFile[] }> {
  const seen = new Set<string>();
  const sealed: BundleFile[] = [];
  const notes = [...header.notes];
  const signed = await signing?.statements() ?? [];
  for (const file of [...files, ...signed].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))) {
    if (seen.has(file.path)) throw new Error(`Cannot seal evidence: two files are called '${file.path}'`);
    seen.add(file.path);
    const clean = signed.includes(file) ? file : withoutSecrets(file);
    if (clean !== file) notes.push(`redacted at the write boundary: ${file.path}`);
    sealed.push(clean);
  }
  const entries = await Promise.all(sealed.map(async (file) => ({
    path: file.path,
    sha256: (await digestOf(file.bytes)).slice("sha256:".length),
    size: file.bytes.length,
    mediaType: file.mediaType,
  })));
  const manifest = EvidenceManifest.parse({
    v: 1,
    ...header,
    notes,
    ...(signing?.signers === undefined ? {} : { signers: signing.signers }),
    files: entries,
    root: await digestOf(jcs(entries)),
  });
  const bytes = new TextEncoder().encode(jcs(manifest));
  return {
    manifest,
    digest: await digestOf(bytes),
    files: [
      ...sealed,
      { path: MANIFEST, mediaType: "application/json", bytes },
      ...(signing === undefined ? [] : [{
        path: SIGNATURE,
        mediaType: "application/vnd.dsse.envelope.v1+json",
        bytes: new TextEncoder().encode(await signing.manifest(bytes, manifest)),
      }]),
    ],
  };
}

/**
 * Whether a file of a bundle holds a secret, as it stands or in a text of its JSON: there a line feed is written `\\n`, and what begins a
 * line looks like the end of a word. Bytes of a file are not changed: what holds none is not searched again for the same path.
 */
export function holdsSecrets({ bytes, path }: Pick<BundleFile, "bytes" | "path">): boolean {
  if (searched.get(bytes) === path) return false;
  const found = scanSecrets(bytes, path).length > 0 ||
    JSON_FILE.test(path) && !isPlain(bytes) && scanSecrets(opened(bytes), path).length > 0;
  if (!found) searched.set(bytes, path);
  return found;
}

/** Bytes without secrets, and the path under which they were searched. */
const searched = new WeakMap<Uint8Array, string>();
const JSON_FILE = /\.(?:jsonl?|sarif)$/;
const BACKSLASH = 92;

/** Whether nothing is written otherwise than it reads: then the text that is opened is the one that was looked at. */
function isPlain(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] as number;
    if (byte > 0x7f || byte === BACKSLASH) return false;
  }
  return true;
}

/** With line feeds in the place of what is written for space: as long as before. */
const opened = (bytes: Uint8Array): string =>
  latin1Text(bytes).replace(
    /\\(?:u00[0-2][0-9a-fA-F]|.)/g,
    (text) => /^\\[nrtfbu]/.test(text) ? "\n".repeat(text.length) : text,
  );

function withoutSecrets(file: BundleFile): BundleFile {
  if (!holdsSecrets(file)) return file;
  let clean = file;
  if (JSON_FILE.test(file.path)) {
    // Text by text, so that it stays JSON: a secret that fills a text would take its quotes along.
    const text = new TextDecoder().decode(file.bytes);
    const lines = file.path.endsWith(".jsonl") ? text.split("\n") : [text];
    clean = { ...file, bytes: new TextEncoder().encode(lines.map(withoutSecretTexts).join("\n")) };
    if (!holdsSecrets(clean)) return clean;
  }
  // A redaction may not touch a byte beside the secret, whatever the file's encoding.
  return { ...clean, bytes: latin1Bytes(redact(latin1Text(clean.bytes))) };
}

/** A line of JSON, text by text; what is none is a text by itself. */
function withoutSecretTexts(line: string): string {
  try {
    return line === "" ? line : jcs(withTexts(JSON.parse(line), redact));
  } catch {
    return redact(line);
  }
}
