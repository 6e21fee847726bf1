import assert from "node:assert/strict";
import { forgeWorkspaces, type Workspace } from "../../../connectors/mod.ts";
import type { PhaseContext } from "../../../kernel/mod.ts";
import { Spec } from "../../../specs/code/mod.ts";
import { codemod } from "./codemod.ts";
import { placeOf, workFiles } from "./model/files.ts";
import type { Assignment } from "./port.ts";

const COMMIT = "c".repeat(40);

async function named(bytes: Uint8Array): Promise<string> {
  const head = new TextEncoder().encode(`blob ${bytes.byteLength}\0`);
  const whole = new Uint8Array([...head, ...bytes]);
  return new Uint8Array(await crypto.subtle.digest("SHA-1", whole)).toHex();
}

/** A workspace of a repository that a forge lists, as on a host without files. */
async function workspaceOf(files: Record<string, { text: string; mode?: string }>): Promise<Workspace> {
  const blobs = new Map<string, Uint8Array>();
  const entries: { path: string; mode: string; sha: string }[] = [];
  for (const [path, { text, mode = "100644" }] of Object.entries(files)) {
    const bytes = new TextEncoder().encode(text);
    const sha = await named(bytes);
    blobs.set(sha, bytes);
    entries.push({ path, mode, sha });
  }
  const workspaces = forgeWorkspaces({
    forges: [{
      locate: () => Promise.resolve({ ok: true, value: "https://github.com/acme/tools" }),
      source: () =>
        Promise.resolve({
          resolve: () => Promise.resolve(null),
          files: () => Promise.resolve(entries),
          blob: (sha) => Promise.resolve(blobs.get(sha) ?? new Uint8Array()),
        }),
    }],
  });
  const repository = {
    location: "https://github.com/acme/tools",
    gitDir: "",
    baseRef: "main",
    baseCommit: COMMIT,
    baseTree: "0".repeat(40),
    dirty: false,
  };
  const refused = await workspaces.create(repository, "");
  assert.ok(!refused.ok && refused.error.code === "base-changed", "a tree of another name is not worked on");
  const baseTree = /its tree is ([0-9a-f]{40})/.exec(refused.error.message)?.[1] ?? "";
  const made = await workspaces.create({ ...repository, baseTree }, "");
  assert.ok(made.ok);
  return made.value;
}

const text = (bytes: Uint8Array | null) => bytes === null ? null : new TextDecoder().decode(bytes);

Deno.test("a codemod works in memory, and derives the same again", async () => {
  const workspace = await workspaceOf({
    "src/a.ts": { text: "export const one = 1;\nconsole.log(one);\n" },
    "src/b.ts": { text: 'import { one } from "./a.ts";\nconsole.log(one + one);\n' },
  });
  const spec = Spec.parse({
    title: "Rename",
    intent: { type: "REFACTOR", scope: ["src/**"] },
    reason: "It says what it is",
    operations: [
      { op: "rename-symbol", from: "one", to: "first" },
      { op: "create-file", path: "src/c.ts", content: "export {};\n" },
    ],
  });
  const ctx = { progress() {} } as unknown as PhaseContext;
  const done = await codemod.implement(ctx, { spec, workspace } as unknown as Assignment);
  assert.ok(done.ok, done.ok ? "" : done.error.message);
  assert.equal(done.value.rederives, true);
  assert.match(text(await workspace.read("src/b.ts", "head")) ?? "", /first \+ first/);
  const { change, patch } = await workspace.curate();
  assert.deepEqual(change.files.map(({ status, path }) => `${status} ${path}`), [
    "M src/a.ts",
    "M src/b.ts",
    "A src/c.ts",
  ]);
  assert.match(text(patch) ?? "", /^\+export const first = 1;$/m);
});

Deno.test("a model's files are read and written in memory as on a disk: modes stay, links are none, no path leads out", async () => {
  const workspace = await workspaceOf({
    "run.sh": { text: "#!/bin/sh\n", mode: "100755" },
    "link": { text: "run.sh", mode: "120000" },
    "a/b.txt": { text: "b\n" },
  });
  const files = workFiles(await placeOf(workspace), await workspace.list("base"));
  assert.equal((await files.read("link")).kind, "unreadable");
  assert.equal((await files.read("nothing")).kind, "absent");
  await files.write("moved.sh", "#!/bin/sh\nexit\n", "run.sh");
  await files.write("a/b.txt", "c\n");
  await files.remove("run.sh");
  const { change } = await workspace.curate();
  assert.deepEqual(
    change.files.map(({ status, path, newMode }) => `${status} ${path} ${newMode}`),
    ["M a/b.txt 100644", "R moved.sh 100755"],
  );
  for (const path of ["../out", "/etc/passwd", ".git/config", "a/.GIT/x", "link/x", "a/b.txt/x", ""]) {
    await assert.rejects(() => files.write(path, "x"), /Cannot write/, path);
  }
});
