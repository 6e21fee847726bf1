import assert from "node:assert/strict";
import { join } from "node:path";
import type { PackFiles } from "../policies/mod.ts";
import { compileRule, ENVELOPE_FILE, writeArchive } from "../policies/packs/mod.ts";
import { publisher, rootOf, sampleRule, signedPack } from "../policies/testing/mod.ts";
import { keyDirectory } from "./key_directory.ts";
import { packDirectory } from "./pack_directory.ts";
import { readPackPath } from "./pack_files.ts";
import { installedTrust, readTrustRoot } from "./trust_directory.ts";

const NOW = "2026-11-23T08:00:00.000Z";
const ada = await publisher("ada");

/** A data directory that trusts ada. */
async function installation() {
  const data = await Deno.makeTempDir({ prefix: "packs-" });
  const trust = join(data, "trust");
  await Deno.mkdir(trust);
  await Deno.writeTextFile(join(trust, "ada.pub.pem"), ada.trusted.publicKey);
  const directory = packDirectory(data);
  return {
    data,
    trust,
    directory,
    install: (files: PackFiles, at = NOW) =>
      directory.install(files, { at, by: "ada", compile: compileRule }),
    /** The revision that is active, or the code of what is wrong with it. */
    async active(name = "acme/house", at = NOW) {
      const found = await directory.find(name, at);
      return found === null ? null : found.ok ? found.value.pack.manifest.revision : found.error.code;
    },
    [Symbol.asyncDispose]: () => Deno.remove(data, { recursive: true }),
  };
}

const sound = (revision: number, more: Record<string, unknown> = {}) =>
  signedPack(ada, { revision, rules: [sampleRule("T1", "size(facts.files) < 9")], ...more });

const codeOf = (result: { ok: true } | { ok: false; error: { code: string } }) =>
  result.ok ? "installed" : result.error.code;

Deno.test("a pack is installed in a private directory, and a higher revision takes its place", async () => {
  await using at = await installation();
  const first = await at.install(await sound(1));
  assert.ok(first.ok && first.value.changed && first.value.before === null);
  assert.equal(await at.active(), 1);
  const second = await at.install(await sound(2));
  assert.ok(second.ok);
  assert.equal(second.value.before?.revision, 1);
  assert.equal(await at.active(), 2);
  const folder = join(at.data, "packs", "acme__house");
  assert.equal([...Deno.readDirSync(folder)].length, 2, "the archive before is gone");
  if (Deno.build.os !== "windows") {
    for (const path of [join(at.data, "packs"), folder]) {
      assert.equal((Deno.statSync(path).mode ?? 0) & 0o777, 0o700);
    }
  }
  const again = await at.install(await sound(2));
  assert.ok(again.ok && !again.value.changed);
});

// req: N4-21
Deno.test("whatever is refused leaves the release before in its place", async () => {
  await using at = await installation();
  assert.equal(codeOf(await at.install(await sound(5))), "installed");
  const eve = await publisher("eve");
  const files = await sound(6);
  const flipped = new Map(
    [...files].map(([path, bytes]) =>
      [path, path === "notes.txt" ? bytes.map((byte, at) => at === 0 ? byte ^ 1 : byte) : bytes] as const
    ),
  );
  const refused: [string, PackFiles, string?][] = [
    ["pack-member-digest", flipped],
    ["pack-key-unknown", await signedPack(eve, { revision: 6 })],
    ["pack-rollback", await sound(4)],
    ["pack-revision-reused", await sound(5, { description: "another" })],
    ["pack-expired", files, "2030-01-01T00:00:00.000Z"],
    ["pack-not-yet-valid", files, "2020-01-01T00:00:00.000Z"],
    ["pack-rule-body", await sound(6, { rules: [sampleRule("T1", "size(facts.files")] })],
    ["pack-unsigned", new Map([...files].filter(([path]) => path !== ENVELOPE_FILE))],
    ["pack-dependency-missing", await sound(6, { requires: { packs: [{ name: "acme/none" }] } })],
    ["pack-dependency-cycle", await sound(6, { requires: { packs: [{ name: "acme/house" }] } })],
    ["pack-overlay-loosens", await sound(6, { overlays: [{ rule: "core/T1", mode: "off" }] })],
    ["pack-name-taken", await sound(6, { name: "data-quality" })],
  ];
  for (const [code, pack, when] of refused) {
    assert.equal(codeOf(await at.install(pack, when)), code);
    assert.equal(await at.active(), 5, code);
  }
});

Deno.test("two installs at once: the higher revision stays, whichever came last", async () => {
  await using at = await installation();
  const packs = await Promise.all([1, 2, 3, 4, 5, 6].map((revision) => sound(revision)));
  const codes = await Promise.all(packs.toReversed().map(async (pack) => codeOf(await at.install(pack))));
  assert.equal(await at.active(), 6);
  assert.ok(codes.includes("installed"));
  assert.ok(codes.every((code) => code === "installed" || code === "pack-rollback"), codes.join());
});

Deno.test("a crash after the archive was written and before the swap leaves the release before, and the next install cleans up", async () => {
  await using at = await installation();
  assert.equal(codeOf(await at.install(await sound(1))), "installed");
  const folder = join(at.data, "packs", "acme__house");
  // What such a crash leaves: the new archive, and a new pointer that was not renamed yet.
  await Deno.writeFile(join(folder, `${"a".repeat(64)}.tar`), writeArchive(await sound(2)));
  await Deno.writeTextFile(join(folder, ".active.json.1.writing"), '{"v":1');
  assert.equal(await at.active(), 1);
  assert.equal(codeOf(await at.install(await sound(2))), "installed");
  assert.equal(await at.active(), 2);
  assert.equal([...Deno.readDirSync(folder)].length, 2);
});

