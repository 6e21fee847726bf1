import assert from "node:assert/strict";
import { FreezeWindow } from "../../specs/mod.ts";
import { freezeFault, isExcepted, openFreezes } from "./freeze.ts";

const window = (over: Record<string, unknown>) => FreezeWindow.parse({ reason: "year end", ...over });
async function ends(over: Record<string, unknown>, at: string): Promise<string | null> {
  const [open] = await openFreezes([{ window: window(over), source: "repository" }], Date.parse(at));
  return open === undefined ? null : new Date(open.endsMs).toISOString();
}

Deno.test("a window of instants is open from its begin to right before its end", async () => {
  const instants = { from: "2026-12-20T18:00:00Z", to: "2027-01-04T08:00:00Z" };
  assert.equal(await ends(instants, "2026-12-20T17:59:59.999Z"), null);
  assert.equal(await ends(instants, "2026-12-20T18:00:00Z"), "2027-01-04T08:00:00.000Z");
  assert.equal(await ends(instants, "2027-01-04T07:59:59.999Z"), "2027-01-04T08:00:00.000Z");
  assert.equal(await ends(instants, "2027-01-04T08:00:00Z"), null);
});

Deno.test("times without a zone are those of the window's clock, summer and winter", async () => {
  const berlin = (from: string, to: string) => ({ from, to, tz: "Europe/Berlin" });
  assert.equal(
    await ends(berlin("2026-12-20T18:00", "2026-12-21"), "2026-12-20T17:00:00Z"),
    "2026-12-20T23:00:00.000Z",
  );
  assert.equal(await ends(berlin("2026-12-20T18:00", "2026-12-21"), "2026-12-20T16:59:59Z"), null);
  assert.equal(
    await ends(berlin("2026-07-20T18:00", "2026-07-21"), "2026-07-20T16:00:00Z"),
    "2026-07-20T22:00:00.000Z",
  );
});

Deno.test("a window over the end of summer time lasts an hour longer: its end is what the clock shows", async () => {
  const night = { from: "2026-10-24T22:00", to: "2026-10-25T06:00", tz: "Europe/Berlin" };
  assert.equal(await ends(night, "2026-10-24T20:00:00Z"), "2026-10-25T05:00:00.000Z");
});

Deno.test("a time that the clock shows twice: the first for a begin, the last for an end", async () => {
  const twice = (from: string, to: string) => ({ from, to, tz: "Europe/Berlin" });
  assert.equal(
    await ends(twice("2026-10-25T02:30", "2026-10-25T12:00"), "2026-10-25T00:30:00Z"),
    "2026-10-25T11:00:00.000Z",
  );
  assert.equal(
    await ends(twice("2026-10-24T12:00", "2026-10-25T02:30"), "2026-10-25T01:29:00Z"),
    "2026-10-25T01:30:00.000Z",
  );
});

Deno.test("a time that the clock jumps over is the first instant behind the gap", async () => {
  const gap = { from: "2026-03-29T02:30", to: "2026-03-29T12:00", tz: "Europe/Berlin" };
  assert.equal(await ends(gap, "2026-03-29T00:59:00Z"), null);
  assert.equal(await ends(gap, "2026-03-29T01:30:00Z"), "2026-03-29T10:00:00.000Z");
});

Deno.test("every weekend, from Friday evening to Monday morning by the clock, over both changes of it", async () => {
  const weekend = { cron: "0 18 * * 5", until: "0 8 * * 1", tz: "Europe/Berlin" };
  assert.equal(await ends(weekend, "2026-03-27T16:59:00Z"), null);
  assert.equal(await ends(weekend, "2026-03-27T17:00:00Z"), "2026-03-30T06:00:00.000Z");
  assert.equal(await ends(weekend, "2026-03-30T05:59:59Z"), "2026-03-30T06:00:00.000Z");
  assert.equal(await ends(weekend, "2026-03-30T06:00:00Z"), null);
  assert.equal(await ends(weekend, "2026-10-25T12:00:00Z"), "2026-10-26T07:00:00.000Z");
});

