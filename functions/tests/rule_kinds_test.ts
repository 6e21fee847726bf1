/** Rules of every kind in one signed pack, over a real run. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { draftManifest, ENVELOPE_FILE, signManifest } from "../../policies/packs/mod.ts";
import { keyDirectory } from "../key_directory.ts";
import { readPackPath } from "../pack_files.ts";
import { room } from "./samples.ts";

const MODULE = fileURLToPath(
  new URL("../../policies/packs/kinds/testdata/sample.wasm.gz", import.meta.url),
);
const HEAD = {
  layer: "L2",
  phases: ["implement->verify"],
  severity: "medium",
  message: "It does not hold",
  remediation: { text: "Change it" },
};
const RULES = [
  {
    ...HEAD,
    id: "GREP",
    kind: "astgrep",
    expr: "id: no-eval\nlanguage: TypeScript\nrule: { pattern: eval($A) }\nmessage: eval of $A",
  },
  { ...HEAD, id: "REGO", kind: "wasm", file: "policy.wasm", entrypoint: "pack/sample/violations" },
  {
    ...HEAD,
    id: "CEDAR",
    layer: "L4",
    kind: "cedar",
    expr:
      'permit (principal, action == Action::"verify", resource) when { resource.paths.contains("src/fresh.ts") };',
  },
  { ...HEAD, id: "SECRETS", kind: "secrets", expr: "*" },
  { ...HEAD, id: "CEL", kind: "cel", when: "size(facts.files) > 9", expr: "facts.diff.added < 100" },
];

Deno.test("a signed pack with rules of every kind judges a run: the one that fails names the line, the others are recorded", async () => {
  await using at = await room();
  const packed = new Blob([await Deno.readFile(MODULE)]).stream().pipeThrough(
    new DecompressionStream("gzip"),
  );
  const dir = join(at.dir, "house");
  await Deno.mkdir(dir);
  await Deno.writeFile(join(dir, "policy.wasm"), packed);
  const manifest = {
    apiVersion: "delivery.policy/v1",
    name: "acme/house",
    version: "1.0.0",
    revision: 1,
    notBefore: "2020-01-01T00:00:00Z",
    expiresAt: "2099-01-01T00:00:00Z",
    rules: RULES,
  };
  await Deno.writeTextFile(join(dir, "pack.yaml"), JSON.stringify(manifest));
  await at.forge("init", "--user", "ada");
  // By hand: the command signs only what its examples prove.
  const files = await readPackPath(dir);
  const draft = files.ok ? await draftManifest(files.value) : files;
  const signer = await keyDirectory(at.data).signer("ada");
  assert.ok(draft.ok && signer);
  await Deno.writeFile(join(dir, ENVELOPE_FILE), await signManifest(draft.value.manifest, signer));
  const installed = await at.forge("policy", "install", dir);
  assert.equal(installed.exit, 0, JSON.stringify(installed.document));

  const repo = await at.repository("deno-signup");
  await Deno.writeTextFile(join(repo, "src/fresh.ts"), "const old = 1;\neval(String(old));\n");
  await at.git(repo, "add", "-N", "src/fresh.ts");
  const patch = await at.write("change.patch", await at.git(repo, "diff"));
  await at.git(repo, "reset", "-q");
  await Deno.remove(join(repo, "src/fresh.ts"));
  const spec = await at.write(
    "spec.yaml",
    "title: A file\nintent: { type: UPDATE, scope: ['src/**'] }\npacks: [acme/house]\nimplementer: patch\n",
  );
  const { document } = await at.forge("run", spec, "--repo", repo, "--patch", patch);
  assert.equal(document.status, "denied", JSON.stringify(document));
  const grep = document.denials.find(({ rule }) => rule === "acme/house/GREP");
  assert.deepEqual([grep?.path, grep?.line, grep?.message], [
    "src/fresh.ts",
    2,
    "It does not hold: eval of String(old)",
  ]);
  const explained = (await at.forge("policy", "explain", document.run)).document as unknown as {
    decisions: { rules: { rule: string; verdict: string; because?: string }[] }[];
  };
  const own = explained.decisions.flatMap(({ rules }) => rules).filter(({ rule }) =>
    rule.startsWith("acme/house/")
  );
  assert.deepEqual(own.map(({ rule, verdict }) => `${rule.split("/").at(-1)} ${verdict}`).sort(), [
    "CEDAR pass",
    "CEL not_applicable",
    "GREP fail",
    "REGO pass",
    "SECRETS pass",
  ]);
  assert.equal(own.find(({ rule }) => rule.endsWith("/CEL"))?.because, "`size(facts.files) > 9` is false");
});
