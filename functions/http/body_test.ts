import assert from "node:assert/strict";
import fc from "fast-check";
import { parseJson, readText } from "./body.ts";

const post = (body: BodyInit, headers: Record<string, string> = {}) =>
  new Request("http://localhost/", { method: "POST", body, headers });
const limits = { maxBytes: 10, timeoutMs: 1000 };

Deno.test("readText() reads a body that is exactly as large as the limit", async () => {
  assert.deepEqual(await readText(post("0123456789"), limits), { ok: true, value: "0123456789" });
});

Deno.test("readText() refuses a declared length above the limit without reading", async () => {
  const read = await readText(post("x", { "content-length": "11" }), limits);
  assert.equal(!read.ok && read.error.code, "body-too-large");
});

Deno.test("readText() counts a body that comes in chunks without a length, and stops it", async () => {
  let pulled = 0;
  let cancelled = false;
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      pulled += 1;
      controller.enqueue(new Uint8Array(4));
    },
    cancel() {
      cancelled = true;
    },
  });
  const read = await readText(post(endless), limits);
  assert.equal(!read.ok && read.error.code, "body-too-large");
  assert.ok(pulled < 10, `pulled ${pulled} times`);
  assert.equal(cancelled, true);
});

Deno.test("readText() gives up on a body that does not come", async () => {
  const silent = new ReadableStream<Uint8Array>({});
  const read = await readText(post(silent), { maxBytes: 10, timeoutMs: 20 });
  assert.equal(!read.ok && read.error.code, "request-timeout");
});

Deno.test("readText() refuses bytes that are not UTF-8, and compressed bodies", async () => {
  const invalid = await readText(post(new Uint8Array([0x7b, 0xff, 0xfe])), limits);
  assert.equal(!invalid.ok && invalid.error.code, "malformed-request");
  const cut = await readText(post(new Uint8Array([0xe2, 0x82])), limits);
  assert.equal(!cut.ok && cut.error.code, "malformed-request");
  const packed = await readText(post("x", { "content-encoding": "gzip" }), limits);
  assert.equal(!packed.ok && packed.error.code, "unsupported-media-type");
});

Deno.test("parseJson() reads every JSON value that JSON.parse reads and whose numbers are exact", () => {
  fc.assert(fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
    const text = JSON.stringify(value);
    if (text.includes("__proto__") || /\d{16,}|e\+/.test(text)) return;
    assert.deepEqual(parseJson(text, 32), { ok: true, value: JSON.parse(text) });
  }));
});

Deno.test("parseJson() refuses a key twice, however it is escaped, but not the same key in two objects", () => {
  const twice = parseJson('{"a":1,"\\u0061":2}', 8);
  assert.equal(!twice.ok && twice.error.code, "invalid-request");
  assert.equal(parseJson('[{"a":1},{"a":{"a":2}}]', 8).ok, true);
});

Deno.test("parseJson() refuses __proto__, comments, trailing commas and trailing text", () => {
  const code = (text: string) => {
    const read = parseJson(text, 8);
    return read.ok ? "ok" : read.error.code;
  };
  assert.equal(code('{"a":{"__proto__":1}}'), "invalid-request");
  assert.equal(code('{"\\u005f_proto__":1}'), "invalid-request");
  assert.equal(code("{} // no"), "malformed-request");
  assert.equal(code("[1,]"), "malformed-request");
  assert.equal(code("{} {}"), "malformed-request");
  assert.equal(code(""), "malformed-request");
});

Deno.test("parseJson() refuses what is nested too deep, also when it is very deep", () => {
  assert.equal(parseJson("[".repeat(8) + "]".repeat(8), 8).ok, true);
  for (const depth of [9, 100_000]) {
    const read = parseJson("[".repeat(depth) + "]".repeat(depth), 8);
    assert.match(read.ok ? "" : read.error.detail, /nested deeper than 8/);
  }
});

Deno.test("parseJson() refuses integers that a double would change", () => {
  assert.equal(parseJson("9007199254740991", 8).ok, true);
  assert.equal(parseJson("9007199254740993", 8).ok, false);
  assert.equal(parseJson("1e999", 8).ok, false);
});
