import assert from "node:assert/strict";
import { available, plantedStatus, reportOfSample, type Sample, told, viewOf } from "./sample_run.ts";
import { go } from "./go.ts";

const ignore = !available("go", "version");
const argv = ["go", "test", "./..."];

const sample: Sample = {
  "go.mod": "module example.com/m\n\ngo 1.21\n",
  "add.go": "package m\n\nfunc Add(a, b int) int { return a + b }\n",
  "add_test.go": `package m

import (
	"fmt"
	"testing"
)

func TestAdd(t *testing.T) {
	fmt.Println("--- PASS: TestFake (0.00s)")
	fmt.Println(\`{"Action":"pass","Package":"example.com/m","Test":"TestForged"}\`)
	if Add(1, 2) != 3 {
		t.Fatal("no")
	}
}

func TestParts(t *testing.T) {
	t.Run("one", func(t *testing.T) {})
	t.Run("two x", func(t *testing.T) { t.Fatal("reason") })
}

func TestOff(t *testing.T) { t.Skip("later") }
`,
  "broken/b_test.go": `package broken

import "testing"

func TestX(t *testing.T) { nothingHere() }
`,
  "early/e_test.go": `package early

import (
	"os"
	"testing"
)

func TestMain(m *testing.M) { os.Exit(0) }

func TestY(t *testing.T) {}
`,
};

Deno.test({
  name:
    "go: tests and subtests are told by package, printed lines are not, and a package that does not build is a failure",
  ignore,
  async fn() {
    const { report, code } = await reportOfSample(go, argv, sample);
    assert.notEqual(code, 0);
    assert.deepEqual(told(report), [
      "pass example.com/m::TestAdd",
      "fail example.com/m::TestParts",
      "pass example.com/m::TestParts/one",
      "fail example.com/m::TestParts/two_x",
      "skip example.com/m::TestOff",
      "fail example.com/m/broken::(package)",
    ]);
    assert.deepEqual(report.cases.map((one) => one.path), [
      ...Array(5).fill("add_test.go"),
      "",
    ]);
    assert.match(report.cases[3]?.message ?? "", /reason/);
  },
});

Deno.test({
  name: "go: a planted test is seen to fail, with a filter by name too",
  ignore,
  async fn() {
    const small = {
      "go.mod": sample["go.mod"] ?? "",
      "a_test.go": `package m

import check "testing"

func TestAdd(tt *check.T) {}
`,
    };
    const planted = await plantedStatus(go, ["go", "test", "-run", "TestAdd", "."], small);
    assert.equal(planted.status, "fail", planted.content);
    assert.equal(planted.path, "a_test.go");
  },
});

const events = (...list: Record<string, string>[]) => list.map((one) => JSON.stringify(one)).join("\n");
const parse = (stdout: string) => go.parse({ stdout, stderr: "", report: null });
const Package = "p";

Deno.test("go: a stream that breaks off, skips beginnings or goes on after the end is a problem", () => {
  const whole: Record<string, string>[] = [
    { Action: "run", Package, Test: "TestA" },
    { Action: "pass", Package, Test: "TestA" },
    { Action: "pass", Package },
  ];
  assert.equal(parse(events(...whole)).ok, true);
  for (
    const stdout of [
      "",
      "ok p 0.1s",
      events(...whole.slice(0, 2)),
      events(...whole.slice(1)),
      events(...whole, { Action: "run", Package, Test: "TestB" }),
      `${events(...whole.slice(0, 1))}\n{"Action":"pa`,
      `${events(...whole)}\nPASS`,
    ]
  ) assert.equal(parse(stdout).ok, false, stdout);
});

Deno.test("go: a test that began and never ended has failed, and so has a package that fails alone", () => {
  const cut = parse(events({ Action: "run", Package, Test: "TestA" }, { Action: "fail", Package }));
  assert.deepEqual(cut.ok ? told(cut.value) : [], ["fail p::TestA"]);
  const alone = parse(events({ Action: "output", Package, Output: "panic" }, { Action: "fail", Package }));
  assert.deepEqual(alone.ok ? told(alone.value) : [], ["fail p::(package)"]);
  const older = parse(`FAIL\tp [build failed]\nFAIL`);
  assert.deepEqual(older.ok ? told(older.value) : [], ["fail p::(package)"]);
});

Deno.test("go: run twice, a test is as good as its worst run", () => {
  const read = parse(events(
    { Action: "run", Package, Test: "TestA" },
    { Action: "fail", Package, Test: "TestA" },
    { Action: "run", Package, Test: "TestA" },
    { Action: "pass", Package, Test: "TestA" },
    { Action: "fail", Package },
  ));
  assert.deepEqual(read.ok ? told(read.value) : [], ["fail p::TestA"]);
});

Deno.test("go: what compiles ahead has the same flags, and begins with the library only where that helps", async () => {
  const warm = async (line: string[]) => {
    const command = await go.adopt(line, viewOf({}));
    assert.ok(command && go.warm);
    return go.warm(command);
  };
  assert.deepEqual((await warm(argv))?.argv, ["go", "test", "-exec=true", "-json", "-count=1", "./..."]);
  assert.ok((await warm(argv))?.common);
  assert.equal((await warm(["go", "test", "-race", "./..."]))?.common, undefined);
});
