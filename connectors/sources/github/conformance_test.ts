import type { Row } from "../../../specs/foundry/mod.ts";
import type { Answer, Seen } from "../testing/dialect_server.ts";
import { sourceConformance, type SourceSubject } from "../testing/conformance.ts";
import { githubSource } from "./mod.ts";

const PAGE = 3;
const items: Row[] = Array.from({ length: 13 }, (_, at) => ({
  id: at + 1,
  number: at + 1,
  title: `No. ${at + 1}`,
  updated_at: `2024-01-${String(at + 1).padStart(2, "0")}T00:00:00Z`,
}));

/** A page of a list, with GitHub's links: the next ones name the repository by its number. */
function listed(seen: Seen, url: string): Answer {
  const page = Number(seen.query.get("page") ?? "1");
  const rows = items.slice((page - 1) * PAGE, page * PAGE);
  const more = page * PAGE < items.length;
  return {
    json: rows,
    headers: more
      ? { link: `<${url}/repositories/7/list?page=${page + 1}>; rel="next", <${url}/x>; rel="last"` }
      : {},
  };
}

function subject(name: string, resource: string): SourceSubject {
  return {
    name,
    source: githubSource,
    request: { resource, params: { owner: "acme", repo: "tools" } },
    answer: (seen, server) => listed(seen, server.url),
    golden: items.map((item) => ({ ...item, repository: "acme/tools" })),
    loop: (seen, answer) => ({ ...answer, headers: { link: `<${seen.target}>; rel="next"` } }),
    lead: (answer, url) => ({ ...answer, headers: { link: `<${url}>; rel="next"` } }),
    endless: (seen) => ({
      json: items.slice(0, PAGE),
      headers: { link: `<${seen.path}?page=${seen.n + 1}>; rel="next"` },
    }),
    // 410 is for the first page `skipped`, and later a failure: the source's own test has it.
    statuses: { 410: null, 451: "not-found" },
  };
}

sourceConformance(subject("github issues", "issues"));
sourceConformance(subject("github pulls", "pulls"));
