/** Lines that one side has and the other has not, as often as it has them; how they are indented does not count. */
export function changedLines(
  base: string | null,
  head: string | null,
): { added: string[]; removed: string[] } {
  const left = new Map<string, number>();
  for (const line of base?.split("\n") ?? []) {
    const text = line.trim();
    if (text !== "") left.set(text, (left.get(text) ?? 0) + 1);
  }
  const added: string[] = [];
  for (const line of head?.split("\n") ?? []) {
    const text = line.trim();
    if (text === "") continue;
    const count = left.get(text) ?? 0;
    if (count > 0) left.set(text, count - 1);
    else added.push(text);
  }
  return { added, removed: [...left].filter(([, count]) => count > 0).map(([text]) => text) };
}
