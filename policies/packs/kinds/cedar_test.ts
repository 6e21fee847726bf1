import assert from "node:assert/strict";
import fc from "fast-check";
import { cedarRule, type CedarSubject } from "./cedar.ts";
import type { FactDocument } from "./fact_document.ts";

const TEXT = { message: "Not allowed", remediation: "Ask for an approval" };

function request(over: Record<string, unknown> = {}): FactDocument {
  return {
    transition: { from: "review", to: "release" },
    principals: { requester: "ana", approvers: ["ana", "bo"], singleKey: false },
    approvals: [],
    autonomy: { ceiling: "A3", granted: "A3" },
    budget: {},
    at: "2026-11-20T12:00:00.000Z",
    spec: { intents: ["UPDATE"], tier: "standard" },
    facts: {
      diff: { patch: "sha256:1", added: 3, removed: 1, files: [{ path: "src/a.ts", kind: "code" }] },
      secrets: [],
    },
    ...over,
  } as FactDocument;
}

async function judge(policies: string, document = request(), subject: CedarSubject = "change") {
  const rule = await cedarRule(policies, TEXT, subject);
  assert.ok(rule.ok, rule.ok ? "" : rule.error.message);
  return rule.value.judge(document);
}
const PERMIT = "permit (principal, action, resource);";

Deno.test("what no policy permits is denied", async () => {
  const outcome = await judge('permit (principal == User::"bo", action, resource);');
  assert.equal(outcome.verdict, "fail");
  assert.match(
    outcome.verdict === "fail" ? outcome.findings[0]?.message ?? "" : "",
    /User::"ana" may not Action::"release" Change::"sha256:1": no policy permits it/,
  );
  assert.equal((await judge(PERMIT)).verdict, "pass");
});

Deno.test("a forbid wins over every permit, and says its reason", async () => {
  const outcome = await judge(
    `${PERMIT} @reason("frozen") forbid (principal, action == Action::"release", resource); ${PERMIT}`,
  );
  assert.match(outcome.verdict === "fail" ? outcome.findings[0]?.message ?? "" : "", /frozen/);
});

Deno.test("a policy that fails while it is evaluated denies, whatever a permit says", async () => {
  const outcome = await judge(
    `${PERMIT} forbid (principal, action, resource) when { context.nothing == 1 };`,
  );
  assert.equal(outcome.verdict, "error");
});

Deno.test("the request holds the transition, the change, and only approvals of others that are bound to this patch", async () => {
  const policies = `permit (principal, action == Action::"release", resource) when {
    context.from == "review" && resource.tier == "standard" && resource.intents.contains("UPDATE") &&
    resource.paths.contains("src/a.ts") && resource.added < 10 && context.approvals == ["bo"] && principal.approver };`;
  const approved = (by: string, patch: string) => request({ approvals: [{ by, patch }] });
  assert.equal((await judge(policies, approved("bo", "sha256:1"))).verdict, "pass");
  for (const [by, patch] of [["bo", "sha256:2"], ["ana", "sha256:1"], ["eve", "sha256:1"]] as const) {
    assert.equal((await judge(policies, approved(by, patch))).verdict, "fail", by);
  }
});

Deno.test("facts are there by name; one that is unknown cannot load, one that was not gathered is an error", async () => {
  const policies = `${PERMIT} forbid (principal, action, resource) unless { context.facts.secrets == [] };`;
  assert.equal((await judge(policies)).verdict, "pass");
  assert.equal(
    (await judge(policies, request({ facts: { diff: { patch: null, added: 0, removed: 0, files: [] } } })))
      .verdict,
    "error",
  );
  const unknown = await cedarRule(
    "permit (principal, action, resource) when { context.facts.nope == 1 };",
    TEXT,
    "change",
  );
  assert.match(unknown.ok ? "" : unknown.error.message, /facts\.nope/);
});

Deno.test("a data run is a request about its load", async () => {
  const policies =
    `permit (principal, action == Action::"publish", resource is Load) when { resource.mode == "full" };`;
  const load = request({
    transition: { from: "assure", to: "publish" },
    facts: {
      pipeline: { id: "p", tier: "standard", mode: "full", classification: "internal", streams: ["s"] },
    },
  });
  assert.equal((await judge(policies, load, "load")).verdict, "pass");
  assert.equal((await judge(policies, request(), "load")).verdict, "error");
});

Deno.test("policies that do not parse, hold nothing, or are templates cannot load", async () => {
  for (
    const text of [
      "permit (principal",
      "",
      "// nothing",
      "permit (principal == ?principal, action, resource);",
    ]
  ) {
    assert.equal((await cedarRule(text, TEXT, "change")).ok, false, text);
  }
});

Deno.test("property: a document that lacks any part of the request is never allowed", async () => {
  const rule = await cedarRule(PERMIT, TEXT, "change");
  assert.ok(rule.ok);
  const whole = request();
  fc.assert(
    fc.property(
      fc.constantFrom("transition", "principals", "approvals", "autonomy", "at", "spec"),
      fc.constantFrom(undefined, {}, [], 7, "x"),
      (name, value) => {
        const broken = { ...whole, [name]: value } as unknown as FactDocument;
        const outcome = rule.value.judge(broken);
        // An instant is any text, and no approval is no harm.
        if ((name === "at" && value === "x") || (name === "approvals" && Array.isArray(value))) return;
        assert.notEqual(outcome.verdict, "pass", `${name} = ${JSON.stringify(value)}`);
      },
    ),
  );
});
