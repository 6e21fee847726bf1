import assert from "node:assert/strict";
import {
  PipelineDocument,
  PipelineEntry,
  PipelineList,
  PipelineState,
  ScheduleActionResult,
  ScheduleList,
} from "../../specs/foundry/mod.ts";
import { compose } from "../compose.ts";
import { pipelineSettings, registerFiles } from "../pipeline_files.ts";
import type { Service } from "../service.ts";
import { openDoor } from "./tests/door.ts";

const ORDERS = `id: orders
schedule: { cron: "0 6 * * *" }
streams:
  - id: orders
    source: { connector: file, resource: csv, params: { path: orders.csv } }
    primaryKey: [id]
    write: { disposition: merge }
`;

/** A door before the real application, with a folder of pipelines. */
async function withServer(
  use: (server: {
    post: (path: string, body: unknown, headers?: Record<string, string>) => Promise<Response>;
    get: (path: string) => Promise<Response>;
    yaml: (text: string) => Promise<Response>;
    service: Service;
    dir: string;
    ended: (run: string) => Promise<PipelineDocument>;
    keyFor: (scopes: readonly ("read" | "run" | "approve")[]) => Promise<string>;
  }) => Promise<void>,
  options: { root?: boolean; environment?: Record<string, unknown> } = {},
): Promise<void> {
  const dir = await Deno.realPath(await Deno.makeTempDir({ prefix: "forge-pipelines-" }));
  await Deno.mkdir(`${dir}/pipelines`);
  await Deno.writeTextFile(`${dir}/pipelines/orders.csv`, "id,amount\n1,5\n2,6\n");
  await Deno.writeTextFile(`${dir}/secret.csv`, "id\n1\n");
  const service = await compose({ data: `${dir}/data`, sandbox: "none", workers: true });
  try {
    const root = options.root === false ? null : `${dir}/pipelines`;
    const settings = await pipelineSettings({
      data: `${dir}/data`,
      root,
      environment: options.environment === undefined
        ? null
        : { text: JSON.stringify(options.environment), name: "env.json", folder: `${dir}/data` },
    });
    assert.ok(settings.ok);
    await service.pipelines?.configure(settings.value);
    const door = await openDoor({ service, clock: { now: Date.now } });
    await use({
      ...door,
      service,
      dir,
      yaml: (text) => door.post("/v1/pipelines", text, { "content-type": "application/yaml" }),
      async ended(run) {
        await service.settled(run, AbortSignal.timeout(60_000));
        return PipelineDocument.parse(await (await door.get(`/v1/runs/${run}`)).json());
      },
      keyFor: (scopes) => door.keyFor(scopes),
    });
  } finally {
    await service.close();
    await Deno.remove(dir, { recursive: true });
  }
}

const codeOf = async (answer: Response) => [answer.status, (await answer.json()).code];

Deno.test("a pipeline is registered as YAML or JSON, versioned by its content, listed and shown", () =>
  withServer(async ({ yaml, post, get }) => {
    const first = await yaml(ORDERS);
    assert.deepEqual([first.status, first.headers.get("location")], [201, "/v1/pipelines/orders"]);
    const entry = PipelineEntry.parse(await first.json());
    const { definition, versions, ...summary } = entry;
    assert.deepEqual([definition.streams[0]?.id, versions.length], ["orders", 1]);
    assert.equal(entry.pipeline, `orders@${entry.digest.slice(7, 19)}`);

    const asJson = await post("/v1/pipelines", definition);
    assert.equal(asJson.status, 200, "the same content in another spelling is the same version");
    assert.equal((await asJson.json()).digest, entry.digest);

    const changed = PipelineEntry.parse(await (await yaml(ORDERS.replace("0 6", "0 7"))).json());
    assert.notEqual(changed.digest, entry.digest);
    assert.deepEqual(changed.versions.map(({ digest }) => digest), [changed.digest, entry.digest]);
    const { pipelines } = PipelineList.parse(await (await get("/v1/pipelines")).json());
    assert.deepEqual(pipelines, [{ ...summary, ...pipelines[0], digest: changed.digest }]);
    assert.deepEqual(PipelineEntry.parse(await (await get("/v1/pipelines/orders")).json()), changed);
    assert.deepEqual(await codeOf(await get("/v1/pipelines/none")), [404, "not-found"]);
    assert.deepEqual(await codeOf(await get("/v1/pipelines/..%2Forders")), [404, "not-found"]);
  }));

