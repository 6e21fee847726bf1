/**
 * A process that dies at any step of sealing, on every way out of runs of both families: whatever starts next finishes it. Here some steps of
 * some runs; all of them with FORGE_CRASH_POINTS=all (ten minutes).
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import type { EvidenceVerification } from "../../specs/attestation/mod.ts";
import { type Room, room, sandboxed } from "./samples.ts";
import { type Asked, askFor, SMALL_BUNDLES, type SmallBundle } from "./small_bundles.ts";

const CHILD = fileURLToPath(new URL("./seal_child.ts", import.meta.url));

/** Carries a command out in a process that kills itself at a point; null when it was killed. */
async function child(at: Room, point: number, args: readonly string[]): Promise<{ points: string[] } | null> {
  const { success, signal, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--frozen=false", CHILD, String(point), ...args, "--data", at.data],
    cwd: at.dir,
    env: { NO_COLOR: "1" },
  }).output();
  if (signal === "SIGKILL") return null;
  assert.ok(success, new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** What starts next, and then what there is of the run. */
async function afterwards(
  at: Room,
  { run, status }: { run: string; status: string },
  what: string,
): Promise<void> {
  await at.forge("workflow", "resume", run, ...(sandboxed ? [] : ["--sandbox", "none"]));
  const { document } = await at.forge("workflow", "show", run);
  assert.equal(document.status, status, what);
  const listed = await at.forge("evidence", "list", "--run", run) as unknown as {
    document: { evidence: { id: string; path: string; status: string }[] };
  };
  const bundles = listed.document.evidence.filter((one) => one.status === status);
  assert.equal(bundles.length, 1, `${what}: ${JSON.stringify(listed.document)}`);
  const [bundle] = bundles;
  assert.ok(bundle);
  assert.deepEqual(document.evidence?.id, bundle.id, what);
  const { exit, document: told } = await at.forge("evidence", "verify", bundle.path);
  const { checks } = told as unknown as EvidenceVerification;
  assert.deepEqual([exit, checks.filter(({ ok }) => !ok)], [0, []], what);
  assert.ok(checks.some(({ name, ok }) => name === "bundle-proof" && ok), what);
  const logged = await at.forge("log", "verify", "--ledger");
  assert.equal(logged.exit, 0, `${what}: ${JSON.stringify(logged.document)}`);
}

async function killed(at: Room, kind: SmallBundle, asked: Asked, point: number): Promise<boolean> {
  const before = new Set((await runs(at)).map(({ run }) => run));
  const done = await child(at, point, asked.args);
  const [mine] = (await runs(at)).filter(({ run }) =>
    asked.run === undefined ? !before.has(run) : run === asked.run
  );
  assert.ok(mine, kind);
  await afterwards(at, { run: mine.run, status: asked.status }, `${kind}, point ${point}`);
  return done === null;
}

const runs = async (at: Room) =>
  (await at.forge("workflow", "list", "--limit", "200") as unknown as {
    document: { runs: { run: string }[] };
  }).document.runs;

/** Of each kind one point after another, as far as there are any; without being asked for all, one each. */
const ALL = Deno.env.get("FORGE_CRASH_POINTS") === "all";
const CHOSEN: Partial<Record<SmallBundle, number>> = { completed: 21, data: 3 };

// req: N6-01
Deno.test("a process that dies while it seals: the next start leaves one bundle of the run, which verifies", async (t) => {
  for (const kind of SMALL_BUNDLES) {
    const chosen = CHOSEN[kind];
    if (!ALL && chosen === undefined) continue;
    await t.step(kind, async () => {
      await using at = await room();
      const repo = await at.repository("shell-backup");
      if (!ALL) {
        assert.ok(await killed(at, kind, await askFor(at, repo, kind), chosen ?? 0), "it was not killed");
        return;
      }
      let point = 0;
      while (await killed(at, kind, await askFor(at, repo, kind), point)) point += 1;
      assert.ok(point > 20, `${kind} had ${point} points`);
      console.log(`${kind}: killed at ${point} points`);
    });
  }
});
