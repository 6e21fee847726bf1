import assert from "node:assert/strict";
import { decided, ended, T0, verdict } from "../../policies/testing/mod.ts";
import { FleetReport } from "../../specs/mod.ts";
import { made, withFleet } from "../fleet/testing/sample_runs.ts";
import { type Knock, openDoor } from "./tests/door.ts";

const ADA = { kind: "user", id: "ada" } as const;
const HOSTILE = `<script>alert(1)</script>`;

/** A door with a fleet of three runs behind it. */
async function withDoor(
  use: (knock: Knock, doors: Parameters<Parameters<typeof withFleet>[0]>[0]["doors"]) => Promise<void>,
): Promise<void> {
  await withFleet(async ({ doors, tell }) => {
    const refused = decided("verify", [verdict("core/X1", "secrets", "fail")], "deny");
    await tell(made([decided("verify", [verdict("core/X1", "secrets", "pass")]), ended("completed")]));
    await tell(made([ended("failed")], { tier: "critical", repository: HOSTILE }));
    await tell(made([refused, ended("denied")], { atMs: T0 + 1000 }));
    const knock = await openDoor();
    Object.assign(knock.service, { fleet: doors });
    await use(knock, doors);
  });
}

Deno.test("GET /v1/slo tells every tier and window; a window and a tier narrow it; anything else is refused", () =>
  withDoor(async ({ get, app }) => {
    const all = FleetReport.parse(await (await get("/v1/slo")).json());
    assert.equal(all.tiers.length, 9);
    assert.equal(all.mode, "nominal");
    const one = FleetReport.parse(await (await get("/v1/slo?window=7d&tier=critical")).json());
    assert.deepEqual(one.tiers.map(({ tier, window, runs }) => [tier, window, runs.failed]), [[
      "critical",
      "7d",
      1,
    ]]);
    assert.equal((await get("/v1/slo?window=8d")).status, 422);
    assert.equal((await get("/v1/slo?extra=1")).status, 422);
    assert.equal((await app.request("/v1/slo")).status, 401);
  }));

Deno.test("a host that works on no runs has no figures: 404 with words", async () => {
  const { get } = await openDoor();
  const answer = await get("/v1/slo");
  assert.equal(answer.status, 404);
  assert.match((await answer.json()).detail, /works on no runs/);
  const { cookie } = await (await openDoor()).signIn();
  assert.ok(cookie);
});

Deno.test("metrics have the mode, and the runs of each tier", () =>
  withDoor(async ({ get }, doors) => {
    const before = await (await get("/metrics")).text();
    assert.match(before, /^forge_fleet_mode 0$/m);
    assert.match(before, /^forge_fleet_failed_runs_critical 1$/m);
    assert.doesNotMatch(before, /forge_fleet_error_budget_remaining/);
    await doors.enter({ cause: "manual", reason: "drill", by: ADA });
    assert.match(await (await get("/metrics")).text(), /^forge_fleet_mode 2$/m);
  }));

Deno.test("the page Fleet draws the figures without script or inline style, and what runs say is text", () =>
  withDoor(async ({ app, signIn }) => {
    const { cookie } = await signIn();
    const answer = await app.request("/fleet", { headers: { cookie } });
    const page = await answer.text();
    assert.equal(answer.status, 200);
    assert.match(page, /<h1>Fleet<\/h1>/);
    assert.match(
      page,
      /aria-label="Runs of the last 30 days: 2026-11-20 1 completed or escalated, 1 denied, 1 failed"/,
    );
    assert.match(page, /counts from 60 runs on; there are 1/);
    assert.match(page, /lowered from A3 as core\/X1 refused/);
    assert.ok(page.includes("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert.ok(!page.includes(HOSTILE));
    assert.doesNotMatch(page, /\sstyle=|\son[a-z]+=|<style/i);
    for (const [drawing] of page.matchAll(/<svg[^>]*>/g)) assert.match(drawing, /aria-label=|aria-hidden=/);
  }));

Deno.test("while every run stands still, each page says so and why; afterwards none does", () =>
  withDoor(async ({ app, signIn }, doors) => {
    const { cookie } = await signIn();
    const text = async (path: string) => await (await app.request(path, { headers: { cookie } })).text();
    await doors.enter({ cause: "manual", reason: `drill ${HOSTILE}`, by: ADA });
    for (const path of ["/", "/fleet", "/policies"]) {
      const page = await text(path);
      assert.match(
        page,
        /role="status">Safe-mode: every run stands still. entered by hand: drill &lt;script&gt;/,
      );
      assert.ok(!page.includes(HOSTILE), path);
    }
    await doors.exit({ reason: "over", by: ADA });
    assert.doesNotMatch(await text("/"), /Safe-mode/);
    assert.match(await text("/fleet"), /safe-mode.exited/);
  }));

Deno.test("before any run has ended the page says that there is nothing to tell", () =>
  withFleet(async ({ doors }) => {
    const { app, service, signIn } = await openDoor();
    Object.assign(service, { fleet: doors });
    const { cookie } = await signIn();
    assert.match(await (await app.request("/fleet", { headers: { cookie } })).text(), /No run has ended yet/);
  }));
