import assert from "node:assert/strict";
import type { Row } from "../../specs/foundry/mod.ts";
import { DataFailure } from "../data/port.ts";
import { httpSink } from "./http.ts";
import { sinkConformance } from "./testing/conformance.ts";
import { type EndpointPlace, SECRET, withEndpoint } from "./testing/http_place.ts";
import type { Received } from "./testing/http_server.ts";
import { EMPTY_STATE, rowOf, stagedLoad } from "./testing/staged.ts";

const never = new AbortController().signal;
const rows = (count: number, from = 1) => Array.from({ length: count }, (_, at) => rowOf(from + at));
const ids = (list: readonly Record<string, unknown>[]) => list.map((row) => row.id);
const isFailure = (kind: string, words: RegExp) => (error: unknown): boolean => {
  assert.ok(error instanceof DataFailure, String(error));
  assert.deepEqual([error.kind, words.test(error.message)], [kind, true], `${error.kind}: ${error.message}`);
  assert.ok(!`${error.message} ${error.remedy}`.includes(SECRET));
  return true;
};
const open = (
  place: EndpointPlace,
  more: Partial<EndpointPlace["settings"]> = {},
  fault?: (at: string) => void,
) =>
  httpSink({ ...place.settings, ...more }, fault === undefined ? place.options : { ...place.options, fault });

sinkConformance("http sink", {
  session: (test) =>
    withEndpoint((place) =>
      test({
        open: (fault) =>
          httpSink(place.settings, fault === undefined ? place.options : { ...place.options, fault }),
      })
    ),
  without: ["read", "scd2", "deletes", "origins", "overlap"],
});

Deno.test("http sink: batches in order, each under a key of its own, with table and disposition told, as an array or by lines", () =>
  withEndpoint(async (place) => {
    const { server } = place;
    const load = await stagedLoad(place.dir, "k1", rows(5));
    const published = await open(place, { url: `${server.url}/{table}?x=1` }).publish(load, never);
    assert.deepEqual([published.written, published.deduped, published.outputs[0]?.rows], [5, 0, 5]);
    assert.deepEqual(server.received.map(({ rows }) => ids(rows)), [[1, 2], [3, 4], [5]]);
    assert.equal(new Set(server.received.map(({ key }) => key)).size, 3);
    assert.match(server.received[0]?.key ?? "", /^[0-9a-f]{64}$/);
    const { headers, path } = server.received[0] as Received;
    assert.equal(path, "/rows/orders?x=1");
    assert.deepEqual(
      ["forge-table", "forge-stream", "forge-disposition", "content-type"].map((name) => headers.get(name)),
      ["orders", "orders", "append", "application/json"],
    );
    const next = await stagedLoad(place.dir, "k2", rows(3, 10), { after: "k1" });
    await open(place, { url: `${server.url}/{table}?x=1`, format: "ndjson", batchBytes: 1_000, batch: 100 })
      .publish(next, never);
    assert.deepEqual(ids(server.received.at(-1)?.rows ?? []), [10, 11, 12]);
    assert.equal(server.received.at(-1)?.headers.get("content-type"), "application/x-ndjson");
  }));

Deno.test("http sink: batches are bounded by bytes too, and a row beyond the bound travels alone", () =>
  withEndpoint(async (place) => {
    const wide = [
      rowOf(1, { name: "x".repeat(400) }),
      rowOf(2, { name: "y".repeat(400) }),
      rowOf(3, { name: "z".repeat(3000) }),
      rowOf(4),
    ];
    await open(place, { batch: 100, batchBytes: 1_000 }).publish(
      await stagedLoad(place.dir, "k1", wide),
      never,
    );
    assert.deepEqual(place.server.received.map(({ rows }) => ids(rows)), [[1, 2], [3], [4]]);
  }));

