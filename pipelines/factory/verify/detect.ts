import { detectCommands, type FileView, type Tester } from "../../../connectors/mod.ts";

/** The commands by which a tree tests itself, as the repository or its user would write them. */
export async function detectTesters(
  testers: readonly Tester[],
  files: FileView,
): Promise<{ tester: string; argv: string[] }[]> {
  const commands = await detectCommands(files, testers);
  return commands.map((command) => ({ tester: command.tester, argv: command.line ?? command.argv }));
}
