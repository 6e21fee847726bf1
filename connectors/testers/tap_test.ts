import assert from "node:assert/strict";
import { available, plantedStatus, reportOfSample, told } from "./sample_run.ts";
import { notTap, tap } from "./tap.ts";

const parse = (stdout: string) => tap.parse({ stdout, stderr: "", report: null });
const list = (stdout: string) => {
  const read = parse(stdout);
  assert.ok(read.ok, read.ok ? "" : read.error.message);
  return told(read.value);
};
const ignore = !available("bash", "--version");

Deno.test("tap: points, directives, plans before and after, and output between them", () => {
  assert.deepEqual(
    list(
      "TAP version 13\n1..5\nok 1 - adds\nnot ok 2 - bad\n# why\n  ---\n  a: b\n  ...\nhello\nok 3 # SKIP no net\nnot ok 4 - later # TODO soon\nok\n",
    ),
    ["pass adds", "fail bad", "skip test 3", "skip later", "pass test 5"],
  );
  assert.deepEqual(list("ok - a\r\nok - a\r\n1..2\r\n"), ["pass a", "pass a #2"]);
  assert.deepEqual(list("1..0 # SKIP nothing here\n"), []);
});

Deno.test("tap: subtests are told with the name of the point that holds them", () => {
  assert.deepEqual(
    list(`# Subtest: outer
    ok 1 - one
    # Subtest: inner
        not ok 1 - deep
        1..1
    not ok 2 - inner
    1..2
not ok 1 - outer
ok 2 - alone
    ok 1 - fine
    1..1
not ok 3 - failed in its teardown
1..3
`),
    [
      "pass outer > one",
      "fail outer > inner > deep",
      "pass alone",
      "pass failed in its teardown > fine",
      "fail failed in its teardown",
    ],
  );
});

Deno.test("tap: a line more or less than planned, wrong numbers, two plans and bailing out are problems", () => {
  for (
    const [stdout, why] of [
      ["1..2\nok 1 - a\n", /plans 2/],
      ["1..1\nok 1 - a\nok 2 - fake\n", /plans 1/],
      ["1..2\nok 1 - a\nok 3 - b\n", /numbers test 2 as 3/],
      ["1..1\nok 1 - fake\nok 1 - a\n", /plans 1/],
      ["1..2\nok 1 - fake\nok 1 - a\n", /numbers test 2 as 1/],
      ["1..1\nok 1 - a\n1..1\n", /two plans/],
      ["1..2\nok 1 - a\nBail out! no database\n", /no database/],
    ] as const
  ) {
    const read = parse(stdout);
    assert.equal(read.ok, false);
    assert.match(read.ok ? "" : read.error.message, why);
  }
});

Deno.test("tap: points in another order are fine when none is lost or doubled", () => {
  assert.deepEqual(list("1..3\nok 2 - b\nok 1 - a\nnot ok 3 - c\n"), ["pass b", "pass a", "fail c"]);
  for (
    const stdout of [
      "1..3\nok 2 - b\nok 2 - a\nok 3 - c\n",
      "1..2\nok 2 - b\nok 0 - a\n",
      "1..2\nok 2 - b\nok 3 - a\n",
    ]
  ) {
    assert.equal(parse(stdout).ok, false, stdout);
  }
});

const ofNode = (points: string, plan: number, summary: string): string =>
  `TAP version 13\n${points}1..${plan}\n${
    summary.split(" ").map((one) => `# ${one.replace("=", " ")}\n`).join("")
  }`;

Deno.test("tap: Node's own numbers are taken where its own count agrees, and not where it does not", () => {
  // A file without tests is a point that Node numbers by files.
  const points = "ok 1 - a\nok 2 - b\nok 3 - c\nok 2 - test/check.js\n";
  const right = "tests=4 suites=0 pass=4 fail=0 cancelled=0 skipped=0 todo=0 duration_ms=12.5";
  assert.deepEqual(list(ofNode(points, 4, right)), ["pass a", "pass b", "pass c", "pass test/check.js"]);
  for (
    const [text, plan, summary] of [
      [points, 5, right],
      [points, 4, right.replace("pass=4", "pass=3")],
      [points, 4, right.replace("tests=4", "tests=2").replace("pass=4", "pass=2")],
      [points, 4, right.replace("pass=4 fail=0", "pass=3 fail=1")],
      [points.replace("ok 3", "not ok 3"), 4, right],
      [points, 4, right.replace("todo=0 ", "")],
    ] as const
  ) assert.equal(parse(ofNode(text, plan, summary)).ok, false, `${text}${summary}`);
  assert.equal(parse(ofNode(points, 4, right).replace("TAP version 13", "hello")).ok, false);
});

Deno.test("tap: output without a plan is no TAP, which is another thing than a broken report", () => {
  for (const stdout of ["", "all fine\n", "ok\n", "ok 1 - a\n", "PASS 1..3\n"]) {
    const read = parse(stdout);
    assert.equal(read.ok ? "" : read.error.code, notTap, stdout);
  }
});

const helper = `#!/usr/bin/env bash
. ./calc.sh
n=0; failed=0
check() { n=$((n+1)); if [ "$2" = "$3" ]; then echo "ok $n - $1"; else echo "not ok $n - $1"; failed=1; fi; }
check "adds" "$(add 2 3)" 5
check "adds nothing" "$(add 2 0)" 2
echo "1..$n"
exit $failed
`;
const calc = { "calc.sh": "add() { echo $(($1 + $2)); }\n" };

Deno.test({
  name:
    "tap: in a script with a helper, a call with a spoilt argument is planted and seen to fail, unless the helper was made quiet",
  ignore,
  async fn() {
    const argv = ["bash", "test.sh"];
    const good = await plantedStatus(tap, argv, { "test.sh": helper, ...calc });
    assert.deepEqual([good.status, good.path, good.code], ["fail", "test.sh", 1], good.content);
    const quiet = await plantedStatus(tap, argv, {
      "test.sh": helper.replace(`"$2" = "$3"`, "1 = 1"),
      ...calc,
    });
    assert.equal(quiet.status, "pass");
    const fixed = await plantedStatus(tap, argv, {
      "test.sh": helper.replace("n=0;", "echo 1..2; n=0;").replace(`echo "1..$n"\n`, ""),
      ...calc,
    });
    assert.equal(fixed.status, "fail", fixed.content);
  },
});

Deno.test({
  name: "tap: in a script whose tests are functions, a function that fails is planted",
  ignore,
  async fn() {
    const runner = (end: string) =>
      `#!/usr/bin/env bash