Deno.test("http sink: of two rows with one key only the one that stays is sent, the other counts as deduplicated", () =>
  withEndpoint(async (place) => {
    const load = await stagedLoad(place.dir, "k1", [
      rowOf(1, { name: "a" }),
      rowOf(2),
      rowOf(1, { name: "b" }),
    ], {
      disposition: "merge",
    });
    const published = await open(place).publish(load, never);
    assert.deepEqual([published.written, published.deduped], [2, 1]);
    assert.deepEqual(place.server.taken.map((row) => [row.id, row.name]).sort(), [[1, "b"], [2, null]]);
    assert.equal(place.server.received[0]?.headers.get("forge-primary-key"), "id");
  }));

Deno.test("http sink: after a crash it goes on at the first batch without an answer, under the same keys", () =>
  withEndpoint(async (place) => {
    const { server } = place;
    for (const [point, count] of [["batch", 2], ["sent", 1]] as const) {
      const key = `k-${point}`;
      const stream = `s-${point}`;
      server.received.length = 0;
      server.taken.length = 0;
      const load = await stagedLoad(place.dir, key, rows(7), { stream });
      let reached = 0;
      const crash = (at: string) => {
        if (at === point && ++reached === count) throw new Error("power cut");
      };
      await assert.rejects(open(place, {}, crash).publish(load, never), /power cut/);
      assert.equal(await open(place).state("shop", stream), null);
      assert.equal((await open(place).publish(load, never)).written, 7);
      assert.equal(server.received.length, 4, "no batch twice");
      assert.deepEqual(ids(server.taken), [1, 2, 3, 4, 5, 6, 7]);
      assert.equal((await open(place).publish(load, never)).existed, true);
      assert.equal(server.received.length, 4);
    }
  }));

Deno.test("http sink: a batch whose answer was lost is sent again under its key, so that the endpoint takes it once", () =>
  withEndpoint(async (place) => {
    const { server } = place;
    let lost = 0;
    // Taken, and then the process dies: the answer is an abort.
    const abort = new AbortController();
    server.after = () => {
      if (++lost !== 2) return;
      abort.abort(new Error("killed"));
      return new Promise((done) => setTimeout(() => done(new Response()), 50));
    };
    const load = await stagedLoad(place.dir, "k1", rows(6));
    await assert.rejects(open(place).publish(load, abort.signal), /killed/);
    await open(place).publish(load, never);
    assert.deepEqual(server.received.map(({ rows }) => ids(rows)), [[1, 2], [3, 4], [3, 4], [5, 6]]);
    assert.equal(server.received[1]?.key, server.received[2]?.key);
    assert.deepEqual(ids(server.taken), [1, 2, 3, 4, 5, 6]);
  }));

Deno.test("http sink: a later run that brings the same rows after a failed one sends only what was not acknowledged", () =>
  withEndpoint(async (place) => {
    const { server } = place;
    server.before = ({ rows }) => ids(rows).includes(5) ? new Response("no", { status: 500 }) : undefined;
    await assert.rejects(
      open(place).publish(await stagedLoad(place.dir, "k1", rows(6)), never),
      isFailure("transient", /500.*4 tries/),
    );
    server.before = () => {};
    const sent = server.received.length;
    await open(place).publish(await stagedLoad(place.dir, "k2", rows(6)), never);
    assert.deepEqual(server.received.slice(sent).map(({ rows }) => ids(rows)), [[5, 6]]);
    assert.deepEqual(ids(server.taken), [1, 2, 3, 4, 5, 6]);
    // Another content at the same place has another key.
    server.before = ({ rows }) => ids(rows).includes(13) ? new Response("no", { status: 500 }) : undefined;
    await assert.rejects(
      open(place).publish(await stagedLoad(place.dir, "k3", rows(4, 10), { after: "k2" }), never),
    );
    server.before = () => {};
    await open(place).publish(await stagedLoad(place.dir, "k4", rows(4, 20), { after: "k2" }), never);
    assert.deepEqual(ids(server.taken).slice(6), [10, 11, 20, 21, 22, 23]);
  }));

