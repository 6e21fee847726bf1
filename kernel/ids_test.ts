import assert from "node:assert/strict";
import { RunId } from "../specs/mod.ts";
import { randomIds } from "./ids.ts";

const at = (ms: number) => ({ now: () => ms });
const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

Deno.test("uuid() is a UUIDv7 that carries the time", () => {
  const uuid = randomIds(at(0x0123456789ab)).uuid();
  assert.match(uuid, UUID_V7);
  assert.equal(uuid.slice(0, 13), "01234567-89ab");
});

Deno.test("ids sort by the order of making, within a millisecond and when the clock goes back", () => {
  let now = 1_800_000_000_000;
  const ids = randomIds({ now: () => now });
  const uuids: string[] = [];
  const made: string[] = [];
  for (let i = 0; i < 20_000; i++) {
    if (i % 7_000 === 6_999) now += 1;
    if (i === 15_000) now -= 60_000;
    uuids.push(ids.uuid());
    made.push(ids.make("run"));
  }
  assert.deepEqual([...uuids].sort(), uuids);
  assert.deepEqual([...made].sort(), made);
  assert.equal(new Set([...uuids, ...made]).size, 40_000);
  for (const uuid of uuids.slice(-100)) assert.match(uuid, UUID_V7);
});

Deno.test("make() gives ids of the form that specs ask for, in lower-case Crockford base 32", () => {
  const ids = randomIds(at(Date.UTC(2026, 10, 22)));
  for (let i = 0; i < 200; i++) {
    const id = ids.make("run");
    assert.match(id, /^run_[0-9a-hjkmnp-tv-z]{26}$/);
    assert.ok(RunId.safeParse(id).success);
  }
  assert.match(ids.make("ev"), /^ev_/);
});

Deno.test("ids of later times sort after those of earlier ones, also between makers", () => {
  assert.ok(randomIds(at(2_000)).make("run") > randomIds(at(1_999)).make("run"));
});

// req: N1-08
Deno.test("the same random bytes give the same ids", () => {
  const fill = () => {
    let n = 0;
    return (bytes: Uint8Array<ArrayBuffer>) => bytes.forEach((_, i) => bytes[i] = n++ * 31);
  };
  const make = () => {
    const ids = randomIds(at(5_000), fill());
    return [ids.uuid(), ids.make("run"), ids.uuid()];
  };
  assert.deepEqual(make(), make());
});