equal() { ${end}; }
source tests/add.sh
mapfile -t all < <(compgen -A function test_ | sort)
echo "1..\${#all[@]}"
code=0; n=0
for name in "\${all[@]}"; do
  n=$((n+1))
  if "$name"; then echo "ok $n - $name"; else echo "not ok $n - $name"; code=1; fi
done
exit $code
`;
    const tests = `test_adds() {\n  local sum\n  sum=$((2 + 3))\n  equal "$sum" 5\n}\n`;
    const good = await plantedStatus(tap, ["bash", "test.sh"], {
      "test.sh": runner(`[ "$1" = "$2" ]`),
      "tests/add.sh": tests,
    });
    assert.deepEqual([good.status, good.path], ["fail", "tests/add.sh"], good.content);
    const quiet = await plantedStatus(tap, ["bash", "test.sh"], {
      "test.sh": runner("true"),
      "tests/add.sh": tests,
    });
    assert.equal(quiet.status, "pass");
    const plain = await plantedStatus(tap, ["bash", "test.sh"], {
      "test.sh": runner("true"),
      "tests/add.sh": `test_adds() {\n  [ $((2 + 3)) = 5 ]\n}\n`,
    });
    assert.equal(plain.status, "fail", plain.content);
  },
});

Deno.test({
  name: "tap: in a script that prints its points itself, a condition is turned round",
  ignore,
  async fn() {
    const scripts = [
      `echo 1..2
code=0
if [ $((2 + 3)) = 5 ]; then echo "ok 1 - adds"; else echo "not ok 1 - adds"; code=1; fi
if [ $((2 + 0)) = 2 ]; then echo "ok 2 - adds nothing"; else echo "not ok 2 - adds nothing"; code=1; fi
exit $code
`,
      `code=0
n=0
n=$((n + 1))
if [ $((2 + 3)) = 5 ]; then
  echo "ok $n - adds"
else
  echo "not ok $n - adds"
  code=1
fi
echo "1..$n"
exit $code
`,
      `code=0
[ $((2 + 3)) = 5 ] && echo "ok 1 - adds" || { echo "not ok 1 - adds"; code=1; }
[ $((2 + 4)) = 6 ] && echo "ok 2 - adds more" || { echo "not ok 2 - adds more"; code=1; }
echo 1..2
exit $code
`,
      `. ./ok.sh
echo $((2 + 3)) | grep -q 5; ok $? "adds"
done_testing
`,
    ];
    const more = {
      "ok.sh": `n=0; code=0
ok() { n=$((n + 1)); if [ "$1" -eq 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; code=1; fi; }
done_testing() { echo "1..$n"; exit $code; }
`,
    };
    for (const script of scripts) {
      const planted = await plantedStatus(tap, ["bash", "test.sh"], { "test.sh": script, ...more });
      assert.deepEqual([planted.status, planted.code], ["fail", 1], planted.content);
    }
  },
});

Deno.test({
  name:
    "tap: nothing is planted where no line of the script makes the test, and the script's file is still told",
  ignore,
  async fn() {
    const sample = { "test.sh": `echo 1..1\nprintf 'ok 1 - %s\\n' a\n` };
    assert.equal((await plantedStatus(tap, ["sh", "test.sh"], sample)).status, "no plant");
    const { report } = await reportOfSample(tap, ["sh", "./test.sh"], sample);
    assert.equal(report.cases[0]?.path, "test.sh");
  },
});

Deno.test("tap: a bats file gets a test of its own", async () => {
  const command = await tap.adopt(["bats", "a.bats"], { list: async () => [], read: async () => null });
  const cases = [{ name: "adds", title: "it's fine", suite: "", path: "a.bats", status: "pass" as const }];
  assert.ok(command);
  const planted = await tap.plant(
    command,
    { tester: "tap", cases, passed: 1, failed: 0, skipped: 0 },
    { list: async () => ["a.bats"], read: async () => `@test "it's fine" {\n  true\n}\n` },
    "kk",
  );
  assert.match(planted?.content ?? "", /@test 'its fine kk' \{\n {2}false\n\}\n$/);
});
