import assert from "node:assert/strict";
import fc from "fast-check";
import { pathGlob } from "./path_glob.ts";

const table: [string, string[], string[]][] = [
  ["src/a.ts", ["src/a.ts"], ["src/b.ts", "a.ts", "src/a_ts"]],
  ["./src/*.ts", ["src/a.ts", "src/.ts"], ["src/x/a.ts", "src/a.tsx"]],
  ["**/*_test.ts", ["a_test.ts", "x/y/a_test.ts"], ["a_test.js", "a_test.ts/b"]],
  ["src/**", ["src/a", "src/a/b", "src/.hidden/b"], ["other/a", "srcs/a"]],
  ["a/**/b", ["a/b", "a/x/b", "a/x/y/b"], ["a/x/c", "ab"]],
  ["**", ["a", "a/b/c"], []],
  ["{*_,*.,}test.{ts,js}", ["test.ts", "a_test.js", "a.test.ts"], ["atest.ts", "test.py"]],
  ["x{a,b{c,d}}y", ["xay", "xbcy", "xbdy"], ["xby", "xa"]],
  ["[a-c]?.[!x]", ["ab.y", "cz.1"], ["dz.1", "ab.x", "a.y"]],
  ["a{b", ["a{b"], ["ab"]],
  ["a[b", ["a[b"], ["ab"]],
  ["!a", ["!a"], ["b"]],
];

Deno.test("a glob covers the paths that it should and no others", () => {
  for (const [glob, yes, no] of table) {
    for (const path of yes) assert.equal(pathGlob(glob)(path), true, `${glob} covers ${path}`);
    for (const path of no) assert.equal(pathGlob(glob)(path), false, `${glob} does not cover ${path}`);
  }
});

Deno.test("a path is covered by itself, by its directory with **, and by ** with its last segment", () => {
  const path = fc.array(fc.stringMatching(/^[A-Za-z0-9_.-]{1,8}$/), { minLength: 1, maxLength: 4 });
  fc.assert(fc.property(path, (parts) => {
    const text = parts.join("/").replace(/^(\.\/)+/, "") || "a";
    assert.equal(pathGlob(text)(text.replace(/^\.\//, "")), true);
    assert.equal(pathGlob(`**/${parts[parts.length - 1]}`)(text), true);
    assert.equal(pathGlob(`x/**`)(`x/${text}`), true);
  }));
});

Deno.test("a hostile glob against a long path is answered at once, and one with endless alternatives covers nothing", () => {
  const started = performance.now();
  assert.equal(pathGlob(`${"*a".repeat(200)}b`)("a".repeat(4_000)), false);
  assert.equal(pathGlob(`${"**/a/".repeat(60)}b`)(`${"a/".repeat(400)}c`), false);
  assert.equal(pathGlob("{a,b}".repeat(40))("a".repeat(40)), false);
  assert.ok(performance.now() - started < 2_000);
});
