import assert from "node:assert/strict";
import fc from "fast-check";
import { changedParts, partsReader } from "./protected_part.ts";

const json = (value: unknown) => JSON.stringify(value, null, 2);
const parts = (path: string, base: unknown, head: unknown) =>
  changedParts(
    path,
    typeof base === "string" ? base : json(base),
    typeof head === "string" ? head : json(head),
  );

const PACKAGE = {
  name: "a",
  version: "1.0.0",
  scripts: { test: "jest", build: "tsc" },
  jest: { testMatch: ["**/*.test.js"] },
  dependencies: { left: "^1.0.0" },
  devDependencies: { chai: "^4.0.0", jest: "29.0.0" },
};

Deno.test("package.json: versions, dependencies, engines and new plain scripts are open", async () => {
  for (
    const head of [
      { ...PACKAGE, version: "1.1.0" },
      { ...PACKAGE, dependencies: { left: "^2.0.0", right: "1" } },
      { ...PACKAGE, devDependencies: { jest: "30.0.0" } },
      { ...PACKAGE, engines: { node: ">=20" } },
      { ...PACKAGE, scripts: { ...PACKAGE.scripts, "start:dev": "node ." } },
      { ...PACKAGE, exports: "./a.js", keywords: ["x"] },
      Object.fromEntries(Object.entries(PACKAGE).reverse()),
    ]
  ) assert.deepEqual(await parts("web/package.json", PACKAGE, head), []);
});

Deno.test("package.json: scripts that exist or check, runner settings, and a dependency that comes from elsewhere are protected", async () => {
  for (
    const [head, wanted] of [
      [{ ...PACKAGE, scripts: { ...PACKAGE.scripts, test: "exit 0" } }, "scripts.test"],
      [{ ...PACKAGE, scripts: { ...PACKAGE.scripts, build: "rm -rf test" } }, "scripts.build"],
      [{ ...PACKAGE, scripts: { build: "tsc" } }, "scripts.test"],
      [{ ...PACKAGE, scripts: { ...PACKAGE.scripts, pretest: "rm -rf test" } }, "scripts.pretest"],
      [{ ...PACKAGE, scripts: { ...PACKAGE.scripts, postinstall: "x" } }, "scripts.postinstall"],
      [{ ...PACKAGE, scripts: { ...PACKAGE.scripts, "lint:fix": "x" } }, "scripts.lint:fix"],
      [{ ...PACKAGE, jest: { testMatch: [] } }, "jest"],
      [{ ...PACKAGE, mocha: { forbidOnly: false } }, "mocha"],
      [
        { ...PACKAGE, devDependencies: { ...PACKAGE.devDependencies, chai: "file:./fake" } },
        "dependency chai",
      ],
      [
        { ...PACKAGE, devDependencies: { ...PACKAGE.devDependencies, chai: "npm:not-chai@4" } },
        "dependency chai",
      ],
      [{ ...PACKAGE, overrides: { chai: "file:./fake" } }, "overrides.chai"],
      [{ ...PACKAGE, imports: { "#assert": "./fake.js" } }, "imports.#assert"],
    ] as const
  ) assert.deepEqual(await parts("package.json", PACKAGE, head), [wanted]);
});

const DENO = {
  version: "1.0.0",
  tasks: { test: "deno test", dev: "deno run a.ts" },
  imports: { "@std/assert": "jsr:@std/assert@1.0.0", "hono/": "npm:/hono@4.0.0/" },
  test: { include: ["src"] },
};

Deno.test("deno.json: versions and dependency bumps are open; tasks, test settings and names that lead elsewhere are protected", async () => {
  for (
    const head of [
      { ...DENO, version: "2.0.0" },
      { ...DENO, imports: { ...DENO.imports, "@std/assert": "jsr:@std/assert@^1.2.0", zod: "npm:zod@4" } },
      { ...DENO, imports: { "hono/": "npm:/hono@4.1.0/" } },
      { ...DENO, tasks: { ...DENO.tasks, serve: "deno run b.ts" } },
      { ...DENO, fmt: { lineWidth: 100 } },
    ]
  ) assert.deepEqual(await parts("deno.json", DENO, head), []);
  for (
    const [head, wanted] of [
      [{ ...DENO, tasks: { ...DENO.tasks, test: "true" } }, "tasks.test"],
      [{ ...DENO, test: { exclude: ["src"] } }, "test"],
      [{ ...DENO, lint: { rules: { exclude: ["no-explicit-any"] } } }, "lint"],
      [{ ...DENO, exclude: ["src/a_test.ts"] }, "exclude"],
      [{ ...DENO, imports: { ...DENO.imports, "@std/assert": "./fake.ts" } }, "imports.@std/assert"],
      [{ ...DENO, imports: { ...DENO.imports, "node:assert": "./fake.ts" } }, "imports.node:assert"],
      [{ ...DENO, imports: { ...DENO.imports, "jsr:@std/assert": "npm:x" } }, "imports.jsr:@std/assert"],
      [{ ...DENO, imports: { ...DENO.imports, "@std/assert": "npm:not-assert@1" } }, "imports.@std/assert"],
      [{ ...DENO, scopes: { "./": { a: "./b.ts" } } }, "scopes"],
      [{ ...DENO, importMap: "./other.json" }, "importMap"],
      [{ ...DENO, lock: false }, "lock"],
    ] as const
  ) assert.deepEqual(await parts("deno.jsonc", `// x\n${json(DENO)}`, head), [wanted]);
  assert.deepEqual(
    await parts("import_map.json", { imports: { a: "npm:a@1" } }, { imports: { a: "npm:a@2" } }),
    [],
  );
  assert.deepEqual(
    await parts("import_map.json", { imports: { a: "npm:a@1" } }, { imports: { a: "./a.ts" } }),
    ["imports.a"],
  );
});

