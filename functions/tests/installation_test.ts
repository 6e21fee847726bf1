import assert from "node:assert/strict";
import { join } from "node:path";
import { selfCheck } from "../compose.ts";
import { room } from "./samples.ts";

// req: N1-07
Deno.test("a phase whose handler is not bound stops the start with its name", () => {
  assert.throws(() => selfCheck([]), /Cannot start: workflow canonical: .*explore/);
});

// req: N5-14 N6-04 N6-06
Deno.test("a run keeps its state private and out of the repository, and says in bold that nothing held its tests", async () => {
  await using at = await room();
  const repo = await at.repository("node-cart");
  const files = async () => (await at.git(repo, "status", "--porcelain", "--ignored")).trim();
  const before = await files();
  const { exit, document } = await at.forge(
    "run",
    at.beside("node-cart", "spec.md"),
    "--repo",
    repo,
    "--patch",
    at.beside("node-cart", "honest.patch"),
    "--sandbox",
    "none",
  );
  assert.equal(exit, 0, JSON.stringify(document, null, 2));
  assert.equal(await files(), before);

  const mode = async (path: string) => ((await Deno.stat(path)).mode ?? 0) & 0o777;
  assert.equal(await mode(at.data), 0o700);

  const bundle = document.evidence?.path ?? "";
  assert.match(await Deno.readTextFile(join(bundle, "VERIFY.md")), /\*\*Sandbox: none\.\*\*/);
  const body = await Deno.readTextFile(join(bundle, "artifacts/pull-request.md"));
  assert.match(body, /\*\*none: the tests ran unsandboxed\*\*/);

  const held = JSON.parse(await Deno.readTextFile(join(bundle, "manifest.json"))).files
    .map((file: { path: string }) => file.path) as string[];
  for (
    const file of ["artifacts/spec.md", "artifacts/change.patch", "artifacts/verify.json", "log/events.jsonl"]
  ) {
    assert.ok(held.includes(file), file);
  }
  const decisions = held.filter((path) => /^decisions\/\d\d-/.test(path));
  assert.deepEqual(
    decisions.map((path) => path.replace(/^decisions\/\d\d-/, "").replace(".json", "")),
    [
      "explore-plan",
      "plan-implement",
      "implement-verify",
      "verify-review",
      "review-release",
      "release-completed",
    ],
  );
});

// req: N8-10
Deno.test("doctor names each thing that a run needs, whether it is there, and what to do when it is not", async () => {
  await using at = await room();
  const { exit, document } = await at.forge("doctor");
  const { checks } = document as unknown as {
    checks: { name: string; ok: boolean; needed: boolean; detail: string; remedy?: string }[];
  };
  for (const name of ["git", "sandbox", "node", "python3", "go"]) {
    assert.ok(checks.some((check) => check.name === name), name);
  }
  for (const check of checks) {
    assert.ok(check.detail !== "");
    if (!check.ok) assert.ok((check.remedy ?? "") !== "", `${check.name} has no remedy`);
  }
  assert.equal(exit, checks.every((check) => check.ok || !check.needed) ? 0 : 1);
});
