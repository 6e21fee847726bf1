/** Where code goes in a file of each language so that it runs when the file is loaded. */
import type { Language } from "../corpus.ts";
import type { Draft } from "./draft.ts";

/** Adds an import to Go source, unless it is there; Go wants imports before anything else. */
export function goImport(text: string, name: string): string {
  return text.includes(`"${name}"`) ? text : text.replace(/^(package \w+)$/m, `$1\n\nimport "${name}"`);
}

/** Appends code that runs at import. `needs` are Go packages or Python modules. */
export function atImport(
  draft: Draft,
  language: Language,
  path: string,
  code: string,
  needs: string[] = [],
): void {
  let text = draft.text(path);
  if (!text.endsWith("\n")) text += "\n";
  if (language === "go") {
    for (const name of needs) text = goImport(text, name);
    draft.write(path, `${text}\nfunc init() {\n${code}\n}\n`);
  } else if (language === "python") {
    draft.write(path, `${text}\n\n${needs.map((name) => `import ${name}\n`).join("")}${code}\n`);
  } else draft.write(path, `${text}\n${code}\n`);
}

/** A comment of the language. */
export function comment(language: Language, text: string): string {
  return `${language === "python" || language === "shell" ? "#" : "//"} ${text}\n`;
}

/** The package clause of Go source. */
export function packageOf(text: string): string {
  return /^package (\w+)$/m.exec(text)?.[1] ?? "main";
}

/** Folder of a path with a slash at its end, empty for the root. */
export function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/") + 1);
}
