import assert from "node:assert/strict";
import { autonomyEffect, lowestAutonomy } from "./autonomy.ts";
import { CORE_RULES, corePack, listRules } from "./catalogue.ts";
import { CORE_VERSION } from "./versions.ts";
import { parseRepoPolicy } from "./repo_policy.ts";

// req: N4-22
Deno.test("every rule of the core pack has a body, a gate of its own, texts, bindings, and is enforced", () => {
  const gates = new Set<string>();
  for (const rule of CORE_RULES) {
    assert.equal(typeof rule.evaluate, "function", rule.gate);
    assert.ok(!gates.has(rule.gate), rule.gate);
    gates.add(rule.gate);
    assert.match(rule.gate, /^[a-z][a-z-]+$/);
    assert.ok(rule.description.length > 20 && rule.remediation.length > 10, rule.gate);
    assert.ok(rule.bindings.length > 0, rule.gate);
    assert.equal(rule.mode, "enforce");
  }
});

Deno.test("the gates of the spine are all there, under their ids", () => {
  const ids = new Set(CORE_RULES.map(({ id }) => id));
  for (
    const id of [
      "PATCH",
      "C1",
      "C2",
      "C3",
      "C4",
      "C5",
      "T1",
      "T3",
      "T4",
      "T6",
      "T7",
      "REPORT",
      "F2P",
      "AC",
      "X1",
      "O4",
      "O5",
      "E2",
      "AUTONOMY",
    ]
  ) assert.ok(ids.has(id), id);
});

Deno.test("the list for people names pack, version, rule, gate, layer, mode and description", () => {
  const listed = listRules();
  assert.equal(listed.length, CORE_RULES.length);
  assert.deepEqual(Object.keys(listed[0] ?? {}), [
    "pack",
    "version",
    "rule",
    "gate",
    "layer",
    "mode",
    "description",
  ]);
  assert.ok(
    listed.every(({ pack, version, rule }) =>
      pack === "core" && version === CORE_VERSION && rule.startsWith("core/")
    ),
  );
});

Deno.test("the core pack has one digest", async () => {
  const pack = await corePack();
  assert.deepEqual(pack, await corePack());
  assert.match(pack.digest, /^sha256:[0-9a-f]{64}$/);
});

Deno.test("a repository's policy: nothing, its defaults, and what it may tighten", async () => {
  const read = async (text: string | null) => {
    const parsed = await parseRepoPolicy(text);
    assert.ok(parsed.ok, JSON.stringify(parsed));
    return parsed.value;
  };
  const none = await read(null);
  assert.deepEqual([none.mode, none.autonomy, none.approvers, none.protect, none.size], [
    "enforce",
    "A5",
    [],
    [],
    {},
  ]);
  assert.deepEqual(await read(""), none);
  assert.deepEqual(await read("# only a comment\n"), none);
  assert.equal((await read("autonomy: A2\napprovers: [ben]\nsize: { lines: 100 }\n")).size.lines, 100);
});

Deno.test("a repository's policy with an unknown key, a looser mode, an alias, a second document or no YAML is refused with a remedy", async () => {
  for (
    const text of [
      "unknown: 1\n",
      "mode: shadow\n",
      "mode: off\n",
      "a: &a [1]\nb: *a\n",
      "mode: enforce\n---\nmode: enforce\n",
      "mode: enforce\nmode: enforce\n",
      "- a\n",
      ": :\n\t-",
      "autonomy: A9\n",
      "size: { lines: -1 }\n",
      `# ${"x".repeat(70_000)}\n`,
    ]
  ) {
    const parsed = await parseRepoPolicy(text);
    assert.equal(parsed.ok, false, text.slice(0, 40));
    if (!parsed.ok) assert.ok(parsed.error.message.includes(".forge/policy.yaml") && parsed.error.remedy);
  }
});

// req: N7-08
Deno.test("autonomy: each level says what it may do, A5 is never granted, and the lowest level wins", () => {
  assert.deepEqual(
    (["A0", "A1", "A2", "A3", "A4"] as const).map((level) => autonomyEffect(level)?.pullRequest),
    ["none", "none", "draft", "ready", "ready"],
  );
  assert.deepEqual((["A0", "A1", "A3", "A4"] as const).map((level) => autonomyEffect(level)?.merges), [
    false,
    false,
    false,
    true,
  ]);
  assert.equal(autonomyEffect("A0")?.keepsPatch, false);
  assert.equal(autonomyEffect("A1")?.keepsPatch, true);
  assert.equal(autonomyEffect("A5"), null);
  assert.equal(lowestAutonomy("A4", "A1", "A3"), "A1");
  assert.equal(lowestAutonomy(), "A5");
});
