import type { FileView } from "../../../connectors/mod.ts";

/**
 * A test file of base as it can be loaded on head: names that it imports and that head no longer has are taken out of the imports,
 * so that a test which needs one fails alone. Without this, one removed function would hide every other test of its file, and with
 * some runners of the whole repository.
 */
export async function withoutMissingNames(
  path: string,
  text: string,
  views: { base: FileView; head: FileView },
): Promise<string> {
  if (/\.[cm]?[jt]sx?$/.test(path)) return await inScript(path, text, views.head);
  if (path.endsWith(".py")) return await inPython(path, text, views);
  if (path.endsWith("_test.go")) return await inGo(path, text, views);
  return text;
}

const importStatement = /^import\s+(?!type\b)([^"';]+?)\s*from\s*(["'])(\.{1,2}\/[^"']+)\2[ \t]*;?/gm;

async function inScript(path: string, text: string, head: FileView): Promise<string> {
  const stubs: string[] = [];
  let out = "";
  let end = 0;
  for (const match of text.matchAll(importStatement)) {
    const [whole, clause = "", quote = '"', target = ""] = match;
    const file = await resolveScript(path, target, head);
    const kept: ClausePart[] = [];
    const gone: string[] = [];
    for (const part of clauseParts(clause)) {
      const here = part.imported === "*"
        ? file !== null
        : file !== null && await exportsName(file, part.imported, head, new Set());
      if (here || part.typeOnly) kept.push(part);
      else gone.push(part.local);
    }
    if (gone.length === 0) continue;
    stubs.push(...gone);
    const statement = kept.length === 0 ? "" : `import ${joinClause(kept)} from ${quote}${target}${quote};`;
    out += text.slice(end, match.index) + statement;
    end = match.index + whole.length;
  }
  if (stubs.length === 0) return text;
  const typed = /\.[cm]?tsx?$/.test(path) ? ": any" : "";
  return `${out}${text.slice(end)}\n${stubs.map((name) => `var ${name}${typed};`).join("\n")}\n`;
}

interface ClausePart {
  text: string;
  imported: string;
  local: string;
  typeOnly: boolean;
  braced: boolean;
}

/** The names of an import clause: a default, a namespace, and what stands in braces. */
function clauseParts(clause: string): ClausePart[] {
  const parts: ClausePart[] = [];
  const braces = /\{([^}]*)\}/.exec(clause);
  for (const one of clause.replace(/\{[^}]*\}/, "").split(",").map((part) => part.trim())) {
    if (one === "") continue;
    const namespace = /^\*\s+as\s+([\w$]+)$/.exec(one);
    parts.push({
      text: one,
      imported: namespace === null ? "default" : "*",
      local: namespace?.[1] ?? one,
      typeOnly: false,
      braced: false,
    });
  }
  for (const one of (braces?.[1] ?? "").split(",").map((part) => part.trim())) {
    const found = /^(type\s+)?([\w$]+)(?:\s+as\s+([\w$]+))?$/.exec(one);
    if (found === null) continue;
    const imported = found[2] ?? "";
    parts.push({
      text: one,
      imported,
      local: found[3] ?? imported,
      typeOnly: found[1] !== undefined,
      braced: true,
    });
  }
  return parts;
}

function joinClause(parts: readonly ClausePart[]): string {
  const braced = parts.filter((part) => part.braced).map((part) => part.text);
  return [
    ...parts.filter((part) => !part.braced).map((part) => part.text),
    ...(braced.length === 0 ? [] : [`{ ${braced.join(", ")} }`]),
  ].join(", ");
}

const scriptEndings = [".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs"];

/** The file that a relative import means, with or without its ending, or null. */
async function resolveScript(from: string, target: string, files: FileView): Promise<string | null> {
  const paths = new Set(await files.list());
  const place = joinPath(from, target);
  if (place === null) return null;
  const bare = place.replace(/\.[cm]?[jt]sx?$/, "");
  const candidates = [
    place,
    ...scriptEndings.flatMap((
      ending,
    ) => [`${place}${ending}`, `${bare}${ending}`, `${place}/index${ending}`]),
  ];
  return candidates.find((candidate) => paths.has(candidate)) ?? null;
}

function joinPath(from: string, target: string): string | null {
  const parts = from.split("/").slice(0, -1);
  for (const part of target.split("/")) {
    if (part === "..") {
      if (parts.pop() === undefined) return null;
    } else if (part !== ".") parts.push(part);
  }
  return parts.join("/");
}

/** Whether a module may export a name: it says the word, or it passes on another module that does. */
async function exportsName(file: string, name: string, files: FileView, seen: Set<string>): Promise<boolean> {
  if (seen.has(file) || seen.size > 50) return false;
  seen.add(file);
  const text = await files.read(file);
  // JSON, WebAssembly, what is no text: not ours to say.
  if (text === null || !/\.[cm]?[jt]sx?$/.test(file)) return true;
  if (new RegExp(`(?<![\\w$])${name.replaceAll("$", "\\$")}(?![\\w$])`).test(text)) return true;
  if (name === "default" && /\bmodule\.exports\b/.test(text)) return true;
  for (const [, target = ""] of text.matchAll(/export\s*\*\s*from\s*["']([^"']+)["']/g)) {
    if (!target.startsWith(".")) return true;
    const next = await resolveScript(file, target, files);
    if (next !== null && await exportsName(next, name, files, seen)) return true;
  }
  return false;
}

