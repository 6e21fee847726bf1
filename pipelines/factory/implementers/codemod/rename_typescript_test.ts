import assert from "node:assert/strict";
import fc from "fast-check";
import { applied, type Files, lines, refused } from "./testing.ts";

const PROJECT: Files = {
  "deno.json": '{ "imports": { "@/": "./src/" } }',
  "src/user.ts": lines(
    "/** Loads. See {@link load}. */",
    "export function load(id: string): User {",
    "  // load is a word here, and so is 'load' in a text",
    '  return { id, name: "load" };',
    "}",
    "export interface User {",
    "  id: string;",
    "  name: string;",
    "}",
    "const table = { load };",
    "export default table;",
  ),
  "src/index.ts":
    'export { load } from "./user.ts";\nexport type { User } from "@/user.ts";\nexport { load as fetchUser } from "./user.ts";\n',
  "src/app.tsx": lines(
    'import { load, type User } from "@/index.ts";',
    'import * as all from "./user.ts";',
    'import { load as other } from "./index.ts";',
    "export const View = (props: { user: User }) => <b title={props.user.name}>{load(props.user.id).name}</b>;",
    "other('1'); all.load('2');",
    "const users: User[] = [];",
    "users.map((it) => it.name);",
    "const { name, id: key } = users[0]!;",
    "{ const load = 1; console.log(load, name, key); }",
    "export const shorthand = { load };",
  ),
};

Deno.test("TypeScript: a function is renamed through imports, re-exports, aliases and namespaces", async () => {
  const { files, steps, renames } = await applied(PROJECT, {
    op: "rename-symbol",
    from: "load",
    to: "find",
    in: "src/user.ts",
  });
  assert.equal(files["src/index.ts"], PROJECT["src/index.ts"]?.replaceAll("{ load", "{ find"));
  const app = files["src/app.tsx"] ?? "";
  assert.match(app, /import \{ find, type User \} from "@\/index\.ts";/);
  assert.match(app, /import \{ find as other \}/);
  assert.match(app, /\{find\(props\.user\.id\)\.name\}/);
  assert.match(app, /all\.find\('2'\)/);
  // Another symbol of the same name, and a property that takes its value from ours.
  assert.match(app, /const load = 1; console\.log\(load, name, key\);/);
  assert.match(app, /shorthand = \{ load: find \};/);
  const user = files["src/user.ts"] ?? "";
  assert.match(user, /const table = \{ load: find \};/);
  assert.match(user, /\/\/ load is a word here, and so is 'load' in a text/);
  assert.match(user, /name: "load"/);
  assert.deepEqual(steps[0]?.files, ["src/app.tsx", "src/index.ts", "src/user.ts"]);
  assert.deepEqual(renames, [{ from: "load", to: "find" }]);
});

Deno.test("TypeScript: a member is renamed by its type, also where types are inferred and destructured", async () => {
  const { files, renames } = await applied(PROJECT, { op: "rename-symbol", from: "User.name", to: "title" });
  const app = files["src/app.tsx"] ?? "";
  assert.match(app, /<b title=\{props\.user\.title\}>\{load\(props\.user\.id\)\.title\}<\/b>/);
  assert.match(app, /users\.map\(\(it\) => it\.title\);/);
  assert.match(app, /const \{ title: name, id: key \} = users\[0\]!;/);
  assert.match(app, /console\.log\(load, name, key\)/);
  assert.match(files["src/user.ts"] ?? "", /return \{ id, title: "load" \};/);
  assert.deepEqual(renames, [{ from: "User.name", to: "User.title" }]);
});

