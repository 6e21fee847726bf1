/** The conformance suite over each way of paging. */
import type { Json } from "../../../specs/mod.ts";
import type { Row } from "../../../specs/foundry/mod.ts";
import { sourceConformance, type SourceSubject } from "../testing/conformance.ts";
import type { Answer, DialectServer, Seen } from "../testing/dialect_server.ts";
import { httpSource } from "./source.ts";

const rows: Row[] = Array.from({ length: 37 }, (_, i) => ({
  id: i + 1,
  name: `row ${i + 1} – ü`,
  big: `${9007199254740993n + BigInt(i)}`,
  nested: { tags: ["a", { b: i }] },
}));
/** Numbers beyond 2^53 as an API writes them: the rows above hold them as text. */
const wire = (value: unknown): string => JSON.stringify(value).replace(/"big":"(\d+)"/g, '"big":$1');
const json = (value: unknown, headers: Record<string, string> = {}): Answer => ({
  body: wire(value),
  headers: { "content-type": "application/json", ...headers },
});
const size = 10;
const slice = (from: number) => rows.slice(from, from + size);
const subject = (
  more: Partial<SourceSubject> & Pick<SourceSubject, "name" | "answer"> & { params: Record<string, Json> },
): SourceSubject => ({
  source: httpSource,
  request: { resource: "items", params: { path: "/items", ...more.params } },
  golden: rows,
  ...more,
});
const from = (seen: Seen, name: string) => Number(seen.query.get(name) ?? 0);
const reparsed = (answer: Answer): Record<string, unknown> =>
  JSON.parse(String(answer.body).replace(/"big":(\d+)/g, '"big":"$1"'));

const withLink = (answer: Answer, url: string): Answer => ({
  ...answer,
  headers: { ...answer.headers, link: `<${url}>; rel="next"` },
});
sourceConformance(subject({
  name: "http link-header",
  params: { pagination: { type: "link-header" } },
  answer: (seen, server) => {
    const start = from(seen, "from");
    const page = json(slice(start));
    return start + size < rows.length
      ? {
        ...page,
        headers: {
          ...page.headers,
          link: `<${server.url}/items?from=0>; rel="first", <${server.url}/items?from=${
            start + size
          }>; title="a, b"; rel="next last"`,
        },
      }
      : page;
  },
  loop: (seen, answer) => withLink(answer, seen.target),
  lead: withLink,
  endless: (seen) => withLink(json([{ id: seen.n }]), `/items?from=${seen.n}`),
}));

const nextUrl = (answer: Answer, url: string): Answer => json({ ...reparsed(answer), paging: { next: url } });
sourceConformance(subject({
  name: "http next-url, relative",
  params: { records: "$.data.items", pagination: { type: "next-url", path: "$.paging.next" } },
  answer: (seen) => {
    const start = from(seen, "from");
    return json({
      data: { items: slice(start) },
      paging: { next: start + size < rows.length ? `?from=${start + size}` : null },
    });
  },
  loop: (seen, answer) => nextUrl(answer, seen.target),
  lead: nextUrl,
  endless: (seen) => json({ data: { items: [{ id: seen.n }] }, paging: { next: `?from=${seen.n}` } }),
}));

const token = (seen: Seen) => Number(atob(seen.query.get("pageToken") ?? "") || 0);
sourceConformance(subject({
  name: "http cursor",
  params: { records: "items", pagination: { type: "cursor", path: "next_token", param: "pageToken" } },
  answer: (seen) => {
    const start = token(seen);
    return json({
      items: slice(start),
      ...(start + size < rows.length ? { next_token: btoa(String(start + size)) } : {}),
    });
  },
  loop: (seen, answer) => json({ ...reparsed(answer), next_token: seen.query.get("pageToken") }),
  endless: (seen) => json({ items: [{ id: seen.n }], next_token: `t${seen.n}` }),
}));

sourceConformance(subject({
  name: "http cursor in the body of a POST, told by a header",
  params: {
    method: "POST",
    body: { filter: "all", page: { size } },
    pagination: { type: "cursor", header: "X-Next", param: "page.token", in: "body" },
  },
  answer: (seen) => {
    const { page } = seen.json() as { page: { token?: string; size: number } };
    const start = Number(page.token ?? 0);
    return json(slice(start), start + size < rows.length ? { "x-next": String(start + size) } : {});
  },
  loop: (seen, answer) => ({
    ...answer,
    headers: { ...answer.headers, "x-next": (seen.json() as { page: { token: string } }).page.token },
  }),
}));

sourceConformance(subject({
  name: "http page",
  params: {
    records: "items",
    pagination: { type: "page", param: "page", limitParam: "per_page", limit: size },
  },
  answer: (seen) => json({ items: rows.slice((from(seen, "page") - 1) * size, from(seen, "page") * size) }),
  // A server that ignores the parameter.
  loop: () => json({ items: slice(size) }),
  endless: (seen) => json({ items: [{ id: seen.n }] }),
}));

const short = (start: number) => start === 10 ? rows.slice(10, 16) : slice(start);
sourceConformance(subject({
  name: "http offset with a short page in the middle",
  params: { records: "items", pagination: { type: "offset", limit: size, total: "$.total" } },
  answer: (seen) => json({ total: rows.length, items: short(from(seen, "offset")) }),
  loop: () => json({ total: 1000, items: slice(size) }),
  endless: (seen) => json({ total: 1e9, items: [{ id: seen.n }] }),
}));

sourceConformance(subject({
  name: "http range",
  params: { pagination: { type: "range", limit: size } },
  answer: (seen) => {
    const start = Number(/items=(\d+)-/.exec(seen.headers.get("range") ?? "")?.[1]);
    return {
      ...json(slice(start), {
        "content-range": `items ${start}-${Math.min(start + size, rows.length) - 1}/${rows.length}`,
      }),
      status: 206,
    };
  },
}));

sourceConformance(subject({
  name: "http id-after",
  params: { pagination: { type: "id-after", param: "after" } },
  answer: (seen) => json(slice(from(seen, "after"))),
  loop: () => json(slice(size)),
  auth: { type: "query", name: "api_key", value: "env:TOKEN" },
}));

const withKey = (answer: Answer, server: DialectServer, at: number, seen: Seen): Answer =>
  json({
    ...reparsed(answer),
    next: at < rows.length ? `${server.url}/items?api_key=${seen.query.get("api_key")}&from=${at}` : null,
  });
sourceConformance(subject({
  name: "http next-url that repeats the key of the query",
  params: { records: "items", pagination: { type: "next-url", path: "next" } },
  answer: (seen, server) =>
    withKey(json({ items: slice(from(seen, "from")) }), server, from(seen, "from") + size, seen),
  auth: { type: "query", name: "api_key", value: "env:TOKEN" },
}));

sourceConformance(subject({
  name: "http cursor with the key in a header of its own",
  params: { records: "items", pagination: { type: "cursor", path: "next", param: "t", hasMore: "more" } },
  answer: (seen) => {
    const start = from(seen, "t");
    return json({ items: slice(start), next: start + size, more: start + size < rows.length });
  },
  auth: { type: "header", name: "X-Key", value: "env:TOKEN" },
}));