Deno.test("http sink: a refused batch is cut down to the rows that are refused; they are dead letters and everything is accounted for", () =>
  withEndpoint(async (place) => {
    const { server } = place;
    server.before = ({ rows }) =>
      rows.some((row) => row.name === "bad")
        ? Response.json({ error: "name is bad" }, { status: 422 })
        : undefined;
    const given = rows(9).map((row) =>
      [3, 8].includes(Number(row.id)) ? { ...row, name: "bad" } : row
    ) as Row[];
    const sink = open(place, { batch: 8 });
    const load = await stagedLoad(place.dir, "k1", given);
    const published = await sink.publish(load, never);
    assert.deepEqual([published.written, published.deduped, published.dead?.length], [7, 0, 2]);
    assert.deepEqual(ids(server.taken), [1, 2, 4, 5, 6, 7, 9]);
    assert.deepEqual(published.dead?.map(({ row, locator }) => [(row as Row).id, locator]), [
      [3, "load k1, batch 0, row 2"],
      [8, "load k1, batch 0, row 7"],
    ]);
    assert.match(published.dead?.[0]?.reason ?? "", /answers 422: \{"error":"name is bad"\}/);
    assert.equal((await sink.state("shop", "orders"))?.rows, 7);
    const again = await sink.find("shop", "orders", "k1");
    assert.deepEqual([again?.written, again?.dead], [7, published.dead], "a restart tells them too");
  }));

Deno.test("http sink: a crash while a batch is cut in halves loses nothing and asks for no half twice", () =>
  withEndpoint(async (place) => {
    const { server } = place;
    const abort = new AbortController();
    server.before = ({ rows }) => {
      if (ids(rows).includes(7) && !abort.signal.aborted && rows.length === 1) {
        abort.abort(new Error("killed"));
      }
      return ids(rows).includes(7) ? new Response("no seven", { status: 400 }) : undefined;
    };
    const load = await stagedLoad(place.dir, "k1", rows(8));
    await assert.rejects(open(place, { batch: 8 }).publish(load, abort.signal), /killed/);
    const sent = server.received.map(({ rows }) => ids(rows).join());
    const published = await open(place, { batch: 8 }).publish(load, never);
    assert.deepEqual([published.written, published.dead?.length], [7, 1]);
    assert.deepEqual(server.received.slice(sent.length).map(({ rows }) => ids(rows).join()), ["7", "8"]);
    assert.deepEqual(ids(server.taken), [1, 2, 3, 4, 5, 6, 8]);
  }));

Deno.test("http sink: an endpoint that refuses too many rows stops the load, and a mended one gets them with the next run", () =>
  withEndpoint(async (place) => {
    const { server } = place;
    server.before = ({ rows }) =>
      ids(rows).some((id) => Number(id) > 2) ? new Response("closed", { status: 400 }) : undefined;
    const sink = open(place, { deadLetters: 1 });
    await assert.rejects(
      sink.publish(await stagedLoad(place.dir, "k1", rows(6)), never),
      isFailure("permanent", /refuses 2 rows, and at most 1/),
    );
    assert.equal(await sink.state("shop", "orders"), null);
    server.before = () => {};
    const published = await sink.publish(await stagedLoad(place.dir, "k2", rows(6)), never);
    assert.deepEqual([published.written, published.dead], [6, undefined]);
    assert.deepEqual(ids(server.taken), [1, 2, 3, 4, 5, 6]);
  }));

Deno.test("http sink: rows that a 2xx answer tells as not taken are dead letters; an answer that makes no sense stops the load", () =>
  withEndpoint(async (place) => {
    const { server } = place;
    const rejected = { path: "errors", index: "at", reason: "why" };
    const sink = open(place, { rejected, batch: 3 });
    server.after = ({ rows }) =>
      Response.json(ids(rows).includes(2) ? { errors: [{ at: 1, why: "duplicate" }] } : { errors: [] }, {
        status: 207,
      });
    const published = await sink.publish(await stagedLoad(place.dir, "k1", rows(5)), never);
    assert.deepEqual(
      [published.written, published.dead?.map(({ row, reason }) => [(row as Row).id, reason])],
      [
        4,
        [[2, "the endpoint did not take it: duplicate"]],
      ],
    );
    for (const answer of [{ errors: [{ at: 9 }] }, { errors: "all" }, { errors: [{}] }]) {
      server.after = () => Response.json(answer);
      await assert.rejects(
        sink.publish(await stagedLoad(place.dir, "k2", rows(1, 50), { after: "k1" }), never),
        isFailure("contract", /not as `rejected`/),
      );
    }
  }));

