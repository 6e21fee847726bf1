import assert from "node:assert/strict";
import fc from "fast-check";
import type { OperationInput } from "../../../../../specs/mod.ts";
import { applyOperations } from "../apply.ts";
import { memoryTree } from "../tree.ts";
import { parsedFiles } from "./parsed.ts";
import { isRoot } from "./scope.ts";

const NAMES = ["alpha", "beta", "gamma", "Owner"];
const name = fc.constantFrom(...NAMES);
const file = fc.constantFrom("a", "b", "c", "d/e", "d/f");
const at = (to: string, from: string) => from.startsWith("d/") ? `../${to}.ts` : `./${to}.ts`;

/** One statement of a file, of the kinds by which names travel between files, hide one another or are seen everywhere. */
const statement = (from: string): fc.Arbitrary<string> =>
  fc.oneof(
    name.map((it) => `export function ${it}(n: number) { return n; }`),
    name.map((it) => `export const ${it} = 1;`),
    name.map((it) => `const ${it} = 2;`),
    fc.tuple(name, name).map(([it, member]) =>
      `export class ${it} { ${member}() { return 1; } static ${member} = 2; }`
    ),
    fc.tuple(name, name).map(([it, member]) =>
      `export interface ${it} { ${member}(): number; ${member}2?: string }`
    ),
    fc.tuple(name, name).map(([it, member]) =>
      `export const ${it} = { ${member}: 1, nested: { ${member}() {} } };`
    ),
    fc.tuple(file, name).map(([to, it]) => `import { ${it} } from "${at(to, from)}";`),
    fc.tuple(file, name, name).map(([to, it, as]) => `import { ${it} as ${as} } from "${at(to, from)}";`),
    fc.tuple(file, name).map(([to, as]) => `import ${as} from "${at(to, from)}";`),
    fc.tuple(file, name).map(([to, as]) => `import * as ${as} from "${at(to, from)}";`),
    fc.tuple(file, name).map(([to, it]) => `import type { ${it} } from "${at(to, from)}";`),
    fc.tuple(file, name).map(([to, it]) => `export { ${it} } from "${at(to, from)}";`),
    fc.tuple(file, name, name).map(([to, it, as]) => `export { ${it} as ${as} } from "${at(to, from)}";`),
    file.map((to) => `export * from "${at(to, from)}";`),
    fc.tuple(file, name).map(([to, as]) => `export * as ${as} from "${at(to, from)}";`),
    name.map((it) => `export default ${it};`),
    fc.tuple(name, name).map(([it, member]) => `export const of${it} = ${it}.${member};`),
    fc.tuple(name, name).map(([it, member]) =>
      `function use(${it}: any) { return ${it}.${member} + ${member}(1); }`
    ),
    fc.tuple(name, name).map(([it, member]) =>
      `const made = new ${it}(); made.${member}(); made["${member}"];`
    ),
    fc.tuple(file, name).map(([to, it]) => `import("${at(to, from)}").then((it) => it.${it});`),
    fc.tuple(file, name, name).map(([to, it, member]) =>
      `declare module "${at(to, from)}" { interface ${it} { ${member}(): void } }`
    ),
    fc.tuple(name, name).map(([it, member]) =>
      `declare global { interface ${it} { ${member}: string } var ${member}: ${it}; }`
    ),
  );

const project = fc.record({
  a: fc.array(statement("a"), { maxLength: 4 }),
  b: fc.array(statement("b"), { maxLength: 4 }),
  c: fc.array(statement("c"), { maxLength: 4 }),
  "d/e": fc.array(statement("d/e"), { maxLength: 4 }),
  "d/f": fc.array(statement("d/f"), { maxLength: 3 }),
  script: fc.array(fc.tuple(name, name).map(([it, member]) => `var ${it} = { ${member}: 1 };`), {
    maxLength: 2,
  }),
  ambient: fc.array(fc.tuple(name, name).map(([it, member]) => `declare class ${it} { ${member}(): void }`), {
    maxLength: 1,
  }),
});

const rename = fc.record({
  from: fc.oneof(name, fc.tuple(name, name).map((it) => it.join("."))),
  to: fc.oneof(fc.constant("fresh"), name),
  in: fc.option(file.map((it) => `${it}.ts`), { nil: undefined }),
  uncertain: fc.constantFrom("refuse" as const, "keep" as const, "rename" as const),
});

/** Of few random projects none may have what is to be renamed. */
const RENAMED: [ValueOf<typeof project>, ValueOf<typeof rename>[]] = [
  {
    a: ["export function alpha(n: number) { return n; }"],
    b: ['import { alpha } from "./a.ts";'],
    c: [],
    "d/e": [],
    "d/f": [],
    script: [],
    ambient: [],
  },
  [{ from: "alpha", to: "fresh", in: "a.ts", uncertain: "refuse" }],
];
type ValueOf<A> = A extends fc.Arbitrary<infer Value> ? Value : never;

