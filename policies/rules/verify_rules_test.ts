/** Gates over what really ran: REPORT, T7, T1, T3 by report, T4, T6, F2P, AC. Each clean, violating and evading. */
import assert from "node:assert/strict";
import type { Decision, TestCase, VerifyFacts } from "../../specs/mod.ts";
import { sampleFacts, type Tree } from "../testing/trees.ts";
import {
  BASE,
  execution,
  HEAD,
  judgeSample,
  ruleOf,
  sampleSpec,
  sampleVerify,
  test,
} from "../testing/judge_input.ts";
import type { JudgeInput } from "../port.ts";

type Command = VerifyFacts["commands"][number];

async function judged(
  change: (verify: VerifyFacts, command: Command, input: JudgeInput) => void,
  over: { spec?: Record<string, unknown>; base?: Tree; head?: Tree; renames?: Record<string, string> } = {},
): Promise<Decision> {
  const facts = await sampleFacts(over.base ?? BASE, over.head ?? HEAD, over.renames ?? {});
  return await judgeSample((input) => {
    input.transition = { from: "verify", to: "review" };
    input.spec = sampleSpec(over.spec ?? {});
    const verify = sampleVerify();
    input.verify = verify;
    const [command] = verify.commands;
    if (command) change(verify, command, input);
  }, facts);
}
const verdict = async (gate: string, ...args: Parameters<typeof judged>): Promise<string> => {
  const rule = ruleOf(await judged(...args), gate);
  return rule.verdict === "fail" && rule.escalates ? "asks" : rule.verdict;
};
const removes = (...entries: string[]) => ({
  spec: { intent: { type: "UPDATE", scope: ["src/**"], removes: entries } },
});
const OLD = test("accepts an address");
const NEW = test("refuses two signs");
const seen = (over: Partial<TestCase>) => (one: TestCase): TestCase => ({ ...one, ...over });

Deno.test("T7: a run that ended by itself, reported, and whose exit code says the same is a result", async () => {
  assert.equal(await verdict("result-integrity", () => {}), "pass");
});

// req: N4-16
Deno.test("T7: ended from outside, without a report, with an exit code that contradicts it, or with nothing executed is none", async () => {
  for (
    const head of [
      execution("head", null, { ended: "timeout", exitCode: null }),
      execution("head", null, { ended: "memory", exitCode: null }),
      execution("head", [OLD, NEW], { ended: "signal", exitCode: null }),
      // `process.exit(0)` at import: exit code 0 and no report.
      execution("head", null, { exitCode: 0, reportProblem: "no summary line" }),
      execution("head", null, { exitCode: 1 }),
      execution("head", [OLD, seen({ status: "fail" })(NEW)], { exitCode: 0 }),
      execution("head", [OLD, NEW], { exitCode: 1 }),
      execution("head", []),
      execution("head", [seen({ status: "skip" })(OLD), seen({ status: "skip" })(NEW)]),
    ]
  ) {
    assert.equal(
      await verdict("result-integrity", (_, command) => command.head = head),
      "fail",
      JSON.stringify(head),
    );
  }
});

Deno.test("T7: a report that contradicts itself is forged: counts without cases, one name twice", async () => {
  const counted = execution("head", [OLD, NEW]);
  if (counted.report) counted.report.passed = 40;
  assert.equal(await verdict("result-integrity", (_, command) => command.head = counted), "fail");
  assert.equal(
    await verdict("result-integrity", (_, command) => command.head = execution("head", [OLD, OLD])),
    "fail",
  );
});

Deno.test("T7: a new test that fails is told; one that failed before and still does is noted, not held against the change", async () => {
  const broken = test("broken long ago", "fail");
  assert.equal(
    await verdict(
      "result-integrity",
      (_, command) => command.head = execution("head", [OLD, seen({ status: "fail" })(NEW)]),
    ),
    "fail",
  );
  const decision = await judged((_, command) => {
    command.base = execution("base", [OLD, broken]);
    command.head = execution("head", [OLD, NEW, broken]);
  });
  const rule = ruleOf(decision, "result-integrity");
  assert.equal(rule.verdict, "pass");
  assert.match(rule.findings[0]?.message ?? "", /broken long ago failed before/);
});

