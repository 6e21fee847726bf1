import assert from "node:assert/strict";
import { bodyOf, decodeHead, encodeHead, type HeadMeta, partsOf, wholeSnapshot } from "./head.ts";

const META: HeadMeta = { t: "a.1", o: 'wörker "1"', e: 1, d: null, c: 0, b: 7, n: 1 };

Deno.test("a snapshot of several parts comes back whole, wherever it is cut", () => {
  for (const begin of ["", "a"]) {
    const snapshot = begin + "😀".repeat(40_000);
    const parts = partsOf(snapshot, META.b);
    const head = decodeHead(encodeHead(META, bodyOf(snapshot), []).head);
    assert.ok(parts.length > 1);
    assert.equal(wholeSnapshot(head, parts), snapshot);
  }
});

Deno.test("heads that follow one another hold the lines of all, in ASCII and beyond, whatever room there was", () => {
  const lines = ["x".repeat(3_000), "grün", "y".repeat(2_000), "日本語".repeat(900), "", "z"];
  let body = bodyOf("");
  const seen: string[] = [];
  for (const line of lines) {
    const encoded = encodeHead(META, body, [line, "."]);
    seen.push(line, ".");
    const decoded = decodeHead(encoded.head);
    assert.deepEqual(decoded.tail, seen);
    assert.deepEqual(decoded.meta, META);
    body = encoded.body;
  }
});

Deno.test("two heads that go on from the same one do not touch each other", () => {
  const first = encodeHead(META, bodyOf(""), ["one"]).body;
  const left = encodeHead(META, first, ["left"]);
  const right = encodeHead(META, first, ["right"]);
  assert.deepEqual(decodeHead(encodeHead(META, left.body, ["2"]).head).tail, ["one", "left", "2"]);
  assert.deepEqual(decodeHead(encodeHead(META, right.body, ["3"]).head).tail, ["one", "right", "3"]);
});
