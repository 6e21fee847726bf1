import assert from "node:assert/strict";
import type { Problem } from "../base.ts";
import { readSpecObject } from "./native.ts";
import { fileFault, globFault } from "./path_rules.ts";

const GOOD = { title: "x", intent: { type: "UPDATE", scope: ["src/**"] } };

async function problemsOf(changes: Record<string, unknown>): Promise<Problem[]> {
  const read = await readSpecObject({ ...GOOD, ...changes });
  return read.ok ? [] : read.error;
}

// req: N5-07
Deno.test("a held-out file stays below the spec's folder", () => {
  for (const path of ["checks/ac1_test.ts", "a", "a b/c.py", ".hidden/x", "a..b/c", "...", "ünï/x", "-x"]) {
    assert.equal(fileFault(path), null, path);
  }
  const bad = [
    "",
    " ",
    "a ",
    "/etc/passwd",
    "~/x",
    "../x",
    "a/../x",
    "a/..",
    "..",
    ".",
    "./a",
    "a/./b",
    "a//b",
    "a/",
    "a\\b",
    "..\\x",
    "C:/x",
    "c:x",
    "file:///etc/passwd",
    "https://example.com/x",
    ".git/hooks/pre-commit",
    "a/.GIT/config",
    "git~1/x",
    ".git./x",
    "a\nb",
    "a\tb",
    "a\u0000b",
  ];
  for (const path of bad) {
    const fault = fileFault(path);
    assert.notEqual(fault, null, JSON.stringify(path));
    assert.ok((fault?.message.length ?? 0) > 10 && (fault?.remedy.length ?? 0) > 5);
  }
});

// req: N5-07
Deno.test("a glob stays inside the repository and can match something", () => {
  for (
    const glob of [
      "**",
      "src/**",
      "src/**/*_test.{ts,tsx}",
      "*.md",
      "a/b.c",
      "[ab]/x",
      "{a,b{c,d}}/x",
      "a*b*c*",
    ]
  ) assert.equal(globFault(glob), null, glob);
  for (
    const glob of [
      "",
      "!",
      "!docs/**",
      "../**",
      "src/../../x",
      "/src/**",
      "C:/**",
      "src\\**",
      ".git/**",
      "./src/**",
      "src/",
      ".",
      "a//b",
      "{a",
      "a}",
      "+(a|b)",
      "!(a)",
      "@(x)/y",
    ]
  ) assert.notEqual(globFault(glob), null, glob);
  assert.equal(globFault("src/")?.remedy, "write src/**");
  assert.equal(globFault("./src/**")?.remedy, "write src/**");
});

// req: N5-07
Deno.test("globs that would take too long to match are refused, however the braces are nested", () => {
  for (
    const glob of [
      "{a,b}".repeat(9),
      "{1..1000}",
      "{1..9}{1..9}{1..9}",
      "{-5..999999999999}",
      `{${Array(300).fill("a").join(",")}}`,
      "{a,{b,{c,d}{e,f}}{g,h}}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}",
      "**/a/**/a/**/a/**/a/**/b",
      "*a*a*a*a*b",
      "x/*a*a*a*a*b/**",
    ]
  ) assert.notEqual(globFault(glob), null, glob);
  assert.equal(globFault("{a,b}".repeat(8)), null);
});

Deno.test("a check over a hostile glob ends at once", () => {
  const started = performance.now();
  for (
    const glob of [
      "{".repeat(500),
      "}".repeat(500),
      "{a,".repeat(166),
      "{0..999999999999999}".repeat(20),
      "*".repeat(500),
      "(".repeat(500),
    ]
  ) {
    globFault(glob);
  }
  assert.ok(performance.now() - started < 200);
});

Deno.test("a scope cannot take paths out: matched beside the others, !x would allow everything but x", async () => {
  const problems = await problemsOf({ intent: { type: "UPDATE", scope: ["src/**", "!src/x/**"] } });
  assert.deepEqual(problems.map((problem) => problem.path), ["intent.scope[1]"]);
});

Deno.test("ids of criteria are unique, and their files are named once", async () => {
  const check = { files: ["a.ts", "b.ts", "a.ts"], run: ["deno", "test"] };
  const problems = await problemsOf({
    acceptance: [{ id: "A", text: "t" }, { id: "B", text: "t", check }, { id: "A", text: "t" }],
  });
  assert.deepEqual(problems.map(({ path, code }) => `${path} ${code}`), [
    "acceptance[1].check.files[2] spec.path",
    "acceptance[2].id spec.duplicate-id",
  ]);
  assert.match(problems[1]?.message ?? "", /acceptance\[0\]/);
});

Deno.test("a check may have no files", async () => {
  assert.deepEqual(
    await problemsOf({ acceptance: [{ id: "A", text: "t", check: { files: [], run: ["true"] } }] }),
    [],
  );
});

Deno.test("a command is a program and its arguments, not a line for a shell", async () => {
  const [line] = await problemsOf({ verify: { run: [["deno test -A"]] } });
  assert.equal(line?.path, "verify.run[0]");
  assert.equal(line?.remedy, 'write ["deno", "test", "-A"]');
  for (const argv of [[""], [" ", "x"], ["-rf", "x"]]) {
    assert.deepEqual((await problemsOf({ verify: { run: [argv] } })).map((problem) => problem.code), [
      "spec.command",
    ]);
  }
  assert.deepEqual(
    await problemsOf({ verify: { run: [["sh", "-c", "a && b", ""], ["/opt/a b/run", "x"]] } }),
    [],
  );
});

Deno.test("test globs of verify are judged like a scope", async () => {
  const [problem] = await problemsOf({ verify: { run: [["x"]], tests: ["../t"] } });
  assert.equal(problem?.path, "verify.tests[0]");
});

Deno.test("a title is one line", async () => {
  assert.deepEqual((await problemsOf({ title: "a\nb" })).map((problem) => problem.code), ["spec.title"]);
  assert.deepEqual(await problemsOf({ title: "  trimmed \n" }), []);
});

Deno.test("renames lead from one name to another, each once; blank entries of lists are refused", async () => {
  const intent = {
    type: "REFACTOR",
    scope: ["a"],
    removes: [" "],
    renames: [{ from: "a", to: "b" }, { from: "c", to: "c" }, { from: "a", to: "d" }],
  };
  assert.deepEqual(
    (await problemsOf({ intent: [intent], constraints: ["", "x"] })).map((problem) => problem.path),
    [
      "intent[0].removes[0]",
      "intent[0].renames[1]",
      "intent[0].renames[2].from",
      "constraints[0]",
    ],
  );
});

Deno.test("a budget is spent in millionths of a dollar or not at all", async () => {
  assert.deepEqual((await problemsOf({ budget: { usd: 1e-9 } })).map((problem) => problem.path), [
    "budget.usd",
  ]);
  for (const usd of [0, 0.000001, 3]) assert.deepEqual(await problemsOf({ budget: { usd } }), []);
});

Deno.test("operations may be empty", async () => {
  assert.deepEqual(await problemsOf({ operations: [], implementer: "codemod" }), []);
});
