/** `deno install` and the lock file take along what imports say, and nothing that is only resolved by name. */
import assert from "node:assert/strict";

Deno.test("every package that a loader resolves by name is imported in writing too, so that an installed forge has it", async () => {
  const root = new URL("../../", import.meta.url);
  const map = JSON.parse(await Deno.readTextFile(new URL("import_map.json", root))) as {
    imports: Record<string, string>;
  };
  const grammars = Object.entries(map.imports).filter(([name]) => /(?:^|\/)tree-sitter-/.test(name));
  assert.ok(grammars.length >= 8);
  const { stdout, stderr, success } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", "--frozen=false", "functions/cli/main.ts"],
    cwd: root,
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  // The list of packages is the lock file's: only the modules say what is imported.
  const { modules } = JSON.parse(new TextDecoder().decode(stdout)) as {
    modules: { dependencies?: { specifier: string }[] }[];
  };
  const imported = new Set(
    modules.flatMap(({ dependencies }) => dependencies?.map(({ specifier }) => specifier) ?? []),
  );
  for (const [name] of grammars) assert.ok(imported.has(name), name);
});
