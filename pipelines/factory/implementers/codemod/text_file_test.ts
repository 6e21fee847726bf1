import assert from "node:assert/strict";
import fc from "fast-check";
import { applyEdits, decodeText, encodeText, gapBefore, lineAt, lineEnd } from "./text_file.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("a text file is put together again byte by byte, with and without a byte order mark", () => {
  fc.assert(fc.property(fc.string({ unit: "grapheme" }), fc.boolean(), (text, bom) => {
    fc.pre(!text.includes("\0") && !text.startsWith("\ufeff"));
    const before = bytes((bom ? "\ufeff" : "") + text);
    const file = decodeText("a", before);
    assert.ok(file !== null);
    assert.equal(file.bom, bom);
    assert.deepEqual(encodeText(file), before);
  }));
});

Deno.test("bytes that are not UTF-8, and bytes with a NUL, are no text", () => {
  assert.equal(decodeText("a", Uint8Array.of(0x61, 0xff)), null);
  assert.equal(decodeText("a", Uint8Array.of(0xff, 0xfe, 0x61, 0x00)), null);
  assert.equal(decodeText("a", Uint8Array.of(0xc3)), null);
});

Deno.test("the line end of a text is that of most of its lines", () => {
  assert.equal(lineEnd("a\r\nb\r\nc\n"), "\r\n");
  assert.equal(lineEnd("a\r\nb\nc\n"), "\n");
  assert.equal(lineEnd("a"), "\n");
});

Deno.test("edits replace ranges in any order, and equal ones count once", () => {
  const edits = [{ start: 4, end: 5, text: "E" }, { start: 0, end: 1, text: "" }, {
    start: 4,
    end: 5,
    text: "E",
  }];
  assert.equal(applyEdits("abcdef", edits), "bcdEf");
  assert.equal(applyEdits("", [{ start: 0, end: 0, text: "x" }]), "x");
});

Deno.test("edits that overlap are a bug and throw", () => {
  assert.throws(
    () => applyEdits("abc", [{ start: 0, end: 2, text: "" }, { start: 1, end: 3, text: "" }]),
    /overlap/,
  );
  assert.throws(() => applyEdits("abc", [{ start: 2, end: 4, text: "" }]), /leave the text/);
});

Deno.test("lines are counted from 1, and a list's gap is a space or a line of its own", () => {
  assert.deepEqual([lineAt("a\nb\n", 0), lineAt("a\nb\n", 2), lineAt("a\r\nb", 3)], [1, 2, 2]);
  assert.equal(gapBefore("f(a, b)", 5), " ");
  assert.equal(gapBefore("f(\r\n  a)", 6), "\r\n  ");
});
