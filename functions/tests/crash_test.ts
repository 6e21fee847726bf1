import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { room, sandboxed } from "./samples.ts";

const MAIN = fileURLToPath(new URL("../cli/main.ts", import.meta.url));

// req: N2-07 N9-03
Deno.test("kill -9 in the middle of any phase: the run goes on where it was, and one branch comes of it", async () => {
  await using at = await room();
  const repo = await at.repository("deno-signup");
  for (const phase of ["explore", "implement", "verify", "release"]) {
    const args = [
      "run",
      at.beside("deno-signup", "spec.md"),
      "--repo",
      repo,
      "--patch",
      at.beside("deno-signup", "honest.patch"),
      "--data",
      at.data,
      ...(sandboxed ? [] : ["--sandbox", "none"]),
    ];
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", MAIN, ...args],
      env: { NO_COLOR: "1" },
      stdout: "null",
      stderr: "piped",
    }).spawn();
    let seen = "";
    const decoder = new TextDecoder();
    for await (const chunk of child.stderr) {
      seen += decoder.decode(chunk, { stream: true });
      // The line of the phase before it has just been written: the next phase is under way.
      if (before(phase, seen)) break;
    }
    child.kill("SIGKILL");
    await child.status;
    const run = /run_[0-9a-z]+/.exec(seen)?.[0];
    assert.ok(run, seen);

    const resumed = await at.forge("workflow", "resume", run, ...(sandboxed ? [] : ["--sandbox", "none"]));
    assert.equal(resumed.exit, 0, `${phase}: ${JSON.stringify(resumed.document)}`);
    assert.equal(resumed.document.status, "completed", phase);
    const branches = (await at.git(repo, "branch", "--list", `forge/*-${run.slice(-8)}`)).trim().split("\n");
    assert.equal(branches.length, 1, phase);

    const { document } = await at.forge("workflow", "events", run) as unknown as {
      document: {
        events: { type: string; seq: number; prevHash: string; hash: string; payload: { phase?: string } }[];
      };
    };
    document.events.forEach((event, index) => {
      assert.equal(event.seq, index + 1);
      if (index > 0) assert.equal(event.prevHash, document.events[index - 1]?.hash);
    });
    const finished = document.events.filter((event) => event.type === "phase.finished").map((event) =>
      event.payload.phase
    );
    assert.deepEqual(finished, [...new Set(finished)], "a committed phase never runs again");
  }
  const pulls = await at.forge("pr", "list") as unknown as { document: { pullRequests: { run: string }[] } };
  assert.equal(pulls.document.pullRequests.length, 4);
});

function before(phase: string, seen: string): boolean {
  const last =
    { explore: /run_[0-9a-z]+/, implement: /✓ plan/, verify: /verify: base/, release: /✓ review/ }[phase];
  return last?.test(seen) ?? false;
}
