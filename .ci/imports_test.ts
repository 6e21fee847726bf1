import assert from "node:assert/strict";
import { readImportMap, readSources, ROOT } from "./checkout.ts";
import { cycles, deadExports, heavyAtStart, importViolations, loadedBeside } from "./import_rules.ts";

const MAP = { zod: "npm:zod@4.6.7", "hono/": "npm:/hono@4.13.19/" };

/** A small house that keeps every rule. */
const SOUND: Record<string, string> = {
  "specs/mod.ts": `export * from "./spec.ts";`,
  "specs/spec.ts": `import { z } from "zod";\nexport const Spec = z.string();`,
  "kernel/mod.ts": `import { Spec } from "../specs/mod.ts";\nexport const run = () => Spec;`,
  "kernel/store/kv.ts": `export const open = () => Deno.openKv();`,
  "policies/mod.ts": `import "../kernel/mod.ts";\nexport const judge = 1;`,
  "connectors/mod.ts": `import { readFile } from "node:fs/promises";\nexport { readFile };`,
  "pipelines/mod.ts": `import "../policies/mod.ts";\nimport "../connectors/mod.ts";`,
  "functions/main.ts": `import "../pipelines/mod.ts";\nimport { cors } from "hono/cors";\nDeno.serve(cors);`,
};

const breaches = (changes: Record<string, string>) =>
  importViolations(new Map(Object.entries({ ...SOUND, ...changes })), MAP);

// req: N1-01 N1-02 N1-03 N1-04
Deno.test("the import graph of the project keeps every rule", async () => {
  const sources = await readSources();
  assert.ok(sources.size > 100, "the walk found the project's files");
  assert.deepEqual(importViolations(sources, await readImportMap()), []);
});

Deno.test("no heavy library is loaded by starting the command line or by importing the contracts", async () => {
  const [sources, map] = [await readSources(), await readImportMap()];
  for (const entry of ["functions/cli/main.ts", "specs/mod.ts"]) {
    assert.ok(sources.has(entry), entry);
    assert.deepEqual(heavyAtStart(entry, sources, map), []);
  }
});

Deno.test("the run of a pipeline loads nothing of code changes, of their forges and models, of chains, signed packs or bundles that are read", async () => {
  const [sources, map] = [await readSources(), await readImportMap()];
  const others = new Set([
    "connectors/mod.ts",
    "connectors/models/mod.ts",
    "connectors/agents/mod.ts",
    "pipelines/factory/mod.ts",
    "pipelines/chain/mod.ts",
    "pipelines/models/mod.ts",
    "policies/code/mod.ts",
    "policies/packs/mod.ts",
    "policies/evidence/reading/mod.ts",
    "specs/code/mod.ts",
    "functions/code_family.ts",
    "functions/edge.ts",
  ]);
  for (const path of others) assert.ok(sources.has(path), path);
  for (const entry of ["functions/cli/etl.ts", "functions/compose.ts", "functions/data_family.ts"]) {
    assert.ok(sources.has(entry), entry);
    assert.deepEqual(loadedBeside(entry, others, sources, map), []);
  }
});

Deno.test("what is loaded beside is found through every static import, and only through those", () => {
  const files = new Map(Object.entries({
    "functions/a.ts": `import "./b.ts";\nawait import("./c.ts");\nimport type { T } from "./c.ts";`,
    "functions/b.ts": `export * from "./d.ts";`,
    "functions/c.ts": "",
    "functions/d.ts": "",
  }));
  const beside = (...names: string[]) => loadedBeside("functions/a.ts", new Set(names), files, {});
  assert.deepEqual(beside("functions/d.ts"), ["functions/a.ts > functions/b.ts > functions/d.ts"]);
  assert.deepEqual(beside("functions/c.ts"), []);
});

Deno.test("a heavy library is found through every static import, and only through those", () => {
  const files = new Map(Object.entries({
    "functions/main.ts": `import "./a.ts";\nawait import("./lazy.ts");\nimport type { Y } from "./types.ts";`,
    "functions/a.ts": `export * from "./b.ts";`,
    "functions/b.ts":
      `import { parse } from "yaml";\nimport type { T } from "ts-morph";\nawait import("re2js");`,
    "functions/lazy.ts": `import "re2js";`,
    "functions/types.ts": `import "ts-morph";`,
  }));
  const map = { yaml: "npm:yaml@2.9.1", re2js: "npm:re2js@2.10.0", "ts-morph": "npm:ts-morph@28.0.0" };
  assert.deepEqual(heavyAtStart("functions/main.ts", files, map), [
    "functions/main.ts > functions/a.ts > functions/b.ts > yaml",
  ]);
});

