/** Gates over the patch itself: PATCH, C5, C2, C1, C3, C4, X1, T3 by marks. Each clean, violating and evading. */
import assert from "node:assert/strict";
import type { Decision } from "../../specs/mod.ts";
import { sampleFacts, type Tree } from "../testing/trees.ts";
import { judgeSample, ruleOf, sampleSpec } from "../testing/judge_input.ts";

interface Case {
  spec?: Record<string, unknown>;
  base?: Tree;
  head: Tree;
  renames?: Record<string, string>;
  policy?: string;
  proposal?: { implementer: "codemod" | "patch"; rederives: boolean | null };
}

async function judged(
  { spec = {}, base = {}, head, renames = {}, policy, proposal }: Case,
): Promise<Decision> {
  const facts = await sampleFacts(base, head, renames);
  return await judgeSample((input) => {
    input.transition = { from: "implement", to: "verify" };
    input.spec = sampleSpec(spec);
    if (policy !== undefined) input.policy = policy;
    if (proposal) input.proposal = proposal;
  }, facts);
}
async function verdict(gate: string, one: Case): Promise<string> {
  const rule = ruleOf(await judged(one), gate);
  return rule.verdict === "fail" && rule.escalates ? "asks" : rule.verdict;
}
const update = (...scope: string[]) => ({ intent: { type: "UPDATE", scope } });
const intent = (type: string, over: Record<string, unknown> = {}) => ({
  intent: { type, scope: ["**"], ...over },
});

// req: N4-07
Deno.test("PATCH: a change is let through, none is refused as empty", async () => {
  assert.equal(await verdict("patch-applies", { head: { "src/a.ts": "1\n" } }), "pass");
  assert.equal(await verdict("empty-diff", { head: { "src/a.ts": "1\n" } }), "pass");
  assert.equal(
    await verdict("empty-diff", { base: { "src/a.ts": "1\n" }, head: { "src/a.ts": "1\n" } }),
    "fail",
  );
});

// req: N4-04
Deno.test("PATCH: facts of other bytes than the judged patch are refused", async () => {
  const decision = await judgeSample((input) => {
    if (input.patchFacts?.change) input.patchFacts.change.patch = `sha256:${"1".repeat(64)}`;
  });
  assert.equal(ruleOf(decision, "patch-applies").verdict, "fail");
});

Deno.test("PATCH: a binary file without its content is refused", async () => {
  const decision = await judgeSample((input) => input.patchFacts?.parses.binaryWithoutData.push("logo.png"));
  assert.equal(ruleOf(decision, "patch-applies").findings[0]?.path, "logo.png");
});

// req: N4-05
Deno.test("C5: links, submodules, .git in any spelling and filter attributes are refused, even under the scope ** with the exact name", async () => {
  const at = (head: Tree) =>
    verdict("git-hygiene", {
      spec: update("**", ...Object.keys(head).filter((path) => !/[\u200c~]/.test(path))),
      head,
    });
  assert.equal(await at({ "src/a.ts": "1\n", "bin/run": { mode: "100755", content: "x\n" } }), "pass");
  assert.equal(await at({ "link": { mode: "120000", content: "../../etc/passwd" } }), "fail");
  assert.equal(await at({ "vendor/lib": { mode: "160000", content: "Subproject commit 1\n" } }), "fail");
  assert.equal(await at({ ".gitmodules": "[submodule]\n" }), "fail");
  assert.equal(await at({ ".Git/hooks/pre-commit": "x\n" }), "fail");
  assert.equal(await at({ "sub/git~1/config": "x\n" }), "fail");
  assert.equal(await at({ ".g\u200cit/config": "x\n" }), "fail");
  assert.equal(await at({ "a/../../b": "x\n" }), "fail");
  assert.equal(await at({ "src/.gitattributes": "* filter=x\n" }), "fail");
});

