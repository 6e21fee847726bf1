import assert from "node:assert/strict";
import type { OperationInput } from "../../../../specs/mod.ts";
import { applied, type Files, lines, refused } from "./testing.ts";

type Moving = Omit<Extract<OperationInput, { op: "move-symbol" }>, "op">;
const move = async (files: Files, operation: Moving) =>
  await applied(files, { op: "move-symbol", ...operation });
const problem = async (files: Files, operation: Moving) =>
  await refused(files, { op: "move-symbol", ...operation });

const TS: Files = {
  "deno.json": '{ "imports": { "@/": "./src/" } }',
  "src/a.ts": lines(
    "// header",
    "",
    'import { z } from "./z.ts";',
    'import * as path from "node:path";',
    "",
    "/** Adds. */",
    "export function add(a: number): number {",
    "  return a + z + helper();",
    "}",
    "",
    "function helper() { return path.sep.length; }",
    "",
    "export interface Shape { area(): number }",
    "export class Box implements Shape {",
    "  area() { return 1; }",
    "}",
    "export const twice = (x: number) => add(x) * 2;",
  ),
  "src/z.ts": "export const z = 1;\n",
  "src/b.ts":
    'import { add, Box, type Shape } from "./a.ts";\nimport { twice as t2 } from "@/a.ts";\nconst s: Shape = new Box();\nadd(s.area()) + t2(1);\n',
  "src/barrel.ts": 'export * from "./a.ts";\nexport { add as plus } from "./a.ts";\n',
  "src/c.ts": 'import { add, plus } from "./barrel.ts";\nadd(5) + plus(6);\n',
};

Deno.test("TypeScript: a function moves into a new file with its comment, imports and private helper; users follow", async () => {
  const { files, renames } = await move(TS, {
    symbol: "add",
    from: "src/a.ts",
    to: "src/lib/math.ts",
    along: ["helper"],
  });
  assert.equal(
    files["src/lib/math.ts"],
    lines(
      'import { z } from "../z.ts";',
      'import * as path from "node:path";',
      "",
      "/** Adds. */",
      "export function add(a: number): number {",
      "  return a + z + helper();",
      "}",
      "",
      "function helper() { return path.sep.length; }",
    ),
  );
  assert.equal(
    files["src/a.ts"],
    lines(
      "// header",
      "",
      'import { add } from "./lib/math.ts";',
      "",
      "export interface Shape { area(): number }",
      "export class Box implements Shape {",
      "  area() { return 1; }",
      "}",
      "export const twice = (x: number) => add(x) * 2;",
    ),
  );
  assert.match(
    files["src/b.ts"] ?? "",
    /^import \{ Box, type Shape \} from "\.\/a\.ts";\nimport \{ twice as t2 \} from "@\/a\.ts";\nimport \{ add \} from "\.\/lib\/math\.ts";/,
  );
  assert.match(
    files["src/barrel.ts"] ?? "",
    /^export \* from "\.\/a\.ts";\nexport \{ (add as plus, add|add, add as plus) \} from "\.\/lib\/math\.ts";\n$/,
  );
  assert.equal(files["src/c.ts"], TS["src/c.ts"]);
  assert.deepEqual(renames, [
    { from: "src/a.ts#add", to: "src/lib/math.ts#add" },
    { from: "src/a.ts#helper", to: "src/lib/math.ts#helper" },
  ]);
});

Deno.test("TypeScript: a type moves into an existing file as a type; an alias keeps its prefix", async () => {
  const { files } = await move(TS, { symbol: "Shape", from: "src/a.ts", to: "src/z.ts" });
  assert.equal(files["src/z.ts"], "export const z = 1;\n\nexport interface Shape { area(): number }\n");
  assert.match(files["src/a.ts"] ?? "", /import type \{ Shape \} from "\.\/z\.ts";/);
  assert.match(
    files["src/b.ts"] ?? "",
    /import \{ add, Box \} from "\.\/a\.ts";[^]*import type \{ Shape \} from "\.\/z\.ts";/,
  );
  const aliased = await move(TS, { symbol: "twice", from: "src/a.ts", to: "src/z2.ts" });
  assert.match(aliased.files["src/b.ts"] ?? "", /import \{ twice as t2 \} from "@\/z2\.ts";/);
  assert.equal(
    aliased.files["src/z2.ts"],
    'import { add } from "./a.ts";\n\nexport const twice = (x: number) => add(x) * 2;\n',
  );
});

Deno.test("TypeScript: a symbol comes home to a file that imports it", async () => {
  const files = {
    "a.ts": "export const one = 1;\nexport const two = 2;\n",
    "b.ts": 'import { one, two } from "./a.ts";\nexport const three = one + two;\n',
  };
  const { files: after } = await move(files, { symbol: "one", from: "a.ts", to: "b.ts" });
  assert.equal(after["a.ts"], "export const two = 2;\n");
  assert.match(
    after["b.ts"] ?? "",
    /^import \{ two \} from "\.\/a\.ts";\nexport const three = one \+ two;\n\nexport const one = 1;\n$/,
  );
});

