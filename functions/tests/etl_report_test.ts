import assert from "node:assert/strict";
import { join } from "node:path";
import { compose } from "../compose.ts";
import { openDoor } from "../http/tests/door.ts";
import { PipelineReport } from "../../specs/foundry/mod.ts";
import { type EtlRoom, inEtlRoom, WAREHOUSE } from "./etl_room.ts";

/** Not written as one literal: it is the shape of a key, and scanners look for those. */
const KEY = ["AKIA", "IOSFODNN7", "QWERTYU"].join("");
const TOKEN = ["ghp", "0123456789abcdefghijABCDEFGHIJ012345"].join("_");
const EMAIL = "ann.planted@example.org";
const PHONE = "+49 170 1234567";
const PLANTED = [KEY, TOKEN, EMAIL, "ann.planted", PHONE, "1234567"];

const PIPELINE = `id: orders
description: Orders of the shop
sla: { freshnessHours: 1000 }
streams:
  - id: orders
    source: { connector: file, resource: csv, params: { path: orders.csv } }
    primaryKey: [id]
    transforms: [ { op: rename, columns: { mail: contact } } ]
    write: { disposition: merge, sink: warehouse }
    contract: { schema: { amount: { type: decimal } } }
    quality:
      - { rule: required, columns: [city], severity: quarantine }
      - { rule: row-count, min: 2, severity: warn }
    pii: { Mail: hash, phone: mask }
`;
const row = (id: number, city: string, amount: string, note: string) =>
  `${id},${city},${amount},${EMAIL},${PHONE},${note}`;
const csv = (n: number) =>
  [
    "id,city,amount,mail,phone,note",
    // The same key in every row makes it the most frequent value of its column.
    ...Array.from({ length: 20 }, (_, at) =>
      row(n * 100 + at, at % 2 ? "Bern" : "<b>Rome</b>", `${at}.5`, KEY)),
    row(n * 100 + 50, "", "1", TOKEN),
    row(n * 100 + 51, "Oslo", `n/a ${TOKEN}`, "x"),
  ].join("\n") + "\n";

const inRoom = (use: (room: EtlRoom) => Promise<void>) =>
  inEtlRoom({ "orders.yaml": PIPELINE, "env.yaml": WAREHOUSE }, use);

function clean(text: string, where: string): void {
  for (const planted of PLANTED) assert.ok(!text.includes(planted), `${planted} stands in ${where}`);
}

Deno.test("etl report tells a pipeline's runs as lines, JSON, one HTML file and OpenLineage; planted values stand in none", () =>
  inRoom(async ({ dir, forge }) => {
    const runs: string[] = [];
    for (const n of [1, 2, 3]) {
      await Deno.writeTextFile(join(dir, "orders.csv"), csv(n));
      const ran = await forge("etl", "run", "orders.yaml", "--env", "env.yaml", "--json");
      assert.equal(ran.exit, 0, ran.out);
      runs.unshift(JSON.parse(ran.out).run);
    }
    const answered = await forge("etl", "report", "orders", "--json");
    assert.equal(answered.exit, 0, answered.out);
    const report = PipelineReport.parse(JSON.parse(answered.out));
    assert.deepEqual(report.runs.map(({ run }) => run), runs);
    const [stream] = report.streams;
    assert.deepEqual(
      stream?.loads.map(({ counts }) => [counts.read, counts.accepted, counts.quarantined, counts.written]),
      [[22, 20, 2, 20], [22, 20, 2, 20], [22, 20, 2, 20]],
    );
    const columns = new Map(stream?.profile?.columns.map((one) => [one.column, one]));
    assert.deepEqual([columns.get("amount")?.min, columns.get("amount")?.max], [0.5, 19.5]);
    assert.deepEqual(columns.get("city")?.top.map(({ value, count }) => [value, count]), [
      ["<b>Rome</b>", 10],
      ["Bern", 10],
    ]);
    // The column has another name than the one under pii: the hashes give themselves away.
    assert.deepEqual([columns.get("contact")?.treatment, columns.get("phone")?.treatment], ["hash", "mask"]);
    assert.deepEqual([columns.get("note")?.top, columns.get("note")?.hidden], [[], 1]);
    assert.deepEqual(
      stream?.columns.find(({ column }) => column === "city")?.points.map(({ nulls }) => nulls),
      [
        0,
        0,
        0,
      ],
    );
    const required = report.quality.find(({ rule }) => rule.startsWith("required"));
    assert.deepEqual([required?.results.length, required?.baseline?.runs, required?.drift], [3, 2, 0]);
    assert.deepEqual(report.quarantine.map(({ rule, rows, open }) => [rule, rows, open]), [
      ["contract-types@1", 3, 3],
      ["required@1", 3, 3],
    ]);
    assert.deepEqual([report.freshness.hours, report.freshness.stale], [1000, false]);

    const lines = await forge("etl", "report", "orders.yaml");
    assert.match(lines.out, /stream orders: file csv -> warehouse\.orders/);
    const made = await forge("etl", "report", "orders", "--format", "html", "--out", "report.html", "--json");
    assert.equal(JSON.parse(made.out).format, "html");
    const html = await Deno.readTextFile(join(dir, "report.html"));
    assert.match(html, /&lt;b&gt;Rome&lt;\/b&gt;/);
    const events = await forge("etl", "report", "orders", "--openlineage");
    assert.deepEqual(
      events.out.trim().split("\n").map((line) => JSON.parse(line).eventType),
      ["START", "START", "COMPLETE", "COMPLETE"],
    );
    const bundle =
      JSON.parse((await forge("etl", "run", "orders.yaml", "--env", "env.yaml", "--json")).out).evidence;
    const evidence = await Promise.all(
      ["profile.json", "openlineage.jsonl"].map((name) =>
        Deno.readTextFile(join(bundle.path, "artifacts", name))
      ),
    );
    clean(answered.out, "the JSON report");
    clean(lines.out, "the lines");
    clean(html, "the page");
    clean(events.out, "the events");
    clean(evidence.join("\n"), "the evidence");
  }));

