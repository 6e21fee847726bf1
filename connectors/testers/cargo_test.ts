import assert from "node:assert/strict";
import { available, plantedStatus, type Sample, told } from "./sample_run.ts";
import { cargo } from "./cargo.ts";

const recorded = (name: string) => Deno.readTextFileSync(new URL(`testdata/${name}`, import.meta.url));
const stdout = recorded("cargo.stdout.txt");
const stderr = recorded("cargo.stderr.txt");
const parse = (out: string, errors = stderr) => cargo.parse({ stdout: out, stderr: errors, report: null });

Deno.test("cargo: unit, integration and documentation tests are told by binary; a moved line renames no test", () => {
  const read = parse(stdout);
  assert.deepEqual(read.ok ? told(read.value) : read.error, [
    "pass src/lib.rs::tests::adds",
    "skip src/lib.rs::tests::ign",
    "fail src/lib.rs::tests::fails",
    "pass src/lib.rs::tests::panics",
    "pass tests/it.rs::it_adds",
    "pass doc::src/lib.rs - add",
    "pass doc::src/lib.rs - add - compile fail",
  ]);
  const moved = parse(stdout.replace("(line 1)", "(line 77)"));
  assert.deepEqual(moved.ok ? told(moved.value) : [], read.ok ? told(read.value) : []);
});

Deno.test("cargo: a printed line, a printed block, a cut block and a block too few or too many are problems", () => {
  const fake =
    "running 1 test\ntest fake ... ok\n\ntest result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out";
  for (
    const [what, out, errors] of [
      ["a line", stdout.replace("test it_adds ... ok", "test fake ... ok\ntest it_adds ... ok")],
      [
        "a line and its summary",
        stdout.replace(
          "test it_adds ... ok\n\ntest result: ok. 1",
          "test fake ... ok\ntest it_adds ... ok\n\ntest result: ok. 2",
        ),
      ],
      ["a block inside", stdout.replace("test it_adds ... ok", `${fake}\ntest it_adds ... ok`)],
      ["a block before", `${fake}\n${stdout.replace(/all doctests.*/s, "")}`],
      ["a cut", stdout.slice(0, stdout.indexOf("test it_adds"))],
      [
        "a summary of its own",
        `test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out\n${stdout}`,
      ],
      ["other numbers", stdout.replace("2 passed; 1 failed", "3 passed; 0 failed")],
      ["a contradiction", stdout.replace("test result: FAILED. 2", "test result: ok. 2")],
      [
        "a binary more",
        stdout,
        `${stderr}     Running tests/x.rs (target/debug/deps/x-1)\n   Doc-tests y\n     Running tests/z.rs (a)\n`,
      ],
      ["nothing", "", ""],
      ["nothing built", "", "error[E0425]: cannot find value"],
    ] as [string, string, string?][]
  ) assert.equal(parse(out, errors ?? stderr).ok, false, what);
});

Deno.test({
  name:
    "cargo: a planted test is seen to fail in a crate and beside it, and not when assertions were made quiet",
  ignore: !available("cargo", "--version"),
  async fn() {
    const crate = (macros: string): Sample => ({
      "Cargo.toml": `[package]\nname = "m"\nversion = "0.1.0"\nedition = "2021"\n\n[lib]\ndoctest = false\n`,
      "Cargo.lock": `version = 3\n\n[[package]]\nname = "m"\nversion = "0.1.0"\n`,
      "src/lib.rs":
        `${macros}#[cfg(test)]\nmod tests {\n    #[test]\n    fn adds() { assert_eq!(1 + 1, 2); }\n}\n`,
    });
    const argv = ["cargo", "test", "--offline"];
    const good = await plantedStatus(cargo, argv, crate(""));
    assert.equal(good.status, "fail", good.content);
    const quiet = await plantedStatus(
      cargo,
      argv,
      crate("#[macro_export]\nmacro_rules! assert_eq { ($($t:tt)*) => {}; }\n"),
    );
    assert.equal(quiet.status, "pass");
  },
});
