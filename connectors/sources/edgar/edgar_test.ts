import assert from "node:assert/strict";
import type { Json } from "../../../specs/mod.ts";
import { type Answering, dialectServer, type Seen } from "../testing/dialect_server.ts";
import { type ContextOptions, readAll, readRequest, sourceContext } from "../testing/source_context.ts";
import { edgarSource } from "./mod.ts";
import type { ReadRequest } from "../../data/port.ts";

const settings = { userAgent: "Acme Research data@acme.example" };

async function reading(
  answering: Answering,
  request: Partial<ReadRequest> & { resource: string },
  options: ContextOptions = {},
) {
  await using server = dialectServer(answering);
  await using test = sourceContext(server, { settings, ...options });
  const outcome = await readAll(edgarSource(), readRequest(request), test.context);
  return { ...outcome, seen: [...server.seen], progress: test.progress, used: test.context.http.used };
}

const fact = (end: string, val: number, filed: string, more: Record<string, Json> = {}) => ({
  end,
  val,
  accn: `0000000001-${filed.slice(2, 4)}-${filed.slice(5, 7)}${filed.slice(8)}00`,
  fy: 2020,
  fp: "FY",
  form: "10-K",
  filed,
  ...more,
});
const facts = (cik: Json, units: Record<string, Json>) => ({
  cik,
  entityName: "Acme",
  facts: { "us-gaap": { Assets: { label: null, description: null, units } } },
});

Deno.test("S20: CIKs as number and as text, labels that are null; a unit that is new is told, once, and its facts are read", async () => {
  const answering = (seen: Seen) =>
    seen.path.endsWith("CIK0000000001.json")
      ? { json: facts(1, { USD: [fact("2020-12-31", 10, "2021-02-01")] }) }
      : {
        json: facts("0000000002", {
          USD: [fact("2020-12-31", 20, "2021-02-01")],
          COP: [fact("2020-12-31", 3, "2021-02-02")],
        }),
      };
  const params = { ciks: ["1", "0000000002"] };
  const first = await reading(answering, { resource: "companyfacts", params });
  assert.equal(first.failure, null);
  assert.deepEqual(first.rows.map(({ cik, unit, val, label }) => [cik, unit, val, label]), [
    ["0000000001", "USD", 10, null],
    ["0000000002", "USD", 20, null],
    ["0000000002", "COP", 3, null],
  ]);
  assert.deepEqual(first.progress.filter((line) => line.includes("new")), []);
  const second = await reading(answering, { resource: "companyfacts", params, state: { units: ["USD"] } });
  assert.equal(second.rows.length, 3);
  assert.equal(second.progress.filter((line) => /unit COP is new/.test(line)).length, 1);
  assert.deepEqual(second.end?.state, { units: ["USD", "COP"] });
});

Deno.test("a fact is named by its period and filing; fy and fp are only carried along", async () => {
  const { rows } = await reading(
    () => ({
      json: facts(1, {
        USD: [
          fact("2022-09-24", 352755, "2023-11-03", { fy: 2023 }),
          fact("2023-09-30", 352583, "2023-11-03", { fy: 2023, start: "2022-10-01", frame: "CY2023" }),
        ],
      }),
    }),
    { resource: "companyfacts", params: { ciks: [1] } },
  );
  assert.deepEqual(rows[1], {
    cik: "0000000001",
    entityName: "Acme",
    taxonomy: "us-gaap",
    tag: "Assets",
    label: null,
    unit: "USD",
    start: "2022-10-01",
    end: "2023-09-30",
    val: 352583,
    accession: "0000000001-23-110300",
    fy: 2023,
    fp: "FY",
    form: "10-K",
    filed: "2023-11-03",
    frame: "CY2023",
  });
  assert.equal(rows[0]?.start, null);
});

Deno.test("numbers that a double would change stay as they are written", async () => {
  const text = JSON.stringify(facts(1, { USD: [fact("2020-12-31", 7, "2021-02-01")] }))
    .replace('"val":7', '"val":12345678901234567890.125');
  const { rows } = await reading(() => ({ body: text }), { resource: "companyfacts", params: { ciks: [1] } });
  assert.equal(rows[0]?.val, "12345678901234567890.125");
});

