import assert from "node:assert/strict";
import { join } from "node:path";
import { fileAccess, rowFunction } from "../../connectors/data/mod.ts";
import { acceptPipeline } from "./accept.ts";
import { onStage, type Stage } from "./testing.ts";

const PORTS = {
  files: (base: string, scratch: string) => fileAccess({ base, scratch }),
  functions: rowFunction,
};

const orders = (transforms: Record<string, unknown>[], stream: Record<string, unknown> = {}) => ({
  id: "shop",
  streams: [{
    id: "orders",
    source: { connector: "http", resource: "orders" },
    transforms,
    write: { disposition: "append" },
    ...stream,
  }],
});
const CLEAN = { op: "typescript", file: "transforms/clean.ts" };

async function put(stage: Stage, text: string, file = "transforms/clean.ts"): Promise<void> {
  await Deno.mkdir(join(stage.dir, file, ".."), { recursive: true });
  await Deno.writeTextFile(join(stage.dir, file), text);
}

const counts = ({ streams: [one] }: Awaited<ReturnType<Stage["run"]>>) => [
  one?.read,
  one?.produced,
  one?.accepted,
  one?.quarantined,
  one?.filtered,
];

Deno.test("a function stands between other steps: what it throws at is set aside as it was read, what it leaves out is counted", () =>
  onStage({
    orders: [
      [{ id: 1, items: ["a", "b"], mail: "x@example.com" }, {
        id: 2,
        items: ["bad", "c"],
        mail: "y@example.com",
      }],
      [{ id: 3, items: ["skip"], mail: null }, { id: 4, items: ["twice"], mail: null }, {
        id: 5,
        items: [],
        mail: null,
      }],
    ],
  }, async (stage) => {
    await put(
      stage,
      `interface Row { id: number; items: string; mail: string | null }
      export default (row: Row) => {
        if (row.items === "bad") throw new Error("no such item: " + row.items);
        if (row.items === "skip") return;
        return row.items === "twice" ? [row, { ...row, items: "again" }] : row;
      };`,
    );
    const document = await stage.run(orders([
      { op: "explode", column: "items" },
      CLEAN,
      { op: "derive", column: "label", expression: "items + '!'" },
      { op: "filter", expression: "label != 'b!'" },
    ], { pii: { mail: "mask" } }));
    assert.equal(document.status, "completed", JSON.stringify(document));
    // Two rows came apart, one was doubled, one had nothing in it; what came of the one that is set aside goes nowhere.
    assert.deepEqual(counts(document), [5, 3, 3, 1, 4]);
    assert.deepEqual((await stage.rows("orders")).map(({ id, label }) => [id, label]), [
      [1, "a!"],
      [4, "twice!"],
      [4, "again!"],
    ]);
    const [aside] = await stage.ports.records.quarantine.list({ pipeline: "shop" });
    assert.equal(aside?.rule, "transform@1");
    assert.equal(aside?.reason, "transform: transforms/clean.ts: Error: no such item: bad");
    assert.deepEqual(aside?.row, { id: 2, items: ["bad", "c"], mail: "***" });
    // The code is part of the evidence.
    const kept = JSON.parse(await Deno.readTextFile(`${document.evidence?.path}/artifacts/code.json`));
    assert.deepEqual(kept.map(({ file }: { file: string }) => file), ["transforms/clean.ts"]);
    assert.match(kept[0].digest, /^sha256:[0-9a-f]{64}$/);
    assert.match(
      await Deno.readTextFile(`${document.evidence?.path}/artifacts/code/transforms/clean.ts`),
      /interface Row/,
    );
  }, PORTS));

Deno.test("a row that was set aside is taken in again by the mended function", () =>
  onStage({ orders: [[{ id: 1 }, { id: 2 }]] }, async (stage) => {
    await put(
      stage,
      "export default (row) => { if (row.id === 2) throw new Error('not yet'); return row; };",
    );
    const first = await stage.run(orders([CLEAN], { primaryKey: ["id"], write: { disposition: "merge" } }));
    assert.deepEqual(counts(first), [2, 0, 1, 1, 0]);
    await put(stage, "export default (row) => ({ ...row, ok: true });");
    const again = await stage.run(orders([CLEAN], { primaryKey: ["id"], write: { disposition: "merge" } }), {
      replay: true,
    });
    assert.deepEqual([again.status, ...counts(again)], ["completed", 1, 0, 1, 0, 0], JSON.stringify(again));
  }, PORTS));

