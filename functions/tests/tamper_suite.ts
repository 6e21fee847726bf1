/**
 * Every change of small bundles of real runs (`deno task test:tamper`): each byte of each file with a bit turned round, each bit and each
 * length of what no digest covers, each file taken away, doubled, cut, exchanged, every rewritten list, and the tar of each bundle. Takes
 * about half an hour of one processor; `tamper_test.ts` tries a part of it with every run of the tests. FORGE_TAMPER names kinds, separated
 * by commas.
 */
import assert from "node:assert/strict";
import {
  BundleUnreadable,
  memoryBundle,
  readTar,
  verifyEvidence,
  writeTar,
} from "../../policies/evidence/reading/mod.ts";
import { room } from "./samples.ts";
import { type MadeBundle, SMALL_BUNDLES, smallBundle, trustIn } from "./small_bundles.ts";
import { exchanged, flip, lists, type Tampered, UNLISTED, wholeFiles } from "./tampering.ts";

const asked = Deno.env.get("FORGE_TAMPER")?.split(",") ?? SMALL_BUNDLES;

Deno.test("nothing that anybody can do to a bundle without its keys is accepted, and the file is named", async (t) => {
  await using at = await room();
  const repo = await at.repository("shell-backup");
  const bundles: MadeBundle[] = [];
  for (const kind of SMALL_BUNDLES.filter((one) => asked.includes(one))) {
    bundles.push(await smallBundle(at, repo, kind));
  }
  const { trust } = await trustIn(at);
  for (const { kind, files } of bundles) {
    await t.step(`a bundle of a run: ${kind}`, async () => {
      assert.ok((await verifyEvidence(memoryBundle(files), { trust })).verified);
      const counts: Record<string, number> = {};
      // Of a rewritten list all is told: its files are not those that it names, either.
      const refused = async (class_: string, { what, named, bundle }: Tampered, first = true) => {
        const { verified, checks } = await verifyEvidence(bundle, { trust, first });
        const failed = checks.filter(({ ok }) => !ok);
        assert.ok(!verified, `${kind}: accepted with ${what}`);
        assert.ok(
          failed.some(({ file }) => file !== null && named.includes(file)),
          `${kind}: ${what}: ${JSON.stringify(failed)}`,
        );
        counts[class_] = (counts[class_] ?? 0) + 1;
      };
      for (const [path, bytes] of files) {
        const bits = UNLISTED.includes(path) ? [0, 1, 2, 3, 4, 5, 6, 7] : null;
        for (let n = 0; n < bytes.length; n++) {
          for (const bit of bits ?? [n % 8]) await refused("flips", flip(files, path, n, bit));
        }
      }
      for (const one of wholeFiles(files)) await refused("files", one);
      for await (const one of lists(files)) await refused("lists", one, false);
      for (const other of bundles) {
        if (other.kind !== kind) {
          for (const one of exchanged(files, other.files)) await refused("exchanged", one, false);
        }
      }
      counts.tar = await tarOf(files, (copy) => verifyEvidence(memoryBundle(copy), { trust, first: true }));
      const bytes = [...files.values()].reduce((sum, { length }) => sum + length, 0);
      console.log(`${kind}: ${files.size} files, ${bytes} bytes, refused: ${JSON.stringify(counts)}`);
    });
  }
});

/** Every byte of a tar's headers and gaps, and every cut of it at a block: the bytes between are those of the files. */
async function tarOf(
  files: ReadonlyMap<string, Uint8Array>,
  verify: (files: ReadonlyMap<string, Uint8Array>) => Promise<{ verified: boolean }>,
): Promise<number> {
  const tar = writeTar(files);
  let count = 0;
  const refused = async (what: string, bytes: Uint8Array) => {
    let read: Map<string, Uint8Array> | null = null;
    try {
      read = readTar(bytes);
    } catch (error) {
      if (!(error instanceof BundleUnreadable)) throw error;
    }
    if (read !== null) assert.ok(!(await verify(read)).verified, `the tar is accepted with ${what}`);
    count += 1;
  };
  let at = 0;
  const places: number[] = [];
  const range = (from: number, to: number) => {
    for (let place = from; place < to; place++) places.push(place);
  };
  for (const path of [...files.keys()].sort()) {
    const size = files.get(path)?.length ?? 0;
    const next = at + 512 + Math.ceil(size / 512) * 512;
    range(at, at + 512);
    range(at + 512 + size, next);
    at = next;
  }
  range(at, tar.length);
  for (const place of places) {
    const value = tar[place] ?? 0;
    tar[place] = value ^ (1 << (place % 8));
    await refused(`byte ${place}`, tar);
    tar[place] = value;
  }
  for (let cut = 0; cut < tar.length; cut += 512) await refused(`a cut at ${cut}`, tar.subarray(0, cut));
  await refused("a block more", new Uint8Array([...tar, ...new Uint8Array(512)]));
  return count;
}