Deno.test("TypeScript: an interface's method is renamed with those that implement it", async () => {
  const files = {
    "a.ts": lines(
      "export interface Shape { area(): number }",
      "export class Box implements Shape { area() { return 1; } }",
      "export class Big extends Box { override area() { return super.area() * 2; } }",
      "class Other { area() { return 0; } }",
      "const shapes: Shape[] = [new Box(), new Big(), { area: () => 3 }];",
      "shapes.reduce((sum, it) => sum + it.area(), new Other().area());",
    ),
  };
  const { files: after } = await applied(files, { op: "rename-symbol", from: "Box.area", to: "size" });
  const text = after["a.ts"] ?? "";
  assert.equal(text.match(/\bsize\b/g)?.length, 6);
  assert.match(text, /class Other \{ area\(\)/);
  assert.match(text, /new Other\(\)\.area\(\)/);
});

Deno.test("JavaScript: CommonJS exports and their users are renamed together", async () => {
  const files = {
    "lib.js": "function run() { return 1; }\nmodule.exports = { run };\n",
    "lib2.js": "function stop() {}\nexports.stop = stop;\n",
    "main.js":
      'const { run } = require("./lib.js");\nconst lib = require("./lib");\nrun();\nlib.run();\nrequire("./lib2").stop();\n',
  };
  const first = await applied(files, { op: "rename-symbol", from: "run", to: "start", in: "lib.js" });
  assert.equal(first.files["lib.js"], "function start() { return 1; }\nmodule.exports = { start };\n");
  assert.match(first.files["main.js"] ?? "", /\{ start \} = require.*\n.*\nstart\(\);\nlib\.start\(\);/);
  const second = await applied(files, { op: "rename-symbol", from: "stop", to: "end", in: "lib2.js" });
  assert.equal(second.files["lib2.js"], "function end() {}\nexports.end = end;\n");
  assert.match(second.files["main.js"] ?? "", /require\("\.\/lib2"\)\.end\(\)/);
});

Deno.test("TypeScript: CRLF, a byte order mark and a missing last line end stay", async () => {
  const files = {
    "a.ts": "\ufeffexport const one = 1;\r\nexport const two = one;\r\n// one",
    "b.ts": 'import { one } from "./a.ts";\nexport { one };',
  };
  const { files: after } = await applied(files, { op: "rename-symbol", from: "one", to: "uno", in: "a.ts" });
  assert.equal(after["a.ts"], "\ufeffexport const uno = 1;\r\nexport const two = uno;\r\n// one");
  assert.equal(after["b.ts"], 'import { uno } from "./a.ts";\nexport { uno };');
});

// req: N10-13
Deno.test("TypeScript: nothing of that name is a failure that names the nearest with their places", async () => {
  const problem = await refused(PROJECT, { op: "rename-symbol", from: "laod", to: "find" });
  assert.equal(problem.code, "no-match");
  assert.match(problem.remedy ?? "", /load \(src\/user\.ts:2\)/);
  assert.equal(
    (await refused(PROJECT, { op: "rename-symbol", from: "load", to: "x", in: "src/index.ts" })).code,
    "no-match",
  );
  assert.equal(
    (await refused(PROJECT, { op: "rename-symbol", from: "load", to: "x", kind: "class" })).code,
    "no-match",
  );
  assert.equal((await refused(PROJECT, { op: "rename-symbol", from: "User.nam", to: "x" })).code, "no-match");
});

// req: N10-13
Deno.test("TypeScript: several symbols of one name are ambiguous until the file, kind or owner is given", async () => {
  const files = {
    "a.ts": "export function go() {}\nexport class A { go() {} }\n",
    "b.ts": "export const go = 1;\n",
  };
  const problem = await refused(files, { op: "rename-symbol", from: "go", to: "run" });
  assert.equal(problem.code, "ambiguous");
  assert.match(problem.message, /a\.ts:1.*b\.ts:1/);
  assert.equal(
    (await applied(files, { op: "rename-symbol", from: "go", to: "run", in: "b.ts" })).files["b.ts"],
    "export const run = 1;\n",
  );
  assert.match(
    (await applied(files, { op: "rename-symbol", from: "A.go", to: "run" })).files["a.ts"] ?? "",
    /function go.*\n.*A \{ run\(\)/,
  );
  const byKind = await applied({
    "a.ts": "export function go() {}\nexport namespace N { export const go = 1; }\n",
  }, {
    op: "rename-symbol",
    from: "go",
    to: "run",
    kind: "function",
  });
  assert.match(byKind.files["a.ts"] ?? "", /function run\(\) \{\}\n.*const go = 1/);
});

Deno.test("TypeScript: overloads and merged declarations are one symbol", async () => {
  const files = {
    "a.ts": lines(
      "export function pick(x: string): string;",
      "export function pick(x: number): number;",
      "export function pick(x: unknown): unknown { return x; }",
      "export namespace pick { export const y = 1; }",
      "pick(1); pick.y;",
    ),
  };
  const { files: after } = await applied(files, { op: "rename-symbol", from: "pick", to: "take" });
  assert.equal(after["a.ts"], files["a.ts"].replaceAll("pick", "take"));
});

Deno.test("TypeScript: a name that is taken, captured or exported elsewhere is a collision", async () => {
  const cases: [Files, string, string][] = [
    [{ "a.ts": "const a = 1;\nconst b = 2;\nexport const c = a + b;\n" }, "a", "b"],
    [{ "a.ts": "export const a = 1;\nexport function f(b: number) { return a + b; }\n" }, "a", "b"],
    [{ "a.ts": "export const a = 1;\nexport const f = () => fetch;\n" }, "a", "fetch"],
    [{ "a.ts": "export class C { a = 1; b = 2; }\n" }, "C.a", "b"],
    [
      {
        "a.ts": "export const a = 1;\n",
        "b.ts": 'import { a } from "./a.ts";\nconst b = 2;\nexport const c = a + b;\n',
      },
      "a",
      "b",
    ],
    [
      {
        "a.ts": "export const a = 1;\n",
        "b.ts": "export const b = 1;\n",
        "c.ts": 'export * from "./a.ts";\nexport * from "./b.ts";\n',
      },
      "a",
      "b",
    ],
    [
      {
        "a.ts":
          "export interface I { a: number }\nexport interface J extends I { b: number }\nexport const x: J = { a: 1, b: 2 };\n",
      },
      "J.b",
      "a",
    ],
  ];
  for (const [files, from, to] of cases) {
    const problem = await refused(files, { op: "rename-symbol", from, to });
    assert.equal(problem.code, "collision", `${from} -> ${to} in ${JSON.stringify(files)}`);
    assert.match(problem.message, /\.ts:\d+/);
  }
});

Deno.test("TypeScript: a new name in another scope is no collision", async () => {
  const text = "export const a = 1;\nexport function f() { const b = 2; return b; }\n";
  const { files } = await applied({ "a.ts": text }, { op: "rename-symbol", from: "a", to: "b" });
  assert.match(files["a.ts"] ?? "", /^export const b = 1;/);
});

Deno.test("TypeScript: what cannot be a name is refused", async () => {
  for (const to of ["class", "1a", "a-b", "a.b", "await", "#x"]) {
    const problem = await refused({ "a.ts": "export const a = 1;\n" }, {
      op: "rename-symbol",
      from: "a",
      to,
    });
    assert.equal(problem.code, "invalid", to);
  }
  const same = await refused({ "a.ts": "export const a = 1;\n" }, {
    op: "rename-symbol",
    from: "a",
    to: "a",
  });
  assert.equal(same.code, "no-match");
  const { files } = await applied({ "a.ts": "export const a = 1;\n" }, {
    op: "rename-symbol",
    from: "a",
    to: "of",
  });
  assert.equal(files["a.ts"], "export const of = 1;\n");
});

Deno.test("TypeScript: private names, quoted properties, enum members and JSX are renamed", async () => {
  const files = {
    "a.tsx": lines(
      "export class C { #x = 1; get() { return this.#x; } }",
      'export type T = { "my-key": number; plain: string };',
      'export const t: T = { "my-key": 1, plain: "" };',
      't["plain"] + t["my-key"];',
      "export enum E { One, Two }",
      "E.One;",
      "export function Card(p: { wide?: boolean }) { return <div>{p.wide}</div>; }",
      "export const page = <Card wide><Card /></Card>;",
    ),
  };
  const { files: after } = await applied(
    files,
    { op: "rename-symbol", from: "C.#x", to: "#y" },
    { op: "rename-symbol", from: "T.plain", to: "simple" },
    { op: "rename-symbol", from: "E.One", to: "First" },
    { op: "rename-symbol", from: "Card", to: "Panel" },
  );
  const text = after["a.tsx"] ?? "";
  assert.match(text, /#y = 1; get\(\) \{ return this\.#y; \}/);
  assert.match(text, /t\["simple"\] \+ t\["my-key"\]/);
  assert.match(text, /E\.First;/);
  assert.match(text, /<Panel wide><Panel \/><\/Panel>/);
});

Deno.test("TypeScript: a member on a value of unknown type is named, and `uncertain` decides", async () => {
  const files = {
    "a.ts": "export class A { run() {} }\n",
    "b.ts":
      'import { A } from "./a.ts";\nimport { make } from "npm:maker";\nnew A().run();\nmake(A).run();\n',
    "c.ts": 'import { make } from "npm:maker";\nmake().run();\n', // cannot hold an A: it knows no file that does
  };
  const found = await refused(files, { op: "rename-symbol", from: "A.run", to: "start" });
  assert.equal(found.code, "ambiguous");
  assert.match(found.message, /: b\.ts:4 \(make\(A\)\.run\)$/);
  const kept = await applied(files, { op: "rename-symbol", from: "A.run", to: "start", uncertain: "keep" });
  assert.match(kept.files["b.ts"] ?? "", /new A\(\)\.start\(\);\nmake\(A\)\.run\(\);/);
  const all = await applied(files, { op: "rename-symbol", from: "A.run", to: "start", uncertain: "rename" });
  assert.match(all.files["b.ts"] ?? "", /make\(A\)\.start\(\);/);
  assert.equal(all.files["c.ts"], files["c.ts"]);
});

Deno.test("TypeScript: what tests assert narrows the types of what follows", async () => {
  const files = {
    "a.ts": lines(
      'import assert from "node:assert/strict";',
      'import { assert as sure } from "jsr:@std/assert@1";',
      "export interface W { apply(): void }",
      "type R = { ok: true; value: W } | { ok: false; error: string };",
      "declare const r: R, q: R;",
      "assert.ok(r.ok);",
      "r.value.apply();",
      "sure(q.ok);",
      "q.value.apply();",
    ),
  };
  const { files: after } = await applied(files, { op: "rename-symbol", from: "W.apply", to: "patch" });
  assert.equal(after["a.ts"]?.match(/patch/g)?.length, 3);
});

Deno.test("TypeScript: code of others in the tree is left alone", async () => {
  const files = {
    "a.ts": "export const a = 1;\n",
    "node_modules/x/index.js": "export const a = 2;\n",
    "vendor/y.ts": "export const a = 3;\n",
  };
  const { changed } = await applied(files, { op: "rename-symbol", from: "a", to: "b" });
  assert.deepEqual(changed, ["a.ts"]);
});

Deno.test("TypeScript: renaming and renaming back gives the first bytes", async () => {
  const symbols = ["load", "User", "User.id", "User.name", "View", "shorthand", "table"] as const;
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...symbols),
      fc.stringMatching(/^[a-z]{3,8}Zz$/),
      async (from, to) => {
        const dot = from.lastIndexOf(".");
        const owner = dot < 0 ? "" : from.slice(0, dot + 1);
        const where = from === "load" ? { in: "src/user.ts" } : {};
        const there = await applied(PROJECT, { op: "rename-symbol", from, to, ...where });
        assert.notDeepEqual(there.files, PROJECT);
        const back = await applied(there.files, {
          op: "rename-symbol",
          from: owner + to,
          to: from.slice(dot + 1),
          ...where,
        });
        // A shorthand that was written out stays written out; it says the same.
        const same = (text: string) => text.replace(/\b(\w+): \1\b(?!\s*=>)/g, "$1");
        for (const [path, text] of Object.entries(PROJECT)) {
          assert.equal(same(back.files[path] ?? ""), same(text), path);
        }
      },
    ),
    { numRuns: 12 },
  );
});
