import assert from "node:assert/strict";
import type { OperationInput } from "../../../../specs/mod.ts";
import { applied, type Files, lines, refused } from "./testing.ts";

type Renaming = Omit<Extract<OperationInput, { op: "rename-symbol" }>, "op">;
const rename = async (files: Files, operation: Renaming) =>
  await applied(files, { op: "rename-symbol", ...operation });
const problem = async (files: Files, operation: Renaming) =>
  await refused(files, { op: "rename-symbol", ...operation });

const PYTHON: Files = {
  "pkg/__init__.py": 'from .mod import foo, Store\n\n__all__ = ["foo", "Store"]\n',
  "pkg/mod.py": lines(
    '"""foo is described here."""',
    "LIMIT = 3",
    "",
    "",
    "def foo(x, limit=LIMIT):",
    "    # foo in a comment",
    '    return "foo" + str(x)',
    "",
    "",
    "class Store:",
    "    cache: dict = {}",
    "",
    "    def __init__(self, size: int):",
    "        self.size = size",
    "",
    "    def get(self, key):",
    "        return self.cache.get(key, foo(key))",
    "",
    '    def all(self) -> "Store":',
    "        return [self.get(k) for k in self.cache]",
    "",
    "",
    "class Sub(Store):",
    "    def get(self, key):",
    "        return super().get(key)",
    "",
    "",
    "def other(foo):",
    "    return foo + 1",
  ),
  "app.py": lines(
    "import pkg.mod",
    "import pkg.mod as m",
    "from pkg import foo as renamed, foo",
    "from pkg import mod",
    "",
    "",
    "def main(s: pkg.Store, holder):",
    "    foo(1)",
    "    renamed(2)",
    "    pkg.mod.foo(3)",
    "    m.foo(4)",
    "    mod.foo(5)",
    "    st = pkg.Store(1)",
    "    st.get(1)",
    "    s.get(2)",
    "    {}.get(3)",
    '    print(f"{foo(7)} foo", "foo")',
  ),
  "unrelated.py": "def foo():\n    pass\n\n\nfoo()\n",
};

