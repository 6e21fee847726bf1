import assert from "node:assert/strict";
import { join } from "node:path";
import { PipelineDocument } from "../../specs/foundry/mod.ts";
import { type EtlRoom, inEtlRoom, WAREHOUSE } from "./etl_room.ts";

const PIPELINE = `id: orders
streams:
  - id: orders
    source: { connector: file, resource: csv, params: { path: orders.csv } }
    primaryKey: [id]
    cursor: { path: updated_at }
    write: { disposition: merge, sink: warehouse }
    quality:
      - { rule: required, columns: [customer], severity: quarantine }
      - { rule: row-count, min: 1 }
    pii: { email: hash }
packs: [data-quality]
tests:
  - { name: who has no customer is set aside, stream: orders, input: in.json, expect: out.jsonl, quarantined: 1 }
`;
const CSV = `id,customer,amount,updated_at,email
1,Ann,10.50,2026-01-01T00:00:00Z,ann@example.org
2,,20,2026-01-02T00:00:00Z,bob@example.org
3,Cem,-5,2026-01-03T00:00:00Z,cem@example.org
`;

const inRoom = (use: (room: EtlRoom) => Promise<void>) =>
  inEtlRoom({ "orders.yaml": PIPELINE, "orders.csv": CSV, "env.yaml": WAREHOUSE }, use);

Deno.test("etl on the command line: run, state, quarantine, export, again, and the document as it is promised", () =>
  inRoom(async ({ dir, write, forge }) => {
    const first = await forge("etl", "run", "orders.yaml", "--env", "env.yaml", "--json");
    assert.equal(first.exit, 0, first.out);
    const document = PipelineDocument.parse(first.json());
    assert.match(document.pipeline, /^orders@[0-9a-f]{12}$/);
    const [stream] = document.streams;
    assert.deepEqual([stream?.read, stream?.accepted, stream?.quarantined, stream?.written], [3, 2, 1, 2]);
    assert.equal(stream?.cursor.after, "2026-01-03T00:00:00Z");
    assert.ok((await Deno.stat(document.evidence?.path ?? "")).isDirectory);

    const held = (await forge("etl", "quarantine", "list", "--json")).json() as {
      rows: { rule: string; locator: string; row: Record<string, unknown> }[];
    };
    assert.deepEqual(held.rows.map(({ rule }) => rule), ["required@1"]);
    assert.match(held.rows[0]?.locator ?? "", /orders\.csv.*3/);
    assert.notEqual(held.rows[0]?.row.email, "bob@example.org");

    const exported = await forge("etl", "export", "orders", "--format", "jsonl");
    const rows = exported.out.trim().split("\n").map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.deepEqual(rows.map(({ id, amount }) => [id, amount]), [["1", "10.50"], ["3", "-5"]]);
    const csv = await forge(
      "etl",
      "export",
      "orders",
      "--format",
      "csv",
      "--out",
      "orders-out.csv",
      "--json",
    );
    assert.equal(csv.json().rows, 2);
    assert.match(
      await Deno.readTextFile(join(dir, "orders-out.csv")),
      /^id,customer,amount,updated_at,email\r\n1,Ann,10\.50,/,
    );

    const parquet = await forge(
      "etl",
      "export",
      "orders",
      "--format",
      "parquet",
      "--out",
      "orders.parquet",
      "--json",
    );
    assert.equal(parquet.json().rows, 2, parquet.out);
    assert.equal((await Deno.readTextFile(join(dir, "orders.parquet"))).slice(0, 4), "PAR1");

    await write("orders.csv", `${CSV}4,Dan,1,2026-01-04T00:00:00Z,\n`);
    const second = await forge("etl", "run", "orders.yaml", "--env", "env.yaml", "--json");
    const again = PipelineDocument.parse(second.json()).streams[0];
    assert.deepEqual([second.exit, again?.written, again?.cursor.before], [0, 1, "2026-01-03T00:00:00Z"]);
    const third = await forge("etl", "run", "orders.yaml", "--env", "env.yaml", "--json");
    assert.equal(third.exit, 0, "that nothing is new is no fault");

    const state = (await forge("etl", "state", "orders", "--json")).json() as {
      streams: { state: { cursor: string } }[];
    };
    assert.equal(state.streams[0]?.state.cursor, "2026-01-04T00:00:00Z");
    await forge("etl", "state", "orders", "--set", "2026-01-02T00:00:00Z");
    assert.match(
      await Deno.readTextFile(join(dir, "data", "audit.jsonl")),
      /"action":"etl.state.set","actor":"tester","object":"orders\/orders".*"after":"2026-01-02T00:00:00Z"/,
    );

    await write("orders.yaml", PIPELINE.replace("columns: [customer]", "columns: [id]"));
    const replayed = await forge("etl", "replay", "orders.yaml", "--env", "env.yaml", "--json");
    assert.deepEqual(
      [replayed.exit, PipelineDocument.parse(replayed.json()).streams[0]?.written],
      [0, 1],
      replayed.out,
    );
    assert.deepEqual((await forge("etl", "quarantine", "list", "--json")).json(), { rows: [] });
  }));

