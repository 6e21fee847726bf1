/** What GitLab reads in texts beyond Markdown: titles that make drafts, and lines that are commands. */
import { withMarker } from "../marker.ts";

/** GitLab takes 255 characters of a title, and 1,048,576 of a description or a note. */
const MAX_TITLE = 255;
const MAX_TEXT = 1_000_000;
const DRAFT = /^\s*(?:\[draft\]|\(draft\)|draft:)\s*/i;

/** The title without what makes a draft of it, however often it says so. */
export function plainTitle(title: string): string {
  let plain = title;
  while (DRAFT.test(plain)) plain = plain.replace(DRAFT, "");
  return plain.trim() === "" ? "Change" : plain;
}

export function titled(title: string, draft: boolean): string {
  const plain = plainTitle(title.replace(/\s+/g, " ").trim());
  return `${draft ? "Draft: " : ""}${plain}`.slice(0, MAX_TITLE);
}

/**
 * Markdown in which no line is a quick action: `/merge` or `/approve` at the beginning of a line would be carried out by GitLab with
 * the rights of the credential, whoever wrote it. The backslash does not show. Carriage returns, which GitLab drops before it looks,
 * are dropped here too.
 */
export const withoutCommands = (text: string): string =>
  text.replaceAll("\r", "").replace(/^([^\S\n]*)\//gm, "$1\\/");

export const marked = (text: string, mark: string): string =>
  withMarker(withoutCommands(text), mark, MAX_TEXT);