Deno.test("T7: a command without a report counts by its exit code, and a gap in the verification is told", async () => {
  const silent = (exitCode: number) => (_: VerifyFacts, command: Command) => {
    command.tester = null;
    command.head = execution("head", null, { exitCode });
  };
  assert.equal(await verdict("result-integrity", silent(0)), "pass");
  assert.equal(await verdict("result-integrity", silent(3)), "fail");
  assert.equal(
    await verdict("result-integrity", (verify) => verify.problem = "the second command was not run"),
    "fail",
  );
});

// req: N4-16
Deno.test("REPORT: one report is enough; checks that failed before and hold now are; exit codes alone ask a human, and never complete", async () => {
  const none = (verify: VerifyFacts, command: Command) => {
    command.tester = null;
    command.base = execution("base", null);
    command.head = execution("head", null);
    command.planted = null;
    verify.checks = [];
  };
  assert.equal(await verdict("no-report", () => {}), "pass");
  assert.equal(await verdict("no-report", none), "asks");
  const check = (base: number, head: number) => ({
    id: "AC1",
    argv: ["sh", "c.sh"],
    base: execution("base+checks", null, { exitCode: base }),
    head: execution("head+checks", null, { exitCode: head }),
  });
  const checked = (...checks: ReturnType<typeof check>[]) => (verify: VerifyFacts, command: Command) => {
    none(verify, command);
    verify.checks = checks;
  };
  assert.equal(await verdict("no-report", checked(check(1, 0))), "pass");
  assert.equal(await verdict("no-report", checked(check(0, 0))), "asks");
  assert.equal(await verdict("no-report", checked(check(1, 0), check(0, 0))), "asks");
  assert.equal(await verdict("no-report", checked(check(1, 1))), "asks");
  const reported = check(0, 0);
  reported.head = execution("head+checks", [test("x")]);
  assert.equal(await verdict("no-report", checked(reported)), "pass");
  const decision = await judged((verify) => {
    verify.commands = [];
    verify.problem = "no way to test this repository was found";
  }, { head: { ...BASE, "README.md": "# Two\n" }, spec: { intent: { type: "UPDATE", scope: ["**"] } } });
  assert.equal(decision.verdict, "escalate");
  assert.match(ruleOf(decision, "no-report").findings[0]?.message ?? "", /no way to test/);
});

// req: N4-10 N4-11
Deno.test("T1: a test that passed before is gone, skipped or failing: refused with the exact string that would allow it", async () => {
  for (
    const [cases, how] of [
      [[NEW], "does not run"],
      [[seen({ status: "skip" })(OLD), NEW], "is skipped"],
      [[seen({ status: "fail" })(OLD), NEW], "fails"],
    ] as const
  ) {
    const change = (_: VerifyFacts, command: Command) => command.head = execution("head", [...cases]);
    const rule = ruleOf(await judged(change), "test-inventory");
    assert.equal(rule.verdict, "fail");
    assert.match(rule.findings[0]?.message ?? "", new RegExp(how));
    assert.equal(rule.findings[0]?.path, "src/email_test.ts");
    assert.ok(rule.findings[0]?.remediation.includes('"src/email_test.ts::accepts an address"'));
    assert.ok(rule.counterfactual?.includes("accepts an address"));
    for (
      const entry of [
        "accepts an address",
        "src/email_test.ts::accepts an address",
        "src/email_test.ts",
        "src/",
        "**/*_test.ts",
      ]
    ) {
      assert.equal(await verdict("test-inventory", change, removes(entry)), "pass", entry);
    }
    assert.equal(await verdict("test-inventory", change, removes("accepts", "other_test.ts")), "fail");
  }
});

Deno.test("T1: a test that moved with its suite and title is not lost, but one new test stands in for one lost test only", async () => {
  const inFile = (path: string) => test("accepts an address", "pass", path);
  const twice = [inFile("src/a_test.ts"), inFile("src/b_test.ts")];
  assert.equal(
    await verdict(
      "test-inventory",
      (_, command) => command.head = execution("head", [inFile("src/moved_test.ts")]),
    ),
    "pass",
  );
  assert.equal(
    await verdict("test-inventory", (_, command) => {
      command.base = execution("base", twice);
      command.head = execution("head", [inFile("src/c_test.ts")]);
    }),
    "fail",
  );
  // A test of that name that was there before is no stand-in.
  assert.equal(
    await verdict("test-inventory", (_, command) => {
      command.base = execution("base", twice);
      command.head = execution("head", [inFile("src/b_test.ts")]);
    }),
    "fail",
  );
  // A moved test that fails is no test that passes.
  assert.equal(
    await verdict(
      "test-inventory",
      (_, command) =>
        command.head = execution("head", [seen({ status: "fail" })(inFile("src/moved_test.ts"))]),
    ),
    "fail",
  );
});

