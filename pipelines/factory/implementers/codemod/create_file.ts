import { ok, type Result } from "../../../../specs/mod.ts";
import { type CodemodProblem, enumerate, fail } from "./problem.ts";
import { lineAt } from "./text_file.ts";
import type { Runner } from "./workbench.ts";

/** Fills `{{name}}` from the values; `\{{` is a plain `{{`. What a value holds is never read as a template. */
export function fillTemplate(
  template: string,
  values: Readonly<Record<string, string | number | boolean>>,
): Result<string, CodemodProblem> {
  const used = new Set<string>();
  const missing: string[] = [];
  const text = template.replace(
    /\\\{\{|\{\{([^{}\n]*)\}\}/g,
    (whole, name: string | undefined, offset: number) => {
      if (name === undefined) return "{{";
      const key = name.trim();
      if (!Object.hasOwn(values, key)) {
        missing.push(`${key === "" ? "(empty)" : key} (line ${lineAt(template, offset)})`);
        return whole;
      }
      used.add(key);
      return String(values[key]);
    },
  );
  if (missing.length > 0) {
    return fail("invalid", `The template needs values that are not given: ${enumerate(missing)}`, {
      value: missing[0] ?? "",
      remedy: `add them to \`values\`, or write \\{{ for a plain {{`,
    });
  }
  const unused = Object.keys(values).filter((key) => !used.has(key));
  if (unused.length > 0) {
    return fail("invalid", `The template does not use the values ${enumerate(unused)}`, {
      value: unused[0] ?? "",
      remedy: `use {{${unused[0]}}} in the template, or take the value out`,
    });
  }
  return ok(text);
}

/** Writes a new file. */
export const createFile: Runner<"create-file"> = async (operation, bench) => {
  const { path } = operation;
  const filled = operation.template === undefined
    ? ok(operation.content ?? "")
    : fillTemplate(operation.template, operation.values);
  if (!filled.ok) return { ok: false, error: { ...filled.error, path } };
  if (!filled.value.isWellFormed()) {
    return fail("invalid", `The text for ${path} is not well-formed Unicode`, {
      path,
      remedy: "remove half surrogate pairs from the text",
    });
  }
  const paths = await bench.stage.list();
  // Git and some file systems cannot hold a file and a folder of one name.
  const clash = paths.find((it) => it.startsWith(`${path}/`) || path.startsWith(`${it}/`));
  if (clash !== undefined) {
    return fail("exists", `${path} cannot be made beside ${clash}: one of them would have to be a folder`, {
      path,
      value: clash,
      remedy: "choose another path",
    });
  }
  const bytes = new TextEncoder().encode(filled.value);
  if (bytes.length > bench.stage.limits.maxFileBytes) {
    return fail("too-large", `The text for ${path} has ${bytes.length} bytes`, {
      path,
      value: String(bytes.length),
      remedy: `keep it below ${bench.stage.limits.maxFileBytes} bytes`,
    });
  }
  const before = await bench.stage.bytes(path);
  if (before !== null && !operation.overwrite) {
    return fail("exists", `${path} exists already`, {
      path,
      remedy: "choose another path, or set `overwrite: true`",
    });
  }
  if (before !== null && before.length === bytes.length && before.every((byte, i) => byte === bytes[i])) {
    return fail("no-match", `${path} has this content already`, { path, remedy: "take the operation out" });
  }
  return ok({ writes: new Map([[path, bytes]]), matches: 1, renames: [], notes: [] });
};
