import type { RepoIndex } from "./repo_index.ts";

export interface MapRequest {
  readonly index: RepoIndex;
  /** All paths of the tree. */
  readonly paths: readonly string[];
  /** What is wanted, in words: names of it raise files that hold them. */
  readonly words: string;
  /** What may be changed. */
  readonly inScope: (path: string) => boolean;
  readonly maxTokens: number;
}

export interface RepoMap {
  readonly text: string;
  /** Files whose declarations are shown, best first. */
  readonly shown: readonly string[];
}

/** Characters for a token of code, on the low side. */
const CHARS_PER_TOKEN = 3;
const MAX_ITEMS_PER_FILE = 40;

/** A map of the repository: files by rank with their declarations, then the rest by directory, in at most so many tokens. */
export function repoMap({ index, paths, words, inScope, maxTokens }: MapRequest): RepoMap {
  const budget = Math.max(200, maxTokens * CHARS_PER_TOKEN);
  const ranked = rank(index, words, inScope);
  const parts: string[] = [];
  const shown: string[] = [];
  const used = { chars: 0 };
  const add = (part: string, most: number): boolean => {
    if (used.chars + part.length + 1 > most) return false;
    parts.push(part);
    used.chars += part.length + 1;
    return true;
  };
  for (const { file } of ranked) {
    const items = file.outline.slice(0, MAX_ITEMS_PER_FILE).map((item) =>
      `${"  ".repeat(item.depth + 1)}${item.text}`
    );
    const head = `${file.path} (${file.lines} lines)`;
    const more = file.outline.length > MAX_ITEMS_PER_FILE
      ? [`  … ${file.outline.length - MAX_ITEMS_PER_FILE} more`]
      : [];
    // Four fifths for declarations; the rest tells what else there is.
    if (add([head, ...items, ...more].join("\n"), budget * 0.8) || add(head, budget * 0.8)) {
      shown.push(file.path);
    } else break;
  }
  const told = new Set(shown);
  const rest = paths.filter((path) => !told.has(path));
  const near = rest.filter(inScope);
  if (near.length > 0) {
    const listed: string[] = [];
    for (const path of near) {
      if (used.chars + listed.join("\n").length + path.length > budget * 0.9) break;
      listed.push(path);
    }
    add(
      [
        "Other files in scope:",
        ...listed.map((path) => `  ${path}`),
        ...(listed.length < near.length ? [`  … ${near.length - listed.length} more`] : []),
      ].join("\n"),
      budget,
    );
  }
  const directories = counted(rest.filter((path) => !inScope(path)));
  if (directories.length > 0) {
    const lines = ["Everything else, by directory:"];
    for (const [directory, count] of directories) {
      const line = `  ${directory === "" ? "." : directory}: ${count} files`;
      if (used.chars + lines.join("\n").length + line.length + 20 > budget) {
        lines.push("  …");
        break;
      }
      lines.push(line);
    }
    add(lines.join("\n"), budget);
  }
  return { text: parts.join("\n"), shown };
}

/** Files by what speaks for them: scope, words of the spec, and how much they are used by files that count themselves. */
function rank(
  index: RepoIndex,
  words: string,
  inScope: (path: string) => boolean,
): { file: RepoIndex["files"][number]; score: number }[] {
  const wanted = new Set(
    (words.match(/[A-Za-z_$][\w$]{2,}/g) ?? []).flatMap((word) => [word, ...parts(word)]).map((word) =>
      word.toLowerCase()
    ),
  );
  const own = index.files.map((file) => {
    let score = 0.1 + (inScope(file.path) ? 3 : 0);
    for (const part of new Set(file.path.split(/[/._-]/))) if (wanted.has(part.toLowerCase())) score += 1;
    let named = 0;
    for (const { name } of file.outline) {
      if (wanted.has(name.toLowerCase())) named += 2;
      else if (parts(name).some((part) => wanted.has(part))) named += 0.3;
    }
    return score + Math.min(6, named);
  });
  const out = index.files.map(() => 0);
  for (const [from, , count] of index.uses) out[from] = (out[from] ?? 0) + count;
  // A few rounds of giving a share of one's weight to what one uses: enough for what is two steps away.
  let weight = [...own];
  for (let round = 0; round < 3; round++) {
    const next = [...own];
    for (const [from, to, count] of index.uses) {
      next[to] = (next[to] ?? 0) + 0.5 * (weight[from] ?? 0) * count / Math.max(1, out[from] ?? 1);
    }
    weight = next;
  }
  return index.files.map((file, at) => ({ file, score: weight[at] ?? 0 }))
    .sort((a, z) => z.score - a.score || (a.file.path < z.file.path ? -1 : 1));
}

/** `parseMailAddress` and `parse_mail_address` are made of the same words. */
function parts(name: string): string[] {
  return name.split(/[_$]|(?<=[a-z0-9])(?=[A-Z])/).map((part) => part.toLowerCase()).filter((part) =>
    part.length > 2
  );
}

function counted(paths: readonly string[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const path of paths) {
    const directory = path.split("/").slice(0, -1).slice(0, 2).join("/");
    counts.set(directory, (counts.get(directory) ?? 0) + 1);
  }
  return [...counts].sort(([a, m], [z, n]) => n - m || (a < z ? -1 : 1));
}
