import assert from "node:assert/strict";
import { readCitations, readRequirements, traceabilityTable, unknownCitations } from "./traceability.ts";

const NORMATIVE = new Map([
  ["N10-tools.md", "# N10\n\n- **N10-01** A | B MUST hold.\n"],
  ["N2-flow.md", "# N2\n\nText.\n\n- **N2-02** It SHOULD hold.\n- **N2-01** It MUST NOT break.\n"],
]);
/** Written in two pieces, so that these samples are no citations of this file. */
const REQ = "// " + "req:";

const parse = (line: string) => () => readRequirements(new Map([["N2-flow.md", line]]));

Deno.test("statements are read in the order of their numbers", () => {
  const requirements = readRequirements(NORMATIVE);
  assert.deepEqual(requirements.map(({ id, level }) => `${id} ${level}`), [
    "N2-01 MUST",
    "N2-02 SHOULD",
    "N10-01 MUST",
  ]);
  assert.equal(requirements[0]?.statement, "It MUST NOT break.");
});

Deno.test("a malformed, doubled, misplaced or toothless statement is an error", () => {
  assert.throws(parse("- N2-01 It MUST hold."), /not a statement/);
  assert.throws(parse("- **N2-01** MUST a.\n- **N2-01** MUST b."), /given twice/);
  assert.throws(parse("- **N3-01** It MUST hold."), /wrong file/);
  assert.throws(parse("- **N2-01** It holds."), /neither MUST nor SHOULD/);
});

Deno.test("citations are read with several ids in a comment, and only from comments", () => {
  const text =
    `${REQ} N2-01, N10-01\nDeno.test("x");\n  ${REQ} N2-02 N2-01\nconst s = "${REQ} N9-99";\n// required: N1-01\n`;
  assert.deepEqual(readCitations(new Map([["a_test.ts", text]])).map(({ id, line }) => `${line} ${id}`), [
    "1 N2-01",
    "1 N10-01",
    "3 N2-02",
    "3 N2-01",
  ]);
});

Deno.test("a citation of what nobody requires is named with its place", () => {
  const citations = readCitations(new Map([["a_test.ts", `${REQ} N2-01 N2-99 soon\n`]]));
  assert.deepEqual(unknownCitations(readRequirements(NORMATIVE), citations), [
    "a_test.ts:1 cites N2-99, which no normative file says",
    "a_test.ts:1 cites soon, which is no id such as N2-07",
  ]);
});

Deno.test("the table counts and links what is covered and says uncovered of the rest", () => {
  const citations = readCitations(
    new Map([["kernel/a_test.ts", `${REQ} N2-01\n${REQ} N2-01\n`], [".ci/b_test.ts", `${REQ} N2-01`]]),
  );
  const table = traceabilityTable(readRequirements(NORMATIVE), citations);
  assert.match(table, /\| \[N2-flow\.md\]\(normative\/N2-flow\.md\) \| 1 \| 1 \|/);
  assert.match(table, /\| all \| 1 \| 2 \|/);
  const links = "[.ci/b_test.ts](../.ci/b_test.ts)<br>[kernel/a_test.ts](../kernel/a_test.ts)";
  assert.ok(table.includes(`| N2-01 | It MUST NOT break. | ${links} |`));
  assert.ok(table.includes("| N10-01 | A \\| B MUST hold. | uncovered |"));
});