Deno.test("pyproject.toml and setup.cfg: dependencies are open; pytest, coverage, linters and plugins are protected", async () => {
  const base = '[project]\nname = "a"\ndependencies = ["x==1"]\n[tool.pytest.ini_options]\naddopts = "-q"\n';
  assert.deepEqual(
    await parts("pyproject.toml", base, base.replace("x==1", "x==2").replace('"a"', '"b"')),
    [],
  );
  assert.deepEqual(await parts("pyproject.toml", base, base.replace("-q", "--deselect tests/a.py")), [
    "tool.pytest",
  ]);
  assert.deepEqual(await parts("pyproject.toml", base, `${base}[tool.ruff]\nignore = ["E"]\n`), [
    "tool.ruff",
  ]);
  assert.deepEqual(
    await parts("pyproject.toml", base, `${base}[project.entry-points.pytest11]\nx = "fake"\n`),
    ["project.entry-points.pytest11"],
  );
  const cfg = "[metadata]\nname = a\n[tool:pytest]\naddopts = -q\n";
  assert.deepEqual(await parts("setup.cfg", cfg, cfg.replace("name = a", "name = b")), []);
  assert.deepEqual(await parts("setup.cfg", cfg, cfg.replace("-q", "--ignore=tests")), ["tool:pytest"]);
});

Deno.test("go.mod and Cargo.toml: requirements are open; replacements and test settings are protected", async () => {
  const mod = "module a\n\ngo 1.22\n\nrequire x v1.0.0\n";
  assert.deepEqual(await parts("go.mod", mod, mod.replace("v1.0.0", "v1.1.0").replace("1.22", "1.23")), []);
  assert.deepEqual(await parts("go.mod", mod, `${mod}replace x => ./fake\n`), ["replace x => ./fake"]);
  assert.deepEqual(await parts("go.mod", mod, `${mod}replace (\n\tx => ./fake // y\n)\n`), [
    "replace x => ./fake",
  ]);
  const cargo = '[package]\nname = "a"\nversion = "1.0.0"\n[dependencies]\nserde = "1"\n';
  assert.deepEqual(
    await parts("Cargo.toml", cargo, cargo.replace('"1.0.0"', '"1.1.0"').replace('"1"', '"2"')),
    [],
  );
  assert.deepEqual(await parts("Cargo.toml", cargo, `${cargo}[lib]\ntest = false\n`), ["lib.0.test"]);
  assert.deepEqual(await parts("Cargo.toml", cargo, `${cargo}[[test]]\nname = "it"\nharness = false\n`), [
    "test.it.harness",
  ]);
  assert.deepEqual(
    await parts("Cargo.toml", cargo, cargo.replace('name = "a"', 'name = "a"\nautotests = false')),
    ["package.autotests"],
  );
  assert.deepEqual(
    await parts("Cargo.toml", cargo, `${cargo}[patch.crates-io]\nserde = { path = "fake" }\n`),
    ["patch"],
  );
});

Deno.test("Makefile: what checks, with what it needs and reads, is protected; the rest is open", async () => {
  const make =
    "FLAGS = -v\nOUT = dist\n\nbuild: deps\n\tgo build -o $(OUT)\n\ntest: build\n\tgo test $(FLAGS) ./...\n\ndeps:\n\tgo mod download\n\nclean:\n\trm -rf $(OUT)\n";
  assert.deepEqual(await parts("Makefile", make, make.replace("rm -rf", "rm -r")), []);
  assert.deepEqual(await parts("Makefile", make, `${make}\nrelease:\n\ttar c .\n`), []);
  assert.deepEqual(await parts("Makefile", make, make.replace("go test $(FLAGS) ./...", "true")), [
    "rule test",
  ]);
  assert.deepEqual(await parts("Makefile", make, make.replace("-v", "-run NONE")), ["rule test"]);
  assert.deepEqual(await parts("Makefile", make, make.replace("go mod download", "rm *_test.go")), [
    "rule deps",
  ]);
  assert.deepEqual(await parts("Makefile", make, `SHELL = /bin/true\n${make}`), ["settings of every rule"]);
  assert.deepEqual(await parts("Makefile", make, `${make}include evil.mk\n`), ["settings of every rule"]);
});

