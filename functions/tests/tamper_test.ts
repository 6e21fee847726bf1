import assert from "node:assert/strict";
import { memoryBundle, verifyEvidence } from "../../policies/evidence/reading/mod.ts";
import { room } from "./samples.ts";
import { type MadeBundle, smallBundle, trustIn } from "./small_bundles.ts";
import { exchanged, flip, lists, type Tampered, UNLISTED, wholeFiles } from "./tampering.ts";

/** Numbers of one seed: the same part of all changes every time; another part with FORGE_SEED. */
function numbers(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor(state / 2 ** 32 * below);
  };
}

const SEED = Number(Deno.env.get("FORGE_SEED") ?? 20261123);
/** The rest of them in the whole suite. */
const KINDS = ["completed", "failed", "cancelled", "data"] as const;
/** One in so many of the changes of whole files and lists. */
const ONE_IN = 40;

// req: N6-03
Deno.test("bundles of runs that completed, failed and were cancelled, and of a load: a part of all changes is refused, each file named", async (t) => {
  await using at = await room();
  const repo = await at.repository("shell-backup");
  const bundles: MadeBundle[] = [];
  for (const kind of KINDS) bundles.push(await smallBundle(at, repo, kind));
  const { trust } = await trustIn(at);
  const next = numbers(SEED);
  for (const [n, { kind, files }] of bundles.entries()) {
    await t.step(kind, async () => {
      const whole = await verifyEvidence(memoryBundle(files), { trust });
      assert.deepEqual(whole.checks.filter(({ ok }) => !ok), []);
      // Of a rewritten list all is told: its files are not those that it names, either.
      const refused = async ({ what, named, bundle }: Tampered, first = true) => {
        const { verified, checks } = await verifyEvidence(bundle, { trust, first });
        const failed = checks.filter(({ ok }) => !ok);
        assert.ok(!verified, `${kind}: accepted with ${what} (seed ${SEED})`);
        assert.ok(
          failed.some(({ file }) => file !== null && named.includes(file)),
          `${kind}: ${what}: ${JSON.stringify(failed)} (seed ${SEED})`,
        );
      };
      for (const [path, bytes] of files) {
        const tries = bytes.length === 0 ? 0 : UNLISTED.includes(path) ? 12 : 1;
        for (let one = 0; one < tries; one++) {
          await refused(flip(files, path, next(bytes.length), next(8)));
        }
      }
      for (const one of wholeFiles(files)) if (next(ONE_IN) === 0) await refused(one);
      for await (const one of lists(files)) if (next(ONE_IN) === 0) await refused(one, false);
      const other = bundles[(n + 1) % bundles.length];
      if (other) {
        for (const one of exchanged(files, other.files)) if (next(4) === 0) await refused(one, false);
      }
    });
  }
});
