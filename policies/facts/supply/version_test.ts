import assert from "node:assert/strict";
import fc from "fast-check";
import { boundsOf, compareVersions, parseVersion, type RangeDialect, satisfies } from "./version.ts";

const CASES: [version: string, range: string, dialect: RangeDialect, expected: boolean | null][] = [
  ["1.2.3", "^1.2.0", "npm", true],
  ["2.0.0", "^1.2.0", "npm", false],
  ["0.2.5", "^0.2.3", "npm", true],
  ["0.3.0", "^0.2.3", "npm", false],
  ["0.0.4", "^0.0.3", "npm", false],
  ["1.2.9", "~1.2.3", "npm", true],
  ["1.3.0", "~1.2.3", "npm", false],
  ["1.9.0", "1.x", "npm", true],
  ["2.0.0", "1", "npm", false],
  ["1.5.0", ">=1.2 <2", "npm", true],
  ["3.0.0", "^1.0.0 || ^3.0.0", "npm", true],
  ["2.5.0", "1.0.0 - 2.9.0", "npm", true],
  ["9.9.9", "*", "npm", true],
  ["1.2.3", "=1.2.3", "npm", true],
  ["1.2.3-beta.1", ">=1.2.3", "npm", false],
  ["1.2.3", "next", "npm", null],
  ["1.2.3", "catalog:", "npm", null],
  ["1.4.0", "1.2", "cargo", true],
  ["2.0.0", "1.2", "cargo", false],
  ["1.2.0", "=1.2.0", "cargo", true],
  ["0.4.20", "0.4.19", "cargo", true],
  ["3.7.1", "^3.7", "pypi", true],
  ["2.31.0", ">=2.8,<3", "pypi", true],
  ["2.31.0", "~=2.28", "pypi", true],
  ["3.0", "~=2.28", "pypi", false],
  ["1.4.2", "==1.4.*", "pypi", true],
  ["1.4.2", "!=1.4.2", "pypi", false],
  ["1.0.post1", ">=1.0", "pypi", true],
];

for (const [version, range, dialect, expected] of CASES) {
  Deno.test(`${version} and ${range} of ${dialect}: ${expected === null ? "cannot be told" : expected}`, () => {
    assert.equal(satisfies(version, range, dialect), expected);
  });
}

Deno.test("a pin is told from a range, and what is open above from what is not", () => {
  assert.equal(boundsOf("1.2.3", "npm")?.pin, true);
  assert.equal(boundsOf("^1.2.3", "npm")?.pin, false);
  assert.equal(boundsOf(">=1", "npm")?.high, null);
  assert.notEqual(boundsOf("^1", "npm")?.high, null);
});

Deno.test("no text makes the reader of versions throw or compare a version as other than itself", () => {
  fc.assert(
    fc.property(
      fc.string({ maxLength: 60 }),
      fc.constantFrom<RangeDialect>("npm", "cargo", "pypi"),
      (text, dialect) => {
        satisfies("1.2.3", text, dialect);
        boundsOf(text, dialect);
        const version = parseVersion(text);
        if (version) assert.equal(compareVersions(version, version), 0);
      },
    ),
    { numRuns: 300 },
  );
});