Deno.test("latest and as-filed views, and why a value changed", async () => {
  const USD = [
    fact("2020-12-31", 75_126_464, "2021-02-01"),
    fact("2020-12-31", 75_126_000, "2022-02-01"),
    fact("2020-12-31", 80_000_001, "2023-02-01"),
    fact("2020-12-31", 80_000_001, "2024-02-01"),
  ];
  const shares = [fact("2020-12-31", 1_000_001, "2021-02-01"), fact("2020-12-31", 4_000_004, "2022-02-01")];
  const answering = () => ({ json: facts(1, { USD, shares }) });
  const of = async (params: Record<string, Json>) =>
    (await reading(answering, { resource: "companyfacts", params: { ciks: [1], ...params } })).rows;
  assert.deepEqual((await of({ restatements: true })).map((row) => row.restatement), [
    null,
    "rounding",
    "restated",
    "same",
    null,
    "split",
  ]);
  assert.deepEqual((await of({ view: "latest" })).map((row) => row.val), [80_000_001, 4_000_004]);
  assert.deepEqual((await of({ view: "as-filed", asOf: "2022-06-30" })).map((row) => row.val), [
    75_126_000,
    4_000_004,
  ]);
  // Without a day: each value as it was filed first, whatever came later.
  assert.deepEqual((await of({ view: "as-filed" })).map((row) => row.val), [75_126_464, 1_000_001]);
});

Deno.test("an incremental read leaves out what was filed before its window", async () => {
  const USD = ["2021-02-01", "2022-02-01", "2023-02-01"].map((filed, at) => fact("2020-12-31", at, filed));
  const { rows } = await reading(() => ({ json: facts(1, { USD }) }), {
    resource: "companyfacts",
    params: { ciks: [1] },
    mode: "incremental",
    cursor: { path: "filed", type: "date", lag: "P0D", onMissing: "quarantine", order: "none" },
    window: { from: "2022-02-01", to: "2024-01-01T00:00:00.000Z" },
  });
  assert.deepEqual(rows.map((row) => row.val), [1, 2]);
});

const columns = (...accessions: string[]) => ({
  accessionNumber: accessions,
  filingDate: accessions.map(() => "2024-01-02"),
  reportDate: accessions.map(() => ""),
  acceptanceDateTime: accessions.map((_, at) => `2024-01-0${at + 2}T10:00:00.000Z`),
  form: accessions.map((_, at) => at % 2 === 0 ? "10-K" : "4"),
});
const company = (files: Json = []) => ({
  cik: "320193",
  name: "Acme",
  filings: { recent: columns("0000320193-24-000001", "0000320193-24-000002"), files },
});
const shard = "CIK0000320193-submissions-001.json";

Deno.test("filings come from the recent columns and from every shard; a blank is none", async () => {
  const { rows, end, seen } = await reading(
    (request) =>
      request.path.endsWith(shard)
        ? { json: columns("0000320193-05-000001") }
        : { json: company([{ name: shard, filingCount: 1 }]) },
    { resource: "submissions", params: { ciks: ["320193"] } },
  );
  assert.deepEqual(rows.map((row) => row.accessionNumber), [
    "0000320193-24-000001",
    "0000320193-24-000002",
    "0000320193-05-000001",
  ]);
  assert.deepEqual(rows.map((row) => row.accession), rows.map((row) => row.accessionNumber));
  assert.equal(rows[0]?.reportDate, null);
  assert.deepEqual([rows[2]?.cik, rows[2]?.company], ["0000320193", "Acme"]);
  assert.deepEqual(end, { status: "complete" });
  assert.deepEqual(seen.map((one) => one.path), ["/submissions/CIK0000320193.json", `/submissions/${shard}`]);
});

Deno.test("S19: a shard that is not there makes the stream incomplete, never complete", async () => {
  const { rows, end } = await reading(
    (request) =>
      request.path.endsWith(shard) ? { status: 404, body: "no" } : { json: company([{ name: shard }]) },
    { resource: "submissions", params: { ciks: ["320193"] } },
  );
  assert.equal(rows.length, 2);
  assert.equal(end?.status, "incomplete");
  assert.match(end?.reason ?? "", /submissions-001/);
});

