/** Writes the figures of an evaluation into a page, between two marks. */

const BEGIN = "<!-- eval:begin -->";
const END = "<!-- eval:end -->";

/** The page with `table` between its marks; an exception when it does not have each of them once, in their order. */
export function withTable(page: string, table: string): string {
  const [before, inner, ...more] = page.split(BEGIN);
  const [, after, ...rest] = (inner ?? "").split(END);
  if (before === undefined || after === undefined || more.length > 0 || rest.length > 0) {
    throw new Error(`Cannot write the table: the page needs ${BEGIN} and ${END}, each once`);
  }
  return `${before}${BEGIN}\n\n${table}\n\n${END}${after}`;
}
