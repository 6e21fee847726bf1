import assert from "node:assert/strict";
import { type Room, room } from "./samples.ts";

const DAY = 86_400_000;
const HOUSE = (revision: number) =>
  `apiVersion: delivery.policy/v1
name: acme/house
version: 1.0.${revision}
revision: ${revision}
notBefore: ${new Date(Date.now() - DAY).toISOString()}
expiresAt: ${new Date(Date.now() + 30 * DAY).toISOString()}
requires: { engine: ">=1 <2", facts: [testInventory@1], packs: [] }
rules:
  - { id: FEW, layer: L2, phases: ["implement->verify"], kind: cel, expr: "size(facts.files) <= 20", mode: shadow,
      severity: medium, message: "More than 20 files", remediation: { text: "Split the change" } }
overlays: [ { rule: core/T8, mode: enforce } ]
`;

interface Told {
  verified: boolean;
  checks: { name: string; ok: boolean; detail: string }[];
  pack: { name: string; level: string; digest: string } | null;
}

/** Signs revision N of the house's pack as the principal of a data directory. */
async function signed(at: Room, revision: number, user = "ada"): Promise<string> {
  const dir = `${at.dir}/${user}-${revision}`;
  await Deno.mkdir(dir);
  await Deno.writeTextFile(`${dir}/pack.yaml`, HOUSE(revision));
  const data = `${at.dir}/of-${user}`;
  await at.forge("init", "--user", user, "--data", data);
  const { exit, stderr } = await at.forge("policy", "sign", dir, "--out", `${dir}.tar`, "--data", data);
  assert.equal(exit, 0, stderr);
  return `${dir}.tar`;
}

const verified = async (at: Room, ...args: string[]) => {
  const { exit, document } = await at.forge("policy", "verify", ...args);
  const told = document as unknown as Told;
  return { exit, told, failed: told.checks?.find((check) => !check.ok) };
};

Deno.test("policy verify tells each check, and its exit code is the verdict", async () => {
  await using at = await room();
  const archive = await signed(at, 1);
  const keys = `${at.dir}/of-ada/keys`;
  const good = await verified(at, archive, "--trust-root", keys);
  assert.deepEqual([good.exit, good.told.verified, good.told.pack?.name, good.told.pack?.level], [
    0,
    true,
    "acme/house",
    "trusted",
  ]);
  assert.deepEqual(good.told.checks.map(({ name }) => name), [
    "trust-root",
    "archive",
    "signature",
    "rules",
    "revision",
  ]);
  const folder = await verified(at, archive.replace(/\.tar$/, ""), "--trust-root", keys);
  assert.equal(folder.told.pack?.digest, good.told.pack?.digest);

  const none = await verified(at, archive);
  assert.deepEqual([none.exit, none.told.verified, none.failed?.name], [1, false, "trust-root"]);
  const stranger = await verified(at, await signed(at, 1, "eve"), "--trust-root", keys);
  assert.match(stranger.failed?.detail ?? "", /^pack-key-unknown/);
  const late = await verified(at, archive, "--trust-root", keys, "--at", "2100-01-01T00:00:00Z");
  assert.match(late.failed?.detail ?? "", /^pack-expired/);

  const bytes = await Deno.readFile(archive);
  bytes[600] = (bytes[600] ?? 0) ^ 1;
  const flipped = await verified(at, await at.write("flipped.tar", bytes), "--trust-root", keys);
  assert.deepEqual([flipped.exit, flipped.told.verified, flipped.told.pack], [1, false, null]);
  const text = await verified(at, await at.write("no.tar", "hello"), "--trust-root", keys);
  assert.deepEqual([text.exit, text.failed?.name], [1, "archive"]);
  assert.equal((await at.forge("policy", "verify", "absent.tar", "--trust-root", keys)).exit, 2);
});

Deno.test("policy install takes what verify takes; show and list tell what is installed, and a refused release changes nothing", async () => {
  await using at = await room();
  const keys = `${at.dir}/of-ada/keys`;
  const [first, second] = [await signed(at, 1), await signed(at, 2)];
  assert.equal((await at.forge("policy", "install", second, "--trust-root", keys)).exit, 0);
  const older = await at.forge("policy", "install", first, "--trust-root", keys);
  assert.deepEqual([older.exit, older.document.error?.code], [1, "pack-rollback"]);
  const stranger = await at.forge("policy", "install", await signed(at, 3, "eve"), "--trust-root", keys);
  assert.deepEqual([stranger.exit, stranger.document.error?.code], [1, "pack-key-unknown"]);
  const absent = await at.forge("policy", "install", `${at.dir}/nowhere`, "--trust-root", keys);
  assert.deepEqual([absent.exit, absent.document.error?.code], [2, "pack-not-found"]);

  const shown = await at.forge("policy", "show", "acme/house");
  const { pack } = shown.document as unknown as {
    pack: { revision: number; level: string; manifest: unknown };
  };
  assert.deepEqual([shown.exit, pack.revision, pack.level], [0, 2, "trusted"]);
  const { document } = await at.forge("policy", "list");
  const listed = document as unknown as {
    rules: { rule: string }[];
    packs: { name: string; source: string }[];
  };
  assert.ok(
    listed.rules.some(({ rule }) => rule === "acme/house/FEW") &&
      listed.rules.some(({ rule }) => rule === "core/T1"),
  );
  assert.ok(listed.packs.some(({ name, source }) => name === "acme/house" && source === "installed"));
  assert.equal((await at.forge("policy", "show", "acme/none")).exit, 2);
  const audit = await Deno.readTextFile(`${at.data}/audit.jsonl`);
  assert.equal(audit.match(/"policy\.install"/g)?.length, 1);
});

