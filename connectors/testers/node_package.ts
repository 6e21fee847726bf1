import type { FileView, TestCommand } from "../port.ts";
import { objectAt, readJson } from "./adopt.ts";
import { programName } from "./command_line.ts";

/** How many words name the program: `jest`, or `node` with its options and the program's file; 0 when it is another. */
export function nodeProgram(words: readonly string[], name: string, file: RegExp): number {
  if (programName(words[0]) === name || file.test(words[0] ?? "")) return 1;
  if (programName(words[0]) !== "node") return 0;
  const at = words.findIndex((word, index) => index > 0 && !word.startsWith("-"));
  return at > 0 && file.test(words[at] ?? "") ? at + 1 : 0;
}

/** The package's test script when it is this runner's; without a script, the runner itself when the package depends on it. */
export async function detectPackage(
  files: FileView,
  name: string,
  argv: readonly string[],
  adopt: (argv: readonly string[], files: FileView) => Promise<TestCommand | null>,
): Promise<TestCommand[]> {
  const manifest = await readJson(files, "package.json");
  if (manifest === null) return [];
  const script = objectAt(manifest, "scripts")["test"];
  const scripted = typeof script === "string" && !/no test specified/.test(script);
  const depends = ["devDependencies", "dependencies"].some((key) =>
    objectAt(manifest, key)[name] !== undefined
  );
  if (!scripted && !depends) return [];
  const command = await adopt(scripted ? ["npm", "test"] : argv, files);
  return command === null ? [] : [command];
}