Deno.test("reading goes on in the middle of a company's shards, and asks for nothing twice", async () => {
  const answering = (request: Seen) =>
    request.path.includes("-submissions-")
      ? { json: columns(`0000320193-05-00000${request.path.at(-6)}`) }
      : { json: company([{ name: shard }, { name: shard.replace("001", "002") }]) };
  const whole = await reading(answering, { resource: "submissions", params: { ciks: ["320193", "1"] } });
  assert.equal(whole.pages.length, 6);
  for (const [at, page] of whole.pages.entries()) {
    if (page.next === null) continue;
    const rest = await reading(answering, {
      resource: "submissions",
      params: { ciks: ["320193", "1"] },
      resume: JSON.parse(JSON.stringify(page.next)),
    });
    assert.deepEqual(rest.rows, whole.pages.slice(at + 1).flatMap((one) => one.rows), `after page ${at}`);
    assert.equal(rest.seen.length, whole.pages.length - at - 1);
  }
});

Deno.test("a window asks for no shard that ended before it, and for every shard when it is not told", async () => {
  const older = shard.replace("001", "002");
  const listed = (to: Record<string, Json>) =>
    company([{ name: shard, filingTo: "2023-12-31" }, { name: older, ...to }]);
  const asked = async (to: Record<string, Json>, path: string) => {
    const { seen } = await reading(
      (request) => ({
        json: request.path.includes("-submissions-") ? columns("0000320193-05-000001") : listed(to),
      }),
      {
        resource: "submissions",
        params: { ciks: ["320193"] },
        mode: "incremental",
        cursor: { path, type: "datetime", lag: "P0D", onMissing: "quarantine", order: "none" },
        window: { from: "2024-01-01T00:00:00.000Z", to: null },
      },
    );
    return seen.map((one) => one.path.split("/").at(-1)).slice(1);
  };
  assert.deepEqual(await asked({ filingTo: "2013-12-31" }, "acceptanceDateTime"), [shard]);
  assert.deepEqual(await asked({}, "acceptanceDateTime"), [shard, older]);
  assert.deepEqual(await asked({ filingTo: "2013-12-31" }, "reportDate"), [shard, older]);
});

Deno.test("a shard's name that leads elsewhere is refused, not asked for", async () => {
  const { failure, seen } = await reading(
    () => ({ json: company([{ name: "../../evil.json" }]) }),
    { resource: "submissions", params: { ciks: ["320193"] } },
  );
  assert.equal(failure?.kind, "contract");
  assert.equal(seen.length, 1);
});

Deno.test("columns of different lengths are no filings", async () => {
  const broken = company();
  broken.filings.recent.form.pop();
  const { failure } = await reading(() => ({ json: broken }), {
    resource: "submissions",
    params: { ciks: ["320193"] },
  });
  assert.equal(failure?.kind, "contract");
});

Deno.test("S18: three reasons for 403 are three classes", async () => {
  const asked = (body: string) =>
    reading(() => ({ status: 403, body }), { resource: "companyfacts", params: { ciks: [1] } }, {
      waitBudgetMs: 1000,
    });
  const missing = await asked('<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>');
  assert.equal(missing.failure?.kind, "not-found");
  const agent = await asked("<h1>Undeclared Automated Tool</h1> please declare your traffic");
  assert.equal(agent.failure?.kind, "auth");
  const limited = await asked("<h1>Request Rate Threshold Exceeded</h1>");
  assert.equal(limited.failure?.kind, "rate-limited");
  assert.ok((limited.failure?.more.untilMs ?? 0) > 0, "it says when to go on");
});

Deno.test("without a declared contact nothing is asked", async () => {
  for (const userAgent of [undefined, "curl/8"]) {
    const { failure, seen } = await reading(
      () => ({ json: {} }),
      { resource: "companyfacts", params: { ciks: [1] } },
      { settings: userAgent === undefined ? {} : { userAgent } },
    );
    assert.equal(failure?.kind, "invalid");
    assert.equal(seen.length, 0);
  }
});

Deno.test("the declared user agent is sent", async () => {
  const { seen } = await reading(() => ({ json: facts(1, {}) }), {
    resource: "companyfacts",
    params: { ciks: [1] },
  });
  assert.equal(seen[0]?.headers.get("user-agent"), settings.userAgent);
});

const index = (lines: string[]) =>
  `Description: Daily Index\nLast Data Received: x\n \nCIK|Company Name|Form Type|Date Filed|Filename\n${
    "-".repeat(80)
  }\n${lines.join("\n")}\n`;