async function result(files: Record<string, string>, operation: OperationInput, wholeProject: boolean) {
  const tree = memoryTree(files);
  const applied = await applyOperations(tree, [operation], { wholeProject });
  return { applied, files: await tree.snapshot() };
}

Deno.test("a rename that reads only what has the name, and what that needs, gives what reading everything gives", async () => {
  let renamed = 0;
  await fc.assert(
    fc.asyncProperty(project, fc.array(rename, { minLength: 1, maxLength: 4 }), async (made, renames) => {
      const { script, ambient, ...modules } = made;
      const files: Record<string, string> = {
        "script.ts": script.join("\n"),
        "types/ambient.d.ts": ambient.join("\n"),
      };
      for (const [path, statements] of Object.entries(modules)) {
        files[`${path}.ts`] = `${statements.join("\n")}\n`;
      }
      for (const { in: within, ...rest } of renames) {
        const operation: OperationInput = {
          op: "rename-symbol",
          lang: "ts",
          ...rest,
          ...(within === undefined ? {} : { in: within }),
        };
        const whole = await result(files, operation, true);
        assert.deepEqual(await result(files, operation, false), whole);
        if (whole.applied.ok) renamed++;
      }
    }),
    { numRuns: 10, examples: [RENAMED] },
  );
  assert.ok(renamed > 0, `${renamed} renames`);
});

Deno.test("files without the name are read when a type comes from them, a star hands the name on, or they are seen everywhere", async () => {
  const files = {
    // The type of `box` comes through a file that never says `size`.
    "box.ts": "export interface Box { size: number }\n",
    "make.ts":
      'import type { Box } from "./box.ts";\nexport const make = (): Box => load();\ndeclare function load(): Box;\n',
    "use.ts": 'import { make } from "./make.ts";\nexport const n = make().size;\n',
    "world.d.ts": 'declare const shared: import("./box.ts").Box;\n',
    "everywhere.ts": "export const m = shared.size;\n",
    "other.ts": "export interface Other { size: string }\nexport const o = (it: Other) => it.size;\n",
  };
  const { applied, files: after } = await result(
    files,
    { op: "rename-symbol", from: "Box.size", to: "length", in: "box.ts" },
    false,
  );
  assert.equal(applied.ok, true, JSON.stringify(applied));
  assert.equal(after["use.ts"], files["use.ts"].replace("size", "length"));
  assert.equal(after["everywhere.ts"], files["everywhere.ts"].replace("size", "length"));
  assert.equal(after["other.ts"], files["other.ts"]);

  const star = {
    "a.ts": "export const one = 1;\n",
    "b.ts": "export const two = 2;\n",
    "index.ts": 'export * from "./a.ts";\nexport * from "./b.ts";\n',
  };
  const clash = await result(star, { op: "rename-symbol", from: "one", to: "two" }, false);
  assert.deepEqual(clash, await result(star, { op: "rename-symbol", from: "one", to: "two" }, true));
  assert.equal(clash.applied.ok ? "" : clash.applied.error.code, "collision");
});

Deno.test("a file begins a program when it has the word, is no module, or speaks for others", () => {
  const words = ["alpha"];
  for (
    const text of [
      "const alpha = 1; export {}",
      "var x = 1;",
      "export * from './x'",
      "export type * from './x'",
      "/*\nexport {}\n*/ var y;",
    ]
  ) {
    assert.equal(isRoot("a.ts", text, words), true, text);
  }
  assert.equal(isRoot("a.ts", "import './b.ts';\nexport const x = 1;", words), false);
  assert.equal(isRoot("a.d.ts", "export const x: 1;", words), true);
  assert.equal(isRoot("a.ts", "export const x = 1;", null), true);
});

Deno.test("in a large project a rename reads what has the name, and not the rest", async () => {
  const files: Record<string, string> = {
    "deno.json": "{}",
    "money.ts": "export function print(n: number) { return String(n); }\n",
    "use.ts": 'import { print } from "./money.ts";\nexport const x = print(1);\n',
  };
  for (let at = 0; at < 200; at++) {
    files[`m${at}.ts`] = `import { value${at + 1} } from "./m${
      at + 1
    }.ts";\nexport const value${at} = () => value${at + 1};\n`;
  }
  files["m200.ts"] = "export const value200 = 1;\n";
  const parsed = parsedFiles();
  const versions = new Set<string>();
  const watching = {
    ...parsed,
    versionOf: (text: string) => {
      versions.add(text);
      return parsed.versionOf(text);
    },
  };
  const tree = memoryTree(files);
  const applied = await applyOperations(tree, [{ op: "rename-symbol", from: "print", to: "show" }], {
    parsed: watching,
  });
  parsed.dispose();
  assert.equal(applied.ok, true);
  assert.equal([...versions].filter((text) => text.includes("() => value")).length, 0);
});
