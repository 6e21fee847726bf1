import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import type { FleetReport } from "../../specs/mod.ts";
import { fleetHost } from "./fleet_child.ts";
import { type Room, room, sandboxed } from "./samples.ts";

const CHILD = fileURLToPath(new URL("fleet_child.ts", import.meta.url));
const LEVEL = sandboxed ? [] : ["--sandbox", "none"];

const honest = async (at: Room, repo: string) =>
  await at.forge(
    "run",
    at.beside("deno-signup", "spec.md"),
    "--repo",
    repo,
    "--patch",
    at.beside("deno-signup", "honest.patch"),
  );
const fleet = async <T>(at: Room, ...args: string[]) => {
  const { exit, document, stderr } = await at.forge("fleet", ...args);
  return { exit, document: document as unknown as T, stderr };
};

// req: N7-14
Deno.test("safe-mode end to end: a new run is taken in and held, goes on after an operator left it, and is counted once", async () => {
  await using at = await room();
  const repo = await at.repository("deno-signup");
  assert.equal((await fleet(at, "stop")).exit, 2);
  const stopped = await fleet<{ entered: boolean; cause: string }>(at, "stop", "--reason", "a drill");
  assert.deepEqual([stopped.exit, stopped.document.entered, stopped.document.cause], [
    0,
    true,
    "emergency-stop",
  ]);

  const held = await honest(at, repo);
  assert.equal(held.exit, 3, held.stderr);
  assert.equal(held.document.status, "paused");
  assert.match(
    held.document.waiting?.reason ?? "",
    /safe-mode \(emergency-stop\).*a drill.*safe-mode --exit/,
  );
  assert.equal((await at.git(repo, "branch", "--list", "forge/*")).trim(), "");
  const again = await at.forge("workflow", "resume", held.document.run, ...LEVEL);
  assert.deepEqual([again.exit, again.document.status], [3, "paused"]);

  const mode = await fleet<FleetReport>(at, "mode");
  assert.deepEqual([mode.document.mode, mode.document.held], ["safe-mode", 1]);
  assert.equal((await fleet(at, "safe-mode", "--exit")).exit, 2);
  assert.equal((await fleet(at, "safe-mode", "--enter", "--exit", "--reason", "both")).exit, 2);
  const left = await fleet<{ mode: string; resumed: number }>(
    at,
    "safe-mode",
    "--exit",
    "--reason",
    "the drill is over",
  );
  assert.deepEqual([left.exit, left.document], [0, { mode: "nominal", resumed: 1 }]);
  const nothing = await fleet(at, "safe-mode", "--exit", "--reason", "once more");
  assert.equal(nothing.exit, 1);

  const done = await at.forge("workflow", "resume", held.document.run, ...LEVEL);
  assert.deepEqual([done.exit, done.document.status], [0, "completed"], done.stderr);
  const { document } = await fleet<FleetReport>(at, "stats", "--window", "30d", "--tier", "standard");
  assert.deepEqual(document.tiers.map(({ tier, window, runs }) => [tier, window, runs.completed]), [
    ["standard", "30d", 1],
  ]);
  assert.deepEqual(document.autonomy.map(({ intent, granted }) => [intent, granted]), [["UPDATE", "A3"]]);
  const rebuilt = await fleet<{ agrees: boolean; counted: number }>(at, "rebuild");
  assert.deepEqual([rebuilt.exit, rebuilt.document.agrees, rebuilt.document.counted], [0, true, 1]);
});