Deno.test("windows that last a number of hours, also where they begin again before they end", async () => {
  const nightly = { cron: "0 22 * * *", hours: 8 };
  assert.equal(await ends(nightly, "2026-11-20T21:59:00Z"), null);
  assert.equal(await ends(nightly, "2026-11-21T05:59:00Z"), "2026-11-21T06:00:00.000Z");
  assert.equal(await ends(nightly, "2026-11-21T06:00:00Z"), null);
  assert.equal(
    await ends({ cron: "0 */6 * * *", hours: 8 }, "2026-11-21T07:00:00Z"),
    "2026-11-21T14:00:00.000Z",
  );
});

Deno.test("a window that begins once a year is found months later", async () => {
  const half = { cron: "0 0 1 1 *", until: "0 0 1 12 *" };
  assert.equal(await ends(half, "2026-11-20T00:00:00Z"), "2026-12-01T00:00:00.000Z");
  assert.equal(await ends(half, "2026-12-02T00:00:00Z"), null);
});

Deno.test("of several open windows the one that ends last comes first", async () => {
  const open = await openFreezes([
    { window: window({ from: "2026-11-01", to: "2026-11-30" }), source: "repository" },
    { window: window({ from: "2026-11-01", to: "2026-12-30" }), source: "frz_1" },
    { window: window({ from: "2026-12-01", to: "2026-12-30" }), source: "frz_2" },
  ], Date.parse("2026-11-20T00:00:00Z"));
  assert.deepEqual(open.map(({ source }) => source), ["frz_1", "repository"]);
});

Deno.test("what is no window has a fault in words, and a window with a fault cannot be passed over", async () => {
  const faults: [Record<string, unknown>, RegExp][] = [
    [{ from: "2026-12-21", to: "2026-12-20" }, /ends before it begins/],
    [{ from: "2026-12-20", to: "2026-12-21", tz: "Europe/Nowhere" }, /no time zone 'Europe\/Nowhere'/],
    [{ from: "2026-13-40", to: "2026-12-21" }, /is no time/],
    [{ cron: "never at all ok", hours: 1 }, /is no cron expression/],
    [{ cron: "0 0 30 2 *", hours: 1 }, /names no day of any year/],
  ];
  for (const [over, words] of faults) {
    assert.match(await freezeFault(window(over)) ?? "", words);
    await assert.rejects(openFreezes([{ window: window(over), source: "repository" }], 0), words);
  }
  assert.equal(await freezeFault(window({ cron: "0 18 * * 5", hours: 62 })), null);
});

Deno.test("half a window, two kinds at once, or an unknown key is none", () => {
  for (
    const over of [
      {},
      { from: "2026-12-20" },
      { cron: "0 18 * * 5" },
      { cron: "0 18 * * 5", hours: 3, until: "0 8 * * 1" },
      { from: "2026-12-20", to: "2026-12-21", cron: "0 18 * * 5", hours: 3 },
      { from: "2026-12-20", to: "2026-12-21", hours: 3 },
      { from: "tomorrow", to: "2026-12-21" },
      { from: "2026-12-20", to: "2026-12-21", tiers: [] },
    ]
  ) assert.equal(FreezeWindow.safeParse({ reason: "x", ...over }).success, false, JSON.stringify(over));
});

Deno.test("a window excepts tiers, and changes all of whose intents it names", () => {
  const change = { tier: "standard", intents: ["UPDATE", "CREATE"] } as const;
  assert.equal(isExcepted({ tiers: [], intents: [] }, change), false);
  assert.equal(isExcepted({ tiers: ["standard"], intents: [] }, change), true);
  assert.equal(isExcepted({ tiers: ["critical"], intents: ["UPDATE"] }, change), false);
  assert.equal(isExcepted({ tiers: [], intents: ["UPDATE", "CREATE"] }, change), true);
  assert.equal(isExcepted({ tiers: [], intents: ["UPDATE"] }, { tier: "standard", intents: [] }), false);
});
