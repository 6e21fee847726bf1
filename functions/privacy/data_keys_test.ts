import assert from "node:assert/strict";
import { join } from "node:path";
import { memoryBlobs } from "../../kernel/mod.ts";
import type { RunPrivacy } from "../../specs/mod.ts";
import { DataKeyMissing, dataKeys, seal, unseal } from "./data_keys.ts";
import { sealedBlobsFolder } from "./desk.ts";
import { forgetBlobs, privateBlobs } from "./private_blobs.ts";
import { digestKey, personalKey } from "./personal_key.ts";
import { openedValues, valueVault } from "./values.ts";

const POSIX = Deno.build.os !== "windows";
const text = (bytes: Uint8Array | null) => bytes === null ? null : new TextDecoder().decode(bytes);
const secret = () => btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))));

async function inRoom(use: (data: string, env: Record<string, string>) => Promise<void>): Promise<void> {
  const data = await Deno.makeTempDir({ prefix: "forge-privacy-" });
  try {
    await use(data, {});
  } finally {
    await Deno.remove(data, { recursive: true });
  }
}

const opens = async (data: string, env: Record<string, string>, kid: string) =>
  await dataKeys(data, (name) => env[name]).open(kid);

Deno.test("a data key is wrapped by a file, the environment or a program, and opens by the same one alone", {
  ignore: !POSIX,
}, async () => {
  await inRoom(async (data) => {
    const program = join(data, "wrap.sh");
    // A toy: what is wrapped is turned round in front of a word.
    await Deno.writeTextFile(
      program,
      `#!/bin/sh
if [ "$EDGEFORGE_KEY_OP" = wrap ]; then base64 -w0 | rev | sed 's/^/kms-/' | base64 -w0
else sed 's/^kms-//' | rev | base64 -d; fi
`,
      { mode: 0o700 },
    );
    const PATH = Deno.env.get("PATH") ?? "";
    const ways: Record<string, string>[] = [{}, { FORGE_DATA_KEY: secret() }, {
      FORGE_DATA_KEY_COMMAND: program,
      PATH,
    }];
    const kids: string[] = [];
    for (const env of ways) {
      const kid = await dataKeys(data, (name) => env[name]).make();
      kids.push(kid);
      assert.ok(await opens(data, env, kid));
      const file = join(data, "privacy", "keys", `${kid}.json`);
      assert.equal(((await Deno.stat(file)).mode ?? 0) & 0o777, 0o600);
    }
    for (const [at, kid] of kids.entries()) {
      for (const [other, env] of ways.entries()) {
        // A file key stays believed beside the one that is named elsewhere: what it has wrapped can be wrapped anew.
        if (other === at || at === 0) continue;
        await assert.rejects(opens(data, env, kid), DataKeyMissing);
      }
    }
    await assert.rejects(
      opens(data, { FORGE_DATA_KEY: secret(), FORGE_DATA_KEY_COMMAND: program }, kids[0] ?? ""),
      /Both FORGE_DATA_KEY and FORGE_DATA_KEY_COMMAND/,
    );
  });
});

Deno.test(
  "wrapping keys that are none, programs that lie, and files that others may read are refused, and nothing of a key is told",
  {
    ignore: !POSIX,
  },
  async () => {
    await inRoom(async (data) => {
      const PATH = Deno.env.get("PATH") ?? "";
      const short = btoa("short");
      for (
        const [env, why] of [
          [{ FORGE_DATA_KEY: short }, /it is not 32 bytes in base64/],
          [{ FORGE_DATA_KEY: btoa("a".repeat(32)) }, /it is not random/],
          [{ FORGE_DATA_KEY_COMMAND: '["/bin/sh","-c","exit 4"]', PATH }, /exit code 4/],
          [
            { FORGE_DATA_KEY_COMMAND: '["/bin/sh","-c","head -c 100 /dev/urandom"]', PATH },
            /does not unwrap/,
          ],
          [{ FORGE_DATA_KEY_COMMAND: "cat", PATH }, /gives it back as it is/],
          [{ FORGE_DATA_KEY_COMMAND: "/nowhere/wrap", PATH }, /cannot be started/],
        ] as const
      ) {
        const given: Readonly<Record<string, string>> = env;
        await assert.rejects(dataKeys(data, (name) => given[name]).make(), (error: Error) => {
          assert.match(error.message, why);
          assert.ok(!error.message.includes(short));
          return true;
        });
      }
      const kid = await dataKeys(data, () => undefined).make();
      const wrapping = join(data, "privacy", "wrapping.key");
      await Deno.chmod(wrapping, 0o644);
      await assert.rejects(opens(data, {}, kid), /others may read or write it/);
      await Deno.chmod(wrapping, 0o600);
      // Another key in its place: neither opens anything, nor is it taken for a destroyed one.
      await Deno.writeTextFile(wrapping, `${secret()}\n`);
      await assert.rejects(opens(data, {}, kid), /is wrapped by [0-9a-f]{16}, and the one here is/);
      await Deno.remove(wrapping);
      await assert.rejects(opens(data, {}, kid), /there is no wrapping key here/);
      await Deno.remove(join(data, "privacy", "keys", `${kid}.json`));
      await assert.rejects(opens(data, {}, kid), /nobody has destroyed it/);
    });
  },
);

