import assert from "node:assert/strict";
import { licenceAllowed } from "./licence.ts";

const ALLOWED = ["MIT", "Apache-2.0", "GPL-2.0-only WITH Classpath-exception-2.0"];
const CASES: [expression: string, expected: boolean | null][] = [
  ["MIT", true],
  ["mit", true],
  ["GPL-3.0-only", false],
  ["MIT OR GPL-3.0-only", true],
  ["MIT AND GPL-3.0-only", false],
  ["(MIT OR GPL-3.0-only) AND Apache-2.0", true],
  ["MIT/Apache-2.0", true],
  ["Apache-2.0 WITH LLVM-exception", true],
  ["GPL-2.0-only WITH Classpath-exception-2.0", true],
  ["GPL-2.0-only", false],
  ["SEE LICENSE IN LICENSE.md", null],
  ["", null],
  ["(MIT", null],
  ["MIT MIT", null],
  ["MIT OR", null],
];

for (const [expression, expected] of CASES) {
  Deno.test(`licence '${expression}': ${expected === null ? "not readable" : expected ? "allowed" : "not allowed"}`, () => {
    assert.equal(licenceAllowed(expression, ALLOWED), expected);
  });
}
