import assert from "node:assert/strict";
import fc from "fast-check";
import { code, plain } from "./markdown_text.ts";
import { branchName } from "./packet.ts";

// req: N9-05
Deno.test("a branch name is forge/<slug>-<end of the run's id>, whatever the title", () => {
  assert.equal(
    branchName("Reject malformed e-mail addresses!", "run_0123456789ab"),
    "forge/reject-malformed-e-mail-addresses-456789ab",
  );
  assert.equal(branchName("日本語", "run_0123456789ab"), "forge/change-456789ab");
  fc.assert(fc.property(fc.string(), (title) => {
    assert.match(
      branchName(title, "run_0123456789ab"),
      /^forge\/[a-z0-9]([a-z0-9-]{0,47}[a-z0-9])?-456789ab$/,
    );
  }));
});

// req: N9-05
Deno.test("text from outside cannot start a block, a link, a mention or HTML in the pull request", () => {
  const text = plain("# [x](http://e) <img src=x> @all\n- list `code` | cell");
  for (const char of ["#", "[", "<", "@", "`", "|"]) {
    assert.ok(!new RegExp(`(^|[^\\\\])\\${char}`).test(text), `${char} in ${text}`);
  }
  assert.ok(!text.includes("\n"));
});

Deno.test("inline code holds any text, backticks included, on one line", () => {
  assert.equal(code("a`b"), "`` a`b ``");
  assert.equal(code("a\nb"), "`a b`");
  fc.assert(fc.property(fc.string(), (text) => {
    const rendered = code(text);
    const fence = /^`+/.exec(rendered)?.[0] ?? "";
    const inside = rendered.slice(fence.length, -fence.length);
    assert.ok(!inside.match(/`+/g)?.some((ticks) => ticks.length === fence.length));
  }));
});
