import assert from "node:assert/strict";
import { testScriptsOf } from "./test_scripts.ts";

const scripts = (...run: string[][]) => testScriptsOf({ verify: { run, timeoutSeconds: 600, tests: [] } });

Deno.test("a shell script that verify.run starts by name is a test, by a shell or by itself", () => {
  assert.deepEqual(scripts(["bash", "t/run.sh"], ["./check.sh", "--all"], ["sh", "-eu", "./a/b.sh"]), [
    "t/run.sh",
    "check.sh",
    "a/b.sh",
  ]);
  assert.deepEqual(scripts(["/usr/bin/env", "bash"], ["/bin/sh", "x.sh"], ["t/basic.t"]), [
    "x.sh",
    "t/basic.t",
  ]);
  assert.deepEqual(scripts(["bash", "x.sh"], ["sh", "./x.sh"]), ["x.sh"]);
});

Deno.test("a line of shell, another program, a path outside and nothing at all name no script", () => {
  assert.deepEqual(scripts(["bash", "-c", "check.sh"], ["bash", "-euc", "check.sh"]), []);
  assert.deepEqual(scripts(["node", "check.sh"], ["./gradlew", "test"], ["make", "test"], ["bash"]), []);
  assert.deepEqual(scripts(["bash", "../x.sh"], ["/opt/x.sh"], ["bash", "a/../x.sh"]), []);
  assert.deepEqual(testScriptsOf(undefined), []);
  assert.deepEqual(testScriptsOf({}), []);
});
