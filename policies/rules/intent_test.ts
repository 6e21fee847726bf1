/** C3 where the spec's own operations are the map, and where a manifest changes in what is no dependency. */
import assert from "node:assert/strict";
import { sampleFacts, type Tree } from "../testing/trees.ts";
import { judgeSample, ruleOf, sampleSpec } from "../testing/judge_input.ts";

async function c3(spec: Record<string, unknown>, base: Tree, head: Tree): Promise<string> {
  const facts = await sampleFacts(base, head, {});
  const decision = await judgeSample((input) => {
    input.transition = { from: "implement", to: "verify" };
    input.spec = sampleSpec({ intent: { type: "REFACTOR", scope: ["**"] }, ...spec });
  }, facts);
  return ruleOf(decision, "intent").verdict;
}

Deno.test("C3: a member that an operation of the spec renames is declared, with its owner or without in `to`", async () => {
  const samples: [file: string, before: string, from: string][] = [
    ["book.py", "class Cart:\n    def add(self, x):\n        return x\n", "Cart.add"],
    [
      "cart.go",
      "package cart\n\ntype Cart struct{}\n\nfunc (c *Cart) Add(x int) int { return x }\n",
      "Cart.Add",
    ],
    ["cart.ts", "export class Cart {\n  add(x: number) {\n    return x;\n  }\n}\n", "Cart.add"],
    [
      "cart.rs",
      "pub struct Cart;\nimpl Cart {\n    pub fn add(x: u8) -> u8 {\n        x\n    }\n}\n",
      "Cart.add",
    ],
  ];
  for (const [file, before, from] of samples) {
    const old = from.slice(from.indexOf(".") + 1);
    const head = { [file]: before.replace(new RegExp(`\\b${old}\\b`), old === "Add" ? "Put" : "put") };
    const to = old === "Add" ? "Put" : "put";
    const operations = (target: string) => [{ op: "rename-symbol", from, to: target }];
    assert.equal(await c3({ operations: operations(to) }, { [file]: before }, head), "pass", file);
    assert.equal(await c3({ operations: operations("other") }, { [file]: before }, head), "fail", file);
    const renames = [{ from, to: `Cart.${to}` }];
    const intent = { type: "REFACTOR", scope: ["**"], renames };
    if (!file.endsWith(".rs")) assert.equal(await c3({ intent }, { [file]: before }, head), "pass", file);
    assert.equal(await c3({}, { [file]: before }, head), "fail", file);
  }
});

Deno.test("C3: what a Python package only imports from elsewhere may go with the code that used it", async () => {
  const base = {
    "seq/__init__.py":
      "from __future__ import annotations\nfrom typing import List\n\n\ndef f():\n    return 1\n",
  };
  const head = { "seq/__init__.py": "from seq.core import f\n", "seq/core.py": "def f():\n    return 1\n" };
  const intent = {
    type: "REFACTOR",
    scope: ["**"],
    renames: [{ from: "seq/__init__.py::f", to: "seq/core.py::f" }],
  };
  assert.equal(await c3({ intent }, base, head), "pass");
});

Deno.test("C3: a refactoring may tell the manifest where a module lies now, and adds no dependency", async () => {
  const text = (data: unknown) => `${JSON.stringify(data)}\n`;
  const base = {
    "package.json": text({ name: "t", exports: "./src/a.js" }),
    "src/a.js": "export const a = 1;\n",
    "src/lib/b.js": "export const b = 1;\n",
  };
  const moved = { ...base, "package.json": text({ name: "t", exports: "./src/lib/b.js" }) };
  assert.equal(await c3({}, base, moved), "pass");
  const bought = {
    ...base,
    "package.json": text({ name: "t", exports: "./src/a.js", dependencies: { ms: "2" } }),
  };
  assert.equal(await c3({}, base, bought), "fail");
});