Deno.test("TypeScript: endings, quotes and semicolons of imports follow the file", async () => {
  const files = {
    "a.ts": "export const one = 1\nexport const two = 2\n",
    "b.ts": "import { one } from './a.js'\nconsole.log(one)\n",
    "c.ts": "import { one } from './a'\nconsole.log(one)\n",
  };
  const { files: after } = await move(files, { symbol: "one", from: "a.ts", to: "x/n.ts" });
  assert.equal(after["b.ts"], "import { one } from './x/n.js'\nconsole.log(one)\n");
  assert.equal(after["c.ts"], "import { one } from './x/n'\nconsole.log(one)\n");
});

Deno.test("TypeScript: CRLF and a byte order mark stay, in the old file and in the new one", async () => {
  const files = {
    "a.ts": "\ufeffexport const one = 1;\r\n\r\nexport const two = 2;\r\n",
    "b.ts": 'import { one } from "./a.ts";\r\none;\r\n',
  };
  const { files: after } = await move(files, { symbol: "one", from: "a.ts", to: "n.ts" });
  assert.equal(after["a.ts"], "\ufeffexport const two = 2;\r\n");
  assert.equal(after["n.ts"], "export const one = 1;\r\n");
  assert.equal(after["b.ts"], 'import { one } from "./n.ts";\r\none;\r\n');
});

Deno.test("TypeScript: packages and globals that are not in the tree are no obstacle", async () => {
  const files = {
    "a.ts": 'import { z } from "zod";\nexport const S = z.string();\nexport const e = Deno.env;\n',
    "b.ts": "export const b = 1;\n",
  };
  const { files: after } = await applied(
    files,
    { op: "move-symbol", symbol: "S", from: "a.ts", to: "b.ts" },
    { op: "move-symbol", symbol: "e", from: "a.ts", to: "b.ts" },
  );
  assert.equal(after["a.ts"], "");
  assert.equal(
    after["b.ts"],
    'import { z } from "zod";\n\nexport const b = 1;\n\nexport const S = z.string();\n\nexport const e = Deno.env;\n',
  );
});

Deno.test("TypeScript: what cannot be moved is refused with the reason", async () => {
  const cases: [Files, Moving, string][] = [
    [TS, { symbol: "add", from: "src/a.ts", to: "src/n.ts" }, "unsupported"], // needs the private helper
    [TS, { symbol: "ad", from: "src/a.ts", to: "src/n.ts" }, "no-match"],
    [TS, { symbol: "add", from: "src/none.ts", to: "src/n.ts" }, "missing-file"],
    [TS, { symbol: "twice", from: "src/a.ts", to: "src/a.ts" }, "no-match"],
    [TS, { symbol: "twice", from: "src/a.ts", to: "src/n.py" }, "unsupported-language"],
    [{ ...TS, "src/z.ts": "export const z = 1;\nexport const twice = 2;\n" }, {
      symbol: "twice",
      from: "src/a.ts",
      to: "src/z.ts",
    }, "collision"],
    [
      { "a.ts": "export default function f() {}\n" },
      { symbol: "f", from: "a.ts", to: "b.ts" },
      "unsupported",
    ],
    [{ "a.ts": "export const a = 1, b = 2;\n" }, { symbol: "a", from: "a.ts", to: "b.ts" }, "unsupported"],
    [
      { "a.js": "const a = 1;\nmodule.exports = { a };\n" },
      { symbol: "a", from: "a.js", to: "b.js" },
      "unsupported",
    ],
    [{ "a.ts": "export const a = 1;\n", "b.ts": 'import * as all from "./a.ts";\nall.a;\n' }, {
      symbol: "a",
      from: "a.ts",
      to: "c.ts",
    }, "unsupported"],
    [
      { "a.go": "package a\n\nfunc F() {}\n" },
      { symbol: "F", from: "a.go", to: "b.go" },
      "unsupported-language",
    ],
  ];
  for (const [files, operation, code] of cases) {
    const found = await problem(files, operation);
    assert.equal(found.code, code, `${JSON.stringify(operation)}: ${found.message}`);
  }
});

const PYTHON: Files = {
  "pkg/__init__.py": 'from .mod import foo, Bar\n__all__ = ["foo", "Bar"]\n',
  "pkg/mod.py": lines(
    '"""Doc."""',
    "from __future__ import annotations",
    "",
    "import os",
    "from .util import up",
    "from typing import (",
    "    Any,",
    "    List,",
    ")",
    "",
    "__all__ = ['foo', 'Bar', 'LIMIT']",
    "LIMIT = 3",
    "",
    "",
    "# about foo",
    "def foo(x: Any, limit=LIMIT) -> List[int]:",
    "    return up(os.sep + x) * limit",
    "",
    "",
    "class Bar:",
    "    pass",
    "",
    "",
    "def user(b: Bar):",
    "    return Bar()",
  ),
  "pkg/util.py": "def up(x):\n    return x.upper()\n",
  "app.py":
    "from pkg.mod import (\n    foo,\n    user,\n)\n\n\ndef later():\n    from pkg.mod import foo as f\n    return f(1)\n\n\nfoo(1)\n",
};

