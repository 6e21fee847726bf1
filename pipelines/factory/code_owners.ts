import { pathGlob } from "../../specs/mod.ts";

/** Where each forge looks for it; the first that is there counts. */
export const OWNERS_FILES = {
  github: [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"],
  gitlab: ["CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS"],
} as const;
const MOST_LINES = 5000;

/**
 * Who owns these paths by a CODEOWNERS file: in each section the last line that matches counts. Accounts (`ann`) and teams
 * (`acme/core`) without the `@`; addresses are left out, as nobody can be asked for a review by one.
 */
export function codeOwners(text: string, paths: readonly string[]): string[] {
  const sections: { matches: (path: string) => boolean; owners: readonly string[] }[][] = [[]];
  let inherited: readonly string[] = [];
  for (const line of text.split(/\r?\n/).slice(0, MOST_LINES)) {
    const words = line.replace(/(^|[^\\])#.*$/, "$1").match(/(?:\\.|\S)+/g) ?? [];
    const heading = /^\^?\[[^\]]+\](?:\[\d+\])?/.exec(line.trim());
    if (heading !== null) {
      inherited = names(line.trim().slice(heading[0].length).split(/\s+/));
      sections.push([]);
      continue;
    }
    const [pattern, ...owners] = words;
    const matches = pattern === undefined ? null : matcher(pattern.replace(/\\(.)/g, "$1"));
    if (matches === null) continue;
    sections.at(-1)?.push({ matches, owners: owners.length === 0 ? inherited : names(owners) });
  }
  return [
    ...new Set(
      sections.flatMap((rules) =>
        paths.flatMap((path) => rules.findLast(({ matches }) => matches(path))?.owners ?? [])
      ),
    ),
  ];
}

const names = (words: readonly string[]): string[] =>
  words.flatMap((word) => /^@[A-Za-z0-9][\w./-]{0,200}$/.test(word) ? [word.slice(1)] : []);

/** As of a .gitignore, without negation and sets, which CODEOWNERS files do not know: a line that has them covers nothing. */
function matcher(pattern: string): ((path: string) => boolean) | null {
  if (/^!|[[\]{}]/.test(pattern) || pattern.length > 500) return null;
  const inner = pattern.replace(/^\//, "").replace(/\/$/, "");
  if (inner === "") return pattern === "/" ? () => true : null;
  const place = pattern.startsWith("/") || inner.includes("/") ? inner : `**/${inner}`;
  const whole = pathGlob(place);
  // A directory covers all that is in it; a pattern that ends in a star covers what it names.
  const below = /\*[^/]*$/.test(inner) ? null : pathGlob(`${place}/**`);
  const isDirectory = pattern.endsWith("/");
  return (path) => (!isDirectory && whole(path)) || below?.(path) === true;
}
