import { type FileFacts, hiddenCharacters, type HiddenText } from "../../specs/mod.ts";
import type { Contents } from "./content.ts";

const MAX_FOUND = 200;

/**
 * Bidirectional and invisible characters in lines that the change adds (X3 of the gate catalogue): what a reviewer reads is then not
 * what runs. Control characters are not meant: they can be seen in a diff.
 */
export async function hiddenText(files: readonly FileFacts[], contents: Contents): Promise<HiddenText[]> {
  const found: HiddenText[] = [];
  for (const file of files) {
    if (file.binary || file.status === "D" || !file.newMode.startsWith("100")) continue;
    const after = await contents.head(file);
    if (after === null) continue;
    const before = new Set((await contents.base(file))?.split("\n") ?? []);
    for (const [at, line] of after.replace(/^\ufeff/, "").split("\n").entries()) {
      if (before.has(line) || (at === 0 && before.has(`\ufeff${line}`))) continue;
      const first = hiddenCharacters(line, 5).find(({ kind }) => kind !== "control" && kind !== "surrogate");
      if (first) found.push({ path: file.path, line: at + 1, character: first.name });
      if (found.length >= MAX_FOUND) return found;
    }
  }
  return found;
}
