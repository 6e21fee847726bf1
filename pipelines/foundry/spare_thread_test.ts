import assert from "node:assert/strict";
import { join } from "node:path";
import { fileAccess } from "../../connectors/data/mod.ts";
import type { Asked } from "./input.ts";
import { dropThread, isThreadPrepared, prepareThread, takeThread } from "./spare_thread.ts";

const LARGE = 8 * 1024 * 1024;

const askedFor = (folder: string, params: unknown, more: Record<string, unknown> = {}): Asked => ({
  input: { folder, mode: "full", replay: false, ...more },
  pipeline: { streams: [{ source: { connector: "file", resource: "csv", params } }] },
} as unknown as Asked);

async function onFile(
  bytes: number,
  test: (dir: string, ports: Parameters<typeof prepareThread>[0]) => Promise<void>,
) {
  const dir = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(join(dir, "a.csv"), "a,b\n");
    await Deno.truncate(join(dir, "a.csv"), bytes);
    await test(dir, {
      files: (base, scratch) => fileAccess({ base, scratch }),
      room: (run) => join(dir, run),
    });
  } finally {
    dropThread();
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("a thread is started for a large local CSV file, and whoever reads first takes it", async () => {
  await onFile(LARGE, async (dir, ports) => {
    await prepareThread(ports, askedFor(dir, { path: "a.csv" }), "r");
    await prepareThread(ports, askedFor(dir, { path: "a.csv" }), "r");
    assert.equal(isThreadPrepared(), true);
    const taken = takeThread();
    assert.ok(taken !== null);
    assert.equal(isThreadPrepared(), false);
    const other = takeThread();
    assert.notEqual(other, taken);
    taken.close();
    other?.close();
  });
});

Deno.test("one that nobody took is ended", async () => {
  await onFile(LARGE, async (dir, ports) => {
    await prepareThread(ports, askedFor(dir, { path: "a.csv" }), "r");
    dropThread();
    assert.equal(isThreadPrepared(), false);
    dropThread();
  });
});

Deno.test("none is started for a small file, a missing one, several, or where no file is read", async () => {
  await onFile(LARGE - 1, async (dir, ports) => {
    for (
      const [params, more] of [
        [{ path: "a.csv" }, {}],
        [{ path: "none.csv" }, {}],
        [{ glob: "*.csv" }, {}],
      ] as const
    ) {
      await prepareThread(ports, askedFor(dir, params, more), "r");
      assert.equal(isThreadPrepared(), false);
    }
    await Deno.truncate(join(dir, "a.csv"), LARGE);
    for (const more of [{ replay: true }, { mode: "reprocess" }]) {
      await prepareThread(ports, askedFor(dir, { path: "a.csv" }, more), "r");
      assert.equal(isThreadPrepared(), false);
    }
  });
});
