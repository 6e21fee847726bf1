import assert from "node:assert/strict";
import type { Json } from "../../../specs/mod.ts";
import type { Cursor } from "../../../specs/foundry/mod.ts";
import type { ReadRequest } from "../../data/port.ts";
import { httpClient } from "../../net/client.ts";
import { recordedPool } from "../../net/recorded.ts";
import { failureOf } from "../testing/conformance.ts";
import { type Answer, dialectServer, type Seen } from "../testing/dialect_server.ts";
import { leapingClock } from "../testing/leaping_clock.ts";
import { type ContextOptions, readAll, readRequest, sourceContext } from "../testing/source_context.ts";
import { httpSource } from "./source.ts";

async function read(
  answering: (seen: Seen) => Answer,
  params: Record<string, Json>,
  more: Partial<ReadRequest> = {},
  options: ContextOptions = {},
) {
  await using server = dialectServer(answering);
  await using test = sourceContext(server, options);
  const outcome = await readAll(
    httpSource(),
    readRequest({ resource: "items", params: { path: "/items", ...params }, ...more }),
    test.context,
  );
  return { ...outcome, seen: server.seen };
}
const check = (params: Record<string, Json>, cursor: Cursor | null = null) =>
  httpSource().check({ resource: "x", params: { path: "/x", ...params }, cursor }).map((one) =>
    `${one.path}: ${one.message}`
  );
const updated: Cursor = {
  path: "updated_at",
  type: "datetime",
  lag: "P0D",
  onMissing: "quarantine",
  order: "none",
};

Deno.test("a definition is checked without the outside: unknown names, missing parts, credentials in headers", () => {
  assert.deepEqual(check({}), []);
  assert.deepEqual(check({ path: "/x/{id}", id: "7" }), []);
  assert.match(
    check({ pagintion: { type: "none" } }).join(),
    /pagintion is no parameter of the http connector/,
  );
  assert.match(httpSource().check({ resource: "x", params: {}, cursor: null })[0]?.message ?? "", /path/);
  assert.match(
    check({ pagination: { type: "cursor", param: "t" } }).join(),
    /pagination\.path: .*where the next token is/,
  );
  assert.match(check({ pagination: { type: "page", shortPage: true } }).join(), /needs `limit`/);
  assert.match(
    check({ pagination: { type: "cursor", path: "n", param: "t", in: "body" } }).join(),
    /must be POST/,
  );
  assert.match(check({ pagination: { type: "teleport" } }).join(), /pagination/);
  assert.match(check({ records: "items[" }).join(), /no path into the answer/);
  assert.match(check({ headers: { Authorization: "x" } }).join(), /belongs into `auth`/);
  assert.match(check({ cursorParam: "since" }).join(), /no cursor/);
  assert.match(check({ responses: [{ action: "ignore" }] }).join(), /matches every answer/);
  assert.match(check({ body: { a: 1 } }).join(), /method POST only/);
});

Deno.test("parameters that cannot be used end the read as `invalid`, before any request", async () => {
  const { failure, seen } = await read(() => ({ json: [] }), { nonsense: 1 });
  assert.equal(failure?.kind, "invalid");
  assert.equal(seen.length, 0);
  const missing = await read(() => ({ json: [] }), { path: "/items/{id}/notes" });
  assert.equal(missing.failure?.kind, "invalid");
  assert.match(missing.failure?.message ?? "", /\{id\} has no value/);
});

Deno.test("values of a parent's row go into path, query, body and columns, and cannot lead to another path", async () => {
  const { rows, seen } = await read((one) => ({ json: [{ n: one.n }] }), {
    path: "/items/{id}/notes?kind={kind}",
    query: { page: "{n}", fixed: "a{n}b" },
    add: { item_id: "{id}", source: "api" },
    id: "a/b c?d#e&f",
    kind: "x&y",
    n: 7,
  });
  assert.equal(seen[0]?.target, "/items/a%2Fb%20c%3Fd%23e%26f/notes?kind=x%26y&page=7&fixed=a7b");
  assert.deepEqual(rows, [{ n: 1, item_id: "a/b c?d#e&f", source: "api" }]);
  for (const id of ["..", ".", ""]) {
    const { failure, seen: none } = await read(() => ({ json: [] }), { path: "/items/{id}/notes", id });
    assert.match(failure?.kind ?? "", /refused|invalid/, id);
    assert.equal(none.length, 0);
  }
  const body = await read(() => ({ json: [] }), {
    method: "POST",
    body: { q: "{id}", deep: ["{id}!"] },
    id: 5,
  });
  assert.deepEqual(body.seen[0]?.json(), { q: 5, deep: ["5!"] });
});

