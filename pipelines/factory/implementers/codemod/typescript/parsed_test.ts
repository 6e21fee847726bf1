import assert from "node:assert/strict";
import type { OperationInput } from "../../../../../specs/mod.ts";
import { applyOperations } from "../apply.ts";
import { memoryTree } from "../tree.ts";
import { parsedFiles } from "./parsed.ts";

const rename: OperationInput = { op: "rename-symbol", from: "price", to: "cost" };
const TREES: Record<string, string>[] = [
  {
    "a.ts": "export const price = 1;\n",
    "b.ts": 'import { price } from "./a.ts";\nexport const b = price;\n',
  },
  // The same paths, other texts; then another set of files; then the first again.
  { "a.ts": "export const price = 1;\n", "b.ts": "const price = 2;\nexport const b = price;\n" },
  { "a.ts": "export function price() {}\n", "c.ts": 'export { price as value } from "./a.ts";\n' },
  {
    "a.ts": "export const price = 1;\n",
    "b.ts": 'import { price } from "./a.ts";\nexport const b = price;\n',
  },
];

async function result(files: Record<string, string>, options: Parameters<typeof applyOperations>[2]) {
  const tree = memoryTree(files);
  const applied = await applyOperations(tree, [rename], options);
  return { applied: applied.ok ? applied.value : applied.error.code, files: await tree.snapshot() };
}

Deno.test("applications that share what was parsed give what each gives alone, one after the other and at once", async () => {
  const alone = await Promise.all(TREES.map((files) => result(files, {})));
  assert.deepEqual(alone.map(({ applied }) => typeof applied), ["object", "string", "object", "object"]);
  const parsed = parsedFiles();
  try {
    for (const [at, files] of TREES.entries()) assert.deepEqual(await result(files, { parsed }), alone[at]);
    assert.deepEqual(await Promise.all(TREES.map((files) => result(files, { parsed }))), alone);
  } finally {
    parsed.dispose();
  }
});

Deno.test("a version stands for one text, and folders are never the same", () => {
  const [one, two] = [parsedFiles(), parsedFiles()];
  assert.notEqual(one.root, two.root);
  assert.equal(one.versionOf("a"), one.versionOf("a"));
  assert.notEqual(one.versionOf("a"), one.versionOf("b"));
});

Deno.test("type errors that an operation leaves are refused, those of before are not held against it, and both are skipped when asked", async () => {
  const breaking = {
    "a.ts": "export class Base { total() { return 1; } }\nexport const other: number = missing(1);\n",
    "b.ts":
      'import { Base } from "./a.ts";\nexport const b = new Base().total();\nexport const bad = new Base().never;\n',
  };
  const operations: OperationInput[] = [{ op: "rename-symbol", from: "Base.total", to: "sum" }];
  const tree = memoryTree(breaking);
  assert.equal((await applyOperations(tree, operations)).ok, true, "`never` was an error before");
  assert.match(await tree.text("b.ts") ?? "", /new Base\(\)\.sum\(\);[^]*\.never;/);
  const unchecked = memoryTree(breaking);
  assert.equal((await applyOperations(unchecked, operations, { checksTypes: false })).ok, true);
  assert.deepEqual(await unchecked.snapshot(), await tree.snapshot());
});