Deno.test("etl test holds fixtures against golden rows", () =>
  inRoom(async ({ write, forge }) => {
    await write(
      "in.json",
      JSON.stringify([{ id: "1", customer: "Ann", updated_at: "2026-01-01" }, {
        id: "2",
        updated_at: "2026-01-01",
      }]),
    );
    await write("out.jsonl", '{"id":"1","customer":"Ann","updated_at":"2026-01-01"}\n');
    assert.equal((await forge("etl", "test", "orders.yaml")).exit, 0);
    await write("untested.yaml", PIPELINE.slice(0, PIPELINE.indexOf("tests:")));
    const untested = await forge("etl", "test", "untested.yaml");
    assert.equal(untested.exit, 2);
    assert.match(untested.err, /it has no tests/);
    await write("out.jsonl", '{"id":"1","customer":"Bob","updated_at":"2026-01-01"}\n');
    const failed = await forge("etl", "test", "orders.yaml", "--json");
    assert.deepEqual([failed.exit, failed.json().passed], [1, false]);
  }));

Deno.test("etl validate and run refuse the same, with every fault at once and exit 2", () =>
  inRoom(async ({ write, forge }) => {
    await write(
      "bad.yaml",
      PIPELINE.replace("connector: file", "connector: fle").replace(
        "packs: [data-quality]",
        "packs: [data-qualty]",
      ).replace("min: 1", "mn: 1"),
    );
    const checked = await forge("etl", "validate", "bad.yaml", "--json");
    const { errors } = checked.json() as { errors: { path: string }[] };
    assert.equal(checked.exit, 2);
    assert.deepEqual(errors.map(({ path }) => path), [
      "streams[0].source.connector",
      "streams[0].quality[1].mn",
      "packs[0]",
    ]);
    assert.equal((await forge("etl", "run", "bad.yaml", "--env", "env.yaml")).exit, 2);
    assert.equal((await forge("etl", "validate", "orders.yaml", "--env", "env.yaml")).exit, 0);
    for (
      const args of [["--mode", "sideways"], ["--from", "2026-01-01"], ["--mode", "backfill"], [
        "--param",
        "x=1",
      ], ["--stream", "nobody"]]
    ) {
      assert.equal(
        (await forge("etl", "run", "orders.yaml", "--env", "env.yaml", ...args)).exit,
        2,
        args.join(" "),
      );
    }
    assert.equal(
      (await forge(
        "etl",
        "run",
        "orders.yaml",
        "--mode",
        "backfill",
        "--from",
        "2026-01-01",
        "--to",
        "2026-01-01",
      )).exit,
      2,
    );
  }));

Deno.test("etl validate names the parameter that is wrong, what would do nothing, and what the environment lacks", () =>
  inRoom(async ({ write, forge }) => {
    const faults = async (source: Record<string, unknown>, connectors: Record<string, unknown> = {}) => {
      const how = { disposition: "merge" };
      await write(
        "p.json",
        JSON.stringify({ id: "p", streams: [{ id: "s", source, primaryKey: ["id"], write: how }] }),
      );
      await write("e.json", JSON.stringify({ connectors }));
      const { errors } = (await forge("etl", "validate", "p.json", "--env", "e.json", "--json")).json() as {
        errors?: { path: string }[];
      };
      return (errors ?? []).map(({ path }) => path);
    };
    const csv = (params: Record<string, unknown>) => ({ connector: "file", resource: "csv", params });
    assert.deepEqual(await faults(csv({ path: "a.csv", delimeter: ";" })), ["streams[0].source.params"]);
    assert.deepEqual(await faults(csv({ glob: "*.csv", onVanished: "delete" })), [
      "streams[0].source.params.onVanished",
    ]);
    const http = { connector: "http", resource: "x", params: { path: "/x", headers: { "x-api-key": "1" } } };
    assert.ok((await faults(http)).includes("streams[0].source.params.headers.x-api-key"));
    assert.deepEqual(
      await faults({ ...http, params: { path: "/x" } }, { http: { baseUrl: "ftp://a.example" } }),
      [
        "connectors.http.baseUrl",
      ],
    );
    const edgar = { connector: "edgar", resource: "companyfacts", params: { ciks: ["1"] } };
    assert.deepEqual(await faults(edgar), ["streams[0].source.connector"]);
    assert.deepEqual(await faults(edgar, { edgar: { userAgent: "Acme data@acme.example" } }), []);
  }));

Deno.test("a rule that blocks is exit 1 with the denial, and the table stays as it was", () =>
  inRoom(async ({ write, forge }) => {
    await forge("etl", "run", "orders.yaml", "--env", "env.yaml");
    await write("orders.csv", `${CSV}4,Dan,1,2026-01-04T00:00:00Z,\n`);
    await write("orders.yaml", PIPELINE.replace("min: 1", "min: 1000"));
    const denied = await forge("etl", "run", "orders.yaml", "--env", "env.yaml", "--json");
    const document = PipelineDocument.parse(denied.json());
    assert.deepEqual([denied.exit, document.status, document.denials[0]?.rule], [
      1,
      "denied",
      "core/D-QUALITY",
    ]);
    assert.equal((await forge("etl", "export", "orders")).out.trim().split("\n").length, 2);
  }));