Deno.test("what keys are wrapped by is replaced, also by one elsewhere and after a crash in between; destroyed keys stay destroyed", async () => {
  await inRoom(async (data) => {
    const keys = dataKeys(data, () => undefined);
    const [one, other] = [await keys.make(), await keys.make()];
    const before = await Deno.readTextFile(join(data, "privacy", "wrapping.key"));
    assert.equal((await keys.rewrap()).keys, 2);
    assert.notEqual(await Deno.readTextFile(join(data, "privacy", "wrapping.key")), before);
    // It ended after the new key was there and before the first data key was wrapped by it.
    await Deno.rename(join(data, "privacy", "wrapping.key"), join(data, "privacy", "wrapping.former.key"));
    await Deno.writeTextFile(join(data, "privacy", "wrapping.key"), `${secret()}\n`, { mode: 0o600 });
    assert.ok(await opens(data, {}, one));
    assert.equal((await keys.rewrap()).keys, 2);
    await assert.rejects(Deno.lstat(join(data, "privacy", "wrapping.former.key")), Deno.errors.NotFound);
    const env = { FORGE_DATA_KEY: secret() };
    assert.equal((await dataKeys(data, (name) => (env as Record<string, string>)[name]).rewrap()).keys, 2);
    await Deno.remove(join(data, "privacy", "wrapping.key"));
    assert.ok(await opens(data, env, other));
    const grave = { kid: one, at: new Date().toISOString(), by: "tester", reason: "asked" };
    assert.deepEqual([await keys.destroy(grave), await keys.destroy(grave)], [true, false]);
    assert.equal(await opens(data, env, one), null);
    assert.deepEqual(await keys.destroyed(one), grave);
    assert.deepEqual(await keys.list(), [other]);
  });
});

Deno.test("blobs of a run are sealed, of others plain; two runs keep the same one apart, and one that was changed is not given out", async () => {
  await inRoom(async (data) => {
    const keys = dataKeys(data, () => undefined);
    const privacy = async (): Promise<RunPrivacy> => ({ handling: "encrypted", kid: await keys.make() });
    const [one, other] = [await privacy(), await privacy()];
    let current: RunPrivacy | null = null;
    const root = sealedBlobsFolder(data);
    const plain = memoryBlobs();
    const blobs = privateBlobs(plain, root, keys, () => current);
    const open = await blobs.put("nobody");
    current = one;
    const digest = await blobs.put("jane@acme.example");
    assert.equal(await blobs.of(other.kid).put("jane@acme.example"), digest);
    assert.equal(await plain.has(digest), false);
    current = null;
    assert.deepEqual([text(await blobs.get(open)), text(await blobs.get(digest))], [
      "nobody",
      "jane@acme.example",
    ]);
    const bury = (kid: string) => keys.destroy({ kid, at: new Date().toISOString(), by: "t", reason: "r" });
    await bury(one.kid);
    assert.equal(text(await blobs.get(digest)), "jane@acme.example");
    assert.equal(await forgetBlobs(root, one.kid), 1);
    assert.equal(await blobs.has(digest), true);
    const hex = digest.slice(7);
    const place = join(root, hex.slice(0, 2), hex.slice(2), other.kid);
    const sealed = await Deno.readFile(place);
    sealed[20] = (sealed[20] ?? 0) ^ 1;
    await Deno.writeFile(place, sealed);
    await assert.rejects(blobs.get(digest), /it was changed, or sealed under another key/);
    await bury(other.kid);
    assert.deepEqual([await blobs.get(digest), await blobs.has(digest)], [null, false]);
    current = one;
    await assert.rejects(blobs.put("more"), /was destroyed/);
  });
});

Deno.test("values are sealed by their mark, once each, and survive a line that a crash has cut", async () => {
  await inRoom(async (data) => {
    const keys = dataKeys(data, () => undefined);
    const kid = await keys.make();
    const vault = valueVault(data, keys);
    vault.take(kid, "[personal:email:a]", "a@b.io");
    vault.take(kid, "[personal:email:a]", "a@b.io");
    await vault.settled();
    const path = join(data, "privacy", "values", `${kid}.jsonl`);
    await Deno.writeTextFile(path, '{"mark":"[personal:em', { append: true });
    vault.take(kid, "[personal:email:c]", "c@d.org");
    await vault.settled();
    const key = await keys.open(kid);
    assert.ok(key);
    const again = valueVault(data, keys);
    const sealed = await again.sealed(kid);
    assert.deepEqual([...await openedValues(key, sealed)], [["[personal:email:a]", "a@b.io"], [
      "[personal:email:c]",
      "c@d.org",
    ]]);
    assert.ok(!(await Deno.readTextFile(path)).includes("a@b.io"));
    const [first, second] = sealed.values;
    assert.ok(first && second);
    // A value that is put under another mark is no value.
    await assert.rejects(
      openedValues(key, { ...sealed, values: [{ ...first, mark: second.mark }] }),
      DataKeyMissing,
    );
  });
});

Deno.test("what is sealed opens with what it was sealed about, and nothing else", async () => {
  const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, [
    "encrypt",
    "decrypt",
  ]);
  const sealed = await seal(key, "a", new TextEncoder().encode("x"));
  assert.equal(text(await unseal(key, "a", sealed)), "x");
  await assert.rejects(unseal(key, "b", sealed), DataKeyMissing);
});

Deno.test("the installation's key is made once, however many ask, and one that others may read is refused", async () => {
  await inRoom(async (data) => {
    const all = await Promise.all(Array.from({ length: 8 }, () => personalKey(data)));
    assert.equal(new Set(all.map((key) => key.toHex())).size, 1);
    assert.notEqual((await digestKey(data, "marks")).toHex(), (await digestKey(data, "secrets")).toHex());
    if (!POSIX) return;
    await Deno.chmod(join(data, "foundry", "personal.key"), 0o604);
    await assert.rejects(personalKey(data), /others may read it/);
  });
});
