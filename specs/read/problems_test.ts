import assert from "node:assert/strict";
import type { Problem } from "../base.ts";
import { readSpec, readSpecObject } from "./native.ts";

const GOOD = { title: "x", intent: { type: "UPDATE", scope: ["src/**"] } };

async function problemsOf(changes: Record<string, unknown>): Promise<Problem[]> {
  const read = await readSpecObject({ ...GOOD, ...changes });
  return read.ok ? [] : read.error;
}

async function only(changes: Record<string, unknown>): Promise<Problem> {
  const problems = await problemsOf(changes);
  assert.equal(problems.length, 1, JSON.stringify(problems));
  return problems[0] as Problem;
}

// req: N5-02
Deno.test("every problem is listed, not only the first, in the order of the text", async () => {
  const read = await readSpec(`---
titel: x
intent: { type: UPDAT, scope: [../a, "src/**", /b] }
verify: { run: [deno test], timeoutSeconds: 99999 }
acceptance:
  - { id: A, text: t, check: { files: [/etc/passwd], run: ["deno test"] } }
  - { id: A, text: " " }
autonomy: A9
---
`);
  assert.ok(!read.ok);
  assert.deepEqual(read.error.map(({ line, path, code }) => `${line} ${path} ${code}`), [
    "2 title spec.missing",
    "2 titel spec.unknown-field",
    "3 intent.type spec.value",
    "4 verify.run[0] spec.type",
    "4 verify.timeoutSeconds spec.range",
    "6 acceptance[0].check.files[0] spec.path",
    "6 acceptance[0].check.run spec.command",
    "7 acceptance[1].id spec.duplicate-id",
    "7 acceptance[1].text spec.too-short",
    "8 autonomy spec.value",
  ]);
});

// req: N5-03
Deno.test("a misspelt field names the nearest one, at every depth", async () => {
  const near: [Record<string, unknown>, string, string][] = [
    [{ acceptence: [] }, "acceptence", "acceptance"],
    [{ "acceptance-criteria": [] }, '["acceptance-criteria"]', "acceptance"],
    [{ budgets: {} }, "budgets", "budget"],
    [{ Tier: "standard" }, "Tier", "tier"],
    [{ intent: { ...GOOD.intent, scopes: [] } }, "intent.scopes", "scope"],
    [{ verify: { run: [["a"]], timeout_seconds: 3 } }, "verify.timeout_seconds", "timeoutSeconds"],
    [{ budget: { token: 3 } }, "budget.token", "tokens"],
    [{ operations: [{ op: "rename-symbol", form: "a", from: "a", to: "b" }] }, "operations[0].form", "from"],
  ];
  for (const [changes, path, suggestion] of near) {
    const problem = await only(changes);
    assert.equal(problem.code, "spec.unknown-field");
    assert.equal(problem.path?.replaceAll(/\["|"\]/g, ""), path.replaceAll(/\["|"\]/g, ""));
    assert.equal(problem.remedy, `did you mean ${suggestion}?`);
  }
});

Deno.test("a field in the wrong place is sent to its own; an unlike one gets the list", async () => {
  assert.equal((await only({ scope: ["a"] })).remedy, "scope belongs at intent.scope");
  assert.equal((await only({ timeoutSeconds: 3 })).remedy, "timeoutSeconds belongs at verify.timeoutSeconds");
  assert.match((await only({ zzzzzz: 1 })).remedy ?? "", /^remove it, or use one of: title, intent, reason/);
});

// req: N5-03
Deno.test("an unknown value lists the allowed ones and the nearest", async () => {
  const problem = await only({ intent: { ...GOOD.intent, type: "update" } });
  assert.equal(problem.path, "intent.type");
  assert.equal(problem.value, '"update"');
  assert.equal(problem.message, "It must be one of IMPORT, CREATE, UPDATE, DESTROY, REFACTOR, MIGRATE.");
  assert.equal(problem.remedy, "did you mean UPDATE?");
  assert.equal((await only({ tier: "gold" })).remedy, "write one of best-effort, standard, critical");
  assert.equal(
    (await only({ operations: [{ op: "rename-symbl", from: "a", to: "b" }] })).remedy,
    "did you mean rename-symbol?",
  );
  // A0 to A5 are all equally near to A9: no suggestion is better than a wrong one.
  assert.match((await only({ autonomy: "A9" })).remedy ?? "", /^write one of A0, A1/);
});

