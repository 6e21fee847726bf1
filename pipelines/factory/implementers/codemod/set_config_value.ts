import { ok } from "../../../../specs/mod.ts";
import { readJson, setJson } from "./config/json.ts";
import { readToml, setToml } from "./config/toml.ts";
import { keyCandidates, locate, sameValue, segmentsOf } from "./config/value.ts";
import { readYaml, setYaml } from "./config/yaml.ts";
import { baseName, extensionOf } from "./language.ts";
import { fail } from "./problem.ts";
import { encodeText } from "./text_file.ts";
import type { Runner } from "./workbench.ts";

const FORMATS: Record<string, "json" | "yaml" | "toml"> = {
  json: "json",
  jsonc: "json",
  webmanifest: "json",
  yaml: "yaml",
  yml: "yaml",
  toml: "toml",
};
const FORMATS_BY_NAME: Record<string, "json" | "yaml" | "toml"> = {
  "deno.lock": "json",
  "Cargo.lock": "toml",
};

/** The configuration format of a file, by its name. */
export function configFormat(path: string): "json" | "yaml" | "toml" | null {
  return FORMATS_BY_NAME[baseName(path)] ?? FORMATS[extensionOf(path)] ?? null;
}

/** Sets one value in a JSON, YAML or TOML file. */
export const setConfigValue: Runner<"set-config-value"> = async (operation, bench) => {
  const path = operation.file;
  const format = configFormat(path);
  if (format === null) {
    return fail("unsupported-language", `${path} is not a JSON, JSONC, YAML or TOML file by its name`, {
      path,
      remedy: "name a .json, .jsonc, .yaml, .yml or .toml file, or edit it by a patch",
    });
  }
  const file = await bench.stage.text(path);
  if (!file.ok) return file;
  const segments = segmentsOf(operation.path);
  if (!segments.ok) return segments;
  if (operation.document !== undefined && format !== "yaml") {
    return fail("invalid", `${path} is ${format}: only YAML files have several documents`, {
      path,
      value: String(operation.document),
      remedy: "leave `document` out",
    });
  }
  const set = format === "json"
    ? setJson(file.value, segments.value, operation.value)
    : format === "toml"
    ? setToml(file.value, segments.value, operation.value)
    : setYaml(file.value, segments.value, operation.value, operation.document);
  if (!set.ok) return set;
  if (set.value === file.value.text) {
    return fail("no-match", `${path} has this value at ${segments.value.join(".")} already`, {
      path,
      value: JSON.stringify(operation.value).slice(0, 200),
      remedy: "take the operation out, or give another value",
    });
  }
  const before = format === "json"
    ? readJson(file.value)
    : format === "toml"
    ? readToml(file.value)
    : readYaml(file.value);
  const notes: string[] = [];
  if (before.ok && operation.document === undefined) {
    const root = format === "json" ? (before.value as { value: unknown }).value : before.value;
    const located = locate(root ?? {}, segments.value, path);
    if (located.ok && sameValue(located.value.current, operation.value) && located.value.missing === 0) {
      return fail("no-match", `${path} has this value at ${segments.value.join(".")} already`, {
        path,
        remedy: "take the operation out, or give another value",
      });
    }
    if (located.ok && located.value.missing > 0) {
      notes.push(
        `${segments.value.join(".")} is new in ${path}; ${keyCandidates(root, segments.value, path)}`,
      );
    }
  }
  return ok({
    writes: new Map([[path, encodeText({ ...file.value, text: set.value })]]),
    matches: 1,
    renames: [],
    notes,
  });
};
