import assert from "node:assert/strict";
import { onPath, ownSession, sessionTool } from "./session.ts";

Deno.test({
  name: "a program that is started so leads a session of its own, under the number that we know it by",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const start = ownSession("/bin/cat", ["/proc/self/stat"]);
    assert.equal(start.detached, sessionTool() === null);
    const child = new Deno.Command(start.program, {
      args: start.args,
      detached: start.detached,
      stdout: "piped",
    }).spawn();
    const [text, status] = await Promise.all([new Response(child.stdout).text(), child.status]);
    assert.equal(status.code, 0);
    // State, parent, group, session: after the name, which is in brackets.
    const [, , , group, session] = text.slice(text.lastIndexOf(")")).split(" ").map(Number);
    assert.deepEqual([group, session], [child.pid, child.pid]);
  },
});

Deno.test("a name is looked for in the directories of PATH, in order, and its absence is an error that says where", async () => {
  const dir = await Deno.makeTempDir({ prefix: "edgeforge-path-" });
  try {
    await Deno.mkdir(`${dir}/git`);
    assert.throws(() => onPath("git", dir), Deno.errors.NotFound, "a directory is no program");
    await Deno.mkdir(`${dir}/bin`);
    await Deno.writeTextFile(`${dir}/bin/git`, "");
    assert.equal(onPath("git", `${dir}/none:${dir}/bin:${dir}`), `${dir}/bin/git`);
    assert.throws(() => onPath("nothing", `${dir}/bin`), /nothing on PATH .*bin/);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
