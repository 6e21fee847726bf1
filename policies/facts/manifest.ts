import { type Data, isData, jsonOf } from "./parts.ts";

/**
 * What a manifest says of its own package, by file: where its modules and commands lie, and what is printed about it. All else may say
 * what the project depends on, and how it is built or run.
 */
const OWN: Readonly<
  Record<string, { read: (text: string) => Data | Promise<Data>; own: readonly string[] }>
> = {
  "package.json": {
    read: jsonOf,
    own: [
      ...[
        "name",
        "version",
        "description",
        "keywords",
        "homepage",
        "bugs",
        "license",
        "author",
        "contributors",
      ],
      ...[
        "funding",
        "repository",
        "main",
        "module",
        "browser",
        "types",
        "typings",
        "typesVersions",
        "exports",
      ],
      ...["bin", "man", "files", "directories", "sideEffects", "private"],
    ],
  },
  "deno.json": { read: jsonOf, own: ["name", "version", "description", "license", "exports", "publish"] },
  "deno.jsonc": { read: jsonOf, own: ["name", "version", "description", "license", "exports", "publish"] },
  "pyproject.toml": {
    read: tomlOf,
    own: [
      ...["name", "version", "description", "readme", "license", "authors", "maintainers", "keywords"].map((
        key,
      ) => `project.${key}`),
      ...["project.classifiers", "project.urls", "project.scripts", "project.gui-scripts"],
      ...["tool.setuptools.packages", "tool.setuptools.package-dir", "tool.setuptools.py-modules"],
      ...["tool.poetry.packages", "tool.poetry.scripts", "tool.poetry.version"],
    ],
  },
  "cargo.toml": {
    read: tomlOf,
    own: [
      ...["version", "description", "readme", "license", "authors", "keywords", "categories", "repository"]
        .map((key) => `package.${key}`),
      ...["package.homepage", "package.documentation", "lib.path", "bin"],
    ],
  },
};

async function tomlOf(text: string): Promise<Data> {
  const { parse } = await import("smol-toml");
  return parse(text) as Data;
}

/** Whether a manifest differs only in what it says of its own package. Unknown kinds and unreadable sides do not. */
export async function onlyOwnFieldsChange(
  path: string,
  base: string | null,
  head: string | null,
): Promise<boolean> {
  const kind = OWN[path.slice(path.lastIndexOf("/") + 1).toLowerCase()];
  if (kind === undefined || base === null || head === null) return false;
  try {
    const [before, after] = [await kind.read(base), await kind.read(head)];
    return rest(before, kind.own) === rest(after, kind.own);
  } catch {
    // What our reader refuses, the tool may still read in a way of its own.
    return false;
  }
}

/** The manifest without its own fields, members in order of their names. */
function rest(data: Data, own: readonly string[], prefix = ""): string {
  const members = Object.keys(data).sort().filter((key) => !own.includes(prefix + key)).map((key) => {
    const value = data[key];
    const nested = isData(value) && own.some((path) => path.startsWith(`${prefix}${key}.`));
    return `${JSON.stringify(key)}:${nested ? rest(value, own, `${prefix}${key}.`) : plain(value)}`;
  });
  return `{${members.join(",")}}`;
}

function plain(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(plain).join(",")}]`;
  if (isData(value) && !(value instanceof Date)) return rest(value, []);
  return typeof value === "bigint" ? `${value}n` : JSON.stringify(value) ?? "undefined";
}
