import assert from "node:assert/strict";
import { workerLock } from "./worker_lock.ts";

async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "kernel-locks-" });
  try {
    await use(`${folder}/locks`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A process that takes a lock and waits. */
async function holder(folder: string, worker: string) {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "eval",
      "--no-check",
      `import { workerLock } from ${JSON.stringify(new URL("./worker_lock.ts", import.meta.url).href)};
       await workerLock(${JSON.stringify(folder)}, ${JSON.stringify(worker)});
       console.log("held");
       await new Promise((resolve) => setTimeout(resolve, 60_000));`,
    ],
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.getReader();
  await reader.read();
  return {
    child,
    async end() {
      child.kill("SIGKILL");
      await child.status;
      await reader.cancel();
    },
  };
}

Deno.test("a worker is gone once its process is, and not while it is only stopped", async () => {
  await withFolder(async (folder) => {
    const lock = await workerLock(folder, "watcher");
    const { child, end } = await holder(folder, "other");
    assert.equal(await lock.isOwnerGone("other"), false);
    child.kill("SIGSTOP");
    assert.equal(await lock.isOwnerGone("other"), false);
    await end();
    assert.equal(await lock.isOwnerGone("other"), true);
    assert.equal(await lock.isOwnerGone("other"), true);
    await lock.release();
  });
});

Deno.test("nobody can say of a worker without a file, or with a strange name, that it is gone", async () => {
  await withFolder(async (folder) => {
    const lock = await workerLock(folder, "watcher");
    for (const worker of ["elsewhere", "", "../../etc/passwd", "watcher"]) {
      assert.equal(await lock.isOwnerGone(worker), false);
    }
    await lock.release();
  });
});

Deno.test("a worker that let go in order has no file any more, and its name is free", async () => {
  await withFolder(async (folder) => {
    const first = await workerLock(folder, "one");
    await assert.rejects(workerLock(folder, "one"), /one of that name is running/);
    await first.release();
    assert.deepEqual([...Deno.readDirSync(folder)], []);
    const again = await workerLock(folder, "one");
    await again.release();
  });
});

Deno.test("a name that could leave the folder is refused", async () => {
  await withFolder(async (folder) => {
    for (const worker of ["", "../up", "a/b", ".hidden"]) {
      await assert.rejects(workerLock(folder, worker), /worker's name must match/);
    }
  });
});

Deno.test("files of workers that died long ago are cleared away, those that are held are not", async () => {
  await withFolder(async (folder) => {
    const held = await workerLock(folder, "held");
    await Deno.writeTextFile(`${folder}/old.lock`, "");
    await Deno.writeTextFile(`${folder}/young.lock`, "");
    const longAgo = new Date(Date.now() - 7_200_000);
    await Deno.utime(`${folder}/old.lock`, longAgo, longAgo);
    await Deno.utime(`${folder}/held.lock`, longAgo, longAgo);
    const lock = await workerLock(folder, "new");
    assert.deepEqual([...Deno.readDirSync(folder)].map((entry) => entry.name).sort(), [
      "held.lock",
      "new.lock",
      "young.lock",
    ]);
    await lock.release();
    await held.release();
  });
});
