/** Text of strangers in Markdown that we write. */

/** Text from outside as one line of Markdown that cannot start a block, a link, a mention or HTML. */
export function plain(text: string): string {
  return text.replace(/\s+/g, " ").trim().replace(/[\\`*_{}\[\]()#+!|<>~@]/g, (char) => `\\${char}`);
}

/** Text from outside as inline code, whatever backticks it holds. */
export function code(text: string): string {
  const line = text.replace(/\s+/g, " ");
  const longest = Math.max(0, ...[...line.matchAll(/`+/g)].map((match) => match[0].length));
  const fence = "`".repeat(longest + 1);
  return longest > 0 ? `${fence} ${line} ${fence}` : `${fence}${line}${fence}`;
}
