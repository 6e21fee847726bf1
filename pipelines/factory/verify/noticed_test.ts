import assert from "node:assert/strict";
import { testers } from "../../../connectors/mod.ts";
import type { TestCase, VerifyExecution } from "../../../specs/mod.ts";
import { noticed } from "./noticed.ts";

const one = (name: string, status: TestCase["status"] = "pass"): TestCase => {
  const [path = "", title = ""] = name.split("::");
  return { name, path, title, suite: "", status };
};

function execution(cases: TestCase[] | null, over: Partial<VerifyExecution> = {}): VerifyExecution {
  const count = (status: TestCase["status"]) => cases?.filter((each) => each.status === status).length ?? 0;
  return {
    argv: ["test"],
    on: "head+mutant",
    exitCode: count("fail") > 0 || cases === null ? 1 : 0,
    ended: "by-itself",
    report: cases === null
      ? null
      : { tester: "x", cases, passed: count("pass"), failed: count("fail"), skipped: count("skip") },
    seconds: 1,
    outputDigest: `sha256:${"0".repeat(64)}`,
    outputTail: "",
    ...over,
  };
}

const HEAD = [one("a_test::adds"), one("a_test::cuts"), one("b_test::waits"), one("b_test::old", "fail")];

function outcome(
  tester: string,
  argv: string[],
  ran: VerifyExecution,
  head = execution(HEAD, { on: "head" }),
) {
  const command = { tester, argv, env: {}, report: { from: "stdout" as const } };
  return noticed({
    run: {
      on: "head",
      tree: "0".repeat(40),
      command,
      tester: testers.find(({ id }) => id === tester) ?? null,
      files: { list: () => Promise.resolve([]), read: () => Promise.resolve(null) },
    },
    execution: head,
  }, ran);
}

Deno.test("a test that passed at head and fails notices the mutant; what failed before says nothing", () => {
  const ran = execution([one("a_test::adds", "fail"), ...HEAD.slice(1)]);
  for (const tester of ["go", "deno", "pytest", "node"]) {
    assert.deepEqual(outcome(tester, [tester], ran), { outcome: "killed", by: "a_test::adds" }, tester);
    assert.equal(outcome(tester, [tester], execution(HEAD)), null, tester);
  }
});

Deno.test("a file that does not load notices the mutant, unless a compiler stands before it", () => {
  const gone = execution(HEAD.slice(2));
  assert.equal(outcome("go", ["go", "test"], { ...gone, exitCode: 1 })?.outcome, "not-compiled");
  assert.equal(outcome("cargo", ["cargo", "test"], execution(null))?.outcome, "not-compiled");
  assert.equal(outcome("deno", ["deno", "test"], execution(null))?.outcome, "not-compiled");
  assert.equal(outcome("deno", ["deno", "test", "--no-check"], execution(null))?.outcome, "killed");
  assert.equal(outcome("pytest", ["pytest"], execution(null))?.outcome, "killed");
  assert.equal(outcome("node", ["node", "--test"], { ...gone, exitCode: 1 })?.outcome, "killed");
});

Deno.test("of a file of which others are seen, a missing test was run and is gone: that notices the mutant", () => {
  const ran = execution([one("a_test::cuts"), ...HEAD.slice(2)], { exitCode: 2 });
  assert.equal(outcome("go", ["go", "test"], ran)?.outcome, "killed");
});

Deno.test("a process that does not end, and one that ends badly, notice the mutant", () => {
  assert.equal(
    outcome("node", ["node"], execution(null, { ended: "timeout", exitCode: null }))?.outcome,
    "timeout",
  );
  const green = execution(HEAD.slice(0, 3), { on: "head" });
  const same = execution(HEAD.slice(0, 3), { exitCode: 3 });
  assert.deepEqual(outcome("node", ["node"], same, green), { outcome: "killed", by: "test" });
  const silent = execution(null, { on: "head", exitCode: 0 });
  assert.equal(
    outcome("tap", ["sh", "t.sh"], execution(null), silent)?.outcome,
    "killed",
    "by its exit code alone",
  );
  assert.equal(outcome("tap", ["sh", "t.sh"], execution(null, { exitCode: 0 }), silent), null);
});
