/** S6 to S10: GitHub, as whole runs. */
import assert from "node:assert/strict";
import { type Answer, type Answering, dialectServer, type Seen } from "../../../connectors/testing/mod.ts";
import { day, linked } from "./dialects.ts";
import { nothingPublished, pipelineOf, pointing, room } from "./room.ts";

const pipeline = (resource = "issues", params: Record<string, unknown> = { owner: "acme", repo: "tools" }) =>
  pipelineOf("gh", {
    connector: "github",
    resource,
    params,
    key: ["id"],
    cursor: { path: "updated_at" },
  });
const run = async (answering: Answering, resource?: string, params?: Record<string, unknown>) => {
  const server = dialectServer(answering);
  const at = await room();
  const outcome = await at.run(pipeline(resource, params), pointing("github", server));
  return {
    ...outcome,
    server,
    at,
    async [Symbol.asyncDispose]() {
      await at[Symbol.asyncDispose]();
      await server.close();
    },
  };
};
const issue = (id: number) => ({ id, updated_at: day(id) });

Deno.test("S6: a secondary limit without headers is waited for, a minute and more, then parks the run", async () => {
  const limit: Answer = { status: 403, json: { message: "You have exceeded a secondary rate limit." } };
  {
    await using once = await run((seen) => seen.n === 1 ? limit : { json: [issue(1)] });
    assert.equal(once.exit, 0, JSON.stringify(once.document.failure));
    assert.ok((once.at.clock.slept.find((ms) => ms > 1000) ?? 0) >= 60_000, `waited ${once.at.clock.slept}`);
    const { requests } = once.stream();
    assert.deepEqual([once.server.seen.length, requests.made, requests.retried], [2, 2, 1]);
    assert.ok(requests.waitedMs >= 60_000);
  }
  await using always = await run(() => limit);
  const { document, exit, stream, server, at } = always;
  assert.deepEqual([document.status, exit, stream().status], ["parked", 3, "parked"]);
  assert.ok(server.seen.length >= 2 && server.seen.length <= 5, `${server.seen.length} requests`);
  const waits = at.clock.slept.filter((ms) => ms > 1000);
  assert.deepEqual(waits, waits.toSorted((a, b) => a - b), "each wait is longer than the one before");
  await nothingPublished(at, "gh");
});

Deno.test("S7: a reset in milliseconds is not believed: the wait is bounded by the pipeline, and the run goes on", async () => {
  await using found = await run((seen) =>
    seen.n === 1
      ? {
        status: 403,
        headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1507651200000" },
        json: { message: "API rate limit exceeded" },
      }
      : { json: [issue(1)] }
  );
  assert.deepEqual([found.exit, found.server.seen.length], [0, 2]);
  assert.ok(Math.max(...found.at.clock.slept) <= 300_000, `waited ${found.at.clock.slept}`);
  assert.deepEqual((await found.at.rows()).map(({ id }) => id), [1]);
});

Deno.test("S8: 304 on page 1 of the second run: unchanged, the rows and the cursor stay", async () => {
  await using server = dialectServer((seen) =>
    seen.headers.get("if-none-match") === '"v1"'
      ? { status: 304 }
      : { json: [issue(1), issue(2)], headers: { etag: '"v1"' } }
  );
  await using at = await room();
  const environment = pointing("github", server);
  await at.run(pipeline(), environment);
  // The second run begins where the first one ended, which is another list; the third asks for the same one again.
  await at.run(pipeline(), environment);
  const before = [await at.rows(), (await at.state("gh"))?.cursor];
  const asked = server.seen.length;
  const { document, exit, stream } = await at.run(pipeline(), environment);
  assert.deepEqual([document.status, exit, stream().status, stream().reason], [
    "completed",
    0,
    "complete",
    "unchanged",
  ]);
  assert.deepEqual([server.seen.length - asked, stream().requests.made, stream().written], [1, 1, 0]);
  assert.deepEqual([await at.rows(), (await at.state("gh"))?.cursor], before);
  assert.deepEqual(before[1], day(2));
  assert.equal(stream().cursor.after, day(2));
});