Deno.test("rows are where `records` says, at any depth, also below each element", async () => {
  const whole = {
    data: { pages: [{ rows: [{ id: 1 }] }, { rows: [{ id: 2 }, { id: 3 }] }], "odd name": [{ id: 4 }] },
  };
  for (
    const [records, ids] of [
      ["data.pages[1].rows", [2, 3]],
      ["$.data.pages[*].rows", [1, 2, 3]],
      ["$.data['odd name']", [4]],
      ["$.data.pages[0].rows[0]", [1]],
    ] as const
  ) {
    const { rows, pages } = await read(() => ({ json: whole }), { records });
    assert.deepEqual(rows.map((row) => row.id), ids, records);
    assert.match(pages[0]?.locate(0) ?? "", /^http:.*\/items#/);
  }
});

Deno.test("an answer without the place of its rows is a contract failure, never an end with no rows", async () => {
  for (
    const [body, params] of [
      [{ other: [] }, { records: "items" }],
      [{ items: null, errors: [{ message: "boom" }] }, { records: "items" }],
      [{ items: null }, { records: "items" }],
      [{ data: { items: null }, total: 3 }, { records: "$.data.items" }],
      [null, {}],
      [{ items: "none" }, { records: "items" }],
      [{ items: [1, 2, 3] }, { records: "items" }],
      [{ items: [{ id: 1 }], next: null }, { pagination: { type: "next-url", path: "next" } }],
      ["just a text", {}],
      [42, {}],
    ] as [Json, Record<string, Json>][]
  ) {
    const { failure, end, pages } = await read(() => ({ json: body }), params);
    assert.equal(end, null, JSON.stringify(body));
    assert.equal(failure?.kind, "contract", JSON.stringify(body));
    assert.equal(pages.length, 0);
  }
});

Deno.test("null where the rows should be names the path and the way to declare it, which then ends the pages", async () => {
  const pages = [{ items: [{ id: 1 }] }, { items: null }];
  const params = { records: "items", pagination: { type: "page", param: "p" } };
  const answer = (seen: Seen) => ({ json: pages[Number(seen.query.get("p") ?? 1) - 1] as Json });
  const { failure, rows } = await read(answer, params);
  assert.match(failure?.message ?? "", /has null at `items`/);
  assert.match(failure?.remedy ?? "", /responses: \[\{ path: "items", equals: null, action: ignore \}\]/);
  assert.equal(rows.length, 1);
  const declared = await read(answer, {
    ...params,
    responses: [{ path: "items", equals: null, action: "ignore" }],
  });
  assert.deepEqual([declared.failure, declared.end?.status, declared.rows.length], [null, "complete", 1]);
});

Deno.test("well-formed empty answers are ends with no rows", async () => {
  for (const answer of [{ json: { items: [] } }, { status: 204 }] as Answer[]) {
    const { rows, end, pages } = await read(() => answer, { records: "items" });
    assert.deepEqual([rows, end?.status, pages.length], [[], "complete", 1]);
  }
});

Deno.test("what is no object among rows is set aside with its place", async () => {
  const { rows, pages } = await read(() => ({ json: { items: [{ id: 1 }, "two", null, { id: 3 }] } }), {
    records: "items",
  });
  assert.deepEqual(rows, [{ id: 1 }, { id: 3 }]);
  assert.deepEqual(pages[0]?.bad?.map((one) => [one.rule, one.row, one.locator.replace(/.*#/, "")]), [
    ["parse", "two", "items[1]"],
    ["parse", null, "items[2]"],
  ]);
  assert.match(pages[0]?.locate(1) ?? "", /#items\[3\]$/);
});

Deno.test("the window's start and end are sent in the form that the API wants", async () => {
  const window = { from: "2026-01-02T03:04:05.000Z", to: "2026-02-01T00:00:00Z" };
  for (
    const [cursorFormat, from] of [
      ["as-is", "2026-01-02T03:04:05.000Z"],
      ["iso", "2026-01-02T03:04:05.000Z"],
      ["date", "2026-01-02"],
      ["epoch", "1767323045"],
      ["epoch-ms", "1767323045000"],
    ] as const
  ) {
    const { seen } = await read(() => ({ json: [] }), {
      cursorParam: "since",
      cursorEndParam: "until",
      cursorFormat,
    }, { cursor: updated, window });
    assert.equal(seen[0]?.query.get("since"), from);
    assert.ok(seen[0]?.query.has("until"));
  }
  const { seen } = await read(() => ({ json: [] }), { cursorParam: "since" }, { cursor: updated });
  assert.equal(seen[0]?.query.has("since"), false);
});

Deno.test("rows that come newest first end the walk at the first page that is all before the window", async () => {
  const page = (n: number) =>
    [0, 1].map((i) => ({
      id: n * 2 + i,
      updated_at: `2026-01-${String(20 - n * 2 - i).padStart(2, "0")}T00:00:00Z`,
    }));
  const params = { pagination: { type: "page", start: 0 } };
  const cursor = { ...updated, order: "descending" as const };
  const from = "2026-01-17T00:00:00+00:00";
  const { pages, end } = await read((seen) => ({ json: page(Number(seen.query.get("page"))) }), params, {
    cursor,
    window: { from, to: null },
  });
  assert.deepEqual([pages.length, end?.status], [3, "complete"]);
  // Not so when nobody said how they come.
  const all = await read(
    (seen) => ({ json: Number(seen.query.get("page")) < 6 ? page(Number(seen.query.get("page"))) : [] }),
    params,
    { cursor: updated, window: { from, to: null } },
  );
  assert.equal(all.rows.length, 12);
});

Deno.test("pages end by total, by number of pages, by a flag, by a short page when it is said, by 404 when it is said", async () => {
  const five = Array.from({ length: 5 }, (_, i) => ({ id: i }));
  const cut = (seen: Seen, name: string, size = 2) =>
    five.slice(Number(seen.query.get(name)), Number(seen.query.get(name)) + size);
  const paged = (seen: Seen) =>
    five.slice((Number(seen.query.get("page")) - 1) * 2, Number(seen.query.get("page")) * 2);
  const asked = async (answering: (seen: Seen) => Answer, pagination: Json) => {
    const { rows, seen, end, failure } = await read(answering, { records: "d", pagination });
    return [rows.length, seen.length, end?.status ?? failure?.kind];
  };
  const offset = { type: "offset", limit: 2 };
  assert.deepEqual(await asked((seen) => ({ json: { d: cut(seen, "offset") } }), offset), [5, 4, "complete"]);
  assert.deepEqual(
    await asked((seen) => ({ json: { d: cut(seen, "offset"), meta: { total: "5" } } }), {
      ...offset,
      total: "meta.total",
    }),
    [5, 3, "complete"],
  );
  assert.deepEqual(
    await asked((seen) => ({ json: { d: cut(seen, "offset") } }), { ...offset, shortPage: true }),
    [5, 3, "complete"],
  );
  assert.deepEqual(
    await asked((seen) => ({ json: { d: cut(seen, "offset"), t: 9 } }), { ...offset, total: "t" }),
    [5, 4, "incomplete"],
  );
  assert.deepEqual(
    await asked((seen) => ({ json: { d: paged(seen), pages: 3 } }), { type: "page", totalPages: "pages" }),
    [5, 3, "complete"],
  );
  assert.deepEqual(
    await asked((seen) => ({ json: { d: paged(seen), more: seen.n < 3 } }), {
      type: "page",
      hasMore: "more",
    }),
    [5, 3, "complete"],
  );
  assert.deepEqual(
    await asked((seen) => seen.n > 3 ? { status: 404 } : { json: { d: paged(seen) } }, {
      type: "page",
      notFoundEnds: true,
    }),
    [5, 4, "complete"],
  );
  assert.deepEqual(await asked(() => ({ status: 404 }), { type: "page", notFoundEnds: true }), [
    0,
    1,
    "not-found",
  ]);
  assert.deepEqual(
    await asked((seen) => ({ json: { d: [{ id: seen.n }] } }), { type: "page", maxPages: 3 }),
    [2, 3, "limit"],
  );
  // A server that gives less than it is asked for skips nothing.
  assert.deepEqual(
    await asked((seen) => ({ json: { d: cut(seen, "offset", 1) } }), { ...offset, limit: 3 }),
    [5, 6, "complete"],
  );
});

Deno.test("ranges end at the last one, at 416, and at a server that does not know them", async () => {
  const five = Array.from({ length: 5 }, (_, i) => ({ id: i }));
  const range = (seen: Seen) => Number(/=(\d+)-/.exec(seen.headers.get("range") ?? "")?.[1]);
  const known = await read((seen) => {
    const start = range(seen);
    const rows = five.slice(start, start + 2);
    return rows.length === 0 ? { status: 416 } : {
      status: 206,
      json: rows,
      headers: { "content-range": `items ${start}-${start + rows.length - 1}/*` },
    };
  }, { pagination: { type: "range", limit: 2 } });
  assert.deepEqual([known.rows.length, known.seen.length, known.end?.status], [5, 4, "complete"]);
  const unknown = await read(() => ({ json: five }), { pagination: { type: "range", limit: 2 } });
  assert.deepEqual([unknown.rows.length, unknown.seen.length], [5, 1]);
});

Deno.test("empty pages that lead on are walked through, but not for ever; circles of several pages are seen", async () => {
  const pagination = { type: "cursor", path: "next", param: "t", maxPages: 200 };
  const gaps = await read(
    (seen) => ({ json: { d: seen.n === 4 ? [{ id: 1 }] : [], next: seen.n < 4 ? `t${seen.n}` : "" } }),
    { records: "d", pagination },
  );
  assert.deepEqual([gaps.rows.length, gaps.seen.length, gaps.end?.status], [1, 4, "complete"]);
  const forever = await read((seen) => ({ json: { d: [], next: `t${seen.n}` } }), {
    records: "d",
    pagination,
  });
  assert.equal(forever.failure?.kind, "contract");
  assert.equal(forever.seen.length, 100);
  const circle = await read((seen) => ({ json: { d: [{ id: seen.n }], next: `t${seen.n % 3}` } }), {
    records: "d",
    pagination,
  });
  assert.equal(circle.failure?.kind, "contract");
  assert.match(circle.failure?.message ?? "", /has been before/);
  assert.deepEqual([circle.seen.length, circle.rows.length], [4, 3]);
});

Deno.test("a continuation stays small however many pages were read", async () => {
  const token = (n: number) => `${n}`.padStart(200, "x");
  const { pages } = await read(
    (seen) => ({ json: { d: [{ id: seen.n }], next: seen.n < 700 ? token(seen.n) : null } }),
    {
      records: "d",
      pagination: { type: "cursor", path: "next", param: "t" },
    },
  );
  assert.equal(pages.length, 700);
  assert.ok(Math.max(...pages.map((page) => JSON.stringify(page.next).length)) < 16_000);
});

Deno.test("answers mean what `responses` say: fail, retry, ignore, rate-limited, by status, text and value", async () => {
  const filtered = (responses: Json, ...answers: Answer[]) =>
    read((seen) => answers[Math.min(seen.n, answers.length) - 1] as Answer, { responses });
  const ok = { json: [{ id: 1 }] };
  const soft = { json: { error: { code: "QUOTA" } } };
  const fail = await filtered([{ path: "error.code", action: "fail", message: "the API says no" }], soft);
  assert.deepEqual([fail.failure?.kind, fail.seen.length], ["permanent", 1]);
  assert.match(fail.failure?.message ?? "", /the API says no/);
  const retry = await filtered([{ status: 400, contains: "try again", action: "retry" }], {
    status: 400,
    body: "please try again",
  }, ok);
  assert.deepEqual([retry.rows.length, retry.seen.length], [1, 2]);
  const other = await filtered([{ status: 400, contains: "try again", action: "retry" }], {
    status: 400,
    body: "wrong",
  }, ok);
  assert.equal(other.failure?.kind, "permanent");
  const ignore = await filtered([{ status: [403, 404], action: "ignore" }], {
    status: 404,
    body: "no such list",
  });
  assert.deepEqual([ignore.rows.length, ignore.end?.status], [0, "complete"]);
  const limited = await filtered(
    [{ path: "error.code", equals: "QUOTA", action: "rate-limited", waitSeconds: 7 }],
    soft,
    ok,
  );
  assert.equal(limited.rows.length, 1);
  const parked = await filtered([{
    path: "error.code",
    equals: "QUOTA",
    action: "rate-limited",
    waitSeconds: 3600,
  }], soft);
  assert.equal(parked.failure?.kind, "rate-limited");
});

Deno.test("NDJSON, CSV, TSV and XML are read by their Content-Type or as declared, packed or not", async () => {
  const as = async (type: string, body: string, params: Record<string, Json> = {}) => {
    const { rows, failure, pages } = await read(
      () => ({ body, gzip: true, headers: { "content-type": type } }),
      params,
    );
    if (failure) throw failure;
    return {
      rows,
      bad: pages[0]?.bad ?? [],
      places: rows.map((_, i) => pages[0]?.locate(i).replace(/.*#/, "")),
    };
  };
  const nd = await as(
    "application/x-ndjson",
    '{"id":12345678901234567890}\n\n{"id":2}\r\nnot json\n[1]\n{"id":3}',
  );
  assert.deepEqual(nd.rows, [{ id: "12345678901234567890" }, { id: 2 }, { id: 3 }]);
  assert.deepEqual(nd.places, ["line 1", "line 3", "line 6"]);
  assert.deepEqual(nd.bad.map((one) => one.row), ["not json", "[1]"]);

  const csv = await as(
    "text/csv; charset=utf-8",
    '\ufeffid,name,note\r\n007,"a, ""b""\r\nc",\r\n8,ü,x\r\n9,y\r\n',
  );
  assert.deepEqual(csv.rows, [{ id: "007", name: 'a, "b"\r\nc', note: null }, {
    id: "8",
    name: "ü",
    note: "x",
  }]);
  assert.deepEqual(csv.bad.map((one) => one.rule), ["ragged"]);
  assert.deepEqual(
    (await as("text/plain", "a;b\n1;.\n", { format: "csv", csv: { delimiter: ";" }, missing: ["."] })).rows,
    [{ a: "1", b: null }],
  );
  assert.deepEqual((await as("text/tab-separated-values", "a\tb\n1\t2\n")).rows, [{ a: "1", b: "2" }]);

  const xml = await as(
    "application/xml",
    '<?xml version="1.0"?><r><i id="1"><n>x &amp; y &#233;</n></i><i id="2"><n>007</n></i></r>',
    { records: "r.i" },
  );
  assert.deepEqual(xml.rows, [{ n: "x & y é", "@id": "1" }, { n: "007", "@id": "2" }]);
  assert.deepEqual((await as("text/xml", "<r><i><n>1</n></i></r>", { records: "r.i" })).rows, [{ n: "1" }]);
  assert.deepEqual((await as("text/xml", "<r></r>", { records: "r.i" })).rows, []);
  assert.deepEqual((await as("text/xml", '<r total="0"/>', { records: "r.i" })).rows, []);
});

Deno.test("answers of another format than the declared one are failures, and XML with a document type is refused", async () => {
  const kind = async (type: string, body: string, params: Record<string, Json>) => {
    const { failure, end } = await read(() => ({ body, headers: { "content-type": type } }), params);
    assert.equal(end, null, body);
    return failure?.kind;
  };
  const page = "<!doctype html><html><body>log in</body></html>";
  for (const format of ["json", "csv", "xml"]) {
    assert.equal(await kind("text/html", page, { format }), "contract", format);
  }
  assert.equal(await kind("text/csv", "", {}), "contract");
  assert.equal(await kind("application/xml", "<r><i>1</i>", { records: "r.i" }), "contract");
  assert.equal(await kind("application/xml", "<r><i>1</i></r", { records: "r.i" }), "contract");
  assert.equal(await kind("application/xml", "<other/>", { records: "r.i" }), "contract");
  assert.equal(await kind("application/x-ndjson", "nope\nnope", {}), "contract");
  for (
    const doctype of [
      '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
      '<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>',
    ]
  ) {
    assert.equal(
      await kind("application/xml", `<?xml version="1.0"?>${doctype}<r><i>&x;</i></r>`, { records: "r.i" }),
      "refused",
    );
  }
});

Deno.test("one request is asked for with the ETag of the last load: 304 is `unchanged`, a new answer brings a new ETag", async () => {
  let version = 1;
  await using server = dialectServer((seen) => {
    const etag = `"v${version}"`;
    return seen.headers.get("if-none-match") === etag
      ? { status: 304 }
      : { json: [{ version }], headers: { etag } };
  });
  await using test = sourceContext(server);
  const load = (state: Json, more: Partial<ReadRequest> = {}) =>
    readAll(
      httpSource(),
      readRequest({ resource: "items", params: { path: "/items" }, mode: "incremental", state, ...more }),
      test.context,
    );
  const first = await load(null);
  assert.equal(first.rows.length, 1);
  const state = first.end?.state ?? null;
  const second = await load(state);
  assert.deepEqual([second.rows.length, second.end?.status, second.pages.length], [0, "unchanged", 0]);
  assert.equal(second.end?.state, undefined);
  version = 2;
  const third = await load(state);
  assert.deepEqual(third.rows, [{ version: 2 }]);
  assert.notDeepEqual(third.end?.state, state);
  // Neither for another question, nor when all is wanted anew.
  const other = await load(third.end?.state ?? null, { params: { path: "/items", query: { x: 1 } } });
  const full = await load(third.end?.state ?? null, { mode: "full" });
  // An engine that wants every row gets it, and the tag for the next time.
  const whole = await load(third.end?.state ?? null, { partial: false });
  assert.deepEqual([other.rows.length, full.rows.length, whole.rows.length], [1, 1, 1]);
  assert.deepEqual(whole.end?.state, third.end?.state);
});

Deno.test("with several pages, an unchanged first page says nothing about the others: no ETag unless it is asked for", async () => {
  const answering = (seen: Seen): Answer =>
    seen.headers.has("if-none-match")
      ? { status: 304 }
      : { json: { d: seen.n % 2 ? [{ id: 1 }] : [] }, headers: { etag: '"e"' } };
  const params = { records: "d", pagination: { type: "page" } };
  const plain = await read(answering, params, { mode: "incremental" });
  assert.equal(plain.end?.state, undefined);
  const asked = await read(answering, { ...params, conditional: true }, { mode: "incremental" });
  assert.notEqual(asked.end?.state ?? null, null);
});

Deno.test("without a base URL the first address stands for it: a next link elsewhere is refused", async () => {
  await using stranger = dialectServer(() => ({ json: [] }));
  await using server = dialectServer(() => ({
    json: [{ id: 1 }],
    headers: { link: `<${stranger.url}/x>; rel=next` },
  }));
  await using test = sourceContext(null);
  const { failure } = await readAll(
    httpSource(),
    readRequest({
      resource: "items",
      params: { path: `${server.url}/items`, pagination: { type: "link-header" } },
    }),
    test.context,
  );
  assert.equal(failure?.kind, "refused");
  assert.equal(stranger.seen.length, 0);
});

Deno.test("a definition can be tried on recorded answers, without a network", async () => {
  const clock = leapingClock();
  const pool = recordedPool([
    { url: "/v1/items?page=1&size=2", body: { d: [{ id: 1 }, { id: 2 }] } },
    { url: "/v1/items?size=2&page=2", status: 503 },
    { url: "/v1/items?page=2&size=2", body: { d: [{ id: 3 }] } },
    { url: "/v1/items?page=3&size=2", body: { d: [] } },
  ], clock);
  await using test = sourceContext({ url: "https://api.example.com/v1" }, { pool, clock });
  const request = readRequest({
    resource: "items",
    params: { path: "items", records: "d", pagination: { type: "page", limitParam: "size", limit: 2 } },
  });
  const { rows, end } = await readAll(httpSource(), request, test.context);
  assert.deepEqual([rows.map((row) => row.id), end?.status], [[1, 2, 3], "complete"]);
  assert.equal(test.context.http.used.retried, 1);
  const lost = httpClient(pool, {
    connector: "http",
    settings: { baseUrl: "https://api.example.com" },
    network: { allowPrivate: false },
    secret: () => "",
    vault: test.context.vault,
    abort: test.context.abort,
    waitBudgetMs: 0,
  });
  assert.equal((await failureOf(lost.request({ url: "/nothing" }))).kind, "not-found");
});

Deno.test("a place that another connector left is not gone on from", async () => {
  const { failure } = await read(() => ({ json: [] }), {}, { resume: { offset: 3 } });
  assert.equal(failure?.kind, "contract");
});