// req: N4-06
Deno.test("C2: what is outside the scope is refused with its path and what to add; tests beside and derived files are not outside", async () => {
  const spec = update("src/auth/**", "package.json");
  const inside: Tree = {
    "src/auth/a.ts": "1\n",
    "tests/auth/a_test.ts": "1\n",
    "package.json": "{}\n",
    "package-lock.json": "{}\n",
  };
  assert.equal(await verdict("scope", { spec, head: inside }), "pass");
  const decision = await judged({ spec, head: { ...inside, "src/billing/b.ts": "1\n" } });
  const [finding] = ruleOf(decision, "scope").findings;
  assert.equal(finding?.path, "src/billing/b.ts");
  assert.match(finding?.remediation ?? "", /add "src\/billing\/b\.ts" to intent\.scope/);
  // A test's name does not make a file elsewhere a test of this.
  assert.equal(
    await verdict("scope", {
      spec,
      base: { "lib/x.py": "1\n" },
      head: { "lib/x.py": "1\n", "lib/test_x.py": "1\n" },
    }),
    "fail",
  );
  // Both sides of a move count.
  assert.equal(
    await verdict("scope", {
      spec: update("src/**"),
      base: { "lib/a.py": "1\n" },
      head: { "src/a.py": "1\n" },
      renames: { "lib/a.py": "src/a.py" },
    }),
    "fail",
  );
});

Deno.test("C2: a deletion outside the scope is refused too", async () => {
  assert.equal(
    await verdict("scope", {
      spec: update("src/**"),
      base: { "docs/a.md": "x\n", "src/a.go": "1\n" },
      head: { "src/a.go": "2\n" },
    }),
    "fail",
  );
});

// req: N4-08
Deno.test("C1: a protected file is refused under **, asks a human when its exact path is named, and any other spelling does not open it", async () => {
  for (
    const [path, content] of [[".github/workflows/ci.yml", "on: push\n"], ["AGENTS.md", "x\n"], [
      "tests/conftest.py",
      "x = 1\n",
    ], [".forge/policy.yaml", "mode: enforce\n"]] as const
  ) {
    const one = (...scope: string[]) =>
      verdict("protected-paths", { spec: update(...scope), head: { [path]: content } });
    assert.equal(await one("**"), "fail", path);
    assert.equal(await one("**", path), "asks", path);
    assert.equal(await one("**", `${path}*`), "fail", path);
    assert.equal(await one("**", path.toUpperCase()), "fail", path);
  }
  assert.equal(
    await verdict("protected-paths", {
      spec: update("**"),
      head: { "src/agents.ts": "1\n", "docs/ci.md": "x\n" },
    }),
    "pass",
  );
});

Deno.test("C1: a manifest is open for versions and dependencies, and protected where it steers tests", async () => {
  const base = (over: Record<string, unknown> = {}): Tree => ({
    "package.json": JSON.stringify({
      version: "1.0.0",
      scripts: { test: "jest" },
      devDependencies: { jest: "29" },
      ...over,
    }),
  });
  const one = (head: Tree, ...scope: string[]) =>
    verdict("protected-paths", { spec: update("**", ...scope), base: base(), head });
  assert.equal(await one(base({ version: "1.1.0", devDependencies: { jest: "30" } })), "pass");
  assert.equal(await one(base({ scripts: { test: "exit 0" } })), "fail");
  assert.equal(await one(base({ scripts: { test: "exit 0" } }), "package.json"), "asks");
  // One named file does not open another one.
  assert.equal(
    await one(
      { ...base({ scripts: { test: "exit 0" } }), ".npmrc": "script-shell=/bin/true\n" },
      "package.json",
    ),
    "fail",
  );
  const cargo = '[package]\nname = "a"\nversion = "1.0.0"\n';
  assert.equal(
    await verdict("protected-paths", {
      spec: update("**"),
      base: { "Cargo.toml": cargo },
      head: { "Cargo.toml": cargo.replace("1.0.0", "1.0.1") },
    }),
    "pass",
  );
  assert.equal(
    await verdict("protected-paths", {
      spec: update("**"),
      base: { "Cargo.toml": cargo },
      head: { "Cargo.toml": `${cargo}[lib]\ntest = false\n` },
    }),
    "fail",
  );
});

