import assert from "node:assert/strict";
import { session } from "./testing/room.ts";
import { base, fix, handover, refusal, replace, write } from "./testing/said.ts";

Deno.test("an edit that fails comes back with the nearest lines, apart from the one that was made; the second try converges", async () => {
  await using ran = await session(base, [
    `${
      replace(
        "src/sum.ts",
        "export function sum(a: number, b: number): number {",
        "export function sum(a: number, b = 0): number {",
      )
    }\n${replace("src/sum.ts", "  return a-b", "  return a + b;")}`,
    (ask) => {
      const last = ask.messages.at(-1);
      assert.match(
        last?.text ?? "",
        /Edit at line \d+ of your answer, src\/sum\.ts: made: changed at line 1/,
      );
      assert.match(last?.text ?? "", /NOT MADE: SEARCH is not in the file/);
      assert.match(last?.text ?? "", /Nearest lines of the file:\n<<<data [\s\S]*return a - b;/);
      return fix;
    },
    "DONE\n- fixed",
  ]);
  handover(ran);
  assert.match(ran.patch, /b = 0\): number/);
  assert.match(ran.patch, /\+ {2}return a \+ b;/);
});

Deno.test("an ambiguous place is refused and nothing is changed there", async () => {
  await using ran = await session({ "src/a.ts": "x();\ny();\nx();\n" }, [
    replace("src/a.ts", "x();", "z();"),
    (ask) => {
      assert.match(ask.messages.at(-1)?.text ?? "", /found 2 times \(lines 1, 3\)/);
      return replace("src/a.ts", "y();\nx();", "y();\nz();");
    },
    "DONE",
  ]);
  handover(ran);
  assert.equal(await ran.head("src/a.ts"), "x();\ny();\nz();\n");
});

Deno.test("an edit that changes and takes back is no change", async () => {
  await using ran = await session(base, [
    fix,
    replace("src/sum.ts", "  return a + b;", "  return a - b;"),
    "DONE\n- done",
  ]);
  assert.equal(refusal(ran).code, "model-empty");
});

Deno.test("large and binary files, long lines and CRLF are shown and edited within bounds", async () => {
  await using ran = await session({
    "src/big.txt": "line\n".repeat(20_000),
    "src/long.txt": `${"y".repeat(50_000)}\nend\n`,
    "src/bin.dat": new Uint8Array([1, 0, 2, 255]),
    "src/huge.txt": "z".repeat(3 * 1024 * 1024),
    "src/win.ts": "a();\r\nb();\r\n",
  }, [
    {
      calls: ["src/big.txt", "src/long.txt", "src/bin.dat", "src/huge.txt", "src/nothing.ts"].map((path) => ({
        tool: "read",
        args: { path },
      })),
    },
    [
      replace("src/win.ts", "a();\nb();", "a();\nc();"),
      write("src/big.txt", "short\n"),
      replace("src/bin.dat", "a", "b"),
    ].join("\n"),
    "DONE",
  ]);
  handover(ran);
  assert.equal(await ran.head("src/win.ts"), "a();\r\nc();\r\n");
  const told = ran.prompt();
  assert.match(told, /Lines 1 to 400 of 20000\. Read on from line 401/);
  assert.match(told, /left out: 48000 characters of this line/);
  assert.match(told, /src\/bin\.dat is binary/);
  assert.match(told, /3145728 bytes and 2097152 is the limit/);
  assert.match(told, /There is no file src\/nothing\.ts/);
  assert.match(told, /has 20000 lines: whole files are taken up to 300/);
  assert.ok(ran.desk.asks.every((ask) => JSON.stringify(ask.messages).length < 120_000));
});

Deno.test("V4A patches, the tools edit and write, deletions and moves where the intent allows them", async () => {
  const v4a =
    "*** Begin Patch\n*** Update File: src/sum.ts\n@@ export function sum(a: number, b: number): number {\n-  return a - b;\n+  return a + b;\n*** Add File: src/more.ts\n+export const more = 1;\n*** Delete File: src/sum_test.ts\n*** End Patch";
  await using update = await session(base, [v4a, {
    calls: [
      { tool: "edit", args: { path: "src/more.ts", search: "1;\n", replace: "2;" } },
      { tool: "write", args: { path: "src/x.ts", content: "y\n" } },
      { tool: "delete", args: { path: "src/x.ts" } },
      { tool: "rename", args: { from: "src/more.ts", to: "src/m.ts" } },
    ],
  }, "DONE"]);
  handover(update);
  assert.match(update.prompt(), /the spec does not let src\/sum_test\.ts go/);
  assert.match(update.prompt(), /there is no tool rename/);
  assert.deepEqual([await update.head("src/more.ts"), await update.head("src/x.ts")], [
    "export const more = 2;\n",
    null,
  ]);
  await using move = await session(base, [{
    calls: [{ tool: "rename", args: { from: "src/sum.ts", to: "src/add.ts" } }, {
      tool: "rename",
      args: { from: "src/add.ts", to: "out.ts" },
    }],
  }, "DONE"], { spec: { intent: { type: "REFACTOR", scope: ["src/**"] } } });
  handover(move);
  assert.deepEqual([await move.head("src/sum.ts"), (await move.head("src/add.ts"))?.length], [
    null,
    base["src/sum.ts"].length,
  ]);
  assert.equal(await move.head("out.ts"), null);
});

Deno.test("a script that can be run stays one, also when it is written whole or moved", async () => {
  const script = "#!/bin/sh\necho a\n";
  await using ran = await session({ "src/a.sh": script, "src/b.sh": script, "src/c.sh": script }, [
    `${replace("src/a.sh", "echo a", "echo b")}\n${write("src/b.sh", "#!/bin/sh\necho c\n")}`,
    { calls: [{ tool: "rename", args: { from: "src/c.sh", to: "src/d.sh" } }] },
    "DONE",
  ], {
    executable: ["src/a.sh", "src/b.sh", "src/c.sh"],
    spec: { intent: { type: "REFACTOR", scope: ["src/**"] } },
  });
  handover(ran);
  assert.match(ran.patch, /echo b[\s\S]*echo c/);
  assert.match(ran.patch, /rename to src\/d\.sh/);
  assert.ok(!/mode/.test(ran.patch), ran.patch);
});
