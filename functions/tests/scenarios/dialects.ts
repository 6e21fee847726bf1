/** Five dialects that give five pages of two rows each, and can be changed at one page. */
import {
  type Answer,
  type DialectServer,
  dialectServer,
  type Seen,
} from "../../../connectors/testing/mod.ts";
import type { Row } from "../../../specs/foundry/mod.ts";
import { pipelineOf, pointing, type RoomOptions, type StreamShape } from "./room.ts";

export const PAGES = 5;
export const day = (n: number) => `2024-01-${String(n).padStart(2, "0")}T00:00:00.000Z`;

export interface Dialect {
  readonly connector: string;
  readonly shape: Omit<StreamShape, "connector">;
  /** The environment's settings beside the base URL. */
  readonly settings?: string;
  /** A request for one of the pages 1 to 5, told apart from what is asked around it; null for those. */
  page(seen: Seen): number | null;
  /** What is asked around the pages. */
  around?(seen: Seen): Answer;
  /** The page, leading on to `next` (null: the last). */
  answer(rows: Row[], next: number | null, seen: Seen, url: string): Answer;
  /** The page, leading on to a URL of a stranger. Absent: the dialect names no URLs. */
  lead?(answer: Answer, url: string): Answer;
  /** The page, leading to itself again. Absent: the dialect asks for what it knows by name. */
  loop?(answer: Answer, seen: Seen): Answer;
  /** A row by its number. */
  row(n: number): Row;
  readonly id: (row: Row) => unknown;
  readonly after: string;
}

export const linked = (json: unknown, url: string | null): Answer =>
  url === null ? { json } : { json, headers: { link: `<${url}>; rel="next"` } };
const numbered = (seen: Seen) => Number(seen.query.get("page") ?? 1);
const nextOf = (seen: Seen, url: string, next: number | null): string | null => {
  if (next === null) return null;
  const following = new URL(url + seen.target);
  following.searchParams.set("page", String(next));
  return following.href;
};
const updated = { path: "updated_at" };
const simple = (n: number): Row => ({ id: n, updated_at: day(n) });

export const DIALECTS: readonly Dialect[] = [
  {
    connector: "http",
    shape: {
      params: { path: "/items", pagination: { type: "link-header" } },
      key: ["id"],
      cursor: updated,
    },
    page: numbered,
    answer: (rows, next, seen, url) => linked(rows, nextOf(seen, url, next)),
    lead: (answer, url) => linked(answer.json, url),
    loop: (answer, seen) => linked(answer.json, seen.target),
    row: simple,
    id: (row) => row.id,
    after: day(10),
  },
  {
    connector: "github",
    shape: {
      resource: "issues",
      params: { owner: "acme", repo: "tools" },
      key: ["id"],
      cursor: updated,
    },
    page: numbered,
    answer: (rows, next, seen, url) => linked(rows, nextOf(seen, url, next)),
    lead: (answer, url) => linked(answer.json, url),
    loop: (answer, seen) => linked(answer.json, seen.target),
    row: simple,
    id: (row) => row.id,
    after: day(10),
  },
  {
    connector: "gitlab",
    shape: { resource: "issues", params: { project: "acme/tools" }, key: ["id"], cursor: updated },
    page: numbered,
    answer: (rows, next, seen, url) => linked(rows, nextOf(seen, url, next)),
    lead: (answer, url) => linked(answer.json, url),
    loop: (answer, seen) => linked(answer.json, seen.target),
    row: (n) => ({ ...simple(n), iid: n, created_at: day(n) }),
    id: (row) => row.id,
    after: day(10),
  },
  {
    connector: "jira",
    shape: {
      resource: "issues",
      params: { jql: "project = AC" },
      key: ["id"],
      cursor: { path: "updated" },
    },
    settings: 'auth: { type: basic, email: "bot@acme.example", token: "env:TOKEN" }',
    page: (seen) => seen.path.endsWith("/search/jql") ? Number(seen.query.get("nextPageToken") ?? 1) : null,
    around: (seen) =>
      seen.path.endsWith("/serverInfo")
        ? { json: { deploymentType: "Cloud" } }
        : { json: { accountId: "me" } },
    answer: (rows, next) => ({
      json: { issues: rows, ...(next === null ? {} : { nextPageToken: String(next) }) },
    }),
    loop: (answer, seen) => ({
      json: { ...answer.json as object, nextPageToken: seen.query.get("nextPageToken") },
    }),
    row: (n) => ({ id: String(n), key: `AC-${n}`, fields: { summary: `s${n}`, updated: day(n) } }),
    id: (row) => Number(row.id),
    after: day(10),
  },
  {
    connector: "edgar",
    shape: {
      resource: "companyfacts",
      params: { ciks: ["1", "2", "3", "4", "5"] },
      key: ["cik", "end"],
      cursor: { path: "filed", type: "date" },
    },
    settings: 'userAgent: "Acme Research data@acme.example"',
    page: (seen) => Number(/CIK0*(\d+)\.json/.exec(seen.path)?.[1]),
    answer: (rows, _next, seen) => ({
      json: {
        cik: Number(/CIK0*(\d+)\.json/.exec(seen.path)?.[1]),
        entityName: "Acme",
        facts: { "us-gaap": { Assets: { label: "Assets", description: null, units: { USD: rows } } } },
      },
    }),
    row: (n) => ({
      end: day(n).slice(0, 10),
      val: n,
      accn: `0000000001-24-${String(n).padStart(6, "0")}`,
      fy: 2024,
      fp: "FY",
      form: "10-K",
      filed: day(n).slice(0, 10),
    }),
    id: (row) => row.val,
    after: day(10).slice(0, 10),
  },
];
/** Numbers of all rows. */
export const ALL = Array.from({ length: PAGES * 2 }, (_, at) => at + 1);

export interface Serving extends DialectServer {
  /** The pages that were asked for, in order. */
  readonly asked: number[];
  /** From now on answers are as they should be. */
  heal(): void;
}

/** Serves the dialect; page `at` is changed the first `times` times that it is asked for. */
export function serving(
  dialect: Dialect,
  change: (answer: Answer, seen: Seen, nth: number) => Answer = (answer) => answer,
  times = Infinity,
  at = 3,
): Serving {
  let [changed, left] = [0, times];
  const asked: number[] = [];
  const server = dialectServer((seen) => {
    const page = dialect.page(seen);
    if (page === null) return dialect.around?.(seen) ?? { status: 500 };
    asked.push(page);
    const rows = [page * 2 - 1, page * 2].map((n) => dialect.row(n));
    const answer = dialect.answer(rows, page < PAGES ? page + 1 : null, seen, server.url);
    return page === at && changed < left ? change(answer, seen, ++changed) : answer;
  });
  return Object.assign(server, { asked, heal: () => void (left = 0) });
}

/** Pipeline, environment and room for a dialect. */
export function begin(dialect: Dialect, server: { readonly url: string }) {
  const id = `s-${dialect.connector}`;
  const options: RoomOptions = { env: { TOKEN: "token-of-the-test" } };
  return {
    id,
    pipeline: pipelineOf(id, { connector: dialect.connector, ...dialect.shape }),
    environment: pointing(dialect.connector, server, dialect.settings),
    options,
  };
}
