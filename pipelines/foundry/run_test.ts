import assert from "node:assert/strict";
import type { Row } from "../../specs/foundry/mod.ts";
import { DataFailure } from "../../connectors/data/mod.ts";
import { onStage } from "./testing.ts";

const issue = (id: number, at: string, title = `issue ${id}`): Row => ({ id, title, updated_at: at });
const day = (n: number) => `2026-01-${String(n).padStart(2, "0")}T00:00:00Z`;

const issues = (more: Record<string, unknown> = {}, stream: Record<string, unknown> = {}) => ({
  id: "tracker",
  streams: [{
    id: "issues",
    source: { connector: "http", resource: "issues" },
    primaryKey: ["id"],
    cursor: { path: "updated_at" },
    write: { disposition: "merge" },
    ...stream,
  }],
  ...more,
});

// req: N1-14
Deno.test("a pipeline's rows reach the warehouse with their cursor, counted, with evidence", () =>
  onStage({ issues: [[issue(1, day(1)), issue(2, day(2))], [issue(3, day(3))]] }, async (stage) => {
    const document = await stage.run(issues());
    assert.equal(document.status, "completed", JSON.stringify(document));
    const [stream] = document.streams;
    assert.deepEqual([stream?.read, stream?.accepted, stream?.written, stream?.deduped], [3, 3, 3, 0]);
    assert.deepEqual(stream?.cursor, { before: null, after: day(3) });
    assert.deepEqual((await stage.rows("issues")).map(({ id }) => id), [1, 2, 3]);
    const manifest = JSON.parse(await Deno.readTextFile(`${document.evidence?.path}/manifest.json`));
    const paths = manifest.files.map(({ path }: { path: string }) => path);
    for (
      const path of [
        "artifacts/data-facts.json",
        "artifacts/openlineage.jsonl",
        "artifacts/pipeline.json",
        "log/events.jsonl",
      ]
    ) {
      assert.ok(paths.includes(path), path);
    }
    await assert.rejects(Deno.stat(stage.ports.room(document.run)), Deno.errors.NotFound);
  }));

Deno.test("the second run asks from the cursor, takes the delta, and the cursor never goes back", () =>
  onStage({ issues: [[issue(1, day(1)), issue(2, day(5))]] }, async (stage) => {
    await stage.run(issues());
    stage.source.pages.issues = [[issue(2, day(5)), issue(3, day(6)), issue(1, day(2), "late")]];
    const second = await stage.run(issues());
    assert.equal(stage.source.asked.at(-1)?.from, day(5));
    const [stream] = second.streams;
    // The boundary is closed: the tie is read again and found to be there.
    assert.deepEqual([stream?.read, stream?.accepted, stream?.filtered, stream?.written, stream?.deduped], [
      3,
      2,
      1,
      1,
      1,
    ]);
    stage.source.pages.issues = [];
    const third = await stage.run(issues());
    assert.deepEqual([third.status, third.streams[0]?.cursor], ["completed", {
      before: day(6),
      after: day(6),
    }]);
  }));

Deno.test("a lag reads again what may come late", () =>
  onStage({ issues: [[issue(1, day(10))]] }, async (stage) => {
    const lagging = issues({}, { cursor: { path: "updated_at", lag: "P3D" } });
    await stage.run(lagging);
    stage.source.pages.issues = [[issue(2, day(8))]];
    const second = await stage.run(lagging);
    assert.equal(stage.source.asked.at(-1)?.from, day(7));
    assert.equal(second.streams[0]?.written, 1);
    assert.equal(second.streams[0]?.cursor.after, day(10));
  }));

Deno.test("an append with ties at the boundary loses nothing and adds nothing twice", () =>
  onStage({ issues: [[issue(1, day(1)), issue(2, day(2))]] }, async (stage) => {
    const appending = issues({}, { write: { disposition: "append" }, primaryKey: undefined });
    await stage.run(appending);
    stage.source.pages.issues = [[issue(2, day(2)), issue(3, day(2)), issue(4, day(3))]];
    const second = await stage.run(appending);
    assert.deepEqual([second.streams[0]?.written, second.streams[0]?.deduped], [2, 1]);
    assert.deepEqual((await stage.rows("issues")).map(({ id }) => id), [1, 2, 3, 4]);
  }));

