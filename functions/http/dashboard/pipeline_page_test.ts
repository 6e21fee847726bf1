import assert from "node:assert/strict";
import { Pipeline, PipelineDocument } from "../../../specs/foundry/mod.ts";
import type { PipelineView } from "../../pipeline_view.ts";
import { openDoor } from "../tests/door.ts";
import { sampleReport } from "../tests/pipeline_report_sample.ts";
import { serviceDouble } from "../tests/service_double.ts";
import { lineageOf } from "./lineage.tsx";

const HOSTILE = `<script>alert(1)</script>"'&`;

const definition = Pipeline.parse({
  id: "orders",
  description: HOSTILE,
  streams: [
    { id: "boards", source: { connector: "jira", resource: "boards" }, write: { disposition: "append" } },
    {
      id: "sprints",
      source: { connector: "jira", resource: "sprints", parent: { stream: "boards", bind: { board: "id" } } },
      write: { disposition: "append", table: "all_sprints" },
    },
  ],
});
const run = PipelineDocument.parse({
  run: "run_0000000001",
  status: "denied",
  pipeline: "orders@0123456789ab",
  mode: "incremental",
  streams: [{
    stream: "boards",
    status: "complete",
    read: 17,
    accepted: 16,
    quarantined: 1,
    written: 0,
    deduped: 0,
    requests: { made: 2, retried: 0, waitedMs: 0 },
    cursor: { before: null, after: HOSTILE },
  }],
  quality: [{
    rule: HOSTILE,
    stream: "boards",
    severity: "block",
    verdict: "fail",
    failed: 3,
    checked: 16,
    detail: HOSTILE,
  }],
  denials: [],
  failure: null,
  evidence: null,
});

function view(changes: Partial<PipelineView> = {}): PipelineView {
  return {
    id: "orders",
    pipeline: "orders@0123456789ab",
    definition,
    registered: { from: "request", by: HOSTILE, at: "2026-01-02T03:00:00.000Z", versions: 2 },
    runs: [run],
    streams: [
      {
        stream: "boards",
        sink: "warehouse",
        table: "boards",
        state: { v: 1, cursor: HOSTILE, source: null, schema: null, load: "l", loads: 2, rows: 40, at: null },
        fault: null,
        loads: [{ at: "2026-01-01T00:00:00.000Z", rows: 30 }, { at: "2026-01-02T00:00:00.000Z", rows: 10 }],
      },
      {
        stream: "sprints",
        sink: "warehouse",
        table: "all_sprints",
        state: null,
        fault: "the file is gone",
        loads: [],
      },
    ],
    quarantine: [{
      pipeline: "orders",
      stream: "boards",
      reason: HOSTILE,
      rule: "required@1",
      locator: "boards.json#row=4",
      row: { name: HOSTILE },
      run: "run_0000000001",
      at: "2026-01-02T03:00:00.000Z",
      key: "k",
    }],
    schedule: {
      pipeline: "orders",
      cron: "0 6 * * *",
      tz: "UTC",
      overlap: "skip",
      catchup: "one",
      window: "P7D",
      paused: null,
      next: ["2026-01-03T06:00:00.000Z"],
      waiting: [],
      last: null,
      freshness: { hours: 26, lastSuccess: null, staleSince: "2026-01-02T03:00:00.000Z" },
      events: [{ at: "2026-01-02T03:00:00.000Z", kind: "stale", due: null, run: null, detail: HOSTILE }],
    },
    report: sampleReport(),
    ...changes,
  };
}

async function shown(path: string, views: PipelineView[]) {
  const pipelines = {
    ids: () => Promise.resolve(views.map(({ id }) => id)),
    view: (id: string) => Promise.resolve(views.find((one) => one.id === id) ?? null),
    ofRun: () => Promise.resolve(views[0]?.id ?? null),
  } as unknown as NonNullable<ReturnType<typeof serviceDouble>["pipelines"]>;
  const door = await openDoor({ service: { ...serviceDouble(), pipelines } });
  const answer = await door.get(path, { accept: "text/html" });
  return { answer, html: await answer.text() };
}

Deno.test("a pipeline's page shows runs with counts, cursors, quality, what was set aside and its times", async () => {
  const { answer, html } = await shown("/pipelines/orders", [view()]);
  assert.equal(answer.status, 200);
  for (
    const part of [
      "warehouse.all_sprints",
      "Its state cannot be read: the file is gone",
      'href="/runs/run_0000000001"',
      ">17<",
      ">16<",
      "boards.json#row=4",
      "required@1",
      "0 6 * * *",
      "2026-01-03T06:00:00.000Z",
      "stale",
      "2 versions",
      "Rows of the last 2 loads: 30, 10",
      "<svg",
    ]
  ) assert.ok(html.includes(part), part);
});

Deno.test("the page holds no script, style or markup of what it shows, so that it works under the strict policy", async () => {
  for (const path of ["/pipelines", "/pipelines/orders"]) {
    const { answer, html } = await shown(path, [view()]);
    assert.ok(!html.includes("<script>"), path);
    assert.doesNotMatch(html, /\sstyle=|\son[a-z]+=|<style/i, path);
    assert.match(answer.headers.get("content-security-policy") ?? "", /style-src 'self'/);
  }
});

Deno.test("without pipelines the list says how to get some; an unknown one is a 404", async () => {
  assert.match((await shown("/pipelines", [])).html, /forge demo etl/);
  for (const id of ["none", "a%2Fb", "%00"]) {
    assert.equal((await shown(`/pipelines/${id}`, [view()])).answer.status, 404, id);
  }
  const door = await openDoor();
  assert.equal(
    (await door.get("/pipelines", { accept: "text/html" })).status,
    200,
    "on a host without a foundry",
  );
});

Deno.test("the graph has each source and table once, steps and checks by stream with counts, parents and joins", () => {
  const [boards] = sampleReport().streams;
  assert.ok(boards !== undefined);
  boards.source.place = "https://jira.example/a/very/long/path/boards";
  const sprints: typeof boards = {
    ...boards,
    stream: "sprints",
    source: { connector: "jira", resource: "sprints", parent: "boards", place: null },
    steps: [],
    joins: [],
    rules: 0,
    loads: [],
  };
  const { nodes, edges } = lineageOf([boards, sprints]);
  assert.deepEqual(nodes.map(({ kind, label, below }) => `${kind}: ${label} (${below})`), [
    "source: jira boards (…ong/path/boards and 1 more)",
    "stream: boards (read 30)",
    "steps: rename, filter (every row kept)",
    "table: rates (warehouse)",
    "check: contract, 2 rules (accepted 27, set aside 3)",
    "table: boards (warehouse · wrote 25)",
    "source: jira sprints (2 inputs)",
    "stream: sprints (not run yet)",
    "check: contract (not run yet)",
  ]);
  assert.deepEqual(edges.filter(({ kind }) => kind !== "data"), [
    { from: "table:warehouse:rates", to: "steps:boards", kind: "join" },
    { from: "stream:boards", to: "stream:sprints", kind: "parent" },
  ]);
  assert.equal(edges.filter(({ to }) => to === "table:warehouse:boards").length, 2);
  const ends = new Set(nodes.map(({ key }) => key));
  for (const { from, to } of edges) assert.ok(ends.has(from) && ends.has(to), `${from} ${to}`);
});
