import { parse as parseJsonc } from "jsonc-parser";
import { folderOf } from "../language.ts";
import type { Stage } from "../stage.ts";

/** What a bare specifier stands for by the repository's own configuration: import maps, `paths`, workspace packages. */
export interface ModuleMap {
  /** Absolute paths (from the tree's root) to try, best first; empty when no configuration says anything. */
  candidates(specifier: string, fromPath: string): string[];
  /**
   * The prefix alias (such as `@/`) that turns a tree path into a bare specifier for a file, when the specifier given
   * used one; null when it did not.
   */
  alias(specifier: string, fromPath: string): { key: string; folder: string } | null;
}

interface PathRule {
  /** Folder whose files the rule holds for; empty for all. */
  scope: string;
  key: string;
  /** Tree paths; with `*` or a trailing slash where the key has one. */
  targets: string[];
}

/** `a/b/../c` -> `a/c`; null when it leaves the root. */
export function normalizePath(path: string): string | null {
  const out: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "" || segment === ".") continue;
    if (segment === "..") {
      if (out.pop() === undefined) return null;
    } else out.push(segment);
  }
  return out.join("/");
}

function joined(folder: string, relative: string): string | null {
  const path = normalizePath(relative.startsWith("/") ? relative : `${folder}/${relative}`);
  if (path === null) return null;
  return relative.endsWith("/") && path !== "" ? `${path}/` : path;
}

type Dictionary = Record<string, unknown>;
function dictionary(value: unknown): Dictionary {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value as Dictionary : {};
}
function strings(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (Array.isArray(value)) return value.filter((it) => typeof it === "string");
  return [];
}

/** The files that an `exports` or `main` field names, whatever the conditions. */
export function exportTargets(value: unknown, depth = 0): { key: string; target: string }[] {
  if (typeof value === "string") return [{ key: ".", target: value }];
  if (depth > 5) return [];
  const found: { key: string; target: string }[] = [];
  for (const [key, inner] of Object.entries(dictionary(value))) {
    for (const it of exportTargets(inner, depth + 1)) {
      // A key that starts with a dot is a subpath, any other is a condition.
      found.push({ key: key.startsWith(".") ? key : it.key, target: it.target });
    }
  }
  return found;
}

/** Reads a JSON or JSONC file of the tree; an unreadable one counts as empty, for configuration only helps here. */
export async function readConfig(stage: Stage, path: string): Promise<Dictionary> {
  const file = await stage.searched(path);
  if (file === null) return {};
  return dictionary(parseJsonc(file.text, [], { allowTrailingComma: true }));
}

const CONFIG_NAMES = new Set([
  "deno.json",
  "deno.jsonc",
  "package.json",
  "tsconfig.json",
  "jsconfig.json",
  "import_map.json",
]);

export function isModuleConfig(path: string): boolean {
  return CONFIG_NAMES.has(path.slice(path.lastIndexOf("/") + 1));
}

/** Collects the rules of every configuration file in the tree. */
export async function readModuleMap(stage: Stage, paths: readonly string[]): Promise<ModuleMap> {
  const rules: PathRule[] = [];
  const add = (scope: string, base: string, key: string, values: string[]) => {
    const targets = values.filter((it) => /^(\.{0,2}\/|\.{1,2}$|[\w@*-])/.test(it) && !/^[a-z]+:/.test(it))
      .map((it) => joined(base, it)).filter((it) => it !== null);
    if (targets.length > 0) rules.push({ scope, key, targets });
  };
  for (const path of paths.filter(isModuleConfig)) {
    const config = await readConfig(stage, path);
    const folder = folderOf(path);
    const name = path.slice(path.lastIndexOf("/") + 1);
    if (name.startsWith("deno.json")) {
      let imports = dictionary(config.imports), base = folder;
      if (typeof config.importMap === "string") {
        const mapPath = joined(folder, config.importMap);
        if (mapPath !== null) {
          imports = { ...imports, ...dictionary((await readConfig(stage, mapPath)).imports) };
          base = folderOf(mapPath);
        }
      }
      for (const [key, value] of Object.entries(imports)) {
        if (typeof value === "string" && /^(\.{1,2})?\//.test(value)) add(folder, base, key, [value]);
      }
    }
    if (name === "deno.json" || name === "deno.jsonc" || name === "package.json") {
      if (typeof config.name === "string" && config.name !== "") {
        const own = config.name;
        const targets = exportTargets(config.exports ?? config.module ?? config.main ?? "index.js");
        for (const { key, target } of targets) {
          add("", folder, own + key.slice(1), [target, target.replace(/^(\.\/)?(dist|lib|build)\//, "src/")]);
        }
      }
    }
    if (name === "tsconfig.json" || name === "jsconfig.json") {
      const options = dictionary(config.compilerOptions);
      const base = typeof options.baseUrl === "string" ? joined(folder, options.baseUrl) ?? folder : folder;
      for (const [key, value] of Object.entries(dictionary(options.paths))) {
        add(folder, base.replace(/\/$/, ""), key, strings(value));
      }
      if (typeof options.baseUrl === "string") add(folder, base.replace(/\/$/, ""), "*", ["./*"]);
    }
  }
  // The nearest configuration wins, then the longest key.
  rules.sort((a, b) => b.scope.length - a.scope.length || b.key.length - a.key.length);

  const inScope = (rule: PathRule, fromPath: string) =>
    rule.scope === "" || fromPath.startsWith(`${rule.scope}/`);
  return {
    candidates(specifier, fromPath) {
      const found: string[] = [];
      for (const rule of rules) {
        if (!inScope(rule, fromPath)) continue;
        const star = rule.key.indexOf("*");
        if (star >= 0) {
          const head = rule.key.slice(0, star), tail = rule.key.slice(star + 1);
          if (
            specifier.length < head.length + tail.length || !specifier.startsWith(head) ||
            !specifier.endsWith(tail)
          ) continue;
          const middle = specifier.slice(head.length, specifier.length - tail.length);
          for (const target of rule.targets) found.push(`/${target.replace("*", () => middle)}`);
        } else if (rule.key === specifier) {
          for (const target of rule.targets) found.push(`/${target}`);
        } else if (rule.key.endsWith("/") && specifier.startsWith(rule.key)) {
          const rest = specifier.slice(rule.key.length);
          for (const target of rule.targets) {
            found.push(`/${target === "" || target.endsWith("/") ? target : `${target}/`}${rest}`);
          }
        }
      }
      return found;
    },
    alias(specifier, fromPath) {
      for (const rule of rules) {
        if (!inScope(rule, fromPath)) continue;
        const [target] = rule.targets;
        if (target === undefined) continue;
        if (rule.key.endsWith("/") && specifier.startsWith(rule.key)) {
          return { key: rule.key, folder: target === "" || target.endsWith("/") ? target : `${target}/` };
        }
        if (rule.key.length > 1 && rule.key.endsWith("*") && target.endsWith("*")) {
          const head = rule.key.slice(0, -1);
          if (specifier.startsWith(head)) return { key: head, folder: target.slice(0, -1) };
        }
      }
      return null;
    },
  };
}
