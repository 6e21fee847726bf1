/** Nine differences to a foundry that loses data, each as a whole run, and ten thousand rows on one value of the cursor. */
import assert from "node:assert/strict";
import { type Answer, dialectServer } from "../../../connectors/testing/mod.ts";
import { DataFailure } from "../../../connectors/data/mod.ts";
import type { Row } from "../../../specs/foundry/mod.ts";
import { linked } from "./dialects.ts";
import { nothingPublished, pipelineOf, pointing, room } from "./room.ts";

const day = (n: number) => new Date(Date.UTC(2024, 0, n)).toISOString();
const http = (id: string, more: Record<string, unknown> = {}) =>
  pipelineOf(id, {
    connector: "http",
    params: { path: "/items", pagination: { type: "link-header" }, cursorParam: "since" },
    key: ["id"],
    cursor: { path: "updated_at" },
    more,
  });

Deno.test("1: a file of 1,001 rows gives 1,001 rows, and no page size cuts one off", async () => {
  await using at = await room();
  await at.write("a.csv", `id\n${Array.from({ length: 1001 }, (_, n) => `${n + 1}\n`).join("")}`);
  const { exit, stream } = await at.run(
    pipelineOf("many", { connector: "file", resource: "csv", params: { path: "a.csv", settleMs: 0 } }),
  );
  assert.deepEqual([exit, stream().read, stream().written, (await at.rows()).length], [0, 1001, 1001, 1001]);
});

Deno.test("2: two pages of Jira by token are both read", async () => {
  await using server = dialectServer((seen): Answer => {
    if (seen.path.endsWith("/serverInfo")) return { json: { deploymentType: "Cloud" } };
    if (seen.path.endsWith("/myself")) return { json: { accountId: "me" } };
    const second = seen.query.get("nextPageToken") === "t2";
    const issues = [{ id: second ? "2" : "1", key: "AC-1", fields: { updated: day(second ? 2 : 1) } }];
    return { json: second ? { issues } : { issues, nextPageToken: "t2" } };
  });
  await using at = await room({ env: { TOKEN: "token-of-the-test" } });
  const { exit, stream } = await at.run(
    pipelineOf("jira-two", {
      connector: "jira",
      resource: "issues",
      key: ["id"],
      cursor: { path: "updated" },
    }),
    pointing("jira", server, 'auth: { type: basic, email: "a@b.example", token: "env:TOKEN" }'),
  );
  assert.deepEqual([exit, stream().written, (await at.rows()).map(({ id }) => id)], [0, 2, ["1", "2"]]);
});

/** A table behind an API that filters by `since`, three rows a page. */
function since(rows: Row[], url: () => string) {
  return (seen: { query: URLSearchParams; target: string }): Answer => {
    const from = seen.query.get("since") ?? "";
    const found = rows.filter(({ updated_at }) => String(updated_at) >= from);
    const page = Number(seen.query.get("page") ?? 1);
    const next = new URL(url() + seen.target);
    next.searchParams.set("page", String(page + 1));
    return linked(found.slice((page - 1) * 3, page * 3), page * 3 < found.length ? next.href : null);
  };
}

Deno.test("3: the second run asks for the delta only, and the watermark never goes back", async () => {
  const rows: Row[] = Array.from({ length: 9 }, (_, n) => ({ id: n + 1, updated_at: day(n + 1) }));
  await using server = dialectServer(since(rows, () => server.url));
  await using at = await room();
  const environment = pointing("http", server);
  assert.equal((await at.run(http("delta"), environment)).stream().requests.made, 3);
  rows.push({ id: 10, updated_at: day(10) });
  const second = await at.run(http("delta"), environment);
  assert.equal(server.seen.at(-1)?.query.get("since"), day(9));
  assert.deepEqual([second.stream().requests.made, second.stream().read, second.stream().written], [1, 2, 1]);
  // An answer with nothing but old rows, and one with nothing at all, leave the watermark where it is.
  for (const answer of [[{ id: 3, updated_at: day(3) }], []]) {
    server.answer(() => ({ json: answer }));
    const { exit, stream } = await at.run(http("delta"), environment);
    assert.deepEqual([exit, stream().written, stream().cursor.after], [0, 0, day(10)]);
    assert.equal((await at.state("delta"))?.cursor, day(10));
  }
});

Deno.test("4: a failure of the publishing leaves the cursor where it was, and the next run brings the same rows", async () => {
  const rows: Row[] = [{ id: 1, updated_at: day(1) }];
  await using server = dialectServer(since(rows, () => server.url));
  let broken = false;
  await using at = await room({
    ports: (ports) => ({
      sink(settings, folder) {
        const sink = ports.sink(settings, folder);
        return {
          ...sink,
          publish: (load, abort) =>
            broken
              ? Promise.reject(new DataFailure("permanent", "the sink is away", "Wait"))
              : sink.publish(load, abort),
        };
      },
    }),
  });
  const environment = pointing("http", server);
  await at.run(http("stay"), environment);
  rows.push({ id: 2, updated_at: day(2) });
  broken = true;
  const failed = await at.run(http("stay"), environment);
  assert.deepEqual([failed.document.status, failed.exit], ["failed", 1]);
  assert.deepEqual([failed.stream().cursor.before, failed.stream().cursor.after], [day(1), day(1)]);
  assert.deepEqual([(await at.state("stay"))?.cursor, (await at.rows()).length], [day(1), 1]);
  broken = false;
  assert.equal((await at.run(http("stay"), environment)).stream().written, 1);
  assert.deepEqual([(await at.state("stay"))?.cursor, (await at.rows()).length], [day(2), 2]);
});

// 5, a process that is killed between two pages, is in pipelines/foundry/tests/crash_test.ts.

