/** T2: what existing tests assert. Clean, violating and evading. */
import assert from "node:assert/strict";
import { sampleFacts, type Tree } from "../testing/trees.ts";
import { judgeSample, ruleOf, sampleSpec } from "../testing/judge_input.ts";

const test = (body: string, title = "adds"): string =>
  `import assert from "node:assert/strict";\nimport { add } from "./add.ts";\nDeno.test("${title}", () => {\n${body}\n});\n`;
const BASE: Tree = {
  "src/add.ts": "export const add = (a: number, b: number): number => a + b;\n",
  "src/add_test.ts": test("  assert.equal(add(1, 2), 3);\n  assert.deepEqual([add(0, 0)], [0]);"),
};
const HEAD: Tree = { ...BASE, "src/add.ts": "export const add = (a: number, b: number): number => b + a;\n" };

async function verdict(
  head: Tree,
  over: {
    spec?: Record<string, unknown>;
    proposal?: { implementer: "codemod"; rederives: boolean };
    renames?: Record<string, string>;
  } = {},
): Promise<string> {
  const facts = await sampleFacts(BASE, head, over.renames ?? {});
  const decision = await judgeSample((input) => {
    input.transition = { from: "implement", to: "verify" };
    input.spec = sampleSpec(over.spec ?? {});
    if (over.proposal) input.proposal = over.proposal;
  }, facts);
  const rule = ruleOf(decision, "weakened-assertions");
  return rule.verdict === "fail" && rule.escalates ? "asks" : rule.verdict;
}
const removes = (...entries: string[]) => ({
  spec: { intent: { type: "UPDATE", scope: ["src/**"], removes: entries } },
});

Deno.test("T2: an existing test may say more, say the same otherwise, and expect another value", async () => {
  for (
    const body of [
      "  assert.equal(add(1, 2), 3);\n  assert.deepEqual([add(0, 0)], [0]);\n  assert.equal(add(2, 2), 4);",
      "  for (const [a, b, sum] of [[1, 2, 3], [0, 0, 0]]) assert.equal(add(a, b), sum);",
      "  assert.equal(add(1, 2), 3.5);\n  assert.deepEqual([add(0, 0)], [1]);",
    ]
  ) assert.equal(await verdict({ ...HEAD, "src/add_test.ts": test(body) }), "pass", body);
});

Deno.test("T2: one that says less is refused, also when its file moves", async () => {
  const less = test("  assert.ok(add(1, 2));");
  assert.equal(await verdict({ ...HEAD, "src/add_test.ts": less }), "fail");
  const { "src/add_test.ts": _, ...rest } = HEAD;
  const moved = { ...rest, "tests/add_test.ts": less.replace("./add.ts", "../src/add.ts") };
  assert.equal(await verdict(moved, { renames: { "src/add_test.ts": "tests/add_test.ts" } }), "fail");
  assert.equal(await verdict(moved), "fail");
});

Deno.test("T2: what may be the same in other words is for a human", async () => {
  const doubtful = test(
    "  const sums = [add(1, 2), add(0, 0)];\n  assert.equal(sums.length, 2);\n  assert.equal(sums.length, 2);",
  );
  assert.equal(await verdict({ ...HEAD, "src/add_test.ts": doubtful }), "asks");
});

Deno.test("T2: a test that the spec's removes names, by name or by its file, may be rewritten; another may not", async () => {
  const head = { ...HEAD, "src/add_test.ts": test("  assert.ok(add(1, 2));") };
  assert.equal(await verdict(head, removes("adds")), "pass");
  assert.equal(await verdict(head, removes("src/add_test.ts::adds")), "pass");
  assert.equal(await verdict(head, removes("src/add_test.ts")), "pass");
  assert.equal(await verdict(head, removes("subtracts")), "fail");
});

Deno.test("T2: not applicable to tests that the spec's own operations wrote", async () => {
  const head = { ...HEAD, "src/add_test.ts": test("  assert.ok(add(1, 2));") };
  assert.equal(
    await verdict(head, { proposal: { implementer: "codemod", rederives: true } }),
    "not_applicable",
  );
  assert.equal(await verdict(head, { proposal: { implementer: "codemod", rederives: false } }), "fail");
});
