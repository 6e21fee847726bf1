/** Parameters of the `http` connector, as a pipeline gives them. */
import { z } from "zod";
import { Json } from "../../../specs/mod.ts";
import { parsePath } from "./path.ts";
import { placeholders } from "./template.ts";

const Path = z.string().max(500).refine(
  (text) => parsePath(text) !== null,
  "is no path into the answer, such as items, $.items or data.rows[0].cells",
);
const Scalar = z.union([z.string(), z.number(), z.boolean()]);
const Name = z.string().min(1).max(200);
const Count = z.number().int().min(1).max(1_000_000);

/** What ends the walk, whatever the way of paging. */
const stops = {
  total: Path.optional().describe("where the answer tells the number of all rows"),
  totalPages: Path.optional().describe("where the answer tells the number of all pages"),
  hasMore: Path.optional().describe("where the answer tells whether there is more: false ends"),
  shortPage: z.boolean().default(false).describe("a page with fewer rows than the limit is the last"),
  notFoundEnds: z.boolean().default(false).describe("404 behind the first page is the end"),
  maxPages: Count.optional().describe("most pages; more are a failure, not an end"),
};
const where = { in: z.enum(["query", "body"]).default("query").describe("where the parameter is sent") };

export const Pagination = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("none") }),
  z.strictObject({ type: z.literal("link-header"), rel: Name.default("next"), ...stops }),
  z.strictObject({ type: z.literal("next-url"), path: Path, ...stops }),
  z.strictObject({
    type: z.literal("cursor"),
    path: Path.optional().describe("where the answer tells the next token"),
    header: Name.optional().describe("or the header that tells it"),
    param: Name,
    ...where,
    limitParam: Name.optional(),
    limit: Count.optional(),
    ...stops,
  }),
  z.strictObject({
    type: z.literal("page"),
    param: Name.default("page"),
    start: z.number().int().min(0).default(1),
    limitParam: Name.optional(),
    limit: Count.optional(),
    ...where,
    ...stops,
  }),
  z.strictObject({
    type: z.literal("offset"),
    param: Name.default("offset"),
    start: z.number().int().min(0).default(0),
    limitParam: Name.default("limit"),
    limit: Count.default(100),
    ...where,
    ...stops,
  }),
  z.strictObject({
    type: z.literal("range"),
    unit: z.string().regex(/^[A-Za-z][A-Za-z-]{0,30}$/).default("items"),
    limit: Count.default(100),
    ...stops,
  }),
  z.strictObject({
    type: z.literal("id-after"),
    param: Name,
    path: Path.default("id").describe("where a row tells its id"),
    ...where,
    limitParam: Name.optional(),
    limit: Count.optional(),
    ...stops,
  }),
]);
export type Pagination = z.infer<typeof Pagination>;

const Filter = z.strictObject({
  status: z.union([z.number().int(), z.array(z.number().int()).max(100)]).optional(),
  contains: z.string().min(1).max(1000).optional().describe("text in the body"),
  path: Path.optional().describe("where the body tells something"),
  equals: Json.optional().describe(
    "what stands at `path`; anything but false, null and missing when left out",
  ),
  action: z.enum(["fail", "retry", "ignore", "rate-limited"]),
  waitSeconds: z.number().min(0).max(86_400).optional(),
  message: z.string().max(500).optional(),
});
export type Filter = z.infer<typeof Filter>;

