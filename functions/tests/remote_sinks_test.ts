import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { httpEndpoint, type Received, s3Server } from "../../connectors/testing/mod.ts";

const MAIN = fileURLToPath(new URL("../cli/main.ts", import.meta.url));
const ROWS = 40;
const TOKEN = "token-of-the-endpoint-4711";

/** A directory with a pipeline, an environment and rows. */
interface Room {
  data: string;
  forge(...args: string[]): { child: Deno.ChildProcess; output: Promise<Deno.CommandOutput> };
}

/** A room with a pipeline over a file of rows, and forge as a process of its own in it. */
async function inRoom(
  sink: string,
  variables: Record<string, string>,
  use: (room: Room) => Promise<void>,
): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "remote-" });
  const lines = Array.from(
    { length: ROWS },
    (_, at) => `${at + 1},n${at + 1},2026-01-01T00:00:${String(at).padStart(2, "0")}Z`,
  );
  await Deno.writeTextFile(join(dir, "orders.csv"), `id,name,at\n${lines.join("\n")}\n`);
  await Deno.writeTextFile(
    join(dir, "orders.yaml"),
    `id: orders
streams:
  - id: orders
    source: { connector: file, resource: csv, params: { path: orders.csv } }
    primaryKey: [id]
    cursor: { path: at }
    write: { disposition: append, sink: out }
`,
  );
  await Deno.writeTextFile(
    join(dir, "env.yaml"),
    `sinks: { out: ${sink} }\nnetwork: { allowPrivate: true }\n`,
  );
  const data = join(dir, "data");
  try {
    await use({
      data,
      forge(...args) {
        const child = new Deno.Command(Deno.execPath(), {
          args: ["run", "--no-check", "-A", MAIN, ...args, "--data", data],
          cwd: dir,
          env: { NO_COLOR: "1", INIT_CWD: dir, ...variables },
          stdout: "piped",
          stderr: "piped",
        }).spawn();
        return { child, output: child.output() };
      },
    });
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** A run that is killed once `reached` says so, and gone on with by the next process. */
async function killedAndResumed(
  { forge }: Room,
  reached: Promise<unknown>,
): Promise<Record<string, unknown> & { streams: Record<string, unknown>[] }> {
  const first = forge("etl", "run", "orders.yaml", "--env", "env.yaml");
  await reached;
  first.child.kill("SIGKILL");
  const { stderr } = await first.output;
  const run = /run_[0-9a-z]+/.exec(text(stderr))?.[0];
  assert.ok(run, text(stderr));
  const second = await forge("workflow", "resume", run, "--sandbox", "none", "--json").output;
  assert.equal(second.code, 0, text(second.stdout) + text(second.stderr));
  return JSON.parse(text(second.stdout));
}

/** No file below a directory holds a text. */
async function assertNowhere(dir: string, secrets: readonly string[]): Promise<void> {
  for await (const entry of Deno.readDir(dir)) {
    const path = join(dir, entry.name);
    if (entry.isDirectory) await assertNowhere(path, secrets);
    else if (entry.isFile) {
      const held = new TextDecoder("latin1").decode(await Deno.readFile(path));
      for (const secret of secrets) assert.ok(!held.includes(secret), path);
    }
  }
}

Deno.test("a run that is killed between the parts and the manifest of a bucket ends with each row once, and export reads it", async () => {
  const server = s3Server({});
  const { by } = server;
  const variables = { TEST_S3_ID: by.accessKeyId, TEST_S3_KEY: by.secretAccessKey };
  const sink = `{ type: s3, endpoint: "${server.endpoint}", bucket: ${server.bucket}, prefix: lake, ` +
    `accessKeyId: "env:TEST_S3_ID", secretAccessKey: "env:TEST_S3_KEY", format: parquet }`;
  try {
    await inRoom(sink, variables, async (room) => {
      const reached = new Promise<void>((resolve) => {
        server.before = ({ action, key }) => {
          if (action !== "PutObject" || key !== "lake/orders/_manifest.json") return;
          server.before = () => {};
          resolve();
          // The answer never comes to the process that asked.
          return new Promise((done) => setTimeout(() => done(new Response(null, { status: 503 })), 200));
        };
      });
      const document = await killedAndResumed(room, reached);
      assert.equal(document.status, "completed");
      const exported = await room.forge("etl", "export", "orders", "--format", "jsonl").output;
      const rows = text(exported.stdout).trim().split("\n").map((line) => JSON.parse(line));
      assert.equal(rows.length, ROWS, text(exported.stderr));
      assert.equal(new Set(rows.map(({ id }) => id)).size, ROWS);
      assert.equal([...server.objects.keys()].filter((key) => key.includes("/part-")).length, 1);
      await assertNowhere(room.data, [by.secretAccessKey]);
    });
  } finally {
    await server.close();
  }
});

Deno.test("a run that is killed between two batches to an endpoint goes on at the first one without an answer", async () => {
  const server = httpEndpoint();
  const sink =
    `{ type: http, url: "${server.url}/{table}", batch: 5, auth: { type: bearer, token: "env:TEST_TOKEN" } }`;
  try {
    await inRoom(sink, { TEST_TOKEN: TOKEN }, async (room) => {
      const reached = new Promise<void>((resolve) => {
        server.after = () => {
          if (server.received.length !== 4) return;
          resolve();
          return new Promise((done) => setTimeout(() => done(new Response()), 200));
        };
      });
      const document = await killedAndResumed(room, reached);
      assert.equal(document.status, "completed");
      const numbers = ({ rows }: Received) => rows.map(({ id }) => Number(id));
      assert.deepEqual(
        server.taken.map(({ id }) => Number(id)),
        Array.from({ length: ROWS }, (_, at) => at + 1),
      );
      // The fourth batch was taken and its answer lost: it comes once more under its key.
      assert.deepEqual(server.received.map((one) => numbers(one)[0]), [1, 6, 11, 16, 16, 21, 26, 31, 36]);
      assert.equal(server.received[3]?.key, server.received[4]?.key);
      assert.equal(server.received[0]?.headers.get("authorization"), `Bearer ${TOKEN}`);
      await assertNowhere(room.data, [TOKEN]);
    });
  } finally {
    await server.close();
  }
});