Deno.test("a sound house has no breach", () => {
  assert.deepEqual(breaches({}), []);
});

Deno.test("a test may use what another folder offers to tests, and nothing else may", () => {
  const files = { "connectors/testing/mod.ts": "", "connectors/testing/server.ts": "" };
  const door = `import "../../connectors/testing/mod.ts";`;
  assert.deepEqual(breaches({ ...files, "functions/tests/a_test.ts": door }), []);
  assert.match(breaches({ ...files, "functions/cli/a.ts": door }).join(), /past connectors/);
  const inner = `import "../../connectors/testing/server.ts";`;
  assert.match(breaches({ ...files, "functions/tests/a_test.ts": inner }).join(), /past connectors/);
});

const BAD: [string, Record<string, string>, RegExp][] = [
  ["an arrow upwards", { "kernel/a.ts": `import "../policies/mod.ts";` }, /kernel may not know policies/],
  [
    "an arrow between siblings",
    { "policies/a.ts": `import "../connectors/mod.ts";` },
    /policies may not know connectors/,
  ],
  [
    "an arrow upwards by a type",
    { "specs/a.ts": `type R = import("../kernel/mod.ts").run;` },
    /specs may not know kernel/,
  ],
  [
    "an arrow upwards by a re-export",
    { "specs/a.ts": `export { run } from "../kernel/mod.ts";` },
    /specs may not know/,
  ],
  [
    "a dynamic arrow upwards",
    { "kernel/a.ts": `await import("../functions/main.ts");` },
    /kernel may not know functions/,
  ],
  ["a way past mod.ts", { "functions/a.ts": `import "../kernel/store/kv.ts";` }, /past kernel\/mod\.ts/],
  [
    "a folder outside of the house",
    { "lib/a.ts": "", "kernel/a.ts": `import "../lib/a.ts";` },
    /no place in the house/,
  ],
  ["a file that is not there", { "kernel/a.ts": `import "./gone.ts";` }, /no source file here/],
  ["Deno in the kernel", { "kernel/a.ts": `Deno.exit();` }, /kernel\/a\.ts:1 uses Deno/],
  ["Deno by globalThis", { "kernel/a.ts": `\nglobalThis.Deno.exit();` }, /kernel\/a\.ts:2 uses Deno/],
  ["Deno by a quoted name", { "specs/a.ts": `globalThis["Deno"].exit();` }, /uses Deno/],
  [
    "Deno that is declared again",
    { "kernel/a.ts": `declare const Deno: { exit(): void };\nDeno.exit();` },
    /a\.ts:2 uses Deno/,
  ],
  ["Deno as a type", { "policies/a.ts": `type K = Deno.Kv;` }, /uses Deno/],
  ["process in a policy", { "policies/a.ts": `export const e = process.env;` }, /uses process/],
  ["node: in a policy", { "policies/a.ts": `import "node:fs";` }, /imports node:fs/],
  [
    "node: in the kernel, lazily",
    { "kernel/a.ts": `await import("node:child_process");` },
    /imports node:child_process/,
  ],
  ["a jsr: specifier", { "kernel/a.ts": `import "jsr:@std/assert";` }, /imports jsr:@std\/assert/],
  ["an https: specifier", { "kernel/a.ts": `import "https://example.com/x.ts";` }, /imports https:/],
  [
    "an npm: specifier that the map lacks",
    { "kernel/a.ts": `import "npm:zod@3.0.0";` },
    /imports npm:zod@3\.0\.0/,
  ],
  ["a bare name that the map lacks", { "kernel/a.ts": `import "lodash";` }, /imports lodash/],
  [
    "data of another folder",
    { "kernel/a.ts": `import x from "../specs/x.json" with { type: "json" };` },
    /no source file here/,
  ],
  [
    "data of another folder at first use",
    { "kernel/a.ts": `await import("../specs/x.json", { with: { type: "json" } });` },
    /no source file here/,
  ],
  ["data as code at first use", { "kernel/a.ts": `await import("./x.json");` }, /no source file here/],
  ["a stylesheet as code", { "functions/a.ts": `import "./a.css";` }, /no source file here/],
  ["a computed import", { "functions/a.ts": `const x = "y"; await import(x);` }, /computed specifier/],
  [
    "a cycle",
    { "kernel/a.ts": `import "./b.ts";`, "kernel/b.ts": `export * from "./a.ts";` },
    /cycle: kernel\/a\.ts > kernel\/b\.ts/,
  ],
  [
    "a file that imports its own mod.ts",
    { "specs/spec.ts": `import "./mod.ts";` },
    /cycle: specs\/mod\.ts > specs\/spec\.ts/,
  ],
];
for (const [what, changes, expected] of BAD) {
  Deno.test(`the import rules refuse ${what}`, () => {
    const found = breaches(changes);
    assert.equal(found.length, 1, found.join("\n"));
    assert.match(found[0] ?? "", expected);
  });
}

