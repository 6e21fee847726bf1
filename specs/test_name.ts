import { pathGlob } from "./path_glob.ts";
import type { TestCase } from "./report.ts";

/** What a name is compared with: the parts of a test case that a person can write down. */
export type NamedTest = Pick<TestCase, "name" | "title" | "suite" | "path">;

/**
 * Whether an entry of `removes` names this test: by its title, by `suite > title`, by `path::title` (with or without
 * suite), by its whole name, or by a path or glob that covers its file. `path::outer` covers the steps inside `outer`,
 * and the Go name `TestOuter` the subtests `TestOuter/inner`. A bare word never names a directory or a suite, because
 * the same list holds symbols.
 */
export function namesTest(entry: string, test: NamedTest): boolean {
  const wanted = entry.trim();
  if (wanted === "") return false;
  const inSuite = test.suite === "" ? test.title : `${test.suite} > ${test.title}`;
  if (wanted === test.title || wanted === inSuite || wanted === test.name) return true;

  const path = test.path.replace(/^\.\//, "");
  const bare = wanted.replace(/^\.\//, "");
  const split = bare.indexOf("::");
  if (split > 0) {
    const [where, what] = [bare.slice(0, split), bare.slice(split + 2)];
    const prefix = test.name.slice(0, Math.max(0, test.name.indexOf("::")));
    if (what !== "" && (where === path || where === prefix)) {
      if (what === test.title || what === inSuite) return true;
      if (inSuite.startsWith(`${what} > `) || inSuite.startsWith(`${what}/`)) return true;
    }
    return false;
  }
  if (/^(Test|Fuzz|Example|Benchmark)\w*$/.test(wanted) && test.title.startsWith(`${wanted}/`)) return true;
  if (path === "") return false;
  if (bare === path) return true;
  const directory = bare.endsWith("/") ? bare : `${bare}/`;
  if (bare.includes("/") && path.startsWith(directory)) return true;
  return /[*?[{]/.test(bare) && pathGlob(bare)(path);
}
