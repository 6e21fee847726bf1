import { Decision, type Layer, type LayerReport } from "../specs/ledger/mod.ts";
import { canonicalJson } from "./canonical.ts";
import { messageOf } from "./failure.ts";
import { sha256Hex } from "./hash.ts";
import type { Clock, Judge, TransitionInput } from "./port.ts";

/** A reason of our own: making a DOMException for each decision costs more than the decision. */
const DECIDED = new Error("decided");

const LAYERS: readonly Layer[] = ["L0", "L1", "L2", "L3", "L4"];

/**
 * Asks the judge, failing closed: a throw, a timeout, something that is not a Decision, one about another transition, or one
 * without all five layers in order is a denial that says `error`.
 */
export async function decide(
  judge: Judge,
  input: TransitionInput,
  clock: Clock,
  timeoutMs: number,
): Promise<Decision> {
  const timer = new AbortController();
  try {
    const late = clock.sleep(timeoutMs, timer.signal).then(() => {
      throw new Error(`the judge gave no decision within ${timeoutMs} ms`);
    });
    late.catch(() => {});
    const given = await Promise.race([judge(input), late]);
    const parsed = Decision.safeParse(given);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      return refusal(input, `the decision has not its form: ${issue?.path.join(".")} ${issue?.message}`);
    }
    const wrong = wrongWith(parsed.data, input);
    return wrong === null ? parsed.data : refusal(input, wrong);
  } catch (error) {
    return refusal(input, messageOf(error));
  } finally {
    timer.abort(DECIDED);
  }
}

/** Why a well-formed decision cannot be used, or null. */
function wrongWith(decision: Decision, input: TransitionInput): string | null {
  const { transition, layers, verdict } = decision;
  if (transition.from !== input.from || transition.to !== input.to) {
    return `the decision is about ${transition.from} -> ${transition.to}, not ${input.from} -> ${input.to}`;
  }
  const order = layers.map((report) => report.layer).join(" ");
  if (order !== LAYERS.join(" ")) {
    return `the decision must report the layers ${LAYERS.join(" ")}, each once: it reports ${order}`;
  }
  const silent = layers.find((report) => report.verdict === "error" || report.verdict === "not_run");
  if (verdict === "allow" && silent !== undefined) {
    return `the decision allows although layer ${silent.layer} says ${silent.verdict}`;
  }
  return null;
}

/** A denial because no decision could be had. */
function refusal(input: TransitionInput, why: string): Decision {
  const reason = `No decision: ${why}`.slice(0, 2000);
  const layers = LAYERS.map((layer): LayerReport => ({ layer, verdict: "error", reason }));
  return {
    v: 1,
    transition: { from: input.from, to: input.to },
    verdict: "deny",
    layers,
    rules: [{
      gate: "judge",
      rule: "kernel/judge",
      layer: "L0",
      mode: "enforce",
      verdict: "error",
      facts: [],
      findings: [{
        message: reason,
        remediation: "The judge itself failed: see the message, mend it, and retry the run",
      }],
      escalates: false,
    }],
    engine: "kernel",
    packs: [],
    inputDigest: inputDigest(input),
    subject: {},
    approvals: [],
    at: input.at,
  };
}

function inputDigest(input: TransitionInput): string {
  try {
    return "sha256:" + sha256Hex(canonicalJson(input as unknown as Parameters<typeof canonicalJson>[0]));
  } catch {
    // What cannot be written as JSON cannot be digested; the reason is in the record.
    return "sha256:" + sha256Hex(`${input.run}:${input.from}:${input.to}:${input.at}`);
  }
}
