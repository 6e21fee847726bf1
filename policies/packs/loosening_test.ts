import assert from "node:assert/strict";
import { PackManifest } from "../../specs/mod.ts";
import { sampleManifest, sampleRule } from "../testing/packs.ts";
import { packDifference } from "./difference.ts";
import { looseningProblem, signersOf } from "./loosening.ts";

const EXAMPLES = `examples:
  - { name: one file, case: clean, given: { facts: { files: [{ path: a }] } } }
  - { name: three files, case: violating, given: { facts: { files: [{ path: a }, { path: b }, { path: c }] } } }
`;
const release = (expr: string, more: Record<string, unknown> = {}) => ({
  manifest: PackManifest.parse(
    sampleManifest({ rules: [sampleRule("FEW", expr, { tests: "few.yaml", ...more })] }),
  ),
  members: new Map([["few.yaml", new TextEncoder().encode(EXAMPLES)]]),
});
const next = async (a: string, b: string, more: Record<string, unknown> = {}) => {
  const found = await packDifference(release(a), release(b, more), []);
  assert.ok(found.ok, JSON.stringify(found));
  return found.value;
};
const TWO = "size(facts.files) <= 2";

// req: N4-22
Deno.test("a rule that lets an example pass which it refused is looser, without any kept decision", async () => {
  const looser = await next(TWO, "size(facts.files) <= 9");
  assert.deepEqual(looser.rules.forgets, ["FEW"]);
  assert.deepEqual([looser.version.step, looser.version.approvers], ["major", 2]);
  assert.match(looser.version.because, /FEW lets an example pass/);
  // The release's own examples may say otherwise: those of before count.
  assert.deepEqual((await next(TWO, "true", { tests: undefined })).rules.forgets, ["FEW"]);
  assert.deepEqual((await next(TWO, "size(facts.files) <= 1")).rules.forgets, []);
  assert.equal((await next(TWO, "size(facts.files) <= 1")).version.approvers, 1);
  assert.equal((await next(TWO, TWO, { mode: "shadow" })).version.approvers, 2);
});

Deno.test("a looser release needs two signers by name; two keys of one principal are one", () => {
  const root = {
    version: 1 as const,
    keys: ["ada", "ada", "bea"].map((name, at) => ({
      id: `k${at}`,
      publicKey: "",
      name,
      roles: ["pack-publisher" as const],
      level: "trusted" as const,
      packs: ["**"],
    })),
  };
  const looser = { approvers: 2 as const, because: "X is gone" };
  assert.deepEqual(signersOf(root, ["k0", "k1"]), ["ada"]);
  assert.equal(looseningProblem("p", looser, signersOf(root, ["k0", "k2"])), null);
  const refused = looseningProblem("p", looser, signersOf(root, ["k0", "k1"]));
  assert.ok(refused !== null && !refused.ok && refused.error.code === "pack-loosening");
  assert.equal(looseningProblem("p", { approvers: 1, because: "" }, ["ada"]), null);
});
