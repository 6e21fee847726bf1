import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { installation, sealed } from "../../pipelines/testing/mod.ts";
import { writeTar } from "../../policies/evidence/reading/mod.ts";
import type { EvidenceVerification } from "../../specs/attestation/mod.ts";
import { verifyDropped } from "./page.ts";
import { verifierScript } from "./script.ts";

const VERIFY = fileURLToPath(new URL("./verify.ts", import.meta.url));
const ROOT = fileURLToPath(new URL("../../", import.meta.url));

async function run(...args: string[]): Promise<{ code: number; out: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--frozen=false", "--allow-read", VERIFY, ...args],
    env: { NO_COLOR: "1" },
  }).output();
  return { code, out: new TextDecoder().decode(code > 1 ? stderr : stdout) };
}

/** A bundle as directory and tar, and a trust root. */
async function room() {
  const dir = await Deno.makeTempDir({ prefix: "forge-standalone-" });
  const at = await installation();
  const files = await sealed(at.attestor);
  at.close();
  for (const [path, bytes] of files) {
    await Deno.mkdir(`${dir}/bundle/${path.split("/").slice(0, -1).join("/")}`, { recursive: true });
    await Deno.writeFile(`${dir}/bundle/${path}`, bytes);
  }
  await Deno.writeFile(`${dir}/bundle.tar`, writeTar(files));
  await Deno.mkdir(`${dir}/root`);
  for (const [name, text] of Object.entries(at.trustFiles)) {
    await Deno.writeTextFile(`${dir}/root/${name}`, text);
  }
  return {
    dir,
    tar: writeTar(files),
    trustFiles: Object.entries(at.trustFiles).map(([name, text]) => new File([text], name)),
    [Symbol.asyncDispose]: () => Deno.remove(dir, { recursive: true }),
  };
}

async function filesIn(dir: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for await (const { name } of Deno.readDir(dir)) files[name] = await Deno.readTextFile(`${dir}/${name}`);
  return files;
}

Deno.test("one file verifies a bundle with nothing but the permission to read", async () => {
  await using at = await room();
  for (const bundle of [`${at.dir}/bundle`, `${at.dir}/bundle.tar`]) {
    const { code, out } = await run(bundle, "--trust-root", `${at.dir}/root`, "--json");
    assert.deepEqual([code, (JSON.parse(out) as EvidenceVerification).verified], [0, true], out);
  }
  await Deno.writeTextFile(`${at.dir}/bundle/artifacts/change.patch`, " ", { append: true });
  const changed = await run(`${at.dir}/bundle`, "--trust-root", `${at.dir}/root`);
  assert.equal(changed.code, 1);
  assert.match(changed.out, /FAIL {2}files {2}artifacts\/change\.patch/);
  await Deno.mkdir(`${at.dir}/bundle/..keys`);
  for (const [name, text] of Object.entries(await filesIn(`${at.dir}/root`))) {
    await Deno.writeTextFile(`${at.dir}/bundle/..keys/${name}`, text);
  }
  for (
    const [root, why] of [["bundle/..keys", /inside of the bundle/], ["absent", /no directory/]] as const
  ) {
    const refused = await run(`${at.dir}/bundle`, "--trust-root", `${at.dir}/${root}`);
    assert.equal(refused.code, 1);
    assert.match(refused.out, why);
  }
  assert.equal((await run(`${at.dir}/absent`, "--trust-root", `${at.dir}/root`)).code, 1);
  assert.equal((await run(`${at.dir}/bundle`)).code, 2);
});

Deno.test("it loads contracts, proofs and checks only: nothing of the engine, the policies or the doors", async () => {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", "--frozen=false", VERIFY],
  }).output();
  const { modules } = JSON.parse(new TextDecoder().decode(stdout)) as { modules: { specifier: string }[] };
  const own = modules.flatMap(({ specifier }) =>
    specifier.startsWith("file://") ? [fileURLToPath(specifier)] : []
  ).filter((path) => path.startsWith(ROOT)).map((path) => path.slice(ROOT.length));
  assert.ok(own.length > 20);
  const strange = own.filter((path) =>
    !/^(?:specs|kernel\/tlog|policies\/evidence)\//.test(path) && path !== "functions/standalone/verify.ts"
  );
  assert.deepEqual(strange, []);
});

Deno.test("what the page runs says the same of a dropped tar, and takes no key from it", async () => {
  await using at = await room();
  const tar = (bytes: Uint8Array) => new File([new Uint8Array(bytes)], "bundle.tar");
  const good = await verifyDropped(tar(at.tar), at.trustFiles);
  assert.deepEqual(good.checks.filter(({ ok }) => !ok), []);
  assert.ok(good.verified);
  const failed = async (...given: Parameters<typeof verifyDropped>) => {
    const { verified, checks } = await verifyDropped(...given);
    assert.ok(!verified);
    return checks.find(({ ok }) => !ok)?.name;
  };
  assert.equal(await failed(tar(at.tar), []), "trust-root");
  assert.equal(await failed(tar(at.tar), [new File(["x"], "readme.txt")]), "trust-root");
  assert.equal(await failed(tar(at.tar), [new File(["x"], "log.vkey")]), "trust-root");
  assert.equal(await failed(tar(at.tar.subarray(0, 1000)), at.trustFiles), "bundle");
  assert.equal(await failed(null, at.trustFiles), "bundle");
});

const script = await verifierScript()();

Deno.test({
  name: `the page's script runs as one file, without the rest of the project${
    script === null ? " (no bundler here)" : ""
  }`,
  ignore: script === null,
  fn: async () => {
    await using at = await room();
    assert.ok(script);
    // As a browser would: the built file alone, in a realm without permissions, its elements stood in for.
    const worker = `
      const elements = new Map();
      const element = (id) => {
        if (!elements.has(id)) {
          const on = {};
          elements.set(id, { on, files: [], children: [], addEventListener: (type, f) => on[type] = f,
            replaceChildren(...c) { this.children = c; } });
        }
        return elements.get(id);
      };
      globalThis.document = { getElementById: element, createElement: () => ({}) };
      onmessage = async ({ data }) => {
        if (data.script) { await import(data.script); postMessage("ready"); return; }
        element("verify-bundle").files = [new File([data.tar], "bundle.tar")];
        element("verify-root").files = data.root.map(([name, text]) => new File([text], name));
        element("verify-form").on.submit({ preventDefault() {} });
        const end = () => element("verify-verdict").textContent
          ? postMessage({ verdict: element("verify-verdict").textContent, checks: element("verify-checks").children.map((c) => c.textContent) })
          : setTimeout(end, 20);
        end();
      };`;
    const realm = new Worker(`data:text/javascript,${encodeURIComponent(worker)}`, { type: "module" });
    const next = () => new Promise<unknown>((resolve) => realm.onmessage = ({ data }) => resolve(data));
    try {
      const ready = next();
      realm.postMessage({ script: `data:text/javascript,${encodeURIComponent(script)}` });
      assert.equal(await ready, "ready");
      const said = next();
      const root = await Promise.all(at.trustFiles.map(async (file) => [file.name, await file.text()]));
      realm.postMessage({ tar: at.tar, root });
      const { verdict, checks } = await said as { verdict: string; checks: string[] };
      assert.match(verdict, /^Verified\./, checks.join("\n"));
    } finally {
      realm.terminate();
    }
  },
});
