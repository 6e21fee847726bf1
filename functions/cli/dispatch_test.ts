import assert from "node:assert/strict";
import { argumentsOf } from "./arguments.ts";
import { commands, LATER } from "./commands.ts";
import { dispatch } from "./dispatch.ts";
import { recorder } from "../tests/recorder.ts";

// req: N5-11
Deno.test("forge --help lists every command of this version and nothing that is not there", async () => {
  const io = recorder();
  assert.equal(await dispatch(["--help"], io), 0);
  for (const command of commands) {
    assert.ok(io.stdout.includes(command.path.join(" ")), command.path.join(" "));
  }
  for (const name of LATER) assert.ok(!io.stdout.includes(`\n  ${name} `), name);
  assert.equal(io.stderr, "");
});

Deno.test("every command answers --help without loading its code", async () => {
  for (const command of commands) {
    const io = recorder();
    assert.equal(await dispatch([...command.path, "--help"], io), 0);
    assert.match(io.stdout, /Usage: forge /);
    for (const name of Object.keys(command.options)) assert.ok(io.stdout.includes(`--${name}`), name);
    assert.match(io.stdout, /\nExamples?\n {2}\S/);
  }
});

// req: N5-11
Deno.test("a command of a later version is exit 2 with the words 'not in this version'", async () => {
  for (const name of LATER) {
    const io = recorder();
    assert.equal(await dispatch(name.split(" "), io), 2);
    assert.match(io.stderr, /not in this version/);
  }
});

Deno.test("an unknown command, option or operand is exit 2 and says what to do", async () => {
  for (
    const args of [
      ["frobnicate"],
      ["workflow"],
      ["workflow", "frobnicate"],
      ["run", "spec.md", "--frobnicate"],
      ["run"],
      ["run", "a", "b"],
      ["workflow", "list", "--limit", "0"],
      ["workflow", "list", "--limit", "many"],
    ]
  ) {
    const io = recorder();
    assert.equal(await dispatch([...args, "--data", await freshData()], io), 2, args.join(" "));
    assert.match(io.stderr, /do:/, args.join(" "));
    assert.equal(io.stdout, "", args.join(" "));
  }
});

Deno.test("the examples of help are command lines that are understood", async () => {
  for (const command of commands) {
    for (const example of command.examples.filter((line) => line.startsWith("forge "))) {
      const [line = ""] = example.slice("forge ".length).split(" | ");
      const words = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map((word) => word[1] ?? word[2] ?? "");
      assert.deepEqual(words.slice(0, command.path.length), command.path, example);
      await argumentsOf(command, words.slice(command.path.length));
    }
  }
});

Deno.test("a misspelt command or option is answered with the one that was meant", async () => {
  for (
    const [args, meant] of [
      [["rnu"], "forge run"],
      [["workflwo", "list"], "forge workflow list"],
      [["workflow", "lst"], "forge workflow list"],
      [["evidnce"], "forge evidence"],
      [["workflow", "list", "--statsu", "denied"], "--status"],
      [["--verison"], "--version"],
      [["run", "--ptach", "x"], "--patch"],
    ] as const
  ) {
    const io = recorder();
    assert.equal(await dispatch(args, io), 2);
    assert.ok(
      io.stderr.includes("Did you mean") && io.stderr.includes(meant),
      `${args.join(" ")}: ${io.stderr}`,
    );
  }
});

Deno.test("help of a namespace lists its commands; 'help COMMAND' is the command's own help", async () => {
  const namespace = recorder();
  assert.equal(await dispatch(["workflow", "--help"], namespace), 0);
  assert.match(namespace.stdout, /^Usage: forge workflow COMMAND/);
  assert.ok(!namespace.stdout.includes("evidence list"));
  const command = recorder();
  const same = recorder();
  assert.equal(await dispatch(["help", "workflow", "list"], command), 0);
  assert.equal(await dispatch(["workflow", "--help", "list"], same), 0);
  assert.equal(command.stdout, same.stdout);
  assert.match(command.stdout, /Usage: forge workflow list/);
});

