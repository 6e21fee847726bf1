import { z } from "zod";
import type { BundleReader } from "./bundle_reader.ts";
import { VSA_FILE } from "./bundle_layout.ts";
import type { Checks } from "./checks.ts";
import { DsseEnvelope } from "./dsse.ts";

export const SIGSTORE_FILE = "bundles/99-vsa.sigstore.json";
const SigstoreBundle = z.object({ dsseEnvelope: z.object({ ...DsseEnvelope.shape }) });

/** The summary for tools that read sigstore bundles is the very one that lies beside the statements: same bytes, same signature. */
export async function checkSigstore(bundle: BundleReader, checks: Checks): Promise<void> {
  const [copy, summary] = [await bundle.read(SIGSTORE_FILE), await bundle.read(VSA_FILE)];
  // That one is missing has been told.
  if (copy === null || summary === null) return;
  const [theirs, own] = [SigstoreBundle.safeParse(parsed(copy)), DsseEnvelope.safeParse(parsed(summary))];
  if (!own.success) return;
  const { payloadType, payload, signatures: [signature] } = own.data;
  const same = theirs.success ? theirs.data.dsseEnvelope : null;
  if (
    same === null || same.payloadType !== payloadType || same.payload !== payload ||
    same.signatures.length !== 1 || same.signatures[0]?.sig !== signature?.sig
  ) checks.fail("sigstore-bundle", SIGSTORE_FILE, `it holds another statement or signature than ${VSA_FILE}`);
  else checks.pass("sigstore-bundle", SIGSTORE_FILE, "the verification summary, for other tools");
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}
