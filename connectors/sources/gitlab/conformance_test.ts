import type { Row } from "../../../specs/foundry/mod.ts";
import type { Answer, Seen } from "../testing/dialect_server.ts";
import { sourceConformance } from "../testing/conformance.ts";
import { gitlabSource } from "./mod.ts";

const PAGE = 3;
const items: Row[] = Array.from({ length: 13 }, (_, at) => ({
  id: at + 1,
  iid: at + 1,
  title: `No. ${at + 1}`,
  created_at: `2024-01-${String(at + 1).padStart(2, "0")}T00:00:00Z`,
  updated_at: `2024-01-${String(at + 1).padStart(2, "0")}T00:00:00Z`,
}));

/** A page with links and without totals, as above 10,000 rows. */
function listed(seen: Seen, url: string): Answer {
  const page = Number(seen.query.get("page") ?? "1");
  const json = items.slice((page - 1) * PAGE, page * PAGE);
  if (page * PAGE >= items.length) return { json };
  return { json, headers: { link: `<${url}${seen.path}?page=${page + 1}>; rel="next"` } };
}

sourceConformance({
  name: "gitlab issues",
  source: gitlabSource,
  request: { resource: "issues", params: { project: "acme/tools" } },
  answer: (seen, server) => listed(seen, server.url),
  golden: items.map((item) => ({ ...item, project: "acme/tools" })),
  loop: (seen, answer) => ({ ...answer, headers: { link: `<${seen.target}>; rel="next"` } }),
  lead: (answer, url) => ({ ...answer, headers: { link: `<${url}>; rel="next"` } }),
  endless: (seen) => ({
    json: items.slice(0, PAGE),
    headers: { link: `<${seen.path}?page=${seen.n + 1}>; rel="next"` },
  }),
});
