import assert from "node:assert/strict";
import { audit } from "./audit.ts";
import { openDoor, SPEC } from "./tests/door.ts";

const entry = { caller: null, method: "GET", path: "/v1/runs", status: 401 };

// req: N8-09
Deno.test("refusals and changes are logged with actor, object and decision; reading is not", async () => {
  const lines: string[] = [];
  const door = await openDoor({ audit: (line) => lines.push(line) });
  const run = door.service.add("running");
  const reader = `Bearer ${await door.keyFor(["read"])}`;
  await door.get("/v1/runs");
  await door.app.request("/v1/runs");
  await door.post(`/v1/runs/${run}/actions`, { action: "cancel" }, { authorization: reader });
  await door.post(`/v1/runs/${run}/actions`, { action: "cancel" });
  await door.post("/v1/runs", { spec: SPEC, repo: "https://git.example/a" });
  await door.post("/v1/runs", "{");
  await door.get("/v1/runs", { host: "attacker.example" });
  const seen = lines.map((line) => JSON.parse(line)).map(({ decision, actor, method, object, status }) =>
    [decision, actor, method, object, status].join(" ")
  );
  assert.deepEqual(seen, [
    "refused  GET /v1/runs 401",
    `refused ada POST /v1/runs/${run}/actions 403`,
    `allowed operator POST /v1/runs/${run}/actions 200`,
    "allowed operator POST /v1/runs 202",
    "refused  GET /v1/runs 421",
  ]);
});

Deno.test("signing in and what a session does are logged under its principal", async () => {
  const lines: string[] = [];
  const door = await openDoor({ audit: (line) => lines.push(line) });
  const { cookie } = await door.signIn();
  await door.app.request("/sign-out", {
    method: "POST",
    body: "",
    headers: { cookie, "content-type": "application/x-www-form-urlencoded" },
  });
  const seen = lines.map((line) => JSON.parse(line)).map(({ decision, actor, object }) =>
    [decision, actor, object].join(" ")
  );
  assert.deepEqual(seen, ["allowed operator /sign-in", "refused operator /sign-out"]);
});

Deno.test("nothing that a stranger sends can break a line or come back from the log", () => {
  const lines: string[] = [];
  const log = audit((line) => lines.push(line), () => 0);
  log({ ...entry, path: '/v1/runs/\n{"decision":"allowed"}/\u2028/forge_a.secretsecretsecretsecret/x' });
  log({ ...entry, method: "BREW\n", path: "/" + "a/".repeat(1000) });
  assert.equal(JSON.parse(lines[0] ?? "").object, "/v1/runs/?/?/?/x");
  assert.equal(JSON.parse(lines[1] ?? "").method, "other");
  for (const line of lines) {
    assert.doesNotMatch(line, /[\n\u2028]|secret/);
    assert.ok(line.length < 300);
  }
});

Deno.test("a flood is counted, not written", () => {
  const lines: string[] = [];
  let now = 0;
  const log = audit((line) => lines.push(line), () => now);
  for (let at = 0; at < 1000; at++) log(entry);
  assert.equal(lines.length, 50);
  now = 1000;
  log(entry);
  assert.equal(JSON.parse(lines[50] ?? "").dropped, 950);
});
