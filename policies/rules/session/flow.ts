import type { Finding, ToolCall } from "../../../specs/mod.ts";
import { failIfAny, rule } from "../../rule.ts";
import { PATCH_ALWAYS } from "../bindings.ts";
import { carriedOut, finding, selected } from "./calls.ts";

const APART =
  "Do it in two sessions: one that reads the untrusted text without private data or a way out, one without it";

const tainted = ({ inputs }: ToolCall) => inputs.find(({ trust }) => trust !== "trusted")?.source;

/** L4: untrusted text, private data and a way out never meet in one session. */
export const toxicFlowRule = rule({
  id: "X4",
  gate: "toxic-flow",
  layer: "L4",
  mode: "enforce",
  severity: "critical",
  description:
    "A session that read untrusted text does not read private data and send to the outside as well",
  remediation: APART,
  bindings: PATCH_ALWAYS,
  reads: ["session"],
  selector: selected,
  evaluate: ({ session }) => {
    const findings: Finding[] = [];
    let untrusted: string | null = null;
    let secret: ToolCall | null = null;
    for (const call of session.log === null ? [] : carriedOut(session.log)) {
      const source = tainted(call);
      untrusted ??= source === undefined ? null : `${source} (call ${call.seq})`;
      // What a call reads it can send in the same step.
      if (call.readsPrivate !== false) secret ??= call;
      if (call.egress !== null && untrusted !== null && secret !== null) {
        findings.push(finding(
          call,
          `it can send to ${call.egress}, after text from ${untrusted} and private data (call ${secret.seq}, ${secret.tool}) were read`,
          APART,
        ));
      }
      // Its own result came after its arguments were made.
      if (call.yields !== "trusted") untrusted ??= `the result of ${call.tool} (call ${call.seq})`;
    }
    return failIfAny(
      findings,
      "passes when one of the three is missing: untrusted text, private data, a way out",
    );
  },
});
