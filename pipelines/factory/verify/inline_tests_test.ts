import assert from "node:assert/strict";
import { holdsInlineTests, inlineTestsDiffer, withInlineTests } from "./inline_tests.ts";

const block = (body: string, name = "tests") => `#[cfg(test)]\nmod ${name} {\n    use super::*;\n${body}\n}`;
const odd = String
  .raw`    #[test] fn a<'a>() { assert_eq!("} {", r#"}"}"#); let c = '}'; let q = '\''; /* } /* } */ */ // }
        let n = b'{'; assert!(x.len() > 0, "\"}"); }`;

Deno.test("a file gets the other side's tests in the place of its own, and keeps its code", () => {
  const head = `pub fn add() {}\n\n${block("    #[test] fn weak() {}")}\n\npub fn more() {}\n`;
  const base = `pub fn add() { old }\n\n${block(odd)}\n`;
  assert.equal(withInlineTests(head, base), `pub fn add() {}\n\n${block(odd)}\n\npub fn more() {}\n`);
});

Deno.test("tests that were taken away come back at the end, and tests of the file alone go", () => {
  const base = `fn a() {}\n${block("    #[test] fn x() {}")}\n`;
  assert.equal(withInlineTests("fn a() {}\n", base), `fn a() {}\n\n${block("    #[test] fn x() {}")}\n`);
  assert.equal(withInlineTests(`fn a() {}\n${block("", "added")}\n`, "fn a() {}\n"), "fn a() {}\n\n");
});

Deno.test("only a difference in the tests counts, and only where tests can stand in the source", () => {
  const file = (code: string, body: string) => `${code}\n${block(body)}\n`;
  assert.equal(inlineTestsDiffer(file("fn a() {}", "x"), file("fn b() {}", "x")), false);
  assert.equal(inlineTestsDiffer(file("fn a() {}", "x"), file("fn a() {}", "y")), true);
  assert.equal(inlineTestsDiffer("fn a() {}", "fn b() {}"), false);
  assert.deepEqual([holdsInlineTests("src/lib.rs"), holdsInlineTests("src/a.ts")], [true, false]);
});

Deno.test("attributes between, visibility and combined conditions belong to the block; one that does not close is none", () => {
  const fancy = `#[cfg(all(test, feature = "x"))]\n#[allow(unused)]\npub(crate) mod tests {\n}`;
  assert.equal(withInlineTests(`fn a() {}\n`, `${fancy}\n`), `fn a() {}\n\n${fancy}\n`);
  assert.equal(withInlineTests("fn a() {}\n", "#[cfg(test)]\nmod tests {\n"), "fn a() {}\n");
});
