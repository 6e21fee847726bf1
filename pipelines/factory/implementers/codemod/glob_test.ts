import assert from "node:assert/strict";
import { globs } from "./glob.ts";

function matches(pattern: string | string[], path: string): boolean {
  const found = globs(pattern);
  if (!found.ok) assert.fail(found.error.message);
  return found.value(path);
}

Deno.test("a plain path matches itself, whatever signs are in it", () => {
  assert.ok(matches("src/a.ts", "src/a.ts"));
  assert.ok(matches("app/[id]/page.tsx", "app/[id]/page.tsx"));
  assert.ok(!matches("src/a.ts", "src/a.tsx"));
});

Deno.test("globs cross folders only with two stars, and see dot files", () => {
  assert.ok(matches("src/*.ts", "src/a.ts"));
  assert.ok(!matches("src/*.ts", "src/b/a.ts"));
  assert.ok(matches("src/**/*.ts", "src/b/c/a.ts"));
  assert.ok(matches("**", ".config/a"));
  assert.ok(matches(["a/*", "b/{x,y}.ts"], "b/y.ts"));
});

Deno.test("a glob that could take forever is refused", () => {
  for (const pattern of ["*a*a*a*a*a*b", "**/a/**/b/**/c/**/d/**/e", "{a,{b,{c,{d,{e,f}}}}}"]) {
    const found = globs(pattern);
    assert.equal(found.ok, false, pattern);
    if (!found.ok) assert.equal(found.error.code, "invalid");
  }
  const started = performance.now();
  assert.ok(!matches("*a*a*a*b", "a".repeat(200)));
  assert.ok(performance.now() - started < 2_000);
});
