import assert from "node:assert/strict";
import { parseLine, parseRows } from "./csv.ts";

Deno.test("parseLine splits at commas", () => {
  assert.deepEqual(parseLine("a,b,c"), ["a", "b", "c"]);
});

Deno.test("parseLine keeps empty fields", () => {
  assert.deepEqual(parseLine(",b,"), ["", "b", ""]);
});

Deno.test("parseRows keys by the header", () => {
  assert.deepEqual(parseRows("id,name\n1,Ada\n2,Bob\n"), [{ id: "1", name: "Ada" }, { id: "2", name: "Bob" }]);
});

Deno.test("parseRows fills what a short row lacks", () => {
  assert.deepEqual(parseRows("id,name\n1"), [{ id: "1", name: "" }]);
});
