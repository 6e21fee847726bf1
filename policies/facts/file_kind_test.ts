import assert from "node:assert/strict";
import { fileKind, isTestPath, languageOf } from "./file_kind.ts";

const kind = (path: string, mode = "100644", binary = false) => fileKind(path, mode, binary);

Deno.test("documentation and data are told by type, never by directory", () => {
  for (const path of ["README.md", "docs/guide.rst", "LICENSE", "CHANGELOG", "notes.txt", "a.adoc"]) {
    assert.equal(kind(path), "docs", path);
  }
  for (const path of ["data/rows.csv", "i18n/de.json", "logo.png", "fonts/a.woff2", "x.ndjson"]) {
    assert.equal(kind(path), "data", path);
  }
  assert.equal(kind("docs/conf.py"), "code");
  assert.equal(kind("docs/page.mdx"), "code");
  assert.equal(kind("docs/page.html"), "code");
  assert.equal(kind("docs/drawing.svg"), "code");
});

Deno.test("what steers a program is config or a manifest, whatever it looks like", () => {
  for (
    const path of [
      "config.yaml",
      ".eslintrc.json",
      "tsconfig.json",
      "app.config.json",
      "x.toml",
      ".env",
      "Makefile",
      "Dockerfile",
      "robots.txt",
      "CMakeLists.txt",
    ]
  ) {
    assert.equal(kind(path), "config", path);
  }
  for (
    const path of [
      "package.json",
      "requirements.txt",
      "requirements-dev.txt",
      "go.mod",
      "Cargo.toml",
      "pyproject.toml",
      "pom.xml",
      "setup.py",
    ]
  ) {
    assert.equal(kind(path), "manifest", path);
  }
  for (const path of ["package-lock.json", "deno.lock", "go.sum", "Cargo.lock", "poetry.lock"]) {
    assert.equal(kind(path), "lockfile", path);
  }
});

Deno.test("an executable, a link and a submodule are never documentation", () => {
  assert.equal(kind("README.md", "100755"), "code");
  assert.equal(kind("README.md", "120000"), "other");
  assert.equal(kind("README.md", "160000"), "other");
  assert.equal(kind("blob.bin", "100644", true), "binary");
});

Deno.test("tests are told by the conventions of their runners", () => {
  for (
    const path of [
      ...["src/a_test.ts", "src/a.test.tsx", "src/a.spec.js", "tests/a.ts", "__tests__/b.js", "test-a.mjs"],
      ...[
        "test_a.py",
        "pkg/a_test.py",
        "tests/helpers.py",
        "a_test.go",
        "src/test/java/FooTest.java",
        "FooTest.java",
        "TestFoo.java",
      ],
      ...[
        "tests/it.rs",
        "src/tests.rs",
        "test/a.bats",
        "run-tests.sh",
        "tests/run.sh",
        "t/basic.sh",
        "src/__snapshots__/a.snap",
        "testdata/x.json",
      ],
    ]
  ) assert.equal(isTestPath(path), true, path);
  for (
    const path of [
      "src/a.ts",
      "src/testing.ts",
      "src/contest.py",
      "latest.go",
      "src/Attestation.java",
      "src/lib.rs",
      "deploy.sh",
      "tests/__init__.py",
      "src/protest.sh",
      "at/it.sh",
    ]
  ) {
    assert.equal(isTestPath(path), false, path);
  }
});

Deno.test("languages are told by extension", () => {
  assert.deepEqual(["a.ts", "a.cjs", "a.py", "a.go", "A.java", "a.rs", "a.sh", "a.rb", "a"].map(languageOf), [
    "ecmascript",
    "ecmascript",
    "python",
    "go",
    "java",
    "rust",
    "shell",
    null,
    null,
  ]);
});
