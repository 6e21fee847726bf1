import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { compose } from "../compose.ts";
import { room, sandboxed } from "./samples.ts";

const MAIN = fileURLToPath(new URL("../cli/main.ts", import.meta.url));
const RECOVERY_MS = 5_000;

// req: N2-09
Deno.test("a run whose process was killed is taken over as the next process starts, and goes on within 5 s", async () => {
  await using at = await room();
  const sandbox = sandboxed ? "bwrap" : "none";
  const args = [
    "run",
    at.beside("deno-signup", "spec.md"),
    "--repo",
    await at.repository("deno-signup"),
    "--patch",
    at.beside("deno-signup", "honest.patch"),
    "--data",
    at.data,
    "--sandbox",
    sandbox,
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
    if (seen.includes("verify: base")) break;
  }
  child.kill("SIGKILL");
  await child.status;
  const run = /run_[0-9a-z]+/.exec(seen)?.[0];
  assert.ok(run, seen);

  const service = await compose({ data: at.data, sandbox, workers: true });
  const restarted = performance.now();
  try {
    // The boot scan is over. Without the lock of the dead process its lease of 4 s would still stand, and nothing be claimed.
    assert.equal(service.metrics().crashedClaims, 1);
    const killedAt = (await service.view(run))?.head.seq ?? 0;
    for await (const event of service.watch(run, { after: killedAt })) {
      assert.equal(event.seq, killedAt + 1);
      break;
    }
    const tookMs = performance.now() - restarted;
    assert.ok(tookMs < RECOVERY_MS, `it took ${Math.round(tookMs)} ms until the run went on`);
    await service.settled(run);
    const events = await service.events(run);
    const finished = events.flatMap((event) => event.type === "phase.finished" ? [event.payload.phase] : []);
    assert.deepEqual(finished, [...new Set(finished)], "a committed phase never runs again");
    assert.equal(events.at(-1)?.type, "evidence.sealed");
  } finally {
    await service.close();
  }
});
