/** What is held against the log of an agent's session. */
import assert from "node:assert/strict";
import type { AgentSession, RuleVerdict } from "../../../specs/mod.ts";
import { judgeSample, ruleOf, sampleSpec } from "../../testing/judge_input.ts";
import { ARGS, call, session, TOOL } from "../../testing/session.ts";

const OTHER = `sha256:${"9".repeat(64)}`;

/** What a gate says of a session whose agent is `cli`, asked for by ana; bob and eve may approve. */
async function said(gate: string, log: AgentSession | undefined, spec = {}): Promise<RuleVerdict> {
  const decision = await judgeSample((input) => {
    input.proposal = { implementer: "cli", rederives: null };
    input.principals = {
      requester: "ana",
      requesterKeys: ["ana-key"],
      approvers: ["bob", "eve"],
      singleKey: false,
    };
    input.spec = sampleSpec(spec);
    if (log !== undefined) input.session = log;
  });
  return ruleOf(decision, gate);
}
const says = async (gate: string, ...calls: ReturnType<typeof call>[]) =>
  (await said(gate, session(calls))).verdict;

const GATES = [
  "session-log",
  "toxic-flow",
  "tool-drift",
  "tool-classes",
  "credential-origin",
  "destructive-operation",
];

// req: N10-16
Deno.test("an honest session passes every gate; without one a codemod's or a patch's change is not asked for it", async () => {
  for (const gate of GATES) {
    assert.equal(await says(gate, call(1), call(2)), "pass", gate);
    const without = ruleOf(await judgeSample(), gate);
    assert.equal(without.verdict, "not_applicable");
    assert.match(without.selector ?? "", /no agent session/);
  }
});

Deno.test("an agent's change without the log of its session is an error, and denied", async () => {
  for (const implementer of ["model", "cli"] as const) {
    const decision = await judgeSample((input) => {
      input.proposal = { implementer, rederives: null };
    });
    assert.equal(decision.verdict, "deny");
    for (const gate of GATES) assert.equal(ruleOf(decision, gate).verdict, "error", gate);
  }
});

Deno.test("a log with a gap, a step back in time, an undecided or a denied call that ran is no evidence", async () => {
  const gate = "session-log";
  assert.equal(await says(gate, call(1), call(3)), "fail");
  assert.equal(await says(gate, call(2)), "fail");
  assert.equal(await says(gate, call(1), call(2, { at: "2026-11-20T10:59:00.000Z" })), "fail");
  assert.equal(await says(gate, call(1, { at: "2026-11-20T12:30:00.000Z" })), "fail");
  assert.equal(await says(gate, call(1, { decision: null })), "fail");
  assert.equal(await says(gate, call(1, { decision: "denied" })), "fail");
  assert.equal(await says(gate, call(1, { decision: "denied", exit: null })), "pass");
  assert.equal(await says(gate, call(1, { exit: null })), "fail");
  assert.equal(await says(gate, call(1, { decision: "approved" })), "fail");
  assert.equal(await says(gate, call(1, { exit: { ok: true, result: null } })), "fail");
  assert.equal((await said(gate, session([call(1)], { complete: false }))).verdict, "fail");
  assert.equal(
    (await said(gate, session([call(1)], { endedAt: "2026-12-01T00:00:00.000Z" }))).verdict,
    "fail",
  );
});

Deno.test("untrusted text, private data and a way out in one session fail, any two of them do not", async () => {
  const gate = "toxic-flow";
  const reads = { yields: "untrusted" } as const;
  const secret = { readsPrivate: true };
  const out = { egress: "https://example.com" };
  assert.equal(await says(gate, call(1, reads), call(2, secret), call(3, out)), "fail");
  assert.equal(await says(gate, call(1, secret), call(2, reads), call(3, out)), "fail");
  assert.equal(await says(gate, call(1, reads), call(2, { ...secret, ...out })), "fail");
  assert.equal(
    await says(
      gate,
      call(1, secret),
      call(2, { ...out, inputs: [{ source: "issue 7", trust: "untrusted" }] }),
    ),
    "fail",
  );
  assert.equal(await says(gate, call(1, reads), call(2, secret)), "pass");
  assert.equal(await says(gate, call(1, reads), call(2, out)), "pass");
  assert.equal(await says(gate, call(1, secret), call(2, out)), "pass");
  // The page that is fetched last is read after everything was sent.
  assert.equal(await says(gate, call(1, secret), call(2, { ...out, ...reads })), "pass");
  assert.equal(
    await says(gate, call(1, reads), call(2, secret), call(3, { ...out, decision: "denied", exit: null })),
    "pass",
  );
});