Deno.test("T1: declared renames of files and tests are followed", async () => {
  const head = (_: VerifyFacts, command: Command) =>
    command.head = execution("head", [test("takes an address", "pass", "src/mail_test.ts")]);
  const renames = (...pairs: [string, string][]) => ({
    spec: {
      intent: { type: "REFACTOR", scope: ["src/**"], renames: pairs.map(([from, to]) => ({ from, to })) },
    },
  });
  assert.equal(await verdict("test-inventory", head), "fail");
  assert.equal(
    await verdict(
      "test-inventory",
      head,
      renames(["src/email_test.ts", "src/mail_test.ts"], ["accepts an address", "takes an address"]),
    ),
    "pass",
  );
  assert.equal(
    await verdict("test-inventory", head, renames(["accepts an address", "something else"])),
    "fail",
  );
});

Deno.test("T1: a suite that ended early has lost all of its tests, and each is named", async () => {
  const many = Array.from({ length: 12 }, (_, at) => test(`case ${at}`));
  const rule = ruleOf(
    await judged((_, command) => {
      command.base = execution("base", many);
      command.head = execution("head", null, { exitCode: 0 });
    }),
    "test-inventory",
  );
  assert.equal(rule.findings.length, 13);
  assert.ok(rule.findings.at(-1)?.remediation.includes('"src/email_test.ts::case 11"'));
});

Deno.test("T1: where base could not tell what passed, a human is asked; a base that does not load had nothing that passed", async () => {
  const base = (over: Parameters<typeof execution>[2]) => (_: VerifyFacts, command: Command) =>
    command.base = execution("base", null, over);
  assert.equal(await verdict("test-inventory", base({ ended: "timeout", exitCode: null })), "asks");
  assert.equal(await verdict("test-inventory", base({ exitCode: 0 })), "asks");
  assert.equal(await verdict("test-inventory", base({ exitCode: 1 })), "pass");
  assert.equal(await verdict("test-inventory", (_, command) => command.base = null), "not_applicable");
});

Deno.test("T1: a declared test that never ran at base is not taken out in silence either", async () => {
  const base: Tree = { ...BASE, "src/other_test.py": "def test_hidden(): pass\n" };
  const head: Tree = { ...HEAD, "src/other_test.py": "x = 1\n" };
  assert.equal(await verdict("test-declarations", () => {}, { base, head }), "fail");
  assert.equal(
    await verdict("test-declarations", () => {}, { base, head, ...removes("test_hidden") }),
    "pass",
  );
  assert.equal(
    await verdict("test-declarations", () => {}, {
      base,
      head: { ...HEAD, "src/other_test.py": base["src/other_test.py"] ?? "" },
    }),
    "pass",
  );
  // What passed at base is T1's business by name, and one that goes on in a loop still runs.
  const looped = {
    ...HEAD,
    "src/email_test.ts": 'for (const t of ["accepts an address"]) Deno.test(t, () => {});\n',
  };
  assert.equal(await verdict("test-declarations", () => {}, { head: looped }), "pass");
  assert.equal(
    await verdict("test-declarations", (_, command) => {
      command.base = execution("base", [seen({ status: "fail" })(OLD)]);
      command.head = execution("head", [NEW]);
    }, { head: { ...HEAD, "src/email_test.ts": 'Deno.test("refuses two signs", () => {});\n' } }),
    "fail",
  );
});

// req: N4-11
Deno.test("T3: a new test that is skipped when it runs is refused unless it is named", async () => {
  const change = (_: VerifyFacts, command: Command) =>
    command.head = execution("head", [OLD, seen({ status: "skip" })(NEW)]);
  assert.equal(await verdict("skipped-tests", change), "fail");
  assert.equal(await verdict("skipped-tests", change, removes("refuses two signs")), "pass");
  assert.equal(
    await verdict("skipped-tests", (_, command) => {
      command.base = execution("base", [OLD, test("slow", "skip")]);
      command.head = execution("head", [OLD, NEW, test("slow", "skip")]);
    }),
    "pass",
  );
});

const WEAKENED = (_: VerifyFacts, command: Command) =>
  command.baseTestsOnHead = execution("base-tests-on-head", [seen({ status: "fail" })(OLD)]);

