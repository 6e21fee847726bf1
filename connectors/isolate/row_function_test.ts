import assert from "node:assert/strict";
import { err, ok } from "../../specs/mod.ts";
import { type Row } from "../../specs/foundry/mod.ts";
import { DataFailure } from "../data/port.ts";
import { compileModules } from "./modules.ts";
import type { FunctionLimits, RowOutcome } from "./port.ts";
import { rowFunction } from "./row_function.ts";

async function compiled(files: Record<string, string>, entry = "clean.ts") {
  return await compileModules(
    entry,
    (path) => Promise.resolve(files[path] === undefined ? err(`${path} is not there`) : ok(files[path])),
  );
}

async function applied(
  code: string | Record<string, string>,
  rows: Row[],
  limits: Partial<FunctionLimits> = {},
): Promise<readonly RowOutcome[]> {
  const modules = await compiled(typeof code === "string" ? { "clean.ts": code } : code);
  assert.ok(modules.ok, JSON.stringify(modules));
  const made = await rowFunction("clean.ts", modules.value, { seconds: 20, memoryMb: 256, ...limits });
  try {
    return await made.apply(rows);
  } finally {
    await made.close();
  }
}

const stopped = (kind: string, text: RegExp) => (error: unknown) => {
  assert.ok(error instanceof DataFailure, String(error));
  assert.equal(error.kind, kind, error.message);
  assert.match(error.message, text);
  assert.notEqual(error.remedy, "");
  return true;
};

Deno.test("a function gives a row, several or none, and a throw is told of its row alone", async () => {
  const code = `
    interface Item { n: number; name?: string }
    export default function clean(row: Item): Item | Item[] | undefined {
      if (row.n === 0) return undefined;
      if (row.n === 2) return [{ n: 1 }, { n: 1 }];
      if (row.n === 3) throw new RangeError(\`n is \${row.n}\`);
      return { ...row, name: row.name?.trim() };
    }`;
  assert.deepEqual(await applied(code, [{ n: 1, name: " x " }, { n: 0 }, { n: 2 }, { n: 3 }, { n: 4 }]), [
    { rows: [{ n: 1, name: "x" }] },
    { rows: [] },
    { rows: [{ n: 1 }, { n: 1 }] },
    { fault: "RangeError: n is 3" },
    { rows: [{ n: 4 }] },
  ]);
});

Deno.test("thousands of rows come back in their order", async () => {
  const rows = Array.from({ length: 5_500 }, (_, n) => ({ n }));
  const outcomes = await applied("export default (row) => ({ n: row.n * 2 });", rows);
  assert.deepEqual(outcomes.map((one) => "rows" in one ? one.rows[0]?.n : one), rows.map(({ n }) => n * 2));
});

Deno.test("a function uses modules and data that lie beside it, and nothing else", async () => {
  const files = {
    "clean.ts":
      `import codes from "./data/codes.json" with { type: "json" }; import { named, type Row } from "./lib/names.ts";
      export default (row: Row) => ({ ...row, country: named(codes, row.code) });`,
    "data/codes.json": `{"de":"Germany"}`,
    "lib/names.ts":
      `import * as own from "../data/codes.json" with { type: "json" }; export type Row = { code: string };
      export const named = (codes: Record<string, string>, code: string) => codes[code] ?? Object.keys(own.default).join();`,
  };
  assert.deepEqual(await applied(files, [{ code: "de" }, { code: "fr" }]), [
    { rows: [{ code: "de", country: "Germany" }] },
    { rows: [{ code: "fr", country: "de" }] },
  ]);
  for (
    const specifier of [
      "npm:zod@4.6.7",
      "https://example.com/x.ts",
      "zod",
      "node:fs",
      "/etc/passwd",
      "../secret.ts",
      "./a/../../secret.ts",
      "file:///etc/passwd",
      "./notes.txt",
      "./missing.ts",
    ]
  ) {
    const made = await compiled({ "clean.ts": `import x from "${specifier}"; export default () => x;` });
    assert.ok(!made.ok, specifier);
    assert.match(made.error, /refused|not there/, specifier);
  }
  for (
    const code of [
      "export default async (row) => { const m = await import('npm:zod'); return row; }",
      "export default () => ({ at: import.meta.url });",
      "export { default } from 'npm:zod@4.6.7';",
      "export default (row) => { return",
      "await 1; export default (row) => row;",
    ]
  ) assert.ok(!(await compiled({ "clean.ts": code })).ok, code);
});