Deno.test("state stays small with ten thousand rows on one cursor value, and nothing is lost", () =>
  onStage({ issues: [Array.from({ length: 10_000 }, (_, n) => issue(n, day(1)))] }, async (stage) => {
    for (const disposition of ["merge", "append"]) {
      const pipeline = issues({ id: disposition }, { write: { disposition, table: disposition } });
      await stage.run(pipeline);
      const again = await stage.run(pipeline);
      assert.deepEqual([again.streams[0]?.written, again.streams[0]?.deduped], [0, 10_000], disposition);
      assert.equal((await stage.rows(disposition)).length, 10_000);
      const sink = stage.sink();
      assert.ok(JSON.stringify(await sink.state(disposition, "issues")).length < 60_000);
      await sink.close();
    }
  }));

Deno.test("a full refresh takes the table's place; when it fails the old rows stay", () =>
  onStage({ issues: [[issue(1, day(1)), issue(2, day(2))]] }, async (stage) => {
    await stage.run(issues());
    stage.source.pages.issues = [[issue(2, day(3))], [issue(9, day(4))]];
    stage.source.before = (page) => {
      if (page === 1) throw new DataFailure("permanent", "the server said no", "ask it");
    };
    const failed = await stage.run(issues(), { mode: "full" });
    assert.deepEqual([failed.status, failed.streams[0]?.status, failed.streams[0]?.written], [
      "failed",
      "failed",
      0,
    ]);
    assert.match(failed.failure?.message ?? "", /the server said no/);
    assert.deepEqual((await stage.rows("issues")).map(({ id }) => id), [1, 2]);
    stage.source.before = () => {};
    const before = stage.source.requests;
    const full = await stage.run(issues(), { mode: "full" });
    assert.equal(full.status, "completed");
    assert.deepEqual((await stage.rows("issues")).map(({ id }) => id), [2, 9]);
    assert.equal(stage.source.requests - before, 1, "the page that was read before is not asked for again");
  }));

Deno.test("a backfill loads its partitions, leaves the live cursor alone, and retries alone what failed", () =>
  onStage({ issues: [[issue(1, day(20))]] }, async (stage) => {
    const cut = issues({}, { partition: { by: "P5D" } });
    await stage.run(cut);
    stage.source.pages.issues = [[issue(2, day(2)), issue(3, day(7)), issue(4, day(12))]];
    let fails = true;
    stage.source.before = () => {
      if (fails && stage.source.asked.at(-1)?.from === "2026-01-06T00:00:00Z") {
        throw new DataFailure("permanent", "not this part", "wait");
      }
    };
    const range = { mode: "backfill" as const, from: "2026-01-01", to: "2026-01-16" };
    const first = await stage.run(cut, range);
    assert.equal(first.status, "failed");
    assert.deepEqual((await stage.rows("issues")).map(({ id }) => id).sort(), [1, 2, 4]);
    fails = false;
    const asked = stage.source.asked.length;
    const second = await stage.run(cut, range);
    assert.equal(second.status, "completed");
    assert.deepEqual(stage.source.asked.slice(asked).map(({ from }) => from), ["2026-01-06T00:00:00Z"]);
    assert.equal((await stage.rows("issues")).length, 4);
    const sink = stage.sink();
    assert.equal((await sink.state("tracker", "issues"))?.cursor, day(20));
    await sink.close();
  }));

Deno.test("a reprocess reads kept pages again under a mended mapping, without one request", () =>
  onStage({ issues: [[issue(1, day(1), "a")], [issue(2, day(2), "b")]] }, async (stage) => {
    await stage.run(issues());
    const before = stage.source.requests;
    const mapped = issues({}, { transforms: [{ op: "derive", column: "title", expression: "title + '!'" }] });
    const document = await stage.run(mapped, { mode: "reprocess" });
    assert.equal(document.status, "completed", JSON.stringify(document));
    assert.equal(stage.source.requests, before);
    assert.deepEqual((await stage.rows("issues")).map(({ title }) => title), ["a!", "b!"]);
  }));