Deno.test("T4: a test that passes only as the change rewrote it is refused, unless the spec lets it be rewritten", async () => {
  const rule = ruleOf(await judged(WEAKENED), "weakened-tests");
  assert.equal(rule.verdict, "fail");
  assert.match(rule.findings[0]?.message ?? "", /does not pass on the new code as it was/);
  assert.equal(await verdict("weakened-tests", WEAKENED, removes("accepts an address")), "pass");
  assert.equal(await verdict("weakened-tests", WEAKENED, removes("accepts")), "fail");
  for (
    const replay of [
      execution("base-tests-on-head", []),
      execution("base-tests-on-head", null, { exitCode: 1 }),
      execution("base-tests-on-head", [seen({ status: "skip" })(OLD)]),
    ]
  ) {
    assert.equal(await verdict("weakened-tests", (_, command) => command.baseTestsOnHead = replay), "fail");
  }
});

Deno.test("T4: without the run of the old tests, though test files of base changed, nothing can be judged", async () => {
  assert.equal(await verdict("weakened-tests", (_, command) => command.baseTestsOnHead = null), "error");
  const untouched = {
    ...BASE,
    "src/email.ts": "export function isEmail(text: string): boolean {\n  return false;\n}\n",
  };
  assert.equal(
    await verdict("weakened-tests", (_, command) => command.baseTestsOnHead = null, { head: untouched }),
    "not_applicable",
  );
});

Deno.test("T4: a command without a report is held by its exit code on the old tests", async () => {
  const silent = (code: number) => (_: VerifyFacts, command: Command) => {
    command.tester = null;
    command.base = execution("base", null);
    command.head = execution("head", null);
    command.baseTestsOnHead = execution("base-tests-on-head", null, { exitCode: code });
  };
  assert.equal(await verdict("weakened-tests", silent(0)), "pass");
  assert.equal(await verdict("weakened-tests", silent(1)), "fail");
});

// req: N4-12
Deno.test("T6: a planted failing test that is not seen to fail shows a runner that was tampered with", async () => {
  const planted =
    (cases: TestCase[] | null, over: Parameters<typeof execution>[2] = {}) =>
    (_: VerifyFacts, command: Command) => {
      if (command.planted) command.planted.execution = execution("head+planted", cases, over);
    };
  const marker = test("planted-1f", "fail");
  assert.equal(await verdict("planted-failure", planted([OLD, marker])), "pass");
  const more =
    (over: Partial<NonNullable<Command["planted"]>>): Parameters<typeof verdict>[1] => (_, command) => {
      command.planted = {
        path: "src/email_test.ts",
        marker: "planted-1f",
        execution: execution("head+planted", [
          OLD,
          marker,
          test("other-2e", "fail"),
          seen({ status: "fail" })(NEW),
        ]),
        ...over,
      };
    };
  const other = (name: string) => [{ path: "src/b_test.ts", marker: name }];
  const spoiled = ({ name, path }: TestCase) => [{ name, path }];
  assert.equal(
    await verdict("planted-failure", more({ others: other("other-2e"), spoiled: spoiled(NEW) })),
    "pass",
  );
  assert.equal(await verdict("planted-failure", more({ others: other("other-3d") })), "fail");
  assert.equal(await verdict("planted-failure", more({ spoiled: spoiled(OLD) })), "fail");
  assert.equal(await verdict("planted-failure", planted([OLD])), "fail");
  assert.equal(await verdict("planted-failure", planted([OLD, seen({ status: "pass" })(marker)])), "fail");
  assert.equal(await verdict("planted-failure", planted([OLD, seen({ status: "skip" })(marker)])), "fail");
  assert.equal(await verdict("planted-failure", planted([OLD, marker], { exitCode: 0 })), "fail");
  assert.equal(await verdict("planted-failure", planted(null, { exitCode: 0 })), "fail");
  assert.equal(await verdict("planted-failure", planted(null, { exitCode: null, ended: "timeout" })), "fail");
  // Another test that fails is not the planted one.
  assert.equal(await verdict("planted-failure", planted([seen({ status: "fail" })(OLD)])), "fail");
});

Deno.test("T6: where no failing test could be planted a human is asked; where nobody knows the runner the report gate decides", async () => {
  assert.equal(
    await verdict("planted-failure", (_, command) => {
      command.planted = null;
      command.plantProblem = "no collected file has a known form";
    }),
    "asks",
  );
  assert.equal(
    await verdict("planted-failure", (_, command) => {
      command.planted = null;
      command.tester = null;
    }),
    "not_applicable",
  );
});

