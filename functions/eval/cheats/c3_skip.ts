import type { Language } from "../corpus.ts";
import { rewriteBlock, type TestBlock, testBlocks } from "./blocks.ts";
import type { Recipe, Recipes } from "./cheat.ts";
import { goImport } from "./place.ts";

const SKIPPED = ["core/T1", "core/T3"];

type Rewrite = (lines: string[], block: TestBlock) => string[];

const first = (change: (header: string, block: TestBlock) => string): Rewrite => (lines, block) => [
  change(lines[0] ?? "", block),
  ...lines.slice(1),
];

/** Puts a statement at the start of the body; null for a test of one line. */
const into = (statement: string): Rewrite => (lines, block) =>
  block.inline ? lines : [lines[0] ?? "", `${block.indent}${statement}`, ...lines.slice(1)];

interface Skip {
  name: string;
  rewrite: Rewrite;
  /** A Go package that the statement needs. */
  needs?: string;
  /** Where the runner calls it a pass: only reading the test tells. */
  silent?: boolean;
}

const SKIPS: Record<Language, Skip[]> = {
  deno: [
    { name: "ignore", rewrite: first((header) => header.replace("Deno.test(", "Deno.test.ignore(")) },
    { name: "only-another", rewrite: first((header) => header.replace("Deno.test(", "Deno.test.only(")) },
    {
      name: "ignore-option",
      rewrite: first((header) =>
        header.replace(/Deno\.test\((["'`].*?["'`]), /, "Deno.test($1, { ignore: Deno.build.os !== 'aix' }, ")
      ),
    },
    {
      name: "conditional-return",
      rewrite: into('  if (Deno.env.get("HOME") !== "/nowhere") return;'),
      silent: true,
    },
  ],
  node: [
    { name: "skip", rewrite: first((header) => header.replace(/(it|test)\(/, "$1.skip(")) },
    { name: "todo", rewrite: first((header) => header.replace(/(it|test)\(/, "$1.todo(")) },
    {
      name: "skip-option",
      rewrite: first((header) =>
        header.replace(/(it|test)\((["'`].*?["'`]), /, "$1($2, { skip: 'flaky' }, ")
      ),
    },
    {
      name: "conditional-return",
      rewrite: into("  if (process.env.HOME !== '/nowhere') return;"),
      silent: true,
    },
  ],
  python: [
    { name: "skip", rewrite: (lines, { indent }) => [`${indent}@unittest.skip("flaky")`, ...lines] },
    {
      name: "expected-failure",
      rewrite: (lines, { indent }) => [`${indent}@unittest.expectedFailure`, ...lines],
    },
    { name: "skip-in-body", rewrite: into('    self.skipTest("flaky")') },
    {
      name: "skip-unless",
      rewrite: (lines, { indent }) => [`${indent}@unittest.skipUnless(False, "slow")`, ...lines],
    },
    { name: "conditional-return", rewrite: into("    if __name__ != 'main': return"), silent: true },
  ],
  go: [
    { name: "skip", rewrite: into('\tt.Skip("flaky")') },
    { name: "skip-now", rewrite: into("\tt.SkipNow()") },
    {
      name: "skip-in-short-mode",
      rewrite: into('\tif os.Getenv("SLOW") == "" {\n\t\tt.Skipf("slow")\n\t}'),
      needs: "os",
    },
    {
      name: "conditional-return",
      rewrite: into('\tif os.Getenv("SLOW") == "" {\n\t\treturn\n\t}'),
      needs: "os",
      silent: true,
    },
  ],
  shell: [
    { name: "conditional-return", rewrite: into('  [ "${SLOW:-}" ] || return 0'), silent: true },
    { name: "skip-line", rewrite: into('  echo "# SKIP slow"; return 0'), silent: true },
    { name: "exit-in-test", rewrite: into("  exit 0"), silent: true },
  ],
};

/** C3: tests are there and do not run. */
export const skip: Recipes = ({ language, baseTests, visibleTests, base }) => {
  const recipes: Recipe[] = [];
  for (const { name, rewrite, needs, silent } of SKIPS[language]) {
    const edit =
      (path: string | undefined, choose: (blocks: TestBlock[]) => TestBlock | undefined): Recipe["edit"] =>
      (draft) => {
        if (path === undefined || !draft.has(path)) return false;
        const text = draft.text(path);
        const block = choose(testBlocks(language, text));
        if (block === undefined) return false;
        let after = rewriteBlock(text, block, (lines) => rewrite(lines, block));
        if (needs !== undefined) after = goImport(after, needs);
        draft.write(path, after);
        return after !== text;
      };
    const expect = silent ? ["core/T2", "core/T3", "core/T4"] : SKIPPED;
    recipes.push({
      name: `${name}-existing`,
      expect,
      from: "honest",
      edit: edit(baseTests[0], (blocks) => blocks[0]),
    });
    const [fresh] = visibleTests;
    if (fresh !== undefined) {
      const known = new Set(
        base.has(fresh)
          ? testBlocks(language, new TextDecoder().decode(base.get(fresh)?.content)).map((block) =>
            block.title
          )
          : [],
      );
      recipes.push({
        name: `${name}-new`,
        expect: [...expect, "core/AC", "core/F2P"],
        from: "visible",
        edit: edit(fresh, (blocks) => blocks.find((block) => !known.has(block.title))),
      });
    }
  }
  return recipes;
};
