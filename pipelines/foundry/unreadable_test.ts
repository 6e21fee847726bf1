import assert from "node:assert/strict";
import type { BadRow } from "../../connectors/data/mod.ts";
import type { Row } from "../../specs/foundry/mod.ts";
import { onStage, type Stage } from "./testing.ts";

const pipeline = (disposition = "replace") => ({
  id: "names",
  streams: [{
    id: "names",
    source: { connector: "http", resource: "names", params: { path: "names" } },
    write: { disposition },
  }],
});

/** Pages of rows, of which a text is one that the source could not read, by the rule that it names. */
function serve(stage: Stage, pages: (Row | string)[][]): void {
  stage.source.read = async function* (request) {
    for (let at = typeof request.resume === "number" ? request.resume : 0; at < pages.length; at++) {
      const all = pages[at] ?? [];
      const bad = all.flatMap((one, line): BadRow[] =>
        typeof one === "string"
          ? [{ reason: `no ${one} at all`, rule: one, locator: `sim://${at}#${line}`, row: `line ${line}` }]
          : []
      );
      await Promise.resolve();
      yield {
        rows: all.filter((one): one is Row => typeof one !== "string"),
        bad,
        locate: (index) => `sim://${at}#${index}`,
        raw: {
          locator: `sim://${at}`,
          digest: "",
          bytes: 1,
          mediaType: "text/csv",
          content: new TextEncoder().encode(`${at}`),
        },
        next: at + 1 < pages.length ? at + 1 : null,
      };
    }
    return { status: "complete" };
  };
}

Deno.test("a source of which no row can be decoded is a failure, with its rows set aside and the table as it was", () =>
  onStage({}, async (stage) => {
    serve(stage, [[{ id: 1 }]]);
    assert.equal((await stage.run(pipeline())).status, "completed");
    serve(stage, [["encoding", "encoding"], ["parse@1", "ragged"]]);
    for (const _ of ["first", "again"]) {
      const failed = await stage.run(pipeline());
      assert.equal(failed.status, "failed");
      assert.equal(failed.failure?.class, "data-integrity");
      assert.match(failed.failure?.message ?? "", /None of the 4 rows of names could be read: no encoding/);
      assert.match(String(failed.failure?.remedy), /encoding/);
      const [stream] = failed.streams;
      assert.deepEqual([stream?.status, stream?.read, stream?.quarantined], ["failed", 4, 4]);
      const kept = await stage.ports.records.quarantine.list({ pipeline: "names" });
      assert.deepEqual(kept.map(({ rule }) => rule).sort(), [
        "encoding@1",
        "encoding@1",
        "parse@1",
        "ragged@1",
      ]);
      assert.deepEqual(await stage.rows("names"), [{ id: 1 }]);
    }
    serve(stage, [[{ id: 2 }, "encoding"], [{ id: 3 }]]);
    const mended = await stage.run(pipeline());
    assert.equal(mended.status, "completed");
    assert.deepEqual([mended.streams[0]?.read, mended.streams[0]?.accepted], [3, 2]);
    assert.deepEqual(await stage.rows("names"), [{ id: 2 }, { id: 3 }]);
  }));

Deno.test("rows that were decoded and do not fit, and a source without any row, are no such failure", () =>
  onStage({}, async (stage) => {
    serve(stage, [["ragged", "ragged"]]);
    const ragged = await stage.run(pipeline("append"));
    assert.deepEqual([ragged.status, ragged.streams[0]?.quarantined], ["completed", 2]);
    serve(stage, [[]]);
    assert.equal((await stage.run(pipeline("append"))).status, "completed");
  }));

Deno.test("a single row that cannot be decoded says so in the singular", () =>
  onStage({}, async (stage) => {
    serve(stage, [["shape"]]);
    const failed = await stage.run(pipeline());
    assert.match(failed.failure?.message ?? "", /The only row of names could not be read: no shape/);
  }));
