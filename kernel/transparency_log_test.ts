import assert from "node:assert/strict";
import { openKvStore } from "./store/mod.ts";
import { simulatedBackend } from "./store/simulated.ts";
import {
  leafHash,
  openCheckpoint,
  parseProof,
  treeRoot,
  verifyConsistency,
  verifyProof,
} from "./tlog/mod.ts";
import { slowRoot, testSigner } from "./tlog/testing/tree.ts";
import { LogConflict, type LogRecord, transparencyLog } from "./transparency_log.ts";

const ORIGIN = "log.example/test";
const utf8 = new TextEncoder();
const record = (n: number): LogRecord => ({ name: `record ${n}`, entry: utf8.encode(`{"n":${n}}`) });
const records = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => record(from + n));

async function openedBy(signer: Awaited<ReturnType<typeof testSigner>>, signed: string) {
  const opened = await openCheckpoint(signed, { log: [signer.key] });
  if ("problem" in opened) throw new Error(opened.problem);
  return opened.checkpoint;
}

Deno.test("records keep the order in which they were added, each name once, and their proofs hold", async () => {
  const store = await openKvStore(":memory:");
  try {
    const log = transparencyLog({ store, origin: ORIGIN });
    const signer = await testSigner(ORIGIN);
    assert.deepEqual(await log.add(records(0, 3)), [0, 1, 2]);
    assert.deepEqual(await log.add([record(2), record(3), record(0), record(3)]), [2, 3, 0, 3]);
    assert.equal(await log.size(), 4);
    await log.add(records(4, 700));
    const signed = await log.checkpoint(signer);
    const { size, root } = await openedBy(signer, signed);
    assert.equal(size, 700);
    assert.deepEqual(root, slowRoot(records(0, 700).map(({ entry }) => leafHash(entry))));
    for (const n of [0, 255, 256, 699]) {
      const index = await log.find(`record ${n}`);
      assert.equal(index, n);
      assert.deepEqual(await log.entry(n), record(n).entry);
      const result = await verifyProof(await log.prove(n, { size, signed }), leafHash(record(n).entry), {
        log: [signer.key],
      });
      assert.ok("checkpoint" in result);
    }
    assert.equal(await log.find("record 700"), null);
    assert.equal(await log.checkpoint(signer), signed);
  } finally {
    store.close();
  }
});

Deno.test("a name with other bytes is refused and nothing of it is added", async () => {
  const log = transparencyLog({ store: simulatedBackend().open(), origin: ORIGIN });
  await log.add(records(0, 2));
  await assert.rejects(log.add([{ name: "record 1", entry: utf8.encode("other") }]), LogConflict);
  await assert.rejects(log.add([record(2), { name: "record 1", entry: utf8.encode("other") }]), LogConflict);
  await assert.rejects(log.add([record(2), { name: "record 2", entry: utf8.encode("other") }]), LogConflict);
  assert.equal(await log.size(), 2);
  await assert.rejects(log.add([{ name: "", entry: utf8.encode("x") }]), RangeError);
  await assert.rejects(log.add([{ name: "big", entry: new Uint8Array(65_536) }]), RangeError);
});

Deno.test("two writers at once: every record has one place, and the log is one", async () => {
  const backend = simulatedBackend();
  const [one, two] = [backend.open(), backend.open()].map((store) =>
    transparencyLog({ store, origin: ORIGIN })
  );
  if (!one || !two) throw new Error("two logs were made");
  const all = await Promise.all(
    Array.from({ length: 20 }, (_, n) => (n % 2 === 0 ? one : two).add(records(n * 10, n * 10 + 15))),
  );
  const size = await one.size();
  assert.equal(size, 205);
  assert.equal(new Set(all.flat()).size, 205);
  const leaves = await Promise.all(
    Array.from({ length: size }, async (_, n) => leafHash(await two.entry(n) ?? new Uint8Array())),
  );
  assert.deepEqual(await one.root(size), slowRoot(leaves));
});