Deno.test("there is no way out of the realm of a function", async () => {
  const ways = {
    deno: "typeof Deno",
    process: "typeof process",
    fetch: "typeof fetch",
    require: "typeof globalThis.require",
    worker: "typeof Worker + typeof postMessage + typeof self",
    eval: "(0, eval)('1')",
    code: "new Function('return 1')()",
    inherited: "(async () => {}).constructor('return 1')",
    outer: "globalThis.constructor.constructor('return Deno')()",
    wasm: "typeof WebAssembly",
    now: "Date.now()",
    today: "String(new Date())",
    text: "Date()",
    again: "new (new Date(0).constructor)().getTime()",
    random: "Math.random()",
    temporal: "Temporal.Now.instant().toString()",
    shown: "new Intl.DateTimeFormat('en').format()",
    parts: "new Intl.DateTimeFormat('en').formatToParts()",
  };
  const code = `const ways = { ${
    Object.entries(ways).map(([name, way]) => `${name}: () => ${way}`).join(", ")
  } }; export default (row) => ({ got: ways[row.way]() });`;
  const outcomes = await applied(code, Object.keys(ways).map((way) => ({ way })));
  const told = Object.fromEntries(
    Object.keys(ways).map((way, at) => {
      const one = outcomes[at];
      return [way, one === undefined ? "" : "rows" in one ? one.rows[0]?.got : one.fault];
    }),
  );
  for (const name of ["deno", "process", "fetch", "require", "wasm"]) {
    assert.equal(told[name], "undefined", name);
  }
  assert.equal(told.worker, "undefined".repeat(3));
  for (const name of ["eval", "code", "inherited", "outer"]) {
    assert.match(String(told[name]), /disallowed/, name);
  }
  for (const name of ["now", "today", "text", "again", "random", "temporal", "shown", "parts"]) {
    assert.match(String(told[name]), /not here/, name);
  }
  assert.deepEqual(
    await applied("export default () => ({ day: new Date('2026-01-02T03:04:05Z').toString() })", [{}]),
    [
      { rows: [{ day: "Fri Jan 02 2026 03:04:05 GMT+0000 (Coordinated Universal Time)" }] },
    ],
  );
});

Deno.test("only plain JSON comes out, whatever the function gives", async () => {
  const values: Record<string, RegExp> = {
    "5": /a number for a row/,
    "'text'": /a string for a row/,
    "[1]": /a number for a row/,
    "[[{}]]": /a list for a row/,
    "[null]": /null for a row/,
    "{ v: NaN }": /row\.v is NaN/,
    "{ v: 1n }": /bigint/,
    "{ v: new Date(0) }": /toISOString/,
    "{ v: new Map() }": /no plain object/,
    "{ v: () => 1 }": /function/,
    "{ v: [{ w: Symbol() }] }": /row\.v\[0\]\.w/,
    "{ ['__proto__']: { admin: true } }": /__proto__/,
    "Promise.resolve({})": /promise/,
    "(() => { const a = {}; a.a = a; return a; })()": /nested/,
    "Array(10_001).fill({})": /10001 rows/,
    "{ v: 'x'.repeat(17_000_000) }": /characters for one row/,
    "{ get v() { throw new Error('sly'); } }": /sly/,
    "new Proxy({}, { ownKeys() { throw 1; } })": /threw 1/,
  };
  const code = `const values = [${
    Object.keys(values).map((value) => `() => (${value})`).join(", ")
  }]; export default (row) => values[row.at]();`;
  const outcomes = await applied(code, Object.keys(values).map((_, at) => ({ at })));
  Object.entries(values).forEach(([value, why], at) => {
    const one = outcomes[at];
    assert.match(one !== undefined && "fault" in one ? one.fault : JSON.stringify(one), why, value);
  });
  assert.deepEqual(await applied("export default () => ({ a: undefined, b: null })", [{}]), [{
    rows: [{ b: null }],
  }]);
});

Deno.test("a function that tampers with the built-ins only breaks itself", async () => {
  const code = `JSON.stringify = () => '[{"rows":[{"forged":1}]}]'; Object.prototype.rows = [{ forged: 2 }];
    export default (row) => row;`;
  assert.deepEqual(await applied(code, [{ n: 1 }]), [{ rows: [{ n: 1 }] }]);
  await assert.rejects(
    applied("Object.prototype.toJSON = function () { return 5; }; export default (row) => row;", [{ n: 1 }]),
    stopped("invalid", /something else than rows/),
  );
  assert.equal(({} as Record<string, unknown>).rows, undefined);
});

Deno.test("a module that does not load is told with what it threw", async () => {
  for (
    const [code, why] of [
      ["throw new Error('no table');", /no table/],
      ["export const clean = (row) => row;", /no default export/],
      ["export default { a: 1 };", /no default export/],
      ["export default async (row) => row;", /async/],
      ["export default function* (row) { yield row; }", /generator/],
    ] as const
  ) await assert.rejects(applied(code, [{}]), stopped("invalid", why));
});

Deno.test("an endless loop, a full heap and a flood of rows end the function with their reason, and its process", async () => {
  for (
    const loop of [
      "for (;;);",
      "/(a+)+$/.test('a'.repeat(60) + 'b');",
      "Promise.resolve().then(() => { for (;;); });",
    ]
  ) {
    await assert.rejects(
      applied(`export default (row) => { if (row.n === 500) { ${loop} } return row; }`, [
        ...Array.from({ length: 4_100 }, (_, n) => ({ n })),
      ], { seconds: 1 }),
      stopped("limit", /took longer than 1 s/),
      loop,
    );
  }
  await assert.rejects(applied("for (;;);", [{}], { seconds: 1 }), stopped("limit", /took longer/));
  for (
    const bomb of [
      "const all = []; for (;;) all.push({ x: [all.length] });",
      "const all = []; for (;;) all.push(new Uint8Array(50_000_000).fill(1));",
    ]
  ) {
    await assert.rejects(
      applied(`export default () => { ${bomb} }`, [{}], { memoryMb: 64, seconds: 60 }),
      stopped("limit", /more than 64 MB/),
      bomb,
    );
  }
  await assert.rejects(
    applied("export default () => ({ v: 'x'.repeat(15_000_000) })", [{}, {}, {}, {}, {}, {}], {
      memoryMb: 512,
    }),
    stopped("limit", /64 million characters/),
  );
});
