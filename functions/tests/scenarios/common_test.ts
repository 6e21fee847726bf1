/** S1 to S5 as whole runs over every dialect that asks over HTTP: rows, cursor, counts, requests, status, exit code. */
import assert from "node:assert/strict";
import { type Answer, dialectServer } from "../../../connectors/testing/mod.ts";
import { ALL, begin, DIALECTS, serving } from "./dialects.ts";
import { nothingPublished, room } from "./room.ts";

const half = (answer: Answer): string => {
  const text = JSON.stringify(answer.json);
  return text.slice(0, text.length / 2);
};
const DAMAGED: readonly [string, (answer: Answer) => Answer][] = [
  ["truncated JSON", (answer) => ({ ...answer, json: undefined, body: half(answer) })],
  ["an HTML page", () => ({ body: "<html>Please log in</html>", headers: { "content-type": "text/html" } })],
  ["gzip with a wrong checksum", (answer) => ({ ...answer, fault: { kind: "crc" } })],
];
/** Dialects whose damaged answers go through whole runs: the client that knows the damage is one for all of them. */
const WHOLE: ReadonlySet<string> = new Set(["http", "github", "jira"]);
const DAY = 86_400_000;

for (const dialect of DIALECTS) {
  const name = (text: string) => `${dialect.connector}: ${text}`;

  Deno.test(name("S1: the socket closed in the middle of page 3 costs one request, and no row"), async () => {
    await using server = serving(dialect, (answer) => ({ ...answer, fault: { kind: "cut" } }), 1);
    const { id, pipeline, environment, options } = begin(dialect, server);
    await using at = await room(options);
    const { document, exit, stream } = await at.run(pipeline, environment);
    assert.deepEqual([document.status, exit], ["completed", 0], JSON.stringify(document.failure));
    assert.deepEqual((await at.rows()).map(dialect.id), ALL);
    assert.deepEqual(server.asked, [1, 2, 3, 3, 4, 5]);
    const { status, read, accepted, written, deduped, quarantined, requests, cursor } = stream();
    assert.deepEqual([status, read, accepted, written, deduped, quarantined], ["complete", 10, 10, 10, 0, 0]);
    assert.deepEqual([requests.made, requests.retried], [server.seen.length, 1]);
    assert.deepEqual([cursor.before, cursor.after], [null, dialect.after]);
    const state = await at.state(id);
    assert.deepEqual([state?.cursor, state?.rows, state?.loads], [dialect.after, 10, 1]);
  });

  if (WHOLE.has(dialect.connector)) {
    Deno.test(
      name("S2: a damaged page 3 is asked for once more, in whatever way it is damaged"),
      async () => {
        // The sources' own suites know each damage; here one of them goes through the whole for each of these, and all for one.
        for (const [what, damage] of dialect.connector === "http" ? DAMAGED : DAMAGED.slice(0, 1)) {
          await using server = serving(dialect, damage, 1);
          const { pipeline, environment, options } = begin(dialect, server);
          await using at = await room(options);
          const { document, exit } = await at.run(pipeline, environment);
          assert.equal(exit, 0, `${what}: ${JSON.stringify(document.failure)}`);
          assert.deepEqual((await at.rows()).map(dialect.id), ALL, what);
          assert.deepEqual(server.asked, [1, 2, 3, 3, 4, 5], what);
        }
      },
    );

    Deno.test(
      name("S2: damaged for good it is a contract failure, never 0 rows; mended, the next run begins there"),
      async () => {
        await using server = serving(
          dialect,
          (answer) => ({ ...answer, json: undefined, body: half(answer) }),
        );
        const { id, pipeline, environment, options } = begin(dialect, server);
        await using at = await room(options);
        const { document, exit, stream } = await at.run(pipeline, environment);
        assert.deepEqual([document.status, exit, stream().status], ["failed", 1, "failed"]);
        assert.deepEqual([document.failure?.class, document.failure?.source], ["data-integrity", "provider"]);
        await nothingPublished(at, id);
        server.heal();
        const before = server.asked.length;
        assert.equal((await at.run(pipeline, environment)).exit, 0);
        assert.deepEqual(server.asked.slice(before), [3, 4, 5]);
        assert.deepEqual((await at.rows()).map(dialect.id), ALL);
      },
    );
  }

  const { loop, lead } = dialect;
  if (loop !== undefined) {
    Deno.test(
      name("S3: a page that leads to itself ends in a contract failure at the first repeat"),
      async () => {
        await using server = serving(dialect, loop, Infinity, 2);
        const { id, pipeline, environment, options } = begin(dialect, server);
        await using at = await room(options);
        const { document, exit, stream } = await at.run(pipeline, environment);
        assert.deepEqual([document.status, exit, stream().status], ["failed", 1, "failed"]);
        assert.equal(document.failure?.class, "data-integrity", document.failure?.message);
        assert.ok(server.asked.length <= 3, `pages ${server.asked}`);
        // What was read before it stays read, and none of it is published.
        assert.ok(stream().read >= 2, `${stream().read} rows`);
        await nothingPublished(at, id);
      },
    );
  }

  if (lead !== undefined) {
    Deno.test(name("S4: a link to another host is refused, and nothing is sent there"), async () => {
      await using stranger = dialectServer(() => ({ json: [] }));
      await using server = serving(dialect, (answer) => lead(answer, `${stranger.url}/items?page=4`));
      const { id, pipeline, environment, options } = begin(dialect, server);
      await using at = await room(options);
      const auth = environment.replace(
        `"${server.url}"`,
        `"${server.url}", auth: { type: bearer, token: "env:TOKEN" }`,
      );
      const { document, exit } = await at.run(pipeline, auth);
      assert.deepEqual([document.status, exit, stranger.seen.length], ["failed", 1, 0]);
      assert.match(
        document.failure?.message ?? "",
        /it is not the host of connector .*nothing was sent there/,
      );
      assert.equal(server.seen[0]?.headers.get("authorization"), "Bearer token-of-the-test");
      await nothingPublished(at, id);
    });
  }

  Deno.test(
    name("S5: Retry-After in seconds and as a date is waited for, its absence backed off, a day parks"),
    async () => {
      const start = Date.now();
      const limits: Record<string, string>[] = [
        { "retry-after": "2" },
        { "retry-after": "" },
        {},
        { "retry-after": "86400" },
      ];
      await using server = serving(dialect, (_answer, _seen, nth) => {
        const headers = limits[nth - 1] ?? {};
        // A date has whole seconds: ten and a part of one from the clock of the run.
        if (nth === 2) headers["retry-after"] = new Date(at.clock.now() + 10_999).toUTCString();
        return { status: 429, headers, body: "Retry later" };
      }, 4);
      const { id, pipeline, environment, options } = begin(dialect, server);
      await using at = await room(options);
      const parked = await at.run(pipeline, environment);
      assert.deepEqual([parked.document.status, parked.exit, parked.stream().status], [
        "parked",
        3,
        "parked",
      ]);
      assert.deepEqual(server.asked, [1, 2, 3, 3, 3, 3]);
      await nothingPublished(at, id);
      const waits = at.clock.slept.filter((ms) => ms >= 500);
      assert.ok(waits.some((ms) => ms > 1_900 && ms <= 2_000), `waited ${waits}`);
      assert.ok(waits.some((ms) => ms > 9_900 && ms <= 11_000), `waited ${waits}`);
      assert.ok(Math.max(...waits) < 300_000, `waited ${waits}`);
      const until = parked.document.notes.find((note) => note.startsWith("until "))?.slice("until ".length);
      assert.ok(Date.parse(until ?? "") >= start + DAY, `until ${until}`);
      // Run again on the next day: the same run goes on at page 3, and pages 1 and 2 are not asked for again.
      at.clock.advance(DAY);
      const { document, exit, stream } = await at.run(pipeline, environment);
      assert.deepEqual([document.run, document.status, exit], [parked.document.run, "completed", 0]);
      assert.deepEqual(server.asked, [1, 2, 3, 3, 3, 3, 3, 4, 5]);
      assert.deepEqual((await at.rows()).map(dialect.id), ALL);
      assert.equal(stream().cursor.after, dialect.after);
    },
  );
}
