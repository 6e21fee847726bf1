import assert from "node:assert/strict";
import fc from "fast-check";
import { STEP_LIMIT } from "./cel_meter.ts";
import { compileCel } from "./cel.ts";
import { celRule, celSelector } from "./cel_rule.ts";
import type { FactDocument } from "./fact_document.ts";

const TEXT = { message: "It does not hold", remediation: "Fix it" };
const files = (...list: Record<string, unknown>[]): FactDocument => ({ facts: { files: list as never } });

async function judge(expression: string, document: FactDocument, message = TEXT.message) {
  const rule = await celRule(expression, { ...TEXT, message });
  assert.ok(rule.ok, rule.ok ? "" : rule.error.message);
  return rule.value.judge(document);
}

async function problem(expression: string, message = TEXT.message): Promise<string> {
  const rule = await celRule(expression, { ...TEXT, message });
  assert.equal(rule.ok, false, expression);
  return rule.ok ? "" : rule.error.message;
}

Deno.test("true passes, false fails, and anything else is an error", async () => {
  const document = files({ path: "a", binary: false });
  assert.equal((await judge("size(facts.files) == 1", document)).verdict, "pass");
  assert.equal((await judge("size(facts.files) == 2", document)).verdict, "fail");
  assert.equal((await judge("size(facts.files)", document)).verdict, "error");
  assert.equal((await judge("facts.files[0].path == 1 / 0", document)).verdict, "error");
  assert.equal((await judge("facts.files[3].binary", document)).verdict, "error");
  assert.equal((await judge("facts.files[0].nothing", document)).verdict, "error");
  const zone = "timestamp('2026-01-01T00:00:00Z').getHours('America/New_York') == 19";
  assert.equal((await judge(zone, document)).verdict, "error");
  assert.equal((await judge("timestamp('2026-01-01T07:00:00Z').getHours() == 7", document)).verdict, "pass");
});

Deno.test("a fact that was not gathered is an error, also where the expression asks with has() or would hold without it", async () => {
  for (
    const expression of ["size(facts.files) == 0", "!has(facts.files.x)", "true || size(facts.files) == 0"]
  ) {
    assert.equal((await judge(expression, { facts: {} })).verdict, "error", expression);
  }
  assert.equal((await judge("spec.tier == 'standard' || true", { facts: {} })).verdict, "error");
});

Deno.test("an expression that names what no document has cannot be compiled", async () => {
  assert.match(await problem("facts.nothing == 1"), /facts\.nothing/);
  assert.match(await problem("nothing == 1"), /nothing/);
  assert.match(await problem("facts == facts"), /as a whole/);
  assert.match(await problem("facts['files'] == []"), /as a whole/);
  assert.match(await problem("size(facts.files"), /does not parse/);
  assert.match(await problem("facts.files.all(f, f.path.matches('(?=a)'))"), /RE2/);
  assert.match(
    await problem(
      "facts.files.all(f, facts.files.all(g, facts.files.all(h, facts.files.all(i, facts.files.all(j, true)))))",
    ),
    /nested 5 deep/,
  );
  assert.match(await problem(`1 ${"+ 1".repeat(1500)} == 2`), /parts/);
});

Deno.test("a failure says item by item what it does not hold for, with path and line", async () => {
  const document = files(
    { path: "a.ts", line: 3, added: 1, status: "M" },
    { path: "b.ts", added: 9, status: "D" },
    { path: "c.ts", line: 7, added: 8, status: "M" },
  );
  const places = async (expression: string) => {
    const outcome = await judge(expression, document, "{{count}} files, {{item.path}}");
    assert.equal(outcome.verdict, "fail");
    return outcome.verdict === "fail"
      ? outcome.findings.map(({ message, path, line }) => [message, path, line])
      : [];
  };
  const both = [["2 files, b.ts", "b.ts", undefined], ["2 files, c.ts", "c.ts", 7]];
  assert.deepEqual(await places("facts.files.all(f, f.added < 5)"), both);
  assert.deepEqual(await places("!facts.files.exists(f, f.added > 5)"), both);
  assert.deepEqual(await places("size(facts.files.filter(f, f.added > 5)) == 0"), both);
  assert.deepEqual(await places("facts.files.filter(f, f.added > 5).size() < 1 && true"), both);
  assert.deepEqual(await places("facts.files.all(f, f.added < 100) && facts.files.all(f, f.status != 'D')"), [
    ["1 files, b.ts", "b.ts", undefined],
  ]);
  assert.deepEqual(await places("size(facts.files) > 3"), [["0 files, -", undefined, undefined]]);
});