Deno.test("a master index, an empty day, and lines that are none", async () => {
  const text = index([
    "320193|APPLE INC|10-K|20240105|edgar/data/320193/0000320193-24-000001.txt",
    "this is no line",
  ]);
  const { rows, pages } = await reading(
    (request) => ({ body: request.path.includes("20240105") ? text : index([]) }),
    { resource: "index", params: { days: ["2024-01-05", "2024-01-08"] } },
  );
  assert.deepEqual(rows, [{
    cik: "0000320193",
    company: "APPLE INC",
    form: "10-K",
    filed: "2024-01-05",
    file: "edgar/data/320193/0000320193-24-000001.txt",
    accession: "0000320193-24-000001",
  }]);
  assert.match(pages[0]?.bad?.[0]?.locator ?? "", /#line=7$/);
  assert.match(pages[0]?.locate(0) ?? "", /#line=6$/);
});

Deno.test("form and company indexes have fixed columns in another order, below a heading of one or two lines", async () => {
  const heading = "Form Type   Company Name\n            CIK         Date Filed  File Name";
  const line = (first: string, second: string) =>
    `${first.padEnd(40)}${second.padEnd(40)}${
      "1318605".padEnd(12)
    }2024-02-01  edgar/data/1318605/0001318605-24-000009.txt`;
  const text = (body: string) => `Preamble\n\n${heading}\n${"-".repeat(140)}\n${body}\n`;
  const of = async (kind: string, body: string) =>
    (await reading(() => ({ body: text(body) }), {
      resource: "index",
      params: { kind, quarters: ["2024Q1"] },
    })).rows;
  const form = await of("form", line("SC 13G/A", "TESLA, INC. /TX/"));
  const other = await of("company", line("TESLA, INC. /TX/", "SC 13G/A"));
  assert.deepEqual([form[0]?.form, form[0]?.company, form[0]?.filed], [
    "SC 13G/A",
    "TESLA, INC. /TX/",
    "2024-02-01",
  ]);
  assert.deepEqual(form, other);
});

Deno.test("a list that SEC does not have is no list without rows", async () => {
  const denied = { status: 403, body: "<Error><Code>AccessDenied</Code></Error>" };
  const quarter = await reading(() => denied, { resource: "index", params: { quarters: ["2099Q1"] } });
  assert.equal(quarter.failure?.kind, "not-found");
  const holiday = await reading(
    (request) => request.path.includes("20240101") ? denied : { body: index([]) },
    { resource: "index", params: { days: ["2024-01-01", "2024-01-02"] } },
  );
  assert.deepEqual(holiday.end, { status: "complete" });
  const never = await reading(() => denied, { resource: "index", params: { days: ["2024-01-01"] } });
  assert.equal(never.end?.status, "skipped");
  const page = await reading(() => ({ body: "<html>Maintenance</html>" }), {
    resource: "index",
    params: { quarters: ["2024Q1"] },
  });
  assert.equal(page.failure?.kind, "contract");
});

Deno.test("full-text search reads page by page, and halves a range that has more hits than it would give", async () => {
  const perDay = 4_000;
  const answering = (request: Seen) => {
    const [from, to] = [request.query.get("startdt"), request.query.get("enddt")] as [string, string];
    const days = Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000) + 1;
    const total = Math.min(days * perDay, 10_000);
    const at = Number(request.query.get("from"));
    const many = Math.min(100, total - at);
    const hits = Array.from({ length: many }, (_, n) => ({
      _id: `0000000001-24-${String(at + n).padStart(6, "0")}:a-${from}.htm`,
      _source: { file_date: from },
    }));
    return { json: { hits: { total: { value: total, relation: days > 2 ? "gte" : "eq" }, hits } } };
  };
  const { rows, failure, end } = await reading(answering, {
    resource: "search",
    params: { q: "lease", from: "2024-01-01", to: "2024-01-03" },
  });
  assert.equal(failure, null);
  assert.deepEqual(end, { status: "complete" });
  assert.equal(rows.length, 3 * perDay);
  assert.equal(new Set(rows.map((row) => row.id)).size, 3 * perDay);
});

Deno.test("a single day with too many hits, and hits that repeat, end in a failure that says so", async () => {
  const hits = Array.from(
    { length: 100 },
    (_, n) => ({ _id: `0000000001-24-${String(n).padStart(6, "0")}:a`, _source: {} }),
  );
  const many = await reading(() => ({ json: { hits: { total: { value: 10_000 }, hits } } }), {
    resource: "search",
    params: { q: "x", from: "2024-01-01", to: "2024-01-01" },
  });
  assert.equal(many.failure?.kind, "limit");
  const again = await reading(() => ({ json: { hits: { total: { value: 500 }, hits } } }), {
    resource: "search",
    params: { q: "x", from: "2024-01-01", to: "2024-01-01" },
  });
  assert.equal(again.failure?.kind, "contract");
  assert.equal(again.rows.length, 100);
});

const form4 =
  `<?xml version="1.0"?><ownershipDocument><documentType>4/A</documentType><periodOfReport>2024-03-01</periodOfReport>
<issuer><issuerCik>0000320193</issuerCik><issuerName>Acme &amp; Co</issuerName><issuerTradingSymbol>ACME</issuerTradingSymbol></issuer>
<reportingOwner><reportingOwnerId><rptOwnerCik>0001</rptOwnerCik><rptOwnerName>Ann</rptOwnerName></reportingOwnerId></reportingOwner>
<reportingOwner><reportingOwnerId><rptOwnerCik>0002</rptOwnerCik><rptOwnerName>Bob</rptOwnerName></reportingOwnerId></reportingOwner>
<nonDerivativeTable><nonDerivativeTransaction><securityTitle><value>Common</value></securityTitle><transactionDate><value>2024-02-28</value></transactionDate>
<transactionCoding><transactionCode>S</transactionCode></transactionCoding><transactionAmounts><transactionShares><value>1000.50</value></transactionShares>
<transactionPricePerShare><value>012.30</value><footnoteId id="F1"/></transactionPricePerShare></transactionAmounts></nonDerivativeTransaction></nonDerivativeTable>
<derivativeTable><derivativeHolding><securityTitle><value>Option</value></securityTitle></derivativeHolding></derivativeTable>
<footnotes><footnote id="F1">Average price.</footnote></footnotes></ownershipDocument>`;
const filing = { cik: "320193", accession: "0000320193-24-000007", document: "form4.xml", as: "ownership" };

Deno.test("a Form 4 gives a row for each transaction and holding, with values as written and footnotes in words", async () => {
  const { rows, seen } = await reading(() => ({ body: form4 }), { resource: "filing", params: filing });
  assert.equal(seen[0]?.path, "/Archives/edgar/data/320193/000032019324000007/form4.xml");
  assert.deepEqual(
    rows.map(({ kind, security, shares, price, footnotes }) => ({
      kind,
      security,
      shares,
      price,
      footnotes,
    })),
    [
      {
        kind: "nonDerivativeTransaction",
        security: "Common",
        shares: "1000.50",
        price: "012.30",
        footnotes: ["Average price."],
      },
      { kind: "derivativeHolding", security: "Option", shares: null, price: null, footnotes: [] },
    ],
  );
  assert.deepEqual([rows[0]?.issuer, rows[0]?.form, (rows[0]?.owners as Json[]).length], [
    "Acme & Co",
    "4/A",
    2,
  ]);
});

Deno.test("a form with a document type, or that is no XML, is refused", async () => {
  for (
    const body of [
      `<!DOCTYPE x [<!ENTITY a "b">]>${form4}`,
      "<ownershipDocument><a></ownershipDocument>",
      "<other/>",
    ]
  ) {
    const { failure } = await reading(() => ({ body }), { resource: "filing", params: filing });
    assert.equal(failure?.kind, "contract", body.slice(0, 20));
  }
});

Deno.test("a 13F gives a row for each holding, and a filing's files come from its own list", async () => {
  const table =
    `<ns1:informationTable xmlns:ns1="x"><ns1:infoTable><ns1:nameOfIssuer>ACME</ns1:nameOfIssuer><ns1:cusip>037833100</ns1:cusip><ns1:value>12345678901234567890</ns1:value>
    <ns1:shrsOrPrnAmt><ns1:sshPrnamt>10</ns1:sshPrnamt></ns1:shrsOrPrnAmt></ns1:infoTable></ns1:informationTable>`;
  const holdings = await reading(() => ({ body: table }), {
    resource: "filing",
    params: { ...filing, as: "holdings" },
  });
  assert.deepEqual([holdings.rows[0]?.cusip, holdings.rows[0]?.value], ["037833100", "12345678901234567890"]);
  const files = await reading(
    () => ({
      json: { directory: { item: [{ name: "form4.xml", type: "4", size: "12", "last-modified": "x" }] } },
    }),
    { resource: "filing", params: { cik: 320193, accession: filing.accession } },
  );
  assert.deepEqual(files.rows.map((row) => row.name), ["form4.xml"]);
});

Deno.test("frames carry their period and unit", async () => {
  const { rows, seen } = await reading(
    () => ({
      json: {
        taxonomy: "us-gaap",
        tag: "Assets",
        ccp: "CY2019Q1I",
        uom: "USD",
        label: "Assets",
        pts: 1,
        data: [{
          accn: "0000000001-19-000001",
          cik: 1,
          entityName: "Acme",
          loc: "US-CA",
          end: "2019-03-31",
          val: 5,
        }],
      },
    }),
    { resource: "frames", params: { tag: "Assets", periods: ["CY2019Q1I"] } },
  );
  assert.equal(seen[0]?.path, "/api/xbrl/frames/us-gaap/Assets/USD/CY2019Q1I.json");
  assert.deepEqual([rows[0]?.cik, rows[0]?.period, rows[0]?.unit, rows[0]?.start], [
    "0000000001",
    "CY2019Q1I",
    "USD",
    null,
  ]);
});

// The limiter's own tests look at every window; here it is that EDGAR's requests go through it, all of them and at this pace.
Deno.test("S21: many readers together keep to SEC's pace, whatever the env file says", async () => {
  await using server = dialectServer(() => ({ json: facts(1, {}) }));
  await using test = sourceContext(server, { settings: { ...settings, requestsPerSecond: 1000 } });
  const start = test.clock.now();
  await Promise.all(Array.from({ length: 25 }, async () => {
    const request = readRequest({ resource: "companyfacts", params: { ciks: [1, 2] } });
    const { failure } = await readAll(edgarSource(), request, test.context);
    assert.equal(failure, null);
  }));
  assert.equal(server.seen.length, 50);
  assert.ok(test.clock.now() - start > 49 * 110, `50 requests within ${test.clock.now() - start} ms`);
});

Deno.test("kept documents give the same rows again without a request", async () => {
  const answering = (request: Seen) =>
    request.path.startsWith("/submissions/CIK")
      ? request.path.endsWith(shard)
        ? { json: columns("0000320193-05-000001") }
        : { json: company([{ name: shard }]) }
      : { json: facts(1, { USD: [fact("2020-12-31", 10, "2021-02-01")] }) };
  const params: Record<string, Json> = { ciks: ["320193"] };
  for (const resource of ["submissions", "companyfacts"]) {
    const { pages } = await reading(answering, { resource, params });
    for (const page of pages) {
      assert.ok(page.raw?.content);
      const again = await edgarSource().reread?.(
        { ...page.raw, content: page.raw.content },
        readRequest({ resource, params }),
      );
      const strip = (rows: readonly unknown[]) =>
        JSON.parse(JSON.stringify(rows)).map((row: Record<string, unknown>) => ({
          ...row,
          company: undefined,
        }));
      assert.deepEqual(strip(again?.rows ?? []), strip(page.rows));
    }
  }
});

Deno.test("parameters that lead elsewhere or are missing are named before anything is asked", () => {
  const check = (resource: string, params: Record<string, Json>) =>
    edgarSource().check({ resource, params, cursor: null }).map((problem) => problem.path);
  assert.deepEqual(check("companyfacts", {}), ["source.params.ciks"]);
  assert.deepEqual(check("companyfacts", { ciks: ["x"] }), ["source.params.ciks"]);
  assert.deepEqual(check("companyconcept", { ciks: [1], tag: "../x" }), ["source.params.tag"]);
  assert.deepEqual(check("filing", { cik: 1, accession: "0000320193-24-000007", document: "../../x" }), [
    "source.params.document",
  ]);
  assert.deepEqual(check("nothing", {}), ["source.resource"]);
  assert.deepEqual(check("companyfacts", { ciks: ["0000320193"] }), []);
});