const shape = {
  path: z.string().min(1).max(4000).describe("behind the base URL; {name} stands for a parameter"),
  method: z.enum(["GET", "POST"]).default("GET"),
  query: z.record(z.string(), z.union([Scalar, z.array(Scalar)])).default({}),
  headers: z.record(z.string(), z.string().max(2000)).default({}),
  body: Json.optional().describe("sent as JSON, with POST"),
  idempotent: z.boolean().default(true).describe("whether a POST may be sent twice"),
  records: Path.optional().describe("where the rows are"),
  pagination: Pagination.default({ type: "none" }),
  cursorParam: Name.optional().describe("query parameter that is sent the start of the window"),
  cursorEndParam: Name.optional().describe("query parameter that is sent the end of the window"),
  cursorFormat: z.enum(["as-is", "iso", "date", "epoch", "epoch-ms"]).default("as-is"),
  format: z.enum(["json", "ndjson", "csv", "xml"]).optional().describe(
    "told by the Content-Type when left out",
  ),
  csv: z.strictObject({
    delimiter: z.string().length(1).optional(),
    quote: z.string().length(1).optional(),
    header: z.union([z.boolean(), z.array(z.string().min(1)).min(1)]).optional(),
    comment: z.string().length(1).optional(),
    skipLines: z.number().int().min(0).max(10_000).optional(),
  }).optional(),
  responses: z.array(Filter).max(50).default([]).describe("what answers mean, first match first"),
  add: z.record(z.string().min(1), Scalar).default({}).describe(
    "columns added to each row; {name} stands for a parameter",
  ),
  conditional: z.boolean().optional().describe(
    "ask with the ETag of the last load; on for one request, off where one unchanged page says nothing about the others",
  ),
  missing: z.array(z.string()).max(20).default([]).describe('texts that mean "no value", such as "."'),
};
const Shape = z.strictObject(shape).superRefine((params, context) => {
  const { pagination, body, method } = params;
  const say = (path: string[], message: string) => context.addIssue({ code: "custom", path, message });
  if (pagination.type === "cursor" && pagination.path === undefined && pagination.header === undefined) {
    say(["pagination", "path"], "is needed: where the next token is (or `header`)");
  }
  if ("in" in pagination && pagination.in === "body" && (method !== "POST" || typeof body !== "object")) {
    say(["pagination", "in"], "is body, so `method` must be POST and `body` an object");
  }
  if (
    "shortPage" in pagination && pagination.shortPage &&
    !("limit" in pagination && pagination.limit !== undefined)
  ) {
    say(["pagination", "shortPage"], "needs `limit`, to tell a short page from a whole one");
  }
  if (body !== undefined && method !== "POST") say(["body"], "is sent with method POST only");
  for (const name of Object.keys(params.headers)) {
    if (
      /^(authorization|cookie|proxy-authorization|x-api-key|api-key|x-auth-token|private-token)$/i.test(name)
    ) {
      say(["headers", name], "is a credential: it belongs into `auth` or `headers` of the env file");
    }
  }
  for (const filter of params.responses.keys()) {
    const { status, contains, path } = params.responses[filter] ?? {};
    if (status === undefined && contains === undefined && path === undefined) {
      say(["responses", String(filter)], "matches every answer; give `status`, `contains` or `path`");
    }
  }
});
export type HttpParams = z.infer<typeof Shape>;
export const NAMES: readonly string[] = Object.keys(shape);

/** Parameters by their contract, and the others: values for placeholders. */
export function parseParams(params: Readonly<Record<string, Json>>):
  | { ok: true; params: HttpParams; values: Record<string, Json> }
  | { ok: false; problems: { path: string; message: string; remedy: string }[] } {
  const own = Object.fromEntries(Object.entries(params).filter(([name]) => NAMES.includes(name)));
  const values = Object.fromEntries(Object.entries(params).filter(([name]) => !NAMES.includes(name)));
  const parsed = Shape.safeParse(own);
  const problems = parsed.success ? [] : parsed.error.issues.map((issue) => ({
    path: issue.path.join("."),
    message: `${issue.path.join(".") || "params"} ${issue.message}`,
    remedy: "See the parameters of the http connector: `forge etl list`.",
  }));
  const used = new Set(placeholders(own as Json));
  for (const name of Object.keys(values)) {
    if (used.has(name)) continue;
    problems.push({
      path: name,
      message: `${name} is no parameter of the http connector, and no {${name}} stands anywhere`,
      remedy: `Known are ${NAMES.join(", ")}.`,
    });
  }
  if (problems.length > 0 || !parsed.success) return { ok: false, problems };
  return { ok: true, params: parsed.data, values };
}
