import assert from "node:assert/strict";
import { join } from "node:path";
import { openKvStore } from "../../kernel/mod.ts";
import { openCheckpoint } from "../../kernel/tlog/mod.ts";
import { keyId, readEvidenceKey, verifySignature } from "../../policies/evidence/mod.ts";
import { localAttestors, signingKeys } from "../signing_directory.ts";
import { checkedKey, SigningFailed } from "./held_key.ts";
import { commandKey } from "./command_key.ts";
import { heldKey } from "./file_keys.ts";
import { derOf, pem } from "./pem.ts";

const bytes = new TextEncoder().encode("DSSEv1 28 application/vnd.in-toto+json 2 {}");

async function inRoom(use: (data: string) => Promise<void>): Promise<void> {
  const room = await Deno.makeTempDir({ prefix: "forge-test-" });
  try {
    await use(join(room, "data"));
  } finally {
    await Deno.remove(room, { recursive: true });
  }
}

async function secret(algorithm: EcKeyGenParams | "Ed25519" = { name: "ECDSA", namedCurve: "P-256" }) {
  const pair = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]) as CryptoKeyPair;
  return {
    secret: pem("PRIVATE KEY", new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey))),
    open: pem("PUBLIC KEY", new Uint8Array(await crypto.subtle.exportKey("spki", pair.publicKey))),
  };
}

const holds = async (publicKey: string, signature: Uint8Array) => {
  const key = await readEvidenceKey(publicKey);
  return key !== null && await verifySignature(key, new Uint8Array(signature), bytes);
};

Deno.test("a key of the environment signs, as PEM and as base64 alone, and evidence says where it was", async () => {
  await inRoom(async (data) => {
    const [evidence, log] = [await secret(), await secret("Ed25519")];
    for (const text of [evidence.secret, evidence.secret.replace(/-----[A-Z ]+-----|\s/g, "")]) {
      const env: Record<string, string> = { FORGE_SIGNING_KEY: text, FORGE_LOG_KEY: log.secret };
      const keys = await signingKeys(data, { env: (name) => env[name] });
      assert.equal(keys.evidence.publicKey, evidence.open);
      assert.ok(await holds(evidence.open, await keys.evidence.signer.sign(bytes)));
      assert.match(keys.caveats.join(), /a key of the process that made the bundle/);
    }
    for (const name of ["evidence.key.pem", "log.key.pem"]) {
      await assert.rejects(Deno.stat(join(data, "signing", name)), Deno.errors.NotFound);
    }
  });
});

Deno.test("a private key that is none, of another kind, or for tests is refused, and no byte of it is told", async () => {
  const [p256, ed] = [await secret(), await secret("Ed25519")];
  const marked = `A test key of the documentation.\n${p256.secret}`;
  const rfc8032 = "302e020100300506032b657004220420" +
    "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
  const published = pem("PRIVATE KEY", Uint8Array.fromHex(rfc8032));
  for (
    const [use, text, why] of [
      ["evidence", "no key", /it is no ECDSA P-256 key/],
      ["evidence", ed.secret, /it is no ECDSA P-256 key/],
      ["log", p256.secret, /it is no Ed25519 key/],
      ["evidence", marked, /for tests: its file says so/],
      ["log", published, /for tests: its private half is published in RFC 8032/],
    ] as const
  ) {
    await assert.rejects(heldKey(use, text, "environment", "FORGE_KEY_HERE"), (error: Error) => {
      assert.ok(error instanceof SigningFailed);
      assert.match(error.message, why);
      const told = `${error.message} ${error.remedy}`;
      assert.equal(told.includes(text.replace(/\s/g, "").slice(40, 60)) && text.length > 60, false);
      return true;
    });
  }
});

const POSIX = Deno.build.os !== "windows";

Deno.test("a program of the operator signs; one that hangs, floods, fails or has another key is refused", {
  ignore: !POSIX,
}, async () => {
  await inRoom(async (data) => {
    await Deno.mkdir(data, { recursive: true });
    const { open, secret: text } = await secret();
    const program = join(data, "sign.ts");
    await Deno.writeTextFile(
      program,
      `const der = Uint8Array.from(atob(${
        JSON.stringify(text.replace(/-----[A-Z ]+-----|\s/g, ""))
      }), (c) => c.charCodeAt(0));
const key = await crypto.subtle.importKey("pkcs8", der, { name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]);
const given = new Uint8Array(await new Response(Deno.stdin.readable).arrayBuffer());
const sig = new Uint8Array(await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, key, given));
console.log(btoa(String.fromCharCode(...sig)));`,
    );
    const argv = [Deno.execPath(), "run", "--no-check", "--no-config", program];
    const env = { PATH: Deno.env.get("PATH") ?? "", HOME: Deno.env.get("HOME") ?? "" };
    const of = (command: string[], publicKey = open, deadlineMs = 20_000) =>
      checkedKey(commandKey({ use: "evidence", argv: command, publicKey, env, deadlineMs }));
    assert.ok(await holds(open, await (await of(argv)).sign(bytes)));
    const refused = async (key: Promise<Awaited<ReturnType<typeof of>>>, why: RegExp) =>
      await assert.rejects(
        key.then((one) => one.sign(bytes)),
        (error: Error) => error instanceof SigningFailed && why.test(error.message),
      );
    await refused(of(argv, (await secret()).open), /signed with another key/);
    await refused(of(["/bin/sh", "-c", "sleep 60"], open, 300), /gave no answer within 300 ms/);
    await refused(of(["/bin/sh", "-c", "exec cat /dev/zero"]), /gave more than/);
    await refused(of(["/bin/sh", "-c", "exit 3"]), /exit code 3/);
    await refused(of([join(data, "absent")]), /cannot be started/);
    await refused(of(["/bin/sh", "-c", "echo hello"]), /or gave no signature/);
    await refused(of(argv, "no PEM"), /no public key/);
  });
});

