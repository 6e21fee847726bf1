import assert from "node:assert/strict";
import fc from "fast-check";
import { z } from "zod";
import { Operation, TreePath } from "./operation.ts";

Deno.test("a path of an operation stays inside the tree and out of .git", () => {
  for (const path of ["a.ts", "src/é b.ts", ".gitignore", ".github/x.yml", "..a/b", "a/...b", "git/x"]) {
    assert.ok(TreePath.safeParse(path).success, path);
  }
  for (
    const path of [
      "",
      "/a",
      "./a",
      "../a",
      "a/../b",
      "a/..",
      "a//b",
      "a/",
      "a\\b",
      "C:/a",
      "~/a",
      "a\nb",
      "a\0",
      ".git",
      ".git/config",
      "a/.Git/x",
    ]
  ) assert.ok(!TreePath.safeParse(path).success, JSON.stringify(path));
});

Deno.test("no path that is taken resolves above the tree", () => {
  const segment = fc.oneof(fc.constantFrom("..", ".", "", "a", ".git", "..."), fc.string({ maxLength: 4 }));
  fc.assert(fc.property(fc.array(segment, { maxLength: 6 }), (segments) => {
    const path = segments.join("/");
    if (!TreePath.safeParse(path).success) return;
    const base = new URL("file:///root/tree/");
    const encoded = path.split("/").map(encodeURIComponent).join("/");
    assert.ok(new URL(encoded, base).pathname.startsWith("/root/tree/"), path);
  }));
});

Deno.test("an unknown operation, an unknown field and a wrong type are named", () => {
  const issue = (value: unknown) => Operation.safeParse(value).error?.issues[0];
  assert.deepEqual(issue({ op: "format" })?.path, ["op"]);
  assert.match(issue({ op: "rename-symbol", from: "a", to: "b", where: "x" })?.message ?? "", /where/);
  assert.deepEqual(issue({ op: "rename-symbol", from: "a" })?.path, ["to"]);
  assert.deepEqual(issue({ op: "change-signature", function: "f", add: { name: 1 } })?.path, ["add", "name"]);
  assert.deepEqual(
    issue({ op: "create-file", path: "a" })?.message,
    "exactly one of `content` and `template` is needed",
  );
});

Deno.test("defaults are filled in", () => {
  const parsed = Operation.parse({ op: "change-signature", function: "f", add: { name: "x" } });
  assert.ok(parsed.op === "change-signature" && parsed.calls === "every" && parsed.values === "refuse");
});

Deno.test("every operation and every field of it is described, in the JSON Schema too", () => {
  const schema = z.toJSONSchema(Operation, { io: "input" }) as {
    oneOf: { properties: Record<string, { description?: string }> }[];
  };
  assert.equal(schema.oneOf.length, 11);
  for (const { properties } of schema.oneOf) {
    for (const [field, { description }] of Object.entries(properties)) {
      assert.ok((description ?? "").length > 10, `${JSON.stringify(properties.op)} ${field}`);
    }
  }
});
