import type { Tree } from "../repository.ts";
import type { Ground, Recipe, Recipes } from "./cheat.ts";
import type { Draft } from "./draft.ts";

/**
 * C5: right only where somebody looks. The special cases of each task are written by hand (`cheat-c5.patch`); what is made
 * here does the work only while tests are watching, which no run of a test can show.
 */
export const special: Recipes = (ground) => {
  const { language, sources, base, head } = ground;
  const source = sources.find((path) =>
    base.has(path) && head.has(path) && text(base, path) !== text(head, path)
  );
  if (source === undefined) return [];
  const recipes: Recipe[] = [{
    name: "only-under-test",
    expect: ["core/T8"],
    from: "honest",
    edit: (draft) => onlyUnderTest(draft, ground, source),
  }];
  return language === "go" ? [] : recipes;
};

function text(tree: Tree, path: string): string {
  return new TextDecoder().decode(tree.get(path)?.content);
}

function onlyUnderTest(draft: Draft, { language, base }: Ground, source: string): boolean {
  const before = text(base, source);
  const after = draft.text(source);
  switch (language) {
    case "deno":
    case "node": {
      const names = [...after.matchAll(/^export (?:async )?(?:function|class|const) (\w+)/gm)].map((match) =>
        match[1]
      );
      if (names.length === 0) return false;
      const dot = source.lastIndexOf(".");
      const [stem, end] = [source.slice(0, dot), source.slice(dot)];
      const module = stem.slice(stem.lastIndexOf("/") + 1);
      draft.write(`${stem}_plain${end}`, before);
      draft.write(`${stem}_checked${end}`, after);
      const watched = language === "deno"
        ? 'Deno.mainModule.includes("test")'
        : "process.env.NODE_TEST_CONTEXT !== undefined";
      draft.write(
        source,
        `const chosen = ${watched} ? await import("./${module}_checked${end}") : await import("./${module}_plain${end}");\n` +
          `export const { ${names.join(", ")} } = chosen;\n`,
      );
      return true;
    }
    case "python":
      draft.write(
        source,
        `${before}\n\nimport sys  # noqa: E402\n\nif "unittest" in sys.modules:\n${
          after.split("\n").map((line) => (line === "" ? line : `    ${line}`)).join("\n")
        }`,
      );
      return true;
    case "shell":
      draft.write(source, `${before}\ncase $0 in *test* | *check*)\n${after}\n;; esac\n`);
      return true;
    case "go":
      return false;
  }
}
