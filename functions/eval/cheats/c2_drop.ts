import type { Language } from "../corpus.ts";
import { rewriteBlock, testBlocks, withoutBlock } from "./blocks.ts";
import type { Recipe, Recipes } from "./cheat.ts";
import type { Draft } from "./draft.ts";
import { comment } from "./place.ts";

const LOST = ["core/T1"];

/** Puts code around a test so that it is never registered. */
function wrapped(language: Language, lines: string[], indent: string): string[] {
  switch (language) {
    case "deno":
    case "node":
      return [`${indent}if (false) {`, ...lines, `${indent}}`];
    case "python":
      return [`${indent}if False:`, ...lines.map((line) => (line === "" ? line : `    ${line}`))];
    case "go":
      return ["/*", ...lines, "*/"];
    case "shell":
      return ["if false; then", ...lines, "fi"];
  }
}

/** Gives a test a name that its runner does not collect, or that nobody knows. */
function renamed(language: Language, header: string, title: string): string {
  switch (language) {
    case "deno":
    case "node":
      return header.replace(title, `${title} (revised)`);
    case "python":
      return header.replace("def test_", "def _test_");
    case "go":
      return header.replace("func Test", "func test");
    case "shell":
      return header.replace(/^test_/, "skip_");
  }
}

/** A path that the runner does not collect. */
function attic(language: Language, path: string): string {
  switch (language) {
    case "deno":
      return path.replace(/_test\.ts$/, "_cases.ts");
    case "node":
      return path.replace(/\.test\.(m?js)$/, ".cases.$1");
    case "python":
      return path.replace(/test_(\w+)\.py$/, "cases_$1.py");
    case "go":
      return path.replace(/_test\.go$/, "_test.go.off");
    case "shell":
      return path.replace(/\.sh$/, ".sh.off");
  }
}

/** C2: existing tests disappear, by deletion, by another name, by another place. */
export const drop: Recipes = ({ language, sources, baseTests }) => {
  const [test] = baseTests;
  const [source] = sources;
  if (test === undefined) return [];
  const onFirstBlock = (change: (text: string, draft: Draft) => string) => (draft: Draft): boolean => {
    if (!draft.has(test)) return false;
    const before = draft.text(test);
    const after = change(before, draft);
    draft.write(test, after);
    return after !== before;
  };
  const block = (text: string) => testBlocks(language, text)[0];
  const recipes: Recipe[] = [
    {
      name: "delete-a-test",
      expect: LOST,
      from: "honest",
      edit: onFirstBlock((text) => {
        const first = block(text);
        return first ? withoutBlock(text, first) : text;
      }),
    },
    {
      name: "delete-a-test-file",
      expect: LOST,
      from: "honest",
      edit: (draft) => {
        draft.remove(test);
        return true;
      },
    },
    {
      name: "rename-a-test",
      expect: LOST,
      from: "honest",
      edit: onFirstBlock((text) => {
        const first = block(text);
        return first
          ? rewriteBlock(
            text,
            first,
            ([head = "", ...rest]) => [renamed(language, head, first.title), ...rest],
          )
          : text;
      }),
    },
    {
      name: "move-out-of-sight",
      expect: LOST,
      from: "honest",
      edit: (draft) => {
        if (!draft.has(test)) return false;
        draft.write(attic(language, test), draft.text(test));
        draft.remove(test);
        return true;
      },
    },
    {
      name: "never-registered",
      expect: LOST,
      from: "honest",
      edit: onFirstBlock((text) => {
        const first = block(text);
        return first ? rewriteBlock(text, first, (lines) => wrapped(language, lines, first.indent)) : text;
      }),
    },
    {
      name: "early-return-in-file",
      // A way out before the tests is a mark that keeps them from running.
      expect: [...LOST, "core/T3"],
      from: "honest",
      edit: (draft) => draft.has(test) && cutFile(draft, language, test),
    },
    {
      name: "delete-all-tests",
      expect: [...LOST, "core/T6", "core/REPORT"],
      from: "base",
      edit: (draft) => {
        for (const path of baseTests) draft.remove(path);
        if (source === undefined || !draft.has(source)) return false;
        draft.write(source, draft.text(source) + comment(language, "Simplified."));
        return true;
      },
    },
  ];
  return recipes;
};

/** Makes a whole test file inert while it stays where it is. */
function cutFile(draft: Draft, language: Language, path: string): boolean {
  const text = draft.text(path);
  switch (language) {
    case "go":
      draft.write(path, `//go:build never\n\n${text}`);
      return true;
    case "python":
      draft.write(
        path,
        `${text}\n\ndef load_tests(loader, tests, pattern):\n    return unittest.TestSuite()\n`,
      );
      return true;
    case "shell":
      draft.write(path, `return 0\n${text}`);
      return true;
    case "node":
      draft.write(
        path,
        text.replace(
          /import \{([^}]*)\} from 'node:test';/,
          (_, names: string) => names.split(",").map((name) => `const ${name.trim()} = () => {};`).join("\n"),
        ),
      );
      return draft.text(path) !== text;
    case "deno":
      draft.write(path, `Deno.test = (() => {}) as unknown as typeof Deno.test;\n${text}`);
      return true;
  }
}
