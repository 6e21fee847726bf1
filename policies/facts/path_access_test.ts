import assert from "node:assert/strict";
import { Spec } from "../../specs/code/mod.ts";
import { pathAccess } from "./path_access.ts";

const spec = (scope: string[]) => Spec.parse({ title: "t", intent: { type: "UPDATE", scope } });

Deno.test("paths in scope and the tests beside them are open; each other is refused by the rule that would refuse the patch", () => {
  const access = pathAccess(spec(["src/**"]), ["src/a.ts", "src/a_test.ts", "README.md"], ["src/locked/**"]);
  assert.equal(access("src/a.ts"), null);
  assert.equal(access("src/new/b_test.ts"), null);
  for (
    const [path, rule] of [
      ["README.md", "C2"],
      ["../out.ts", "PATCH"],
      ["/etc/passwd", "PATCH"],
      ["src/.git/config", "PATCH"],
      ["src/a\u200b.ts", "PATCH"],
      ["src/.forge/policy.yaml", "C1"],
      ["src/locked/a.ts", "C1"],
      ["", "PATCH"],
    ] as const
  ) assert.equal(access(path)?.rule, rule, path);
});

Deno.test("a protected file opens to its exact name alone, and a glob of the policy that is not understood protects all", () => {
  assert.equal(pathAccess(spec(["**"]), [])("AGENTS.md")?.rule, "C1");
  assert.equal(pathAccess(spec(["AGENTS.md"]), [])("AGENTS.md"), null);
  assert.equal(pathAccess(spec(["**"]), [], ["[bad"])("src/a.ts")?.rule, "C1");
});
