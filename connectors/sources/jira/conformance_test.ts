import type { Answer, Seen } from "../testing/dialect_server.ts";
import { sourceConformance } from "../testing/conformance.ts";
import { jiraSource } from "./mod.ts";
import { issueRow } from "./rows.ts";

const PAGE = 3;
const issues = Array.from({ length: 13 }, (_, at) => ({
  id: String(10_000 + at),
  key: `AC-${at + 1}`,
  fields: {
    summary: `No. ${at + 1}`,
    updated: `2024-01-${String(at + 1).padStart(2, "0")}T00:00:00.000-0800`,
  },
}));

function site(seen: Seen): Answer {
  if (seen.path.endsWith("/serverInfo")) return { json: { deploymentType: "Cloud" } };
  if (seen.path.endsWith("/myself")) return { json: { accountId: "me" } };
  const from = Number(seen.query.get("nextPageToken")?.slice(1) ?? "0");
  const json = { issues: issues.slice(from, from + PAGE), isLast: false };
  return { json: from + PAGE < issues.length ? { ...json, nextPageToken: `t${from + PAGE}` } : json };
}

sourceConformance({
  name: "jira issues",
  source: jiraSource,
  request: { resource: "issues", params: { jql: "project = AC" } },
  answer: site,
  isPage: (seen) => seen.path.endsWith("/search/jql"),
  golden: issues.map((issue) => issueRow(issue, new Map())),
  loop: (_seen, answer) => ({ ...answer, json: { ...answer.json as object, nextPageToken: "t6" } }),
  endless: (seen) => ({ json: { issues: issues.slice(0, PAGE), nextPageToken: `e${seen.n}` } }),
});