Deno.test("a registered pipeline runs with an Idempotency-Key once, and its run and its state are shown", () =>
  withServer(async ({ yaml, post, get, ended, dir }) => {
    await yaml(ORDERS);
    const start = (body: unknown, key: string) =>
      post("/v1/pipelines/orders/runs", body, { "idempotency-key": key });
    const accepted = await start({}, "one");
    assert.equal(accepted.status, 202, await accepted.clone().text());
    const { run } = PipelineDocument.parse(await accepted.json());
    assert.equal(accepted.headers.get("location"), `/v1/runs/${run}`);
    const document = await ended(run);
    assert.deepEqual([document.status, document.streams[0]?.written], ["completed", 2]);

    const again = await start({}, "one");
    assert.deepEqual([again.headers.get("idempotency-replayed"), (await again.json()).run], ["true", run]);
    assert.deepEqual(await codeOf(await start({ mode: "full" }, "one")), [422, "idempotency-mismatch"]);
    await Deno.writeTextFile(`${dir}/pipelines/orders.csv`, "id,amount\n1,5\n2,6\n3,7\n");
    const next = await start({}, "two");
    assert.equal((await ended((await next.json()).run)).streams[0]?.written, 1);

    const state = PipelineState.parse(await (await get("/v1/pipelines/orders/state")).json());
    assert.deepEqual([state.streams[0]?.state?.loads, state.streams[0]?.state?.rows], [2, 3]);
    assert.deepEqual(await codeOf(await start({ mode: "backfill" }, "three")), [422, "invalid-request"]);
    assert.deepEqual(await codeOf(await start({ env: "x" }, "four")), [422, "invalid-request"]);
    assert.deepEqual(await codeOf(await post("/v1/pipelines/none/runs", {})), [404, "not-found"]);
  }));

Deno.test("a stream's state is set and reset over HTTP, held against its cursor's type, and audited", () =>
  withServer(async ({ yaml, post, get, ended, dir, keyFor }) => {
    const dated = ORDERS.replace("    write:", "    cursor: { path: amount, type: integer }\n    write:");
    assert.notEqual(dated, ORDERS);
    await yaml(dated);
    const started = await post("/v1/pipelines/orders/runs", {});
    await ended((await started.json()).run);
    const set = (body: unknown) => post("/v1/pipelines/orders/state", body);
    const before = PipelineState.parse(await (await get("/v1/pipelines/orders/state")).json());
    for (const cursor of ["yesterday", 1.5, "", true]) {
      assert.deepEqual(await codeOf(await set({ action: "set", stream: "orders", cursor })), [
        422,
        "invalid-request",
      ]);
    }
    assert.deepEqual(PipelineState.parse(await (await get("/v1/pipelines/orders/state")).json()), before);
    const done = PipelineState.parse(
      await (await set({ action: "set", stream: "orders", cursor: 4 })).json(),
    );
    assert.equal(done.streams[0]?.state?.cursor, 4);
    const reset = PipelineState.parse(await (await set({ action: "reset", stream: "orders" })).json());
    assert.equal(reset.streams[0]?.state?.cursor, null);
    assert.deepEqual(await codeOf(await set({ action: "reset", stream: "none" })), [422, "invalid-request"]);
    assert.deepEqual(await codeOf(await post("/v1/pipelines/none/state", { action: "reset", stream: "x" })), [
      404,
      "not-found",
    ]);
    const reader = await keyFor(["read"]);
    assert.equal(
      (await post("/v1/pipelines/orders/state", { action: "reset", stream: "orders" }, {
        authorization: `Bearer ${reader}`,
      })).status,
      403,
    );
    const audit = (await Deno.readTextFile(`${dir}/data/audit.jsonl`)).trim().split("\n").map((line) =>
      JSON.parse(line)
    );
    assert.deepEqual(audit.map(({ action, object, detail }) => [action, object, detail.after]), [
      ["etl.state.set", "orders/orders", 4],
      ["etl.state.reset", "orders/orders", null],
    ]);
  }));

