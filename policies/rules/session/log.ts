import type { AgentSession, Finding } from "../../../specs/mod.ts";
import { failIfAny, rule } from "../../rule.ts";
import { PATCH_ALWAYS } from "../bindings.ts";
import { finding, selected } from "./calls.ts";

const RERUN = "Run the agent again with the whole session recorded: what is not in the log cannot be judged";

/** L1: the log of a session tells all of it, in order. */
export const sessionLogRule = rule({
  id: "E1",
  gate: "session-log",
  layer: "L1",
  mode: "enforce",
  severity: "critical",
  description:
    "The log of an agent's session has no gap, no step back in time, and a decision for every call that ran",
  remediation: RERUN,
  bindings: PATCH_ALWAYS,
  reads: ["session"],
  selector: selected,
  evaluate: ({ session, at }) =>
    failIfAny(
      session.log === null ? [] : gaps(session.log, at),
      "passes with a log that is whole: calls numbered from 1 without a gap, in the order of time, each decided before it ran",
    ),
});

function gaps(log: AgentSession, at: string): Finding[] {
  const findings: Finding[] = [];
  const told = (message: string) => findings.push({ message, remediation: RERUN });
  if (!log.complete) told("The log of the session was cut, or its end is not known");
  if (Date.parse(log.endedAt) > Date.parse(at)) {
    told(`The session ends at ${log.endedAt}, after this decision`);
  }
  let last = Date.parse(log.startedAt);
  log.calls.forEach((call, index) => {
    const tell = (what: string) => findings.push(finding(call, what, RERUN));
    if (call.seq !== index + 1) tell(`its number should be ${index + 1}: a call is missing or out of order`);
    const time = Date.parse(call.at);
    if (time < last) tell("it is dated before what came before it");
    if (time > Date.parse(log.endedAt)) tell("it is dated after the session's end");
    last = Math.max(last, time);
    if (call.decision === null) tell("nobody decided about it before it ran");
    if (call.decision === "denied" && call.exit !== null) tell("it was denied and ran all the same");
    if (call.decision === "approved" && call.approvals.length === 0) {
      tell("it says approved and no approval is there");
    }
    if (call.decision !== null && call.decision !== "denied" && call.exit === null) {
      tell("it was let through and nothing says how it ended");
    }
    if (call.exit?.ok === true && call.exit.result === null) tell("it succeeded and its result was not kept");
  });
  return findings;
}