Deno.test("a second signer adds his signature; one of another manifest is dropped", async () => {
  await using at = await room();
  const dir = (await signed(at, 1)).replace(/\.tar$/, "");
  await at.forge("init", "--user", "bea", "--data", `${at.dir}/of-bea`);
  assert.equal((await at.forge("policy", "sign", dir, "--data", `${at.dir}/of-bea`)).exit, 0);
  const signatures = async () =>
    JSON.parse(await Deno.readTextFile(`${dir}/pack.dsse.json`)).signatures.length as number;
  assert.equal(await signatures(), 2);
  // The root must know both.
  assert.equal((await verified(at, dir, "--trust-root", `${at.dir}/of-ada/keys`)).exit, 1);
  await Deno.copyFile(`${at.dir}/of-bea/keys/bea.pub.pem`, `${at.dir}/of-ada/keys/bea.pub.pem`);
  assert.equal((await verified(at, dir, "--trust-root", `${at.dir}/of-ada/keys`)).exit, 0);
  await Deno.writeTextFile(`${dir}/pack.yaml`, HOUSE(2));
  assert.match(
    (await verified(at, dir, "--trust-root", `${at.dir}/of-ada/keys`)).failed?.detail ?? "",
    /pack-draft-differs/,
  );
  assert.equal((await at.forge("policy", "sign", dir, "--data", `${at.dir}/of-bea`)).exit, 0);
  assert.equal(await signatures(), 1);
});

Deno.test("what cannot be a pack is not signed, and the refusal names the rule", async () => {
  await using at = await room();
  await at.forge("init", "--user", "ada");
  const dir = `${at.dir}/house`;
  await Deno.mkdir(dir);
  for (
    const [from, to, said] of [
      ['expr: "size(facts.files) <= 20"', 'expr: "size(facts.files"', /FEW/],
      ['expr: "size(facts.files) <= 20", ', "", /FEW/],
      ["core/T8, mode: enforce", "core/T8", /overlay/],
      ["testInventory@1", "testInventory@9", /testInventory@9/],
    ] as const
  ) {
    await Deno.writeTextFile(`${dir}/pack.yaml`, HOUSE(1).replace(from, to));
    const { exit, document } = await at.forge("policy", "sign", dir);
    assert.equal(exit, 2);
    assert.match(document.error?.message ?? "", said);
    assert.equal(await Deno.stat(`${dir}/pack.dsse.json`).then(() => true, () => false), false);
  }
});

// req: N4-22
Deno.test("a rule that can block is signed with examples that prove it, or when that is said", async () => {
  await using at = await room();
  await at.forge("init", "--user", "ada");
  const dir = `${at.dir}/house`;
  await Deno.mkdir(dir);
  for (const mode of ["mode: enforce", "mode: warn", "tiers: { critical: enforce }, mode: shadow"]) {
    await Deno.writeTextFile(`${dir}/pack.yaml`, HOUSE(1).replace("mode: shadow", mode));
    const { exit, document } = await at.forge("policy", "sign", dir);
    assert.deepEqual([exit, document.error?.code], [1, "pack-untested"], mode);
    assert.match(document.error?.message ?? "", /FEW/);
  }
  const said = await at.forge("policy", "sign", dir, "--untested");
  assert.equal(said.exit, 0);
  assert.deepEqual((said.document as unknown as { untested: string[] }).untested, ["FEW"]);
});

Deno.test("a looser release is installed with the signatures of two publishers, and not with one", async () => {
  await using at = await room();
  const first = await signed(at, 1);
  const trust = `${at.dir}/trust`;
  await Deno.mkdir(trust);
  await at.forge("init", "--user", "bea", "--data", `${at.dir}/of-bea`);
  await Deno.copyFile(`${at.dir}/of-ada/keys/ada.pub.pem`, `${trust}/ada.pub.pem`);
  await Deno.copyFile(`${at.dir}/of-bea/keys/bea.pub.pem`, `${trust}/bea.pub.pem`);
  const install = (path: string) => at.forge("policy", "install", path, "--trust-root", trust);
  assert.equal((await install(first)).exit, 0);
  // The overlay is gone: core/T8 would no longer be enforced by it.
  const dir = (await signed(at, 2)).replace(/\.tar$/, "");
  const looser = HOUSE(2).replace(/^overlays:.*$/m, "");
  await Deno.writeTextFile(`${dir}/pack.yaml`, looser);
  assert.equal((await at.forge("policy", "sign", dir, "--data", `${at.dir}/of-ada`)).exit, 0);
  const alone = await install(dir);
  assert.equal(alone.exit, 1);
  assert.equal(alone.document.error?.code, "pack-loosening");
  assert.match(alone.document.error?.message ?? "", /an overlay is gone.*ada alone/);
  const shown = await at.forge("policy", "show", "acme/house");
  assert.equal((shown.document as unknown as { pack: { revision: number } }).pack.revision, 1);
  // A second key of the same principal is no second publisher.
  assert.equal((await at.forge("policy", "sign", dir, "--data", `${at.dir}/of-bea`)).exit, 0);
  await Deno.rename(`${trust}/bea.pub.pem`, `${trust}/ada.pub`);
  assert.equal((await install(dir)).document.error?.code, "pack-loosening");
  await Deno.rename(`${trust}/ada.pub`, `${trust}/bea.pub.pem`);
  assert.equal((await install(dir)).exit, 0);
  // What is stricter or the same needs one.
  const third = await signed(at, 3);
  assert.equal((await install(third)).exit, 0, JSON.stringify((await install(third)).document));
});
