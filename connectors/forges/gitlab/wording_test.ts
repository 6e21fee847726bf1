import assert from "node:assert/strict";
import fc from "fast-check";
import { readMarker } from "../marker.ts";
import { marked, plainTitle, titled, withoutCommands } from "./wording.ts";

Deno.test("only a draft is titled as one, whatever the title says", () => {
  assert.equal(titled("Fix it", true), "Draft: Fix it");
  assert.equal(titled("Fix it", false), "Fix it");
  for (const title of ["Draft: Fix it", "[Draft] draft:Fix it", "  (draft)  Fix it"]) {
    assert.equal(titled(title, false), "Fix it");
    assert.equal(titled(title, true), "Draft: Fix it");
  }
  assert.equal(plainTitle("Drafting rules"), "Drafting rules");
  assert.equal(titled("Draft:", false), "Change");
  assert.equal(titled("a\nb", false), "a b");
  assert.equal(titled("x".repeat(400), true).length, 255);
});

/** As GitLab looks for them: after it has dropped carriage returns, at the beginning of a line. */
const COMMAND = /^\s*\/[a-z_]/im;

Deno.test("no line of any text is a command to GitLab, and every other line stays", () => {
  const line = fc.oneof(
    fc.constantFrom("/merge", " /approve", "\t/close", "\r/label ~x", "/", "a/b", "`/merge`", "```"),
    fc.string(),
  );
  fc.assert(fc.property(fc.array(line), fc.constantFrom("\n", "\r\n", "\r", "\u2028"), (lines, end) => {
    const text = withoutCommands(lines.join(end));
    assert.ok(!COMMAND.test(text.replaceAll("\r", "")), JSON.stringify(text));
  }));
  assert.equal(withoutCommands("see a/b\n/merge\n  /x"), "see a/b\n\\/merge\n  \\/x");
});

Deno.test("the mark ends the text, which is cut where GitLab would not take it", () => {
  const mark = `<!-- edgeforge:${"a".repeat(32)} -->`;
  assert.equal(readMarker(marked("Why.", mark))?.mark, "a".repeat(32));
  const long = marked("/merge\n".repeat(300_000), mark);
  assert.ok(long.length <= 1_048_576);
  assert.equal(readMarker(long)?.mark, "a".repeat(32));
});
