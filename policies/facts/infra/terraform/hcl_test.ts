import assert from "node:assert/strict";
import { hclPrint, readHcl } from "./hcl.ts";
import { wideSource } from "./network.ts";
import { policyProblems } from "./policy_document.ts";
import { blockTree, planTree, shortAddress } from "./resource.ts";
import { Unknown } from "../tree.ts";

const only = (text: string) => {
  const { blocks, problems } = readHcl(text);
  assert.deepEqual(problems, []);
  const [block] = blocks;
  assert.ok(block);
  return block;
};

Deno.test("literals, lists, objects, heredocs and nested blocks are read; expressions are left for the plan", () => {
  const tree = blockTree(
    only(
      'resource "a" "b" { # one\n  text = "x\\n$${y}" // two\n  number = -3\n  list = [1, "a", ] /* three */\n  object = { a = 1, "b" : true, c.d = null }\n  sum = 1 + 2\n  name = "a-${var.b["c"]}"\n  all = [for x in y : x if x != "}"]\n  given = var.given\n  text2 = <<-EOT\n    hello }\n  EOT\n  inner {\n    on = true\n  }\n  inner {}\n}\n',
    ),
    new Map([["var.given", { is: "literal" as const, value: "z" }]]),
  );
  assert.deepEqual([tree.text, tree.number, tree.list, tree.given], ["x\n${y}", -3, [1, "a"], "z"]);
  assert.equal(String(tree.text2).trim(), "hello }");
  assert.deepEqual(JSON.parse(JSON.stringify(tree.object)), { a: 1, b: true, "c.d": null });
  for (const name of ["sum", "name", "all"]) assert.ok(tree[name] instanceof Unknown, name);
  assert.equal((tree.inner as unknown[]).length, 2);
});

Deno.test("two blocks that say the same have one print, however they are laid out", () => {
  const print = (text: string) => hclPrint(only(text));
  assert.equal(
    print('a "b" {\n  x = 1\n  y = f(2)\n}\n'),
    print('a "b" {\n  # c\n  y = f( 2 )\n  x    = 1\n}\n'),
  );
  assert.notEqual(print('a "b" {\n  y = f(2)\n}\n'), print('a "b" {\n  y = f(3)\n}\n'));
});

Deno.test("what is not closed, stands twice or goes too deep is told with its line", () => {
  for (
    const [text, line] of [
      ['a "b" {\n  x = [1\n', 3],
      ["a {\n  x = 1\n  x = 2\n}\n", 3],
      ["a {\n}\n}\n", 3],
      ["a = <<E\nb\n", 1],
      [`${"a {\n".repeat(200)}`, 102],
    ] as const
  ) {
    const { problems, blocks } = readHcl(text);
    assert.equal(blocks.length, 0);
    assert.ok(
      problems.length > 0 && (problems[0]?.line ?? 0) <= line,
      JSON.stringify([text.slice(0, 20), problems]),
    );
  }
});

Deno.test("sources that are most of the internet, and those that are not", () => {
  for (const wide of ["0.0.0.0/0", "::/0", "0.0.0.0/1", "128.0.0.0/2", " 0.0.0.0/0 ", "2000::/3"]) {
    assert.ok(wideSource(wide), wide);
  }
  for (const narrow of ["10.0.0.0/8", "192.168.0.0/16", "203.0.113.7/32", "fd00::/8", "sg-1", ""]) {
    assert.ok(!wideSource(narrow), narrow);
  }
});

Deno.test("policies: JSON in any case of its keys, wildcards in any spelling; what is no JSON is not known", () => {
  const kinds = (document: unknown, isTrust = false) =>
    policyProblems(JSON.stringify(document), isTrust)?.map(({ kind }) => kind);
  assert.deepEqual(kinds({ statement: { effect: "allow", action: "**", resource: "*" } }), ["iam-wildcard"]);
  assert.deepEqual(kinds({ Statement: [{ Effect: "Deny", Action: "*", Resource: "*" }] }), []);
  assert.deepEqual(kinds({ Statement: [{ Effect: "Allow", Action: "s3:GetObject", Resource: "*" }] }), []);
  assert.deepEqual(
    kinds({ Statement: [{ Effect: "Allow", Principal: "*", Action: "a:b", Condition: { X: 1 } }] }),
    [],
  );
  assert.deepEqual(
    kinds({ Statement: [{ Effect: "Allow", Principal: { AWS: "*" }, Action: "sts:AssumeRole" }] }, true),
    ["public-policy"],
  );
  assert.equal(policyProblems("{", false), null);
});

Deno.test("a plan's values: what is only known after apply is marked, addresses lose modules and indices", () => {
  const tree = planTree({ a: 1, b: null, c: [{ d: 1 }] }, { b: true, c: [{ e: true }] }) as Record<
    string,
    unknown
  >;
  assert.ok(tree.b instanceof Unknown && tree.a === 1);
  assert.equal(shortAddress('module.a["x.y"].module.b.aws_sqs_queue.q[0]'), "aws_sqs_queue.q");
  assert.equal(shortAddress("module.a.data.aws_ami.x"), "data.aws_ami.x");
});