async function inPython(
  path: string,
  text: string,
  views: { base: FileView; head: FileView },
): Promise<string> {
  const statement = /^([ \t]*)from[ \t]+([.\w]+)[ \t]+import[ \t]+(\([^)]*\)|[^\n#(]+)/gm;
  let out = "";
  let end = 0;
  for (const match of text.matchAll(statement)) {
    const [whole, indent = "", module = "", list = ""] = match;
    if (await resolvePython(path, module, views.base) === null) continue; // a package from elsewhere
    const file = await resolvePython(path, module, views.head);
    const names = list.replace(/^\(|\)$/g, "").replace(/#[^\n]*/g, "").split(",").map((one) => one.trim())
      .filter((one) => one !== "");
    const kept: string[] = [];
    for (const name of names) {
      if (
        name === "*" || file !== null && await definesPython(file, name.split(/\s+/, 1)[0] ?? "", views.head)
      ) {
        kept.push(name);
      }
    }
    if (kept.length === names.length && file !== null) continue;
    const line = kept.length === 0 || file === null
      ? `${indent}pass`
      : `${indent}from ${module} import ${kept.join(", ")}`;
    out += text.slice(end, match.index) + line;
    end = match.index + whole.length;
  }
  return end === 0 ? text : out + text.slice(end);
}

async function resolvePython(from: string, module: string, files: FileView): Promise<string | null> {
  const paths = new Set(await files.list());
  const dots = /^\.*/.exec(module)?.[0].length ?? 0;
  const inner = module.slice(dots).replaceAll(".", "/");
  const here = from.split("/").slice(0, -1);
  const roots = dots > 0
    ? [here.slice(0, here.length - dots + 1).join("/")]
    : ["", "src", "lib", here.join("/")];
  for (const root of roots) {
    const place = [root, inner].filter((part) => part !== "").join("/");
    for (const file of [`${place}.py`, `${place}/__init__.py`]) if (paths.has(file)) return file;
  }
  return null;
}

async function definesPython(file: string, name: string, files: FileView): Promise<boolean> {
  const text = await files.read(file) ?? "";
  if (new RegExp(`\\b${name}\\b`).test(text) || /\bimport\s+\*|\b__getattr__\b/.test(text)) return true;
  if (!file.endsWith("__init__.py")) return false;
  const place = file.slice(0, -"__init__.py".length) + name;
  return (await files.list()).some((path) => path === `${place}.py` || path === `${place}/__init__.py`);
}

/** A Go test that names what its package lost would keep the whole package from compiling: it goes, others stay. */
async function inGo(path: string, text: string, views: { base: FileView; head: FileView }): Promise<string> {
  const dir = path.slice(0, path.lastIndexOf("/") + 1);
  const [before, after] = await Promise.all([declaredGo(dir, views.base), declaredGo(dir, views.head)]);
  const lost = [...before].filter((name) => !after.has(name));
  if (lost.length === 0) return text;
  const names = new RegExp(`\\b(${lost.join("|")})\\b`);
  let cut = text.replace(
    /^func (?:Test|Fuzz|Example|Benchmark)\w*\([^\n]*\{(?:\}|\n[\s\S]*?^\})\n?/gm,
    (whole) => names.test(whole.slice(whole.indexOf("{"))) ? "" : whole,
  );
  if (cut === text) return text;
  // An import that nothing uses any more is an error in Go.
  cut = cut.replace(/^(?:import[ \t]+|\t)(?:([\w.]+)[ \t]+)?"([^"\n]+)"[^\n]*\n/gm, (line, alias, target) => {
    const name = alias ??
      String(target).replace(/\/v\d+$/, "").split("/").pop()?.replace(/^go-|\.v\d+$/g, "") ?? "";
    return name === "_" || name === "." || new RegExp(`\\b${name}\\.`).test(cut) ? line : "";
  });
  return cut;
}

/** What the files of a Go package that are no tests declare at their top. */
async function declaredGo(dir: string, files: FileView): Promise<Set<string>> {
  const names = new Set<string>();
  for (const path of await files.list()) {
    if (!path.startsWith(dir) || path.slice(dir.length).includes("/")) continue;
    if (!path.endsWith(".go") || path.endsWith("_test.go")) continue;
    const text = await files.read(path) ?? "";
    for (const match of text.matchAll(/^(?:func (?:\([^)]*\) )?|type |var |const |\t)([A-Za-z_]\w*)/gm)) {
      names.add(match[1] ?? "");
    }
  }
  return names;
}
