import { ok, type Result } from "../../../../../specs/mod.ts";
import { baseName, folderOf } from "../language.ts";
import { type CodemodProblem, fail } from "../problem.ts";
import { readProgram } from "../syntax/program.ts";
import { absoluteName } from "../syntax/python_modules.ts";
import type { TextFile } from "../text_file.ts";
import type { Workbench } from "../workbench.ts";
import { choose, type Skeleton, type Written, wrongFramework } from "./choose.ts";

/** Whether the repository tests with pytest: its configuration or its requirements say so. */
async function usesPytest(bench: Workbench): Promise<boolean> {
  for (const path of await bench.stage.list()) {
    const name = baseName(path);
    if (name === "pytest.ini" || name === "conftest.py") return true;
    if (!/^(pyproject\.toml|setup\.cfg|tox\.ini|.*requirements.*\.(txt|in))$/.test(name)) continue;
    if (/\bpytest\b/.test((await bench.stage.searched(path))?.text ?? "")) return true;
  }
  return false;
}

/** A test file for a Python module. */
export async function pythonSkeleton(
  operation: Skeleton,
  source: TextFile,
  bench: Workbench,
): Promise<Result<Written, CodemodProblem>> {
  if (
    operation.framework !== undefined && operation.framework !== "pytest" &&
    operation.framework !== "unittest"
  ) {
    return wrongFramework(operation, "pytest or unittest");
  }
  const framework = operation.framework ?? (await usesPytest(bench) ? "pytest" : "unittest");
  const program = await readProgram("python", null, bench);
  if (!program.ok) return program;
  const file = program.value.byPath.get(source.path);
  const exported = (file?.names ?? [])
    .filter((it) => it.role === "declare" && it.scope === file?.file && !it.text.startsWith("_"))
    .filter((it) => it.kinds.includes("function") || it.kinds.includes("class"))
    .map((it) => ({ name: it.text, at: `${source.path}:${it.line}` }));
  const chosen = choose(operation, [...new Map(exported.map((it) => [it.name, it])).values()]);
  if (!chosen.ok) return chosen;
  const stem = baseName(source.path).replace(/\.pyi?$/, "");
  const paths = await bench.stage.list();
  const beside = paths.some((it) => it.startsWith("tests/")) ? "tests" : folderOf(source.path);
  const path = operation.to ??
    `${beside === "" ? "" : `${beside}/`}test_${
      stem === "__init__" ? baseName(folderOf(source.path)) : stem
    }.py`;
  const module = absoluteName(program.value, path, source.path);
  if (module === null) {
    return fail("unsupported", `${source.path} has no name as a module`, {
      path: source.path,
      remedy: "use create-file with a template",
    });
  }
  const names = chosen.value.map((it) => it.name);
  const head = `from ${module} import ${names.join(", ")}`;
  if (framework === "pytest") {
    const tests = names.map((name) =>
      `def test_${name.toLowerCase()}_can_be_called():\n    assert callable(${name})`
    );
    return ok({ path, text: `${head}\n\n\n${tests.join("\n\n\n")}\n`, symbols: names.length });
  }
  const title = stem.split(/[^A-Za-z0-9]+/).map((it) => it.slice(0, 1).toUpperCase() + it.slice(1)).join("");
  const tests = names.map((name) =>
    `    def test_${name.toLowerCase()}_can_be_called(self):\n        self.assertTrue(callable(${name}))`
  );
  const text = [
    `import unittest\n\n${head}\n\n`,
    `class Test${title}(unittest.TestCase):\n${tests.join("\n\n")}\n\n`,
    `if __name__ == "__main__":\n    unittest.main()\n`,
  ].join("\n");
  return ok({ path, text, symbols: names.length });
}
