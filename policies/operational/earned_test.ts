import assert from "node:assert/strict";
import fc from "fast-check";
import { earnedAutonomy, grantedAutonomy, type TrustEntry, withEntry } from "./earned.ts";
import { TRUST } from "./targets.ts";

const DAY = 86_400_000;
const START = Date.UTC(2026, 8, 1);
const day = (n: number) => new Date(START + n * DAY).toISOString();
let runs = 0;
const entry = (n: number, over: Partial<TrustEntry> = {}): TrustEntry => ({
  run: `run_${String(runs++).padStart(8, "0")}`,
  at: day(n),
  result: "completed",
  hits: [],
  ...over,
});
const clean = (count: number, from = 0, step = 0.1) =>
  Array.from({ length: count }, (_, n) => entry(from + n * step));
const level = (entries: TrustEntry[], at = 10, intent = "UPDATE") =>
  earnedAutonomy(entries, intent, day(at)).level;

Deno.test("everybody begins at A3, and stays there until the record is long enough", () => {
  assert.equal(level([]), "A3");
  assert.equal(level(clean(TRUST.completed - 1)), "A3");
  assert.equal(level(clean(TRUST.completed)), "A4");
  assert.match(earnedAutonomy(clean(7), "UPDATE", day(10)).because, /7 of the 50/);
});

Deno.test("A4 takes that less than 2 % failed and none of the last ten; denials and cancels count for nothing", () => {
  const failed = { result: "failed" } as const;
  assert.equal(level([entry(0, failed), ...clean(49, 0.1)]), "A3");
  assert.equal(level([entry(0, failed), ...clean(50, 0.1)]), "A4");
  assert.match(
    earnedAutonomy(
      [entry(0, failed), ...clean(49, 0.1), entry(6, failed), ...clean(5, 6.1)],
      "UPDATE",
      day(10),
    ).because,
    /54 runs completed and 2 failed; A4 takes that less than 2 % fail/,
  );
  assert.equal(level([...clean(49), entry(5, failed), ...clean(5, 5.1)]), "A3");
  assert.equal(level([...clean(49), entry(5, { result: "none" }), entry(5.1)]), "A4");
});

Deno.test("DESTROY never earns A4", () => {
  assert.equal(level(clean(80), 10, "DESTROY"), "A3");
});

Deno.test("a hit of each letter costs one level, says what it was and how to get it back", () => {
  for (const rule of ["core/E2", "core/X1", "core/O4"]) {
    const hit = entry(6, { result: "none", hits: [rule] });
    const found = earnedAutonomy([...clean(TRUST.completed), hit], "UPDATE", day(7));
    assert.equal(found.level, "A3");
    assert.deepEqual(found.lost && { ...found.lost, regain: "" }, {
      from: "A4",
      at: day(6),
      run: hit.run,
      rule,
      regain: "",
    });
    assert.match(found.lost?.regain ?? "", /50 completed runs within 90 days/);
    const lower = earnedAutonomy([hit], "UPDATE", day(7));
    assert.equal(lower.level, "A2");
    assert.match(lower.because, new RegExp(`lowered from A3 as ${rule} refused`));
    assert.match(lower.lost?.regain ?? "", /5 completed runs .* or 14 days/);
  }
});

Deno.test("hits do not lead below A2: a draft that a human merges is always possible", () => {
  const hits = Array.from({ length: 9 }, (_, n) => entry(n, { hits: ["core/X1"] }));
  assert.equal(level(hits, 9), "A2");
  assert.equal(earnedAutonomy(hits, "UPDATE", day(9)).lost?.from, "A3");
});

Deno.test("A3 comes back by completed runs or by time, A4 by a whole new record", () => {
  const hit = entry(0, { result: "none", hits: ["core/X1"] });
  assert.equal(level([hit, ...clean(4, 1)], 2), "A2");
  assert.equal(level([hit, ...clean(5, 1)], 2), "A3");
  assert.equal(level([hit], 13), "A2");
  assert.equal(level([hit], 14), "A3");
  assert.equal(earnedAutonomy([hit], "UPDATE", day(14)).lost, null);
  assert.equal(level([...clean(50), { ...hit, at: day(6) }, ...clean(49, 7)], 13), "A3");
  assert.equal(level([...clean(50), { ...hit, at: day(6) }, ...clean(50, 7)], 13), "A4");
});

Deno.test("A4 lapses when nobody adds to the record, and runs of long ago count no more", () => {
  const record = clean(TRUST.completed);
  assert.equal(level(record, 30), "A4");
  assert.equal(level(record, 36), "A3");
  assert.equal(level([...record, entry(35)], 36), "A4");
  assert.equal(level([...clean(49), entry(93)], 94), "A3");
});

Deno.test("property: the level does not depend on the order in which runs are told, nor on being told twice", () => {
  const told = fc.array(
    fc.record({
      n: fc.integer({ min: 0, max: 400 }),
      result: fc.constantFrom("completed", "failed", "none"),
      hit: fc.boolean(),
    }),
    { maxLength: 80 },
  );
  fc.assert(fc.property(told, fc.nat(), (all, seed) => {
    const entries = all.map(({ n, result, hit }, at): TrustEntry => ({
      run: `run_${at}`,
      at: day(n / 8),
      result: result as TrustEntry["result"],
      hits: hit && n % 9 === 0 ? ["core/X1"] : [],
    }));
    const turned = entries.map((one, at) => [(at * 7919 + seed) % 101, one] as const)
      .sort(([a], [b]) => a - b).map(([, one]) => one);
    const fold = (list: TrustEntry[]) => list.reduce<TrustEntry[]>(withEntry, []);
    assert.deepEqual(fold(entries), fold([...turned, ...turned.slice(0, 3)]));
    const found = earnedAutonomy(fold(entries), "UPDATE", day(50));
    assert.ok(["A2", "A3", "A4"].includes(found.level));
  }));
});

// req: N7-08
Deno.test("what is granted is the lowest of all; DESTROY and policy edits are never left to an agent alone", () => {
  const high = { system: "A4", environment: "A4", earned: "A4" } as const;
  const change = { intents: ["UPDATE"], editsPolicy: false } as const;
  assert.equal(grantedAutonomy(high, change), "A4");
  assert.equal(grantedAutonomy({ ...high, system: "A0" }, change), "A0");
  assert.equal(grantedAutonomy({ ...high, environment: "A2" }, change), "A2");
  assert.equal(grantedAutonomy({ ...high, earned: "A3" }, change), "A3");
  assert.equal(grantedAutonomy({ ...high, earned: "A5", environment: "A5", system: "A5" }, change), "A4");
  assert.equal(grantedAutonomy(high, { ...change, intents: ["UPDATE", "DESTROY"] }), "A3");
  assert.equal(grantedAutonomy(high, { ...change, editsPolicy: true }), "A3");
});