Deno.test("http sink: 408, 429, 5xx and 409 are tried again; Retry-After is kept up to the bound, beyond it the load fails with its end", () =>
  withEndpoint(async (place) => {
    const { server, waits } = place;
    const answers = [
      new Response(null, { status: 429, headers: { "retry-after": "7" } }),
      new Response(null, { status: 503 }),
      new Response(null, { status: 408 }),
      new Response("still working on it", { status: 409 }),
    ];
    server.before = () => answers.shift();
    await open(place).publish(await stagedLoad(place.dir, "k1", rows(2)), never);
    assert.equal(server.received.length, 5);
    assert.equal(new Set(server.received.map(({ key }) => key)).size, 1);
    assert.ok(waits.some((ms) => ms >= 6_000), String(waits));
    server.before = () => new Response(null, { status: 429, headers: { "retry-after": "86400" } });
    const more = await stagedLoad(place.dir, "k2", rows(2, 5), { after: "k1" });
    await assert.rejects(open(place).publish(more, never), (error: DataFailure) => {
      assert.ok((error.more.untilMs ?? 0) > Date.now() + 3600_000);
      return isFailure("rate-limited", /429/)(error);
    });
    assert.deepEqual(ids(server.taken), [1, 2]);
  }));

Deno.test("http sink: answers about the request or the credential stop the load at once; no row becomes a dead letter by them", () =>
  withEndpoint(async (place) => {
    const { server } = place;
    const kinds = {
      401: "auth",
      403: "auth",
      404: "not-found",
      405: "permanent",
      410: "not-found",
      415: "permanent",
      451: "permanent",
    };
    for (const [status, kind] of Object.entries(kinds)) {
      server.received.length = 0;
      server.before = () => new Response(`you sent ${SECRET}`, { status: Number(status) });
      const sink = open(place, { auth: { type: "bearer", token: "env:TOKEN" } });
      await assert.rejects(
        sink.publish(await stagedLoad(place.dir, "k1", rows(3)), never),
        isFailure(kind, new RegExp(status)),
      );
      assert.equal(server.received.length, 1);
      assert.equal(server.received[0]?.headers.get("authorization"), `Bearer ${SECRET}`);
    }
    assert.equal(await open(place).state("shop", "orders"), null);
  }));

Deno.test("http sink: a redirect that would turn the POST into a GET, or lead to another host, is a failure", () =>
  withEndpoint(async (place) => {
    const { server } = place;
    const to = (status: number, location: string) => {
      server.received.length = 0;
      server.before = ({ path }) =>
        path === "/rows" ? new Response(null, { status, headers: { location } }) : undefined;
    };
    for (const status of [301, 302, 303]) {
      to(status, "/elsewhere");
      await assert.rejects(
        open(place).publish(await stagedLoad(place.dir, "k1", rows(1)), never),
        isFailure("permanent", /redirects/),
      );
      assert.equal(server.received.length, 1);
    }
    to(308, "http://localhost:1/other");
    await assert.rejects(
      open(place).publish(await stagedLoad(place.dir, "k1", rows(1)), never),
      isFailure("refused", /another host/),
    );
    to(308, "/moved");
    await open(place).publish(await stagedLoad(place.dir, "k1", rows(1)), never);
    assert.deepEqual(server.received.map(({ path }) => path), ["/rows", "/moved"]);
  }));

Deno.test("http sink: an endless answer is cut off, and private addresses are refused", () =>
  withEndpoint(async (place) => {
    const block = new Uint8Array(1024 * 1024);
    place.server.before = () =>
      new Response(new ReadableStream({ pull: (controller) => controller.enqueue(block) }));
    await assert.rejects(
      open(place).publish(await stagedLoad(place.dir, "k1", rows(1)), never),
      isFailure("limit", /larger than/),
    );
    const guarded = httpSink(place.settings, { ...place.options, network: { allowPrivate: false } });
    place.server.received.length = 0;
    await assert.rejects(
      guarded.publish(await stagedLoad(place.dir, "k1", rows(1)), never),
      isFailure("refused", /public internet/),
    );
    assert.equal(place.server.received.length, 0);
  }));

