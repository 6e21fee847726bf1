import assert from "node:assert/strict";
import fc from "fast-check";
import picomatch from "picomatch";
import { compileGlob, isExactPath } from "./glob.ts";

const match = (glob: string, path: string): boolean => {
  const compiled = compileGlob(glob);
  assert.ok(compiled.ok, compiled.ok ? "" : compiled.problem);
  return compiled.glob(path);
};

Deno.test("stars stay in a directory, two stars cross directories, braces and sets choose", () => {
  for (
    const [glob, path, wanted] of [
      ["src/**", "src/a/b.ts", true],
      ["src/**", "src/.hidden/x", true],
      ["src/**", "srcs/a", false],
      ["src/*.ts", "src/a.ts", true],
      ["src/*.ts", "src/a/b.ts", false],
      ["**/*_test.ts", "a_test.ts", true],
      ["**/*_test.ts", "x/y/a_test.ts", true],
      ["a/**/b", "a/b", true],
      ["a/**/b", "a/x/y/b", true],
      ["a/**/b", "a/xb", false],
      ["**", "anything/at/all", true],
      ["{src,lib}/*.{ts,js}", "lib/a.js", true],
      ["{src,lib}/*.{ts,js}", "lib/a.py", false],
      ["file[0-9].txt", "file7.txt", true],
      ["file[!0-9].txt", "file7.txt", false],
      ["?.ts", "a.ts", true],
      ["?.ts", "ab.ts", false],
      ["docs/", "docs/a/b.md", true],
      ["./src/a.ts", "src/a.ts", true],
      ["src/a.ts", "src/a.tsx", false],
      ["SRC/a.ts", "src/a.ts", false],
    ] as const
  ) assert.equal(match(glob, path), wanted, `${glob} ${path}`);
});

Deno.test("what could be read in two ways is refused: absolute, parents, negation, extended patterns, open brackets", () => {
  for (
    const glob of ["/etc/**", "C:/x", "a/../b", "!src/**", "+(a|b)", "@(a)", "a[b", "{a,b", "{a,{b,{c,d}}"]
  ) {
    assert.equal(compileGlob(glob).ok, false, glob);
  }
});

Deno.test("only a text without any pattern is an exact path", () => {
  assert.equal(isExactPath(".github/workflows/ci.yml"), true);
  for (const glob of ["**", "src/*", "a?", "[a]", "{a,b}", "dir/"]) {
    assert.equal(isExactPath(glob), false, glob);
  }
});

Deno.test("on the common language it agrees with picomatch", () => {
  const part = fc.stringMatching(/^[ab.]{1,3}$/).filter((text) => !/^\.+$/.test(text));
  const pattern = fc.oneof(
    fc.constant("**"),
    fc.constant("*"),
    fc.stringMatching(/^[ab.*?]{1,4}$/).filter((text) => !/^\.+$/.test(text) && !text.includes("**")),
    fc.constant("{a,b*}"),
    fc.constant("[ab]b"),
    fc.constant("[^a]*"),
  );
  fc.assert(
    fc.property(
      fc.array(pattern, { minLength: 1, maxLength: 4 }),
      fc.array(part, { minLength: 1, maxLength: 4 }),
      (globs, parts) => {
        const [glob, path] = [globs.join("/"), parts.join("/")];
        // Its shortcut for `*.*` asks for a letter behind the point, as its way for `a/*.*` does not.
        const options = { dot: true, nonegate: true, fastpaths: false };
        const oracle = (text: string) => picomatch(text, options)(path) as boolean;
        // There `a/**` also holds the file `a` itself; here only what is in it.
        if (glob.endsWith("/**") && oracle(glob.replace(/(?:\/\*\*)+$/, ""))) return;
        assert.equal(match(glob, path), oracle(glob), `${glob} ${path}`);
      },
    ),
    { numRuns: 3000, examples: [[["*.*"], ["b."]], [["**", "*.*"], ["a", "b."]]] },
  );
});

// req: N4-20
Deno.test("a hostile pattern on a hostile path ends at once", () => {
  const start = performance.now();
  match("a*".repeat(200) + "b", "a".repeat(4000));
  match("**/".repeat(100) + "b", "a/".repeat(1500) + "c");
  assert.ok(performance.now() - start < 3000);
});
