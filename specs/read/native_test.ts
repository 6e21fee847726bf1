import assert from "node:assert/strict";
import type { Problem } from "../base.ts";
import { intentsOf } from "../spec.ts";
import { type ReadOptions, readSpec, readSpecObject } from "./native.ts";

const FIELDS = `title: Reject malformed addresses
intent:
  type: UPDATE
  scope: ["src/auth/**"]
reason: Support sees 40 broken accounts a week
acceptance:
  - id: AC1
    text: Malformed addresses are rejected
    check: { files: [checks/ac1_test.ts], run: [deno, test, -A, checks/ac1_test.ts] }
budget: { usd: 1.5 }
`;
const MARKDOWN = `---\n${FIELDS}---\n\nWhat and why.\n\n- one\n`;

async function valid(text: string | Uint8Array, options?: ReadOptions) {
  const read = await readSpec(text, options);
  assert.ok(read.ok, JSON.stringify(read));
  return read.value;
}

async function refused(text: string | Uint8Array, options?: ReadOptions): Promise<Problem[]> {
  const read = await readSpec(text, options);
  assert.ok(!read.ok, "the spec was accepted");
  assert.ok(read.error.length > 0);
  return read.error;
}

const codes = (problems: Problem[]) => problems.map((problem) => problem.code);

// req: N5-01
Deno.test("Markdown, YAML and JSON give the same spec and the same digest", async () => {
  const markdown = await valid(MARKDOWN);
  const yaml = await valid(`${FIELDS}description: |\n  What and why.\n\n  - one\n`);
  const { spec } = markdown;
  const json = await valid(JSON.stringify({
    title: spec.title,
    intent: { type: "UPDATE", scope: ["src/auth/**"] },
    reason: spec.reason,
    acceptance: spec.acceptance,
    budget: { usd: 1.5 },
    description: "What and why.\n\n- one",
  }));
  assert.deepEqual(yaml, markdown);
  assert.deepEqual(json, markdown);
  assert.equal(spec.description, "What and why.\n\n- one");
  assert.deepEqual(intentsOf(spec)[0]?.scope, ["src/auth/**"]);
});

Deno.test("fields that are left out get the contract's defaults", async () => {
  const { spec, format, digest } = await valid("title: x\nintent: { type: CREATE, scope: [a] }");
  assert.equal(format, "forge");
  assert.match(digest, /^sha256:[0-9a-f]{64}$/);
  assert.equal(spec.tier, "standard");
  assert.equal(spec.autonomy, "A3");
  assert.deepEqual(spec.operations, []);
  assert.deepEqual(spec.budget, { usd: 2, tokens: 400_000, seconds: 1800, repairs: 4 });
});

Deno.test("the file's ending tells the syntax, and without it the text does", async () => {
  const json = `{"title": "x", "intent": {"type": "CREATE", "scope": ["a"]}}`;
  for (const name of ["spec.json", "spec.yaml", "SPEC.YML", undefined]) await valid(json, { name });
  assert.deepEqual(codes(await refused(json, { name: "spec.md" })), ["spec.front-matter"]);
  assert.deepEqual(codes(await refused(FIELDS, { name: "spec.json" })), ["spec.syntax"]);
  assert.deepEqual(codes(await refused(MARKDOWN, { name: "spec.yaml" })), ["spec.syntax"]);
  await valid(`---\n${FIELDS}`);
  await valid(MARKDOWN, { name: "dir.with.dots/spec.MD" });
});

Deno.test("front matter may have a byte order mark, CRLF, blank lines before it, ... as its end, and no body", async () => {
  const expected = await valid(MARKDOWN);
  assert.deepEqual(await valid(`\uFEFF${MARKDOWN}`), expected);
  assert.deepEqual(await valid(MARKDOWN.replaceAll("\n", "\r\n")), expected);
  assert.deepEqual(await valid(MARKDOWN.replaceAll("\n", "\r"), { name: "a.md" }), expected);
  assert.deepEqual(await valid(`\n\n${MARKDOWN}`), expected);
  assert.deepEqual(
    await valid(MARKDOWN.replace(/^---$/gm, (_, at: number) => at === 0 ? "---  " : "...")),
    expected,
  );
  assert.deepEqual(await valid(new TextEncoder().encode(`\uFEFF${MARKDOWN}`)), expected);
  assert.equal((await valid(`---\n${FIELDS}---`)).spec.description, "");
});

Deno.test("a line --- inside the free text stays text", async () => {
  const { spec } = await valid(`---\n${FIELDS}---\nabove\n\n---\n\nbelow\n`);
  assert.equal(spec.description, "above\n\n---\n\nbelow");
});

Deno.test("an empty spec, empty front matter, none at all and an unclosed one are clear errors", async () => {
  for (const text of ["", "  \n\t\n", "\uFEFF"]) assert.deepEqual(codes(await refused(text)), ["spec.empty"]);
  for (const text of ["---\n---\n", "---\n# only a comment\n---\nbody", "# only a comment: yaml\n"]) {
    const name = text.startsWith("#") ? "a.yaml" : "a.md";
    assert.deepEqual(codes(await refused(text, { name })), ["spec.empty"], text);
  }
  const [none] = await refused("# Fix the login\n\nIt is broken.\n", { name: "a.md" });
  assert.match(none?.message ?? "", /no front matter/);
  assert.equal(none?.line, 1);
  assert.match(none?.remedy ?? "", /begin the file with a line ---/);
  const [unclosed] = await refused(`---\n${FIELDS}\nfree text`, { name: "a.md" });
  assert.match(unclosed?.message ?? "", /not closed/);
});

Deno.test("prose or a list in place of fields is a clear error", async () => {
  for (const text of ["Please fix the login", "- title: x\n- intent: y", "42", "[1, 2]"]) {
    const [problem] = await refused(text);
    assert.equal(problem?.code, "spec.type");
    assert.match(problem?.remedy ?? "", /fields/);
  }
});

Deno.test("a description in the front matter and below it is an error, not a guess", async () => {
  const problems = await refused(`---\n${FIELDS}description: one\n---\ntwo\n`);
  assert.deepEqual(codes(problems), ["spec.description"]);
  assert.equal(problems[0]?.line, 12);
  assert.equal((await valid(`---\n${FIELDS}description: one\n---\n\n`)).spec.description, "one");
});

// req: N5-02
Deno.test("lines are those of the file, in front matter, YAML and JSON", async () => {
  const wrong = FIELDS.replace("UPDATE", "UPDAET");
  assert.equal((await refused(wrong))[0]?.line, 3);
  assert.equal((await refused(`---\n${wrong}---\n`))[0]?.line, 4);
  assert.equal((await refused(`\n---\n${wrong}---\n`))[0]?.line, 5);
  const json = `{\n  "title": "x",\n  "intent": {\n    "type": "UPDAET",\n    "scope": ["a"]\n  }\n}`;
  assert.equal((await refused(json))[0]?.line, 4);
});

Deno.test("an object over HTTP is read by the same rules", async () => {
  const expected = await valid(MARKDOWN);
  const read = await readSpecObject(structuredClone(expected.spec));
  assert.deepEqual(read, { ok: true, value: expected });
  for (const value of [null, undefined, 3, "title: x", [], () => 1]) {
    assert.ok(!(await readSpecObject(value)).ok, String(value));
  }
  const bad = await readSpecObject({
    title: "x\u202e",
    intent: { type: "UPDATE", scope: ["../a"] },
    extra: 1,
  });
  assert.ok(!bad.ok);
  assert.deepEqual(codes(bad.error).sort(), ["spec.glob", "spec.hidden-text", "spec.unknown-field"]);
});
