/** S18 to S21: EDGAR, as whole runs. */
import assert from "node:assert/strict";
import { type Answer, type Answering, dialectServer } from "../../../connectors/testing/mod.ts";
import { nothingPublished, pipelineOf, pointing, room } from "./room.ts";

const SETTINGS = 'userAgent: "Acme Research data@acme.example"';
const facts = (ciks: readonly string[], id = "ed", more: Record<string, unknown> = {}) =>
  pipelineOf(id, {
    connector: "edgar",
    resource: "companyfacts",
    params: { ciks },
    key: ["cik", "tag", "unit", "start", "end", "accession"],
    cursor: { path: "filed", type: "date" },
    more,
  });
const fact = (end: string, val: number, filed: string) => ({
  end,
  val,
  accn: `0000000001-${filed.slice(2, 4)}-${filed.slice(5, 7)}${filed.slice(8)}00`,
  fy: 2020,
  fp: "FY",
  form: "10-K",
  filed,
});
const company = (cik: number | string, units: Record<string, unknown>): Answer => ({
  json: {
    cik,
    entityName: "Acme",
    facts: { "us-gaap": { Assets: { label: null, description: null, units } } },
  },
});

Deno.test("S18: 403 for a missing path, a missing contact and too many requests are three ends of a run", async () => {
  const ending = async (answering: Answering, settings = SETTINGS) => {
    await using server = dialectServer(answering);
    await using at = await room();
    const { document, exit } = await at.run(facts(["1"]), pointing("edgar", server, settings));
    await nothingPublished(at, "ed");
    return { status: document.status, exit, failure: document.failure, asked: server.seen.length };
  };
  const missing = await ending(() => ({ status: 403, body: "<Error><Code>AccessDenied</Code></Error>" }));
  assert.deepEqual([missing.status, missing.exit, missing.asked], ["failed", 1, 1]);
  assert.deepEqual([missing.failure?.class, missing.failure?.source], ["external", "provider"]);
  const agent = await ending(() => ({
    status: 403,
    body: "<h1>Undeclared Automated Tool</h1> please declare your traffic",
  }));
  assert.deepEqual([agent.status, agent.exit, agent.asked], ["failed", 1, 1]);
  assert.deepEqual([agent.failure?.class, agent.failure?.source], ["external", "user-environment"]);
  const limited = await ending(() => ({ status: 403, body: "<h1>Request Rate Threshold Exceeded</h1>" }));
  assert.deepEqual([limited.status, limited.exit], ["parked", 3]);
  // Without a contact of its own nothing is asked at all.
  const undeclared = await ending(() => company(1, {}), 'userAgent: "curl/8"');
  assert.deepEqual([undeclared.status, undeclared.exit, undeclared.asked], ["failed", 1, 0]);
  assert.equal(undeclared.failure?.class, "task-code");
});

Deno.test("S19: a shard of the submissions that is missing leaves the stream incomplete and the run failed", async () => {
  const columns = (...accessions: string[]) => ({
    accessionNumber: accessions,
    filingDate: accessions.map(() => "2024-01-02"),
    reportDate: accessions.map(() => ""),
    acceptanceDateTime: accessions.map((_, at) => `2024-01-0${at + 2}T10:00:00.000Z`),
    form: accessions.map(() => "10-K"),
  });
  const shard = "CIK0000320193-submissions-001.json";
  let isThere = false;
  await using server = dialectServer((seen) =>
    seen.path.endsWith(shard)
      ? isThere ? { json: columns("0000320193-05-000001") } : { status: 404, body: "no" }
      : {
        json: {
          cik: "320193",
          name: "Acme",
          filings: {
            recent: columns("0000320193-24-000001", "0000320193-24-000002"),
            files: [{ name: shard, filingCount: 1 }],
          },
        },
      }
  );
  await using at = await room();
  const pipeline = pipelineOf("sub", {
    connector: "edgar",
    resource: "submissions",
    params: { ciks: ["320193"] },
    key: ["accessionNumber"],
    cursor: { path: "acceptanceDateTime" },
  });
  const environment = pointing("edgar", server, SETTINGS);
  const first = await at.run(pipeline, environment);
  const { status, read, reason, cursor } = first.stream();
  assert.deepEqual([first.document.status, first.exit, status, read], ["failed", 1, "incomplete", 2]);
  assert.match(reason ?? "", /submissions-001/);
  // What is not whole moves no cursor: the next run reads the same window, and then all of it.
  assert.deepEqual([cursor.before, cursor.after], [null, null]);
  assert.equal((await at.state("sub"))?.cursor ?? null, null);
  isThere = true;
  const second = await at.run(pipeline, environment);
  assert.deepEqual(
    [second.exit, second.stream().status],
    [0, "complete"],
    JSON.stringify(second.document.failure),
  );
  assert.equal((await at.rows()).length, 3);
  assert.equal((await at.state("sub"))?.cursor, "2024-01-03T10:00:00.000Z");
});