Deno.test("C1: a repository's own policy protects more, and one that is not understood denies", async () => {
  const head = { "src/pay/a.ts": "1\n" };
  assert.equal(
    await verdict("protected-paths", { spec: update("**"), head, policy: 'protect: ["src/pay/**"]\n' }),
    "fail",
  );
  assert.equal(
    await verdict("protected-paths", {
      spec: update("src/pay/a.ts"),
      head,
      policy: 'protect: ["src/pay/**"]\n',
    }),
    "asks",
  );
  assert.equal(
    await verdict("protected-paths", { spec: update("**"), head, policy: 'protect: ["+(a)"]\n' }),
    "error",
  );
  assert.equal(
    await verdict("repository-policy", { spec: update("**"), head, policy: "mode: off\n" }),
    "error",
  );
  assert.equal(
    await verdict("repository-policy", { spec: update("**"), head, policy: "modus: enforce\n" }),
    "error",
  );
});

const TS = { "src/a.ts": "export function a(x: number) { return x; }\nexport const b = 1;\n" };
const PY = { "src/a.py": "def a(x):\n    return x\n\ndef b():\n    pass\n" };

Deno.test("C3: UPDATE and CREATE remove no export unless it is named, in TypeScript, Python, Go, Java and Rust", async () => {
  const cases: [Tree, Tree, string][] = [
    [TS, { "src/a.ts": "export function a(x: number) { return x + 1; }\n" }, "src/a.ts::b"],
    [PY, { "src/a.py": "def a(x):\n    return x + 1\n" }, "src/a.py::b"],
    [
      { "a.go": "package a\nfunc A() {}\nfunc B() {}\n" },
      { "a.go": "package a\nfunc A() { _ = 1 }\n" },
      "a.go::B",
    ],
    [{ "A.java": "public class A { public void a() {} public void b() {} }\n" }, {
      "A.java": "public class A { public void a() { int x; } }\n",
    }, "A.java::A.b"],
    [
      { "src/a.rs": "pub fn a() {}\npub fn b() {}\n" },
      { "src/a.rs": "pub fn a() { let _x = 1; }\n" },
      "src/a.rs::b",
    ],
  ];
  for (const [base, head, address] of cases) {
    const [path = "", name = ""] = address.split("::");
    for (const type of ["UPDATE", "CREATE"]) {
      assert.equal(await verdict("intent", { spec: intent(type), base, head }), "fail", address);
      for (const entry of [address, name, path, "**"]) {
        assert.equal(
          await verdict("intent", { spec: intent(type, { removes: [entry] }), base, head }),
          "pass",
          `${address} by ${entry}`,
        );
      }
      assert.equal(
        await verdict("intent", {
          spec: intent(type, { removes: ["other", `${name}x`, `x/${path}`] }),
          base,
          head,
        }),
        "fail",
        address,
      );
    }
    const told = ruleOf(await judged({ spec: intent("UPDATE"), base, head }), "intent").findings[0];
    assert.ok(told?.remediation.includes(JSON.stringify(address)), told?.remediation);
  }
});

Deno.test("C3: a removed export is seen when it is only commented out, renamed on the way out, or put behind a string", async () => {
  for (
    const head of [
      "export function a(x: number) { return x; }\n// export const b = 1;\n",
      "export function a(x: number) { return x; }\nconst b = 1;\nexport { b as c };\n",
      "export function a(x: number) { return x; }\nconst s = 'export const b = 1';\n",
    ]
  ) {
    assert.equal(
      await verdict("intent", { spec: intent("UPDATE"), base: TS, head: { "src/a.ts": head } }),
      "fail",
      head,
    );
  }
  // Declared in another way it is still exported.
  assert.equal(
    await verdict("intent", {
      spec: intent("UPDATE"),
      base: TS,
      head: { "src/a.ts": "function a(x: number) { return x; }\nconst b = 1;\nexport { a, b };\n" },
    }),
    "pass",
  );
});

Deno.test("C3: DESTROY removes only what is named, and removes something", async () => {
  const spec = (...removes: string[]) => intent("DESTROY", { removes });
  const gone = { "src/a.ts": "export function a(x: number) { return x; }\n" };
  assert.equal(await verdict("intent", { spec: spec("b"), base: TS, head: gone }), "pass");
  assert.equal(await verdict("intent", { spec: spec("b"), base: TS, head: { "src/a.ts": "" } }), "fail");
  assert.equal(
    await verdict("intent", {
      spec: spec("b"),
      base: TS,
      head: { "src/a.ts": `${gone["src/a.ts"]}export const fresh = 1;\n` },
    }),
    "fail",
  );
  assert.equal(
    await verdict("intent", { spec: spec("b"), base: TS, head: { "src/a.ts": `${TS["src/a.ts"]}// x\n` } }),
    "fail",
  );
  assert.equal(await verdict("intent", { spec: spec("src/a.py"), base: PY, head: {} }), "pass");
  assert.equal(await verdict("intent", { spec: spec("src/b.py"), base: PY, head: {} }), "fail");
});

