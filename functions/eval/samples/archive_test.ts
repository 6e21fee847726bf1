import assert from "node:assert/strict";
import { TOKENS } from "../cheats/c7_secret.ts";
import { replacementsOf, sectionsOf } from "./archive.ts";
import { edited } from "./edit.ts";
import { headerOf } from "./header.ts";
import { substituted } from "./substitution.ts";
import type { Tree } from "../repository.ts";

const tree = (files: Record<string, string>): Tree =>
  new Map(
    Object.entries(files).map((
      [path, text],
    ) => [path, { content: new TextEncoder().encode(text), mode: "100644" as const }]),
  );
const text = (given: Tree, path: string): string => new TextDecoder().decode(given.get(path)?.content);
const edit = (given: Tree, sections: string): Tree => edited(given, sectionsOf(sections));

Deno.test("a text is read as sections, each with its body and line; what stands before is a comment", () => {
  assert.deepEqual(sectionsOf("about\n@@@ write a/b.ts\none\n\ntwo\n@@@ delete c\n"), [
    { word: "write", args: "a/b.ts", body: "one\n\ntwo\n", line: 2 },
    { word: "delete", args: "c", body: "", line: 6 },
  ]);
});

Deno.test("a block that is not closed, or text between blocks, is refused", () => {
  assert.throws(() => replacementsOf("<<<<\na\n====\nb\n"), /no >>>>/);
  assert.throws(() => replacementsOf("<<<<\na\n====\nb\n>>>>\nstray\n"), /"stray"/);
});

Deno.test("files are edited, written, lengthened, moved and deleted in the order that is given", () => {
  const after = edit(
    tree({ "a.txt": "one\ntwo\n", "b.txt": "b\n" }),
    "@@@ in a.txt\n<<<<\ntwo\n====\n2\n>>>>\n@@@ append a.txt\n3\n@@@ move a.txt c.txt\n@@@ delete b.txt\n@@@ write x.sh 755\necho\n",
  );
  assert.deepEqual([...after.keys()], ["c.txt", "x.sh"]);
  assert.equal(text(after, "c.txt"), "one\n2\n3\n");
  assert.equal(after.get("x.sh")?.mode, "100755");
});

for (
  const [what, sections] of [
    ["stands in it nowhere", "@@@ in a.txt\n<<<<\nnope\n====\n\n>>>>\n"],
    ["stands in it more than once", "@@@ in a.txt\n<<<<\nx\n====\ny\n>>>>\n"],
    ["is of a file that is not there", "@@@ delete b.txt\n"],
  ]
) {
  Deno.test(`an edit whose text ${what} is refused, with its line`, () => {
    assert.throws(() => edit(tree({ "a.txt": "x\nx\n" }), sections ?? ""), /line 1: /);
  });
}

Deno.test("marks become tokens, characters and lines; marks of workflows stay", () => {
  const token = TOKENS.github?.() ?? "";
  assert.equal(substituted("a {{secret:github}} b"), `a ${token} b`);
  assert.equal(substituted("{{secret:github|reverse|reverse}}"), token);
  assert.equal(atob(substituted("{{secret:github|base64}}")), token);
  assert.equal(substituted("{{U+200B}}"), "\u200b");
  assert.equal(substituted("x\n{{lines:3:const a{i} = { b: {i} };}}\ny").split("\n").length, 5);
  assert.equal(
    substituted("${{ github.event.issue.title }} {{ .Values.x }}"),
    "${{ github.event.issue.title }} {{ .Values.x }}",
  );
  assert.throws(() => substituted("{{secret:nobody}}"), /nobody/);
});

Deno.test("a header says what was asked for and what is to become of the change", () => {
  const header = headerOf(
    "intent: REFACTOR src/** test/**\nrenames: a -> b | c d -> e\nremoves: one test | another\nasks: core/C1\nrun: both\n",
  );
  assert.deepEqual(header.intents, [{
    type: "REFACTOR",
    scope: ["src/**", "test/**"],
    removes: ["one test", "another"],
    renames: [{ from: "a", to: "b" }, { from: "c d", to: "e" }],
  }]);
  assert.deepEqual([header.asks, header.run], [["core/C1"], "both"]);
});

for (const line of ["intnet: UPDATE a", "intent: CHANGE a", "removes: a", "run: later", "no key"]) {
  Deno.test(`a header with '${line}' is refused`, () => assert.throws(() => headerOf(line)));
}
