/** `Link` headers (RFC 8288). */

/** The target of the first link with the relation; null when there is none. */
export function linkOf(headers: Headers, rel: string): string | null {
  const text = headers.get("link") ?? "";
  for (let rest = text; rest !== "";) {
    const found = /^[\s,]*<([^>]*)>/.exec(rest);
    if (!found) return null;
    rest = rest.slice(found[0].length);
    const relations: string[] = [];
    for (
      let parameter;
      (parameter = /^\s*;\s*([^\s=;,]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,]*)))?/.exec(rest));
    ) {
      rest = rest.slice(parameter[0].length);
      if (parameter[1]?.toLowerCase() === "rel" && relations.length === 0) {
        relations.push(...(parameter[2] ?? parameter[3] ?? "").toLowerCase().split(/\s+/));
      }
    }
    if (relations.includes(rel.toLowerCase())) return (found[1] ?? "").trim();
    const comma = rest.indexOf(",");
    rest = comma < 0 ? "" : rest.slice(comma + 1);
  }
  return null;
}