Deno.test("6: 403 with Retry-After is waited for and asked again, not taken for a missing right", async () => {
  await using server = dialectServer((seen) =>
    seen.n === 1
      ? { status: 403, headers: { "retry-after": "3" } }
      : { json: [{ id: 1, updated_at: day(1) }] }
  );
  await using at = await room();
  const { exit, stream } = await at.run(http("limit"), pointing("http", server));
  assert.deepEqual([exit, stream().requests.made, stream().requests.retried, stream().written], [0, 2, 1, 1]);
  assert.ok(at.clock.slept.includes(3000), `waited ${at.clock.slept}`);
});

Deno.test("7: 304 keeps what was there, in a merge, an append and a replace", async () => {
  for (const disposition of ["merge", "append", "replace"]) {
    await using server = dialectServer((seen) =>
      seen.headers.get("if-none-match") === '"v1"'
        ? { status: 304 }
        : { json: [{ id: 1 }, { id: 2 }], headers: { etag: '"v1"' } }
    );
    await using at = await room();
    const pipeline = pipelineOf("same", {
      connector: "http",
      params: { path: "/items" },
      disposition,
      ...(disposition === "append" ? {} : { key: ["id"] }),
    });
    const environment = pointing("http", server);
    await at.run(pipeline, environment);
    const { exit } = await at.run(pipeline, environment);
    assert.equal(exit, 0);
    assert.deepEqual((await at.rows()).map(({ id }) => id), [1, 2], disposition);
  }
});

Deno.test("8: rows that were set aside are counted, listed with their address, and taken in again after a fix", async () => {
  const rows = Array.from(
    { length: 10 },
    (_, n) => ({ id: n + 1, name: n % 3 === 0 ? null : "x", updated_at: day(n + 1) }),
  );
  await using server = dialectServer(() => ({ json: rows }));
  await using at = await room();
  const environment = pointing("http", server);
  const rule = { rule: "required", columns: ["name"], severity: "quarantine" };
  const { exit, stream } = await at.run(http("bad", { quality: [rule] }), environment);
  const { read, accepted, quarantined, written } = stream();
  assert.deepEqual([exit, read, accepted, quarantined, written], [0, 10, 6, 4, 6]);
  const held = await at.quarantine();
  assert.deepEqual(held.map(({ row }) => (row as Row).id).toSorted((a, b) => Number(a) - Number(b)), [
    1,
    4,
    7,
    10,
  ]);
  assert.ok(
    held.every(({ locator, reason, rule }) =>
      /\/items/.test(locator) && /name/.test(reason) && rule === "required@1"
    ),
  );
  const asked = server.seen.length;
  const again = await at.run(http("bad", { quality: [{ ...rule, columns: ["id"] }] }), environment, {
    replay: true,
  });
  assert.deepEqual([again.exit, again.stream().written, server.seen.length], [0, 4, asked]);
  assert.equal((await at.rows()).length, 10);
});

Deno.test("9: 403 and a timeout of SEC never become the number 0 or an empty table", async () => {
  const pipeline = pipelineOf("sec", {
    connector: "edgar",
    resource: "companyconcept",
    params: { ciks: ["1"], taxonomy: "us-gaap", tag: "Assets" },
    key: ["cik", "tag", "unit", "start", "end", "accession"],
  });
  const answers: Answer[] = [{ status: 403, body: "<Error><Code>AccessDenied</Code></Error>" }, {
    fault: { kind: "silent" },
    json: {},
  }, { status: 503 }];
  for (const answer of answers) {
    await using server = dialectServer(() => answer);
    await using at = await room();
    const settings = 'userAgent: "Acme Research data@acme.example", timeoutSeconds: 0.05';
    const { document, exit } = await at.run(pipeline, pointing("edgar", server, settings));
    assert.deepEqual([document.status, exit], ["failed", 1]);
    await nothingPublished(at, "sec");
  }
});

// 10, that no secret is kept anywhere, is in secrets_test.ts.

for (const disposition of ["merge", "append"] as const) {
  Deno.test(`10,000 rows on one value of the cursor: the state stays small, and rows that come to the same value later are not lost (${disposition})`, async () => {
    const rows: Row[] = Array.from({ length: 10_000 }, (_, n) => ({ id: n + 1, updated_at: day(5) }));
    await using server = dialectServer((seen) => {
      const from = seen.query.get("since") ?? "";
      return { json: rows.filter(({ updated_at }) => String(updated_at) >= from) };
    });
    await using at = await room();
    const pipeline = pipelineOf("ties", {
      connector: "http",
      params: { path: "/items", cursorParam: "since" },
      cursor: { path: "updated_at" },
      ...(disposition === "merge" ? { key: ["id"] } : {}),
    });
    const environment = pointing("http", server);
    const expected = [10_000, 3, 2, 0];
    for (const [run, added] of expected.entries()) {
      if (run > 0) {
        for (let n = 0; n < added; n++) rows.push({ id: rows.length + 1, updated_at: day(5) });
      }
      const { exit, stream, document } = await at.run(pipeline, environment);
      assert.equal(exit, 0, JSON.stringify(document.failure));
      assert.deepEqual([stream().read, stream().written, stream().deduped], [
        rows.length,
        added,
        rows.length - added,
      ]);
      const state = await at.state("ties");
      assert.equal(state?.cursor, day(5));
      assert.ok(JSON.stringify(state).length < 60_000, `${JSON.stringify(state).length} bytes of state`);
    }
    const kept = (await at.rows()).map(({ id }) => Number(id)).toSorted((a, b) => a - b);
    assert.deepEqual(kept, Array.from({ length: 10_005 }, (_, n) => n + 1));
  });
}
