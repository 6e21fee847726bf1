import type { Json, ToolCall } from "../../specs/mod.ts";
import { ARGS, call, session, TOOL } from "../testing/session.ts";
import { of, type RuleExample, type Told } from "./example.ts";

const OTHER = `sha256:${"9".repeat(64)}`;
const agent = (...calls: ToolCall[]): Record<string, Json> => ({
  proposal: { implementer: "cli", rederives: null },
  "principals.approvers": ["bob", "eve"],
  "principals.singleKey": false,
  session: session(calls) as unknown as Json,
});
const none: Told = ["clean", "no agent worked on the change", { says: "not_applicable" }];
const lost: Told = ["evading", "an agent without a log of its session", {
  set: { proposal: { implementer: "model", rederives: null } },
  says: "error",
}];
const agreed = (by: string) => ({ by, args: ARGS, at: "2026-11-20T11:00:30.000Z", verified: true });
const drop = (over: Partial<ToolCall> = {}, backup = "db/users"): ToolCall =>
  call(1, {
    class: "D",
    decision: "approved",
    approvals: [agreed("bob"), agreed("eve")],
    operations: [{
      verb: "dropTable",
      resource: "db/users",
      backup: { digest: TOOL, resource: backup, takenAt: "2026-11-20T08:00:00.000Z" },
    }],
    ...over,
  });
const FROZEN =
  "freeze: [{ from: 2020-01-01, to: 2030-01-01, reason: the end of the year, except: { tiers: [standard] } }]\n";
const DESTROY = { intent: { type: "DESTROY", scope: ["src/**"], removes: ["db/users"] } };

/** What is held against the log of an agent's session. */
export const SESSION_EXAMPLES: readonly RuleExample[] = [
  ...of(
    "E1/session-log",
    none,
    ["clean", "a log that is whole", { set: agent(call(1), call(2)) }],
    ["violating", "a call is missing", { set: agent(call(1), call(3)) }],
    ["evading", "a call was denied and ran", { set: agent(call(1, { decision: "denied" })) }],
    ["evading", "a call is dated before the one before it", {
      set: agent(call(1), call(2, { at: "2026-11-20T11:00:30.000Z" })),
    }],
    lost,
  ),
  ...of(
    "X4/toxic-flow",
    none,
    ["clean", "private data and a way out, and no untrusted text", {
      set: agent(call(1, { readsPrivate: true }), call(2, { egress: "https://example.com" })),
    }],
    ["violating", "an issue is read, then a secret, then something is sent", {
      set: agent(
        call(1, { yields: "untrusted" }),
        call(2, { readsPrivate: true }),
        call(3, { egress: "https://example.com" }),
      ),
    }],
    ["evading", "reading and sending in one call, of text that nobody knows", {
      set: agent(
        call(1, { yields: "unknown" }),
        call(2, { readsPrivate: null, egress: "https://example.com" }),
      ),
    }],
    lost,
  ),
  ...of(
    "X6/tool-drift",
    none,
    ["clean", "the tools are those that were approved", { set: agent(call(1)) }],
    ["violating", "a tool that was never approved", { set: agent(call(1, { tool: "mystery" })), asks: true }],
    ["evading", "a tool that changes after its first call", {
      set: agent(call(1), call(2, { schema: OTHER })),
    }],
    lost,
  ),
  ...of(
    "CLASS/tool-classes",
    none,
    ["clean", "reading, and a destructive call that a human approved", {
      set: agent(call(1), call(2, { class: "D", decision: "approved", approvals: [agreed("bob")] })),
    }],
    ["violating", "a destructive call without a human", { set: agent(call(1, { class: "D" })) }],
    ["violating", "an irreversible call that a human approved", {
      set: agent(call(1, { class: "E", decision: "approved", approvals: [agreed("bob")] })),
    }],
    ["evading", "a composite that calls itself harmless", {
      set: agent(call(1, { parts: [{ tool: "shell" }, { tool: "read_file", class: "A" }] })),
    }],
    ["evading", "an approval of other arguments", {
      set: agent(
        call(1, { class: "D", decision: "approved", approvals: [{ ...agreed("bob"), args: OTHER }] }),
      ),
    }],
    lost,
  ),
  ...of(
    "O2/credential-origin",
    none,
    ["clean", "a credential of the broker", {
      set: agent(call(1, {
        credential: { origin: "broker", session: "s1", expiresAt: "2026-11-20T11:10:00.000Z" },
      })),
    }],
    ["violating", "a token out of a file", { set: agent(call(1, { credential: { origin: "file" } })) }],
    ["evading", "the environment of a process", {
      set: agent(call(1, { touches: ["/workspace/../proc/self/environ"] })),
    }],
    ["evading", "a credential of another session", {
      set: agent(call(1, {
        credential: { origin: "broker", session: "s2", expiresAt: "2026-11-20T11:10:00.000Z" },
      })),
    }],
    lost,
  ),
  ...of(
    "O1/destructive-operation",
    none,
    ["clean", "what the spec destroys, with two humans and a backup", { spec: DESTROY, set: agent(drop()) }],
    ["violating", "no intent destroys anything", { set: agent(drop()) }],
    ["violating", "inside a freeze window", { spec: DESTROY, set: agent(drop()), policy: FROZEN }],
    ["evading", "one human twice", {
      spec: DESTROY,
      set: agent(drop({ approvals: [agreed("bob"), agreed("bob")] })),
    }],
    ["evading", "a backup of something else", { spec: DESTROY, set: agent(drop({}, "db/orders")) }],
    lost,
  ),
  ...of(
    "O1/destructive-change",
    ["clean", "no data goes", { says: "not_applicable" }],
    ["clean", "a table goes that the spec names", {
      spec: { intent: { type: "DESTROY", scope: ["**"], removes: ["users"] } },
      files: { "migrations/2_users.up.sql": [null, "DROP TABLE users;\n"] },
    }],
    ["violating", "a table goes that nobody named", {
      files: { "migrations/2_users.up.sql": [null, "DROP TABLE users;\n"] },
    }],
    ["violating", "at critical two humans are asked", {
      spec: { tier: "critical", intent: { type: "DESTROY", scope: ["**"], removes: ["users"] } },
      files: { "migrations/2_users.up.sql": [null, "DROP TABLE users;\n"] },
      asks: true,
    }],
    ["violating", "inside a freeze window, which excepts the tier for other changes", {
      spec: { intent: { type: "DESTROY", scope: ["**"], removes: ["users"] } },
      files: { "migrations/2_users.up.sql": [null, "DROP TABLE users;\n"] },
      policy: FROZEN,
    }],
    ["evading", "its rows go, all of them", {
      files: { "migrations/2_users.up.sql": [null, "DELETE FROM users;\n"] },
    }],
  ),
];
