import canonicalize from "canonicalize";
import { PREDICATES } from "../../specs/attestation/mod.ts";
import { BUNDLE_PROOF, digestOf, EvidenceManifest } from "../../specs/mod.ts";
import { MANIFEST, SIGNATURE } from "./bundle_layout.ts";
import type { BundleReader } from "./bundle_reader.ts";
import type { Checks } from "./checks.ts";
import { readBundleProof } from "./check_bundle_proof.ts";
import { bundledKeys } from "./bundled_keys.ts";
import { believedSigner, type LoggedAt } from "./key_term.ts";
import { type EvidenceKey, isLowS } from "./keys.ts";
import { type OpenedStatement, openStatement } from "./statement.ts";
import type { CheckpointTrust } from "./trusted_checkpoint.ts";

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
  // Digests before signatures: they are cheap, and name the file.
  await checkFiles(bundle, manifest, checks);
  const { outcome, logged } = await readBundleProof(bundle, manifest, bytes, trust);
  const signed = await openedSignature(
    bundle,
    { manifest, bytes, isProven: outcome?.ok },
    trust.keys,
    checks,
  );
  if (outcome?.ok === true) checks.pass("bundle-proof", BUNDLE_PROOF, outcome.detail);
  else if (outcome !== null) checks.fail("bundle-proof", BUNDLE_PROOF, outcome.detail);
  if (signed !== null) checkSigner(signed, manifest, logged, checks);
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

/** The signature over this manifest, or null when it is none, which has been told. */
async function openedSignature(
  bundle: BundleReader,
  { manifest, bytes, isProven }: {
    manifest: EvidenceManifest;
    bytes: Uint8Array;
    isProven: boolean | undefined;
  },
  keys: readonly EvidenceKey[],
  checks: Checks,
): Promise<OpenedStatement | null> {
  const fail = (file: string, why: string) => checks.fail("manifest-signature", file, why);
  const signature = await bundle.read(SIGNATURE);
  if (signature === null) return fail(SIGNATURE, "the bundle is not signed: nobody says who made it");
  const opened = await openStatement(signature, keys, await bundledKeys(bundle, manifest));
  if ("problem" in opened) return fail(SIGNATURE, opened.problem);
  const { statement, signatures } = opened;
  const [subject] = statement.subject;
  const { id, run, status, at } = manifest;
  const about = { id, run, status, at };
  if (
    statement.predicateType !== PREDICATES.manifest ||
    subject?.digest.sha256 !== (await digestOf(bytes)).slice("sha256:".length)
  ) {
    // Two records are made over the manifest: where the log's holds, it is as it was. Without that one, a signature that tells of this
    // bundle was made for it.
    const wasChanged = isProven === undefined ? statement.predicate.id === id : !isProven;
    return fail(wasChanged ? MANIFEST : SIGNATURE, "what is signed is not this manifest");
  }
  if (canonicalize(statement.predicate) !== canonicalize(about)) {
    return fail(SIGNATURE, "what is signed tells another bundle, run, status or time");
  }
  // No digest covers this file: its signature has one form, so that no byte of it can change. Earlier releases wrote both.
  const keyIds = signatures.map(({ key }) => key.id);
  if (manifest.signers === undefined ? keyIds.length > 1 : keyIds.join() !== manifest.signers.join()) {
    return fail(SIGNATURE, "it is not signed by the keys that the manifest names, in their order");
  }
  const isHigh = signatures.some(({ key, signature }) =>
    key.algorithm === "ECDSA-P256" && !isLowS(signature)
  );
  return manifest.proof !== undefined && isHigh
    ? fail(SIGNATURE, "its signature is not in the one form that it has here (low s)")
    : opened;
}

function checkSigner(
  opened: OpenedStatement,
  manifest: EvidenceManifest,
  logged: LoggedAt | null,
  checks: Checks,
): void {
  const believed = believedSigner(opened, "statements", manifest.at, logged);
  if ("problem" in believed) checks.fail("manifest-signature", SIGNATURE, believed.problem);
  else checks.pass("manifest-signature", SIGNATURE, `signed by ${believed.key.id}`);
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
