import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));
const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** What `forge spec check x.md` says of a file that is only in `folder`. */
async function check(cwd: string, called: string): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", MAIN, "spec", "check", "x.md", "--json"],
    cwd,
    env: { INIT_CWD: called, NO_COLOR: "1" },
  }).output();
  return new TextDecoder().decode(stdout);
}

Deno.test("relative paths are the caller's: those of a task where it was called, those of an npm script where it runs", async () => {
  const folder = await Deno.makeTempDir({ prefix: "forge-cwd-" });
  try {
    await Deno.writeTextFile(`${folder}/x.md`, "---\ntitle: x\n---\n");
    const isRead = /"intent"/;
    assert.match(await check(ROOT, folder), isRead, "deno task, called in the folder");
    assert.match(await check(folder, ROOT), isRead, "npm run, called somewhere else");
    assert.doesNotMatch(await check(ROOT, ROOT), isRead);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
