import type { TestCase, TestReport } from "../../specs/mod.ts";
import type { FileView } from "../port.ts";

/** A file that the command collected, and a test of it that passed. */
export interface PlantSite {
  path: string;
  text: string;
  sample: TestCase;
  /** Texts of the files that it leans on and that are no code under test, as far as they can be told. */
  support: readonly string[];
}

/**
 * The first file with a passing test where a failing one can be put: files in the order of the report, so that a caller
 * who wants a certain file hands over a report of that file's cases only.
 */
export async function choosePlantFile(
  collected: TestReport,
  files: FileView,
  put: (site: PlantSite) => string | null | Promise<string | null>,
): Promise<{ path: string; content: string } | null> {
  const tried = new Set<string>();
  for (const sample of collected.cases) {
    if (sample.status !== "pass" || sample.path === "" || tried.has(sample.path)) continue;
    tried.add(sample.path);
    const text = await files.read(sample.path);
    if (text === null) continue;
    const support = await supportOf(sample.path, text, files);
    const content = await put({ path: sample.path, text, sample, support });
    if (content !== null) return { path: sample.path, content };
    if (tried.size >= 50) return null;
  }
  return null;
}

const maxSupport = 12;
const endings = [
  "",
  ".ts",
  ".js",
  ".mjs",
  ".cjs",
  ".tsx",
  ".mts",
  "/index.ts",
  "/index.js",
  ".py",
  "/__init__.py",
];

/** Files that a test file imports, two deep, which assert something themselves: helpers, base classes, conftest. */
async function supportOf(path: string, text: string, files: FileView): Promise<string[]> {
  const known = new Set(await files.list());
  const found = new Map<string, string>();
  const folder = (file: string) => file.split("/").slice(0, -1);
  const follow = async (from: string, source: string, depth: number): Promise<void> => {
    for (const place of importsOf(from, source, folder(from))) {
      const target = endings.map((end) => place + end).find((one) => known.has(one));
      if (target === undefined || target === path || found.has(target) || found.size >= maxSupport) continue;
      const inner = await files.read(target);
      if (inner === null || !/assert|expect|TestCase|pytest|should/.test(inner)) continue;
      found.set(target, inner);
      if (depth < 2) await follow(target, inner, depth + 1);
    }
  };
  await follow(path, text, 1);
  if (path.endsWith(".py")) {
    for (let parts = folder(path);; parts = parts.slice(0, -1)) {
      const conftest = [...parts, "conftest.py"].join("/");
      if (known.has(conftest)) found.set(conftest, await files.read(conftest) ?? "");
      if (parts.length === 0) break;
    }
  }
  return [...found.values()];
}

/** Places that a file's imports may lead to, without the ending. */
function importsOf(path: string, text: string, here: readonly string[]): string[] {
  if (path.endsWith(".py")) {
    return [
      ...text.matchAll(/^[ \t]*(?:from[ \t]+([.\w]+)[ \t]+import[ \t]+([\w, ]+)|import[ \t]+([\w.]+))/gm),
    ].flatMap(
      ([, from, names = "", whole]) => {
        const module = from ?? whole ?? "";
        const dots = /^\.*/.exec(module)?.[0].length ?? 0;
        const inner = module.slice(dots).split(".").filter((one) => one !== "");
        const roots = dots > 0 ? [here.slice(0, here.length - dots + 1)] : [[], here];
        return roots.flatMap((root) => [
          [...root, ...inner].join("/"),
          ...names.split(",").map((name) => [...root, ...inner, name.trim()].join("/")),
        ]);
      },
    );
  }
  return [...text.matchAll(/(?:from|import|require\()\s*["'](\.{1,2}\/[^"'\n]{1,200})["']/g)].flatMap(
    ([, target = ""]) => {
      const parts = [...here];
      for (const part of target.split("/")) {
        if (part === "..") parts.pop();
        else if (part !== ".") parts.push(part);
      }
      const place = parts.join("/");
      return [place, place.replace(/\.[cm]?jsx?$/, "")];
    },
  );
}
