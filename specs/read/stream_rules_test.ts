import assert from "node:assert/strict";
import { readEnvironment, readPipeline } from "./pipeline.ts";

const stream = (more: Record<string, unknown> = {}) => ({
  id: "s",
  source: { connector: "http", resource: "x", params: { path: "/x" } },
  write: { disposition: "append" },
  ...more,
});
const found = async (more: Record<string, unknown>, top: Record<string, unknown> = {}) => {
  const read = await readPipeline({ id: "p", streams: [stream(more)], ...top });
  return read.ok ? [] : read.error.map(({ code, path }) => `${code} ${path}`);
};
const merge = { primaryKey: ["id"], write: { disposition: "merge" } };

Deno.test("a key whose values are gone or alike once personal data was treated is found, a hashed one is none", async () => {
  const key = ["pipeline.key streams[0].primaryKey[0]"];
  assert.deepEqual(await found({ ...merge, pii: { id: "drop" } }), key);
  assert.deepEqual(await found({ ...merge, pii: { ID: "mask" } }), key);
  assert.deepEqual(await found({ ...merge, pii: { id: "hash" } }), []);
  const anew = [{ op: "derive", column: "id", expression: "key" }];
  assert.deepEqual(await found({ ...merge, pii: { id: "drop" }, transforms: anew }), []);
  assert.deepEqual(await found({ ...merge, primaryKey: ["id", "at", "id"] }), [
    "pipeline.key streams[0].primaryKey[2]",
  ]);
});

Deno.test("a cursor whose values have no order, or another one, is found", async () => {
  const cursor = (more: Record<string, unknown>) => ({ cursor: { path: "at", ...more } });
  const agreed = (type: string) => ({ contract: { schema: { at: { type } } } });
  for (const treatment of ["hash", "mask", "drop"]) {
    assert.deepEqual(await found({ ...cursor({}), pii: { At: treatment } }), [
      "pipeline.cursor streams[0].cursor.path",
    ]);
  }
  assert.deepEqual(await found({ ...cursor({ path: "user.at" }), pii: { user: "mask" } }), [
    "pipeline.cursor streams[0].cursor.path",
  ]);
  for (
    const [type, column] of [["datetime", "boolean"], ["integer", "json"], ["string", "integer"], [
      "integer",
      "datetime",
    ]]
  ) {
    const order = { order: "ascending" };
    assert.deepEqual(await found({ ...cursor({ type, ...order }), ...agreed(column as string) }), [
      "pipeline.cursor streams[0].cursor.type",
    ], `${type} ${column}`);
  }
  for (
    const [type, column] of [["datetime", "string"], ["date", "datetime"], ["decimal", "integer"], [
      "datetime",
      "integer",
    ]]
  ) {
    assert.deepEqual(
      await found({ ...cursor({ type }), ...agreed(column as string) }),
      [],
      `${type} ${column}`,
    );
  }
  const cast = { transforms: [{ op: "cast", columns: { at: "boolean" } }] };
  assert.deepEqual(await found({ ...cursor({}), ...agreed("boolean"), ...cast }), []);
});

Deno.test("an append by a cursor of texts says their order; a merge and other types need not", async () => {
  const cursor = { path: "at", type: "string" };
  assert.deepEqual(await found({ cursor }), ["pipeline.cursor streams[0].cursor.order"]);
  assert.deepEqual(await found({ cursor: { ...cursor, order: "ascending" } }), []);
  assert.deepEqual(await found({ cursor, ...merge }), []);
  assert.deepEqual(await found({ cursor: { path: "at" } }), []);
});

Deno.test("what comes behind a filter that nothing passes is not reached", async () => {
  const filter = (expression: string) => ({ transforms: [{ op: "filter", expression }] });
  for (const never of ["false", " ( false ) "]) {
    assert.deepEqual(await found(filter(never)), [
      "pipeline.unreachable streams[0].transforms[0].expression",
    ]);
  }
  for (const some of ["closed == false", "falsey", "!(false)"]) {
    assert.deepEqual(await found(filter(some)), []);
  }
});

Deno.test("credentials are found under their usual names, in defaults, links and headers", async () => {
  const params = (more: Record<string, unknown>) => ({
    source: { connector: "http", resource: "x", params: { path: "/x", ...more } },
  });
  for (
    const more of [
      params({ pwd: "hunter2" }),
      params({ query: { client_secret: "abc" } }),
      params({ query: { "access-token": "abcd" } }),
      params({ body: { sessionToken: "abcd" } }),
      params({ path: "/x?sig=abcdefgh&sv=2020" }),
      params({ path: "https://hooks.slack.com/services/T00000000/B00000000/abcdefghijkl" }),
    ]
  ) assert.match((await found(more)).join(), /pipeline\.secret/, JSON.stringify(more));
  assert.deepEqual(await found({}, { params: { apiToken: { type: "string", default: "abc" } } }), [
    "pipeline.secret params.apiToken.default",
  ]);
  const env = await readEnvironment({ connectors: { http: { headers: { Cookie: "session=abcdef" } } } });
  assert.equal(env.ok ? "" : env.error[0]?.code, "environment.secret");
});

Deno.test("names that only sound like credentials are none", async () => {
  const http = (params: Record<string, unknown>) => ({
    source: { connector: "http", resource: "x", params: { path: "/x", ...params } },
  });
  for (
    const more of [
      http({ records: "items", pagination: { type: "cursor", path: "next_token", param: "page_token" } }),
      http({ query: { signature_count: 3, cookie_policy: "all" } }),
      { pii: { password_hint: "drop", token: "drop" } },
      {
        transforms: [{ op: "rename", columns: { secret: "note" } }, {
          op: "cast",
          columns: { token: "string" },
        }],
      },
      { quality: [{ rule: "required", columns: ["access_key_id"] }] },
    ]
  ) assert.deepEqual(await found(more), [], JSON.stringify(more));
  assert.deepEqual(await found({}, { params: { since: { type: "date", default: "2026-01-01" } } }), []);
});