Deno.test("help of a group within a namespace lists its commands, and the group without one asks for it", async () => {
  const help = recorder();
  assert.equal(await dispatch(["etl", "schedule", "--help"], help), 0);
  assert.match(help.stdout, /^Usage: forge etl schedule COMMAND/);
  assert.ok(help.stdout.includes("etl schedule pause") && !help.stdout.includes("etl run"));
  const bare = recorder();
  assert.equal(await dispatch(["etl", "schedule"], bare), 2);
  assert.match(bare.stderr, /'etl schedule' needs a command/);
  assert.ok(!bare.stderr.includes("etl run"), bare.stderr);
});

Deno.test("an option that is given twice, or is empty, is refused: nobody can say what was meant", async () => {
  for (const args of [["--repo", "a", "--repo", "b"], ["--repo", ""], ["--repo="]]) {
    const io = recorder();
    assert.equal(await dispatch(["run", "spec.md", ...args], io), 2);
    assert.match(io.stderr, /--repo is (given 2 times|empty)/);
  }
});

Deno.test("what an error repeats of the command line holds no control characters", async () => {
  const io = recorder();
  assert.equal(await dispatch(["\u001b[31mred\u0007"], io), 2);
  // deno-lint-ignore no-control-regex -- that they are absent is what is tested
  assert.doesNotMatch(io.stderr.replaceAll("\n", ""), /[\u0000-\u001f]/);
});

// req: N5-10
Deno.test("with --json an error is one JSON document on stdout", async () => {
  const io = recorder();
  assert.equal(await dispatch(["run", "--json"], io), 2);
  const { error } = JSON.parse(io.stdout);
  assert.equal(error.code, "usage");
  assert.ok(error.remedy);
});

Deno.test("common options may stand before the command", async () => {
  const io = recorder();
  assert.equal(await dispatch(["--json", "--data", await freshData(), "policy", "list"], io), 0);
  assert.ok(JSON.parse(io.stdout).rules.length > 0);
});

Deno.test("an unexpected fault is exit 1 without a stack trace, with one under --verbose", async () => {
  const data = await freshData();
  await Deno.writeTextFile(
    `${data}/state.db`,
    "this is no database, and long enough to be looked at as one".repeat(100),
  );
  const quiet = recorder();
  assert.equal(await dispatch(["workflow", "list", "--data", data], quiet), 1);
  assert.ok(!quiet.stderr.includes("    at "), quiet.stderr);
  const loud = recorder();
  assert.equal(await dispatch(["workflow", "list", "--data", data, "--verbose"], loud), 1);
  assert.ok(loud.stderr.includes("    at "), loud.stderr);
});

Deno.test("a data directory that is a file, or cannot be made, is exit 2 with a remedy; doctor lists it", async () => {
  const dir = await freshData();
  await Deno.writeTextFile(`${dir}/file`, "");
  for (const data of [`${dir}/file`, `${dir}/file/below`]) {
    for (const command of [["workflow", "list"], ["init", "--user", "a"]]) {
      const io = recorder();
      assert.equal(await dispatch([...command, "--data", data], io), 2, `${command} ${data}`);
      assert.match(io.stderr, /do:.*--data/);
    }
    const io = recorder();
    assert.equal(await dispatch(["doctor", "--data", data, "--json"], io), 1);
    const { checks } = JSON.parse(io.stdout) as { checks: { name: string; ok: boolean }[] };
    assert.equal(checks.find((check) => check.name === "data")?.ok, false);
  }
});

Deno.test("a relative spec path resolves against the caller's directory", async () => {
  const dir = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${dir}/spec.yaml`, 'title: T\nintent: { type: UPDATE, scope: ["src/**"] }\n');
    const io = recorder(dir);
    assert.equal(await dispatch(["spec", "check", "spec.yaml", "--json"], io), 0);
    assert.equal(JSON.parse(io.stdout).valid, true);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

async function freshData(): Promise<string> {
  const dir = await Deno.makeTempDir();
  temporary.push(dir);
  return dir;
}

const temporary: string[] = [];
Deno.test.afterAll(async () => {
  for (const dir of temporary) await Deno.remove(dir, { recursive: true });
});
