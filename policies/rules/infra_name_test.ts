import assert from "node:assert/strict";
import { namesInfra, renamesInfra } from "./infra_name.ts";

Deno.test("an entry names a table with its columns, a resource with its instances, a module with what is in it, an object with or without namespace", () => {
  const cases: [string, "sql" | "terraform" | "kubernetes", string, boolean][] = [
    ["users", "sql", "users", true],
    ["USERS", "sql", '"users"', true],
    ["public.users", "sql", "users", true],
    ["table users", "sql", "users.email", true],
    ["db/a.sql::users.email", "sql", "users.email", true],
    ["users.email", "sql", "users", false],
    ["email", "sql", "users.email", false],
    ["user", "sql", "users", false],
    ["", "sql", "users", false],
    ["aws_a.b", "terraform", "aws_a.b", true],
    ["aws_a.b", "terraform", "module.m.aws_a.b[0]", true],
    ["aws_a.b[1]", "terraform", "aws_a.b[0]", false],
    ["module.m", "terraform", 'module.m["x"].aws_a.b', true],
    ["module.m", "terraform", "module.m2.aws_a.b", false],
    ["aws_a", "terraform", "aws_a.b", false],
    ["Deployment/web", "kubernetes", "Deployment/shop/web", true],
    ["deployment/shop/web", "kubernetes", "Deployment/shop/web", true],
    ["Deployment/other/web", "kubernetes", "Deployment/shop/web", false],
    ["web", "kubernetes", "Deployment/shop/web", false],
  ];
  for (const [entry, family, name, expected] of cases) {
    assert.equal(namesInfra(entry, { family, name }), expected, `${entry} ${name}`);
  }
});

Deno.test("a rename is of both names", () => {
  const effect = { family: "sql" as const, name: "users.email" };
  assert.ok(renamesInfra({ from: "users.email", to: "users.mail" }, effect, "users.mail"));
  assert.ok(renamesInfra({ from: "users.email", to: "mail" }, effect, "users.mail"));
  assert.ok(!renamesInfra({ from: "users.email", to: "users.post" }, effect, "users.mail"));
  assert.ok(!renamesInfra({ from: "users.name", to: "users.mail" }, effect, "users.mail"));
});