Deno.test("a missing field says what it means and shows an example", async () => {
  const problem = await only({ intent: { type: "UPDATE" } });
  assert.equal(problem.code, "spec.missing");
  assert.equal(problem.path, "intent.scope");
  assert.match(problem.message, /globs that the change may touch/);
  assert.equal(problem.remedy, 'write, for example, scope: ["src/auth/**"]');
});

Deno.test("a value of the wrong type says which is wanted and which is there", async () => {
  const flat = await only({ verify: { run: ["deno"] } });
  assert.equal(flat.path, "verify.run[0]");
  assert.equal(flat.message, "It must be a list and is text.");
  assert.equal(flat.remedy, 'write, for example, ["deno","test","-A"]');
  assert.equal((await only({ title: 2024 })).remedy, 'put it in quotes: "2024"');
  assert.match((await only({ reason: null })).message, /is empty \(null\)/);
  assert.match((await only({ budget: { repairs: 1.5 } })).message, /must be a whole number/);
  assert.match((await only({ proof: "none" })).remedy ?? "", /proof: \{"none":/);
});

Deno.test("a list of intents is judged entry by entry", async () => {
  const problems = await problemsOf({ intent: [GOOD.intent, { type: "MOVE", scope: [] }] });
  assert.deepEqual(problems.map((problem) => problem.path), ["intent[1].type", "intent[1].scope"]);
});

Deno.test("numbers out of range, lists and texts out of size say the bound", async () => {
  assert.equal((await only({ budget: { usd: -1 } })).message, "It must be at least 0.");
  assert.equal((await only({ budget: { repairs: 51 } })).message, "It must be at most 50.");
  assert.equal(
    (await only({ title: "x".repeat(301) })).message,
    "It has 301 characters, more than the 300 allowed.",
  );
  assert.match((await only({ constraints: Array(201).fill("x") })).message, /201 entries, more than the 200/);
  assert.match((await only({ intent: { type: "UPDATE", scope: [] } })).message, /must not be empty/);
});

// req: N5-08
Deno.test("values are shortened, escaped and never repeat a secret", async () => {
  const long = await only({ tier: "y".repeat(500) });
  assert.ok((long.value ?? "").length < 130);
  assert.match(long.value ?? "", /\(500 characters\)$/);
  assert.equal((await only({ tier: 'a"\n' })).value, '"a\\"\\n"');
  const secrets = [
    "gh" + "p_" + "abcdefghijklmnopqrstuvwxyz0123456789",
    "AK" + "IA" + "IOSFODNN7EXAMPLE",
    "postgres" + "://me:" + "hunter22@db.example/x",
    "password: hunter22",
    "-----BEGIN " + "RSA PRIVATE KEY-----",
    "ey" + "JhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.x",
  ];
  for (const secret of secrets) {
    const problems = [
      ...await problemsOf({ tier: secret }),
      ...await problemsOf({ [secret]: 1 }),
      ...await problemsOf({ acceptance: [{ id: secret, text: "t" }] }),
      ...await problemsOf({ intent: { type: "UPDATE", scope: [`/${secret}`] } }),
      ...await problemsOf({ verify: { run: [[`deno ${secret}`]] } }),
    ];
    assert.ok(problems.length >= 4, secret);
    assert.ok(!JSON.stringify(problems).includes(secret.slice(-8)), JSON.stringify(problems));
  }
  assert.match((await only({ api_key: "short" })).value ?? "", /withheld/);
});

// req: N5-08
Deno.test("a broken text is never quoted in an error", async () => {
  for (const name of ["a.json", "a.yaml", "a.md"]) {
    const read = await readSpec(`---\n{"title": hunter22-s3cret-value, !!! : [}\n---\n`, { name });
    assert.ok(!read.ok);
    assert.ok(!JSON.stringify(read.error).includes("s3cret"), JSON.stringify(read.error));
  }
});

Deno.test("more problems than a person reads are counted", async () => {
  const fields = Object.fromEntries(Array.from({ length: 150 }, (_, index) => [`zz${index}`, 1]));
  const problems = await problemsOf(fields);
  assert.equal(problems.length, 101);
  assert.equal(problems.at(-1)?.message, "There are 50 more problems.");
});
