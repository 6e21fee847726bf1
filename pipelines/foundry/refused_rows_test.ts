import assert from "node:assert/strict";
import { join } from "node:path";
import { httpPool, httpSink, sqliteSink } from "../../connectors/data/mod.ts";
import { type HttpEndpoint, httpEndpoint } from "../../connectors/testing/mod.ts";
import type { Row } from "../../specs/foundry/mod.ts";
import { acceptPipeline } from "./accept.ts";
import { onStage, type Stage } from "./testing.ts";

const orders = (write: Record<string, unknown>, more: Record<string, unknown> = {}) => ({
  id: "orders",
  streams: [{
    id: "orders",
    source: { connector: "http", resource: "orders", params: { path: "orders" } },
    primaryKey: ["id"],
    cursor: { path: "at" },
    write: { sink: "api", ...write },
    ...more,
  }],
});
const row = (id: number, day: number): Row => ({ id, at: `2026-01-0${day}T00:00:00Z`, name: `n${id}` });
const merge = { disposition: "merge" };
const append = { disposition: "append" };

async function withApi(
  pages: Row[][],
  test: (stage: Stage, server: HttpEndpoint, environment: Record<string, unknown>) => Promise<void>,
): Promise<void> {
  const server = httpEndpoint();
  const pool = httpPool({ clock: { now: () => Date.now(), sleep: () => Promise.resolve() } });
  const dir = await Deno.makeTempDir({ prefix: "api-" });
  try {
    await onStage(
      { orders: pages },
      (stage) =>
        test(stage, server, {
          sinks: { api: { type: "http", url: server.url, batch: 4 } },
          network: { allowPrivate: true },
        }),
      {
        sink: (settings, _folder, network = { allowPrivate: false }) =>
          settings.type === "http"
            ? httpSink(settings, {
              pool,
              network,
              secret: () => "",
              vault: { get: () => Promise.resolve(null), put: () => Promise.resolve() },
              state: join(dir, "api.db"),
              scratch: join(dir, "scratch"),
            })
            : sqliteSink(join(dir, "warehouse.db")),
      },
    );
  } finally {
    pool.close();
    await server.close();
    await Deno.remove(dir, { recursive: true });
  }
}

const refuse = (id: number) => ({ rows }: { rows: readonly Record<string, unknown>[] }) =>
  rows.some((one) => one.id === id || one.number === id)
    ? new Response(`no ${id} for ann@example.org`, { status: 422 })
    : undefined;

Deno.test("rows that an endpoint refuses are counted, kept with their reason, and taken in by a replay once it takes them", () =>
  withApi([[row(1, 1), row(2, 2)], [row(3, 3)]], async (stage, server, environment) => {
    server.before = refuse(2);
    // The row is kept as it was to be sent: a replay does not derive and rename once more.
    const pipeline = orders(append, {
      cursor: { path: "at" },
      primaryKey: undefined,
      transforms: [{ op: "derive", column: "name", expression: "name + '!'" }, {
        op: "rename",
        columns: { id: "number" },
      }],
    });
    const document = await stage.run(JSON.parse(JSON.stringify(pipeline)), { environment });
    const [stream] = document.streams;
    assert.equal(document.status, "completed", JSON.stringify(document));
    assert.deepEqual([stream?.accepted, stream?.written, stream?.deduped, stream?.dead], [3, 2, 0, 1]);
    assert.equal(stream?.cursor.after, "2026-01-03T00:00:00Z");
    assert.ok(document.notes.some((note) => /refused 1 rows/.test(note)), document.notes.join());
    const list = () => stage.ports.records.quarantine.list({ pipeline: "orders", replayed: false });
    const [held] = await list();
    assert.deepEqual([held?.rule, (held?.row as Row).number], ["refused@1", 2]);
    assert.match(held?.reason ?? "", /answers 422: no 2 for ann/);

    // Refused once more: it stays open, as one row.
    await stage.run(JSON.parse(JSON.stringify(pipeline)), { environment, replay: true });
    assert.deepEqual((await list()).map(({ row: kept }) => (kept as Row).number), [2]);

    server.before = () => {};
    const replay = await stage.run(JSON.parse(JSON.stringify(pipeline)), { environment, replay: true });
    assert.deepEqual([replay.streams[0]?.read, replay.streams[0]?.written, replay.streams[0]?.dead], [
      1,
      1,
      undefined,
    ]);
    assert.deepEqual(server.taken.map(({ number, name }) => [number, name]).sort(), [[1, "n1!"], [2, "n2!"], [
      3,
      "n3!",
    ]]);
    assert.deepEqual(await list(), []);
  }));

Deno.test("what an endpoint says of a row with personal data is not kept: it may quote it", () =>
  withApi([[row(1, 1), row(2, 2)]], async (stage, server, environment) => {
    server.before = refuse(2);
    await stage.run(orders(merge, { pii: { name: "mask" } }), { environment });
    const [held] = await stage.ports.records.quarantine.list({ pipeline: "orders" });
    assert.equal(held?.reason, "the endpoint answers 422");
    assert.notEqual((held?.row as Row).name, "n2");
  }));

