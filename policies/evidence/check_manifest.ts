import canonicalize from "canonicalize";
import { PREDICATES } from "../../specs/attestation/mod.ts";
import { digestOf, EvidenceManifest } from "../../specs/mod.ts";
import type { BundleReader } from "./bundle_reader.ts";
import type { Checks } from "./checks.ts";
import { checkBundleProof } from "./check_bundle_proof.ts";
import { type LoggedAt, roleProblem, termProblem } from "./key_term.ts";
import { type EvidenceKey, isLowS } from "./keys.ts";
import { openStatement } from "./statement.ts";
import type { CheckpointTrust } from "./trusted_checkpoint.ts";

export const MANIFEST = "manifest.json";
/** The manifest does not list its own signature, nor the proof that it is in the log. */
export const SIGNATURE = "manifest.dsse.json";

/** Paths of a bundle: relative, plain, with forward slashes. */
const PLAIN_PATH = /^(?!\/)(?!.*(?:^|\/)\.{1,2}(?:\/|$))[A-Za-z0-9._@+ -]+(?:\/[A-Za-z0-9._@+ -]+)*$/;

/**
 * The manifest, signed by a trusted key, and every file that it lists, with its bytes; no file beside them. Null when nothing more can
 * be checked.
 */
export async function checkManifest(
  bundle: BundleReader,
  trust: { readonly keys: readonly EvidenceKey[] } & Pick<CheckpointTrust, "logs" | "revokedLogs">,
  checks: Checks,
): Promise<{ manifest: EvidenceManifest; logged: LoggedAt | null } | null> {
  const bytes = await bundle.read(MANIFEST);
  if (bytes === null) {
    return checks.fail("manifest", MANIFEST, "there is no manifest: this is no bundle, or it was taken away");
  }
  const manifest = parsedManifest(bytes);
  if (manifest === null) return checks.fail("manifest", MANIFEST, "it is no manifest in canonical JSON");
  const seen = new Set<string>();
  for (const { path } of manifest.files) {
    if (seen.has(path)) return checks.fail("manifest", MANIFEST, `it lists ${path} twice`);
    if (!PLAIN_PATH.test(path)) {
      return checks.fail("manifest", MANIFEST, "it lists a path that leads out of the bundle");
    }
    seen.add(path);
  }
  if (await digestOf(canonicalize(manifest.files) ?? "") !== manifest.root) {
    return checks.fail("manifest", MANIFEST, "its root is not the digest of its list of files");
  }
  checks.pass("manifest", MANIFEST, `${manifest.files.length} files`);
  const logged = await checkBundleProof(bundle, manifest, bytes, trust, checks);
  await checkSignature(bundle, { manifest, bytes, logged }, trust.keys, checks);
  await checkFiles(bundle, manifest, checks);
  return { manifest, logged };
}

function parsedManifest(bytes: Uint8Array): EvidenceManifest | null {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    const value: unknown = JSON.parse(text);
    const manifest = EvidenceManifest.safeParse(value);
    return manifest.success && canonicalize(value) === text ? manifest.data : null;
  } catch {
    return null;
  }
}

async function checkSignature(
  bundle: BundleReader,
  { manifest, bytes, logged }: { manifest: EvidenceManifest; bytes: Uint8Array; logged: LoggedAt | null },
  keys: readonly EvidenceKey[],
  checks: Checks,
): Promise<void> {
  const signature = await bundle.read(SIGNATURE);
  if (signature === null) {
    checks.fail("manifest-signature", SIGNATURE, "the bundle is not signed: nobody says who made it");
    return;
  }
  const opened = await openStatement(signature, keys);
  if ("problem" in opened) {
    checks.fail("manifest-signature", SIGNATURE, opened.problem);
    return;
  }
  const { statement, key, signature: sig } = opened;
  const [subject] = statement.subject;
  const digest = (await digestOf(bytes)).slice("sha256:".length);
  const late = roleProblem(key, "statements") ?? termProblem(key, manifest.at, logged);
  const { id, run, status, at } = manifest;
  if (statement.predicateType !== PREDICATES.manifest || subject?.digest.sha256 !== digest) {
    checks.fail("manifest-signature", SIGNATURE, "what is signed is not this manifest");
  } else if (canonicalize(statement.predicate) !== canonicalize({ id, run, status, at })) {
    checks.fail("manifest-signature", SIGNATURE, "what is signed tells another bundle, run, status or time");
  } else if (late !== null) {
    checks.fail("manifest-signature", SIGNATURE, late);
  } else if (manifest.proof !== undefined && key.algorithm === "ECDSA-P256" && !isLowS(sig)) {
    // No digest covers this file: its signature has one form, so that no byte of it can change. Earlier releases wrote both.
    checks.fail(
      "manifest-signature",
      SIGNATURE,
      "its signature is not in the one form that it has here (low s)",
    );
  } else {
    checks.pass("manifest-signature", SIGNATURE, `signed by ${key.id}`);
  }
}

async function checkFiles(bundle: BundleReader, manifest: EvidenceManifest, checks: Checks): Promise<void> {
  let good = 0;
  for (const { path, sha256, size } of manifest.files) {
    const bytes = await bundle.read(path);
    if (bytes === null) checks.fail("files", path, "it is missing");
    else if (bytes.length !== size) {
      checks.fail("files", path, `it has ${bytes.length} bytes, and ${size} were sealed`);
    } else if ((await digestOf(bytes)).slice("sha256:".length) !== sha256) {
      checks.fail("files", path, "its bytes are not those that were sealed");
    } else good += 1;
  }
  const listed = new Set([
    ...manifest.files.map(({ path }) => path),
    MANIFEST,
    SIGNATURE,
    ...(manifest.proof === undefined ? [] : [manifest.proof]),
  ]);
  const more = (await bundle.list()).filter((path) => !listed.has(path));
  for (const path of more) checks.fail("files", path, "the manifest does not list it");
  if (good === manifest.files.length && more.length === 0) {
    checks.pass("files", null, `${good} files are as they were sealed`);
  }
}
