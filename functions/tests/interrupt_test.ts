import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { room, sandboxed } from "./samples.ts";

const MAIN = fileURLToPath(new URL("../cli/main.ts", import.meta.url));

// req: N5-09 N2-07
Deno.test({
  name:
    "an interrupt from the terminal reaches the whole process group: the tests of the run are not hit by it, and it goes on to the same end",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using at = await room();
    const repo = await at.repository("shell-backup");
    // Slow enough to be interrupted in the middle, whatever the machine.
    await Deno.writeTextFile(`${repo}/test.sh`, `sleep 3\n${await Deno.readTextFile(`${repo}/test.sh`)}`);
    await at.git(repo, "commit", "-qam", "Slow tests");
    const spec = await at.write(
      "spec.json",
      JSON.stringify({
        title: "Say where backups go",
        intent: { type: "CREATE", scope: ["docs/**"] },
        verify: { run: [["bash", "test.sh"]] },
        operations: [{ op: "create-file", path: "docs/backups.md", content: "To the other disk.\n" }],
      }),
    );
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", MAIN, "run", spec, "--repo", repo, "--data", at.data, "--json"].concat(
        sandboxed ? [] : ["--sandbox", "none"],
      ),
      env: { NO_COLOR: "1" },
      stdout: "piped",
      stderr: "piped",
      detached: true,
    }).spawn();
    let seen = "";
    const decoder = new TextDecoder();
    const reader = child.stderr.getReader();
    while (!seen.includes("gate to verify")) {
      const { done, value } = await reader.read();
      if (done) break;
      seen += decoder.decode(value, { stream: true });
    }
    // As a terminal does it: to the process group of the command.
    await new Promise((resolve) => setTimeout(resolve, 700));
    Deno.kill(-child.pid, "SIGINT");
    const drained = (async () => {
      while (!(await reader.read()).done);
    })();
    const [{ code }, text] = await Promise.all([child.status, new Response(child.stdout).text(), drained]);
    assert.equal(code, 130, seen + text);
    const { run, error } = JSON.parse(text);
    assert.equal(error.code, "interrupted");
    assert.ok(error.remedy.includes(`forge workflow resume ${run}`), error.remedy);

    const resumed = await at.forge("workflow", "resume", run);
    assert.equal(resumed.document.status, "completed", JSON.stringify(resumed.document, null, 2));
    const { document } = await at.forge("workflow", "events", run);
    const said = JSON.stringify(document);
    assert.ok(said.includes("bash test.sh") && !/test\.sh: (?:signal|killed)/.test(said), said);
  },
});
