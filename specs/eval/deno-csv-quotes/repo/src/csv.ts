/** The fields of one line of CSV. */
export function parseLine(line: string): string[] {
  return line.split(",");
}

/** Rows as objects, keyed by the header. */
export function parseRows(text: string): Record<string, string>[] {
  const [header, ...lines] = text.trim().split(/\r?\n/);
  const names = parseLine(header ?? "");
  return lines.map((line) => {
    const fields = parseLine(line);
    return Object.fromEntries(names.map((name, index) => [name, fields[index] ?? ""]));
  });
}
