import assert from "node:assert/strict";
import fc from "fast-check";
import { compileGlob } from "./glob.ts";
import { globBeyond, globsOverlap } from "./glob_relation.ts";

Deno.test("globs overlap when one path could fit both, whether it exists or not", () => {
  const cases: [string, string, boolean][] = [
    ["src/a.ts", "src/a.ts", true],
    ["src/a.ts", "src/b.ts", false],
    ["src/**", "src/a/b.ts", true],
    ["src/**", "docs/**", false],
    ["src/*.ts", "src/*_test.ts", true],
    ["src/*.ts", "src/a/b.ts", false],
    ["src/*.ts", "src/*.md", false],
    ["**/*.md", "src/**", true],
    ["src/{a,b}.ts", "src/{c,b}.ts", true],
    ["src/{a,b}.ts", "src/{c,d}.ts", false],
    ["src/[a-c].ts", "src/[c-f].ts", true],
    ["src/[a-c].ts", "src/[d-f].ts", false],
    ["src/[!a].ts", "src/a.ts", false],
    ["src/", "src/x/y", true],
    ["a?", "a/", false],
    ["**", "anything/at/all", true],
  ];
  for (const [one, other, overlap] of cases) {
    assert.equal(globsOverlap([one], [other]), overlap, `${one} ${other}`);
    assert.equal(globsOverlap([other], [one]), overlap, `${other} ${one}`);
  }
  assert.equal(globsOverlap([], ["a"]), false, "nothing claimed, nothing shared");
  assert.equal(globsOverlap(["+(a|b)"], ["c"]), true, "what is not understood may overlap");
});

Deno.test("a glob lies within others when no path of it is outside of all of them", () => {
  for (
    const [inner, outers] of [
      ["src/auth/*.ts", ["src/auth/**"]],
      ["src/auth/**/*.ts", ["src/**/*.ts"]],
      ["src/[ab].ts", ["src/a.ts", "src/b.ts"]],
      ["src/{a,b}/**", ["src/a/**", "src/b/"]],
      ["src/x", ["**"]],
    ] as const
  ) assert.equal(globBeyond(inner, outers), null, `${inner} in ${outers}`);
  for (
    const [inner, outers] of [
      ["src/**", ["src/auth/**"]],
      ["src/auth/**/*.ts", ["src/auth/*.ts"]],
      ["src/[a-c].ts", ["src/a.ts", "src/b.ts"]],
      ["**", ["src/**", "docs/**"]],
      ["a", []],
    ] as const
  ) {
    const beyond = globBeyond(inner, outers);
    assert.ok(beyond !== null, `${inner} in ${outers}`);
    const of = (glob: string) => {
      const compiled = compileGlob(glob);
      return compiled.ok && compiled.glob(beyond);
    };
    assert.ok(of(inner) && !outers.some(of), `${beyond} shows it`);
  }
  assert.equal(globBeyond("+(a|b)", ["**"]), "+(a|b)", "what is not understood is outside");
});

const piece = fc.constantFrom("a", "b", "*", "**", "?", "[ab]", "[!a]", "{a,b}", "a*", "*b", "*.a");
const glob = fc.array(piece, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/"));
const path = fc.array(fc.constantFrom("a", "b", "c", "ab", "x.a"), { minLength: 1, maxLength: 4 }).map((
  parts,
) => parts.join("/"));

Deno.test("property: a path that fits both shows that they overlap, and one outside that a glob is not within", () => {
  fc.assert(
    fc.property(glob, glob, path, (one, other, at) => {
      const fits = (text: string) => {
        const compiled = compileGlob(text);
        return compiled.ok && compiled.glob(at);
      };
      if (fits(one) && fits(other)) assert.ok(globsOverlap([one], [other]));
      if (fits(one) && !fits(other)) assert.notEqual(globBeyond(one, [other]), null);
    }),
    { numRuns: 300 },
  );
});
