import assert from "node:assert/strict";
import type { FileView } from "../../../connectors/mod.ts";
import { withoutMissingNames } from "./missing_names.ts";

const view = (files: Record<string, string>): FileView => ({
  list: () => Promise.resolve(Object.keys(files)),
  read: (path) => Promise.resolve(files[path] ?? null),
});
const fit = (path: string, text: string, head: Record<string, string>, base: Record<string, string> = head) =>
  withoutMissingNames(path, text, { base: view(base), head: view(head) });

Deno.test("a name that a module no longer has leaves the import, and stands for nothing", async () => {
  const text =
    `import assert from "node:assert";\nimport fallback, { kept, gone as lost, type Shape } from "./m.ts";\nlost();\n`;
  assert.equal(
    await fit("a_test.ts", text, { "m.ts": "export function kept() {}\nexport default 1;\n" }),
    `import assert from "node:assert";\nimport fallback, { kept, type Shape } from "./m.ts";\nlost();\n\nvar lost: any;\n`,
  );
  assert.equal(
    await fit("t/a.test.mjs", `import { gone } from "../m.mjs";\nimport * as all from "../n.mjs"\n`, {
      "m.mjs": "",
    }),
    `\n\n\nvar gone;\nvar all;\n`,
  );
});

Deno.test("what is still there, passed on, or not ours to say stays as it is", async () => {
  const head = {
    "m.ts": `export * from "./inner.ts";`,
    "inner.ts": `export * as everything from "npm:x";\nexport const deep = 1;`,
    "open.ts": `export * from "npm:x";`,
    "data.json": "{}",
    "dir/index.js": "exports.a = 1; module.exports = {};",
  };
  for (
    const text of [
      `import { deep, everything } from "./m.ts";`,
      `import { anything } from "./open.ts";`,
      `import data from "./data.json" with { type: "json" };`,
      `import whole, { a } from "./dir";`,
      `import { x } from "package";`,
      `import type { Gone } from "./m.ts";`,
      `import "./m.ts";`,
    ]
  ) assert.equal(await fit("a_test.ts", text, head), text);
});

Deno.test("python: names that are gone leave their import, modules from elsewhere stay", async () => {
  const base = {
    "pkg/__init__.py": "from .a import one, two\n",
    "pkg/a.py": "",
    "pkg/b.py": "",
    "t/__init__.py": "",
  };
  const head = { "pkg/__init__.py": "from .a import one\n", "pkg/a.py": "", "t/__init__.py": "" };
  const text = `from pkg import (
    one,
    two,  # gone
)
from pkg.b import x
from pkg import a
from os import path
try:
    from pkg import two as second
except ImportError:
    second = None
`;
  assert.equal(
    await fit("t/test_a.py", text, head, base),
    `from pkg import one
pass
from pkg import a
from os import path
try:
    pass
except ImportError:
    second = None
`,
  );
});

Deno.test("go: tests that need what the package lost go, with imports that only they used", async () => {
  const test = `package m

import (
	"strings"
	"testing"
)

func TestKept(t *testing.T) {
	if Kept() != 1 {
		t.Fatal("no")
	}
}

func TestGone(t *testing.T) {
	if strings.ToUpper(Gone()) != "A" {
		t.Fatal("no")
	}
}
`;
  const base = {
    "m.go": 'package m\n\nfunc Kept() int { return 1 }\n\nfunc Gone() string { return "a" }\n',
    "m_test.go": test,
  };
  const head = { "m.go": "package m\n\nfunc Kept() int { return 1 }\n" };
  assert.equal(
    await fit("m_test.go", test, head, base),
    test.replace(/func TestGone[\s\S]*/, "").replace('\t"strings"\n', ""),
  );
  assert.equal(await fit("m_test.go", test, base, base), test);
});

Deno.test("other files are not read", async () => {
  assert.equal(await fit("a.rs", "use gone;", {}), "use gone;");
});