Deno.test("http sink: an append whose window reaches back sends no row twice, and forgets what cannot come again", () =>
  withEndpoint(async (place) => {
    const day = (id: number, at: number): Row => rowOf(id, { at: `2026-01-0${at}T00:00:00Z` });
    const from = (at: number) => ({ column: "at", from: `2026-01-0${at}T00:00:00Z` });
    const sink = open(place);
    await sink.publish(
      await stagedLoad(place.dir, "k1", [day(1, 1), day(2, 3), day(3, 3)], { remember: from(3) }),
      never,
    );
    const second = await sink.publish(
      await stagedLoad(place.dir, "k2", [day(2, 3), day(3, 3), day(3, 3), day(4, 5)], {
        after: "k1",
        overlap: from(3),
        remember: from(5),
        state: { ...EMPTY_STATE, load: "k2" },
      }),
      never,
    );
    assert.deepEqual([second.written, second.deduped], [2, 2]);
    assert.deepEqual(ids(place.server.taken), [1, 2, 3, 3, 4]);
    const third = await sink.publish(
      await stagedLoad(place.dir, "k3", [day(4, 5), { ...day(2, 3), extra: null }], {
        after: "k2",
        overlap: from(1),
        remember: from(5),
      }),
      never,
    );
    assert.deepEqual(
      [third.written, third.deduped],
      [1, 1],
      "of the third of January nothing is remembered any more",
    );
  }));

Deno.test("http sink: an append of a file that changed is refused, as its former rows cannot be taken back; one that vanished and a merge are not", () =>
  withEndpoint(async (place) => {
    const sink = open(place);
    await sink.publish(
      await stagedLoad(place.dir, "k1", [], { origins: { "a.csv": rows(2), "b.csv": rows(1, 9) } }),
      never,
    );
    const sent = place.server.received.length;
    const changed = { origins: { "a.csv": rows(3) }, replaces: ["a.csv", "b.csv"], after: "k1" };
    await assert.rejects(
      sink.publish(await stagedLoad(place.dir, "k2", [], changed), never),
      isFailure("invalid", /rows of a\.csv were sent before it changed/),
    );
    assert.equal(place.server.received.length, sent, "nothing was sent");
    const gone = { origins: { "c.csv": rows(1, 20) }, replaces: ["b.csv"], after: "k1" };
    assert.equal((await sink.publish(await stagedLoad(place.dir, "k3", [], gone), never)).written, 1);
    const merge = { ...changed, disposition: "merge" as const, primaryKey: ["id"], after: "k3" };
    assert.equal((await sink.publish(await stagedLoad(place.dir, "k4", [], merge), never)).written, 3);
  }));

Deno.test("http sink: what an endpoint cannot do is refused before anything is sent", () =>
  withEndpoint(async (place) => {
    const sink = open(place);
    for (const disposition of ["replace", "scd2"] as const) {
      await assert.rejects(
        sink.publish(await stagedLoad(place.dir, "k1", rows(1), { disposition }), never),
        isFailure("invalid", /Cannot send/),
      );
    }
    const write = { disposition: "merge" as const, sink: "x", deletes: "census" as const };
    await assert.rejects(
      sink.publish(await stagedLoad(place.dir, "k1", rows(1), { disposition: "merge", write }), never),
      isFailure("invalid", /nobody knows which keys/),
    );
    await assert.rejects(Array.fromAsync(sink.read("orders")), isFailure("invalid", /cannot be read back/));
    assert.equal(place.server.received.length, 0);
    await Deno.mkdir(`${place.dir}/state`, { recursive: true });
    await Deno.writeTextFile(
      `${place.dir}/state/endpoint.db`,
      "no database, but some text of more than sixteen bytes",
    );
    await assert.rejects(sink.state("shop", "orders"), isFailure("invalid", /cannot hold/));
  }));