Deno.test("C3: REFACTOR keeps the API: nothing public comes, goes or changes its parameters, but for declared renames and moves", async () => {
  const spec = (renames: { from: string; to: string }[] = []) => intent("REFACTOR", { renames });
  const one = (
    head: Tree,
    renames: { from: string; to: string }[] = [],
    base: Tree = TS,
    moved: Record<string, string> = {},
  ) => verdict("intent", { spec: spec(renames), base, head, renames: moved });
  assert.equal(
    await one({
      "src/a.ts": "export function a(n: number) { return n; }\nexport const b = 1;\nfunction inner() {}\n",
    }),
    "pass",
  );
  assert.equal(await one({ ...TS, "src/inner.ts": "export const helper = 1;\n" }), "pass");
  assert.equal(await one({ "src/a.ts": `${TS["src/a.ts"]}export const c = 1;\n` }), "fail");
  assert.equal(
    await one({
      "src/a.ts": "export function a(x: number, y: number) { return x + y; }\nexport const b = 1;\n",
    }),
    "fail",
  );
  const renamed = { "src/a.ts": "export function a(x: number) { return x; }\nexport const c = 1;\n" };
  assert.equal(await one(renamed), "fail");
  assert.equal(await one(renamed, [{ from: "b", to: "c" }]), "pass");
  assert.equal(await one(renamed, [{ from: "src/a.ts::b", to: "src/a.ts::c" }]), "pass");
  assert.equal(await one(renamed, [{ from: "b", to: "d" }]), "fail");
  const moved = {
    "src/a.ts": "export function a(x: number) { return x; }\n",
    "src/c.ts": "export const b = 1;\n",
  };
  assert.equal(await one(moved), "fail");
  assert.match(
    ruleOf(await judged({ spec: spec(), base: TS, head: moved }), "intent").findings[0]?.remediation ?? "",
    /from: "src\/a\.ts::b", to: "src\/c\.ts::b"/,
  );
  assert.equal(await one(moved, [{ from: "src/a.ts::b", to: "src/c.ts::b" }]), "pass");
  assert.equal(
    await one({ "src/z.py": PY["src/a.py"] }, [{ from: "src/a.py", to: "src/z.py" }], PY, {
      "src/a.py": "src/z.py",
    }),
    "pass",
  );
  assert.equal(await one({ "src/z.py": PY["src/a.py"] }, [], PY, { "src/a.py": "src/z.py" }), "fail");
  assert.equal(await one({ ...TS, "package.json": "{}\n" }), "fail");
  assert.equal(await one({ "a.rb": "2\n" }, [], { "a.rb": "1\n" }), "asks");
});

Deno.test("C3: IMPORT brings in and changes no code; a CREATE that only removes is none; MIGRATE has a way back", async () => {
  assert.equal(
    await verdict("intent", {
      spec: intent("IMPORT"),
      base: TS,
      head: { ...TS, "vendor/x.ts": "export const x = 1;\n", "data/a.csv": "1\n" },
    }),
    "pass",
  );
  assert.equal(
    await verdict("intent", {
      spec: intent("IMPORT"),
      base: TS,
      head: { "src/a.ts": `${TS["src/a.ts"]}// more\n`, "vendor/x.ts": "1\n" },
    }),
    "fail",
  );
  assert.equal(
    await verdict("intent", {
      spec: intent("CREATE", { removes: ["b"] }),
      base: TS,
      head: { "src/a.ts": "export function a(x: number) { return x; }\n" },
    }),
    "fail",
  );
  const up = { "migrations/1_a.up.sql": "create table a();\n" };
  assert.equal(await verdict("intent", { spec: intent("MIGRATE"), head: up }), "fail");
  assert.equal(
    await verdict("intent", {
      spec: intent("MIGRATE"),
      head: { ...up, "migrations/1_a.down.sql": "drop table a;\n" },
    }),
    "pass",
  );
});

