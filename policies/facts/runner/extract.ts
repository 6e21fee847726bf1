import type { FileFacts, RunnerFacts, RunnerWeakening } from "../../../specs/mod.ts";
import type { Contents } from "../content.ts";
import { isTestPath } from "../file_kind.ts";
import { compileGlob } from "../glob.ts";
import { type Settings, settingsReader } from "./settings.ts";
import { type Hits, weakerSettings } from "./weaker.ts";

const MAX_TEXT = 256_000;
const MAX_FOUND = 100;
const MAX_PATTERN = 300;
/** Projects that tests only read, or that people copy. */
const DATA = /(?:^|\/)(?:testdata|test-data|fixtures?|__fixtures__|examples?|templates?)\//i;

/**
 * What changed files of settings let pass, or leave out, that they did not before. `isTest` tells the files that hold tests. A file
 * that is new at head is compared with nothing: a runner that had none used what it brings along.
 */
export async function runnerFacts(
  files: readonly FileFacts[],
  contents: Contents,
  base: readonly string[],
  isTest: (path: string) => boolean = isTestPath,
): Promise<RunnerFacts> {
  const weaker: RunnerWeakening[] = [];
  const unread: string[] = [];
  const tests = base.filter(isTest);
  const changed: { path: string; was: Settings; is: Settings }[] = [];
  for (const file of files) {
    const { path } = file;
    const reader = settingsReader(path) ?? settingsReader(file.from ?? path);
    if (reader === null || DATA.test(path)) continue;
    const [before, after] = [await contents.base(file), await contents.head(file)];
    if (before === after) continue;
    const read = async (text: string | null): Promise<Settings | null> => {
      if (text === null) return new Map();
      if (text.length > MAX_TEXT) return null;
      try {
        return await reader(text, path);
      } catch {
        return null;
      }
    };
    const [was, is] = [await read(before), await read(after)];
    // Of what cannot be read on one side nobody knows whether it is weaker.
    if (is === null || was === null || contents.tooLarge.has(path)) unread.push(path);
    else changed.push({ path, was, is });
  }
  for (const { path, was, is } of changed) {
    const hits = await hitsIn(tests, path.slice(0, path.lastIndexOf("/") + 1));
    const others = changed.filter((one) => one.path !== path).map((one) => one.is);
    weaker.push(...weakerSettings(was, is, hits, others).map((one) => ({ path, ...one })));
  }
  return { weaker: weaker.slice(0, MAX_FOUND), unread };
}

/** Keys whose patterns are regular expressions over whole paths. */
const EXPRESSIONS = /PathIgnorePatterns|testRegex/i;

/** Reads a pattern in the way of the setting that it stands in, relative to the folder of the settings. */
async function hitsIn(tests: readonly string[], folder: string): Promise<Hits> {
  const { RE2JS } = await import("re2js");
  return (pattern, key) => {
    const own = tests.filter((path) => path.startsWith(folder)).map((path) => path.slice(folder.length));
    const found = (paths: readonly string[]) => paths.map((path) => folder + path);
    if (pattern.length > MAX_PATTERN) return null;
    const bare = pattern.replace(/^<rootDir>\/?/, "").replace(/^\.\//, "").replace(/^!/, "");
    if (pattern.startsWith("!")) return [];
    if (EXPRESSIONS.test(key) || /^\/.*\/[a-z]*$/.test(bare)) {
      try {
        const text = /^\/(.*)\/[a-z]*$/.exec(bare)?.[1] ?? bare;
        const regex = RE2JS.compile(EXPRESSIONS.test(key) ? bare : text);
        return regex.programSize() > 5000
          ? null
          : found(own.filter((path) => regex.test(`/${path}`) || regex.test(path)));
      } catch {
        return null;
      }
    }
    if (bare === "" || bare === ".") return found(own);
    const globs = [
      bare,
      bare.replace(/\/$/, "") + "/**",
      ...(bare.includes("/") ? [] : [`**/${bare}`, `**/${bare}/**`]),
    ]
      .map(compileGlob);
    const usable = globs.flatMap((one) => one.ok ? [one.glob] : []);
    return usable.length === 0 ? null : found(own.filter((path) => usable.some((glob) => glob(path))));
  };
}
