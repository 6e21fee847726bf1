import assert from "node:assert/strict";
import { join } from "node:path";
import { packageOf } from "../../../../connectors/testing/mod.ts";
import { laidInto } from "../dependencies.ts";
import { changedFiles, filesOf } from "./observed.ts";
import { fakeRun, sandboxed } from "./testing/room.ts";

const npm = await new Deno.Command("npm", { args: ["--version"], stdout: "null", stderr: "null" }).output()
  .then(({ success }) => success, () => false);
const ignore = !sandboxed || !npm;

Deno.test({
  name:
    `an agent has the dependencies of the base, nothing of them gets into the change, and what it did is seen from outside${
      ignore ? " (skipped: no bubblewrap or no npm)" : ""
    }`,
  ignore,
  async fn() {
    const left = await packageOf("left", { "index.js": "module.exports = 42;" });
    const dependencies = { left: "file:left-1.0.0.tgz" };
    const files = {
      "left-1.0.0.tgz": left.tarball,
      "package.json": JSON.stringify({ name: "app", version: "1.0.0", dependencies }),
      "package-lock.json": JSON.stringify({
        name: "app",
        version: "1.0.0",
        lockfileVersion: 3,
        requires: true,
        packages: {
          "": { name: "app", version: "1.0.0", dependencies },
          "node_modules/left": { version: "1.0.0", resolved: dependencies.left, integrity: left.integrity },
        },
      }),
    };
    await using run = await fakeRun({ mode: "deps", files });
    assert.ok(run.result.ok, JSON.stringify(run.result));
    assert.deepEqual(JSON.parse(await run.text("src/seen.json") ?? ""), {
      left: "42",
      mine: "forge-session-",
    });
    assert.ok(!run.patch.includes("node_modules"), run.patch);
    const { session, steps } = run.result.value;
    const [start, told] = session?.calls ?? [];
    assert.deepEqual([start?.told, told?.tool, told?.told], [undefined, "claude/Bash", "claimed"]);
    const seen = session?.observed;
    assert.ok(seen !== undefined && seen.programs.includes("sleep"), JSON.stringify(seen));
    assert.deepEqual(seen.written, ["src/seen.json"]);
    assert.ok(seen.unrouted === null || seen.unrouted > 0, String(seen.unrouted));
    assert.ok(
      steps.some((step) => /^seen from outside: 1 files changed; programs .*sleep/.test(step)),
      steps.join("\n"),
    );
    assert.ok(steps.includes("the dependencies of the base were installed for it"));
  },
});

Deno.test("dependencies are taken out where they were laid, never through a link that somebody put there", async () => {
  const root = await Deno.realPath(await Deno.makeTempDir({ prefix: "edgeforge-laid-" }));
  try {
    const [dir, outside] = [join(root, "work"), join(root, "outside")];
    for (const path of ["own/node_modules/kept", "a", "b"]) {
      await Deno.mkdir(join(dir, path), { recursive: true });
    }
    await Deno.mkdir(join(outside, "node_modules/precious"), { recursive: true });
    const lay = async (into: string) => {
      for (const path of ["node_modules/x", "a/node_modules/y", "b/node_modules/z"]) {
        await Deno.mkdir(join(into, path), { recursive: true });
      }
    };
    const takeOut = await laidInto(dir, {
      executions: [],
      env: {},
      readOnly: [],
      notes: [],
      problem: null,
      lay,
    });
    await Deno.remove(join(dir, "a"), { recursive: true });
    await Deno.symlink(outside, join(dir, "a"));
    await Deno.remove(join(dir, "b/node_modules"), { recursive: true });
    await Deno.symlink(join(outside, "node_modules"), join(dir, "b/node_modules"));
    await takeOut();
    const there = (path: string) => Deno.lstat(path).then(() => true, () => false);
    assert.deepEqual(
      await Promise.all(
        [
          join(outside, "node_modules/precious"),
          join(dir, "own/node_modules/kept"),
          join(dir, "node_modules"),
          join(dir, "b/node_modules"),
        ]
          .map(there),
      ),
      [true, true, false, false],
    );
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

Deno.test("files that are new, gone or other are told apart, also those that git does not look at", async () => {
  const dir = await Deno.makeTempDir({ prefix: "edgeforge-files-" });
  try {
    for (const name of ["same", "gone", "other"]) await Deno.writeTextFile(join(dir, name), "1");
    const before = await filesOf(dir);
    await Deno.remove(join(dir, "gone"));
    await Deno.writeTextFile(join(dir, "other"), "22");
    await Deno.writeTextFile(join(dir, ".ignored"), "3");
    assert.deepEqual(changedFiles(before, await filesOf(dir)), [".ignored", "gone", "other"]);
    assert.equal(changedFiles(before, await filesOf(join(dir, "not there"))), null);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
