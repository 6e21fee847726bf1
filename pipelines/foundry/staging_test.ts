import assert from "node:assert/strict";
import { lineWriter, stagedRows } from "./staging.ts";

async function withDirectory(test: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "edgeforge-test-" });
  try {
    await test(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

async function staged(dir: string) {
  const writer = await lineWriter(dir, "rows", []);
  assert.ok(writer !== null);
  for (let id = 1; id <= 3; id++) writer.line(JSON.stringify({ id }));
  const marks = writer.mark(true);
  writer.close();
  return marks;
}

async function read(dir: string, marks: Awaited<ReturnType<typeof staged>>): Promise<unknown[]> {
  const rows: unknown[] = [];
  for await (const some of stagedRows(dir, marks, true)) rows.push(...some);
  return rows;
}

Deno.test("rows that are published are those that were staged; what was added behind them does not count", async () => {
  await withDirectory(async (dir) => {
    const marks = await staged(dir);
    await Deno.writeTextFile(`${dir}/${marks[0]?.name}`, '{"id":4}\n', { append: true });
    assert.deepEqual(await read(dir, marks), [{ id: 1 }, { id: 2 }, { id: 3 }]);
  });
});

Deno.test("a staged row that was changed afterwards is not published", async () => {
  await withDirectory(async (dir) => {
    const marks = await staged(dir);
    const path = `${dir}/${marks[0]?.name}`;
    await Deno.writeTextFile(path, (await Deno.readTextFile(path)).replace("2", "7"));
    await assert.rejects(read(dir, marks), /not what was staged and judged/);
  });
});

Deno.test("staged rows that are cut off are not published", async () => {
  await withDirectory(async (dir) => {
    const marks = await staged(dir);
    await Deno.truncate(`${dir}/${marks[0]?.name}`, 12);
    await assert.rejects(read(dir, marks), /ends \d+ bytes early/);
  });
});