// req: N1-05
Deno.test("the lockfile is frozen and the import map pins exact versions", async () => {
  const config = JSON.parse(await Deno.readTextFile(`${ROOT}deno.json`));
  assert.equal(config.lock.frozen, true);
  assert.deepEqual(importViolations(new Map(), await readImportMap()), []);
});

Deno.test("the import map may only pin exact npm versions", () => {
  for (
    const target of [
      "npm:zod@^4.0.0",
      "npm:zod",
      "jsr:@std/assert@1.0.0",
      "https://esm.sh/zod@4.0.0",
      "npm:zod@4",
    ]
  ) {
    assert.match(importViolations(new Map(), { zod: target })[0] ?? "", /not an exact npm version/, target);
  }
  assert.deepEqual(
    importViolations(new Map(), { a: "npm:@s/a@1.2.3-rc.1", "b/": "npm:/b@1.2.3/", "c/d": "npm:c@1.2.3/d" }),
    [],
  );
});

Deno.test("comments, strings and names of fields are no use of a server's globals", () => {
  const text =
    `// Deno.exit()\nexport const a = { Deno: 1, process: "Deno.env" };\nconst process = a.process;\nexport default process;`;
  assert.deepEqual(breaches({ "kernel/a.ts": text }), []);
});

Deno.test("types may know each other; content of the own folder and the project's description may be imported", () => {
  assert.deepEqual(
    breaches({
      "kernel/a.ts": `import { b } from "./b.ts";\nb;`,
      "kernel/b.ts":
        `import type { A } from "./a.ts";\nimport { type B } from "./a.ts";\nexport const b = 1;`,
      "functions/a.ts":
        `import css from "./a.css" with { type: "text" };\nimport deno from "../deno.json" with { type: "json" };\n` +
        `await import("./a.json", { with: { type: "json" } });`,
    }),
    [],
  );
});

Deno.test("tests, benchmarks and writing scripts may use the server's functions", () => {
  assert.deepEqual(
    breaches({
      "kernel/a_test.ts": "Deno.test('x', () => {});",
      "kernel/bench/run.ts": "Deno.exit();",
      "specs/schema_write.ts": `import "node:fs";`,
      "specs/eval/run.ts": `import "../../functions/mod.ts";`,
      "functions/mod.ts": "",
    }),
    [],
  );
});

Deno.test("a cycle is found once, however it is entered, and apart from another one", () => {
  const edges = new Map(
    Object.entries({ a: ["b"], b: ["c"], c: ["b", "d"], d: ["e"], e: ["d"], f: ["f"], g: ["a"] }),
  );
  assert.deepEqual(cycles(edges).map((cycle) => cycle.join()).sort(), ["b,c", "d,e", "f"]);
});

Deno.test("an export that nothing imports and its file does not use is dead", () => {
  const files = new Map(Object.entries({
    "kernel/mod.ts": `export * from "./a.ts";\nexport { one } from "./b.ts";`,
    "kernel/a.ts": "export const surface = 1;",
    "kernel/b.ts":
      "export const one = 1;\nexport function two() {}\nexport const three = 3;\nexport const four = three;",
    "kernel/c.ts": `import * as all from "./d.ts";\nall;`,
    "kernel/d.ts": "export class Five {}",
    "kernel/e_test.ts": `const { six } = await import("./f.ts");\nsix;`,
    "kernel/f.ts": "export type six = 6;",
  }));
  assert.deepEqual(deadExports(files, {}), [
    "kernel/b.ts:2 exports two, which nothing uses",
    "kernel/b.ts:4 exports four, which nothing uses",
  ]);
});
