import assert from "node:assert/strict";
import fc from "fast-check";
import { stringify } from "yaml";
import { Spec } from "../spec.ts";
import { hiddenCharacters } from "./hidden.ts";
import { readSpec, readSpecObject } from "./native.ts";
import { editDistance, nearest, showText } from "./wording.ts";

const visible = (text: string) => hiddenCharacters(text).length === 0;
const word = fc.stringMatching(/^[a-z][a-z0-9_]{0,11}$/);
/** Text that YAML has many ways to misread. */
const prose = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 60 }),
  fc.constantFrom(
    "yes",
    "null",
    "~",
    "1e3",
    "0x1F",
    "- a",
    "# b",
    "a: b",
    "'",
    '"',
    "|",
    "> x",
    "*a",
    "&b",
    "!c",
    "%d",
    "@e",
    "---",
    "a\n---\nb",
    "2024-01-01",
    "<<",
  ),
  fc.array(word, { maxLength: 8 }).map((words) => words.join(" \n")),
).filter(visible);
const text = prose.map((it) => it.trim()).filter((it) => it !== "");
const line = text.map((it) => it.replaceAll(/\s+/g, " ").trim()).filter((it) => it !== "");
const path = fc.array(word, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/"));
const glob = fc.oneof(path, path.map((it) => `${it}/**`), path.map((it) => `**/${it}/*.{ts,py}`));
const argv = fc.tuple(word, fc.array(text, { maxLength: 3 })).map(([program, more]) => [program, ...more]);
const maybe = { requiredKeys: [] as [] };

const intent = fc.record({
  type: fc.constantFrom("IMPORT", "CREATE", "UPDATE", "DESTROY", "REFACTOR", "MIGRATE"),
  scope: fc.array(glob, { minLength: 1, maxLength: 4 }),
  removes: fc.array(text, { maxLength: 3 }),
}, { requiredKeys: ["type", "scope"] });

/** Specs as people write them: any field may be left out, any text may look like YAML. */
const specs = fc.tuple(
  fc.record({ title: line, intent: fc.oneof(intent, fc.array(intent, { minLength: 1, maxLength: 3 })) }),
  fc.record({
    reason: prose,
    tier: fc.constantFrom("best-effort", "standard", "critical"),
    constraints: fc.array(text, { maxLength: 3 }),
    acceptance: fc.uniqueArray(
      fc.record({
        id: word,
        text,
        check: fc.record({ files: fc.uniqueArray(path, { maxLength: 3 }), run: argv }),
      }, { requiredKeys: ["id", "text"] }),
      { maxLength: 3, selector: (it) => it.id },
    ),
    verify: fc.record({
      run: fc.array(argv, { minLength: 1, maxLength: 3 }),
      timeoutSeconds: fc.integer({ min: 1, max: 7200 }),
      tests: fc.array(glob, { maxLength: 2 }),
    }, { requiredKeys: ["run"] }),
    budget: fc.record(
      { usd: fc.integer({ min: 0, max: 100 }), repairs: fc.integer({ min: 0, max: 50 }) },
      maybe,
    ),
    proof: fc.oneof(fc.constant("fail-to-pass"), fc.record({ none: text })),
    implementer: fc.constantFrom("codemod", "patch", "model", "cli"),
    operations: fc.array(
      fc.record({
        op: fc.constant("set-config-value"),
        file: path,
        path: word,
        value: fc.oneof(fc.integer(), fc.boolean(), prose),
      }),
      { maxLength: 2 },
    ),
    workflow: word,
    packs: fc.array(word, { maxLength: 2 }),
    autonomy: fc.constantFrom("A0", "A3", "A5"),
    description: prose.map((it) => it.replace(/^\s+/, "").trimEnd()),
  }, maybe),
).map(([needed, more]) => ({ ...needed, ...more }));

// req: N5-01
Deno.test("a valid spec reads to the same model and digest from Markdown, YAML, JSON and an object", async () => {
  await fc.assert(
    fc.asyncProperty(specs, async (value) => {
      const { description, ...fields } = value;
      const read = [
        await readSpecObject(value),
        await readSpec(JSON.stringify(value), { name: "a.json" }),
        await readSpec(stringify(value), { name: "a.yaml" }),
        await readSpec(`---\n${stringify(fields)}---\n\n${description ?? ""}\n`, { name: "a.md" }),
      ];
      const expected = { ...Spec.parse(value), description: description ?? "" };
      for (const one of read) {
        assert.ok(one.ok, JSON.stringify(one));
        assert.deepEqual(one.value.spec, expected);
        assert.equal(one.value.digest, read[0]?.ok && read[0].value.digest);
      }
    }),
    { numRuns: 150 },
  );
});

Deno.test("what was read reads again to itself", async () => {
  await fc.assert(
    fc.asyncProperty(specs, async (value) => {
      const first = await readSpecObject(value);
      assert.ok(first.ok);
      assert.deepEqual(await readSpecObject(first.value.spec), first);
    }),
    { numRuns: 100 },
  );
});

/** Every refusal is for people: a code, a sentence, a remedy. */
function assertProblems(read: Awaited<ReturnType<typeof readSpec>>): void {
  if (read.ok) return;
  assert.ok(read.error.length > 0);
  for (const problem of read.error) {
    assert.match(problem.code, /^spec\.[a-z-]+$/);
    assert.match(problem.message, /^[A-Z].*\.$/s);
    assert.ok((problem.remedy ?? "").length > 0, JSON.stringify(problem));
    assert.ok(JSON.stringify(problem).length < 2000, JSON.stringify(problem));
    assert.ok(problem.line === undefined || problem.line >= 1);
  }
}

// req: N1-13
Deno.test("no text makes the reader throw", async () => {
  const yamlish = fc.array(
    fc.constantFrom(
      "title: x",
      "intent:",
      "\n",
      "  ",
      "- ",
      "{",
      "}",
      "[",
      "]",
      ",",
      ": ",
      "&a ",
      "*a ",
      "!t ",
      "|",
      ">",
      '"',
      "'",
      "#",
      "---",
      "...",
      "? ",
      "<<",
      "\\",
      "\t",
      "%YAML 1.2",
      "\u0000",
      "é",
      "scope: [a]",
    ),
    { maxLength: 40 },
  ).map((parts) => parts.join(""));
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(yamlish, fc.string({ unit: "binary" }), fc.json(), fc.json().map((it) => `---\n${it}\n---\n`)),
      fc.constantFrom("a.md", "a.yaml", "a.json", undefined),
      async (source, name) => assertProblems(await readSpec(source, { name })),
    ),
    { numRuns: 1500 },
  );
});

