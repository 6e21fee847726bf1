/** A word of a shell script: as written, and as the shell would hand it on. */
export interface Word {
  raw: string;
  value: string;
  /** False when the shell expands it: a variable, a pattern, a brace list. */
  plain: boolean;
}

/** The last command of a script, and what runs before it. */
export interface Script {
  /** Shell text that ends in `&& ` or `; `, or nothing. */
  prefix: string;
  assigns: { name: string; word: Word }[];
  words: Word[];
}

const keywords = new Set([
  "if",
  "for",
  "while",
  "until",
  "case",
  "!",
  "{",
  "}",
  "function",
  "select",
  "time",
]);

/**
 * Reads a one-line script as package managers hold them: commands joined by `&&` or `;`, of which the last one counts.
 * Null for what would need a real shell to understand: pipes, `||`, redirections, substitutions, control flow.
 */
export function parseScript(text: string): Script | null {
  if (text.length > 10_000 || text.includes("`") || text.includes("$(") || text.includes("<<")) return null;
  let words: Word[] = [];
  let prefixEnd = 0;
  let redirected = false;
  let at = 0;
  while (at < text.length) {
    const letter = text.charAt(at);
    if (letter === " " || letter === "\t") {
      at++;
      continue;
    }
    if (letter === "#" || letter === "(" || letter === ")") return null;
    if (letter === ">" || letter === "<") {
      redirected = true;
      at++;
      continue;
    }
    if (text.startsWith("&&", at) || letter === ";" || letter === "\n") {
      if (words.length === 0) return null;
      if (keywords.has(words[0]?.value ?? "") || words.some((word) => word.value === "cd")) return null;
      at += letter === "&" ? 2 : 1;
      prefixEnd = at;
      words = [];
      redirected = false;
      continue;
    }
    if (letter === "&" || letter === "|") return null;
    const word = readWord(text, at);
    if (word === null) return null;
    words.push(word.word);
    at = word.end;
  }
  if (redirected || words.length === 0 || keywords.has(words[0]?.value ?? "")) return null;
  const assigns: Script["assigns"] = [];
  while (words.length > 0) {
    const match = /^([A-Za-z_][A-Za-z0-9_]*)=/.exec(words[0]?.raw ?? "");
    const word = words[0];
    if (match === null || word === undefined) break;
    const name = match[1] ?? "";
    assigns.push({ name, word: { ...word, value: word.value.slice(name.length + 1) } });
    words = words.slice(1);
  }
  return words.length === 0 ? null : { prefix: text.slice(0, prefixEnd), assigns, words };
}

function readWord(text: string, start: number): { word: Word; end: number } | null {
  let at = start;
  let value = "";
  let plain = true;
  while (at < text.length) {
    const letter = text.charAt(at);
    if (/[\s;&|<>()]/.test(letter)) break;
    if (letter === "'") {
      const end = text.indexOf("'", at + 1);
      if (end < 0) return null;
      value += text.slice(at + 1, end);
      at = end + 1;
    } else if (letter === '"') {
      const end = closingQuote(text, at + 1);
      if (end < 0) return null;
      const inner = text.slice(at + 1, end);
      if (inner.includes("$")) plain = false;
      value += inner.replace(/\\(["\\$])/g, "$1");
      at = end + 1;
    } else if (letter === "\\") {
      if (at + 1 >= text.length) return null;
      value += text.charAt(at + 1);
      at += 2;
    } else {
      if (/[$*?[\]{}~]/.test(letter)) plain = false;
      value += letter;
      at++;
    }
  }
  return { word: { raw: text.slice(start, at), value, plain }, end: at };
}

function closingQuote(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    if (text.charAt(at) === "\\") at++;
    else if (text.charAt(at) === '"') return at;
  }
  return -1;
}

/** Quotes a word for a POSIX shell. */
export function shellQuote(word: string): string {
  return /^[A-Za-z0-9_./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** The name of a program without its directory and without `.exe`. */
export function programName(word: string | undefined): string {
  return (word ?? "").replace(/^.*[\\/]/, "").replace(/\.exe$/i, "");
}

/**
 * Indexes of options to take out: `--name`, `--name=value`, and with `valued` also `--name value`.
 * Nothing after a bare `--` is an option.
 */
export function optionsAt(
  words: readonly string[],
  from: number,
  names: { plain?: readonly string[]; valued?: readonly string[] },
): number[] {
  const found: number[] = [];
  for (let at = from; at < words.length; at++) {
    const word = words[at] ?? "";
    if (word === "--") break;
    const name = word.split("=", 1)[0] ?? "";
    if (names.valued?.includes(name)) {
      found.push(at);
      if (!word.includes("=") && at + 1 < words.length) found.push(++at);
    } else if (names.plain?.includes(name)) found.push(at);
  }
  return found;
}

/** Whether one of these options stands among the words, before a bare `--`. */
export function hasOption(words: readonly string[], from: number, names: readonly string[]): boolean {
  return optionsAt(words, from, { plain: names }).length > 0;
}
