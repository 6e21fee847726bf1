import assert from "node:assert/strict";
import { BASE, HEAD, judgeSample, ruleOf } from "../testing/judge_input.ts";
import { sampleFacts } from "../testing/trees.ts";

const OLD = 'Deno.test("accepts an address", () => {});\n';

async function judged(fresh: string) {
  const facts = await sampleFacts(BASE, {
    ...HEAD,
    "src/email_test.ts":
      `import assert from "node:assert/strict";\nimport { isEmail } from "./email.ts";\n${OLD}${fresh}`,
  });
  return await judgeSample(() => {}, facts);
}

Deno.test("a tautology that is the only proof of a change asks a human, and is told with its place", async () => {
  const decision = await judged(
    'Deno.test("refuses two signs", () => assert.equal(isEmail("a@@b"), isEmail("a@@b")));\n',
  );
  const proof = ruleOf(decision, "fail-to-pass");
  assert.deepEqual([proof.verdict, proof.escalates], ["fail", true]);
  assert.match(proof.findings[0]?.message ?? "", /asserts nothing that could fail/);
  const hollow = ruleOf(decision, "hollow-tests");
  assert.deepEqual([hollow.verdict, hollow.escalates], ["fail", true]);
  assert.equal(hollow.findings[0]?.path, "src/email_test.ts");
  assert.equal(hollow.findings[0]?.line, 4);
  assert.equal(decision.verdict, "escalate");
});

Deno.test("an assertion that nobody waits for proves nothing either", async () => {
  const decision = await judged(
    'Deno.test("refuses two signs", () => { assert.rejects(async () => isEmail("a@@b")); });\n',
  );
  assert.match(ruleOf(decision, "hollow-tests").findings[0]?.message ?? "", /nobody waits for/);
  assert.equal(ruleOf(decision, "fail-to-pass").escalates, true);
});

Deno.test("a test that can fail is the proof, beside a tautology too", async () => {
  const decision = await judged(
    'Deno.test("refuses two signs", () => { assert.equal(isEmail("a"), isEmail("a")); assert.equal(isEmail("a@@b"), false); });\n',
  );
  assert.equal(ruleOf(decision, "fail-to-pass").verdict, "pass");
  assert.equal(ruleOf(decision, "hollow-tests").verdict, "pass");
});

Deno.test("beside a test that can fail, or a held-out check, a tautology is only told", async () => {
  const tautology = 'Deno.test("again", () => assert.equal(isEmail("a"), isEmail("a")));\n';
  const beside = await judged(
    `${tautology}Deno.test("refuses two signs", () => assert.equal(isEmail("a@@b"), false));\n`,
  );
  const told = ruleOf(beside, "hollow-tests");
  assert.equal(told.verdict, "pass");
  assert.match(told.findings[0]?.message ?? "", /"again" cannot fail/);
});

const smoke = 'Deno.test("runs", () => { isEmail("a@@b"); });\n';
/** Beside the tests that are there, or in a file of their own. */
async function inNewFile(tests: string, more: Record<string, string> = {}) {
  const facts = await sampleFacts(BASE, {
    ...HEAD,
    "src/email_test.ts": BASE["src/email_test.ts"] ?? OLD,
    "src/sign_test.ts":
      `import assert from "node:assert/strict";\nimport { isEmail } from "./email.ts";\n${tests}`,
    ...more,
  });
  return ruleOf(await judgeSample(() => {}, facts), "hollow-tests");
}

Deno.test("a new file of tests that only call is no proof of new behaviour where it is all that comes", async () => {
  const told = await inNewFile(smoke);
  assert.deepEqual([told.verdict, told.escalates], ["fail", true]);
  assert.match(told.findings[0]?.message ?? "", /"runs" asserts nothing/);
});

Deno.test("a test that only calls is told, and no more, beside one that asserts or a test that was edited", async () => {
  const beside = await inNewFile(
    `${smoke}Deno.test("refuses two signs", () => assert.equal(isEmail("a@@b"), false));\n`,
  );
  assert.equal(beside.verdict, "pass");
  const edited = await inNewFile(smoke, {
    "src/email_test.ts": `${OLD}Deno.test("refuses two signs", () => { isEmail("a"); });\n`,
  });
  assert.equal(edited.verdict, "pass");
  assert.equal(ruleOf(await judged(smoke), "hollow-tests").verdict, "pass");
});

Deno.test("facts of an older extractor are said to know nothing of it", async () => {
  const decision = await judgeSample((input) => {
    delete input.patchFacts?.tests.hollow;
    delete input.patchFacts?.tests.silent;
  });
  const rule = ruleOf(decision, "hollow-tests");
  assert.equal(rule.verdict, "not_applicable");
  assert.match(rule.selector ?? "", /did not look/);
});