Deno.test("no bytes make the reader throw", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 200 }),
      async (bytes) => assertProblems(await readSpec(bytes)),
    ),
    { numRuns: 300 },
  );
});

Deno.test("no object makes the reader throw", async () => {
  const field = fc.constantFrom(...Object.keys(Spec.shape), "operations", "x");
  const value = fc.oneof(
    fc.anything({ withNullPrototype: true, withBigInt: true, withDate: true, withMap: true }),
    fc.jsonValue(),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.dictionary(field, value),
      async (object) => assertProblems(await readSpecObject(object)),
    ),
    { numRuns: 1000 },
  );
});

Deno.test("a valid text with one mutation is read or refused, never something else", async () => {
  const mutated = fc.tuple(
    specs,
    fc.nat(),
    fc.nat({ max: 12 }),
    fc.string({ unit: "binary", maxLength: 4 }),
    fc.boolean(),
  );
  await fc.assert(
    fc.asyncProperty(mutated, async ([value, place, cut, insert, asJson]) => {
      const source = asJson ? JSON.stringify(value, null, 1) : `---\n${stringify(value)}---\n`;
      const at = place % (source.length + 1);
      const changed = source.slice(0, at) + insert + source.slice(at + cut);
      assertProblems(await readSpec(changed, { name: asJson ? "a.json" : "a.md" }));
    }),
    { numRuns: 400 },
  );
});

Deno.test("what is shown in an error has no hidden characters and no line breaks", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (value) => {
      const shown = showText(value);
      assert.ok(!/[\n\r]/.test(shown));
      assert.deepEqual(hiddenCharacters(shown).filter((one) => one.kind !== "surrogate"), []);
      assert.ok(shown.length < 1200);
    }),
    { numRuns: 500 },
  );
});

Deno.test("the edit distance is a metric, and a word is nearest to itself", () => {
  fc.assert(
    fc.property(word, word, (a, b) => {
      assert.equal(editDistance(a, a), 0);
      assert.equal(editDistance(a, b), editDistance(b, a));
      assert.ok(editDistance(a, b) <= Math.max(a.length, b.length));
    }),
  );
  assert.equal(editDistance("abcd", "abdc"), 1);
  assert.equal(nearest("titel", ["title", "tier"]), "title");
  assert.equal(nearest("zzz", ["title", "tier"]), undefined);
});
