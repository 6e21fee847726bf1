import assert from "node:assert/strict";
import type { Schema } from "./openapi.ts";
import { openDoor } from "./tests/door.ts";

const document = async () => {
  const { app } = await openDoor();
  return await (await app.request("/openapi.json")).json();
};

Deno.test("every described operation exists, and every one that needs a key says so", async () => {
  const { app } = await openDoor();
  const { paths } = await document();
  let operations = 0;
  for (const [path, methods] of Object.entries<Record<string, { security: unknown[] }>>(paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      operations += 1;
      const url = path.replace("{id}", "run_0000000001").replace("{number}", "1");
      const { status } = await app.request(url, { method: method.toUpperCase() });
      // A webhook is closed until its secret is set.
      const open = path.startsWith("/hooks/") ? 404 : 200;
      assert.equal(status, operation.security.length > 0 ? 401 : open, `${method} ${path}`);
    }
  }
  assert.equal(operations, 19);
});

// req: N5-11
// req: N5-11
Deno.test("the paths are those of the promise, and nothing that is not there", async () => {
  assert.deepEqual(Object.keys((await document()).paths).toSorted(), [
    "/healthz",
    "/hooks/github",
    "/hooks/gitlab",
    "/metrics",
    "/readyz",
    "/v1/evidence",
    "/v1/evidence/{id}",
    "/v1/evidence/{id}/file",
    "/v1/models",
    "/v1/policies",
    "/v1/pulls",
    "/v1/pulls/{number}",
    "/v1/runs",
    "/v1/runs/{id}",
    "/v1/runs/{id}/actions",
    "/v1/runs/{id}/decisions",
    "/v1/runs/{id}/events",
    "/v1/slo",
  ]);
});

Deno.test("operation ids are unique, path parameters are declared, references resolve", async () => {
  const found = await document();
  const ids: string[] = [];
  for (const [path, methods] of Object.entries<Record<string, Schema>>(found.paths)) {
    for (const operation of Object.values(methods)) {
      ids.push(String(operation.operationId));
      const declared = (operation.parameters as { name: string; in: string }[]).filter((p) =>
        p.in === "path"
      );
      assert.deepEqual(declared.map((p) => `{${p.name}}`), path.match(/\{[a-z]+\}/g) ?? []);
    }
  }
  assert.equal(new Set(ids).size, ids.length);
  for (const [, reference] of JSON.stringify(found).matchAll(/"\$ref":"([^"]+)"/g)) {
    let at: unknown = found;
    for (const part of (reference ?? "").split("/").slice(1)) at = (at as Schema)[part];
    assert.ok(at, reference);
  }
});

Deno.test("the body of POST /v1/runs is described as it is validated", async () => {
  const { paths } = await document();
  const { schema } = paths["/v1/runs"].post.requestBody.content["application/json"];
  assert.deepEqual(schema.required, ["spec", "repo"]);
  assert.equal(schema.additionalProperties, false);
  assert.equal("sandbox" in schema.properties, false);
  assert.ok(paths["/v1/runs"].post.requestBody.content["text/markdown"]);
  assert.ok(paths["/v1/runs/{id}/events"].get.responses["200"].content["text/event-stream"]);
});

Deno.test("/docs says the same as the document, without anything from elsewhere", async () => {
  const { app } = await openDoor();
  const page = await (await app.request("/docs")).text();
  const { paths } = await document();
  for (const path of Object.keys(paths)) assert.ok(page.includes(`>${path}<`), path);
  assert.ok(page.includes("urn:edgeforge:problem:idempotency-mismatch"));
  for (const [, url] of page.matchAll(/(?:src|href|action)="([^"]*)"/g)) {
    assert.match(url ?? "", /^(\/(?!\/)|#|data:,)/);
  }
  assert.doesNotMatch(page, /<style|\sstyle=|\son[a-z]+=|<script>/);
});
