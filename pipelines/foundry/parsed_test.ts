import assert from "node:assert/strict";
import { z } from "zod";
import { memoryBlobs } from "../../kernel/mod.ts";
import { readParsed } from "./parsed.ts";

const Form = z.object({ rows: z.array(z.number()), name: z.string().default("none") });

Deno.test("a blob is taken apart once, and every reader has a value of its own", async () => {
  let parsed = 0;
  const counted = Form.transform((value) => (parsed++, value));
  const blobs = memoryBlobs();
  const digest = await blobs.put(JSON.stringify({ rows: [1, 2] }));
  const one = await readParsed(blobs, digest, counted);
  one.rows.push(3);
  const two = await readParsed(blobs, digest, counted);
  two.rows.push(4);
  assert.deepEqual(await readParsed(blobs, digest, counted), { rows: [1, 2], name: "none" });
  assert.equal(parsed, 1);
});

Deno.test("a blob that is gone is missed though it was read before, and so is one that has another form", async () => {
  const blobs = memoryBlobs();
  const digest = await blobs.put(JSON.stringify({ rows: [5] }));
  await readParsed(blobs, digest, Form);
  await assert.rejects(readParsed(memoryBlobs(), digest, Form), /it is not in the store/);
  await assert.rejects(readParsed(blobs, digest, z.object({ rows: z.string() })), /rows/);
});

Deno.test("no more than some values are kept: the rest is read again", async () => {
  const blobs = memoryBlobs();
  let parsed = 0;
  const counted = Form.transform((value) => (parsed++, value));
  const first = await blobs.put(JSON.stringify({ rows: [-1] }));
  await readParsed(blobs, first, counted);
  for (let at = 0; at < 40; at++) {
    await readParsed(blobs, await blobs.put(JSON.stringify({ rows: [at] })), counted);
  }
  await readParsed(blobs, first, counted);
  assert.equal(parsed, 42);
  const large = await blobs.put(JSON.stringify({ rows: [], name: "x".repeat(70_000) }));
  await readParsed(blobs, large, counted);
  await readParsed(blobs, large, counted);
  assert.equal(parsed, 44);
});