Deno.test("an invalid pipeline is told field by field", () =>
  withServer(async ({ yaml, post }) => {
    const answer = await yaml(
      ORDERS.replace("0 6 * *", "0 66 * *").replace("disposition: merge", "disposition: magic"),
    );
    const { code, errors } = await answer.json();
    assert.deepEqual([answer.status, code], [422, "invalid-pipeline"]);
    assert.deepEqual(errors.map((error: { path: string }) => error.path).toSorted(), [
      "schedule.cron",
      "streams[0].write.disposition",
    ]);
    assert.deepEqual(await codeOf(await yaml("a: [")), [422, "invalid-pipeline"]);
    assert.deepEqual(await codeOf(await post("/v1/pipelines", "{")), [400, "malformed-request"]);
    assert.deepEqual(await codeOf(await post("/v1/pipelines", "x", { "content-type": "text/plain" })), [
      415,
      "unsupported-media-type",
    ]);
  }));

const source = (text: string) =>
  ORDERS.replace("{ connector: file, resource: csv, params: { path: orders.csv } }", text);

Deno.test("whoever sends a pipeline cannot name files outside of the root, by text, by parameter or by link", () =>
  withServer(async ({ yaml, post, ended, dir }) => {
    for (const path of ["/etc/passwd", "../secret.csv", "a/../../secret.csv"]) {
      assert.deepEqual(await codeOf(await yaml(ORDERS.replace("orders.csv", path))), [
        422,
        "invalid-pipeline",
      ], path);
    }
    await Deno.symlink(`${dir}/secret.csv`, `${dir}/pipelines/link.csv`);
    const open = `${ORDERS.replace("orders.csv", '"${params.file}"')}params: { file: { type: string } }\n`;
    assert.equal((await yaml(open)).status, 201);
    for (const file of ["../secret.csv", `${dir}/secret.csv`, "link.csv"]) {
      const started = await post("/v1/pipelines/orders/runs", { params: { file } });
      const { status, streams } = await ended((await started.json()).run);
      assert.deepEqual([status, streams[0]?.read], ["failed", 0], file);
      assert.match(streams[0]?.reason ?? "", /outside of what this pipeline may read/, file);
    }
  }));

Deno.test("without a root no pipeline opens a file, not even one that a row names", async () => {
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    () => Response.json({ items: [{ name: "/etc/hostname" }] }),
  );
  const baseUrl = `http://127.0.0.1:${server.addr.port}`;
  try {
    await withServer(async ({ yaml, post, ended }) => {
      assert.deepEqual(await codeOf(await yaml(ORDERS)), [422, "invalid-pipeline"]);
      const bound = `id: orders
streams:
  - id: names
    source: { connector: http, resource: x, params: { path: /x, records: items } }
    write: { disposition: append }
  - id: files
    source: { connector: file, resource: csv, parent: { stream: names, bind: { path: name } } }
    write: { disposition: append }
`;
      assert.equal((await yaml(bound)).status, 201);
      const started = await post("/v1/pipelines/orders/runs", {});
      const { status, streams } = await ended((await started.json()).run);
      assert.equal(status, "failed");
      // The address that the server's own environment names is reached; the file that a row names is not opened.
      assert.deepEqual(streams.map(({ stream, read }) => [stream, read]), [["names", 1], ["files", 0]]);
      assert.match(streams[1]?.reason ?? "", /opens no files/);
    }, {
      root: false,
      environment: {
        connectors: { http: { baseUrl } },
        network: { allowPrivate: true },
        sinks: { warehouse: { type: "sqlite", path: "w.db" } },
      },
    });
  } finally {
    await server.shutdown();
  }
});

Deno.test("private addresses are the server's own to name, also where it allows them for its connectors", () =>
  withServer(async ({ yaml, post, ended }) => {
    for (
      const url of ["http://127.0.0.1:8080/x", "http://[::1]/x", "http://0x7f000001/x", "http://localhost/x"]
    ) {
      const answer = await yaml(
        source(`{ connector: http, resource: x, params: { path: "${url}", records: items } }`),
      );
      assert.deepEqual(await codeOf(answer), [422, "invalid-pipeline"], url);
    }
    const open =
      source('{ connector: http, resource: x, params: { path: "${params.url}", records: items } }') +
      "params: { url: { type: string } }\n";
    assert.equal((await yaml(open)).status, 201);
    const started = await post("/v1/pipelines/orders/runs", { params: { url: "http://127.0.0.1:9/x" } });
    const { status, failure } = await ended((await started.json()).run);
    assert.equal(status, "failed");
    assert.match(failure?.message ?? "", /127\.0\.0\.1 is not on the public internet/);
  }, {
    environment: { network: { allowPrivate: true }, sinks: { warehouse: { type: "sqlite", path: "w.db" } } },
  }));