// req: N4-13
Deno.test("F2P: a test or a check that fails before and passes after is proof; passing on both sides is none", async () => {
  assert.equal(await verdict("fail-to-pass", () => {}), "pass");
  const vacuous = (_: VerifyFacts, command: Command) =>
    command.headTestsOnBase = execution("head-tests-on-base", [OLD, NEW]);
  assert.equal(await verdict("fail-to-pass", vacuous), "fail");
  assert.equal(
    await verdict("fail-to-pass", (verify, command) => {
      vacuous(verify, command);
      verify.checks = [{
        id: "AC1",
        argv: ["x"],
        base: execution("base+checks", null, { exitCode: 1 }),
        head: execution("head+checks", null),
      }];
    }),
    "pass",
  );
  for (
    const base of [
      execution("base+checks", null),
      execution("base+checks", null, { ended: "not-started", exitCode: null }),
    ]
  ) {
    assert.equal(
      await verdict("fail-to-pass", (verify, command) => {
        vacuous(verify, command);
        verify.checks = [{ id: "AC1", argv: ["x"], base, head: execution("head+checks", null) }];
      }),
      "fail",
    );
  }
});

Deno.test("F2P: tests that do not load at base fail there; a test that already failed and now passes is proof without new tests", async () => {
  assert.equal(
    await verdict(
      "fail-to-pass",
      (_, command) => command.headTestsOnBase = execution("head-tests-on-base", null, { exitCode: 1 }),
    ),
    "pass",
  );
  assert.equal(
    await verdict(
      "fail-to-pass",
      (_, command) => command.headTestsOnBase = execution("head-tests-on-base", [OLD], { exitCode: 0 }),
    ),
    "fail",
  );
  assert.equal(
    await verdict("fail-to-pass", (_, command) => {
      command.headTestsOnBase = null;
      command.base = execution("base", [OLD, seen({ status: "fail" })(NEW)]);
    }),
    "pass",
  );
  assert.equal(await verdict("fail-to-pass", (_, command) => command.headTestsOnBase = null), "fail");
});

Deno.test("F2P: a new test that asserts nothing asks a human, unless something else proves the change", async () => {
  const empty = {
    head: {
      ...HEAD,
      "src/email_test.ts":
        'Deno.test("accepts an address", () => {});\nDeno.test("refuses two signs", async () => void (await import("./email.ts")));\n',
    },
  };
  const unloaded = (_: VerifyFacts, command: Command) =>
    command.headTestsOnBase = execution("head-tests-on-base", null, { exitCode: 1 });
  for (const change of [() => {}, unloaded]) {
    assert.equal(await verdict("fail-to-pass", change, empty), "asks");
    assert.equal(await verdict("fail-to-pass", change), "pass");
  }
  const { findings } = ruleOf(await judged(() => {}, empty), "fail-to-pass");
  assert.match(findings[0]?.message ?? "", /refuses two signs.*the only proof asserts nothing/);
  assert.equal(
    await verdict("fail-to-pass", (verify) => {
      verify.checks = [{
        id: "AC1",
        argv: ["x"],
        base: execution("base+checks", null, { exitCode: 1 }),
        head: execution("head+checks", null),
      }];
    }, empty),
    "pass",
  );
  assert.equal(
    await verdict("fail-to-pass", (_, command) => {
      command.headTestsOnBase = execution("head-tests-on-base", [OLD, NEW]);
    }, empty),
    "fail",
  );
});

// req: N4-13
Deno.test("F2P: not applicable, with its reason, for other intents, for documentation and data by type, and for a codemod that re-derives", async () => {
  const reason = async (...args: Parameters<typeof judged>) => {
    const rule = ruleOf(await judged(...args), "fail-to-pass");
    return [rule.verdict, rule.selector];
  };
  assert.deepEqual(await reason(() => {}, { spec: { intent: { type: "REFACTOR", scope: ["src/**"] } } }), [
    "not_applicable",
    "the intent is REFACTOR, which promises no new behaviour",
  ]);
  const wide = { intent: { type: "UPDATE", scope: ["**"] } };
  assert.deepEqual(
    await reason(() => {}, { spec: wide, head: { ...BASE, "README.md": "# Two\n", "data/a.csv": "1\n" } }),
    [
      "not_applicable",
      "every changed file is documentation or data by type: README.md (docs), data/a.csv (data)",
    ],
  );
  assert.equal(
    (await reason((_, _command, input) => input.proposal = { implementer: "codemod", rederives: true }))[0],
    "not_applicable",
  );
});