// req: N10-15
Deno.test("Python: a function is renamed through imports, packages and modules, not in texts and comments", async () => {
  const { files, changed, steps } = await rename(PYTHON, { from: "foo", to: "bar", in: "pkg/mod.py" });
  assert.deepEqual(changed, ["app.py", "pkg/__init__.py", "pkg/mod.py"]);
  assert.equal(files["pkg/__init__.py"], 'from .mod import bar, Store\n\n__all__ = ["bar", "Store"]\n');
  const app = files["app.py"] ?? "";
  assert.match(app, /from pkg import bar as renamed, bar\n/);
  assert.match(
    app,
    / {4}bar\(1\)\n {4}renamed\(2\)\n {4}pkg\.mod\.bar\(3\)\n {4}m\.bar\(4\)\n {4}mod\.bar\(5\)\n/,
  );
  assert.match(app, /print\(f"\{bar\(7\)\} foo", "foo"\)/);
  const mod = files["pkg/mod.py"] ?? "";
  assert.match(mod, /"""foo is described here\."""/);
  assert.match(mod, /# foo in a comment\n {4}return "foo"/);
  assert.match(mod, /def other\(foo\):\n {4}return foo \+ 1/);
  assert.equal(steps[0]?.matches, 11);
});

Deno.test("Python: a class is renamed in annotations, also in quotes, and behind its package", async () => {
  const { files } = await rename(PYTHON, { from: "Store", to: "Shop" });
  assert.match(files["pkg/mod.py"] ?? "", /class Shop:[^]*-> "Shop":[^]*class Sub\(Shop\)/);
  assert.match(files["app.py"] ?? "", /s: pkg\.Shop[^]*pkg\.Shop\(1\)/);
});

Deno.test("Python: a method is renamed where the code says what its object is, with those that override it", async () => {
  const { files } = await rename(PYTHON, { from: "Store.get", to: "fetch" });
  const mod = files["pkg/mod.py"] ?? "";
  assert.equal(mod.match(/\bfetch\b/g)?.length, 4);
  assert.match(mod, /self\.cache\.get\(key/);
  assert.match(files["app.py"] ?? "", /st\.fetch\(1\)\n {4}s\.fetch\(2\)\n {4}\{\}\.get\(3\)/);
});

Deno.test("Python: where the code does not say it, the places are named, and `uncertain` decides", async () => {
  const files = { ...PYTHON, "unsure.py": "def f(q):\n    return q.get(1)\n" };
  const found = await problem(files, { from: "Store.get", to: "fetch" });
  assert.equal(found.code, "ambiguous");
  assert.match(found.message, /unsure\.py:2 \(q\.get\)/);
  const kept = await rename(files, { from: "Store.get", to: "fetch", uncertain: "keep" });
  assert.match(kept.files["unsure.py"] ?? "", /q\.get\(1\)/);
  assert.match(kept.steps[0]?.notes.join() ?? "", /kept as they are: unsure\.py:2/);
  const renamed = await rename(files, { from: "Store.get", to: "fetch", uncertain: "rename" });
  assert.match(renamed.files["unsure.py"] ?? "", /q\.fetch\(1\)/);
});

Deno.test("Python: attributes, globals, wildcards and match patterns", async () => {
  const files = {
    "a.py": lines(
      "count = 0",
      "def up():",
      "    global count",
      "    count += 1",
      "    return [count for _ in range(3)]",
      "def local():",
      "    count = 5",
      "    return count",
      "class P:",
      "    def __init__(self):",
      "        self.count = 1",
      "p = P()",
      "p.count",
    ),
    "b.py": "from a import *\nprint(count)\n",
  };
  const names = await rename(files, { from: "count", to: "total", in: "a.py" });
  assert.match(
    names.files["a.py"] ?? "",
    /^total = 0\ndef up\(\):\n {4}global total\n {4}total \+= 1\n {4}return \[total for/,
  );
  assert.match(
    names.files["a.py"] ?? "",
    / {4}count = 5\n {4}return count\n[^]*self\.count = 1\n[^]*p\.count/,
  );
  assert.equal(names.files["b.py"], "from a import *\nprint(total)\n");
  const member = await rename(files, { from: "P.count", to: "total" });
  assert.match(member.files["a.py"] ?? "", /^count = 0[^]*self\.total = 1\np = P\(\)\np\.total\n$/);
});

Deno.test("Python: a name that is imported as itself is handed on under its new name", async () => {
  const { files } = await rename({
    "p/__init__.py": "from .m import f as f\n",
    "p/m.py": "def f(): pass\n",
    "a.py": "import p\np.f()\n",
  }, { from: "f", to: "g" });
  assert.deepEqual(files, {
    "a.py": "import p\np.g()\n",
    "p/__init__.py": "from .m import g as g\n",
    "p/m.py": "def g(): pass\n",
  });
});

Deno.test("Python: several of one name, a taken name, a captured builtin and a keyword", async () => {
  assert.equal((await problem(PYTHON, { from: "foo", to: "bar" })).code, "ambiguous");
  const taken = await problem(PYTHON, { from: "Store", to: "other" });
  assert.equal(taken.code, "collision");
  assert.match(taken.message, /pkg\/mod\.py:28/);
  assert.equal((await problem(PYTHON, { from: "foo", to: "str", in: "pkg/mod.py" })).code, "collision");
  assert.equal((await problem(PYTHON, { from: "Store.get", to: "all" })).code, "collision");
  assert.equal((await problem(PYTHON, { from: "Store", to: "class" })).code, "invalid");
  const inner = { "a.py": "def foo(): pass\ndef g():\n    bar = 1\n    foo()\n    return bar\n" };
  assert.equal((await problem(inner, { from: "foo", to: "bar" })).code, "collision");
});

Deno.test("Python: nothing of that name is a failure with the nearest", async () => {
  const none = await problem(PYTHON, { from: "Stroe", to: "Shop" });
  assert.equal(none.code, "no-match");
  assert.match(none.remedy ?? "", /^nearest: Store \(pkg\/mod\.py:10\)/);
});

const GO: Files = {
  "go.mod": "module example.com/app\n\ngo 1.22\n",
  "store/store.go": lines(
    "package store",
    "",
    'import "fmt"',
    "",
    '// Open opens. "Open" in a comment.',
    "func Open(path string) *Store { return &Store{Path: path} }",
    "",
    "type Store struct {",
    "\tPath string",
    "\tsize int",
    "}",
    "",
    "func (s *Store) Get(k string) string { return s.Path + k + fmt.Sprint(s.size) }",
    "",
    "type Wrap struct{ *Store }",
    "",
    "const limit = 3",
  ),
  "store/use.go": lines(
    "package store",
    "",
    "func use() string {",
    '\ts := Open("Open")',
    "\tw := Wrap{Store: s}",
    "\tOpen := 1",
    "\t_ = Open + limit",
    "\treturn s.Get(w.Get(w.Store.Path))",
    "}",
  ),
  "store/store_test.go": lines(
    "package store_test",
    "",
    'import st "example.com/app/store"',
    "",
    'func f() { st.Open("x").Get("y") }',
  ),
  "main.go": lines(
    "package main",
    "",
    'import "example.com/app/store"',
    "",
    "func main() {",
    '\tvar s *store.Store = store.Open("a")',
    '\ts.Get("Get")',
    "}",
  ),
  "other/other.go": "package other\n\nfunc Open() {}\n",
};

Deno.test("Go: a function is renamed in its package, in others that import it, not where it is shadowed", async () => {
  const { files, changed } = await rename(GO, { from: "Open", to: "New", in: "store/*.go" });
  assert.deepEqual(changed, ["main.go", "store/store.go", "store/store_test.go", "store/use.go"]);
  assert.match(files["store/use.go"] ?? "", /s := New\("Open"\)\n[^]*\tOpen := 1\n\t_ = Open \+ limit/);
  assert.match(files["store/store.go"] ?? "", /\/\/ Open opens\. "Open" in a comment\.\nfunc New\(/);
  assert.match(files["store/store_test.go"] ?? "", /st\.New\("x"\)/);
  assert.match(files["main.go"] ?? "", /store\.New\("a"\)/);
});

Deno.test("Go: a type is renamed with the field that embedding it makes", async () => {
  const { files } = await rename(GO, { from: "Store", to: "Shop" });
  assert.match(files["store/store.go"] ?? "", /type Wrap struct\{ \*Shop \}/);
  assert.match(files["store/use.go"] ?? "", /Wrap\{Shop: s\}[^]*w\.Shop\.Path/);
  assert.match(files["main.go"] ?? "", /\*store\.Shop = store\.Open/);
});

Deno.test("Go: fields and methods are renamed through what embeds them, in literals, and by what functions return", async () => {
  const fields = await rename(GO, { from: "Store.Path", to: "Dir" });
  assert.match(fields.files["store/store.go"] ?? "", /&Store\{Dir: path\}[^]*\tDir string[^]*s\.Dir \+ k/);
  assert.match(fields.files["store/use.go"] ?? "", /w\.Store\.Dir/);
  const methods = await rename(GO, { from: "Store.Get", to: "Fetch" });
  assert.match(methods.files["store/use.go"] ?? "", /s\.Fetch\(w\.Fetch\(/);
  assert.match(methods.files["store/store_test.go"] ?? "", /st\.Open\("x"\)\.Fetch\("y"\)/);
  assert.match(methods.files["main.go"] ?? "", /s\.Fetch\("Get"\)/);
  assert.match(methods.steps[0]?.notes.join() ?? "", /may have implemented an interface/);
});

Deno.test("Go: what cannot be told, a shared method, a lost export and a taken name are refused", async () => {
  assert.equal((await problem(GO, { from: "Open", to: "New" })).code, "ambiguous");
  const lost = await problem(GO, { from: "Open", to: "open", in: "store/store.go" });
  assert.equal(lost.code, "in-use");
  assert.match(lost.message, /main\.go:6, store\/store_test\.go:5/);
  assert.equal((await problem(GO, { from: "limit", to: "use" })).code, "collision");
  const shared = { ...GO, "store/i.go": "package store\n\ntype Getter interface{ Get(k string) string }\n" };
  assert.equal((await problem(shared, { from: "Store.Get", to: "Fetch" })).code, "ambiguous");
  const unsure = {
    ...GO,
    "x.go": "package main\n\nfunc g(x any2) { x.Get(1) }\n\ntype any2 = func()\n",
    "y.go": "package main\n\nfunc h() { z().Get(1) }\n",
  };
  assert.equal((await problem(unsure, { from: "Store.Get", to: "Fetch" })).code, "ambiguous");
  assert.equal((await problem(GO, { from: "limit", to: "func" })).code, "invalid");
});

const JAVA: Files = {
  "src/a/Store.java": lines(
    "package a;",
    "public class Store<T> {",
    "  private int size;",
    "  static final int MAX = 3;",
    "  public Store(int size) { this.size = size; }",
    "  // count in a comment",
    '  public int count() { return size + MAX + "count".length(); }',
    "  public int twice() { return count() * 2 + this.count(); }",
    "  static Store make() { return new Store(1); }",
    "}",
    "class Sub extends Store {",
    "  Sub() { super(1); }",
    "  public int count() { return super.count() + twice(); }",
    "  int again() { return count(); }",
    "}",
  ),
  "src/b/Main.java": lines(
    "package b;",
    "import a.Store;",
    "import static a.Store.make;",
    "public class Main {",
    "  Store held;",
    "  void run() {",
    "    Store s = new Store(2);",
    "    var z = new Store(1);",
    "    int size = s.count() + z.count() + make().count() + held.count();",
    "    a.Store t = Store.make();",
    '    "x".count();',
    "  }",
    "}",
  ),
  "src/c/Store.java": "package c;\npublic class Store { int count() { return 0; } }\n",
};

Deno.test("Java: a class is renamed with its constructors, imports and its file", async () => {
  const { files, renames, changed } = await rename(JAVA, {
    from: "Store",
    to: "Shop",
    in: "src/a/Store.java",
  });
  assert.deepEqual(changed, ["src/a/Shop.java", "src/a/Store.java", "src/b/Main.java"]);
  assert.equal(files["src/a/Store.java"], undefined);
  assert.match(
    files["src/a/Shop.java"] ?? "",
    /class Shop<T>[^]*public Shop\(int size\)[^]*static Shop make\(\) \{ return new Shop\(1\); \}[^]*extends Shop/,
  );
  assert.match(
    files["src/b/Main.java"] ?? "",
    /import a\.Shop;\nimport static a\.Shop\.make;[^]*a\.Shop t = Shop\.make\(\)/,
  );
  assert.deepEqual(renames, [{ from: "Store", to: "Shop" }, {
    from: "src/a/Store.java",
    to: "src/a/Shop.java",
  }]);
});

Deno.test("Java: a method is renamed with overrides, in bare, qualified and chained calls", async () => {
  const { "src/c/Store.java": _, ...one } = JAVA;
  const { files } = await rename(one, { from: "Store.count", to: "total" });
  const store = files["src/a/Store.java"] ?? "";
  assert.match(store, /\/\/ count in a comment/);
  assert.match(store, /"count"\.length\(\)/);
  assert.match(store, /return total\(\) \* 2 \+ this\.total\(\);/);
  assert.match(
    store,
    /public int total\(\) \{ return super\.total\(\) \+ twice\(\); \}\n {2}int again\(\) \{ return total\(\); \}/,
  );
  const main = files["src/b/Main.java"] ?? "";
  assert.match(main, /s\.total\(\) \+ z\.total\(\) \+ make\(\)\.total\(\) \+ held\.total\(\)/);
  assert.match(main, /"x"\.count\(\)/);
});

Deno.test("Java: fields, static members and imports of them", async () => {
  const { "src/c/Store.java": _, ...one } = JAVA;
  const field = await rename(one, { from: "Store.size", to: "length" });
  assert.match(
    field.files["src/a/Store.java"] ?? "",
    /private int length;[^]*Store\(int size\) \{ this\.length = size; \}[^]*return length \+ MAX/,
  );
  assert.equal(field.files["src/b/Main.java"], JAVA["src/b/Main.java"]);
  const made = await rename(one, { from: "Store.make", to: "create" });
  assert.match(
    made.files["src/b/Main.java"] ?? "",
    /import static a\.Store\.create;[^]*create\(\)\.count\(\)[^]*Store\.create\(\)/,
  );
});

Deno.test("Java: two types of one name, a taken file and a taken member are refused", async () => {
  assert.equal((await problem(JAVA, { from: "Store", to: "Shop" })).code, "ambiguous");
  assert.equal((await problem(JAVA, { from: "Store.count", to: "total", in: "src/a/**" })).code, "ambiguous");
  const { "src/c/Store.java": _, ...one } = JAVA;
  assert.equal(
    (await problem({ ...one, "src/a/Shop.java": "package a;\n" }, { from: "Store", to: "Shop" })).code,
    "collision",
  );
  assert.equal((await problem(one, { from: "Store.count", to: "twice" })).code, "collision");
  assert.equal((await problem(one, { from: "Store", to: "Sub" })).code, "collision");
});

const RUST: Files = {
  "Cargo.toml": '[package]\nname = "my-app"\nversion = "0.1.0"\n',
  "src/lib.rs":
    "pub mod store;\npub use store::open;\nmod inner { pub fn help() { super::store::open(1); } }\n",
  "src/store.rs": lines(
    "/// open is described here",
    "pub struct Store { pub size: i32 }",
    "impl Store {",
    "    pub fn new(size: i32) -> Self { Store { size } }",
    "    pub fn get(&self) -> i32 { self.size }",
    "}",
    'pub fn open(n: i32) -> Store { let open = "open"; println!("{}", open); Store::new(n) }',
    "pub enum Kind { A, B(i32) }",
    "pub fn kind(k: Kind) -> i32 { match k { Kind::A => 1, Kind::B(n) => n } }",
    "#[cfg(test)]",
    "mod tests {",
    "    use super::*;",
    "    #[test]",
    "    fn t() { let s: Store = open(1); assert_eq!(s.get(), 1); let Store { size } = open(2); assert_eq!(size, 2); }",
    "}",
  ),
  "tests/it.rs":
    "use my_app::store::{open, Store as S};\nfn x() { let s = open(1); s.get(); my_app::open(2); let q = S::new(3); q.get(); }\n",
  "src/main.rs": "use my_app::open as start;\nfn main() { start(1); open(); }\nfn open() {}\n",
};

Deno.test("Rust: a function is renamed through modules, re-exports, other crates and macros", async () => {
  const { files } = await rename(RUST, { from: "open", to: "create", in: "src/store.rs" });
  assert.equal(files["src/lib.rs"], RUST["src/lib.rs"]?.replaceAll("open", "create"));
  assert.match(files["src/store.rs"] ?? "", /\/\/\/ open is described/);
  assert.match(
    files["src/store.rs"] ?? "",
    /pub fn create\(n: i32\) -> Store \{ let open = "open"; println!\("\{\}", open\);/,
  );
  assert.match(files["src/store.rs"] ?? "", /s: Store = create\(1\);[^]*= create\(2\)/);
  assert.match(files["tests/it.rs"] ?? "", /\{create, Store as S\}[^]*create\(1\)[^]*my_app::create\(2\)/);
  assert.equal(
    files["src/main.rs"],
    "use my_app::create as start;\nfn main() { start(1); open(); }\nfn open() {}\n",
  );
});

Deno.test("Rust: types, methods, fields in shorthand, and variants", async () => {
  const type = await rename(RUST, { from: "Store", to: "Shop" });
  assert.match(type.files["src/store.rs"] ?? "", /impl Shop \{[^]*Shop \{ size \}[^]*Shop::new\(n\)/);
  assert.match(type.files["tests/it.rs"] ?? "", /Shop as S/);
  const method = await rename(RUST, { from: "Store.get", to: "fetch" });
  assert.match(method.files["tests/it.rs"] ?? "", /s\.fetch\(\)[^]*q\.fetch\(\)/);
  const field = await rename(RUST, { from: "Store.size", to: "len" });
  assert.match(
    field.files["src/store.rs"] ?? "",
    /pub len: i32[^]*Store \{ len: size \}[^]*self\.len[^]*let Store \{ len: size \} = open\(2\); assert_eq!\(size, 2\)/,
  );
  const variant = await rename(RUST, { from: "Kind.A", to: "First" });
  assert.match(variant.files["src/store.rs"] ?? "", /enum Kind \{ First, B\(i32\) \}[^]*Kind::First => 1/);
});

Deno.test("Rust: two functions of one name, a taken name and a keyword are refused", async () => {
  assert.equal((await problem(RUST, { from: "open", to: "create" })).code, "ambiguous");
  assert.equal((await problem(RUST, { from: "kind", to: "open", in: "src/store.rs" })).code, "collision");
  assert.equal((await problem(RUST, { from: "Store.get", to: "new" })).code, "collision");
  assert.equal((await problem(RUST, { from: "kind", to: "match" })).code, "invalid");
});

const BASH: Files = {
  "lib.sh": '#!/bin/bash\nlog() { local level=$1; echo "log $level $NAME"; }\nNAME=x\n',
  "main.sh": lines(
    "#!/usr/bin/env bash",
    'source "$(dirname "$0")/lib.sh"',
    "log info # log",
    "trap log EXIT",
    "export -f log",
    "x=$(log y)",
    "echo log $NAME \"${NAME}\" '$NAME'",
  ),
  "other.sh": "log a\nNAME=2\n",
};

Deno.test("bash: a function is renamed in the files that source each other, not in words and texts", async () => {
  const { files, changed } = await rename(BASH, { from: "log", to: "say-it" });
  assert.deepEqual(changed, ["lib.sh", "main.sh"]);
  assert.match(files["lib.sh"] ?? "", /say-it\(\) \{ local level=\$1; echo "log \$level/);
  assert.equal(
    files["main.sh"],
    lines(
      "#!/usr/bin/env bash",
      'source "$(dirname "$0")/lib.sh"',
      "say-it info # log",
      "trap say-it EXIT",
      "export -f say-it",
      "x=$(say-it y)",
      "echo log $NAME \"${NAME}\" '$NAME'",
    ),
  );
});

Deno.test("bash: a variable is renamed in expansions, and a local one stays in its function", async () => {
  const { files } = await rename(BASH, { from: "NAME", to: "TITLE", in: "lib.sh" });
  assert.match(files["lib.sh"] ?? "", /"log \$level \$TITLE"; \}\nTITLE=x/);
  assert.match(files["main.sh"] ?? "", /echo log \$TITLE "\$\{TITLE\}" '\$NAME'/);
  assert.equal(files["other.sh"], BASH["other.sh"]);
  const local = await rename({ "a.sh": "x=1\nf() { local x=2; echo $x; }\necho $x\n" }, {
    from: "x",
    to: "y",
  });
  assert.equal(local.files["a.sh"], "y=1\nf() { local x=2; echo $x; }\necho $y\n");
});

Deno.test("bash: a command that the script calls is a collision, a hyphen is no variable", async () => {
  assert.equal((await problem(BASH, { from: "log", to: "echo" })).code, "collision");
  assert.equal((await problem(BASH, { from: "NAME", to: "A-B", in: "lib.sh" })).code, "invalid");
});

Deno.test("every language: CRLF and a byte order mark stay, and renaming back gives the first bytes", async () => {
  const cases: [Files, string, string, string?][] = [
    [PYTHON, "foo", "barZz", "pkg/mod.py"],
    [PYTHON, "Store", "ShopZz"],
    [PYTHON, "Store.get", "fetchZz"],
    [GO, "Open", "NewZz", "store/store.go"],
    [GO, "Store.Get", "FetchZz"],
    [JAVA, "Store", "ShopZz", "src/a/*"],
    [RUST, "open", "createZz", "src/store.rs"],
    [RUST, "Store.get", "fetchZz"],
    [BASH, "log", "sayZz"],
  ];
  for (const [base, from, to, where] of cases) {
    const files = Object.fromEntries(
      Object.entries(base).map((
        [path, text],
      ) => [path, path.endsWith(".sh") ? text : `\ufeff${text.replaceAll("\n", "\r\n")}`]),
    );
    // A shebang and go.mod stand first, without a mark.
    for (const path of ["go.mod", "Cargo.toml"]) if (base[path] !== undefined) files[path] = base[path];
    const dot = from.lastIndexOf(".");
    const there = await rename(files, { from, to, ...(where === undefined ? {} : { in: where }) });
    assert.ok(there.changed.length > 0);
    for (const path of there.changed) {
      const text = there.files[path];
      if (text !== undefined && !path.endsWith(".sh")) {
        assert.ok(text.startsWith("\ufeff") && !/[^\r]\n/.test(text), path);
      }
    }
    const back = await rename(there.files, { from: from.slice(0, dot + 1) + to, to: from.slice(dot + 1) });
    assert.deepEqual(back.files, Object.fromEntries(Object.entries(files).sort()), `${from} <-> ${to}`);
  }
});

Deno.test("a name in several languages is ambiguous until the language is given", async () => {
  const files = { "a.py": "def run():\n    pass\n", "b.ts": "export function run() {}\n" };
  assert.equal((await problem(files, { from: "run", to: "go" })).code, "ambiguous");
  assert.deepEqual((await rename(files, { from: "run", to: "go", lang: "python" })).changed, ["a.py"]);
  assert.deepEqual((await rename(files, { from: "run", to: "go", lang: "js" })).changed, ["b.ts"]);
});

Deno.test("keys of YAML and JSON are no symbols", async () => {
  const found = await problem({ "a.yaml": "a: 1\n" }, { from: "a", to: "b", lang: "yaml" });
  assert.equal(found.code, "unsupported-language");
  assert.equal((await problem({ "a.yaml": "a: 1\n" }, { from: "a", to: "b" })).code, "no-match");
});