Deno.test("a stream is read once for each row of its parent", () =>
  onStage({
    projects: [[{ key: "A" }, { key: "B" }]],
    "issues/A": [[{ id: 1 }], [{ id: 2 }]],
    "issues/B": [[{ id: 3 }]],
  }, async (stage) => {
    const pipeline = {
      id: "fan",
      streams: [
        {
          id: "issues",
          source: {
            connector: "http",
            resource: "issues",
            parent: { stream: "projects", bind: { key: "key" } },
          },
          primaryKey: ["id"],
          write: { disposition: "merge" },
        },
        {
          id: "projects",
          source: { connector: "http", resource: "projects" },
          primaryKey: ["key"],
          write: { disposition: "merge" },
        },
      ],
    };
    const document = await stage.run(pipeline);
    assert.equal(document.status, "completed", JSON.stringify(document));
    assert.deepEqual((await stage.rows("issues")).map(({ id }) => id), [1, 2, 3]);
  }));

Deno.test("rows that do not fit are set aside with reason and place, and taken in after a fix", () =>
  onStage({
    issues: [[issue(1, day(1)), { id: 2, title: 5, updated_at: day(2) }, {
      id: 3,
      title: null,
      updated_at: day(3),
    }]],
  }, async (stage) => {
    const strict = issues({}, {
      contract: { schema: { title: { type: "date" } } },
      quality: [{ rule: "required", columns: ["title"], severity: "quarantine" }],
    });
    const first = await stage.run(strict);
    assert.equal(first.status, "completed", JSON.stringify(first));
    assert.deepEqual([first.streams[0]?.read, first.streams[0]?.accepted, first.streams[0]?.quarantined], [
      3,
      0,
      3,
    ]);
    const rows = await stage.ports.records.quarantine.list({});
    assert.deepEqual(rows.map(({ rule }) => rule).sort(), [
      "contract-types@1",
      "contract-types@1",
      "required@1",
    ]);
    assert.ok(rows.every(({ locator }) => locator.startsWith("sim://issues?page=0#")));
    const before = stage.source.requests;
    const replayed = await stage.run(
      issues({}, {
        contract: { schema: { title: { type: "string" } } },
        quality: [{ rule: "required", columns: ["title"], severity: "quarantine" }],
      }),
      { replay: true },
    );
    assert.equal(replayed.status, "completed", JSON.stringify(replayed));
    assert.deepEqual([replayed.streams[0]?.accepted, replayed.streams[0]?.quarantined], [2, 1]);
    assert.equal(stage.source.requests, before);
    assert.deepEqual(
      (await stage.ports.records.quarantine.list({ replayed: false })).map(({ rule }) => rule),
      ["required@1"],
    );
    assert.deepEqual((await stage.rows("issues")).map(({ id }) => id).sort(), [1, 2]);
  }));

Deno.test("a rule that blocks holds the whole batch: denied, nothing published, the cursor where it was", () =>
  onStage({ issues: [[issue(1, day(1)), issue(1, day(1), "again")]] }, async (stage) => {
    const document = await stage.run(issues({}, { quality: [{ rule: "unique", columns: ["id"] }] }));
    assert.equal(document.status, "denied");
    assert.deepEqual(document.denials.map(({ rule }) => rule), ["core/D-QUALITY"]);
    assert.deepEqual(await stage.rows("issues"), []);
    const sink = stage.sink();
    assert.equal(await sink.state("tracker", "issues"), null);
    await sink.close();
  }));

Deno.test("a frozen contract asks a human, and the approval publishes exactly what was shown", () =>
  onStage({ issues: [[issue(1, day(1))]] }, async (stage) => {
    const frozen = issues({}, { contract: { columns: "freeze" } });
    assert.equal((await stage.run(frozen)).status, "completed");
    stage.source.pages.issues = [[{ ...issue(2, day(2)), labels: "new" }]];
    const held = await stage.run(frozen);
    assert.equal(held.status, "escalated", JSON.stringify(held));
    assert.deepEqual((await stage.rows("issues")).map(({ id }) => id), [1]);
    const view = await stage.engine.view(held.run);
    assert.match(view?.escalation?.subject ?? "", /^sha256:/);
    await stage.approve(held.run);
    await stage.engine.settled(held.run);
    assert.equal((await stage.document(held.run)).status, "completed");
    assert.deepEqual((await stage.rows("issues")).map(({ id, labels }) => [id, labels]), [[1, null], [
      2,
      "new",
    ]]);
  }));

