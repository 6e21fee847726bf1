import assert from "node:assert/strict";
import { join } from "node:path";
import { bareSandbox } from "../workspace/sandbox/bare.ts";
import { claude } from "./claude.ts";
import { findAgent, showsOf } from "./find.ts";

/** A directory of programs that say this of their version. */
async function programs(says: string): Promise<{ dir: string; [Symbol.asyncDispose](): Promise<void> }> {
  const dir = await Deno.realPath(await Deno.makeTempDir({ prefix: "edgeforge-find-" }));
  await Deno.writeTextFile(join(dir, "claude"), `#!/bin/sh\n${says}\n`, { mode: 0o755 });
  return { dir, [Symbol.asyncDispose]: () => Deno.remove(dir, { recursive: true }) };
}

Deno.test("an agent is found on PATH or where a variable says, with the version that it tells", async () => {
  await using at = await programs('echo "2.1.197 (Claude Code)"');
  const sandbox = bareSandbox();
  const found = await findAgent(claude, { path: `relative:${at.dir}` }, sandbox);
  assert.deepEqual(found, {
    ok: true,
    value: { program: join(at.dir, "claude"), shows: [join(at.dir, "claude")], version: "2.1.197" },
  });
  const named = await findAgent(claude, { path: "", programs: { claude: join(at.dir, "claude") } }, sandbox);
  assert.ok(named.ok);
});

Deno.test("an agent that is absent, relative, or tells no version is refused with what to do", async () => {
  const sandbox = bareSandbox();
  await using mute = await programs("exit 1");
  await using odd = await programs("echo hello");
  for (
    const places of [
      { path: "/nowhere" },
      { path: "", programs: { claude: "bin/claude" } },
      { path: "", programs: { claude: "/nowhere/claude" } },
      { path: mute.dir },
      { path: odd.dir },
    ]
  ) {
    const found = await findAgent(claude, places, sandbox);
    assert.ok(!found.ok, JSON.stringify(places));
    assert.equal(found.error.code, "no-agent");
    assert.match(
      found.error.remedy ?? "",
      /npm install -g @anthropic-ai\/claude-code@\d.*FORGE_AGENT_CLAUDE=/,
    );
  }
});

Deno.test("of the disk a program sees the packages beside it or itself alone, never a home directory", () => {
  assert.deepEqual(showsOf("/usr/lib/node_modules/x/cli.js"), []);
  assert.deepEqual(showsOf("/home/a/.npm-global/lib/node_modules/@openai/codex/bin/codex.js"), [
    "/home/a/.npm-global/lib/node_modules",
  ]);
  assert.deepEqual(showsOf("/home/a/.local/share/claude/versions/2.1.197"), [
    "/home/a/.local/share/claude/versions/2.1.197",
  ]);
  assert.equal(showsOf("/node_modules/x/cli.js"), null);
});
