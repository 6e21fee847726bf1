import assert from "node:assert/strict";
import { codeOwners } from "./code_owners.ts";

const FILE = `# who looks at what
*            @all
*.js         @scripts   dana@example.com
/docs/       @writers
docs/*       @first # only beside it
apps         @acme/apps
/src/**/deep @deep
/no-owner/
my\\ file     @spaces
[weird]x     @sets
!kept        @negated
`;

Deno.test("the last line that matches owns a path; directories own what is in them, a star only what it names", () => {
  const of = (...paths: string[]) => codeOwners(FILE, paths);
  assert.deepEqual(of("README.md"), ["all"]);
  assert.deepEqual(of("lib/a.js"), ["scripts"], "addresses are left out");
  assert.deepEqual(of("docs/a/b.md"), ["writers"]);
  assert.deepEqual(of("docs/a.md"), ["first"]);
  assert.deepEqual(of("x/apps/y.ts"), ["acme/apps"]);
  assert.deepEqual(of("src/a/b/deep"), ["deep"]);
  assert.deepEqual(of("no-owner/x"), [], "a line without owners takes them away");
  assert.deepEqual(of("my file"), ["spaces"]);
  assert.deepEqual(of("kept"), ["all"], "a negation is none here");
  assert.deepEqual(of("README.md", "lib/a.js", "lib/b.js"), ["all", "scripts"]);
});

Deno.test("of GitLab each section has owners of its own, and a line without takes those of its heading", () => {
  const text = "* @one\n[Database][2] @dba\ndb/\ndb/big/ @lead\n^[Docs]\n*.md @writers\n";
  assert.deepEqual(codeOwners(text, ["db/a.sql"]), ["one", "dba"]);
  assert.deepEqual(codeOwners(text, ["db/big/a.md"]), ["one", "lead", "writers"]);
});

Deno.test("nothing in a file of strangers is taken for an owner that is none, and long ones end", () => {
  assert.deepEqual(codeOwners("* @ @-x dana @a@b <!-- @ok -->\n", ["a"]), ["ok"]);
  assert.deepEqual(codeOwners(`${"*a".repeat(240)}b @slow\n`.repeat(200), ["a".repeat(3000)]), []);
});
