import type { OversightExample } from "./oversight_example.ts";

const workflow = (steps: string, more = "") =>
  `on: [push]\njobs:\n  test:\n    runs-on: ubuntu-latest\n${more}    steps:\n${steps}`;
const CI = ".github/workflows/ci.yml";
const scripts = (test: string) => `{\n  "scripts": { "test": ${JSON.stringify(test)} }\n}\n`;
const PY = "def load(path):\n    data = read(path)\n    return parse(data)\n";
const JS = "export function load(path) {\n  const data = read(path);\n  send(data);\n}\n";
const GO = "package a\n\nfunc f() error {\n\terr := save(x)\n\treturn err\n}\n";
const JAVA = "class A {\n  void f() throws Exception {\n    save(x);\n  }\n}\n";
const RUST = "fn f() -> Result<()> {\n    save(x)?;\n    Ok(())\n}\n";

/** S2: failures that nobody hears of. */
export const SWALLOWED_EXAMPLES: readonly OversightExample[] = [
  {
    case: "violating",
    about: "|| true behind the tests of CI",
    base: { [CI]: workflow("      - run: npm test\n") },
    head: { [CI]: workflow("      - run: npm test || true\n") },
  },
  {
    case: "violating",
    about: "continue-on-error for a step",
    base: { [CI]: workflow("      - run: npm test\n") },
    head: { [CI]: workflow("      - run: npm test\n        continue-on-error: true\n") },
  },
  {
    case: "violating",
    about: "continue-on-error for a job",
    base: { [CI]: workflow("      - run: pytest -q\n") },
    head: { [CI]: workflow("      - run: pytest -q\n", "    continue-on-error: true\n") },
  },
  {
    case: "violating",
    about: "allow_failure of GitLab",
    base: { ".gitlab-ci.yml": "test:\n  script:\n    - cargo test\n" },
    head: { ".gitlab-ci.yml": "test:\n  allow_failure: true\n  script:\n    - cargo test\n" },
  },
  {
    case: "violating",
    about: "a package script",
    base: { "package.json": scripts("jest --ci") },
    head: { "package.json": scripts("jest --ci || true") },
  },
  {
    case: "violating",
    about: "a package script that ends well",
    base: { "package.json": scripts("jest --ci") },
    head: { "package.json": scripts("jest --ci; exit 0") },
  },
  {
    case: "violating",
    about: "a recipe of make",
    base: { Makefile: "test:\n\tgo test ./...\n" },
    head: { Makefile: "test:\n\t-go test ./...\n" },
  },
  {
    case: "violating",
    about: "a script that goes on",
    base: { "ci/check.sh": "#!/bin/sh\nset -e\npytest\necho done\n" },
    head: { "ci/check.sh": "#!/bin/sh\nset +e\npytest\necho done\n" },
  },
  {
    case: "violating",
    about: "a script that ends well",
    base: { "check.sh": "#!/bin/sh\nmypy .\n" },
    head: { "check.sh": "#!/bin/sh\nmypy .\nexit 0\n" },
  },
  {
    case: "violating",
    about: "a trap that ends well",
    base: { "check.sh": "#!/bin/sh\nset -e\nruff check .\n" },
    head: { "check.sh": "#!/bin/sh\nset -e\ntrap 'exit 0' EXIT\nruff check .\n" },
  },
  {
    case: "violating",
    about: "an image that is built whatever its tests say",
    base: { Dockerfile: "FROM a\nRUN make test\n" },
    head: { Dockerfile: "FROM a\nRUN make test || :\n" },
  },
  {
    case: "violating",
    about: "a new check that cannot fail",
    base: { [CI]: workflow("      - run: npm ci\n") },
    head: { [CI]: workflow("      - run: npm ci\n      - run: npm run lint || true\n") },
    says: "ask",
  },
  {
    case: "violating",
    about: "an empty catch around what was there",
    base: { "a.js": JS },
    head: { "a.js": JS.replace("  send(data);", "  try {\n    send(data);\n  } catch {\n  }") },
    says: "ask",
  },
  {
    case: "violating",
    about: "a rejection that nobody hears of",
    base: { "a.ts": "export function f() {\n  return save(x);\n}\n" },
    head: { "a.ts": "export function f() {\n  return save(x).catch(() => {});\n}\n" },
    says: "ask",
  },
  {
    case: "violating",
    about: "except: pass",
    base: { "a.py": PY },
    head: {
      "a.py": PY.replace(
        "    data = read(path)\n",
        "    try:\n        data = read(path)\n    except Exception:\n        pass\n",
      ),
    },
    says: "ask",
  },
  {
    case: "clean",
    says: "note",
    about: "Go: the last of several answers is no error, and is not asked for any more",
    base: { "a.go": "package a\n\nfunc f() bool {\n\tnode, _, h := find(x)\n\treturn node != h\n}\n" },
    head: { "a.go": "package a\n\nfunc f() bool {\n\tnode, _, _ := find(x)\n\treturn node != nil\n}\n" },
  },
  {
    case: "evading",
    says: "ask",
    about: "Go: an error among several answers, under a short name",
    base: {
      "a.go": "package a\n\nfunc f() bool {\n\tnode, e := find(x)\n\treturn node != nil && e == nil\n}\n",
    },
    head: { "a.go": "package a\n\nfunc f() bool {\n\tnode, _ := find(x)\n\treturn node != nil\n}\n" },
  },
  {
    case: "clean",
    about:
      "Go: what a call answers was not looked at before, and now says so; also in a function written down in a call",
    base: {
      "a.go":
        'package a\n\nfunc f() {\n\tfmt.Fprintln(out, "a")\n\tdefer func() {\n\t\tflush(out)\n\t}()\n\tdefer file.Close()\n}\n',
    },
    head: {
      "a.go":
        'package a\n\nfunc f() {\n\t_, _ = fmt.Fprintln(out, "a")\n\tdefer func() {\n\t\t_ = flush(out)\n\t}()\n\tdefer func() { _ = file.Close() }()\n}\n',
    },
    says: "note",
  },
  {
    case: "violating",
    about: "a blank in Go",
    base: { "a.go": GO },
    head: { "a.go": "package a\n\nfunc f() error {\n\t_ = save(x)\n\treturn nil\n}\n" },
    says: "ask",
  },
  {
    case: "violating",
    about: "an empty catch in Java",
    base: { "A.java": JAVA },
    head: { "A.java": JAVA.replace("    save(x);", "    try { save(x); } catch (Exception e) { }") },
    says: "ask",
  },
  {
    case: "violating",
    about: "let _ in Rust",
    base: { "src/a.rs": RUST },
    head: { "src/a.rs": RUST.replace("    save(x)?;", "    let _ = save(x);") },
    says: "ask",
  },
  {
    case: "evading",
    about: "a group that only talks",
    base: { "package.json": scripts("vitest run") },
    head: { "package.json": scripts('vitest run || { echo "tests failed" >&2; exit 0; }') },
  },
  {
    case: "evading",
    about: "with the output thrown away",
    base: { "package.json": scripts("eslint .") },
    head: { "package.json": scripts("eslint . > /dev/null 2>&1 || :") },
  },
  {
    case: "evading",
    about: "a wrapper",
    base: { "check.sh": "set -e\nnpm test\n" },
    head: { "check.sh": 'set -e\nrun() { "$@" || true; }\nrun npm test\n' },
    says: "ask",
  },
  {
    case: "evading",
    about: "a check that moves where it cannot fail",
    base: { Makefile: "test:\n\tpytest\n" },
    head: { Makefile: "test:\n\tsh scripts/t.sh\n", "scripts/t.sh": "pytest || true\n" },
  },
  {
    case: "evading",
    about: "suppress instead of except",
    base: { "a.py": PY },
    head: {
      "a.py": PY.replace(
        "    data = read(path)\n",
        "    with contextlib.suppress(Exception):\n        data = read(path)\n",
      ),
    },
    says: "ask",
  },
  {
    case: "evading",
    about: "a comment in the catch",
    base: { "a.js": JS },
    head: { "a.js": JS.replace("  send(data);", "  try { send(data); } catch (e) { /* never mind */ }") },
    says: "ask",
  },
  {
    case: "clean",
    about: "a command that may fail",
    base: { "a.sh": "set -e\n" },
    head: { "a.sh": "set -e\ngrep -q a b || true\ndocker rm -f x 2>/dev/null || true\nkill $PID || :\n" },
    says: "note",
  },
  {
    case: "clean",
    about: "another word for a failure",
    base: { [CI]: workflow("      - run: npm test\n") },
    head: { [CI]: workflow("      - run: npm test || exit 1\n") },
  },
  {
    case: "clean",
    about: "the code is taken and given back",
    base: { "a.sh": "npm test\n" },
    head: { "a.sh": "set +e\nnpm test\ncode=$?\nset -e\nexit $code\n" },
    says: "note",
  },
  {
    case: "clean",
    about: "exit 0 under set -e",
    base: { "a.sh": "set -e\nnpm test\n" },
    head: { "a.sh": "set -e\nnpm test\nexit 0\n" },
  },
  {
    case: "clean",
    about: "what was swallowed before",
    base: { "a.sh": "npm test || true\n" },
    head: { "a.sh": "if x; then\n  npm test || true\nfi\n" },
  },
  {
    case: "clean",
    about: "a new handler around new code",
    base: { "a.js": JS },
    head: {
      "a.js": `${JS}export function g() {\n  try {\n    localStorage.setItem("a", "b");\n  } catch {}\n}\n`,
    },
    says: "note",
  },
  {
    case: "clean",
    about: "one exception that is meant",
    base: { "a.py": PY },
    head: {
      "a.py": PY.replace(
        "    data = read(path)\n",
        "    try:\n        data = read(path)\n    except FileNotFoundError:\n        pass\n",
      ),
    },
  },
  {
    case: "clean",
    about: "a handler that does something",
    base: { "a.js": JS },
    head: { "a.js": JS.replace("  send(data);", "  try { send(data); } catch (e) { report(e); }") },
  },
  {
    case: "clean",
    about: "the spec asks for it",
    base: { [CI]: workflow("      - run: npm ci\n") },
    head: {
      [CI]: workflow("      - run: npm ci\n      - run: npm run lint\n        continue-on-error: true\n"),
    },
    intent: { type: "UPDATE", scope: [CI], removes: [`${CI}::continue-on-error`] },
    says: "note",
  },
  { case: "clean", about: "reading matter", head: { "README.md": "Run `npm test || true`.\n" } },
  {
    case: "clean",
    about: "text in code",
    head: { "a.ts": 'export const a = ["npm test || true", "except: pass", "catch {}"];\n' },
  },
  {
    case: "evading",
    about: "a branch that only talks",
    base: { "ci.sh": "set -e\nnpm test\n" },
    head: { "ci.sh": "set -e\nif ! npm test; then echo failed; fi\n" },
  },
  {
    case: "evading",
    about: "the end of a pipeline",
    base: { [CI]: workflow("      - run: npm test\n") },
    head: { [CI]: workflow("      - run: npm test | cat\n") },
    says: "ask",
  },
  {
    case: "evading",
    about: "an option that ends well",
    base: { "ci.sh": "flake8 src\n" },
    head: { "ci.sh": "flake8 src --exit-zero\n" },
  },
  {
    case: "evading",
    about: "a check that only says so",
    base: { "package.json": scripts("jest") },
    head: { "package.json": scripts("echo ok") },
  },
  {
    case: "evading",
    about: "an end before the checks",
    base: { "ci.sh": "set -e\npytest\n" },
    head: { "ci.sh": "set -e\nexit 0\npytest\n" },
  },
  {
    case: "evading",
    about: "an expression that is true",
    base: { [CI]: workflow("      - run: npm test\n") },
    head: { [CI]: workflow("      - run: npm test\n", "    continue-on-error: ${{ true }}\n") },
  },
  {
    case: "clean",
    about: "an experiment among others",
    base: { [CI]: workflow("      - run: npm test\n") },
    head: {
      [CI]: workflow("      - run: npm test\n", "    continue-on-error: ${{ matrix.experimental }}\n"),
    },
  },
  {
    case: "clean",
    about: "a pipeline that tells",
    base: { "ci.sh": "set -e\nnpm test\n" },
    head: { "ci.sh": "set -eo pipefail\nnpm test | tee log\n" },
  },
  {
    case: "clean",
    about: "a branch that fails in its own words",
    base: { "ci.sh": "set -e\nnpm test\n" },
    head: { "ci.sh": "set -e\nif ! npm test; then\n  echo failed\n  exit 1\nfi\n" },
  },
];
