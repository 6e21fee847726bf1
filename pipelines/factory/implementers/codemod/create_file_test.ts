import assert from "node:assert/strict";
import fc from "fast-check";
import { fillTemplate } from "./create_file.ts";
import { applied, refused } from "./testing.ts";

Deno.test("a file is made from its content, with its bytes as they are given", async () => {
  const content = "\ufefféa\r\nb";
  const { files, changed } = await applied({}, { op: "create-file", path: "a/b c.txt", content });
  assert.deepEqual(files, { "a/b c.txt": content });
  assert.deepEqual(changed, ["a/b c.txt"]);
});

Deno.test("a file is made from a template; what a value holds is not read as one", async () => {
  const { files } = await applied({}, {
    op: "create-file",
    path: "a.txt",
    template: "{{name}} is {{ age }}, \\{{name}} stays, {{name}}",
    values: { name: "{{age}} $& \\{{", age: 3 },
  });
  assert.equal(files["a.txt"], "{{age}} $& \\{{ is 3, {{name}} stays, {{age}} $& \\{{");
});

Deno.test("a missing value and one that is not used are failures that name it", () => {
  const missing = fillTemplate("a\n{{one}} {{two}}", { one: 1 });
  assert.ok(!missing.ok);
  assert.match(missing.error.message, /two \(line 2\)/);
  const unused = fillTemplate("{{one}}", { one: 1, two: 2 });
  assert.ok(!unused.ok);
  assert.match(unused.error.message, /two/);
});

Deno.test("every value comes out as it went in", () => {
  fc.assert(fc.property(fc.string(), fc.string(), (a, b) => {
    const filled = fillTemplate("<{{a}}|{{b}}|{{a}}>", { a, b });
    assert.ok(filled.ok);
    assert.equal(filled.value, `<${a}|${b}|${a}>`);
  }));
});

Deno.test("an existing file is a failure unless it may be overwritten, and the same content is one always", async () => {
  const files = { "a.txt": "old" };
  assert.equal((await refused(files, { op: "create-file", path: "a.txt", content: "new" })).code, "exists");
  const { files: after } = await applied(files, {
    op: "create-file",
    path: "a.txt",
    content: "new",
    overwrite: true,
  });
  assert.equal(after["a.txt"], "new");
  assert.equal(
    (await refused(files, { op: "create-file", path: "a.txt", content: "old", overwrite: true })).code,
    "no-match",
  );
});

Deno.test("a file cannot stand where a folder is, nor below a file", async () => {
  assert.equal((await refused({ "a/b": "" }, { op: "create-file", path: "a", content: "" })).code, "exists");
  assert.equal((await refused({ "a": "" }, { op: "create-file", path: "a/b", content: "" })).code, "exists");
});

Deno.test("paths that leave the tree or lie in .git are refused by the contract", async () => {
  for (
    const path of [
      "../a",
      "/a",
      ".git/hooks/pre-commit",
      "a/../../b",
      "a\\b",
      "x/.GIT/y",
      "~/a",
      "C:/a",
      "a//b",
      "./a",
      "a/",
    ]
  ) {
    assert.equal((await refused({}, { op: "create-file", path, content: "" })).code, "invalid", path);
  }
});

Deno.test("content and template exclude each other, half a surrogate pair is refused", async () => {
  assert.equal((await refused({}, { op: "create-file", path: "a" })).code, "invalid");
  assert.equal(
    (await refused({}, { op: "create-file", path: "a", content: "", template: "" })).code,
    "invalid",
  );
  assert.equal(
    (await refused({}, { op: "create-file", path: "a", content: "", values: { a: 1 } })).code,
    "invalid",
  );
  assert.equal((await refused({}, { op: "create-file", path: "a", content: "\ud800" })).code, "invalid");
});
