import assert from "node:assert/strict";
import { digestOf } from "../../specs/mod.ts";
import { type BundleHeader, holdsSecrets, jcs, sealBundle } from "./bundle.ts";

const header: BundleHeader = {
  id: "ev_0123",
  run: "run_01234567",
  status: "denied",
  sandbox: "bwrap",
  withheld: [],
  notes: [],
  at: "2026-01-01T00:00:00.000Z",
  head: { seq: 3, hash: "00" },
};
const file = (path: string, text: string) => ({
  path,
  mediaType: "text/plain",
  bytes: new TextEncoder().encode(text),
});

// req: N6-15
Deno.test("the same files give the same bundle, in whatever order they come", async () => {
  const one = await sealBundle(header, [file("b", "2"), file("a", "1")]);
  const two = await sealBundle(header, [file("a", "1"), file("b", "2")]);
  assert.equal(one.digest, two.digest);
  assert.deepEqual(one.manifest.files.map((entry) => entry.path), ["a", "b"]);
});

// req: N6-02
Deno.test("the manifest names every file with its digest and size, and its own bytes name the bundle", async () => {
  const { manifest, digest, files } = await sealBundle(header, [file("a/x.txt", "hello")]);
  assert.deepEqual(manifest.files, [{
    path: "a/x.txt",
    sha256: "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
    size: 5,
    mediaType: "text/plain",
  }]);
  assert.equal(manifest.root, await digestOf(jcs(manifest.files)));
  const written = files.find((entry) => entry.path === "manifest.json");
  assert.ok(written);
  assert.equal(await digestOf(written.bytes), digest);
  assert.equal(new TextDecoder().decode(written.bytes), jcs(manifest));
});

Deno.test("a changed byte, a changed head or a changed status gives another digest", async () => {
  const { digest } = await sealBundle(header, [file("a", "1")]);
  assert.notEqual((await sealBundle(header, [file("a", "2")])).digest, digest);
  assert.notEqual(
    (await sealBundle({ ...header, head: { seq: 4, hash: "00" } }, [file("a", "1")])).digest,
    digest,
  );
  assert.notEqual((await sealBundle({ ...header, status: "failed" }, [file("a", "1")])).digest, digest);
});

Deno.test("a secret that got as far as the bundle is redacted, and the manifest says where", async () => {
  const token = "ghp_" + "aB3dE5gH7jK9mN1pQ3sT5vX7zA2cF4hJ6kL8";
  const { manifest, files } = await sealBundle(header, [
    file("log/events.jsonl", `{"message":"${token}"}\n`),
  ]);
  const text = new TextDecoder().decode(files[0]?.bytes);
  assert.ok(!text.includes(token));
  assert.deepEqual(manifest.notes, ["redacted at the write boundary: log/events.jsonl"]);
});

Deno.test("bytes that are no text stay as they are", async () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, at) => at);
  const { files } = await sealBundle(header, [{ path: "x", mediaType: "application/octet-stream", bytes }]);
  assert.deepEqual(files[0]?.bytes, bytes);
});

Deno.test("two files of one name cannot be sealed", async () => {
  await assert.rejects(sealBundle(header, [file("a", "1"), file("a", "2")]), /two files are called 'a'/);
});

Deno.test("a secret that begins a line of a text in JSON is found in the file, and the file stays JSON", async () => {
  const part = (seed: string) => btoa(seed).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  const random = part(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))));
  const tokens = [
    `${part('{"alg":"HS256","kid":"9f2c"}')}.${
      part('{"sub":"u-77120","iss":"https://id.acme.dev"}')
    }.${random}`,
    "gh" + "p_" + "aB3dE5gH7jK9mN1pQ3sT5vX7zA2cF4hJ6kL8",
  ];
  for (const token of tokens) {
    const value = { output: `passed\n${token}\nend`, more: [`tab\t${token}`], left: 'he said "no\\n"' };
    const given = [
      file("artifacts/verify.json", JSON.stringify(value)),
      file("log/x.jsonl", `${JSON.stringify(value)}\n{}\n`),
    ];
    const { files, manifest } = await sealBundle(header, given);
    for (const { path, bytes } of files.filter(({ path }) => path !== "manifest.json")) {
      const text = new TextDecoder().decode(bytes);
      assert.ok(!text.includes(token), `${path}: ${text}`);
      assert.equal(JSON.parse(text.split("\n")[0] ?? "").left, value.left);
    }
    assert.equal(manifest.notes.length, 2);
  }
});

Deno.test("a file without secrets is searched once for its path, and bytes under another path or other bytes are searched anew", async () => {
  const value = Array.from({ length: 32 }, (_, n) => "Zk7Qm2Xv9Lp4Rt6Wb"[n * 7 % 17]).join("");
  const secret = `password = ${value}`;
  const lock = file("package-lock.json", `${secret}\n`);
  assert.equal(holdsSecrets(lock), false);
  assert.equal(holdsSecrets({ ...lock, path: "settings.txt" }), true);
  assert.equal(holdsSecrets(lock), false);
  assert.equal(holdsSecrets(file("settings.txt", `${secret}\n`)), true);
  const { manifest } = await sealBundle(header, [lock, { ...lock, path: "settings.txt" }]);
  assert.deepEqual(manifest.notes, ["redacted at the write boundary: settings.txt"]);
});

Deno.test("a secret that begins behind a line feed of a JSON text is found, also where the text has letters beyond ASCII", () => {
  const token = "ghp_" + "aB3dE5gH7jK9mN1pQ3sT5vX7zA2cF4hJ6kL8";
  for (const before of ["x", "\u00e9", ""]) {
    const text = jcs({ message: `${before}\n${token}` });
    assert.equal(holdsSecrets(file("log/events.jsonl", text)), true, before);
    assert.equal(holdsSecrets(file("log/events.jsonl", jcs({ message: `${before}\nnothing` }))), false);
  }
});
