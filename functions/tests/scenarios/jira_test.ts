/** S14 to S17: Jira, as whole runs. */
import assert from "node:assert/strict";
import { type Answer, type Answering, dialectServer, type Seen } from "../../../connectors/testing/mod.ts";
import { nothingPublished, pipelineOf, pointing, room } from "./room.ts";

const pipeline = pipelineOf("ji", {
  connector: "jira",
  resource: "issues",
  params: { jql: "project = AC" },
  key: ["id"],
  cursor: { path: "updated" },
});
const environment = (server: { url: string }) =>
  pointing("jira", server, 'auth: { type: basic, email: "bot@acme.example", token: "env:TOKEN" }');
const options = { env: { TOKEN: "token-of-the-test" } };
const issue = (n: number, updated: string) => ({ id: String(n), key: `AC-${n}`, fields: { updated } });
const site = (rest: Answering): Answering => (seen) =>
  seen.path.endsWith("/serverInfo")
    ? { json: { deploymentType: "Cloud" } }
    : seen.path.endsWith("/myself")
    ? { json: { accountId: "me" } }
    : rest(seen);
const since = (seen: Seen) => Number(/updated >= (\d+)/.exec(seen.query.get("jql") ?? "")?.[1] ?? 0);

Deno.test("S14: pages end where no token comes, though isLast says otherwise", async () => {
  await using server = dialectServer(site((seen) => {
    const at = Number(seen.query.get("nextPageToken") ?? "0");
    return {
      json: {
        issues: [issue(at + 1, `2024-01-0${at + 1}T00:00:00.000+0000`)],
        isLast: at < 2,
        ...(at < 2 ? { nextPageToken: String(at + 1) } : {}),
      },
    };
  }));
  await using at = await room(options);
  const { exit, stream } = await at.run(pipeline, environment(server));
  assert.deepEqual([exit, stream().read, stream().written, stream().requests.made], [0, 3, 3, 5]);
  assert.deepEqual((await at.rows()).map(({ key }) => key), ["AC-1", "AC-2", "AC-3"]);
  assert.equal((await at.state("ji"))?.cursor, "2024-01-03T00:00:00.000Z");
});

Deno.test("S15: an account in UTC-8 and a cursor in UTC leave no gap and repeat nothing but the boundary", async () => {
  // 04:34:56 at UTC-8 is 12:34:56 in UTC: a date without a zone would be eight hours late.
  const all = [issue(1, "2024-01-10T04:34:55.999-0800"), issue(2, "2024-01-10T04:34:56.000-0800")];
  const serve = (seen: Seen): Answer => ({
    json: {
      issues: all.filter(({ fields }) =>
        Date.parse(fields.updated.replace("-0800", "-08:00")) >= since(seen)
      ),
    },
  });
  await using server = dialectServer(site(serve));
  await using at = await room(options);
  await at.run(pipeline, environment(server));
  assert.equal((await at.state("ji"))?.cursor, "2024-01-10T12:34:56.000Z");
  // Seven hours later by UTC, and still "before" the cursor for who reads the local clock.
  all.push(issue(3, "2024-01-10T11:00:00.000-0800"));
  const { exit, stream } = await at.run(pipeline, environment(server));
  assert.deepEqual([exit, stream().read, stream().written, stream().deduped], [0, 2, 1, 1]);
  assert.equal(since(server.seen.at(-1) as Seen), Date.parse("2024-01-10T12:34:56.000Z"));
  assert.deepEqual((await at.rows()).map(({ key }) => key), ["AC-1", "AC-2", "AC-3"]);
});

Deno.test("S16: an issue that changes every minute is read at least once, and the walk ends", async () => {
  let minute = 0;
  await using server = dialectServer(site((seen) => {
    const page = Number(seen.query.get("nextPageToken") ?? "0");
    const busy = issue(99, new Date(at.clock.now() + ++minute * 60_000).toISOString());
    if (!/ORDER BY updated/.test(seen.query.get("jql") ?? "")) {
      return { json: { issues: [issue(1, "2024-01-01T00:00:00.000+0000"), busy] } };
    }
    // Forever at the end of the list, and each page leads on.
    const issues = page === 0 ? [issue(1, "2024-01-01T00:00:00.000+0000")] : [busy];
    return { json: { issues, nextPageToken: String(page + 1) } };
  }));
  await using at = await room(options);
  for (const wanted of [2, 2]) {
    const before = server.seen.length;
    const { exit, document } = await at.run(pipeline, environment(server));
    assert.equal(exit, 0, JSON.stringify(document.failure));
    assert.equal((await at.rows()).length, wanted);
    assert.ok(server.seen.length - before <= 5, `${server.seen.length - before} requests`);
    at.clock.advance(3_600_000);
  }
  // The cursor is no later than the start of its run: what changes after that is read by the next one.
  assert.ok(Date.parse(String((await at.state("ji"))?.cursor)) < at.clock.now());
});

Deno.test("S17: the search that was removed fails with its status; who is not known reads nothing", async () => {
  {
    await using server = dialectServer(
      site(() => ({ status: 410, json: { errorMessages: ["The requested API has been removed."] } })),
    );
    await using at = await room(options);
    const { document, exit } = await at.run(pipeline, environment(server));
    assert.deepEqual([document.status, exit], ["failed", 1]);
    assert.match(document.failure?.message ?? "", /410/);
    await nothingPublished(at, "ji");
  }
  await using server = dialectServer((seen) =>
    seen.path.endsWith("/myself")
      ? { status: 401, json: {} }
      : seen.path.endsWith("/serverInfo")
      ? { json: { deploymentType: "Cloud" } }
      : { json: { issues: [issue(1, "2024-01-01T00:00:00.000+0000")] } }
  );
  await using at = await room(options);
  const { document, exit, stream } = await at.run(pipeline, environment(server));
  assert.deepEqual([document.status, exit, stream().read], ["failed", 1, 0]);
  assert.match(document.failure?.message ?? "", /does not know who asks/);
  assert.deepEqual([document.failure?.class, document.failure?.source], ["external", "user-environment"]);
  assert.equal(server.seen.some(({ path }) => path.includes("search")), false);
  await nothingPublished(at, "ji");
});