Deno.test("a file of the server's own and another pipeline's table are nobody else's to change", () =>
  withServer(async ({ yaml, dir, service }) => {
    await Deno.writeTextFile(`${dir}/pipelines/orders.yaml`, ORDERS);
    await Deno.writeTextFile(`${dir}/pipelines/env.yaml`, "sinks: {}\n");
    assert.ok(service.pipelines);
    assert.deepEqual(await registerFiles(service.pipelines, `${dir}/pipelines`, "owner"), {
      ok: true,
      value: ["orders"],
    });
    assert.deepEqual(await codeOf(await yaml(ORDERS.replace("0 6", "0 7"))), [409, "conflict"]);
    assert.deepEqual(await codeOf(await yaml(ORDERS.replace("id: orders\nsch", "id: mine\nsch"))), [
      409,
      "conflict",
    ]);
    await Deno.remove(`${dir}/pipelines/orders.yaml`);
    await registerFiles(service.pipelines, `${dir}/pipelines`, "owner");
    assert.deepEqual(
      await service.pipelines.list(),
      [],
      "a file that is gone takes its registration with it",
    );
    await Deno.writeTextFile(`${dir}/pipelines/broken.yaml`, "id: x\nstreams: []\n");
    const broken = await registerFiles(service.pipelines, `${dir}/pipelines`, "owner");
    assert.ok(!broken.ok && broken.error.message.includes("broken.yaml"));
  }));

Deno.test("schedules are listed, paused, resumed and triggered", () =>
  withServer(async ({ yaml, post, get, ended }) => {
    await yaml(ORDERS);
    const list = async () => ScheduleList.parse(await (await get("/v1/schedules")).json()).schedules;
    assert.match((await list())[0]?.next[0] ?? "", /T06:00:00/);
    const act = (body: unknown) => post("/v1/schedules/orders/actions", body);
    await act({ action: "pause", why: "the warehouse moves" });
    assert.deepEqual((await list()).map(({ next, paused }) => [next, paused?.why]), [[
      [],
      "the warehouse moves",
    ]]);
    const { document } = ScheduleActionResult.parse(await (await act({ action: "trigger" })).json());
    assert.equal((await ended(document?.run ?? "")).status, "completed");
    const { schedule } = ScheduleActionResult.parse(await (await act({ action: "resume" })).json());
    assert.deepEqual([schedule.paused, schedule.last?.status, schedule.next.length], [null, "completed", 3]);
    assert.deepEqual(await codeOf(await act({ action: "delete" })), [422, "invalid-request"]);
    assert.deepEqual(await codeOf(await post("/v1/schedules/none/actions", { action: "pause" })), [
      404,
      "not-found",
    ]);
  }));

Deno.test("reading needs the scope read, registering and running the scope run; all of it is described", () =>
  withServer(async ({ post, get, keyFor }) => {
    const reader = { authorization: `Bearer ${await keyFor(["read"])}` };
    for (const path of ["/v1/pipelines", "/v1/pipelines/orders/runs", "/v1/schedules/orders/actions"]) {
      assert.deepEqual(await codeOf(await post(path, {}, reader)), [403, "forbidden"], path);
    }
    const { paths } = await (await get("/openapi.json")).json();
    assert.deepEqual(Object.keys(paths).filter((path) => /pipelines|schedules/.test(path)).toSorted(), [
      "/v1/pipelines",
      "/v1/pipelines/{id}",
      "/v1/pipelines/{id}/report",
      "/v1/pipelines/{id}/runs",
      "/v1/pipelines/{id}/state",
      "/v1/schedules",
      "/v1/schedules/{id}/actions",
    ]);
    const body = paths["/v1/pipelines"].post.requestBody.content;
    assert.deepEqual(Object.keys(body), [
      "application/json",
      "application/yaml",
      "application/x-yaml",
      "text/yaml",
    ]);
    assert.ok(body["application/json"].schema.properties.streams);
  }));
