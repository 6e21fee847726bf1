import assert from "node:assert/strict";
import { join } from "node:path";
import { DataFailure, type Sink, sqliteSink } from "../../connectors/data/mod.ts";
import type { Row, SinkSettings } from "../../specs/foundry/mod.ts";
import { hiddenWords, knownCredentials } from "./credentials.ts";
import { onStage, type Stage } from "./testing.ts";

const TOKEN = "tok-5f2c81aa9e7d40b6";
const rows: Row[] = [{ id: 1, name: "a" }, { id: 2, name: `echo ${TOKEN}` }];
const pipeline = {
  id: "orders",
  streams: [{
    id: "orders",
    source: { connector: "http", resource: "orders", params: { path: "orders" } },
    primaryKey: ["id"],
    write: { disposition: "merge", sink: "api" },
    quality: [{ rule: "foreign-key", columns: ["id"], table: "known", references: ["id"] }],
  }],
};
const environment = {
  sinks: { api: { type: "http", url: "https://api.example", auth: { type: "bearer", token: "env:API" } } },
};

/** A warehouse in the place of an endpoint, with a fault of its own. */
function withSink(
  given: Row[],
  fault: (sink: Sink) => Partial<Sink>,
  test: (stage: Stage) => Promise<void>,
): Promise<void> {
  let dir = "";
  return onStage({ orders: [given] }, (stage) => {
    dir = stage.dir;
    return test(stage);
  }, {
    secret: () => TOKEN,
    sink: (_settings: SinkSettings) => {
      const sink = sqliteSink(join(dir, "warehouse.db"));
      return { ...sink, ...fault(sink) };
    },
  });
}

const lost = (kind: "transient" | "permanent" | "auth") => () => {
  // As a client tells it that shortens what a server said.
  throw new DataFailure(kind, `The sink said: ${TOKEN.slice(0, 14)}…`, `Look at ${TOKEN}`);
};

for (const [kind, reads] of [["permanent", 1], ["auth", 1], ["transient", 2]] as const) {
  Deno.test(`a sink that fails (${kind}) while rows are judged is told by its class, tried again only when that may help`, () => {
    let count = 0;
    return withSink([{ id: 1 }], () => ({
      // deno-lint-ignore require-yield -- there is no row to give
      async *read() {
        await Promise.resolve();
        count++;
        if (kind !== "transient" || count < 2) lost(kind)();
      },
      schema: () => Promise.resolve({ id: { type: "integer", nullable: true } }),
    }), async (stage) => {
      const document = await stage.run(pipeline, { environment });
      assert.equal(count, reads);
      if (kind === "transient") return;
      assert.equal(document.status, "failed");
      assert.equal(document.failure?.class, "external", JSON.stringify(document.failure));
      assert.doesNotMatch(JSON.stringify(document), /tok-5f2c/);
      assert.match(document.failure?.message ?? "", /The sink said: /);
    });
  });
}

Deno.test("a credential of a sink is hidden in rows, also when no source uses it, and in what the sink says of itself", () =>
  withSink(rows, () => ({ publish: lost("permanent") }), async (stage) => {
    const plain = { ...pipeline, streams: [{ ...pipeline.streams[0], quality: [] }] };
    const echoed = await stage.run(plain, { environment });
    assert.equal(echoed.status, "denied", JSON.stringify(echoed));
    assert.deepEqual(echoed.denials.map(({ rule }) => rule), ["core/D-SECRET"]);
    stage.source.pages.orders = [[{ id: 1, name: "a" }]];
    const refused = await stage.run(plain, { environment });
    assert.equal(refused.status, "failed");
    assert.match(refused.failure?.message ?? "", /Cannot publish orders: The sink said/);
    const found: string[] = [];
    for await (const path of files(stage.dir)) {
      const text = new TextDecoder("latin1").decode(await Deno.readFile(path));
      if (text.includes(TOKEN.slice(0, 12))) found.push(path);
    }
    assert.deepEqual(found, []);
  }));

Deno.test("what a source shows of a row that it could not read may be cut: a credential's beginning is hidden in it too", () =>
  withSink([], () => ({}), async (stage) => {
    stage.source.read = async function* () {
      await Promise.resolve();
      const shown = `${"x".repeat(20)}${TOKEN.slice(0, 15)}... (9000 characters)`;
      yield {
        rows: [{ id: 1, name: "a" }],
        bad: [{ reason: `no row: ${shown}`, rule: "ragged", locator: `sim://${TOKEN}`, row: ["a", shown] }],
        locate: () => "sim://x",
        raw: null,
        next: null,
      };
      return { status: "complete" };
    };
    const plain = { ...pipeline, streams: [{ ...pipeline.streams[0], quality: [] }] };
    assert.equal((await stage.run(plain, { environment })).status, "completed");
    const [kept] = await stage.ports.records.quarantine.list({});
    assert.match(kept?.reason ?? "", /^no row: x{20}/);
    assert.doesNotMatch(JSON.stringify(kept), /tok-5f2c/);
  }));

Deno.test("words about a failure lose a credential that was cut, and no word besides", () => {
  const secrets = new Set(["tok-5f2c81aa9e7d40b6", "secret", "postgres://load:pw@db/lake"]);
  const cases: [string, string][] = [
    ["it said tok-5f2c81aa9…", "it said [hidden]…"],
    ["it said tok-5f2c81aa9e7d40b6 and tok-5f2c81aa9e", "it said [hidden] and [hidden]"],
    [
      "the connection to postgres://db:5432/lake was lost",
      "the connection to postgres://db:5432/lake was lost",
    ],
    ["tok-5f is too short to be told from a word", "tok-5f is too short to be told from a word"],
  ];
  for (const [text, expected] of cases) {
    assert.equal(hiddenWords(text, secrets).replaceAll(/\[[^\]]*\]|\*+/g, "[hidden]"), expected);
  }
});

Deno.test("only what the pipeline's own streams use is a credential of its run; what is not set is left out", () => {
  const known = knownCredentials(
    {
      secret: (reference) => {
        if (reference === "env:UNSET") throw new DataFailure("auth", "not set", "");
        return `value-of-${reference.slice(4)}`;
      },
    },
    {
      pipeline: { streams: [{ source: { connector: "http" }, write: { sink: "a" } }] },
      environment: {
        connectors: {
          http: { auth: { type: "basic", token: "env:ONE" }, headers: { x: "env:UNSET" } },
          jira: { auth: { type: "bearer", token: "env:TWO" } },
        },
        sinks: { a: { type: "http", url: "https://h", auth: { type: "bearer", token: "env:THREE" } } },
      },
    } as unknown as Parameters<typeof knownCredentials>[1],
  );
  assert.ok(known.has("value-of-ONE") && known.has("value-of-THREE"));
  assert.ok(![...known].some((form) => form.includes("TWO") || form.includes("UNSET")));
});

async function* files(dir: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(dir)) {
    if (entry.isDirectory) yield* files(join(dir, entry.name));
    else yield join(dir, entry.name);
  }
}
