import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { openKvStore } from "./deno_kv.ts";
import { makeKvFile } from "./kv_file.ts";

async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "kernel-file-" });
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function pageBytes(path: string): number {
  const database = new DatabaseSync(path);
  try {
    return Number(database.prepare("PRAGMA page_size").get()?.page_size);
  } finally {
    database.close();
  }
}

Deno.test("the empty database that is made is the one that SQLite makes, but for the version of its maker", async () => {
  await withFolder(async (folder) => {
    await makeKvFile(`${folder}/ours.db`);
    const database = new DatabaseSync(`${folder}/theirs.db`);
    database.exec("PRAGMA page_size = 16384; VACUUM");
    database.close();
    const ours = await Deno.readFile(`${folder}/ours.db`);
    const theirs = await Deno.readFile(`${folder}/theirs.db`);
    theirs.fill(0, 96, 100);
    assert.deepEqual(ours, theirs);
  });
});

const names = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

Deno.test("a new store has pages that hold a run's head, and nothing else lies beside it", async () => {
  await withFolder(async (folder) => {
    const path = `${folder}/state.db`;
    const store = await openKvStore(path);
    assert.ok((await store.commit({ sets: [{ key: ["a"], value: 1 }] })).ok);
    assert.deepEqual(names(folder).filter((name) => !/^state\.db(-wal|-shm)?$/.test(name)), []);
    await store.close();
    assert.equal(pageBytes(path), 16_384);
  });
});

Deno.test("a store that is there already keeps its pages and what is in it", async () => {
  await withFolder(async (folder) => {
    const path = `${folder}/state.db`;
    const kv = await Deno.openKv(path);
    await kv.set(["a"], "s1");
    kv.close();
    const store = await openKvStore(path);
    assert.equal((await store.get(["a"]))?.value, "1");
    await store.close();
    assert.equal(pageBytes(path), 4_096);
  });
});

Deno.test("of many that make the same store at once all get the same one", async () => {
  await withFolder(async (folder) => {
    const path = `${folder}/state.db`;
    const stores = await Promise.all(Array.from({ length: 5 }, () => openKvStore(path)));
    for (const [i, store] of stores.entries()) {
      assert.ok((await store.commit({ sets: [{ key: ["by", i], value: i }] })).ok);
    }
    for (const store of stores) {
      assert.equal((await store.list({ prefix: ["by"] }, 10)).length, stores.length);
      await store.close();
    }
    assert.equal(pageBytes(path), 16_384);
  });
});

Deno.test("where no file can be made, nothing is thrown and nothing left behind", async () => {
  await withFolder(async (folder) => {
    await makeKvFile(`${folder}/absent/state.db`);
    await Deno.mkdir(`${folder}/taken`);
    await makeKvFile(`${folder}/taken`);
    assert.deepEqual(names(folder), ["taken"]);
  });
});