Deno.test("a run goes on with the code that it was accepted with, and a changed file is another run", () =>
  onStage({ orders: [[{ id: 1 }], [{ id: 2 }]] }, async (stage) => {
    await put(stage, "export default (row) => ({ ...row, by: 'first' });");
    stage.source.before = async (page) => {
      if (page === 1) await put(stage, "export default (row) => ({ ...row, by: 'second' });");
    };
    await stage.run(orders([CLEAN]));
    assert.deepEqual((await stage.rows("orders")).map(({ by }) => by), ["first", "first"]);
    const prints = [];
    for (const by of ["second", "third", "third"]) {
      await put(stage, `export default (row) => ({ ...row, by: '${by}' });`);
      const accepted = await acceptPipeline(stage.ports, {
        pipeline: orders([CLEAN]),
        folder: stage.dir,
        requester: "tester",
      });
      assert.ok(accepted.ok);
      prints.push(accepted.value.input.fingerprint);
    }
    assert.notEqual(prints[0], prints[1]);
    assert.equal(prints[1], prints[2]);
  }, PORTS));

Deno.test("a function that never ends fails the run with its reason, publishes nothing, and the next run is whole", () =>
  onStage({ orders: [[{ id: 1 }], [{ id: 2 }]] }, async (stage) => {
    const step = { ...CLEAN, seconds: 1 };
    await put(stage, "export default (row) => { while (row.id === 2); return row; };");
    const document = await stage.run(orders([step]));
    assert.equal(document.status, "failed", JSON.stringify(document));
    assert.equal(document.failure?.class, "resource");
    assert.match(
      document.failure?.message ?? "",
      /transforms\/clean\.ts was stopped: a batch of rows took longer than 1 s/,
    );
    assert.match(String(document.failure?.remedy ?? ""), /loop/);
    assert.deepEqual(await stage.rows("orders"), []);
    await put(stage, "export default (row) => row;");
    assert.deepEqual(counts(await stage.run(orders([step]))), [2, 0, 2, 0, 0]);
  }, PORTS));

Deno.test("functions stand before and behind a step over the set", () =>
  onStage({ orders: [[{ kind: "A ", n: 1 }, { kind: "a", n: 2 }, { kind: "b", n: 5 }]] }, async (stage) => {
    await put(stage, "export default (row) => ({ ...row, kind: row.kind.trim().toLowerCase() });");
    await put(stage, "export default (row) => row.total > 4 ? { ...row, big: true } : row;", "big.ts");
    const document = await stage.run(orders([
      CLEAN,
      { op: "aggregate", by: ["kind"], values: { total: { function: "sum", column: "n" } } },
      { op: "typescript", file: "big.ts" },
    ]));
    assert.equal(document.status, "completed", JSON.stringify(document));
    assert.deepEqual((await stage.rows("orders")).map(({ kind, total, big }) => [kind, total, big ?? null]), [
      ["a", 3, null],
      ["b", 5, true],
    ]);
  }, PORTS));

Deno.test("code that is not a plain file below the pipeline's folder, or does not load, is told before a run", () =>
  onStage({ orders: [[{ id: 1 }]] }, async (stage) => {
    const faults = async (file: string, ports: Partial<Stage["ports"]> = {}) => {
      const accepted = await acceptPipeline({ ...stage.ports, ...ports } as Stage["ports"], {
        pipeline: orders([{ op: "typescript", file }]),
        folder: stage.dir,
        requester: "tester",
      });
      return accepted.ok ? "" : JSON.stringify(accepted.error);
    };
    await put(stage, "export default (row) => row;", "sound.ts");
    assert.equal(await faults("sound.ts"), "");
    const outside = await Deno.makeTempFile({ suffix: ".ts" });
    try {
      await Deno.writeTextFile(outside, "export default (row) => row;");
      await Deno.symlink(outside, join(stage.dir, "link.ts"));
      await Deno.mkdir(join(stage.dir, "real"));
      await Deno.writeTextFile(join(stage.dir, "real", "in.ts"), "export default (row) => row;");
      await Deno.symlink("real", join(stage.dir, "linked"));
      for (
        const file of [
          "../x.ts",
          "a/../x.ts",
          "/etc/x.ts",
          "./x.ts",
          ".hidden.ts",
          "x.wasm",
          "a\\b.ts",
          "C:/x.ts",
        ]
      ) {
        assert.match(await faults(file), /beside the pipeline/, file);
      }
      assert.match(await faults("link.ts"), /link/);
      assert.match(await faults("linked/in.ts"), /link/);
      assert.match(await faults("missing.ts"), /missing\.ts/);
      await put(stage, "import fs from 'node:fs'; export default (row) => row;", "fs.ts");
      assert.match(await faults("fs.ts"), /refused/);
      await put(stage, "throw new Error('broken table'); export default (row) => row;", "throws.ts");
      assert.match(await faults("throws.ts"), /broken table/);
      await Deno.writeFile(join(stage.dir, "latin.ts"), new Uint8Array([0xe4, 0x20, 0xff]));
      assert.match(await faults("latin.ts"), /UTF-8/);
      const { functions: _, ...bare } = stage.ports;
      const accepted = await acceptPipeline(bare as Stage["ports"], {
        pipeline: orders([{ op: "typescript", file: "sound.ts" }]),
        folder: stage.dir,
        requester: "tester",
      });
      assert.match(JSON.stringify(accepted), /This host runs no functions/);
    } finally {
      await Deno.remove(outside);
    }
  }, PORTS));