Deno.test("C3: each file is held against the intents whose scope covers it", async () => {
  const spec = { intent: [{ type: "REFACTOR", scope: ["src/**"] }, { type: "CREATE", scope: ["lib/**"] }] };
  const base = { ...TS, "lib/b.ts": "export const x = 1;\n" };
  assert.equal(
    await verdict("intent", {
      spec,
      base,
      head: { ...base, "lib/b.ts": "export const x = 1;\nexport const y = 1;\n" },
    }),
    "pass",
  );
  assert.equal(
    await verdict("intent", {
      spec,
      base,
      head: { ...base, "src/a.ts": `${TS["src/a.ts"]}export const y = 1;\n` },
    }),
    "fail",
  );
});

Deno.test("C3: a file that goes or moves is named; a deleted test is the business of the test gates", async () => {
  const base = { "data/a.csv": "1\n", "src/a_test.py": "def test_a(): pass\n", "src/a.go": "package a\n" };
  const after = { "src/a.go": "package a // 2\n" };
  assert.equal(
    await verdict("intent", { spec: intent("UPDATE"), base, head: { ...after, "data/a.csv": "1\n" } }),
    "pass",
  );
  assert.equal(
    await verdict("intent", {
      spec: intent("UPDATE"),
      base,
      head: { ...after, "src/a_test.py": base["src/a_test.py"] },
    }),
    "fail",
  );
  assert.equal(
    await verdict("intent", {
      spec: intent("UPDATE", { removes: ["data/"] }),
      base,
      head: { ...after, "src/a_test.py": base["src/a_test.py"] },
    }),
    "pass",
  );
});

const linesOf = (count: number) => Array.from({ length: count }, (_, at) => `line ${at}\n`).join("");

// req: N4-09
Deno.test("C4: beyond the hard limit of its tier a change is refused, beyond the soft one it is noted, at critical it asks", async () => {
  const one = (tier: string, count: number, path = "src/a.ts") =>
    verdict("size", { spec: { ...update("**"), tier }, head: { [path]: linesOf(count) } });
  assert.equal(await one("standard", 250), "pass");
  assert.equal(await one("standard", 500), "pass");
  assert.equal(await one("standard", 601), "fail");
  assert.equal(await one("best-effort", 1400), "pass");
  assert.equal(await one("critical", 100), "pass");
  assert.equal(await one("critical", 200), "asks");
  assert.equal(await one("critical", 301), "fail");
  const noted = ruleOf(await judged({ spec: update("**"), head: { "src/a.ts": linesOf(500) } }), "size");
  assert.match(noted.findings[0]?.message ?? "", /500 changed lines/);
});

Deno.test("C4: many small files count too; lockfiles do not, tests count for a third, and spreading lines over files does not help", async () => {
  const files = (count: number, lines: number): Tree =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`src/f${at}.ts`, linesOf(lines)]));
  assert.equal(await verdict("size", { spec: update("**"), head: files(51, 1) }), "fail");
  assert.equal(await verdict("size", { spec: update("**"), head: files(30, 30) }), "fail");
  assert.equal(
    await verdict("size", { spec: update("**"), head: { "package-lock.json": linesOf(5000) } }),
    "pass",
  );
  assert.equal(
    await verdict("size", { spec: update("**"), head: { "src/a_test.ts": linesOf(900) } }),
    "pass",
  );
});

// req: N4-09
Deno.test("C4: a codemod whose diff re-derives is exempt, with the reason recorded; a claim of it by another implementer is not", async () => {
  const head = { "src/a.ts": linesOf(5000) };
  assert.equal(
    await verdict("size", {
      spec: update("**"),
      head,
      proposal: { implementer: "codemod", rederives: true },
    }),
    "not_applicable",
  );
  for (
    const proposal of [{ implementer: "codemod", rederives: false }, {
      implementer: "codemod",
      rederives: null,
    }, { implementer: "patch", rederives: true }] as const
  ) {
    assert.equal(await verdict("size", { spec: update("**"), head, proposal }), "fail");
  }
});

Deno.test("C4: a repository's policy lowers the limits and cannot raise them", async () => {
  const head = { "src/a.ts": linesOf(200) };
  assert.equal(await verdict("size", { spec: update("**"), head, policy: "size: { lines: 100 }\n" }), "fail");
  assert.equal(
    await verdict("size", {
      spec: update("**"),
      head: { "src/a.ts": linesOf(700) },
      policy: "size: { lines: 5000 }\n",
    }),
    "fail",
  );
});

