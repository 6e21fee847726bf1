import assert from "node:assert/strict";
import { applied, type Files, lines, refused } from "./testing.ts";

const FILES: Files = {
  "deno.json": '{ "exports": "./src/mod.ts" }',
  "src/mod.ts": 'export * from "./lib.ts";\n',
  "src/lib.ts": "export const open = () => 1;\nexport const closed = () => 2;\n",
  "src/z.ts": lines(
    'import { helper } from "./helper.ts";',
    "",
    "export const used = 1;",
    "",
    "/** Nobody's. */",
    "export function dead() {",
    "  return helper() + local();",
    "}",
    "",
    "export function local() { return 1; }",
    "",
    "export type T = string;",
    "export const both = 1, together = 2;",
    "export const effect = Math.random();",
    "function listed() {}",
    "function kept() {}",
    "export { listed, kept };",
  ),
  "src/helper.ts": "export const helper = () => 1;\n",
  "src/user.ts": 'import { used, kept } from "./z.ts";\nused; kept();\n',
};

Deno.test("an unused export goes with its comment and the imports that only it needed", async () => {
  const { files } = await applied(FILES, { op: "remove-unused-export", symbol: "dead" });
  assert.match(files["src/z.ts"] ?? "", /^export const used = 1;\n\nexport function local\(\)/);
});

Deno.test("what its own file uses loses the export only", async () => {
  const { files } = await applied(FILES, { op: "remove-unused-export", symbol: "local" });
  assert.match(files["src/z.ts"] ?? "", /\nfunction local\(\) \{ return 1; \}\n/);
});

Deno.test("what does something when it is made stays, without its export and with a note", async () => {
  const { files, steps } = await applied(FILES, { op: "remove-unused-export", symbol: "effect" });
  assert.match(files["src/z.ts"] ?? "", /\nconst effect = Math\.random\(\);\n/);
  assert.match(steps[0]?.notes.join() ?? "", /effect .* is kept without its export/);
});

Deno.test("a name in an export list is taken out of it", async () => {
  const { files } = await applied(FILES, { op: "remove-unused-export", symbol: "listed" });
  assert.match(files["src/z.ts"] ?? "", /export \{ kept \};\n$/);
});

Deno.test("every unused export of a file goes at once, what is used stays", async () => {
  const { files, steps } = await applied(FILES, { op: "remove-unused-export", in: "src/z.ts" });
  assert.deepEqual(
    files["src/z.ts"]?.match(/export .*/g),
    ["export const used = 1;", "export const both = 1, together = 2;", "export { kept };"],
  );
  assert.ok((steps[0]?.matches ?? 0) >= 5);
  assert.match(steps[0]?.notes.join() ?? "", /used, so kept: used/);
});

Deno.test("what is used is a failure that names the users; entry points and templates are users", async () => {
  const used = await refused(FILES, { op: "remove-unused-export", symbol: "used" });
  assert.equal(used.code, "in-use");
  assert.match(used.message, /src\/user\.ts:1/);
  const entry = await refused(FILES, { op: "remove-unused-export", symbol: "open" });
  assert.equal(entry.code, "in-use");
  assert.match(entry.message, /src\/mod\.ts \(an entry point by deno\.json\)/);
  const { files } = await applied(FILES, { op: "remove-unused-export", symbol: "open", public: true });
  assert.doesNotMatch(files["src/lib.ts"] ?? "", /open/);
  const page = { ...FILES, "src/page.vue": '<script>import { dead } from "./z";</script>' };
  assert.equal((await refused(page, { op: "remove-unused-export", symbol: "dead" })).code, "in-use");
});

Deno.test("nothing of that name, several of it, names declared together, and neither name nor file are refused", async () => {
  const none = await refused(FILES, { op: "remove-unused-export", symbol: "daed" });
  assert.equal(none.code, "no-match");
  assert.match(none.remedy ?? "", /nearest: dead \(src\/z\.ts:6\)/);
  const two = { ...FILES, "src/y.ts": "export const dead = 1;\n" };
  assert.equal((await refused(two, { op: "remove-unused-export", symbol: "dead" })).code, "ambiguous");
  assert.equal((await refused(FILES, { op: "remove-unused-export", symbol: "both" })).code, "unsupported");
  assert.equal((await refused(FILES, { op: "remove-unused-export" })).code, "invalid");
});

Deno.test("imports get the extension of the file that is meant, also dynamic ones and folders", async () => {
  const files = {
    "a.ts": lines(
      "import { b } from './b';",
      'import c from "./c/index.js";',
      'export * from "./d";',
      'import "./x.css";',
      'import type { E } from "./e.js";',
      "const q = await import('./b');",
      "type Q = import('./b').B;",
      'import z from "zod";',
      'import { f } from "./f.ts";',
    ),
    "b.ts": "export const b = 1;\nexport type B = 1;\n",
    "c/index.ts": "export default 1;\n",
    "d/index.ts": "export {};\n",
    "e.tsx": "export type E = 1;\n",
    "f.ts": "export const f = 1;\n",
    "x.css": "",
  };
  const { files: after, steps } = await applied(files, { op: "fix-import-extensions" });
  assert.equal(
    after["a.ts"],
    lines(
      "import { b } from './b.ts';",
      'import c from "./c/index.ts";',
      'export * from "./d/index.ts";',
      'import "./x.css";',
      'import type { E } from "./e.tsx";',
      "const q = await import('./b.ts');",
      "type Q = import('./b.ts').B;",
      'import z from "zod";',
      'import { f } from "./f.ts";',
    ),
  );
  assert.equal(steps[0]?.matches, 6);
});

Deno.test("imports get what TypeScript emits, or no extension; CRLF stays", async () => {
  const files = {
    "a.ts": '\ufeffimport { b } from "./b.ts";\r\nimport { m } from "./m.mts";\r\n',
    "b.ts": "export const b = 1;\n",
    "m.mts": "export const m = 1;\n",
  };
  const js = await applied(files, { op: "fix-import-extensions", extension: "js" });
  assert.equal(js.files["a.ts"], '\ufeffimport { b } from "./b.js";\r\nimport { m } from "./m.mjs";\r\n');
  const none = await applied({ "a.ts": files["a.ts"].split("\r\n")[0] + "\r\n", "b.ts": files["b.ts"] }, {
    op: "fix-import-extensions",
    extension: "none",
  });
  assert.equal(none.files["a.ts"], '\ufeffimport { b } from "./b";\r\n');
  const back = await applied(js.files, { op: "fix-import-extensions" });
  assert.equal(back.files["a.ts"], files["a.ts"]);
});

Deno.test("imports that have it already match nothing, and those that lead nowhere are named", async () => {
  const found = await refused({
    "a.ts": 'import { b } from "./b.ts";\nimport "./gone";\n',
    "b.ts": "export const b = 1;\n",
  }, { op: "fix-import-extensions" });
  assert.equal(found.code, "no-match");
  assert.match(found.remedy ?? "", /\.\/gone \(a\.ts:2\)/);
  assert.equal((await refused({ "a.py": "" }, { op: "fix-import-extensions" })).code, "no-match");
  assert.equal(
    (await refused({ "a.ts": "" }, { op: "fix-import-extensions", in: "lib/**" })).code,
    "no-match",
  );
});