Deno.test("a freeze window: what is due waits parked for its end, or is denied with it; lifted, it goes on", async () => {
  await using at = await room();
  const repo = await at.repository("deno-signup");
  const bad = await fleet(at, "freeze", "--from", "2020-01-01", "--reason", "no end");
  assert.equal(bad.exit, 2);
  const window = ["--from", "2020-01-01", "--to", "2100-01-01", "--reason", "year end"];
  const waits = await fleet<{ id: string }>(at, "freeze", ...window);
  assert.equal(waits.exit, 0);
  const parked = await honest(at, repo);
  assert.deepEqual([parked.exit, parked.document.status, parked.document.phase], [3, "parked", "release"]);
  assert.equal(parked.document.waiting?.until, "2100-01-01T00:00:00.000Z");
  assert.match(
    parked.document.waiting?.reason ?? "",
    /frozen until 2100-01-01T00:00:00.000Z by the installation/,
  );

  const listed = await fleet<{ freezes: FleetReport["freezes"] }>(at, "freeze", "list");
  assert.deepEqual(listed.document.freezes.map(({ id, open }) => [id, open]), [[waits.document.id, true]]);
  assert.equal((await fleet(at, "freeze", "lift", waits.document.id, "--reason", "over")).exit, 0);
  assert.equal((await fleet(at, "freeze", "lift", waits.document.id, "--reason", "over")).exit, 2);
  const done = await at.forge("workflow", "resume", parked.document.run, ...LEVEL);
  assert.deepEqual([done.exit, done.document.status], [0, "completed"], done.stderr);

  assert.equal((await fleet(at, "freeze", ...window, "--deny")).exit, 0);
  const denied = await honest(at, repo);
  assert.deepEqual([denied.exit, denied.document.status], [1, "denied"]);
  const [first] = denied.document.denials;
  assert.deepEqual([first?.rule, first?.layer], ["core/FREEZE", "L3"]);
  assert.match(first?.message ?? "", /Frozen until 2100-01-01T00:00:00.000Z .*year end/);
});

Deno.test("a freeze window that the repository declares at its base is kept", async () => {
  await using at = await room();
  const repo = await at.repository("deno-signup");
  await Deno.mkdir(`${repo}/.forge`, { recursive: true });
  await Deno.writeTextFile(
    `${repo}/.forge/policy.yaml`,
    "freeze:\n  - { reason: launch, from: 2020-01-01, to: 2100-01-01, tz: Europe/Berlin }\n",
  );
  await at.git(repo, "add", ".");
  await at.git(repo, "commit", "-qm", "Freeze");
  const parked = await honest(at, repo);
  assert.deepEqual(
    [parked.exit, parked.document.status],
    [3, "parked"],
    JSON.stringify(parked.document.denials),
  );
  assert.match(
    parked.document.waiting?.reason ?? "",
    /2099-12-31T23:00:00.000Z by the repository's .forge\/policy.yaml: launch/,
  );
});

for (const when of ["before", "after"] as const) {
  Deno.test(`kill -9 right ${when} an ended run is counted: the next engine leaves it counted once`, async () => {
    const dir = await Deno.makeTempDir({ prefix: "forge-fleet-" });
    try {
      const child = new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--no-check", CHILD, dir, when],
        stdout: "piped",
        stderr: "inherit",
      }).spawn();
      let seen = "";
      const decoder = new TextDecoder();
      for await (const chunk of child.stdout) {
        seen += decoder.decode(chunk, { stream: true });
        if (seen.includes(`at ${when}`) && /run run_[0-9a-z]+\n/.test(seen)) break;
      }
      child.kill("SIGKILL");
      await child.status;
      const run = /run_[0-9a-z]+/.exec(seen)?.[0] ?? "";

      const host = await fleetHost(dir, () => Promise.resolve());
      try {
        const view = await host.engine.settled(run, AbortSignal.timeout(60_000));
        assert.equal(view.status, "completed");
        const doors = host.fleet.doors(host.engine);
        const report = await doors.report({ windows: ["1h"], tiers: ["standard"] });
        assert.equal(report.tiers[0]?.runs.completed, 1);
        const { agrees, counted } = await doors.rebuild({ repair: false });
        assert.deepEqual([agrees, counted], [true, 1]);
      } finally {
        await host.close();
      }
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  });
}
