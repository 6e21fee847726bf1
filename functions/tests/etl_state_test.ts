import assert from "node:assert/strict";
import { join } from "node:path";
import { type EtlRoom, inEtlRoom, WAREHOUSE } from "./etl_room.ts";

const PIPELINE = `id: orders
sla: { freshnessHours: 26 }
streams:
  - id: orders
    source: { connector: file, resource: csv, params: { path: orders.csv } }
    primaryKey: [id]
    cursor: { path: at, type: datetime }
    write: { disposition: merge, sink: warehouse }
    quality: [ { rule: row-count, max: 3 } ]
  - id: plain
    source: { connector: file, resource: csv, params: { path: orders.csv } }
    write: { disposition: append, sink: warehouse }
`;

const ORDERS = "id,at\n1,2026-01-01T00:00:00Z\n2,2026-01-02T00:00:00Z\n";

const inRoom = (use: (room: EtlRoom) => Promise<void>) =>
  inEtlRoom({ "orders.yaml": PIPELINE, "orders.csv": ORDERS, "env.yaml": WAREHOUSE }, use);

Deno.test("a stream that is not there is named, with those that are", () =>
  inRoom(async ({ forge }) => {
    await forge("etl", "run", "orders.yaml", "--env", "env.yaml");
    const unknown = await forge("etl", "state", "orders", "--stream", "ordres");
    assert.equal(unknown.exit, 2);
    assert.match(unknown.err, /'ordres'[^]*One of: (orders, plain|plain, orders)/);
    assert.match((await forge("etl", "state", "nothing")).err, /no state of a pipeline 'nothing'/);
  }));

Deno.test("a cursor is set by hand only to a value of its type, and never to a time to come", () =>
  inRoom(async ({ dir, forge }) => {
    assert.equal((await forge("etl", "run", "orders.yaml", "--env", "env.yaml")).exit, 0);
    const set = (value: string, stream = "orders") =>
      forge("etl", "state", "orders", "--stream", stream, "--set", value);
    for (
      const [value, says] of [["42", /of type datetime/], ["2026-02-31", /of type datetime/], [
        "2999-01-01",
        /time to come/,
      ]] as const
    ) {
      const refused = await set(value);
      assert.deepEqual([refused.exit, says.test(refused.err)], [2, true], refused.err);
      assert.match(refused.err, /2026-01-31T00:00:00Z|Give a time that has passed/);
    }
    assert.match((await set("2026-01-01", "plain")).err, /has no cursor/);
    assert.equal((await set("2026-01-01")).exit, 0);
    const { streams } = (await forge("etl", "state", "orders", "--stream", "orders", "--json")).json() as {
      streams: { state: { cursor: string } }[];
    };
    assert.equal(streams[0]?.state.cursor, "2026-01-01");
    const lines = (await Deno.readTextFile(join(dir, "data", "audit.jsonl"))).trim().split("\n");
    assert.equal(lines.length, 1, "what was refused changed nothing");
    // The connector's memory of the file went with the old place: it is read again.
    const again = (await forge("etl", "run", "orders.yaml", "--env", "env.yaml", "--json")).json() as {
      streams: { stream: string; read: number }[];
    };
    assert.deepEqual(again.streams.map(({ read }) => read), [2, 0]);
  }));

Deno.test("an environment with an unknown connector or key is refused, with the name that was meant", () =>
  inRoom(async ({ dir, forge }) => {
    await Deno.writeTextFile(
      join(dir, "bad.yaml"),
      "conectors: {}\nconnectors: { gihub: { baseUrl: 'https://a.example' }, jira: { timeoutSecond: 5 }, nothing-like-it: {} }\nsinks: { warehouse: { type: sqlite, path: w.db, pth: x } }\n",
    );
    const checked = await forge("etl", "validate", "orders.yaml", "--env", "bad.yaml", "--json");
    const { errors } = checked.json() as { errors: { path: string; remedy: string; line: number }[] };
    assert.equal(checked.exit, 2);
    const remedies = Object.fromEntries(
      errors.map(({ path, remedy }) => [path.replace(/^environment\./, ""), remedy]),
    );
    assert.match(remedies["connectors.gihub"] ?? "", /did you mean github\?/, JSON.stringify(errors));
    assert.match(
      remedies["connectors.nothing-like-it"] ?? remedies['connectors["nothing-like-it"]'] ?? "",
      /use one of: .*jira/,
    );
    assert.match(remedies["connectors.jira.timeoutSecond"] ?? "", /did you mean timeoutSeconds\?/);
    assert.match(remedies.conectors ?? "", /did you mean connectors\?/);
    assert.match(remedies["sinks.warehouse.pth"] ?? "", /did you mean path\?/);
    assert.equal((await forge("etl", "run", "orders.yaml", "--env", "bad.yaml")).exit, 2);
    const served = await forge("serve", "--env", "bad.yaml", "--port", "0");
    assert.equal(served.exit, 2, served.out);
    assert.match(served.err, /unknown|not in this version|not known|conectors/i);
  }));

Deno.test("etl list tells the freshness that was promised and the staging that is kept", () =>
  inRoom(async ({ dir, forge }) => {
    await forge("etl", "run", "orders.yaml", "--env", "env.yaml");
    await Deno.writeTextFile(
      join(dir, "orders.csv"),
      ["id,at", ...[1, 2, 3, 4, 5].map((n) => `${n},2026-01-0${n}T00:00:00Z`)].join("\n") + "\n",
    );
    const denied = await forge("etl", "run", "orders.yaml", "--env", "env.yaml", "--json");
    assert.equal(denied.json().status, "denied", denied.out);
    const listed = await forge("etl", "list");
    assert.match(listed.out, /fresh within 26 h \(last success \d{4}-/);
    assert.match(
      listed.out,
      /staging: \d+\.\d MB in 1 place\n {2}run_\S+ {2}orders {2}denied .*held: its rows can be looked at; taken away from/,
    );
    const { staging, freshness } = (await forge("etl", "list", "--json")).json() as {
      staging: { bytes: number; status: string }[];
      freshness: { staleSince: string | null }[];
    };
    assert.deepEqual([staging.map(({ status }) => status), freshness[0]?.staleSince], [["denied"], null]);
    assert.ok(Number(staging[0]?.bytes) > 100);
  }));