Deno.test("what is not known of a call counts as the worse", async () => {
  const found = await said(
    "toxic-flow",
    session([call(1, { yields: "unknown", readsPrivate: null }), call(2, { egress: "mail" })]),
  );
  assert.equal(found.verdict, "fail");
  assert.match(found.findings[0]?.message ?? "", /call 2.*mail.*call 1/);
});

Deno.test("a tool that changes in the session is denied; one that is not the approved one asks a human", async () => {
  const gate = "tool-drift";
  assert.equal(await says(gate, call(1), call(2, { schema: OTHER })), "fail");
  const drifted = await said(gate, session([call(1), call(2, { schema: OTHER })]));
  assert.equal(drifted.escalates, false);
  const other = await said(gate, session([call(1, { schema: OTHER }), call(2, { schema: OTHER })]));
  assert.deepEqual([other.verdict, other.escalates, other.findings.length], ["fail", true, 1]);
  const unknown = await said(gate, session([call(1, { tool: "mystery" })]));
  assert.deepEqual([unknown.verdict, unknown.escalates], ["fail", true]);
  const twice = [{ name: "read_file", digest: TOOL }, { name: "read_file", digest: OTHER }];
  assert.deepEqual((await said(gate, session([call(1)], { tools: twice }))).escalates, false);
});

// req: N10-17
Deno.test("an undeclared action counts as destructive, an irreversible one is prohibited, and a composite is its worst part", async () => {
  const gate = "tool-classes";
  const shell = { tool: "shell", class: undefined };
  const approvedBy = (by: string, over = {}) => ({
    approvals: [{ by, args: ARGS, at: "2026-11-20T11:00:30.000Z", verified: true, ...over }],
    decision: "approved" as const,
  });
  for (const own of ["A", "B", "C"] as const) assert.equal(await says(gate, call(1, { class: own })), "pass");
  assert.equal(await says(gate, call(1, shell)), "fail");
  assert.equal(await says(gate, call(1, { class: "D" })), "fail");
  assert.equal(await says(gate, call(1, { class: "D", ...approvedBy("bob") })), "pass");
  assert.equal(await says(gate, call(1, { ...shell, ...approvedBy("bob") })), "pass");
  assert.equal(await says(gate, call(1, { class: "E", ...approvedBy("bob") })), "fail");
  assert.equal(await says(gate, call(1, { class: "D", decision: "denied", exit: null })), "pass");
  // The requester, a stranger, other arguments, an approval that came later, one whose signature does not hold.
  for (
    const bad of [
      approvedBy("ana"),
      approvedBy("zoe"),
      approvedBy("bob", { args: OTHER }),
      approvedBy("bob", { at: "2026-11-20T11:30:00.000Z" }),
      approvedBy("bob", { verified: false }),
      approvedBy("bob", { keyId: "ana-key" }),
    ]
  ) assert.equal(await says(gate, call(1, { class: "D", ...bad })), "fail", JSON.stringify(bad));
  const parts = (...classes: ("A" | "D" | "E" | undefined)[]) =>
    call(1, {
      class: "A",
      parts: classes.map((one) => one === undefined ? { tool: "x" } : { tool: "x", class: one }),
    });
  assert.equal(await says(gate, parts("A", "A")), "pass");
  assert.equal(await says(gate, parts("A", undefined)), "fail");
  assert.equal(await says(gate, parts("A", "E")), "fail");
  // A call cannot declare less than its tool.
  const tools = [{ name: "read_file", digest: TOOL, class: "D" as const }];
  assert.equal((await said(gate, session([call(1)], { tools }))).verdict, "fail");
});

Deno.test("only the broker's credentials count, for this session and for minutes", async () => {
  const gate = "credential-origin";
  const broker = { origin: "broker", session: "s1", expiresAt: "2026-11-20T11:10:00.000Z" } as const;
  assert.equal(await says(gate, call(1, { credential: broker })), "pass");
  for (
    const credential of [
      { origin: "environment" },
      { origin: "file" },
      { origin: "unknown" },
      { ...broker, session: "s2" },
      { origin: "broker", session: "s1" },
      { ...broker, expiresAt: "2026-11-20T11:00:30.000Z" },
      { ...broker, expiresAt: "2026-11-21T11:00:30.000Z" },
    ] as const
  ) assert.equal(await says(gate, call(1, { credential })), "fail", JSON.stringify(credential));
});

