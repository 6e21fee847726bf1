/** A plan whose process is killed in its third task, and goes on in another one. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import type { RunDocument } from "../../specs/mod.ts";
import { PLAN } from "./plan_child.ts";
import { moduleWriter, planning } from "./plan_room.ts";
import { room, sandboxed } from "./samples.ts";
import { open, tiny } from "./scripted.ts";

/** @param look what is to hold of the run once it went on: its document, what was done after the kill, the branches that it made */
export async function killedInTheMiddle(
  pr: "one" | "per-task",
  look: (after: { document: RunDocument; done: readonly (string | undefined)[]; branches: string[] }) => void,
): Promise<void> {
  await using at = await room();
  const setup = await tiny(at, { implementers: { model: moduleWriter() }, models: planning(PLAN) });
  await setup.service.close();
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-check",
      fileURLToPath(new URL("./plan_child.ts", import.meta.url)),
      at.data,
      setup.repo,
      sandboxed ? "bwrap" : "none",
      pr,
    ],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let seen = "";
  const decoder = new TextDecoder();
  for await (const chunk of child.stdout) {
    seen += decoder.decode(chunk, { stream: true });
    if (seen.includes("hangs")) break;
  }
  child.kill("SIGKILL");
  await child.status;
  const run = /run_[0-9a-z]+/.exec(seen)?.[0];
  assert.ok(run, seen);
  const implementer = moduleWriter();
  const service = await open(at, { implementers: { model: implementer }, models: planning(PLAN) });
  try {
    const document = await service.settled(run);
    assert.equal(document.status, "completed", JSON.stringify(document, null, 2));
    const branches = (await at.git(setup.repo, "branch", "--list", "forge/*")).trim().split("\n");
    look({ document, done: implementer.done, branches });
  } finally {
    await service.close();
  }
}