Deno.test("the report of a run ends with it, and tells the one before; what is not there is exit 2", () =>
  inRoom(async ({ dir, forge }) => {
    const runs: string[] = [];
    for (const n of [1, 2, 3]) {
      await Deno.writeTextFile(join(dir, "orders.csv"), csv(n));
      runs.push(
        JSON.parse((await forge("etl", "run", "orders.yaml", "--env", "env.yaml", "--json")).out).run,
      );
    }
    const second = JSON.parse((await forge("etl", "report", runs[1] ?? "", "--json")).out) as PipelineReport;
    assert.deepEqual([second.run, second.runs.map(({ run }) => run)], [runs[1], [runs[1], runs[0]]]);
    assert.deepEqual(second.quarantine.map(({ rows }) => rows), [1, 1], "of this run");
    const latest = JSON.parse((await forge("etl", "report", "orders", "--runs", "1", "--json")).out);
    assert.deepEqual(latest.runs.map(({ run }: { run: string }) => run), [runs[2]]);
    for (
      const words of [
        ["nothing"],
        ["run_00000000000000000000000000"],
        ["orders", "--format", "pdf"],
        ["orders", "--runs", "0"],
        ["orders", "--format", "html", "--json"],
        ["orders", "--format", "json", "--openlineage"],
      ]
    ) {
      const answer = await forge("etl", "report", ...words);
      assert.equal(answer.exit, 2, words.join(" "));
      assert.match(answer.err, /do: /);
    }
  }));

Deno.test("over HTTP the report is JSON, or a page with a policy of its own; the dashboard shows the same", () =>
  inRoom(async ({ dir, forge }) => {
    await Deno.writeTextFile(join(dir, "orders.csv"), csv(1));
    const { run } = JSON.parse((await forge("etl", "run", "orders.yaml", "--env", "env.yaml", "--json")).out);
    const service = await compose({ data: join(dir, "data"), sandbox: "none", workers: false });
    try {
      const door = await openDoor({ service, clock: { now: Date.now } });
      const plain = await door.get("/v1/pipelines/orders/report");
      const text = await plain.text();
      assert.equal(plain.status, 200, text);
      assert.equal(PipelineReport.parse(JSON.parse(text)).runs[0]?.run, run);
      const page = await door.get("/v1/pipelines/orders/report", { accept: "text/html,*/*;q=0.5" });
      assert.match(page.headers.get("content-type") ?? "", /^text\/html/);
      assert.match(
        page.headers.get("content-security-policy") ?? "",
        /^default-src 'none'; style-src 'sha256-[^']+'; .*frame-ancestors 'none'$/,
      );
      const html = await page.text();
      assert.equal(
        (await (await door.get("/v1/pipelines/orders/report?format=html")).text()).length,
        html.length,
      );
      const shown = await (await door.get("/pipelines/orders", { accept: "text/html" })).text();
      for (const part of ["Distribution of amount", "Rows of the last 1 runs", "contract, 2 rules"]) {
        assert.ok(html.includes(part) && shown.includes(part), part);
      }
      clean(text, "the answer");
      clean(html, "the page");
      clean(shown, "the dashboard");
      const of = async (query: string) => (await door.get(`/v1/pipelines/${query}`)).status;
      assert.equal(await of(`orders/report?run=${run}`), 200);
      assert.equal(await of("orders/report?run=run_00000000000000000000000000"), 404);
      assert.equal(await of("orders/report?runs=0"), 422);
      assert.equal(await of("none/report"), 404);
    } finally {
      await service.close();
    }
  }));
