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
      const watched = language === "deno"
        ? 'Deno.mainModule.includes("test")'
        : "process.env.NODE_TEST_CONTEXT !== undefined";
      const imports = new Set([before, after].flatMap((code) => code.match(/^import .+$/gm) ?? []));
      const asFunction = (name: string, code: string): string =>
        `function ${name}() {\n${
          code.replace(/^import .+$/gm, "").replace(/^export /gm, "").trim()
        }\nreturn { ${
          names.filter((one) => new RegExp(`^export .*\\b${one}\\b`, "m").test(code)).join(", ")
        } };\n}\n`;
      draft.write(
        source,
        `${[...imports].join("\n")}\n\n${asFunction("checked", after)}\n${asFunction("plain", before)}\n` +
          `export const { ${names.join(", ")} }${
            language === "deno" ? ": ReturnType<typeof checked>" : ""
          } = ${watched} ? checked() : { ...checked(), ...plain() };\n`,
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
