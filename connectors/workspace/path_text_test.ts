import assert from "node:assert/strict";
import fc from "fast-check";
import { joinNul, pathBytes, pathText, splitNul } from "./path_text.ts";

Deno.test("a UTF-8 name is itself, any other is quoted as git quotes it", () => {
  assert.equal(pathText(new TextEncoder().encode("src/é.ts")), "src/é.ts");
  assert.equal(pathText(new Uint8Array([0x63, 0x61, 0x66, 0xe9])), '"caf\\351"');
  assert.equal(pathText(new TextEncoder().encode('"a"')), '"\\"a\\""');
  assert.equal(pathText(new TextEncoder().encode("\uFEFFa")), "\uFEFFa");
});

Deno.test("every name maps to text and back to the same bytes", () => {
  const name = fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) => bytes.map((byte) => byte || 1));
  fc.assert(fc.property(name, (bytes) => {
    assert.deepEqual(pathBytes(pathText(bytes)), bytes);
  }));
});

Deno.test("two names never have the same text", () => {
  const name = fc.uint8Array({ minLength: 1, maxLength: 6 });
  fc.assert(fc.property(name, name, (a, b) => {
    assert.equal(pathText(a) === pathText(b), a.join() === b.join());
  }));
});

Deno.test("NUL-terminated lists survive a round trip", () => {
  assert.deepEqual(splitNul(joinNul(["a", '"\\351"', "b\nc"])).map(pathText), ["a", '"\\351"', "b\nc"]);
  assert.deepEqual(splitNul(new Uint8Array()), []);
});
