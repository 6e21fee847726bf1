/** Scenarios through the real command line, with the real clock: what is printed, and the exit code by which a shell decides. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type Answering, type DialectServer, dialectServer } from "../../../connectors/testing/mod.ts";
import { PipelineDocument } from "../../../specs/foundry/mod.ts";
import { dispatch } from "../../cli/dispatch.ts";
import { recorder } from "../recorder.ts";
import { linked } from "./dialects.ts";

const PIPELINE = `id: door
streams:
  - id: items
    source: { connector: http, resource: items, params: { path: /items, pagination: { type: link-header } } }
    primaryKey: [id]
    cursor: { path: updated_at }
    write: { disposition: merge, sink: warehouse }
    quality:
      - { rule: row-count, min: 1 }
`;
const row = (id: number) => ({ id, updated_at: `2024-01-0${id}T00:00:00Z` });

async function atDoor(
  answering: (url: () => string) => Answering,
  use: (
    forge: (...args: string[]) => Promise<{ exit: number; text: string }>,
    server: DialectServer,
    dir: string,
  ) => Promise<void>,
): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "door-" });
  const server: DialectServer = dialectServer(answering(() => server.url));
  try {
    await Deno.writeTextFile(join(dir, "p.yaml"), PIPELINE);
    await Deno.writeTextFile(
      join(dir, "env.yaml"),
      `connectors: { http: { baseUrl: "${server.url}" } }
network: { allowPrivate: true }
sinks: { warehouse: { type: sqlite, path: warehouse.db } }
`,
    );
    await use(
      async (...args) => {
        const io = recorder(dir);
        const exit = await dispatch([...args, "--data", join(dir, "data")], io);
        return { exit, text: io.stdout };
      },
      server,
      dir,
    );
  } finally {
    await server.close();
    await Deno.remove(dir, { recursive: true });
  }
}

const RUN = ["etl", "run", "p.yaml", "--env", "env.yaml", "--json"];
const document = (text: string) => PipelineDocument.parse(JSON.parse(text));

Deno.test("doors: S1 by the command line: exit 0, the rows once, a bundle of evidence", () =>
  atDoor((url) => (seen) => {
    const page = Number(seen.query.get("page") ?? 1);
    const answer = linked([row(page)], page < 4 ? `${url()}/items?page=${page + 1}` : null);
    return seen.n === 3 ? { ...answer, fault: { kind: "cut" } } : answer;
  }, async (forge, server) => {
    const { exit, text } = await forge(...RUN);
    const { status, streams: [stream], evidence } = document(text);
    assert.deepEqual([exit, status, stream?.written, stream?.cursor.after], [
      0,
      "completed",
      4,
      row(4).updated_at,
    ]);
    assert.deepEqual([stream?.requests.made, server.seen.length], [5, 5]);
    assert.ok((await Deno.stat(join(evidence?.path ?? "", "manifest.json"))).isFile);
    const exported = (await forge("etl", "export", "items")).text.trim().split("\n");
    assert.deepEqual(exported.map((line) => JSON.parse(line).id), [1, 2, 3, 4]);
    const again = document((await forge(...RUN)).text).streams[0];
    assert.deepEqual([again?.written, again?.deduped, again?.cursor.before], [0, 1, row(4).updated_at]);
  }));

Deno.test("doors: S5 by the command line: a wait of a day is exit 3, and says until when; the table is not there", () =>
  atDoor(() => () => ({ status: 429, headers: { "retry-after": "86400" } }), async (forge) => {
    const { exit, text } = await forge(...RUN);
    const { status, notes, streams } = document(text);
    assert.deepEqual([exit, status, streams[0]?.status], [3, "parked", "parked"]);
    const until = notes.find((note) => note.startsWith("until "))?.slice(6) ?? "";
    assert.ok(Math.abs(Date.parse(until) - Date.now() - 86_400_000) < 600_000, until);
    assert.equal((await forge("etl", "export", "items")).exit, 2);
  }));

Deno.test("doors: S10 and a rule that blocks by the command line are exit 1, apart in status and reason", async () => {
  await atDoor(() => () => ({ status: 404 }), async (forge) => {
    const { exit, text } = await forge(...RUN);
    assert.deepEqual([exit, document(text).status, document(text).failure?.class], [1, "failed", "external"]);
  });
  await atDoor(() => () => ({ json: [] }), async (forge) => {
    const { exit, text } = await forge(...RUN);
    const { status, denials } = document(text);
    assert.deepEqual([exit, status, denials[0]?.rule], [1, "denied", "core/D-QUALITY"]);
  });
});

Deno.test("doors: a pipeline that cannot be is exit 2, before anything is asked", () =>
  atDoor(() => () => ({ json: [row(1)] }), async (forge, server, dir) => {
    await Deno.writeTextFile(join(dir, "p.yaml"), PIPELINE.replace("link-header", "by-magic"));
    assert.equal((await forge(...RUN)).exit, 2);
    assert.equal(server.seen.length, 0);
  }));
