// Held out: the implementer never sees this file.
import assert from "node:assert/strict";
import { parseLine, parseRows } from "../src/csv.ts";

const cases: [string, string[]][] = [
  ['"x, y",z', ["x, y", "z"]],
  ['1,"say ""hi""",2', ["1", 'say "hi"', "2"]],
  ['"",""', ["", ""]],
  ["plain", ["plain"]],
  ["a,,b", ["a", "", "b"]],
  ["", [""]],
];
for (const [line, fields] of cases) {
  Deno.test(`parseLine ${line}`, () => assert.deepEqual(parseLine(line), fields));
}

Deno.test("rows too", () => {
  assert.deepEqual(parseRows('name,town\n"Lovelace, Ada",London'), [{ name: "Lovelace, Ada", town: "London" }]);
});