// req: N4-15
Deno.test("X1: a secret in an added line or a file name is refused with its place; one that is taken out is not", async () => {
  const token = "gh" + "p_" + "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dE3gH5";
  const line = { "src/a.py": `KEY = "${token}"\n` };
  const told = ruleOf(await judged({ spec: update("**"), head: { "README.md": "x\n", ...line } }), "secrets");
  assert.deepEqual([told.verdict, told.findings[0]?.path, told.findings[0]?.line], ["fail", "src/a.py", 1]);
  assert.ok(!JSON.stringify(told).includes(token));
  assert.equal(
    await verdict("secrets", { spec: update("**"), base: line, head: { "src/a.py": "KEY = env()\n" } }),
    "pass",
  );
  assert.equal(
    await verdict("secrets", { spec: update("**"), head: { "src/a.go": `var k = "${btoa(token)}"\n` } }),
    "fail",
  );
  assert.equal(
    await verdict("secrets", {
      spec: update("**"),
      head: { "src/a.ts": `const k = "${[...token].reverse().join("")}";\n` },
    }),
    "fail",
  );
});

// req: N4-11
Deno.test("T3: marks that keep tests from running may not grow, in any language, but for tests that the spec names", async () => {
  const cases: [string, string, string, string][] = [
    ["a_test.ts", "Deno.test('one', f);\n", "Deno.test.ignore('one', f);\n", "a_test.ts::one"],
    ["a.test.js", "it('one', f);\n", "it.only('one', f);\n", "one"],
    ["test_a.py", "def test_one(): pass\n", "@pytest.mark.skip\ndef test_one(): pass\n", "test_one"],
    [
      "a_test.go",
      "package a\nfunc TestOne(t *testing.T) {}\n",
      "package a\nfunc TestOne(t *testing.T) { t.Skip() }\n",
      "TestOne",
    ],
    [
      "ATest.java",
      "class ATest { @Test void one() {} }\n",
      "class ATest { @Disabled @Test void one() {} }\n",
      "one",
    ],
    ["src/a.rs", "#[test]\nfn one() {}\n", "#[test]\n#[ignore]\nfn one() {}\n", "one"],
    ["a.bats", '@test "one" {\n  true\n}\n', '@test "one" {\n  skip\n}\n', "one"],
  ];
  for (const [path, before, after, name] of cases) {
    const one = (removes: string[]) =>
      verdict("new-skips", {
        spec: { intent: { type: "UPDATE", scope: ["**"], removes } },
        base: { [path]: before },
        head: { [path]: after },
      });
    assert.equal(await one([]), "fail", path);
    assert.equal(await one([name]), "pass", path);
    assert.equal(await one(["other"]), "fail", path);
    assert.equal(
      await verdict("new-skips", {
        spec: update("**"),
        base: { [path]: after },
        head: { [path]: `${after}\n` },
      }),
      "pass",
      path,
    );
    assert.equal(
      await verdict("new-skips", { spec: update("**"), base: { [path]: after }, head: { [path]: before } }),
      "pass",
      path,
    );
  }
});

Deno.test("T3: an early exit in a test file is a mark, taking the mark out of its word is too, and words in strings are none", async () => {
  const one = (text: string) =>
    verdict("new-skips", { spec: update("**"), head: { "a_test.ts": `Deno.test('a', f);\n${text}\n` } });
  assert.equal(await one("Deno.exit(0);"), "fail");
  assert.equal(await one("const { skip } = it;"), "fail");
  assert.equal(await one("it['skip']('b', f);"), "asks", "b is new");
  assert.equal(await one("// it.skip('b', f)"), "pass");
  assert.equal(await one("const s = 'it.skip';"), "pass");
});

