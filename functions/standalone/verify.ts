/**
 * Verifies a bundle of evidence, without the engine: `deno run --allow-read functions/standalone/verify.ts BUNDLE --trust-root DIR`.
 * It loads the contracts (specs/), the transparency log's proofs (kernel/tlog), the checks (policies/evidence) and web crypto, nothing else;
 * `deno bundle -o verify.js functions/standalone/verify.ts` makes one file of it. Exit 0: verified, 1: not, 2: usage.
 *
 * Decisions are not taken again here: that needs the policies. `forge evidence verify` does it.
 */
import type { BundleReader, TrustFile } from "../../policies/evidence/mod.ts";
import {
  BUNDLE_LIMITS,
  BundleUnreadable,
  directoryBundle,
  isTrustFile,
  memoryBundle,
  readTar,
  trustOf,
  verifyEvidence,
} from "../../policies/evidence/reading/mod.ts";
import type { EvidenceVerification } from "../../specs/attestation/mod.ts";

const USAGE = "usage: verify.ts BUNDLE --trust-root DIR [--json]\nBUNDLE is a directory, or the tar of one.";

/** Reads and checks; what is no bundle fails the check `bundle`. */
export async function verifyAt(bundle: string, root: string): Promise<EvidenceVerification> {
  const failed = (name: string, file: string | null, detail: string): EvidenceVerification => ({
    verified: false,
    checks: [{ name, ok: false, file, detail }],
  });
  if (await isInside(bundle, root)) {
    return failed("trust-root", null, "it lies inside of the bundle: a bundle cannot vouch for itself");
  }
  const files = await trustFiles(root);
  if (files === null) return failed("trust-root", null, `there is no directory at ${root}`);
  const trust = await trustOf(files);
  if (!trust.ok) return failed("trust-root", trust.error.name, trust.error.why);
  try {
    return await verifyEvidence(await bundleAt(bundle), { trust: trust.value });
  } catch (error) {
    if (error instanceof BundleUnreadable) return failed("bundle", error.file, error.message);
    if (error instanceof Deno.errors.NotFound) return failed("bundle", null, `there is nothing at ${bundle}`);
    if (error instanceof Deno.errors.PermissionDenied) return failed("bundle", null, "it may not be read");
    throw error;
  }
}

async function bundleAt(path: string): Promise<BundleReader> {
  const { isDirectory, isFile, size } = await Deno.stat(path);
  if (isDirectory) {
    const absent = (error: unknown) => {
      if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return null;
      throw error;
    };
    return directoryBundle({
      entries: (at) => Deno.readDir(at === "" ? path : `${path}/${at}`),
      info: (at) => Deno.lstat(`${path}/${at}`).catch(absent),
      bytes: (at) => Deno.readFile(`${path}/${at}`),
    });
  }
  if (!isFile) throw new BundleUnreadable("it is neither a directory nor a plain file");
  if (size > BUNDLE_LIMITS.bytes) throw new BundleUnreadable(`it has more than ${BUNDLE_LIMITS.bytes} bytes`);
  return memoryBundle(readTar(await Deno.readFile(path)));
}

async function isInside(bundle: string, root: string): Promise<boolean> {
  try {
    const [outer, inner] = [await Deno.realPath(bundle), await Deno.realPath(root)];
    return inner === outer || inner.startsWith(`${outer}/`);
  } catch {
    // One of them is not there, which is told where it is read.
    return false;
  }
}

/** Null for what is no directory. */
async function trustFiles(root: string): Promise<TrustFile[] | null> {
  if (!await Deno.stat(root).then((info) => info.isDirectory, () => false)) return null;
  const files: TrustFile[] = [];
  for await (const { name, isFile } of Deno.readDir(root)) {
    if (isFile && isTrustFile(name)) files.push({ name, text: await Deno.readTextFile(`${root}/${name}`) });
  }
  return files.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** One line for each check. */
export function lines({ verified, checks }: EvidenceVerification): string[] {
  return [
    verified ? "verified (decisions were not taken again: forge evidence verify does that)" : "NOT VERIFIED",
    ...checks.map(({ name, ok, file, detail }) =>
      `  ${ok ? "ok  " : "FAIL"}  ${name}  ${file === null ? "" : `${file}: `}${detail}`
    ),
  ];
}

if (import.meta.main) {
  const args = [...Deno.args];
  const at = args.indexOf("--trust-root");
  const [, root] = at < 0 ? [] : args.splice(at, 2);
  const json = args.includes("--json");
  const [bundle, ...more] = args.filter((arg) => arg !== "--json");
  if (bundle === undefined || root === undefined || more.length > 0 || bundle.startsWith("-")) {
    console.error(USAGE);
    Deno.exit(2);
  }
  const result = await verifyAt(bundle, root);
  console.log(json ? JSON.stringify(result, null, 2) : lines(result).join("\n"));
  Deno.exit(result.verified ? 0 : 1);
}
