import { leafHash, parseProof, verifyProof } from "../../kernel/tlog/mod.ts";
import { proofFile } from "./bundle_layout.ts";
import { decisionLeaf } from "./log_leaf.ts";
import { type CheckpointTrust, openTrusted } from "./trusted_checkpoint.ts";
import type { BundleReader } from "./bundle_reader.ts";
import type { DecisionStatement } from "./check_statements.ts";
import type { Checks } from "./checks.ts";

const CHECKPOINT = "log/checkpoint";

/** Every decision is in the log, at the place that its statement names, under a checkpoint that a trusted key of the log has signed. */
export async function checkLog(
  bundle: BundleReader,
  decisions: readonly DecisionStatement[],
  trust: CheckpointTrust,
  checks: Checks,
): Promise<void> {
  const trusted = { log: trust.logs, witnesses: trust.witnesses };
  const bytes = await bundle.read(CHECKPOINT);
  if (bytes === null) {
    checks.fail("log-checkpoint", CHECKPOINT, "the bundle holds no checkpoint of the transparency log");
    return;
  }
  const signed = new TextDecoder().decode(bytes);
  const opened = await openTrusted(signed, trust);
  if ("problem" in opened) {
    checks.fail("log-checkpoint", CHECKPOINT, opened.problem);
    return;
  }
  const { origin, size, witnesses } = opened.checkpoint;
  const seen = witnesses.length > 0
    ? `, seen by ${witnesses.map(({ name }) => name).join(", ")}`
    : ", no witness";
  checks.pass("log-checkpoint", CHECKPOINT, `${origin} at ${size}${seen}`);
  for (const decision of decisions) {
    const path = proofFile(decision.at);
    const proof = await bundle.read(path);
    if (proof === null) {
      checks.fail("log-proof", path, `there is no proof that decision ${decision.at + 1} is in the log`);
      continue;
    }
    const text = new TextDecoder().decode(proof);
    const result = await verifyProof(text, leafHash(await decisionLeaf(decision)), trusted);
    const parsed = parseProof(text);
    if ("problem" in result) checks.fail("log-proof", path, result.problem);
    else if ("problem" in parsed || parsed.checkpoint !== signed) {
      checks.fail("log-proof", path, "it is under another checkpoint than the bundle's");
    } else if (decision.log?.index !== result.index || decision.log.origin !== result.checkpoint.origin) {
      checks.fail("log-proof", path, "the decision's statement names another place in the log");
    }
  }
  if (!checks.hasFailed("log-proof")) {
    checks.pass("log-proof", null, `${decisions.length} decisions are in the log`);
  }
}
