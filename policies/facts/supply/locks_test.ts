import assert from "node:assert/strict";
import fc from "fast-check";
import { treeOf } from "../../testing/supply_trees.ts";
import { readLock } from "./locks.ts";
import { readManifest } from "./manifests.ts";

const LOCKS: [tree: string, path: string][] = [
  ["npm-add", "package-lock.json"],
  ["npmv1-add", "package-lock.json"],
  ["yarn1-add", "yarn.lock"],
  ["berry-add", "yarn.lock"],
  ["pnpm-add", "pnpm-lock.yaml"],
  ["deno-add", "deno.lock"],
  ["cargo-add", "Cargo.lock"],
  ["uvs-add", "uv.lock"],
  ["go-add", "go.sum"],
];

Deno.test("every package of a lockfile is read with its version and hash", async () => {
  const read = async (tree: string, path: string) => {
    const found = await readLock(path, treeOf(tree)[path] ?? "");
    assert.ok(found.ok, `${tree}: ${found.ok ? "" : found.why}`);
    return [...found.value.entries.values()].filter(({ source }) => source === "registry");
  };
  for (const [tree, path] of LOCKS) {
    const entries = await read(tree, path);
    assert.ok(entries.length > 0, tree);
    for (const one of entries) {
      assert.ok(one.name && one.version && one.integrity.length > 0, `${tree}: ${one.key}`);
    }
  }
  assert.deepEqual(
    (await read("npm-add", "package-lock.json")).map(({ name, version }) => `${name}@${version}`),
    [
      "debug@4.3.4",
      "ms@2.1.2",
    ],
  );
});

const REFUSED: [what: string, path: string, text: string][] = [
  [
    "a name that stands twice",
    "package-lock.json",
    '{"lockfileVersion":3,"packages":{"node_modules/a":{},"node_modules/a":{}}}',
  ],
  ["marks of a merge conflict", "yarn.lock", "# yarn lockfile v1\n<<<<<<< HEAD\n"],
  ["aliases of YAML", "pnpm-lock.yaml", "lockfileVersion: '9.0'\na: &a [1]\nb: [*a, *a]\n"],
  [
    "a pattern that stands twice",
    "yarn.lock",
    '# yarn lockfile v1\n\na@1:\n  version "1"\n\na@1:\n  version "2"\n',
  ],
  ["a version of the format that is not known", "deno.lock", '{"version":"99"}'],
  [
    "a crate that stands twice",
    "Cargo.lock",
    '[[package]]\nname = "a"\nversion = "1"\n\n[[package]]\nname = "a"\nversion = "1"\n',
  ],
  ["another file's content", "go.sum", "hello world\n"],
  ["nesting without end", "package-lock.json", `{"a":${"[".repeat(200_000)}`],
  [
    "needs that grow with the square",
    "uv.lock",
    Array.from(
      { length: 1100 },
      (_, at) => `[[package]]\nname = "a"\nversion = "${at}"\ndependencies = [{ name = "a" }]\n`,
    ).join("\n"),
  ],
];

for (const [what, path, text] of REFUSED) {
  Deno.test(`a lockfile with ${what} is not read`, async () => {
    assert.equal((await readLock(path, text)).ok, false);
  });
}

Deno.test("no text makes a reader of lockfiles or manifests throw", async () => {
  const names = [...new Set(LOCKS.map(([, path]) => path)), "poetry.lock", "Pipfile.lock"];
  const manifests = [
    "package.json",
    "deno.json",
    "pyproject.toml",
    "requirements.txt",
    "go.mod",
    "Cargo.toml",
    "pom.xml",
    "build.gradle",
    "setup.cfg",
  ];
  const sample = fc.oneof(
    fc.string({ maxLength: 200, unit: "binary" }),
    fc.json({ maxDepth: 4 }),
    fc.constantFrom(...LOCKS.map(([tree, path]) => treeOf(tree)[path] ?? "")).chain((text) =>
      fc.tuple(fc.nat(text.length), fc.nat(40), fc.string({ maxLength: 5 })).map(([at, drop, put]) =>
        text.slice(0, at) + put + text.slice(at + drop)
      )
    ),
  );
  await fc.assert(
    fc.asyncProperty(
      sample,
      fc.constantFrom(...names),
      fc.constantFrom(...manifests),
      async (text, lock, manifest) => {
        await readLock(lock, text);
        await readManifest(manifest, text);
      },
    ),
    { numRuns: 150 },
  );
});