Deno.test("an installed pack is verified at each use: it expires, its key is revoked, its bytes are changed", async () => {
  await using at = await installation();
  assert.equal(codeOf(await at.install(await sound(1))), "installed");
  assert.equal(await at.active("acme/house", "2027-05-01T00:00:00.000Z"), "pack-expired");
  const folder = join(at.data, "packs", "acme__house");
  const [archive = ""] = [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) =>
    name.endsWith(".tar")
  );
  const bytes = await Deno.readFile(join(folder, archive));
  await Deno.writeFile(join(folder, archive), bytes.map((byte, place) => place === 700 ? byte ^ 1 : byte));
  assert.equal(await at.active(), "pack-damaged");
  await Deno.writeFile(join(folder, archive), bytes);
  assert.equal(await at.active(), 1);
  await Deno.writeTextFile(
    join(at.trust, "trust.yaml"),
    "version: 1\nkeys:\n  - { file: ada.pub.pem, name: ada, roles: [pack-publisher], level: trusted, " +
      'revoked: { at: 2026-11-22T00:00:00Z, reason: "laptop lost" } }\n',
  );
  assert.equal(await at.active(), "pack-key-revoked");
  assert.equal(codeOf(await at.install(await sound(2))), "pack-key-revoked");
});

Deno.test("a pointer that cannot be read is damage and no first install: nothing gets in by breaking it", async () => {
  await using at = await installation();
  assert.equal(codeOf(await at.install(await sound(5))), "installed");
  await Deno.writeTextFile(join(at.data, "packs", "acme__house", "active.json"), "{}");
  assert.equal(await at.active(), "pack-damaged");
  assert.equal(codeOf(await at.install(await sound(1))), "pack-damaged");
  assert.deepEqual((await at.directory.list()).damaged.map(({ code }) => code), ["pack-damaged"]);
});

Deno.test("keys that an install named are believed for that pack, until the installation says otherwise of them", async () => {
  await using at = await installation();
  const bea = await publisher("bea");
  const pack = await signedPack(bea, { revision: 1, rules: [sampleRule("T1", "true")] });
  assert.equal(codeOf(await at.install(pack)), "pack-key-unknown");
  const how = { at: NOW, by: "ada", compile: compileRule, root: rootOf(ada, bea) };
  assert.equal(codeOf(await at.directory.install(pack, how)), "installed");
  assert.equal(await at.active(), 1);
  const other = await at.directory.trust("acme/other");
  assert.ok(other.ok && other.value.keys.every(({ id }) => id !== bea.trusted.id));
  await Deno.writeTextFile(join(at.trust, "bea.pub.pem"), bea.trusted.publicKey);
  await Deno.writeTextFile(
    join(at.trust, "trust.yaml"),
    "version: 1\nkeys:\n  - { file: bea.pub.pem, roles: [waiver-approver], level: trusted }\n",
  );
  assert.equal(await at.active(), "pack-key-role");
});

Deno.test("without a trust directory the installation's own keys are the root; without keys there is none", async () => {
  const data = await Deno.makeTempDir({ prefix: "packs-" });
  try {
    const none = await installedTrust(data);
    assert.ok(none.ok && none.value.keys.length === 0);
    const { principal } = await keyDirectory(data).make("ada");
    const own = await installedTrust(data);
    assert.ok(own.ok);
    assert.deepEqual(own.value.keys.map(({ id, name, level }) => [id, name, level]), [[
      principal.keyId,
      "ada",
      "trusted",
    ]]);
    await Deno.writeTextFile(join(data, "broken.pub.pem"), "no key");
    assert.equal(codeOf(await readTrustRoot(data)), "pack-trust-root");
    assert.equal(codeOf(await readTrustRoot(join(data, "absent"))), "pack-trust-root");
    const wrong = join(data, "trust.json");
    await Deno.writeTextFile(
      wrong,
      JSON.stringify({ version: 1, keys: [{ ...ada.trusted, id: "another" }] }),
    );
    assert.equal(codeOf(await readTrustRoot(wrong)), "pack-trust-root");
  } finally {
    await Deno.remove(data, { recursive: true });
  }
});

Deno.test("a pack's directory is read without links, dot files or names that could leave it", async () => {
  const dir = await Deno.makeTempDir({ prefix: "packs-" });
  try {
    await Deno.mkdir(join(dir, ".git"));
    await Deno.writeTextFile(join(dir, ".git", "config"), "x");
    await Deno.mkdir(join(dir, "rules"));
    await Deno.writeTextFile(join(dir, "rules", "t1.cel"), "true");
    const read = await readPackPath(dir);
    assert.ok(read.ok);
    assert.deepEqual([...read.value.keys()], ["rules/t1.cel"]);
    await Deno.writeTextFile(join(dir, "a b.txt"), "x");
    assert.equal(codeOf(await readPackPath(dir)), "pack-archive-path");
    await Deno.remove(join(dir, "a b.txt"));
    await Deno.symlink("/etc/hostname", join(dir, "link.txt"));
    assert.equal(codeOf(await readPackPath(dir)), "pack-archive-link");
    assert.equal(codeOf(await readPackPath(join(dir, "absent"))), "pack-not-found");
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
