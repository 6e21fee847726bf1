import { join, relative, resolve } from "node:path";
import type { EvidenceVerification } from "../../specs/attestation/mod.ts";
import { CommandError, type Handler, type Invocation, usage } from "./command.ts";
import type { PackTrust } from "../replay.ts";
import { dataDirectory, pathOf } from "./data_dir.ts";

/** `forge evidence verify PATH`: what anybody can check of a bundle, by keys that they have from elsewhere. */
export const verify: Handler = async (invocation) => {
  const [given = ""] = invocation.operands;
  const { bundleAt } = await import("../bundle_files.ts");
  const { installedEvidenceTrust, readEvidenceTrust } = await import("../evidence_trust.ts");
  const { BundleUnreadable, memoryBundle, verifyEvidence } = await import(
    "../../policies/evidence/reading/mod.ts"
  );
  const { replayWith } = await import("../replay.ts");
  const path = await bundlePath(invocation, given);
  const root = invocation.options["trust-root"];
  if (typeof root === "string") {
    if (await isInside(path, pathOf(invocation.io, root))) {
      throw usage(
        "The trust root lies inside of the bundle: a bundle cannot vouch for itself",
        "Give a directory with keys that you have from the installation itself",
        { value: root },
      );
    }
    if (!await Deno.stat(pathOf(invocation.io, root)).then((info) => info.isDirectory, () => false)) {
      throw usage("The trust root is no directory", "Give a directory with public keys", { value: root });
    }
  }
  const trust = typeof root === "string"
    ? await readEvidenceTrust([pathOf(invocation.io, root)])
    : await installedEvidenceTrust(dataDirectory(invocation));
  if (!trust.ok) throw new CommandError(trust.error, 2);
  let result: EvidenceVerification;
  try {
    result = await verifyEvidence(await bundleAt(path), {
      trust: trust.value,
      replay: replayWith(await packTrust(invocation)),
    });
  } catch (error) {
    if (!(error instanceof BundleUnreadable)) throw error;
    const nothing = await verifyEvidence(memoryBundle(new Map()), { trust: trust.value });
    const check = { name: "bundle", ok: false, file: error.file, detail: error.message };
    result = {
      verified: false,
      checks: [...nothing.checks.filter(({ name }) => name === "trust-root"), check],
    };
  }
  return { exit: result.verified ? 0 : 1, document: result, text: textOf(result) };
};

/** Keys of packs: of the trust root that was given, else those of this installation. */
async function packTrust(invocation: Invocation): Promise<PackTrust> {
  const root = invocation.options["trust-root"];
  if (typeof root === "string") {
    const { readTrustRoot } = await import("../trust_directory.ts");
    const given = await readTrustRoot(pathOf(invocation.io, root));
    return () => Promise.resolve(given);
  }
  const { packDirectory } = await import("../pack_directory.ts");
  const packs = packDirectory(dataDirectory(invocation));
  return (name) => packs.trust(name);
}

function textOf({ verified, checks }: EvidenceVerification): string {
  const width = Math.max(...checks.map(({ name }) => name.length));
  return [
    verified ? "verified" : "NOT VERIFIED",
    ...checks.map(({ name, ok, file, detail }) =>
      `  ${ok ? "ok  " : "FAIL"}  ${name.padEnd(width)}  ${file === null ? "" : `${file}: `}${detail}`
    ),
  ].join("\n");
}

/** A path as it was given, or the newest bundle here of a run or an id of which no file is called. */
async function bundlePath(invocation: Invocation, given: string): Promise<string> {
  const path = pathOf(invocation.io, given);
  const [, kind, rest = ""] = /^(run|ev)_([0-9a-z]{8,60})$/.exec(given) ?? [];
  if (kind === undefined || await Deno.lstat(path).then(() => true, () => false)) return path;
  const { evidenceDirectory } = await import("../evidence_directory.ts");
  const evidence = evidenceDirectory(join(dataDirectory(invocation), "evidence"));
  const [found] = kind === "run"
    ? await evidence.list({ run: `run_${rest}`, limit: 1 })
    : await evidence.summaries([given]);
  return found?.path ?? path;
}

async function isInside(bundle: string, root: string): Promise<boolean> {
  const real = async (path: string) => await Deno.realPath(path).catch(() => resolve(path));
  const way = relative(await real(bundle), await real(root));
  return way === "" || (way !== ".." && !way.startsWith("../") && !way.startsWith("/"));
}