/** Pull requests as the server has them at the moment of each request, three a page. */
function pulls(list: { id: number; updated_at: string }[], url: string, seen: Seen): Answer {
  const sorted = seen.query.get("sort") === "updated"
    ? [...list].sort((a, b) => a.updated_at < b.updated_at ? -1 : 1)
    : [...list].sort((a, b) => a.id - b.id);
  if (seen.query.get("direction") === "desc") sorted.reverse();
  const page = Number(seen.query.get("page") ?? 1);
  const next = new URL(url + seen.target);
  next.searchParams.set("page", String(page + 1));
  return linked(sorted.slice((page - 1) * 3, page * 3), page * 3 < sorted.length ? next.href : null);
}

Deno.test("S9: a pull request that changes while pages are read newest first is there after the next run", async () => {
  const list = Array.from({ length: 12 }, (_, at) => ({ id: at + 1, updated_at: day(at + 1) }));
  await using server = dialectServer((seen) => pulls(list, server.url, seen));
  await using at = await room();
  const environment = pointing("github", server);
  assert.equal((await at.run(pipeline("pulls"), environment)).exit, 0);
  assert.equal((await at.rows()).length, 12);

  // Now 9 are new, and while the second page is fetched one of the third moves to the front.
  const fresh = (n: number) => new Date(at.clock.now() - 3_600_000 + n * 1000).toISOString();
  for (const one of list.slice(3)) one.updated_at = fresh(one.id);
  let page = 0;
  server.answer((seen) => {
    if (++page === 2) (list[3] as { updated_at: string }).updated_at = new Date(at.clock.now()).toISOString();
    return pulls(list, server.url, seen);
  });
  const second = await at.run(pipeline("pulls"), environment);
  assert.equal(second.exit, 0);
  const before = server.seen.length;
  at.clock.advance(60_000);
  const third = await at.run(pipeline("pulls"), environment);
  assert.equal(third.exit, 0);
  const kept = new Map((await at.rows()).map(({ id, updated_at }) => [id, updated_at]));
  assert.deepEqual(kept, new Map(list.map(({ id, updated_at }) => [id, updated_at])));
  assert.equal(server.seen.length - before, 1, "one page says what is new");
});

Deno.test("S10: a renamed repository is followed, a private one fails, one without issues is skipped, an empty one has no commits", async () => {
  {
    await using renamed = await run((seen) =>
      seen.path === "/repos/acme/tools/issues"
        ? { status: 301, headers: { location: "/repositories/7/issues?page=1" } }
        : { json: [issue(1)] }
    );
    assert.deepEqual([renamed.exit, renamed.stream().requests.made], [0, 2]);
    assert.deepEqual((await renamed.at.rows()).map(({ id, repository }) => [id, repository]), [[
      1,
      "acme/tools",
    ]]);
  }
  {
    await using hidden = await run(() => ({ status: 404, json: { message: "Not Found" } }));
    assert.deepEqual([hidden.document.status, hidden.exit, hidden.server.seen.length], ["failed", 1, 1]);
    assert.equal(hidden.document.failure?.class, "external");
    await nothingPublished(hidden.at, "gh");
  }
  {
    await using off = await run(() => ({ status: 410, json: { message: "Issues are disabled" } }));
    assert.deepEqual([off.document.status, off.exit, off.stream().status, off.stream().reason], [
      "completed",
      0,
      "skipped",
      "acme/tools has its issues switched off",
    ]);
  }
  await using empty = await run(
    () => ({ status: 409, json: { message: "Git Repository is empty." } }),
    "commits",
  );
  const { status, read, written } = empty.stream();
  assert.deepEqual([empty.document.status, empty.exit, status, read, written], [
    "completed",
    0,
    "complete",
    0,
    0,
  ]);
});