Deno.test("a message's places hold facts as plain text: cut, on one line, never read again, never a verdict", async () => {
  const document = files({ path: `{{item.path}}\u202e\n${"x".repeat(500)}`, binary: true });
  const outcome = await judge(
    "!facts.files.exists(f, f.binary)",
    document,
    "<{{item.path}}> {{files}} {{facts.files[9].path}}",
  );
  assert.equal(outcome.verdict, "fail");
  const [finding] = outcome.verdict === "fail" ? outcome.findings : [];
  assert.match(finding?.message ?? "", /^<\{\{item\.path\}\}\ufffd\ufffdx+…> 1 -$/);
  assert.ok((finding?.message.length ?? 0) < 230);
  assert.match(await problem("size(facts.files) == 0", "{{nothing}}"), /nothing/);
  assert.match(await problem("size(facts.files) == 0", "{{size(}}"), /cannot be used/);
});

// req: N4-20
Deno.test("an evaluation that takes too many steps is an error, also where its result would not count", async () => {
  const many = files(...Array.from({ length: 2000 }, (_, at) => ({ path: `f${at}`, binary: false })));
  const loops = "facts.files.all(a, facts.files.all(b, facts.files.all(c, c.path != '')))";
  for (const expression of [loops, `${loops} || true`]) {
    const outcome = await judge(expression, many);
    assert.equal(outcome.verdict, "error", expression);
    assert.match(outcome.verdict === "error" ? outcome.findings[0]?.message ?? "" : "", /steps/);
  }
  const once = await judge(
    "facts.files.all(a, a.path != '') && facts.files.map(a, a.path).size() == 2000",
    many,
  );
  assert.equal(once.verdict, "pass");
});

Deno.test("texts and lists that grow by themselves are stopped by the same limit", async () => {
  const document = files({ path: "x".repeat(1000), binary: false });
  const doubled = (start: string, times: number) => `${start}${".map(a, a + a)".repeat(times)}`;
  const text = await judge(`size(${doubled("[facts.files[0].path]", 40)}[0]) > 0`, document);
  assert.equal(text.verdict, "error");
  const list = await judge(`size(${doubled("[facts.files]", 40)}[0]) > 0`, document);
  assert.equal(list.verdict, "error");
});

Deno.test("map and filter over many entries take linear work", async () => {
  const size = 60_000;
  const many = files(...Array.from({ length: size }, (_, at) => ({ added: at, binary: at % 2 === 0 })));
  const outcome = await judge(
    `facts.files.map(f, f.added).filter(n, n % 2 == 1).map(n, n + 1).size() == ${size / 2}`,
    many,
  );
  assert.equal(outcome.verdict, "pass");
  assert.ok(STEP_LIMIT < size * size);
});

Deno.test("a list that was added to stays what it was when something else is added", async () => {
  const outcome = await judge(
    "[facts.files.map(f, f.n)].all(a, (a + [7]).size() == 3 && (a + [8])[2] == 8 && (a + [9]) == [1, 2, 9] && a == [1, 2])",
    files({ n: 1 }, { n: 2 }),
  );
  assert.equal(outcome.verdict, "pass");
});

Deno.test("a selector tells in words whether it applies, and one that cannot be told throws", async () => {
  const selector = await celSelector("size(facts.files) > 0");
  assert.ok(selector.ok);
  assert.deepEqual(selector.value.select(files({ path: "a" })), {
    applies: true,
    because: "`size(facts.files) > 0` is true",
  });
  assert.equal(selector.value.select(files()).applies, false);
  assert.throws(() => selector.value.select({ facts: {} }), /facts\.files is not there/);
  const number = await celSelector("size(facts.files)");
  assert.ok(number.ok && number.value.reads.includes("patch"));
  assert.throws(() => number.ok && number.value.select(files()), /neither true nor false/);
});

Deno.test("property: whatever stands in the document, an evaluation ends in a value or an error and is the same twice", async () => {
  const expressions = [
    "facts.files.all(f, f.path.startsWith('src/') || f.added > 3)",
    "facts.files.exists(f, f.path.matches('(a|a)*b') && f in facts.files)",
    "size(facts.files.filter(f, has(f.path) && f.path in spec.removes)) == 0",
    "facts.files == facts.files && string(facts.files[0].added) != ''",
  ];
  const programs = await Promise.all(expressions.map((one) => compileCel(one)));
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), fc.jsonValue(), async (value, spec) => {
      const document = { facts: { files: value }, spec } as unknown as FactDocument;
      for (const program of programs) {
        assert.ok(program.ok);
        const [first, second] = [program.value.evaluate(document), program.value.evaluate(document)];
        assert.equal(
          String(first.ok ? first.value : first.error),
          String(second.ok ? second.value : second.error),
        );
      }
      await Promise.resolve();
    }),
    { numRuns: 100 },
  );
});
