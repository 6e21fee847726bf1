import assert from "node:assert/strict";
import type { Decision } from "../specs/mod.ts";
import { denialsOf } from "./denials.ts";
import { explain, explainText } from "./explain.ts";
import { AT, execution, judgeSample, sampleSpec, test } from "./testing/judge_input.ts";

const lostTest = () =>
  judgeSample((input) => {
    const command = input.verify?.commands[0];
    if (command) command.head = execution("head", [test("refuses two signs")]);
    input.patchFacts?.pathProblems.push({
      kind: "symlink",
      path: "link",
      detail: "the change writes a symbolic link",
    });
  });

Deno.test("the text of a denial: the transition, the table of layers, each failing rule with its place, remedy and counterfactual", async () => {
  const text = explainText([await lostTest()]);
  assert.match(
    text,
    /^review -> release: DENIED at 2026-11-20T12:00:00\.000Z\n {2}judged by edgeforge-policies\/[\d.]+, core@[\d.]+, input sha256:/,
  );
  for (const layer of ["L0 pass", "L1 fail", "L2 pass", "L3 pass", "L4 fail"]) {
    assert.ok(text.includes(`\n  ${layer}`), layer);
  }
  assert.ok(text.includes("fail           core/T1 test-inventory (L1)"));
  assert.ok(
    text.includes(
      'src/email_test.ts: "src/email_test.ts::accepts an address" passed before the change and does not run after it',
    ),
  );
  assert.ok(
    text.includes(
      'to do: Restore the test, or add "src/email_test.ts::accepts an address" to intent.removes',
    ),
  );
  assert.ok(text.includes("passes if"));
  assert.ok(text.includes("link: link (symlink)"));
  assert.ok(text.includes("because the spec has no acceptance criteria"));
});

Deno.test("the structured form holds every rule, also those that passed, and the same words", async () => {
  const decision = await lostTest();
  const [entry] = explain([decision]);
  assert.equal(entry?.transition, "review -> release");
  assert.equal(entry?.verdict, "deny");
  assert.equal(entry?.rules.length, decision.rules.length);
  assert.deepEqual(entry?.layers, decision.layers);
  assert.equal(
    entry?.rules.find(({ gate }) => gate === "acceptance")?.because,
    "the spec has no acceptance criteria",
  );
  assert.deepEqual(JSON.parse(JSON.stringify(entry)), entry);
});

Deno.test("an approval and what it lifted are told together", async () => {
  const decision = await judgeSample((input) => {
    input.spec = sampleSpec({ proof: { none: "wording" } });
    input.approvals = [{
      by: "ana",
      patch: input.patchFacts?.change?.patch ?? "",
      at: AT,
      selfApproved: true,
      verified: true,
    }];
  });
  const text = explainText([decision]);
  assert.match(
    text,
    /pass {10} core\/F2P fail-to-pass \(L1\)\n.*\n {6}approved by ana, though:\n {6}The spec asks for no proof: wording/,
  );
  assert.match(text, /approved by ana \(self-approved: one key, no human review\)/);
});

Deno.test("names from outside cannot move the cursor, break a line or hide in the text", async () => {
  const decision = await judgeSample((input) => {
    input.patchFacts?.pathProblems.push({
      kind: "control-character",
      path: "a\u001b[2J\nL4 pass\u202eb",
      detail: "x\r\ny",
    });
  });
  const text = explainText([decision]);
  // deno-lint-ignore no-control-regex
  assert.ok(!/[\u0000-\u0009\u000b-\u001f\u202e]/.test(text));
  assert.ok(!text.split("\n").some((line) => line.startsWith("L4 pass")));
});

Deno.test("several decisions stand in their order, none is said in words", async () => {
  const decision = await judgeSample();
  assert.equal(explainText([]), "No transition was decided.\n");
  assert.equal(explainText([decision, decision]).split("review -> release: ALLOWED").length, 3);
  assert.deepEqual(explain([]), []);
});

Deno.test("denials are what failed, in the order of the layers, failures before what could not be judged, each with a remedy", async () => {
  const decision = await judgeSample((input) => {
    input.patchFacts?.pathProblems.push({ kind: "symlink", path: "link", detail: "d" });
    input.budget = { tokens: { limit: 1, spent: 2, reserved: 0 } };
    input.verify = null;
  });
  const denials = denialsOf(decision);
  const firstError = denials.findIndex(({ gate }) => gate === "no-report");
  assert.deepEqual(denials.slice(0, firstError).map(({ rule, layer }) => [rule, layer]), [["core/O4", "L3"], [
    "core/C5",
    "L4",
  ]]);
  assert.ok(
    denials.length > firstError &&
      denials.every(({ remediation, message }) => remediation !== "" && message !== ""),
  );
  const { fingerprint, ...hygiene } = denials.find(({ gate }) => gate === "git-hygiene") ?? {};
  assert.match(fingerprint ?? "", /^sha256:/);
  assert.deepEqual(hygiene, {
    gate: "git-hygiene",
    layer: "L4",
    rule: "core/C5",
    message: "link (symlink): d",
    path: "link",
    remediation: "Write a regular file instead of a symbolic link",
  });
});

Deno.test("an allowed decision has no denials, an escalated one tells what it asks, a denied one always tells something", async () => {
  assert.deepEqual(denialsOf(await judgeSample()), []);
  const asked = await judgeSample((input) => input.spec = sampleSpec({ proof: { none: "wording" } }));
  assert.deepEqual(denialsOf(asked).map(({ rule }) => rule), ["core/F2P"]);
  const bare: Decision = { ...asked, verdict: "deny", rules: [] };
  assert.equal(denialsOf(bare).length, 1);
  assert.match(denialsOf(bare)[0]?.message ?? "", /review->release was not allowed/);
});
