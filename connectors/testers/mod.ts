/** Testers: how repositories test themselves, and what really ran. */
import type { FileView, TestCommand, Tester } from "../port.ts";
import { inDirectories } from "./directory.ts";
import { objectAt, readJson } from "./adopt.ts";
import { deno } from "./deno.ts";
import { cargo } from "./cargo.ts";
import { go } from "./go.ts";
import { jest } from "./jest.ts";
import { junit } from "./maven.ts";
import { mocha } from "./mocha.ts";
import { node } from "./node.ts";
import { pytest } from "./pytest.ts";
import { tap } from "./tap.ts";
import { unittest } from "./unittest.ts";
import { vitest } from "./vitest.ts";

export { cachePlaceholder, reportPlaceholder, supportPlaceholder } from "./adopt.ts";
export { type Spoilt, spoilTests } from "./spoil.ts";
export { notTap } from "./tap.ts";

/** All testers, in the order in which a command is offered to them. TAP is last: it takes whatever nobody knows. */
export const testers: readonly Tester[] = [
  deno,
  jest,
  vitest,
  mocha,
  node,
  pytest,
  unittest,
  go,
  cargo,
  junit,
  tap,
].map(inDirectories);

/** Makes a user's command line report, by the first tester that knows it. */
export async function adoptCommand(
  argv: readonly string[],
  files: FileView,
  among: readonly Tester[] = testers,
): Promise<TestCommand> {
  for (const tester of among) {
    const command = await tester.adopt(argv, files);
    if (command !== null) return command;
  }
  return { tester: "", line: [...argv], argv: [...argv], env: {}, report: { from: "none" } };
}

/**
 * The commands by which this tree tests itself. When no runner is recognized, what the repository itself calls its test
 * command (`npm test`, `deno task test`, `make test`), which then counts by its exit code unless it prints TAP.
 */
export async function detectCommands(
  files: FileView,
  among: readonly Tester[] = testers,
): Promise<TestCommand[]> {
  const found: TestCommand[] = [];
  const seen = new Set<string>();
  for (const tester of among) {
    for (const command of await tester.detect(files)) {
      const key = JSON.stringify([command.argv, command.env]);
      if (!seen.has(key)) found.push(command);
      seen.add(key);
    }
  }
  if (found.length > 0) return found;
  const declared = await declaredCommand(files);
  return declared === null ? [] : [await adoptCommand(declared, files, among)];
}

async function declaredCommand(files: FileView): Promise<string[] | null> {
  for (const config of ["deno.json", "deno.jsonc"]) {
    if (objectAt(await readJson(files, config), "tasks")["test"] !== undefined) {
      return ["deno", "task", "test"];
    }
  }
  const script = objectAt(await readJson(files, "package.json"), "scripts")["test"];
  if (typeof script === "string" && !/no test specified/.test(script)) return ["npm", "test"];
  for (const makefile of ["Makefile", "makefile", "GNUmakefile"]) {
    if (/^test\s*:(?!=)/m.test(await files.read(makefile) ?? "")) return ["make", "test"];
  }
  return null;
}