Deno.test("T3: a new test that is left out from the start asks a human; an old one, only, or an exit is refused", async () => {
  const asks = async (base: string, head: string, path: string) => {
    const rule = ruleOf(
      await judged({ spec: update("**"), base: { [path]: base }, head: { [path]: head } }),
      "new-skips",
    );
    assert.equal(rule.verdict, "fail", path);
    return rule.escalates;
  };
  const rust = "#[test]\nfn one() {}\n";
  assert.equal(await asks(rust, `${rust}#[test]\n#[ignore = "slow"]\nfn two() {}\n`, "src/a.rs"), true);
  assert.equal(await asks(rust, `#[test]\n#[ignore]\nfn one() {}\n`, "src/a.rs"), false);
  const js = "it('one', f);\n";
  assert.equal(await asks(js, `${js}it.skip('two', f);\n`, "a.test.js"), true);
  assert.equal(await asks(js, `${js}it.only('two', f);\n`, "a.test.js"), false);
  assert.equal(await asks(js, `it.skip('one', f);\nit.skip('two', f);\n`, "a.test.js"), false);
  assert.equal(await asks(js, `${js}it('two', f);\nprocess.exit(0);\n`, "a.test.js"), false);
});

Deno.test("T3: a condition on a new test is noted, on an old one refused; a mark that follows its renamed test is not new", async () => {
  const old = "Deno.test('old', f);\n";
  const one = (base: string, head: string, path = "a_test.ts") =>
    verdict("new-skips", { spec: update("**"), base: { [path]: base }, head: { [path]: head } });
  assert.equal(
    await one(old, `${old}Deno.test('new', { ignore: Deno.build.os === 'windows' }, f);\n`),
    "pass",
  );
  assert.equal(await one(old, `${old}Deno.test('new', { ignore: true }, f);\n`), "asks");
  assert.equal(await one(old, "Deno.test('old', { ignore: Deno.env.has('CI') }, f);\n"), "fail");
  const go = "package a\nfunc TestOld(t *testing.T) {\n}\n";
  assert.equal(
    await one(
      go,
      `${go}func TestNew(t *testing.T) {\n\tif os.Getuid() == 0 {\n\t\tt.Skip()\n\t}\n}\n`,
      "a_test.go",
    ),
    "pass",
  );
  assert.equal(
    await one(go, go.replace("{\n}", "{\n\tif true {\n\t\tt.Skip()\n\t}\n}"), "a_test.go"),
    "fail",
  );
  assert.equal(
    await one("it.skip('parses a duration', f);\n", "it.skip('parses a time span', f);\n"),
    "pass",
  );
  assert.equal(
    await one("it.skip('one', f);\nit('two', f);\n", "it('one', f);\nit.skip('two', f);\n"),
    "fail",
  );
});

Deno.test("C3: what each kind of intent lets happen to an existing module, without a name in removes or renames", async () => {
  const effects: Record<string, Tree> = {
    addition: { "src/a.ts": `${TS["src/a.ts"]}export const fresh = 1;\n` },
    signature: {
      "src/a.ts": "export function a(x: number, y: number) { return x + y; }\nexport const b = 1;\n",
    },
    edit: { "src/a.ts": "export function a(x: number) { return x + 1; }\nexport const b = 1;\n" },
    manifest: { ...TS, "package.json": "{}\n" },
  };
  const table: Record<string, string[]> = {
    UPDATE: ["addition", "signature", "edit", "manifest"],
    CREATE: ["addition", "signature", "edit", "manifest"],
    MIGRATE: ["addition", "signature", "edit", "manifest"],
    REFACTOR: ["edit"],
    IMPORT: ["manifest"],
  };
  for (const [type, allowed] of Object.entries(table)) {
    for (const [effect, head] of Object.entries(effects)) {
      const wanted = allowed.includes(effect) ? "pass" : "fail";
      assert.equal(
        await verdict("intent", { spec: intent(type), base: TS, head }),
        wanted,
        `${type} ${effect}`,
      );
    }
  }
});

Deno.test("C2: when not all neighbours were read, a path outside is refused with that said", async () => {
  const decision = await judgeSample((input) => {
    input.transition = { from: "implement", to: "verify" };
    input.spec = sampleSpec(update("lib/**"));
    if (input.patchFacts) input.patchFacts.paths.truncated = true;
  });
  assert.match(
    ruleOf(decision, "scope").findings.at(-1)?.message ?? "",
    /Not all files beside the change were read/,
  );
  const inside = await judgeSample((input) => {
    if (input.patchFacts) input.patchFacts.paths.truncated = true;
  });
  assert.equal(ruleOf(inside, "scope").verdict, "pass");
});
