import assert from "node:assert/strict";
import { onlyOwnFieldsChange } from "./manifest.ts";

const json = (data: unknown) => JSON.stringify(data);

Deno.test("a manifest that changes in what it says of its own package declares nothing new", async () => {
  const samples: [path: string, base: string, head: string][] = [
    [
      "package.json",
      json({ exports: "./src/a.js", dependencies: { b: "1" } }),
      json({
        dependencies: { b: "1" },
        exports: { ".": "./src/lib/a.js" },
        bin: { a: "bin/a.js" },
      }),
    ],
    [
      "web/package.json",
      json({ name: "a", version: "1.0.0" }),
      json({ name: "a", version: "1.0.1", main: "x.js" }),
    ],
    [
      "deno.json",
      '{ "exports": "./a.ts", /* all */ "imports": {} }',
      json({ imports: {}, exports: "./b.ts" }),
    ],
    [
      "pyproject.toml",
      '[project]\nname = "a"\ndependencies = ["b"]\n[project.scripts]\na = "a:main"\n',
      '[project]\nname = "a"\ndependencies = ["b"]\n[project.scripts]\na = "a.cli:main"\n',
    ],
    ["Cargo.toml", '[package]\nname = "a"\n[[bin]]\nname = "a"\npath = "a.rs"\n', '[package]\nname = "a"\n'],
  ];
  for (const [path, base, head] of samples) {
    assert.equal(await onlyOwnFieldsChange(path, base, head), true, path);
  }
});

Deno.test("a manifest that changes in anything else, or that cannot be read, may declare a dependency", async () => {
  const samples: [path: string, base: string | null, head: string | null][] = [
    ["package.json", json({ dependencies: { b: "1" } }), json({ dependencies: { b: "2" } })],
    ["package.json", json({}), json({ main: "a.js", scripts: { postinstall: "x" } })],
    ["package.json", json({}), json({ overrides: { b: "2" } })],
    ["package.json", json({}), '{ "main": 1, "main": 2 }'],
    ["package.json", null, json({ main: "a.js" })],
    ["package.json", json({ main: "a.js" }), null],
    ["deno.json", json({ imports: {} }), json({ imports: { a: "npm:a@1" } })],
    ["pyproject.toml", '[project]\ndependencies = ["b"]\n', '[project]\ndependencies = ["c"]\n'],
    ["pyproject.toml", "", '[tool.pytest.ini_options]\naddopts = "-k x"\n'],
    ["pyproject.toml", "", "[project"],
    ["Cargo.toml", '[package]\nname = "a"\n', '[package]\nname = "a"\nbuild = "b.rs"\n'],
    ["go.mod", "module a\n", "module b\n"],
    ["setup.py", "", "import os\n"],
  ];
  for (const [path, base, head] of samples) {
    assert.equal(await onlyOwnFieldsChange(path, base, head), false, `${path} ${head}`);
  }
});