Deno.test("S20: CIKs as number and text, labels that are null and a new unit are all taken; only the unit is told", async () => {
  const USD = [fact("2020-12-31", 10, "2021-02-01")];
  let units: Record<string, unknown> = { USD };
  await using server = dialectServer((seen) =>
    seen.path.endsWith("CIK0000000001.json") ? company(1, { USD }) : company("0000000002", units)
  );
  const told: string[] = [];
  await using at = await room({
    ports: (ports) => ({
      client: (request) =>
        ports.client({ ...request, progress: (message) => (told.push(message), request.progress(message)) }),
    }),
  });
  const environment = pointing("edgar", server, SETTINGS);
  const first = await at.run(facts(["1", "0000000002"]), environment);
  assert.deepEqual([first.exit, first.stream().quarantined, first.stream().written], [0, 0, 2]);
  units = { USD, COP: [fact("2020-12-31", 3, "2021-02-02")] };
  const second = await at.run(facts(["1", "0000000002"]), environment);
  assert.deepEqual([second.exit, second.stream().quarantined, second.stream().written], [0, 0, 1]);
  const rows = await at.rows();
  assert.deepEqual(rows.map(({ cik, unit, val, label }) => [cik, unit, Number(val), label]), [
    ["0000000001", "USD", 10, null],
    ["0000000002", "USD", 10, null],
    ["0000000002", "COP", 3, null],
  ]);
  assert.deepEqual((await at.state("ed"))?.source, { units: ["USD", "COP"] });
});

Deno.test("S21: 25 streams of several runs at once never ask more often than ten times in any second", async () => {
  await using server = dialectServer(() => company(1, { USD: [fact("2020-12-31", 10, "2021-02-01")] }));
  const times: number[] = [];
  await using at = await room({
    turns: (turns) => ({
      ...turns,
      async take(key, everyMs, nowMs) {
        const turn = await turns.take(key, everyMs, nowMs);
        times.push(turn);
        return turn;
      },
    }),
  });
  const pipeline = (id: string, count: number) =>
    JSON.stringify({
      id,
      concurrency: 8,
      streams: Array.from({ length: count }, (_, n) => ({
        id: `s${n}`,
        source: { connector: "edgar", resource: "companyfacts", params: { ciks: ["1"] } },
        write: { disposition: "append", sink: "lines", table: `${id}_${n}` },
      })),
    });
  // What the env file asks for can only be slower than SEC's own limit.
  const environment = pointing("edgar", server, `${SETTINGS}, requestsPerSecond: 1000`) +
    "sinks: { lines: { type: jsonl, path: out } }\n";
  const outcomes = await Promise.all(
    ([["a", 9], ["b", 8], ["c", 8]] as const).map(([id, count]) => at.run(pipeline(id, count), environment)),
  );
  assert.deepEqual(outcomes.map(({ exit }) => exit), [0, 0, 0]);
  // No request without a turn, and no eleven turns within a second.
  assert.deepEqual([server.seen.length, times.length], [25, 25]);
  times.sort((a, b) => a - b);
  for (const [index, first] of times.entries()) {
    assert.ok((times[index + 10] ?? Infinity) - first > 1000, `turns at ${times}`);
  }
});