Deno.test(
  "FORGE_SIGNER_COMMAND and signer.json name programs; both ways to one key, and no public key, are refused",
  {
    ignore: !POSIX,
  },
  async () => {
    await inRoom(async (data) => {
      const { open, secret: text } = await secret();
      const opened = (env: Record<string, string>) => signingKeys(data, { env: (name) => env[name] });
      await assert.rejects(opened({ FORGE_SIGNER_COMMAND: "/bin/true" }), /no public key of the program/);
      await assert.rejects(
        opened({ FORGE_SIGNER_COMMAND: "/bin/true", FORGE_SIGNING_KEY: text }),
        /Both FORGE_SIGNING_KEY and FORGE_SIGNER_COMMAND/,
      );
      await assert.rejects(
        opened({ FORGE_SIGNER_COMMAND: "[1]", FORGE_SIGNER_PUBLIC_KEY: open }),
        /is no command/,
      );
      await Deno.writeTextFile(join(data, "signing", "kms.pub"), open);
      const file = join(data, "signing", "signer.json");
      await Deno.writeTextFile(
        file,
        JSON.stringify({ v: 1, evidence: { command: ["/bin/false"], publicKey: "kms.pub" } }),
      );
      const keys = await opened({});
      assert.equal(keys.evidence.custody, "command");
      assert.match(keys.caveats.join(), /a program that the operator named/);
      await assert.rejects(keys.evidence.signer.sign(bytes), /exit code 1/);
      await Deno.writeTextFile(file, "{}");
      await assert.rejects(opened({}), /signer.json/);
    });
  },
);

Deno.test(
  "a signer of its own holds the keys: this process never reads them, and it signs nothing but statements and checkpoints",
  {
    ignore: !POSIX,
  },
  async () => {
    await inRoom(async (room) => {
      const data = `${room}, with a comma`;
      const keys = await signingKeys(data, { apart: true });
      try {
        assert.ok(await holds(keys.evidence.publicKey, await keys.evidence.signer.sign(bytes)));
        assert.match(keys.caveats.join(), /a process of its own/);
        await assert.rejects(keys.evidence.signer.sign(new TextEncoder().encode("anything")), /refused/);
        await assert.rejects(keys.note.sign(new TextEncoder().encode("other.example/log\n1\n")), /refused/);
        assert.equal(
          (await keys.note.sign(new TextEncoder().encode(`${keys.note.key.name}\n1\n`))).length,
          64,
        );
        assert.equal(((await Deno.stat(join(data, "signing", "log.key.pem"))).mode ?? 0) & 0o777, 0o600);
      } finally {
        await keys.close();
      }
      // The same keys without a process of their own: what was signed before holds.
      const same = await signingKeys(data);
      assert.equal(same.evidence.signer.keyId, keys.evidence.signer.keyId);
      const key = derOf(keys.evidence.publicKey);
      assert.ok(key !== null && await keyId(key) === keys.evidence.signer.keyId);
      await assert.rejects(
        signingKeys(data, { apart: true, env: (name) => name === "FORGE_LOG_KEY" ? "x" : undefined }),
        SigningFailed,
      );
    });
  },
);

Deno.test("many who ask at once for the attestor get one, with its keys in the log, and its checkpoints are signed", async () => {
  await inRoom(async (data) => {
    const store = await openKvStore(":memory:");
    const attestors = localAttestors(data, store);
    try {
      const all = await Promise.all(Array.from({ length: 4 }, () => attestors.open()));
      assert.equal(new Set(all.map(({ signer }) => signer.keyId)).size, 1);
      const [one] = all;
      assert.ok(one);
      assert.equal(await one.log.size(), 2);
      assert.equal(await one.log.find(`key/${one.signer.keyId}/issued`), 0);
      const signed = await one.log.checkpoint(one.logSigner);
      assert.ok("checkpoint" in await openCheckpoint(signed, { log: [one.logSigner.key] }));
      assert.equal(await attestors.open(), await attestors.open());
    } finally {
      await attestors.close();
      await store.close();
    }
  });
});
