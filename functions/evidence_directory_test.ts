import assert from "node:assert/strict";
import { digestOf } from "../specs/mod.ts";
import { evidenceDirectory } from "./evidence_directory.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

async function sealed(root: string) {
  const evidence = evidenceDirectory(root);
  const file = bytes("what was sealed");
  const manifest = {
    v: 1,
    id: "ev_1",
    run: "run_0123456789",
    status: "completed",
    at: "2026-01-02T03:04:05.000Z",
    sandbox: "bwrap",
    withheld: [],
    notes: [],
    head: { seq: 1, hash: "a".repeat(64) },
    files: [{
      path: "artifacts/a.txt",
      sha256: (await digestOf(file)).replace("sha256:", ""),
      size: file.byteLength,
      mediaType: "text/plain",
    }],
    root: `sha256:${"b".repeat(64)}`,
  };
  const path = await evidence.write("ev_1", [
    { path: "manifest.json", bytes: bytes(JSON.stringify(manifest)) },
    { path: "artifacts/a.txt", bytes: file },
    { path: "artifacts/unnamed.txt", bytes: bytes("not in the manifest") },
  ]);
  return { evidence, path };
}

Deno.test("a file of a bundle is given as it was sealed, and only when the manifest names it", async () => {
  const root = await Deno.makeTempDir();
  try {
    const { evidence, path } = await sealed(root);
    assert.equal(
      new TextDecoder().decode(await evidence.file("ev_1", "artifacts/a.txt") ?? bytes("")),
      "what was sealed",
    );
    for (
      const name of [
        "artifacts/unnamed.txt",
        "../ev_1/artifacts/a.txt",
        "./artifacts/a.txt",
        "/etc/passwd",
        "",
        "manifest.json",
      ]
    ) {
      assert.equal(await evidence.file("ev_1", name), null, name);
    }
    for (const id of ["ev_2", "../x", "", "ev_1/"]) {
      assert.equal(await evidence.file(id, "artifacts/a.txt"), null, id);
    }
    await Deno.writeTextFile(`${path}/artifacts/a.txt`, "changed since");
    assert.equal(
      await evidence.file("ev_1", "artifacts/a.txt"),
      null,
      "a file that was changed is not what was sealed",
    );
    await Deno.remove(`${path}/artifacts/a.txt`);
    assert.equal(await evidence.file("ev_1", "artifacts/a.txt"), null);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});