Deno.test("a quota that is further away than the budget parks the run; it goes on where it was", () =>
  onStage({ issues: [[issue(1, day(1))], [issue(2, day(2))], [issue(3, day(3))]] }, async (stage) => {
    let limited = true;
    stage.source.before = (page) => {
      if (page === 2 && limited) {
        throw new DataFailure("rate-limited", "the quota is used up", "wait", {
          untilMs: Date.now() + 3_600_000,
        });
      }
    };
    const parked = await stage.run(issues());
    assert.equal(parked.status, "parked");
    assert.deepEqual([parked.streams[0]?.status, parked.streams[0]?.read], ["parked", 2]);
    assert.deepEqual(await stage.rows("issues"), []);
    limited = false;
    await stage.engine.control(parked.run, { action: "retry" }, { kind: "user", id: "tester" });
    await stage.engine.settled(parked.run);
    const document = await stage.document(parked.run);
    assert.deepEqual([document.status, document.streams[0]?.written, stage.source.requests], [
      "completed",
      3,
      3,
    ]);
  }));

Deno.test("personal data is treated before anything is written, and the credential of a run stands nowhere", () =>
  onStage({
    issues: [[{
      ...issue(1, day(1)),
      Email: "ann@example.org",
      phone: "+49 30 1234",
      note: "key value-of-TOKEN here",
    }]],
  }, async (stage) => {
    stage.source.read = async function* (_request, context) {
      context.secret("env:TOKEN");
      yield {
        rows: structuredClone(stage.source.pages.issues?.[0] ?? []),
        locate: () => "sim://x",
        raw: {
          locator: "sim://x",
          digest: "",
          bytes: 1,
          mediaType: "application/json",
          content: new TextEncoder().encode("ann@example.org value-of-TOKEN"),
        },
        next: null,
      };
      return { status: "complete" };
    };
    const pipeline = issues({}, { pii: { email: "hash", phone: "drop" } });
    const document = await stage.run(pipeline);
    assert.equal(document.status, "denied");
    assert.deepEqual(document.denials.map(({ rule }) => rule), ["core/D-SECRET"]);
    const found: string[] = [];
    for await (const path of files(stage.dir)) {
      const text = new TextDecoder("latin1").decode(await Deno.readFile(path));
      for (const secret of ["ann@example.org", "30 1234", "value-of-TOKEN"]) {
        if (text.includes(secret)) found.push(`${secret} in ${path}`);
      }
    }
    assert.deepEqual(found, []);
  }));

async function* files(dir: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(dir)) {
    if (entry.isDirectory) yield* files(`${dir}/${entry.name}`);
    else yield `${dir}/${entry.name}`;
  }
}

Deno.test("what is incomplete is a failed run, and a stream that its source leaves out with a reason is none", () =>
  onStage({ issues: [[issue(1, day(1))]] }, async (stage) => {
    stage.source.end = { status: "incomplete", reason: "a shard is missing" };
    const partial = await stage.run(issues());
    assert.deepEqual([partial.status, partial.streams[0]?.status, partial.streams[0]?.written], [
      "failed",
      "incomplete",
      1,
    ]);
    assert.equal(partial.streams[0]?.cursor.after, null, "what is not whole moves no cursor");
    stage.source.end = { status: "skipped", reason: "issues are switched off" };
    stage.source.pages.issues = [];
    const skipped = await stage.run(issues());
    assert.deepEqual([skipped.status, skipped.streams[0]?.status, skipped.streams[0]?.reason], [
      "completed",
      "skipped",
      "issues are switched off",
    ]);
    stage.source.end = { status: "unchanged" };
    const unchanged = await stage.run(issues());
    assert.deepEqual([unchanged.status, (await stage.rows("issues")).length], ["completed", 1]);
  }));

Deno.test("limits end a stream as incomplete, and the next run goes on from the last page", () =>
  onStage({ issues: [[issue(1, day(1))], [issue(2, day(2))], [issue(3, day(3))]] }, async (stage) => {
    const limited = issues({}, { limits: { pages: 2 } });
    const first = await stage.run(limited);
    assert.deepEqual([first.status, first.streams[0]?.status, first.streams[0]?.read], [
      "failed",
      "incomplete",
      2,
    ]);
    const second = await stage.run(limited);
    assert.deepEqual([second.status, second.streams[0]?.written], ["completed", 3]);
    assert.equal(stage.source.requests, 4);
  }));