Deno.test("an append to an endpoint sends what lies at the boundary of two windows once", () =>
  withApi([[row(1, 1), row(2, 2), row(3, 2)]], async (stage, server, environment) => {
    const pipeline = orders(append, { cursor: { path: "at", lag: "P1D" } });
    await stage.run(pipeline, { environment });
    stage.source.pages = { orders: [[row(1, 1), row(2, 2), row(3, 2), row(4, 2), row(5, 3)]] };
    const second = await stage.run(pipeline, { environment });
    assert.deepEqual([second.streams[0]?.written, second.streams[0]?.deduped], [2, 3]);
    assert.deepEqual(server.taken.map(({ id }) => id), [1, 2, 3, 4, 5]);
  }));

Deno.test("a process that dies between the last answer and the books publishes once and keeps the refused rows", () =>
  withApi([[row(1, 1), row(2, 2), row(3, 3)]], async (stage, server, environment) => {
    server.before = refuse(2);
    let crashed = false;
    stage.onFault = (point) => {
      if (point !== "published" || crashed) return;
      crashed = true;
      throw new Error("power cut");
    };
    const run = await stage.submit(orders(merge), { environment });
    await stage.engine.settled(run);
    const document = await stage.document(run);
    assert.equal(document.status, "completed", JSON.stringify(document.failure));
    assert.deepEqual([document.streams[0]?.written, document.streams[0]?.dead], [2, 1]);
    assert.deepEqual(server.taken.map(({ id }) => id), [1, 3]);
    assert.equal((await stage.ports.records.quarantine.list({ pipeline: "orders" })).length, 1);
  }));

Deno.test("a full refresh over HTTP sends a merge again, and refuses to append everything twice", () =>
  withApi([[row(1, 1), row(2, 2)]], async (stage, server, environment) => {
    await stage.run(orders(merge), { environment });
    const full = await stage.run(orders(merge), { environment, mode: "full" });
    assert.deepEqual([full.status, full.streams[0]?.written], ["completed", 2], JSON.stringify(full.failure));
    assert.equal(server.taken.length, 4);
    const other = { ...orders(append), id: "appended" };
    assert.equal((await stage.run(other, { environment, mode: "full" })).status, "completed");
    const again = await stage.run(other, { environment, mode: "full" });
    assert.equal(again.status, "failed");
    assert.match(again.failure?.message ?? "", /was sent to .* before/);
    assert.equal(server.taken.length, 6);
  }));

Deno.test("validation names what an endpoint or a bucket cannot be asked, with its place", async () => {
  await withApi([], async (stage) => {
    const secretValue = "AKIAIOSFODNN7EXAMPLE-and-more-of-it";
    const problems = async (pipeline: Record<string, unknown>, sink: Record<string, unknown>) => {
      const accepted = await acceptPipeline(stage.ports, {
        pipeline,
        folder: stage.dir,
        environment: { sinks: { api: sink } },
        requester: "tester",
      });
      const causes = accepted.ok ? [] : accepted.error.causes ?? [];
      assert.ok(!JSON.stringify(causes).includes(secretValue));
      return causes.map(({ path }) => path ?? "");
    };
    const http = { type: "http", url: "https://api.example.org/rows" };
    const s3 = {
      type: "s3",
      endpoint: "https://s3.eu-central-1.amazonaws.com",
      bucket: "lake",
      accessKeyId: "env:ID",
      secretAccessKey: "env:KEY",
    };
    assert.deepEqual(await problems(orders(merge), http), []);
    assert.deepEqual(await problems(orders(append), s3), []);
    assert.deepEqual(await problems(orders({ disposition: "replace" }), s3), []);
    const census = orders({ ...merge, deletes: "census" });
    for (
      const [pipeline, sink, path] of [
        [orders({ disposition: "replace" }), http, "streams[0].write.disposition"],
        [orders({ disposition: "scd2" }), http, "streams[0].write.disposition"],
        [census, http, "streams[0].write.deletes"],
        [orders(merge), { ...http, url: "ftp://api.example.org" }, "sinks.api.url"],
        [orders(merge), { ...http, url: "https://user:pass@api.example.org" }, "sinks.api.url"],
        [orders(merge), { ...http, auth: { type: "bearer", token: secretValue } }, "sinks.api.auth.token"],
        [orders(merge), { ...http, batch: 0 }, "sinks.api.batch"],
        [orders(merge), { ...http, retries: 3 }, "sinks.api.retries"],
        [orders(append), { ...s3, secretAccessKey: secretValue }, "sinks.api.secretAccessKey"],
        [orders(append), { ...s3, accessKeyId: secretValue }, "sinks.api.accessKeyId"],
        [orders(append), { ...s3, sessionToken: secretValue }, "sinks.api.sessionToken"],
        [orders(append), { ...s3, bucket: "a/b" }, "sinks.api.bucket"],
        [orders(append), { ...s3, prefix: "a/../b" }, "sinks.api.prefix"],
        [orders(append), { ...s3, prefix: "/a" }, "sinks.api.prefix"],
        [orders(append), { ...s3, endpoint: "s3.example.org" }, "sinks.api.endpoint"],
        [orders(append), { ...s3, endpoint: "https://s3.example.org/?x=1" }, "sinks.api.endpoint"],
        [orders(append), { ...s3, addressing: "both" }, "sinks.api.addressing"],
        [orders(append), { ...s3, format: "xml" }, "sinks.api.format"],
      ] as const
    ) {
      const found = await problems(pipeline, sink);
      assert.ok(found.length > 0 && found.every((one) => one === path), `${path}: ${found.join()}`);
    }
    const long = "a".repeat(400) + "!";
    assert.deepEqual(await problems(orders(append), { ...s3, prefix: long }), ["sinks.api.prefix"]);
  });
});
