import assert from "node:assert/strict";
import { DataFailure, type HttpClient, type HttpReply, type Source } from "../../connectors/data/mod.ts";
import { onStage, simulatedSource, type Stage } from "./testing.ts";

const pages = () => Array.from({ length: 6 }, (_, n) => [{ id: n, text: "x".repeat(80) }]);
const limited = (limits: Record<string, number>) => ({
  id: "limited",
  onFailure: { retries: 5 },
  streams: [{
    id: "rows",
    source: { connector: "http", resource: "rows" },
    primaryKey: ["id"],
    write: { disposition: "merge" },
    limits,
  }],
});

/** Fails once before each page: every page takes an attempt of its own. */
function shaky(stage: Stage): void {
  const failed = new Set<number>();
  stage.source.before = (page) => {
    if (failed.has(page)) return;
    failed.add(page);
    stage.source.requests++;
    throw new DataFailure("transient", "the line broke", "try again");
  };
}

for (
  const [unit, limit, read] of [["pages", 3, 3], ["rows", 3, 3], ["bytes", 250, 3], [
    "seconds",
    5,
    2,
  ]] as const
) {
  Deno.test(`a limit of ${unit} counts what earlier attempts of the run took`, () => {
    let now = Date.parse("2026-01-01T00:00:00Z");
    return onStage({ rows: pages() }, async (stage) => {
      shaky(stage);
      const { before } = stage.source;
      stage.source.before = (page, resource) => {
        now += 1_000;
        return before(page, resource);
      };
      const first = await stage.run(limited({ [unit]: limit }));
      assert.deepEqual([first.status, first.streams[0]?.status, first.streams[0]?.read], [
        "failed",
        "incomplete",
        read,
      ]);
      assert.match(first.failure?.message ?? "", new RegExp(`limit of ${limit} ${unit}`));
      const second = await stage.run(limited({ [unit]: limit }));
      assert.ok(Number(second.streams[0]?.read) >= 2 * read, "a new run counts anew");
    }, {
      clock: { now: () => now, sleep: () => Promise.resolve() },
    });
  });
}

Deno.test("a limit of requests counts the failed ones of earlier attempts", () => {
  let asked = 0;
  const source = simulatedSource({ rows: pages() });
  const asking: Source = {
    ...source,
    async *read(request, context) {
      const reading = source.read(request, context);
      for (;;) {
        await context.http.request({ url: "/rows" });
        if (asked % 2 === 1) throw new DataFailure("transient", "the line broke", "try again");
        const page = await reading.next();
        if (page.done) return page.value;
        yield page.value;
      }
    },
  };
  return onStage({}, async (stage) => {
    const first = await stage.run(limited({ requests: 4 }));
    assert.deepEqual([first.streams[0]?.status, first.streams[0]?.read, asked], ["incomplete", 2, 4]);
    assert.deepEqual(first.streams[0]?.requests.made, 4);
    assert.match(first.failure?.message ?? "", /limit of 4 requests/);
    await stage.run(limited({ requests: 4 }));
    assert.equal(asked, 8, "a new run counts anew");
  }, {
    sources: { http: asking },
    client: () => {
      const start = asked;
      const client: HttpClient = {
        as: () => client,
        redact: (text) => text,
        request: () => Promise.resolve(asked++ as unknown as HttpReply),
        stream: () => Promise.reject(new Error("not here")),
        get used() {
          return { made: asked - start, retried: 0, waitedMs: 0, bytes: 0 };
        },
      };
      return client;
    },
  });
});

Deno.test("a crash of the engine does not give a run its limits anew", () =>
  onStage({ rows: pages() }, async (stage) => {
    let crashes = 2;
    stage.onFault = (point) => {
      if (point === "page-marked" && crashes-- > 0) throw new Error("crash");
    };
    const first = await stage.run(limited({ pages: 3 }));
    assert.deepEqual([first.streams[0]?.status, first.streams[0]?.read], ["incomplete", 3]);
  }));

Deno.test("what a client tried again already is not tried again by the run; what it had not is", () =>
  onStage({ rows: pages() }, async (stage) => {
    let asked = 0;
    stage.source.before = () => {
      asked++;
      throw new DataFailure("transient", "refused (6 tries)", "look", { tries: 6 });
    };
    assert.equal((await stage.run(limited({}))).status, "failed");
    assert.equal(asked, 1);
    stage.source.before = () => {
      asked++;
      throw new DataFailure("transient", "the body broke off", "look");
    };
    assert.equal((await stage.run(limited({}))).status, "failed");
    assert.equal(asked, 7);
  }));