Deno.test("F2P: comments only in code, documentation with a program beside it, or an unproven re-derivation are not exempt", async () => {
  const vacuous = (_: VerifyFacts, command: Command) => command.headTestsOnBase = null;
  const wide = { intent: { type: "UPDATE", scope: ["**"] } };
  assert.equal(
    await verdict("fail-to-pass", vacuous, {
      spec: wide,
      head: { ...BASE, "src/email.ts": `// more words\n${BASE["src/email.ts"]}` },
    }),
    "fail",
  );
  assert.equal(
    await verdict("fail-to-pass", vacuous, {
      spec: wide,
      head: { ...BASE, "README.md": "# Two\n", "docs/conf.py": "x = 1\n" },
    }),
    "fail",
  );
  assert.equal(
    await verdict("fail-to-pass", vacuous, {
      spec: wide,
      head: { ...BASE, "README.md": { mode: "100755", content: "#!/bin/sh\n" } },
    }),
    "fail",
  );
  for (
    const proposal of [{ implementer: "codemod", rederives: false }, {
      implementer: "model",
      rederives: true,
    }] as const
  ) {
    assert.equal(
      await verdict("fail-to-pass", (verify, command, input) => {
        vacuous(verify, command);
        input.proposal = proposal;
      }),
      "fail",
    );
  }
});

Deno.test("F2P: proof none asks a human even when there is a proof, and never passes by itself", async () => {
  assert.equal(
    await verdict("fail-to-pass", () => {}, { spec: { proof: { none: "wording only" } } }),
    "asks",
  );
});

const criterion = (id: string, checked = true) => ({
  id,
  text: `holds ${id}`,
  ...(checked ? { check: { files: [], run: ["x"] } } : {}),
});
const check = (id: string, head = execution("head+checks", [test(id)])) => ({
  id,
  argv: ["x"],
  base: execution("base+checks", null, { exitCode: 1 }),
  head,
});

Deno.test("AC: each check runs once and holds at head; one that is missing, runs twice, hangs, fails or tests nothing does not", async () => {
  const one = (...checks: ReturnType<typeof check>[]) =>
    verdict("acceptance", (verify) => verify.checks = checks, { spec: { acceptance: [criterion("AC1")] } });
  assert.equal(await one(check("AC1")), "pass");
  assert.equal(await one(check("AC1", execution("head+checks", null))), "pass");
  assert.equal(await one(), "fail");
  assert.equal(await one(check("AC2")), "fail");
  assert.equal(await one(check("AC1"), check("AC1")), "fail");
  for (
    const head of [
      execution("head+checks", null, { exitCode: 1 }),
      execution("head+checks", null, { ended: "timeout", exitCode: null }),
      execution("head+checks", []),
      execution("head+checks", [test("a", "skip")]),
      execution("head+checks", [test("a", "fail")], { exitCode: 0 }),
    ]
  ) assert.equal(await one(check("AC1", head)), "fail");
});

Deno.test("AC: a criterion without a check is recorded as unproven beside those that hold, and does not deny", async () => {
  const rule = ruleOf(
    await judged((verify) => verify.checks = [check("AC1")], {
      spec: { acceptance: [criterion("AC1"), criterion("AC2", false)] },
    }),
    "acceptance",
  );
  assert.equal(rule.verdict, "pass");
  assert.match(rule.findings[0]?.message ?? "", /AC2 has no check and is unproven/);
  assert.equal(
    await verdict("acceptance", () => {}, { spec: { acceptance: [criterion("AC1", false)] } }),
    "not_applicable",
  );
});

Deno.test("a command that is new at head takes nothing from the tests of the others, and one without tests at base has none to replay", async () => {
  const second = (base: Command["base"]) => (verify: VerifyFacts, command: Command) =>
    verify.commands.push({
      ...command,
      argv: ["npm", "test"],
      base,
      head: execution("head", [test("x", "pass", "web/x.test.js")]),
      baseTestsOnHead: null,
      headTestsOnBase: null,
    });
  for (const gate of ["test-inventory", "weakened-tests", "result-integrity"]) {
    assert.equal(await verdict(gate, second(null)), "pass", gate);
    assert.equal(await verdict(gate, second(execution("base", []))), "pass", gate);
  }
  // A test may move from one command to another one.
  assert.equal(
    await verdict("test-inventory", (verify, command) => {
      command.head = execution("head", [NEW]);
      verify.commands.push({ ...command, base: null, head: execution("head", [OLD]) });
    }),
    "pass",
  );
});