Deno.test("Python: a function moves with its comment and imports; imports of users, also local ones, follow", async () => {
  const { files, renames } = await move(PYTHON, {
    symbol: "foo",
    from: "pkg/mod.py",
    to: "pkg/new.py",
    along: ["LIMIT"],
  });
  assert.equal(
    files["pkg/new.py"],
    lines(
      "from __future__ import annotations",
      "import os",
      "from .util import up",
      "from typing import Any, List",
      "",
      "",
      "LIMIT = 3",
      "",
      "",
      "# about foo",
      "def foo(x: Any, limit=LIMIT) -> List[int]:",
      "    return up(os.sep + x) * limit",
    ),
  );
  assert.equal(
    files["pkg/mod.py"],
    lines(
      '"""Doc."""',
      "from __future__ import annotations",
      "",
      "",
      "__all__ = ['Bar']",
      "class Bar:",
      "    pass",
      "",
      "",
      "def user(b: Bar):",
      "    return Bar()",
    ),
  );
  assert.equal(
    files["pkg/__init__.py"],
    'from .mod import Bar\nfrom .new import foo\n__all__ = ["foo", "Bar"]\n',
  );
  assert.equal(
    files["app.py"],
    "from pkg.mod import (\n    user,\n)\nfrom pkg.new import foo\n\n\ndef later():\n    from pkg.new import foo as f\n    return f(1)\n\n\nfoo(1)\n",
  );
  assert.deepEqual(renames[0], { from: "pkg/mod.py#foo", to: "pkg/new.py#foo" });
});

Deno.test("Python: a class moves into an existing file, and its old file imports it back where it is used", async () => {
  const { files } = await move(PYTHON, { symbol: "Bar", from: "pkg/mod.py", to: "pkg/util.py" });
  assert.equal(files["pkg/util.py"], "def up(x):\n    return x.upper()\n\n\nclass Bar:\n    pass\n");
  assert.match(files["pkg/mod.py"] ?? "", /\)\nfrom \.util import Bar\n/);
  assert.match(files["pkg/mod.py"] ?? "", /__all__ = \['foo', 'LIMIT'\]/);
  assert.equal(
    files["pkg/__init__.py"],
    'from .mod import foo\nfrom .util import Bar\n__all__ = ["foo", "Bar"]\n',
  );
});

Deno.test("Python: CRLF stays", async () => {
  const files = {
    "a.py": "def one():\r\n    return 1\r\n\r\n\r\ndef two():\r\n    return 2\r\n",
    "b.py": "from a import two\r\ntwo()\r\n",
  };
  const { files: after } = await move(files, { symbol: "two", from: "a.py", to: "c.py" });
  assert.equal(after["a.py"], "def one():\r\n    return 1\r\n");
  assert.equal(after["c.py"], "def two():\r\n    return 2\r\n");
  assert.equal(after["b.py"], "from c import two\r\ntwo()\r\n");
});

Deno.test("Python: what cannot be moved is refused with the reason", async () => {
  const cases: [Files, Moving, string][] = [
    [PYTHON, { symbol: "fooo", from: "pkg/mod.py", to: "pkg/new.py" }, "no-match"],
    [
      { ...PYTHON, "pkg/util.py": "Bar = 1\n" },
      { symbol: "Bar", from: "pkg/mod.py", to: "pkg/util.py" },
      "collision",
    ],
    [{ ...PYTHON, "x.py": "import pkg.mod\npkg.mod.foo(1)\n" }, {
      symbol: "foo",
      from: "pkg/mod.py",
      to: "pkg/new.py",
    }, "unsupported"],
    [{ "a.py": "K = 1\ndef f():\n    return K\n\n\ndef g():\n    return f()\n" }, {
      symbol: "f",
      from: "a.py",
      to: "b.py",
    }, "unsupported"],
    [
      { "a.py": "from x import *\ndef f():\n    return thing\n" },
      { symbol: "f", from: "a.py", to: "b.py" },
      "unsupported",
    ],
    [{ "a.py": "a, b = 1, 2\n" }, { symbol: "a", from: "a.py", to: "b.py" }, "unsupported"],
    [{ "a.py": "def f(): pass\n" }, { symbol: "f", from: "a.py", to: "b.txt" }, "unsupported-language"],
  ];
  for (const [files, operation, code] of cases) {
    const found = await problem(files, operation);
    assert.equal(found.code, code, `${JSON.stringify(operation)}: ${found.message}`);
  }
});
