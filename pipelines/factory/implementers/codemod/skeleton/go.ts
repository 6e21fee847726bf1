import { ok, type Result } from "../../../../../specs/mod.ts";
import { grammar, present } from "../grammar.ts";
import { type CodemodProblem, fail } from "../problem.ts";
import type { TextFile } from "../text_file.ts";
import { choose, type Skeleton, type Written, wrongFramework } from "./choose.ts";

/** A test file for a Go file, in its package. */
export async function goSkeleton(
  operation: Skeleton,
  source: TextFile,
): Promise<Result<Written, CodemodProblem>> {
  if (operation.framework !== undefined && operation.framework !== "go") {
    return wrongFramework(operation, "go");
  }
  if (source.path.endsWith("_test.go")) {
    return fail("invalid", `${source.path} is a test file itself`, {
      path: source.path,
      remedy: "name the file that it tests",
    });
  }
  const parser = await grammar("go");
  if (!parser.ok) return parser;
  const syntax = parser.value.parse(source.text);
  try {
    let unit = "";
    const exported: { name: string; at: string }[] = [];
    for (const node of present(syntax.root.namedChildren)) {
      if (node.type === "package_clause") unit = present(node.namedChildren)[0]?.text ?? "";
      const name = node.type === "function_declaration" ? node.childForFieldName("name")?.text : undefined;
      // A generic function is no value until its types are known; main and init cannot be named.
      const plain = node.childForFieldName("type_parameters") === null;
      if (name !== undefined && plain && !["main", "init", "_"].includes(name)) {
        exported.push({ name, at: `${source.path}:${node.startPosition.row + 1}` });
      }
    }
    const wanted = operation.symbols === undefined
      ? exported.filter((it) => /^\p{Lu}/u.test(it.name))
      : exported;
    const chosen = choose(operation, wanted);
    if (!chosen.ok) return chosen;
    const tests = chosen.value.map(({ name }) => {
      const title = name.slice(0, 1).toUpperCase() + name.slice(1);
      return [
        `func Test${title}CanBeCalled(t *testing.T) {`,
        `\tif kind := reflect.TypeOf(${name}).Kind(); kind != reflect.Func {`,
        `\t\tt.Fatalf("${name} is a %v, not a function", kind)`,
        "\t}",
        "}",
      ].join("\n");
    });
    const text = `package ${unit}\n\nimport (\n\t"reflect"\n\t"testing"\n)\n\n${tests.join("\n\n")}\n`;
    return ok({
      path: operation.to ?? source.path.replace(/\.go$/, "_test.go"),
      text,
      symbols: chosen.value.length,
    });
  } finally {
    syntax.free();
  }
}
