/**
 * Which files the compiler begins with when an operation is about one name. What these import it finds by itself, so types are whole;
 * a file that does not have the name in it has no place to change.
 */

/** Makes names that are seen without being imported: in the whole program, or in another file's module. */
const REACHES_OUT = /\bdeclare\s+(global|module)\b|\bexport\s+as\s+namespace\b|^\s*\/\/\/\s*<reference/m;

/** Hands on names without saying them. */
const EXPORTS_ALL = /\bexport\s*(type\s*)?\*/;

/** What makes a file a module of its own; all others share one scope. */
const IS_MODULE = /^(import|export)\b/m;

/**
 * Whether a file is among those. `words` are the names that are looked for, also such as would be in the way; null stands for all
 * files.
 */
export function isRoot(path: string, text: string, words: readonly string[] | null): boolean {
  return words === null || words.some((word) => text.includes(word)) || path.endsWith(".d.ts") ||
    !IS_MODULE.test(withoutComments(text)) || REACHES_OUT.test(text) || EXPORTS_ALL.test(text);
}

/** An `import` at the beginning of a line of a comment makes no module. */
function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[^]*?\*\//g, "");
}
