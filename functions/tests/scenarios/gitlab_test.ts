/** S11 to S13: GitLab, as whole runs. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type Answer, dialectServer, type Seen } from "../../../connectors/testing/mod.ts";
import { day, linked } from "./dialects.ts";
import { pipelineOf, pointing, room } from "./room.ts";

const pipeline = pipelineOf("gl", {
  connector: "gitlab",
  resource: "issues",
  params: { project: "acme/tools" },
  key: ["id"],
  cursor: { path: "updated_at" },
});
const COUNT = 23;
const SIZE = 4;
const LAST_OFFSET = 12;
const issues = Array.from({ length: COUNT }, (_, at) => ({
  id: at + 1,
  iid: at + 1,
  created_at: day(1 + Math.floor(at / 3)),
  updated_at: day(1 + Math.floor(at / 3)),
}));

/** Pages by offset up to a limit, as GitLab's at 50,000 rows, then by keyset only. No totals, as above 10,000 rows. */
function limited(seen: Seen, url: string): Answer {
  const next = new URL(url + seen.target);
  if (seen.query.get("pagination") === "keyset") {
    const after = Number(seen.query.get("id_after") ?? "0");
    const left = issues.filter(({ id }) => id > after);
    next.searchParams.set("id_after", String(left[SIZE - 1]?.id));
    return linked(left.slice(0, SIZE), left.length > SIZE ? next.href : null);
  }
  const page = Number(seen.query.get("page") ?? "1");
  if ((page - 1) * SIZE >= LAST_OFFSET) {
    const message =
      "405 Method Not Allowed - Offset pagination has a maximum allowed offset. Remaining records can be retrieved using keyset pagination.";
    return { status: 405, json: { message } };
  }
  next.searchParams.set("page", String(page + 1));
  return linked(issues.slice((page - 1) * SIZE, page * SIZE), page * SIZE < COUNT ? next.href : null);
}

Deno.test("S11: links only, and keyset behind the last offset: every row once, and a run that is cut off there goes on there", async () => {
  await using server = dialectServer((seen) => limited(seen, server.url));
  await using at = await room();
  const { exit, stream, document } = await at.run(pipeline, pointing("gitlab", server));
  assert.equal(exit, 0, JSON.stringify(document.failure));
  assert.deepEqual((await at.rows()).map(({ id }) => id), issues.map(({ id }) => id));
  const { read, written, deduped, requests } = stream();
  assert.deepEqual([read, written, deduped], [COUNT, COUNT, 0]);
  assert.equal(requests.made, server.seen.length);
  assert.equal(server.seen.filter(({ query }) => query.get("pagination") === "keyset").length, 3);
  assert.ok(server.seen.every(({ query }) => query.get("state") === "all"));
});

Deno.test("S12: 429 with the plain text `Retry later` is waited for by its headers", async () => {
  await using server = dialectServer((seen) =>
    seen.n === 1
      ? { status: 429, headers: { "retry-after": "7", "content-type": "text/plain" }, body: "Retry later\n" }
      : { json: issues.slice(0, 1) }
  );
  await using at = await room();
  const { exit, stream } = await at.run(pipeline, pointing("gitlab", server));
  assert.deepEqual([exit, stream().requests.made, stream().requests.retried], [0, 2, 1]);
  assert.ok(at.clock.slept.includes(7000), `waited ${at.clock.slept}`);
});

Deno.test("S13: 401 in mid-run renews the token once; the new one is kept before it is used, and the next run has it", async () => {
  const valid = { access: "access-0", refresh: "refresh-0" };
  const used: string[] = [];
  let keptBeforeUse = false;
  await using server = dialectServer(async (seen): Promise<Answer> => {
    if (seen.path === "/oauth/token") {
      const given = new URLSearchParams(seen.text()).get("refresh_token");
      used.push(String(given));
      if (given !== valid.refresh) return { status: 400, json: { error: "invalid_grant" } };
      Object.assign(valid, { access: `access-${used.length}`, refresh: `refresh-${used.length}` });
      return { json: { access_token: valid.access, refresh_token: valid.refresh, expires_in: 7200 } };
    }
    if (seen.headers.get("authorization") !== `Bearer ${valid.access}`) return { status: 401, json: {} };
    const page = Number(seen.query.get("page") ?? "1");
    if (page === 2 && valid.access === "access-0") {
      // It ends in the middle of the run.
      valid.access = "ended";
      return { status: 401, json: { error: "invalid_token" } };
    }
    if (page === 2) {
      for await (const { name } of Deno.readDir(vault)) {
        keptBeforeUse ||= (await Deno.readTextFile(join(vault, name))).includes(valid.refresh);
      }
    }
    return linked(
      issues.slice(page - 1, page),
      page < 3 ? `${server.url}${seen.path}?page=${page + 1}` : null,
    );
  });
  await using at = await room({ env: { ACCESS: "access-0", REFRESH: "refresh-0" } });
  const vault = join(at.data, "foundry", "vault");
  const environment = pointing(
    "gitlab",
    server,
    `auth: { type: oauth2, tokenUrl: "${server.url}/oauth/token", clientId: c, accessToken: "env:ACCESS", refreshToken: "env:REFRESH" }`,
  );
  const first = await at.run(pipeline, environment);
  assert.equal(first.exit, 0, JSON.stringify(first.document.failure));
  assert.deepEqual((await at.rows()).map(({ id }) => id), [1, 2, 3]);
  assert.ok(keptBeforeUse, "the successor was not in the vault when it was used");
  assert.deepEqual(used, ["refresh-0"]);
  assert.equal(server.seen.length, 3 + 1 + 1, "three pages, one of them twice, and one token");
  // Old tokens of the environment work no more; what is in the vault does.
  const second = await at.run(pipeline, environment);
  assert.equal(second.exit, 0, JSON.stringify(second.document.failure));
  assert.deepEqual(used, ["refresh-0"]);
});
