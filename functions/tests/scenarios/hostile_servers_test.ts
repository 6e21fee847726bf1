/** Hostile servers, each as a whole run: a clear class, exit code 1, and nothing half published. */
import assert from "node:assert/strict";
import { type Answer, dialectServer } from "../../../connectors/testing/mod.ts";
import { DOCTYPE, type End, fails } from "./hostile.ts";
import { pipelineOf, pointing, room } from "./room.ts";

const zeros = (megabytes: number) => new Uint8Array(megabytes * 1024 * 1024);
const json = (body: string | Uint8Array, more: Partial<Answer> = {}): Answer => ({
  body,
  headers: { "content-type": "application/json" },
  ...more,
});
const items = [{ id: 1 }, { id: 2 }];
function* forever(): Generator<Uint8Array> {
  const chunk = new Uint8Array(65_536).fill(0x20);
  for (;;) yield chunk;
}

const SERVERS: readonly [string, (n: number) => Answer, readonly End[], RegExp, Record<string, unknown>?][] =
  [
    ["a body that unpacks to 100 MB", () => json(zeros(100), { gzip: true }), ["refused"], /unpacks to more/],
    ["a body without end", () => ({ chunks: forever() }), ["limit"], /larger than/],
    [
      "a body that says that it has a terabyte",
      () => json("[]", { fault: { kind: "length", announced: 1e12 } }),
      [
        "limit",
      ],
      /larger than/,
    ],
    [
      "a length that is too long",
      () => json(JSON.stringify(items), { fault: { kind: "length", announced: 5000 } }),
      ["transient", "contract"],
      /broke off|closed/,
    ],
    [
      "a length that is too short",
      () => json(JSON.stringify(items), { fault: { kind: "length", announced: 5 } }),
      ["transient", "contract"],
      /JSON|HTTP|broke off/,
    ],
    [
      "a body that comes byte by byte",
      () => json(JSON.stringify(items), { fault: { kind: "drip", bytes: 1, everyMs: 40 } }),
      [
        "transient",
      ],
      /not complete within|no byte/,
    ],
    ["a body that stops in the middle", () => json(JSON.stringify(items), { fault: { kind: "stall" } }), [
      "transient",
    ], /within|no byte/],
    ["no answer at all", () => json("[]", { fault: { kind: "silent" } }), ["transient"], /no answer within/],
    [
      "a head of a megabyte",
      () => json("[]", { headers: { "x-bomb": "x".repeat(1024 * 1024) } }),
      ["transient", "contract", "permanent" as End],
      /HTTP|header|closed/i,
    ],
    [
      "ten thousand headers",
      () =>
        json("[]", {
          headers: Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`x-${n}`, "y"])),
        }),
      ["transient", "contract"],
      /HTTP|header|closed/i,
    ],
    [
      "JSON as deep as a well",
      () => json("[".repeat(200_000) + "]".repeat(200_000)),
      ["contract", "refused"],
      /nest|deep|JSON/,
    ],
    [
      "XML with entities that multiply",
      () => ({
        body: `<?xml version="1.0"?>${DOCTYPE}<items><item>&b;</item></items>`,
        headers: { "content-type": "application/xml" },
      }),
      ["contract", "refused"],
      /document type|DOCTYPE|entit/i,
      { format: "xml", records: "items.item" },
    ],
    [
      "one line of CSV without end",
      () => ({ chunks: forever(), headers: { "content-type": "text/csv" } }),
      ["limit"],
      /larger than/,
      {
        format: "csv",
      },
    ],
    ["one line of NDJSON without end", () => ({ chunks: forever() }), ["limit"], /larger than/, {
      format: "ndjson",
    }],
  ];

for (const [what, answer, ends, words, params = {}] of SERVERS) {
  Deno.test(`hostile: ${what} fails the run`, async () => {
    await using server = dialectServer((seen) => answer(seen.n));
    await using at = await room();
    const pipeline = pipelineOf("served", { connector: "http", params: { path: "/items", ...params } }, {
      onFailure: { retries: 0, park: true },
    });
    await fails(
      at,
      pipeline,
      pointing("http", server, "timeoutSeconds: 0.2, maxBytes: 4000000"),
      ends,
      words,
    );
  });
}

Deno.test("hostile: pages without end stop at the limits of the stream and of the run, and nothing of an append is published", async () => {
  await using server = dialectServer((seen) => ({ json: { items: [{ id: seen.n }], next: `t${seen.n}` } }));
  for (
    const [name, bound] of [["stream", { limits: { requests: 25 } }], ["pages", {
      limits: { pages: 25 },
    }]] as const
  ) {
    await using at = await room();
    const before = server.seen.length;
    const params = {
      path: "/items",
      records: "items",
      pagination: { type: "cursor", path: "next", param: "t" },
    };
    await fails(
      at,
      pipelineOf(`endless-${name}`, { connector: "http", params, more: bound }),
      pointing("http", server),
      ["limit"],
      /limit of 25/,
    );
    assert.ok(server.seen.length - before <= 26, `${server.seen.length - before} requests`);
  }
  await using at = await room();
  const before = server.seen.length;
  const params = {
    path: "/items",
    records: "items",
    pagination: { type: "cursor", path: "next", param: "t" },
  };
  const pipeline = pipelineOf("endless", { connector: "http", params }, { budget: { requests: 25 } });
  await fails(at, pipeline, pointing("http", server), ["limit"], /budget of 25 requests/);
  assert.ok(server.seen.length - before <= 26);
});