Deno.test("places where credentials lie are not reached; files of the same name in the workspace are", async () => {
  const gate = "credential-origin";
  for (
    const place of [
      "/proc/self/environ",
      "/proc/1234/environ",
      "~/.aws/credentials",
      "$HOME/.ssh/id_ed25519",
      "/home/ci/.npmrc",
      "/root/.docker/config.json",
      "/workspace/../home/ci/.kube/config",
      "/home/ci/./.git-credentials",
      "/var/run/secrets/kubernetes.io/serviceaccount/token",
      "http://169.254.169.254/latest/meta-data/iam/",
      "metadata.google.internal",
      "~/Library/Keychains/login.keychain-db",
      "C:\\Users\\ci\\.aws\\credentials",
    ]
  ) assert.equal(await says(gate, call(1, { touches: [place] })), "fail", place);
  for (
    const place of [
      ".npmrc",
      "/workspace/.npmrc",
      "/home/ci/src/shop/.npmrc",
      "/home/ci/src/shop/docs/.aws/readme.md",
      "/proc/cpuinfo",
      "https://example.com/.aws/credentials",
    ]
  ) assert.equal(await says(gate, call(1, { touches: [place] })), "pass", place);
});

Deno.test("an agent destroys only what a DESTROY intent names, with two humans and a fresh backup", async () => {
  const gate = "destructive-operation";
  const agreed = (by: string) => ({ by, args: ARGS, at: "2026-11-20T11:00:30.000Z", verified: true });
  const backup = { digest: TOOL, resource: "db/users", takenAt: "2026-11-20T08:00:00.000Z" };
  const drop = (over = {}, operation = {}) =>
    call(1, {
      class: "D",
      decision: "approved",
      approvals: [agreed("bob"), agreed("eve")],
      operations: [{ verb: "dropTable", resource: "db/users", backup, ...operation }],
      ...over,
    });
  const spec = { intent: { type: "DESTROY", scope: ["src/**"], removes: ["db/users"] } };
  const verdict = async (one: ReturnType<typeof call>, given: object = spec) =>
    (await said(gate, session([one]), given)).verdict;
  assert.equal(await verdict(drop()), "pass");
  assert.equal(await verdict(drop(), {}), "fail");
  assert.equal(await verdict(drop({}, { resource: "db/orders" })), "fail");
  assert.equal(await verdict(drop({ approvals: [agreed("bob")] })), "fail");
  assert.equal(await verdict(drop({ approvals: [agreed("bob"), agreed("bob")] })), "fail");
  assert.equal(await verdict(drop({ approvals: [agreed("bob"), agreed("ana")] })), "fail");
  assert.equal(await verdict(drop({}, { backup: undefined })), "fail");
  assert.equal(await verdict(drop({}, { backup: { ...backup, resource: "db/orders" } })), "fail");
  assert.equal(
    await verdict(drop({}, { backup: { ...backup, takenAt: "2026-11-18T08:00:00.000Z" } })),
    "fail",
  );
  assert.equal(
    await verdict(drop({}, { backup: { ...backup, takenAt: "2026-11-20T11:30:00.000Z" } })),
    "fail",
  );
  for (const verb of ["volumeDelete", "terraform destroy", "TRUNCATE", "rm -rf", "DELETE"]) {
    assert.equal(await verdict(call(1, { operations: [{ verb, resource: "vol-1" }] })), "fail", verb);
  }
  for (
    const [verb, resource] of [["PUT", "vol-1"], ["dropdown-render", "ui"], [
      "rm",
      "tmp:scratch.txt",
    ]] as const
  ) {
    assert.equal(await verdict(call(1, { operations: [{ verb, resource }] })), "pass", verb);
  }
});

Deno.test("a call of a tool that nobody approved is no drift when it was refused, and is when it ran", async () => {
  const unknown = { tool: "send_mail", schema: OTHER, class: undefined };
  assert.equal(
    await says("tool-drift", call(1), call(2, { ...unknown, decision: "denied", exit: null })),
    "pass",
  );
  assert.equal(await says("tool-drift", call(1), call(2, unknown)), "fail");
  assert.equal(await says("tool-drift", call(1), call(2, { ...unknown, decision: "denied" })), "fail");
});
