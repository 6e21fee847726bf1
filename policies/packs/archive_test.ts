import assert from "node:assert/strict";
import fc from "fast-check";
import { ARCHIVE_LIMITS, readArchive, writeArchive } from "./archive.ts";

const text = (value: string) => new TextEncoder().encode(value);
const files = (given: Record<string, string>) =>
  new Map(Object.entries(given).map(([path, value]) => [path, text(value)]));
const codeOf = (bytes: Uint8Array) => {
  const read = readArchive(bytes);
  return read.ok ? "read" : read.error.code;
};

/** An archive with a header field changed and its checksum put right: what an attacker, not an accident, makes. */
function forged(
  archive: Uint8Array<ArrayBuffer>,
  at: number,
  value: string,
  block = 0,
): Uint8Array<ArrayBuffer> {
  const bytes = archive.slice();
  const head = bytes.subarray(block, block + 512);
  head.set(text(value), at);
  head.set(text("        "), 148);
  const sum = head.reduce((all, byte) => all + byte, 0);
  head.set(text(`${sum.toString(8).padStart(6, "0")}\0 `), 148);
  return bytes;
}

Deno.test("an archive holds its files, the same bytes in whatever order they came", () => {
  const one = writeArchive(files({ "b.txt": "two", "a/rules.yaml": "x".repeat(600), "empty": "" }));
  const other = writeArchive(files({ "empty": "", "a/rules.yaml": "x".repeat(600), "b.txt": "two" }));
  assert.deepEqual(one, other);
  assert.equal(one.length % 512, 0);
  const read = readArchive(one);
  assert.ok(read.ok);
  assert.deepEqual([...read.value.keys()], ["a/rules.yaml", "b.txt", "empty"]);
  assert.deepEqual(read.value.get("b.txt"), text("two"));
});

Deno.test("an archive is POSIX ustar, so that other tools can list it", () => {
  const archive = writeArchive(files({ "a.txt": "one" }));
  assert.equal(new TextDecoder().decode(archive.subarray(257, 263)), "ustar\0");
});

Deno.test("members that would leave the pack are refused by name: absolute, parent, backslash, drive, too long", () => {
  const archive = writeArchive(files({ "aaaaaaaaaaaaaaaa": "x" }));
  for (
    const path of [
      "../evil",
      "/etc/passwd",
      "a/../../b",
      "..\\evil",
      "C:evil",
      "a//b",
      "./a",
      "a/.",
      "a\nb",
      "\u00e9",
    ]
  ) {
    const bytes = forged(forged(archive, 0, "\0".repeat(16)), 0, path);
    assert.equal(codeOf(bytes), "pack-archive-path", JSON.stringify(path));
  }
});

Deno.test("links, directories, devices and unknown kinds of members are refused", () => {
  const archive = writeArchive(files({ "a": "" }));
  for (const type of ["1", "2", "3", "4", "5", "6", "7", "x", "g", "L", "\0"]) {
    assert.equal(codeOf(forged(archive, 156, type)), "pack-archive-link", JSON.stringify(type));
  }
});

Deno.test("a name that stands twice is refused, also where the second would be the one that counts", () => {
  const one = writeArchive(files({ "a": "x" })).subarray(0, 1024);
  const twice = new Uint8Array(3 * 1024);
  twice.set(one);
  twice.set(one, 1024);
  assert.equal(codeOf(twice), "pack-archive-duplicate");
});

Deno.test("declared sizes are held against caps and against what is there before anything is copied", () => {
  const archive = writeArchive(files({ "a": "x" }));
  assert.equal(codeOf(forged(archive, 124, "77777777777\0")), "pack-archive-size");
  assert.equal(codeOf(forged(archive, 124, "00000010000\0")), "pack-archive-truncated");
  assert.equal(codeOf(forged(archive, 124, "-0000000001\0")), "pack-archive-size");
  assert.equal(codeOf(new Uint8Array(ARCHIVE_LIMITS.bytes + 1)), "pack-archive-size");
  const many = new Map(Array.from({ length: ARCHIVE_LIMITS.files + 1 }, (_, at) => [`f${at}`, text("")]));
  assert.equal(codeOf(writeArchive(many)), "pack-archive-count");
});

Deno.test("what is no archive, is compressed, cut off or has something behind its end is refused", () => {
  const archive = writeArchive(files({ "a": "x" }));
  assert.equal(codeOf(new Uint8Array()), "pack-archive-form");
  assert.equal(codeOf(text("hello")), "pack-archive-form");
  assert.equal(codeOf(new Uint8Array([0x1f, 0x8b, 8, 0])), "pack-archive-form");
  for (const length of [511, 512, 513, 1024, 1536, archive.length - 1]) {
    assert.notEqual(codeOf(archive.subarray(0, length)), "read", String(length));
  }
  const longer = new Uint8Array(archive.length + 512);
  longer.set(archive);
  assert.equal(codeOf(longer), "pack-archive-form");
  longer[archive.length + 5] = 1;
  assert.notEqual(codeOf(longer), "read");
});

Deno.test("owner, time and mode in a header, or bytes in a gap, are refused: one form only", () => {
  const archive = writeArchive(files({ "a": "x" }));
  for (
    const [at, value] of [[100, "0000755"], [108, "0001750"], [136, "14000000000"], [265, "root"]] as const
  ) {
    assert.equal(codeOf(forged(archive, at, value)), "pack-archive-form", String(at));
  }
  const gap = archive.slice();
  gap[600] = 1;
  assert.equal(codeOf(gap), "pack-archive-form");
});

Deno.test("whatever is read would be written the same; no bytes make the reader throw", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => {
      assert.notEqual(codeOf(bytes), "read");
    }),
    { numRuns: 200 },
  );
  const names = fc.stringMatching(/^[a-z]{1,8}(\/[a-z]{1,8}){0,2}$/);
  fc.assert(
    fc.property(fc.dictionary(names, fc.string({ maxLength: 700 }), { minKeys: 1, maxKeys: 6 }), (given) => {
      const archive = writeArchive(files(given));
      const read = readArchive(archive);
      assert.ok(read.ok);
      assert.deepEqual(writeArchive(read.value), archive);
      assert.equal(read.value.size, Object.keys(given).length);
    }),
    { numRuns: 60 },
  );
});
