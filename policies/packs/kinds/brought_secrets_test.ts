import assert from "node:assert/strict";
import { PackManifest } from "../../../specs/mod.ts";
import { contentsOf } from "../../facts/content.ts";
import { extractPatchFacts } from "../../facts/extract.ts";
import { sampleInput } from "../../testing/trees.ts";
import { tryPack } from "../testing/mod.ts";
import { bringsSecrets, broughtSecretsRule, secretMatches } from "./brought_secrets.ts";
import { secretsRule } from "./secrets_rule.ts";

const VALUE = ["q7W", "e9R", "t2Y", "u4I", "o6P"].join("");
const RULES = "[[rules]]\nid = \"acme-key\"\nregex = '''acme_[0-9A-Za-z]{15}'''\nkeywords = [\"acme_\"]\n";
const TEXT = { message: "A key of Acme", remediation: "Take it out" };

async function judged(body: string, base: Record<string, string>, head: Record<string, string>) {
  const rule = await broughtSecretsRule(body, TEXT);
  if (!rule.ok) throw new Error(rule.error.message);
  const input = await sampleInput(base, head);
  const facts = await extractPatchFacts(input);
  const matches = await secretMatches(rule.value.searches, facts.files, contentsOf(input.read));
  return rule.value.judge({ facts: { matches } });
}

Deno.test("a configuration of gitleaks in a pack refuses what a change adds, with place and rule, and nothing that was there", async () => {
  const line = `const k = "acme_${VALUE}";\n`;
  const added = await judged(RULES, { "a.ts": "one\n" }, { "a.ts": `one\n${line}` });
  assert.equal(added.verdict, "fail");
  assert.deepEqual(added.verdict === "fail" ? added.findings : [], [
    { message: "A key of Acme (acme-key)", path: "a.ts", line: 2, remediation: "Take it out" },
  ]);
  assert.ok(!JSON.stringify(added).includes(VALUE));
  assert.equal((await judged(RULES, { "a.ts": line }, { "a.ts": `${line}two\n` })).verdict, "pass");
  assert.equal((await judged(RULES, { "a.ts": line }, { "b.ts": line })).verdict, "pass");
  assert.equal((await judged(RULES, { "a.ts": "one\n" }, { "a.ts": "two\n" })).verdict, "pass");
});

Deno.test("a file that is too long to be searched, and a search that nobody made, cannot pass", async () => {
  const rule = await broughtSecretsRule(RULES, TEXT);
  if (!rule.ok) throw new Error(rule.error.message);
  const { files } = await extractPatchFacts(await sampleInput({ "a.ts": "x\n" }, { "a.ts": "y\n" }));
  const text = (given: string | null, tooLarge: string[] = []) => ({
    base: () => Promise.resolve("x\n"),
    head: () => Promise.resolve(given),
    tooLarge: new Set(tooLarge),
  });
  for (const sides of [text("x\n".repeat(1_100_000)), text(null, ["a.ts"])]) {
    const matches = await secretMatches(rule.value.searches, files, sides);
    assert.equal(rule.value.judge({ facts: { matches } }).verdict, "error");
  }
  assert.equal(rule.value.judge({ facts: { matches: {} } }).verdict, "error");
});

Deno.test("what gitleaks has and this engine cannot follow does not load", async () => {
  const refused = await broughtSecretsRule(RULES.replace("acme_[", "(?!x)acme_["), TEXT);
  assert.equal(!refused.ok && refused.error.path, "rules[0].regex");
});

Deno.test("the second opinion finds what the formats here let go, and is silent about what they find", async () => {
  const token = "gh" + "p_" + "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dE3gH5";
  // The issuer's own form with a filler: no finding here, one of secretlint.
  const filler = "gh" + "p_" + "a".repeat(36);
  assert.equal((await judged("secretlint", {}, { "a.ts": `k = "${token}";\n` })).verdict, "pass");
  const other = await judged("secretlint", {}, { "a.ts": `k = "${filler}";\n` });
  assert.equal(other.verdict, "fail");
  assert.match(other.verdict === "fail" ? other.findings[0]?.message ?? "" : "", /github/);
});

Deno.test("only a configuration and the one word bring rules; names of rules stay names", () => {
  assert.deepEqual(["secretlint", RULES, "aws-*\n", "*", "# [[rules]]\n*"].map(bringsSecrets), [
    true,
    true,
    false,
    false,
    false,
  ]);
  assert.equal(secretsRule("aws-*", TEXT).ok, true);
});

Deno.test("a pack's own tests of such a rule find its examples, and notice when it is changed", async () => {
  const examples = `
examples:
  - { name: nothing, case: clean, change: { base: { a.ts: "x\\n" }, head: { a.ts: "y\\n" } } }
  - { name: a key, case: violating, change: { base: { a.ts: "x\\n" }, head: { a.ts: "acme_${VALUE}\\n" } } }
  - { name: a key in YAML, case: evading, change: { base: { a.ts: "x\\n" }, head: { b.yaml: "k: acme_${VALUE}\\n" } } }
`;
  const manifest = PackManifest.parse({
    apiVersion: "delivery.policy/v1",
    name: "org/acme",
    version: "1.0.0",
    revision: 1,
    notBefore: "2026-01-01T00:00:00.000Z",
    expiresAt: "2027-01-01T00:00:00.000Z",
    rules: [{
      id: "X1",
      layer: "L2",
      phases: ["implement->verify"],
      severity: "high",
      kind: "secrets",
      file: "rules/acme.toml",
      message: "A key of Acme",
      remediation: { text: "Take it out" },
      tests: "tests/x1.yaml",
    }],
  });
  const bytes = (text: string) => new TextEncoder().encode(text);
  const trial = await tryPack(
    manifest,
    new Map([["rules/acme.toml", bytes(RULES)], ["tests/x1.yaml", bytes(examples)]]),
  );
  assert.deepEqual(trial.rules[0]?.wrong, []);
  assert.deepEqual(trial.rules[0]?.mutants.survived, []);
  assert.equal(trial.rules[0]?.mutants.tried, 2);
});
