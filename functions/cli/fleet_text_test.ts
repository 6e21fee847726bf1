import assert from "node:assert/strict";
import { decided, ended, T0, verdict } from "../../policies/testing/mod.ts";
import { made, withFleet } from "../fleet/testing/sample_runs.ts";
import { autonomyText, freezesText, modeText, rebuildText, statsText } from "./fleet_text.ts";
import { paint } from "./paint.ts";

const PLAIN = paint(false);
const ADA = { kind: "user", id: "ada" } as const;

Deno.test("stats are a table with bars, objectives and verdicts, and name what refused and what failed", () =>
  withFleet(async ({ doors, tell }) => {
    const at = (n: number) => ({ atMs: T0 + n * 1000 });
    for (let n = 0; n < 24; n++) await tell(made([ended("completed")], at(n)));
    for (let n = 0; n < 2; n++) await tell(made([ended("failed", { class: "timeout" })], at(30 + n)));
    await tell(
      made([decided("verify", [verdict("core/T1", "tests", "fail")], "deny"), ended("denied")], at(40)),
    );
    const text = statsText(await doors.report({ windows: ["30d"], tiers: ["standard"] }), PLAIN);
    assert.match(text, /^NOMINAL {2}/);
    assert.match(text, /standard over 30d: 24 completed, 1 denied, 2 failed, 0 escalated, 0 cancelled/);
    assert.match(text, /run success +█{18}░{2} +92 % +at least 85 % +26 met/);
    assert.match(text, /error budget left +█+░+ +49 % +burn 0.51 \(2 of 26 failed\)/);
    assert.match(text, /gates that refused at first: tests 1\/1/);
    assert.match(text, /failures: timeout 2/);
    assert.match(text, /A3 {2}UPDATE +standard +\/r\/.git\n +earned A3: 24 of the 50/);
    // deno-lint-ignore no-control-regex -- no colour where none is wanted
    assert.doesNotMatch(text, /\u001b/);
    const colored = statsText(await doors.report({ windows: ["30d"], tiers: ["standard"] }), paint(true));
    assert.ok(colored.includes(paint(true).green("met")));
  }));

Deno.test("a fresh installation: nothing to tell is told as such", () =>
  withFleet(async ({ doors }) => {
    const report = await doors.report();
    assert.match(statsText(report, PLAIN), /best-effort over 1h: 0 completed/);
    assert.match(autonomyText(report.autonomy, PLAIN), /is at A3: no run has ended here yet/);
    assert.equal(freezesText(report.freezes, PLAIN), "no freeze window is declared here");
  }));

Deno.test("the mode says why, since when, how to leave it, and what the log has; a broken log is said", () =>
  withFleet(async ({ doors }) => {
    await doors.enter({ cause: "manual", reason: "a drill\u001b[31m", by: ADA });
    const { mode, why, since, held } = await doors.report({ windows: [], tiers: [] });
    const log = await doors.log(5);
    const text = modeText({ mode, why, since, held: held + 2, log, logFault: "entry 1 was changed" }, PLAIN);
    assert.match(text, /^SAFE-MODE {2}entered by hand: a drill.*\(ada\) \(since 2026-11-20T12:30:00.000Z\)/);
    assert.match(text, /2 runs wait/);
    assert.match(text, /forge fleet safe-mode --exit --reason TEXT/);
    assert.match(text, /safe-mode.entered {2}ada: a drill/);
    assert.match(text, /the log was changed: entry 1 was changed/);
    // deno-lint-ignore no-control-regex -- what people wrote does not steer the terminal
    assert.doesNotMatch(text, /\u001b/);
  }));

Deno.test("windows are told as declared: once, again and again, with exceptions", () =>
  withFleet(async ({ doors }) => {
    const common = { reason: "r e", tz: "UTC", then: "wait" as const, except: { tiers: [], intents: [] } };
    await doors.freeze({
      window: { ...common, reason: "audit", from: "2026-11-20", to: "2026-11-21" },
      by: ADA,
    });
    await doors.freeze({
      window: {
        ...common,
        reason: "weekend",
        cron: "0 18 * * 5",
        until: "0 8 * * 1",
        except: { tiers: ["best-effort"], intents: [] },
      },
      by: ADA,
    });
    const text = freezesText((await doors.report({ windows: [], tiers: [] })).freezes, PLAIN);
    assert.match(
      text,
      /FROZEN until 2026-11-21T00:00:00.000Z {2}frz_\w+ {2}2026-11-20 to 2026-11-21 UTC {2}audit \(ada\)/,
    );
    assert.match(
      text,
      /not now {2}frz_\w+ {2}0 18 \* \* 5 until 0 8 \* \* 1 UTC, except best-effort {2}weekend/,
    );
  }));

Deno.test("whether figures and ledgers agree is told with what differs", () => {
  const base = { runs: 3, counted: 2, differences: ["a"], repaired: false };
  assert.match(rebuildText({ ...base, agrees: true }, PLAIN), /^agrees: 2 of 3 runs counted/);
  assert.match(
    rebuildText({ ...base, agrees: false }, PLAIN),
    /^differs; put it right: .*--repair .*\n {2}a$/,
  );
  assert.match(rebuildText({ ...base, agrees: false, repaired: true }, PLAIN), /^made again/);
});
