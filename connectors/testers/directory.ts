import type { TestCase } from "../../specs/mod.ts";
import type { Tester } from "../port.ts";

/**
 * A tester that also knows commands which change their directory first: paths that its runner tells are relative to that, and
 * become relative to the root of the repository, where everybody else reads them.
 */
export function inDirectories(tester: Tester): Tester {
  return {
    ...tester,
    async locate(report, command, files) {
      const { dir } = command;
      const located = tester.locate === undefined ? report : await tester.locate(report, command, files);
      if (dir === undefined) return located;
      const known = new Set(await files.list());
      return {
        ...located,
        cases: located.cases.map((one): TestCase => {
          const path = `${dir}/${one.path}`;
          if (one.path === "" || one.path.startsWith(`${dir}/`) || !known.has(path)) return one;
          const rest = one.name.startsWith(`${one.path}::`) ? one.name.slice(one.path.length) : null;
          return { ...one, path, name: rest === null ? one.name : path + rest };
        }),
      };
    },
  };
}
