import assert from "node:assert/strict";
import { join } from "node:path";
import { findTool, isBelow, planToolchains } from "./toolchain.ts";

/** A home directory with these directories and files, and credentials that must never be shown. */
async function withHome(paths: readonly string[], test: (home: string) => Promise<void>): Promise<void> {
  const home = await Deno.realPath(await Deno.makeTempDir());
  try {
    for (const dir of [...paths, ".ssh", ".config/gh", ".local/share/keyrings"]) {
      await Deno.mkdir(join(home, dir), { recursive: true });
    }
    for (const file of [".npmrc", ".netrc", ".cargo/credentials.toml", ".ssh/id_rsa"]) {
      await Deno.mkdir(join(home, file, ".."), { recursive: true });
      await Deno.writeTextFile(join(home, file), "secret");
    }
    await test(home);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

async function shown(home: string, ...entries: string[]) {
  const plan = await planToolchains(entries.map((entry) => join(home, entry)).join(":"), home);
  return {
    mounts: plan.mounts.map((dir) => dir.slice(home.length + 1)).sort(),
    env: plan.env,
    path: plan.path,
  };
}

Deno.test("of a home directory only the toolchain is shown, never the directory itself or credentials", async () => {
  await withHome([
    ".cargo/bin",
    ".rustup/toolchains",
    ".nvm/versions/node/v22/bin",
    ".deno/bin",
    "sdk/go1.25/bin",
    "go/bin",
  ], async (home) => {
    const plan = await shown(
      home,
      ".cargo/bin",
      ".nvm/versions/node/v22/bin",
      ".deno/bin",
      "sdk/go1.25/bin",
      "go/bin",
    );
    assert.deepEqual(plan.mounts, [
      ".cargo/bin",
      ".deno/bin",
      ".nvm/versions/node/v22",
      ".rustup",
      "go/bin",
      "sdk/go1.25",
    ]);
    assert.deepEqual(plan.env, { RUSTUP_HOME: join(home, ".rustup") });
    for (
      const secret of [
        ".npmrc",
        ".netrc",
        ".cargo/credentials.toml",
        ".ssh/id_rsa",
        ".config/gh",
        ".local/share/keyrings",
      ]
    ) {
      assert.ok(!plan.mounts.some((dir) => isBelow(join(home, secret), join(home, dir))), secret);
    }
  });
});

Deno.test("directories of the home directory that are not known to be toolchains are left out of PATH", async () => {
  await withHome(["bin", "work/scripts", ".config/tool/bin"], async (home) => {
    const plan = await shown(home, "bin", "work/scripts", ".config/tool/bin", "", ".");
    assert.deepEqual(plan.mounts, []);
    assert.ok(plan.path.every((dir) => dir.startsWith("/usr") || dir === "/bin"), plan.path.join());
  });
});

Deno.test("pyenv's chosen versions go before its slow shims", async () => {
  await withHome([".pyenv/shims", ".pyenv/versions/3.12.1/bin"], async (home) => {
    await Deno.writeTextFile(join(home, ".pyenv/version"), "3.12.1\n../../evil\n");
    const plan = await shown(home, ".pyenv/shims");
    assert.deepEqual(plan.path.slice(0, 2), [
      join(home, ".pyenv/versions/3.12.1/bin"),
      join(home, ".pyenv/shims"),
    ]);
    assert.deepEqual(plan.mounts, [".pyenv"]);
  });
});

Deno.test("a virtual environment is shown wherever it is", async () => {
  await withHome(["project/venv/bin"], async (home) => {
    await Deno.writeTextFile(join(home, "project/venv/pyvenv.cfg"), "home = /usr/bin\n");
    assert.deepEqual((await shown(home, "project/venv/bin")).mounts, ["project/venv"]);
  });
});

Deno.test("a link in PATH shows what it leads to, by the same rules", async () => {
  await withHome([".volta/bin", ".ssh/bin"], async (home) => {
    await Deno.symlink(join(home, ".volta/bin"), join(home, "tools"));
    await Deno.symlink(join(home, ".ssh"), join(home, "keys"));
    assert.deepEqual((await shown(home, "tools", "keys", "keys/bin")).mounts, [".volta"]);
  });
});

Deno.test("system directories stay in PATH in their order and need no mount; relative ones are dropped", async () => {
  const plan = await planToolchains(
    "/usr/local/sbin:bin::./x:/usr/bin:/usr/bin:/nonexistent/bin:/etc:/tmp",
    "/nonexistent",
  );
  assert.deepEqual(plan.mounts, []);
  assert.ok(plan.path.every((dir) => dir.startsWith("/usr") || dir === "/bin"), plan.path.join());
  assert.equal(new Set(plan.path).size, plan.path.length);
});

Deno.test("a tool is an executable file, the first of its name", async () => {
  await withHome(["one/tool", "two", "three"], async (home) => {
    await Deno.writeTextFile(join(home, "two/tool"), "", { mode: 0o644 });
    await Deno.writeTextFile(join(home, "three/tool"), "", { mode: 0o755 });
    const path = ["one", "two", "three"].map((dir) => join(home, dir));
    assert.equal(await findTool("tool", path), join(home, "three/tool"));
    assert.equal(await findTool("none", path), null);
  });
});