Deno.test("checkpoints continue one another; a store whose leaves were rewritten is not signed any more", async () => {
  const backend = simulatedBackend();
  const store = backend.open();
  const log = transparencyLog({ store, origin: ORIGIN });
  const signer = await testSigner(ORIGIN);
  await log.add(records(0, 5));
  const first = await openedBy(signer, await log.checkpoint(signer));
  await log.add(records(5, 400));
  const second = await openedBy(signer, await log.checkpoint(signer));
  assert.ok(verifyConsistency({
    first: first.size,
    firstRoot: first.root,
    second: second.size,
    secondRoot: second.root,
    proof: await log.consistency(first.size, second.size),
  }));
  // Somebody with access to the store writes another history with all hashes right.
  const forged = transparencyLog({ store: simulatedBackend().open(), origin: ORIGIN });
  await forged.add([{ name: "record 0", entry: utf8.encode("never happened") }, ...records(1, 401)]);
  for (const [level, index] of [[0, 0], [0, 1], [1, 0]] as const) {
    const width = level === 0 && index === 1 ? 145 : level === 0 ? 256 : 1;
    const value = await forged.tile(level, index, width);
    if (value === null) throw new Error("the forged log has this tile");
    await store.commit({ sets: [{ key: ["tlog", "tile", level, index], value }] });
  }
  await store.commit({ sets: [{ key: ["tlog", "head"], value: { size: 401 } }] });
  await assert.rejects(log.checkpoint(signer), LogConflict);
  // Nor is one that was cut.
  await store.commit({ sets: [{ key: ["tlog", "head"], value: { size: 3 } }] });
  await assert.rejects(log.checkpoint(signer), /leaves are gone|does not continue/);
});

Deno.test("only the log's own key signs it", async () => {
  const log = transparencyLog({ store: simulatedBackend().open(), origin: ORIGIN });
  await assert.rejects(log.checkpoint(await testSigner("log.example/other")), /Cannot sign the log/);
  await log.checkpoint(await testSigner(ORIGIN));
  await log.add(records(0, 1));
  await assert.rejects(log.checkpoint(await testSigner(ORIGIN)), LogConflict);
});

Deno.test("tiles and bundles of entries are served in any width that they have", async () => {
  const log = transparencyLog({ store: simulatedBackend().open(), origin: ORIGIN });
  await log.add(records(0, 300));
  assert.equal((await log.tile(0, 1, 44))?.length, 44 * 32);
  assert.equal((await log.tile(0, 1, 10))?.length, 320);
  assert.equal(await log.tile(0, 1, 45), null);
  assert.equal((await log.tile(1, 0, 1))?.length, 32);
  const bundle = await log.entries(1, 2);
  const first = record(256).entry;
  assert.deepEqual(bundle?.subarray(0, first.length + 2), new Uint8Array([0, first.length, ...first]));
  assert.equal(await log.entries(1, 45), null);
  assert.equal(
    await treeRoot(0, () => Promise.reject(new Error("nothing is read"))).then(({ length }) => length),
    32,
  );
  assert.ok("problem" in parseProof(""));
});

Deno.test("names that differ in a number share a value, and each keeps its own place", async () => {
  const store = simulatedBackend().open();
  const log = transparencyLog({ store, origin: ORIGIN });
  const names = ["run_a/1", "run_a/01", "run_a/63", "run_a/64", "run_b/1", "ev_a", "run_a/constructor", "/7"];
  const all = names.map((name) => ({ name, entry: utf8.encode(name) }));
  assert.deepEqual(await log.add(all.slice(0, 3)), [0, 1, 2]);
  assert.deepEqual(await log.add(all), [0, 1, 2, 3, 4, 5, 6, 7]);
  for (const [at, name] of names.entries()) assert.equal(await log.find(name), at, name);
  for (const name of ["run_a/2", "run_a/001", "run_a/65", "run_c/1", "run_a/__proto__", "run_a"]) {
    assert.equal(await log.find(name), null, name);
  }
});

Deno.test("a log that was begun when each name had a key of its own is gone on with", async () => {
  const store = simulatedBackend().open();
  const log = transparencyLog({ store, origin: ORIGIN });
  const one = { name: "run_a/1", entry: utf8.encode("one") };
  await log.add([one]);
  const head = await store.get(["tlog", "head"]);
  await store.commit({
    checks: [],
    sets: [{ key: ["tlog", "named", one.name], value: 0 }, { key: ["tlog", "head"], value: { size: 1 } }],
    deletes: [["tlog", "names", "run_a", 0]],
  });
  assert.deepEqual(head?.value, { size: 1, names: "shared" });
  assert.deepEqual(await log.add([one, { name: "run_a/2", entry: utf8.encode("two") }]), [0, 1]);
  assert.equal(await log.find("run_a/2"), 1);
  assert.deepEqual((await store.get(["tlog", "head"]))?.value, { size: 2 });
  await assert.rejects(log.add([{ name: "run_a/1", entry: utf8.encode("other") }]), LogConflict);
});

Deno.test("names of the greatest length and width fit into commits", async () => {
  const log = transparencyLog({ store: simulatedBackend().open(), origin: ORIGIN });
  const wide = Array.from({ length: 600 }, (_, n) => ({
    name: `${"\u{ffff}".repeat(70)}${n}`.slice(0, 80),
    entry: utf8.encode(`${n}`),
  }));
  assert.equal((await log.add(wide)).length, 600);
  const far = Array.from({ length: 600 }, (_, n) => ({ name: `run/${n * 64}`, entry: utf8.encode(`${n}`) }));
  assert.equal((await log.add(far)).at(-1), 1199);
});