Deno.test("Maven and Gradle: dependencies and versions are open; build, profiles and skip properties are protected", async () => {
  const pom =
    "<project><version>1</version><properties><x.version>1</x.version></properties><dependencies><dependency><artifactId>a</artifactId><version>1</version></dependency></dependencies><build><plugins><plugin><artifactId>surefire</artifactId><version>3</version></plugin></plugins></build></project>";
  assert.deepEqual(
    await parts(
      "pom.xml",
      pom,
      pom.replaceAll("<version>1<", "<version>2<").replace("<version>3<", "<version>4<"),
    ),
    [],
  );
  assert.deepEqual(
    await parts(
      "pom.xml",
      pom,
      pom.replace(
        "</version></plugin>",
        "</version><configuration><skipTests>true</skipTests></configuration></plugin>",
      ),
    ),
    ["build"],
  );
  assert.deepEqual(
    await parts(
      "pom.xml",
      pom,
      pom.replace("<x.version>", "<maven.test.skip>true</maven.test.skip><x.version>"),
    ),
    ["properties.maven.test.skip"],
  );
  const combined = pom.replace("<plugin>", '<plugin combine.children="append">');
  assert.deepEqual(await parts("pom.xml", pom, combined), ["build"]);
  assert.deepEqual(await parts("pom.xml", pom, `<!DOCTYPE x>${pom}`), ["a part that cannot be read"]);
  const gradle =
    'plugins {\n  id("java") version "1.0"\n}\ndependencies {\n  implementation("a:b:1")\n}\ntest { useJUnitPlatform() }\n';
  assert.deepEqual(
    await parts("build.gradle.kts", gradle, gradle.replace("a:b:1", "a:b:2").replace('"1.0"', '"1.1"')),
    [],
  );
  assert.deepEqual(
    await parts(
      "build.gradle.kts",
      gradle,
      gradle.replace("useJUnitPlatform()", "useJUnitPlatform(); enabled = false"),
    ),
    ["the build beside its dependencies"],
  );
  assert.deepEqual(
    await parts(
      "build.gradle",
      gradle,
      gradle.replace("test {", "// dependencies {\ntest { enabled = false "),
    ),
    ["the build beside its dependencies"],
  );
});

Deno.test("tsconfig: paths and excludes are protected, target and strictness of no test are not", async () => {
  const base = { compilerOptions: { target: "es2022", paths: { a: ["./a"] } } };
  assert.deepEqual(
    await parts("tsconfig.json", base, { compilerOptions: { ...base.compilerOptions, target: "es2023" } }),
    [],
  );
  assert.deepEqual(
    await parts("tsconfig.build.json", base, {
      compilerOptions: { ...base.compilerOptions, paths: { a: ["./fake"] } },
    }),
    ["compilerOptions.paths"],
  );
});

Deno.test("what our reader refuses is protected: broken JSON, a name that stands twice, too much text", async () => {
  const unread = ["a part that cannot be read"];
  assert.deepEqual(await parts("package.json", PACKAGE, "{"), unread);
  assert.deepEqual(
    await parts("package.json", PACKAGE, '{"scripts":{"test":"jest"},"scripts":{"test":"true"}}'),
    unread,
  );
  assert.deepEqual(await parts("package.json", PACKAGE, `{"a":"${"x".repeat(300_000)}"}`), unread);
  assert.deepEqual(await parts("pyproject.toml", "", "[a\n"), unread);
  assert.deepEqual(await parts("package.json", PACKAGE, "[".repeat(100_000)), unread);
  assert.deepEqual(
    await parts("package.json", PACKAGE, '{"__proto__":{"scripts":{}}}').then((found) =>
      found.includes("scripts.test")
    ),
    true,
  );
});

Deno.test("a file without a reader has no parts, and the same text never differs", async () => {
  assert.equal(partsReader("src/a.ts"), null);
  assert.deepEqual(await changedParts("src/a.ts", "a", "b"), []);
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(
        "package.json",
        "Makefile",
        "pyproject.toml",
        "pom.xml",
        "build.gradle",
        "go.mod",
        "setup.cfg",
        "Cargo.toml",
      ),
      fc.string({ maxLength: 100 }),
      async (path, text) => {
        assert.deepEqual(await changedParts(path, text, text), []);
        await changedParts(path, text, `${text}\ntest:\n\ttrue\n`);
      },
    ),
  );
});

Deno.test("hostile build files are compared in linear time", async () => {
  for (
    const [path, text] of [
      ["Makefile", "a: b\n\t$(c)\n".repeat(20_000)],
      ["Makefile", `${"a".repeat(200_000)}`],
      ["build.gradle", `version${" ".repeat(200_000)}x`],
      ["build.gradle", "dependencies {".repeat(15_000)],
      ["setup.cfg", "[".repeat(200_000)],
      ["go.mod", "replace (\n".repeat(20_000)],
      ["pom.xml", "<a>".repeat(60_000)],
    ] as const
  ) {
    const start = performance.now();
    await changedParts(path, text, `${text} `);
    assert.ok(performance.now() - start < 4000, `${path} ${text.slice(0, 12)}`);
  }
});
