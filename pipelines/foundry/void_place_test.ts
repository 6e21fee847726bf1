/** What a failed run leaves for the next one, where it can no longer be gone on with. */
import assert from "node:assert/strict";
import type { Row } from "../../specs/foundry/mod.ts";
import { DataFailure } from "../../connectors/data/mod.ts";
import { freshCheckpoint, ownOf, ownRequests } from "./checkpoint.ts";
import type { Unit } from "./plan.ts";
import { onStage } from "./testing.ts";

const pages = (): Row[][] => [1, 2, 3].map((id) => [{ id }]);
const stream = (id: string) => ({
  id,
  source: { connector: "http", resource: id },
  primaryKey: ["id"],
  write: { disposition: "merge" },
});
const pipeline = { id: "lists", onFailure: { retries: 0 }, streams: [stream("list")] };

Deno.test("a place that the source does not know any more is left, and the stream is read from its beginning", () =>
  onStage({ list: pages() }, async (stage) => {
    stage.source.before = (page) => {
      if (page === 2) throw new DataFailure("transient", "the server is down", "wait");
    };
    assert.equal((await stage.run(pipeline)).status, "failed");
    let first = true;
    stage.source.before = () => {
      if (!first) return;
      first = false;
      throw new DataFailure("permanent", "the server answers 400: page token expired", "look at it");
    };
    const before = stage.source.requests;
    const healed = await stage.run(pipeline);
    assert.equal(healed.status, "completed", JSON.stringify(healed));
    assert.deepEqual(stage.source.asked.map(({ resume }) => resume), [null, 2, null]);
    assert.equal(stage.source.requests - before, 3);
    assert.deepEqual([healed.streams[0]?.read, healed.streams[0]?.written], [3, 3]);
    assert.deepEqual((await stage.rows("list")).map(({ id }) => id), [1, 2, 3]);
  }));

Deno.test("what is refused from the beginning is told after one more read, and not asked for without end", () =>
  onStage({ list: pages() }, async (stage) => {
    stage.source.before = (page) => {
      if (page === 1) throw new DataFailure("not-found", "the server answers 404", "look at it");
    };
    assert.equal((await stage.run(pipeline)).status, "failed");
    assert.deepEqual(stage.source.asked.map(({ resume }) => resume), [null]);
    const again = await stage.run(pipeline);
    assert.equal(again.status, "failed");
    assert.deepEqual(stage.source.asked.map(({ resume }) => resume), [null, 1, null]);
    assert.match(again.failure?.message ?? "", /404/);
  }));

Deno.test("a credential that is refused does not cost the pages that were read", () =>
  onStage({ list: pages() }, async (stage) => {
    let refuses = true;
    stage.source.before = (page) => {
      if (refuses && page === 2) throw new DataFailure("auth", "the server answers 401", "look at it");
    };
    await stage.run(pipeline);
    await stage.run(pipeline);
    refuses = false;
    assert.equal((await stage.run(pipeline)).status, "completed");
    assert.deepEqual(stage.source.asked.map(({ resume }) => resume), [null, 2, 2]);
  }));

Deno.test("a stream that was skipped while another one failed is asked for again by the next run", () =>
  onStage({ list: pages(), other: pages() }, async (stage) => {
    const two = { id: "lists", onFailure: { retries: 0 }, streams: [stream("list"), stream("other")] };
    stage.source.pages.list = [];
    stage.source.end = { status: "skipped", reason: "issues are switched off" };
    stage.source.before = (_page, resource) => {
      if (resource === "other") throw new DataFailure("not-found", "the server answers 404", "look at it");
    };
    const first = await stage.run(two);
    assert.deepEqual(first.streams.map(({ status }) => status), ["skipped", "failed"]);
    stage.source.pages.list = pages();
    stage.source.end = { status: "complete" };
    const second = await stage.run(two);
    assert.deepEqual(second.streams.map(({ status, written }) => [status, written]), [["complete", 3], [
      "failed",
      0,
    ]]);
  }));

Deno.test("a full read that its source could not complete is begun anew by the next run", () =>
  onStage({ list: pages() }, async (stage) => {
    stage.source.end = { status: "incomplete", reason: "a list is missing" };
    const first = await stage.run(pipeline, { mode: "full" });
    assert.deepEqual([first.status, first.streams[0]?.status], ["failed", "incomplete"]);
    stage.source.end = { status: "complete" };
    const second = await stage.run(pipeline, { mode: "full" });
    assert.deepEqual([second.status, second.streams[0]?.written], ["completed", 3]);
    assert.deepEqual(stage.source.asked.map(({ resume }) => resume), [null, null]);
  }));

Deno.test("a run tells of the requests that it made itself, not of those of failed runs before it", () => {
  const checkpoint = freshCheckpoint(
    { fingerprint: "f", window: { from: null, to: null }, state: null } as Unit,
  );
  ownOf(checkpoint, "run_1");
  checkpoint.requests = { made: 9, retried: 5, waitedMs: 700 };
  assert.deepEqual(ownRequests(checkpoint), checkpoint.requests);
  ownOf(checkpoint, "run_2");
  assert.deepEqual(ownRequests(checkpoint), { made: 0, retried: 0, waitedMs: 0 });
  checkpoint.requests = { made: 12, retried: 6, waitedMs: 800 };
  assert.deepEqual(ownRequests(checkpoint), { made: 3, retried: 1, waitedMs: 100 });
});
