/**
 * What tells a text of ours on a forge: an HTML comment at its end, with the key that it was written by. Anybody can copy one, so it
 * proves nothing alone: it counts with the account that wrote the text, or with the tree of the commit that it is about.
 */
import { digestOf } from "../../specs/mod.ts";

const MARK = /<!-- edgeforge:([0-9a-f]{32})(?: tree:([0-9a-f]{40}|[0-9a-f]{64}))? -->\s*$/;

/** The mark of a key. Keys name runs, which are nobody's business on the forge: only a digest goes there. */
export async function marker(key: string, tree?: string): Promise<string> {
  return `<!-- edgeforge:${await markOf(key)}${tree === undefined ? "" : ` tree:${tree}`} -->`;
}

export async function markOf(key: string): Promise<string> {
  return (await digestOf(key)).slice("sha256:".length, "sha256:".length + 32);
}

/** The mark that ends a text, or null. */
export function readMarker(text: string | null | undefined): { mark: string; tree: string | null } | null {
  const found = MARK.exec((text ?? "").slice(-400));
  return found === null ? null : { mark: found[1] ?? "", tree: found[2] ?? null };
}

/** The text with its mark, cut so that both fit: what is cut says so. */
export function withMarker(text: string, mark: string, most: number): string {
  const whole = `${text.trimEnd()}\n\n${mark}\n`;
  if (whole.length <= most) return whole;
  const note = "\n\n_Cut here: the whole text is in the evidence bundle of the run._";
  let end = most - mark.length - note.length - 3;
  // Half of a surrogate pair is no character.
  if (/[\ud800-\udbff]/.test(text.charAt(end - 1))) end--;
  return `${text.slice(0, end)}${note}\n\n${mark}\n`;
}
