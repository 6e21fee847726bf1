import assert from "node:assert/strict";
import { digestOf } from "../specs/mod.ts";
import { evidenceDirectory } from "./evidence_directory.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

const MANIFEST = {
  v: 1,
  id: "ev_1",
  run: "run_0123456789",
  status: "completed",
  at: "2026-01-02T03:04:05.000Z",
  sandbox: "bwrap",
  withheld: [],
  notes: [],
  head: { seq: 1, hash: "a".repeat(64) },
  root: `sha256:${"b".repeat(64)}`,
};

async function sealed(root: string) {
  const evidence = evidenceDirectory(root);
  const file = bytes("what was sealed");
  const manifest = {
    ...MANIFEST,
    files: [{
      path: "artifacts/a.txt",
      sha256: (await digestOf(file)).replace("sha256:", ""),
      size: file.byteLength,
      mediaType: "text/plain",
    }],
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

Deno.test("bundles page from the newest run to the oldest, and of one run from the latest; only a page is read", async () => {
  const root = await Deno.makeTempDir();
  try {
    const evidence = evidenceDirectory(root);
    const run = (n: number) => `run_01m836nfkx01636cdnba97ms${String(n).padStart(2, "0")}`;
    const put = async (of: string, seq: number) => {
      const id = `ev_${of.replace("run_", "")}${seq.toString(36)}`;
      const manifest = { ...MANIFEST, id, run: of, files: [] };
      await evidence.write(id, [{ path: "manifest.json", bytes: bytes(JSON.stringify(manifest)) }]);
      return id;
    };
    const [old, early, late] = [await put(run(1), 9), await put(run(2), 22), await put(run(2), 36)];
    const ids = async (options: Parameters<typeof evidence.list>[0]) =>
      (await evidence.list(options)).map((bundle) => bundle.id);
    assert.deepEqual(await ids({}), [late, early, old], "36 comes after 22, though '10' sorts before 'm'");
    assert.deepEqual(await ids({ limit: 2 }), [late, early]);
    assert.deepEqual(await ids({ limit: 2, after: early }), [old]);
    assert.deepEqual(await ids({ run: run(2), limit: 1 }), [late]);
    assert.deepEqual(await ids({ run: "run_0000000000" }), []);
    await Deno.writeTextFile(`${root}/${old}/manifest.json`, "broken");
    assert.deepEqual(await ids({ limit: 2 }), [late, early], "a bundle that is not on the page is not read");
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

Deno.test("what a process that died left behind is taken away with the next bundle, and not what another one is at", async () => {
  const root = await Deno.makeTempDir();
  try {
    const old = new Date(Date.now() - 2 * 60 * 60_000);
    for (const name of [".writing-old", ".removing-old", ".writing-young"]) {
      await Deno.mkdir(`${root}/${name}`);
      await Deno.writeTextFile(`${root}/${name}/manifest.json`, "half");
      if (name.endsWith("old")) await Deno.utime(`${root}/${name}`, old, old);
    }
    const { evidence } = await sealed(root);
    assert.deepEqual([...Deno.readDirSync(root)].map(({ name }) => name).sort(), [".writing-young", "ev_1"]);
    assert.equal((await evidence.list()).length, 1);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});
