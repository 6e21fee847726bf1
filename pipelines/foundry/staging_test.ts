import assert from "node:assert/strict";
import fc from "fast-check";
import type { Json } from "../../specs/mod.ts";
import type { Row } from "../../specs/foundry/mod.ts";
import { acceptedLines, linesOf } from "./row_path.ts";
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
  await writer.close();
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

Deno.test("staging that goes on leaves what a sink took under another name as it was", async () => {
  await withDirectory(async (dir) => {
    const marks = await staged(dir);
    const taken = `${dir}/part.jsonl`;
    await Deno.link(`${dir}/${marks[0]?.name}`, taken);
    const before = await Deno.readTextFile(taken);
    const writer = await lineWriter(dir, "rows", marks);
    assert.ok(writer !== null);
    writer.line('{"id":4}');
    const more = writer.mark(true);
    await writer.close();
    assert.equal(await Deno.readTextFile(taken), before);
    assert.deepEqual(await read(dir, more), [{ id: 1 }, { id: 2 }, { id: 3 }, { id: 4 }]);
  });
});

Deno.test("staged rows that are cut off are not published", async () => {
  await withDirectory(async (dir) => {
    const marks = await staged(dir);
    await Deno.truncate(`${dir}/${marks[0]?.name}`, 12);
    await assert.rejects(read(dir, marks), /ends \d+ bytes early/);
  });
});

Deno.test("lines that are bytes already stand where they were given, among others and in segments of their own", async () => {
  await withDirectory(async (dir) => {
    const writer = await lineWriter(dir, "rows", []);
    assert.ok(writer !== null);
    const large = (count: number, id: number) =>
      new TextEncoder().encode(`{"id":${id},"text":"${"x".repeat(1000)}"}\n`.repeat(count));
    writer.line('{"id":0}');
    writer.lines(large(2, 1), 2);
    writer.line('{"id":2}\n{"id":3}', 2);
    writer.begin("b.csv");
    // More than a chunk, and a segment that is large enough to be waited for.
    writer.lines(large(9000, 4), 9000);
    writer.begin("c.csv");
    writer.lines(large(1, 5), 1);
    const marks = writer.mark(true);
    await writer.close();
    assert.deepEqual(marks.map(({ rows, origin }) => [rows, origin]), [[5, undefined], [9000, "b.csv"], [
      1,
      "c.csv",
    ]]);
    const ids = (await read(dir, marks)).map((row) => (row as Row).id);
    assert.deepEqual([ids.slice(0, 6), ids.at(-1), ids.length], [[0, 1, 1, 2, 3, 4], 5, 9006]);
  });
});

Deno.test("rows come back as they went in, whatever stands in them and however they fall on the buffer", async () => {
  await withDirectory(async (dir) => {
    const writer = await lineWriter(dir, "rows", []);
    assert.ok(writer !== null);
    const given: Row[] = [];
    const put = (row: Row) => {
      given.push(row);
      lines.add(row);
    };
    const lines = acceptedLines(writer, new Set(), {});
    for (let id = 0; id < 3000; id++) put({ id, text: "\u00e9\u{1f600}\n".repeat(id % 90), none: null });
    // Longer than the buffer, and what looks like the end of a row and the start of the next.
    put({ id: -1, text: "\u20ac".repeat(400_000) });
    put({ id: -2, text: "},{", list: [{ a: 1 }, { a: 2 }] });
    put({});
    put({});
    lines.flush();
    assert.equal(writer.rows, given.length);
    const marks = writer.mark(true);
    assert.equal(marks.reduce((sum, { rows }) => sum + rows, 0), given.length);
    assert.equal(marks.reduce((sum, { bytes }) => sum + bytes, 0), writer.bytes);
    await writer.close();
    assert.deepEqual(await read(dir, marks), given);
  });
});

Deno.test("rows written together are the lines that each of them is alone", () => {
  const row = fc.dictionary(
    fc.constantFrom("a", "},{", "b"),
    fc.oneof(fc.jsonValue(), fc.constant("},{")),
  ) as fc.Arbitrary<
    Row
  >;
  fc.assert(fc.property(fc.array(row, { minLength: 1, maxLength: 5 }), (rows) => {
    assert.equal(linesOf(rows), rows.map((one) => JSON.stringify(one)).join("\n"));
  }));
});

Deno.test("a credential of the run is taken out of the one row among many that holds it, and counted", async () => {
  await withDirectory(async (dir) => {
    const writer = await lineWriter(dir, "rows", []);
    assert.ok(writer !== null);
    const found: Record<string, number> = {};
    const lines = acceptedLines(writer, new Set(['to"ken-1234']), found);
    const rows = Array.from(
      { length: 500 },
      (_, id): Row => ({ id, note: id === 250 ? 'has to"ken-1234' : "none" }),
    );
    for (const one of rows) lines.add(one);
    lines.flush();
    const marks = writer.mark(true);
    await writer.close();
    const back = await read(dir, marks) as Record<string, Json>[];
    assert.equal(back.length, 500);
    assert.deepEqual(back[250], { id: 250, note: "has [credential]" });
    assert.deepEqual(found, { note: 1 });
  });
});

Deno.test("lines in pieces of any size stand in the order in which they came, and the digest is that of the file", async () => {
  await withDirectory(async (dir) => {
    const writer = await lineWriter(dir, "rows", []);
    assert.ok(writer !== null);
    const long = "x".repeat(30_000);
    const expected: unknown[] = [];
    for (const [id, count] of [1, 2, 3, 1, 30, 1, 2].entries()) {
      writer.line(JSON.stringify({ id }));
      expected.push({ id });
      const lines = Array.from({ length: count }, (_, at) => ({ id, at, long }));
      writer.lines(new TextEncoder().encode(lines.map((one) => `${JSON.stringify(one)}\n`).join("")), count);
      expected.push(...lines);
    }
    const marks = writer.mark(true);
    await writer.close();
    assert.equal(marks.reduce((sum, { rows }) => sum + rows, 0), expected.length);
    assert.deepEqual(await read(dir, marks), expected);
  });
});

Deno.test("lines that go to disk while others are written are all there, each byte told by the mark", async () => {
  await withDirectory(async (dir) => {
    const writer = await lineWriter(dir, "rows", []);
    assert.ok(writer !== null);
    const piece = new TextEncoder().encode(`${JSON.stringify({ long: "y".repeat(1_000_000) })}\n`);
    for (let at = 0; at < 30; at++) {
      writer.lines(piece, 1);
      // So that what was begun goes on in between.
      await new Promise((resolve) => setTimeout(resolve));
    }
    const marks = writer.mark(true);
    await writer.close();
    let rows = 0;
    for await (const some of stagedRows(dir, marks, true)) rows += some.length;
    assert.equal(rows, 30);
  });
});
