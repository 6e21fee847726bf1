import assert from "node:assert/strict";
import fc from "fast-check";
import { EMPTY_ROOT, type Hash, leafHash } from "./merkle.ts";
import { numberedLeaves, slowRoot, tilesOf } from "./testing/tree.ts";
import { consistencyProof, inclusionProof, treeRoot } from "./tree.ts";
import { hex } from "./verifier_key.ts";
import { verifyConsistency, verifyInclusion } from "./verify.ts";

const bytes = (text: string) => new Uint8Array((text.match(/../g) ?? []).map((two) => parseInt(two, 16)));

// The tree that implementations of Certificate Transparency share for their tests.
const LEAVES = [
  "",
  "00",
  "10",
  "2021",
  "3031",
  "40414243",
  "5051525354555657",
  "606162636465666768696a6b6c6d6e6f",
];
const ROOTS = [
  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
  "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
  "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

Deno.test("the roots over the well-known eight leaves are the published ones", async () => {
  const leaves = LEAVES.map((leaf) => leafHash(bytes(leaf)));
  const { read } = await tilesOf([leaves]);
  for (const [size, root] of ROOTS.entries()) assert.equal(hex(await treeRoot(size, read)), root);
});

Deno.test("tiles that grew in any batches give the root of the definition, at every size they went through", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 4 }),
      async (sizes) => {
        const leaves = numberedLeaves(sizes.reduce((sum, size) => sum + size, 0));
        let from = 0;
        const { read } = await tilesOf(sizes.map((size) => leaves.slice(from, from += size)));
        let size = 0;
        for (const batch of sizes) {
          size += batch;
          assert.equal(hex(await treeRoot(size, read)), hex(slowRoot(leaves.slice(0, size))));
        }
      },
    ),
    { numRuns: 15 },
  );
});

Deno.test("three levels of tiles: every kind of leaf of a tree of 66,000 is proven", async () => {
  const leaves = numberedLeaves(66_000);
  const { read, size } = await tilesOf([leaves.slice(0, 65_535), leaves.slice(65_535)]);
  const root = await treeRoot(size, read);
  for (const index of [0, 1, 255, 256, 65_534, 65_535, 65_536, 65_999]) {
    const leaf = leaves[index] as Hash;
    const proof = await inclusionProof(index, size, read);
    assert.ok(verifyInclusion({ leaf, index, size, root, proof }), String(index));
  }
  const first = 65_536;
  const proof = await consistencyProof(first, size, read);
  const firstRoot = await treeRoot(first, read);
  assert.ok(verifyConsistency({ first, firstRoot, second: size, secondRoot: root, proof }));
});

Deno.test("in all trees up to 35 leaves each leaf is proven, and by nothing but its own proof", async () => {
  const leaves = numberedLeaves(36);
  const { read } = await tilesOf([leaves]);
  for (let size = 1; size <= 35; size++) {
    const root = await treeRoot(size, read);
    for (let index = 0; index < size; index++) {
      const leaf = leaves[index] as Hash;
      const proof = await inclusionProof(index, size, read);
      const holds = (change: Partial<Parameters<typeof verifyInclusion>[0]>) =>
        verifyInclusion({ leaf, index, size, root, proof, ...change });
      assert.ok(holds({}));
      assert.ok(!holds({ leaf: leaves[index + 1] as Hash }));
      assert.ok(!holds({ root: flipped(root) }));
      assert.ok(!holds({ proof: [...proof, leaf] }));
      if (proof.length > 0) {
        assert.ok(!holds({ proof: proof.slice(1) }) && !holds({ proof: proof.slice(0, -1) }));
      }
      for (const at of proof.keys()) {
        assert.ok(!holds({ proof: proof.map((hash, n) => n === at ? flipped(hash) : hash) }));
      }
      for (const other of Array(size + 2).keys()) if (other !== index) assert.ok(!holds({ index: other }));
    }
  }
});

Deno.test("in all pairs of trees up to 35 leaves the one continues the other, by nothing but its own proof", async () => {
  const leaves = numberedLeaves(36);
  const { read } = await tilesOf([leaves]);
  const roots = await Promise.all(Array.from(Array(36).keys(), (size) => treeRoot(size, read)));
  for (let second = 0; second <= 35; second++) {
    for (let first = 0; first <= second; first++) {
      const [firstRoot, secondRoot] = [roots[first] as Hash, roots[second] as Hash];
      const proof = await consistencyProof(first, second, read);
      const holds = (change: Partial<Parameters<typeof verifyConsistency>[0]>) =>
        verifyConsistency({ first, firstRoot, second, secondRoot, proof, ...change });
      assert.ok(holds({}), `${first} to ${second}`);
      assert.ok(!holds({ firstRoot: flipped(firstRoot) }), `${first} to ${second}`);
      // The empty tree says nothing of what follows it.
      if (first > 0 || second === 0) assert.ok(!holds({ secondRoot: flipped(secondRoot) }));
      assert.ok(!holds({ proof: [...proof, secondRoot] }));
      if (proof.length > 0) assert.ok(!holds({ proof: proof.slice(1) }) && !holds({ proof: [] }));
      for (const at of proof.keys()) {
        assert.ok(!holds({ proof: proof.map((hash, n) => n === at ? flipped(hash) : hash) }));
      }
    }
  }
});

Deno.test("sizes and indexes that are none, and hashes of other lengths, prove nothing and do not throw", () => {
  const hash = leafHash(new Uint8Array());
  const one = { leaf: hash, index: 0, size: 1, root: hash, proof: [] };
  assert.ok(verifyInclusion(one));
  for (
    const change of [{ index: -1 }, { index: 0.5 }, { index: NaN }, { size: 0 }, { size: 2 ** 53 }, {
      size: Infinity,
    }]
  ) {
    assert.ok(!verifyInclusion({ ...one, ...change }), JSON.stringify(change));
  }
  assert.ok(!verifyInclusion({ ...one, leaf: hash.subarray(1), root: hash.subarray(1) }));
  assert.ok(!verifyInclusion({ ...one, size: 2, proof: [new Uint8Array(31)] }));
  const empty = { first: 0, firstRoot: EMPTY_ROOT, second: 0, secondRoot: EMPTY_ROOT, proof: [] };
  assert.ok(verifyConsistency(empty));
  for (
    const change of [{ first: 1 }, { first: -1 }, { second: -1 }, { second: 0.5 }, { firstRoot: hash }, {
      second: 1,
      firstRoot: hash,
    }, { second: 1, secondRoot: hash.subarray(1) }]
  ) {
    assert.ok(!verifyConsistency({ ...empty, ...change }), JSON.stringify(change));
  }
});

Deno.test("a proof of a leaf that is not there, or of a tree that shrinks, is not made", async () => {
  const { read } = await tilesOf([numberedLeaves(5)]);
  await assert.rejects(inclusionProof(5, 5, read), RangeError);
  await assert.rejects(inclusionProof(-1, 5, read), RangeError);
  await assert.rejects(consistencyProof(6, 5, read), RangeError);
  await assert.rejects(treeRoot(6, read), /Cannot read tile\/0\/000/);
});

function flipped(hash: Hash): Hash {
  const other = hash.slice();
  other[7] = (other[7] ?? 0) ^ 16;
  return other;
}
