/** Packs of a repository, as a change touches them. */
import assert from "node:assert/strict";
import { PackManifest } from "../../specs/mod.ts";
import { signManifest } from "../packs/signature.ts";
import { publisher, sampleManifest, sampleRule } from "../testing/packs.ts";
import { sampleFacts, type Tree } from "../testing/trees.ts";

const ada = await publisher("ada");
const text = new TextDecoder();

async function house(revision: number, rules = ["A", "B"], more: Tree = {}): Promise<Tree> {
  const manifest = PackManifest.parse(
    sampleManifest({ revision, rules: rules.map((id) => sampleRule(id)), members: [] }),
  );
  return {
    ".forge/packs/house/pack.dsse.json": text.decode(await signManifest(manifest, ada.signer)),
    ...more,
  };
}
const facts = async (base: Tree, head: Tree) =>
  (await sampleFacts({ "a.md": "1\n", ...base }, { "a.md": "2\n", ...head })).packs ?? [];

Deno.test("a release that follows on another is told with revision, digest and signers of both", async () => {
  const [one, ...more] = await facts(await house(3), await house(4));
  assert.equal(more.length, 0);
  assert.deepEqual([one?.place, one?.before?.revision, one?.after?.revision], [".forge/packs/house/", 3, 4]);
  assert.notEqual(one?.before?.digest, one?.after?.digest);
  assert.deepEqual([one?.after?.signers, one?.problems, one?.looser], [[ada.signer.keyId], [], []]);
});

Deno.test("a pack that is not signed, not whole, or looser is told so; one that goes has no release after", async () => {
  const base = await house(3);
  const [unsigned] = await facts(base, { ".forge/packs/house/pack.yaml": "name: acme/house\n" });
  assert.deepEqual([unsigned?.after, unsigned?.problems], [null, ["it is not signed"]]);
  const [extra] = await facts(base, await house(4, ["A", "B"], { ".forge/packs/house/more.txt": "x\n" }));
  assert.match(extra?.problems.join() ?? "", /holds 'more.txt'/);
  const [looser] = await facts(base, await house(4, ["A"]));
  assert.deepEqual(looser?.looser, ["B is gone"]);
  const [gone] = await facts(base, {});
  assert.deepEqual([gone?.before?.revision, gone?.after], [3, null]);
  assert.deepEqual(await facts(base, base), []);
});
