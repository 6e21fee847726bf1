import type { VerifierKey } from "../../kernel/tlog/mod.ts";
import type { EvidenceVerification, KeyRevocation } from "../../specs/attestation/mod.ts";
import type { Decision } from "../../specs/mod.ts";
import { inputFile, packFile } from "./bundle_layout.ts";
import { type BundleReader, BundleUnreadable } from "./bundle_reader.ts";
import { checkApprovals } from "./check_approvals.ts";
import { checkDecisions, checkLedger } from "./check_ledger.ts";
import { checkLog } from "./check_log.ts";
import { checkManifest } from "./check_manifest.ts";
import { checkPullRequest } from "./check_pull_request.ts";
import { checkSigstore } from "./check_sigstore.ts";
import { checkDecisionStatements, checkStatements, checkSubjects, checkSummary } from "./check_statements.ts";
import { type Checks, FirstFailure, newChecks } from "./checks.ts";
import type { EvidenceKey } from "./keys.ts";

/** What a reader believes from outside of the bundle. */
export interface EvidenceTrust {
  /** Keys that sign statements and approvals. */
  readonly keys: readonly EvidenceKey[];
  /** Keys of transparency logs. */
  readonly logs: readonly VerifierKey[];
  readonly witnesses: readonly VerifierKey[];
  /** How many of the witnesses must have seen the checkpoint; none unless told. */
  readonly required?: number;
  /** Keys of logs that were revoked, by name+hash: a checkpoint of theirs counts when a witness saw it before. */
  readonly revokedLogs?: ReadonlyMap<string, KeyRevocation>;
}

/** The same again; otherwise, and how; or it cannot be told here, and why. */
export type Replayed = { outcome: "same" } | { outcome: "differs" | "untold"; why: string };

export interface VerifyOptions {
  readonly trust: EvidenceTrust;
  /** Ends at the first check that fails: for whoever wants the verdict, and not all that is wrong. */
  readonly first?: boolean;
  /** Takes a decision again from the input that it was taken from. */
  readonly replay?: (
    decision: Decision,
    input: Uint8Array,
    /** The archive of a signed pack that judged, by its digest, as it lies in the bundle: to be verified before it is used. */
    archive: (digest: string) => Promise<Uint8Array | null>,
  ) => Promise<Replayed>;
}

/**
 * Checks a bundle without a network: manifest and its signature, every byte of every file, the ledger's chain, signed statements and
 * their subjects, the verification summary, the place of each decision in the transparency log, and, where a judge is given, each decision
 * again. Never throws for what is in a bundle.
 */
export async function verifyEvidence(
  bundle: BundleReader,
  options: VerifyOptions,
): Promise<EvidenceVerification> {
  const { trust } = options;
  const checks = newChecks(options.first);
  try {
    checkTrust(trust, checks);
    await checkAll(bundle, options, checks).catch((error) => {
      if (!(error instanceof BundleUnreadable)) throw error;
      checks.fail("bundle", error.file, error.message);
    });
  } catch (error) {
    if (!(error instanceof FirstFailure)) throw error;
  }
  return checks.result();
}

function checkTrust(trust: EvidenceTrust, checks: Checks): void {
  if (trust.keys.length === 0) {
    checks.fail(
      "trust-root",
      null,
      "no key is trusted: give --trust-root DIR with public keys, or --data of an installation",
    );
  } else if (trust.logs.length === 0) {
    checks.fail(
      "trust-root",
      null,
      "no key of a transparency log is trusted: the trust root lacks a .vkey file",
    );
  } else {
    checks.pass(
      "trust-root",
      null,
      `${trust.keys.length} keys, ${trust.logs.length} logs, from outside of the bundle`,
    );
  }
}

async function checkAll(
  bundle: BundleReader,
  { trust, replay }: VerifyOptions,
  checks: Checks,
): Promise<void> {
  const opened = await checkManifest(bundle, trust, checks);
  if (opened === null) return;
  const { manifest, logged } = opened;
  const statements = await checkStatements(bundle, manifest, trust.keys, checks, logged);
  await checkSubjects(bundle, manifest, statements, checks);
  const ledger = await checkLedger(bundle, manifest, checks);
  if (ledger === null) return;
  await checkDecisions(bundle, manifest, ledger, checks);
  checkSummary(manifest, statements, ledger, checks);
  checkApprovals(manifest, statements, ledger, checks);
  await checkSigstore(bundle, checks);
  const decisions = checkDecisionStatements(statements, ledger, checks);
  await checkLog(bundle, decisions, trust, checks);
  await checkPullRequest(bundle, ledger, inputFile, checks);
  if (replay === undefined) return;
  let same = 0;
  const untold = new Set<string>();
  for (const [at, { decision }] of ledger.decisions.entries()) {
    const file = inputFile(decision.inputDigest);
    const input = await bundle.read(file);
    if (input === null) {
      const isWithheld = manifest.withheld.some((line) => line.startsWith(`${file}:`));
      if (!isWithheld) {
        checks.fail("replay", file, `what decision ${at + 1} was taken from is not here, nor is it said why`);
      }
      continue;
    }
    const replayed = await replay(decision, input, (digest) => bundle.read(packFile(digest)));
    if (replayed.outcome === "same") same += 1;
    if (replayed.outcome === "untold") untold.add(replayed.why);
    if (replayed.outcome === "differs") {
      checks.fail("replay", file, `decision ${at + 1} comes out otherwise: ${replayed.why}`);
    }
  }
  if (!checks.hasFailed("replay")) {
    const rest = untold.size === 0 ? "" : `; not judged again: ${[...untold].join("; ")}`;
    checks.pass("replay", null, `${same} of ${ledger.decisions.length} decisions come out the same${rest}`);
  }
}
