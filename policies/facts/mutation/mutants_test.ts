import assert from "node:assert/strict";
import type { CodeLanguage } from "../../../specs/mod.ts";
import { isRead, syntaxOf } from "../syntax/tree.ts";
import { chooseMutants, isMutable, linesAdded, mutated } from "./choose.ts";
import { type MutableFile, mutantsIn } from "./mutants.ts";

const EVERY: ReadonlySet<number> = new Set(Array.from({ length: 200 }, (_, at) => at + 1));

function file(path: string, language: CodeLanguage, text: string, lines = EVERY): MutableFile {
  return { path, language, text, lines };
}

async function mutants(given: MutableFile) {
  return mutantsIn(await syntaxOf(given.text, given.language, given.path), given);
}

interface Sample {
  path: string;
  language: CodeLanguage;
  text: string;
  /** One line of the program before, and what the mutants make of it, in any order. */
  lines: Record<string, string[]>;
}

const SAMPLES: Sample[] = [
  {
    path: "a.ts",
    language: "ecmascript",
    text: `import { save } from "./b.ts";
export function price(n: number, cut: boolean): number {
  if (cut && n >= 10) {
    return n * 0.9;
  } else { save(n); }
  const found = !cut;
  await save(n + 1);
  console.log("done" + n);
  return found ? n - 2 : label("a" + n);
}
export const twice = (n: number) => n * 2;
type Mode = 1 | true;
`,
    lines: {
      "  if (cut && n >= 10) {": [
        "  if (cut || n >= 10) {",
        "  if (cut && n < 10) {",
        "  if (cut && n > 10) {",
        "  if (cut && n >= 11) {",
      ],
      "    return n * 0.9;": ["    return undefined as never;", "    return n / 0.9;"],
      "  } else { save(n); }": ["  } ", "  } else { ; }"],
      "  const found = !cut;": ["  const found = cut;"],
      "  await save(n + 1);": ["  ;", "  await save(n - 1);", "  await save(n + 2);"],
      '  console.log("done" + n);': [],
      '  return found ? n - 2 : label("a" + n);': [
        "  return undefined as never;",
        '  return !(found) ? n - 2 : label("a" + n);',
        '  return found ? n + 2 : label("a" + n);',
        '  return found ? n - 3 : label("a" + n);',
      ],
      "export const twice = (n: number) => n * 2;": [
        "export const twice = (n: number) => undefined as never;",
        "export const twice = (n: number) => n / 2;",
        "export const twice = (n: number) => n * 3;",
      ],
      "type Mode = 1 | true;": [],
    },
  },
  {
    path: "a.py",
    language: "python",
    text: `import os

def pick(a, b):
    """Picks."""
    if a not in b and a is None:
        keep(a)
    else:
        logging.info("x")
    if a:
        return not b
    return [1 for x in b if x > 0] or True
`,
    lines: {
      "    if a not in b and a is None:": [
        "    if a in b and a is None:",
        "    if a not in b or a is None:",
        "    if a not in b and a is not None:",
      ],
      "        keep(a)": ["        pass"],
      "    if a:": ["    if not (a):"],
      "        return not b": ["        return None", "        return  b"],
      "    return [1 for x in b if x > 0] or True": [
        "    return None",
        "    return [2 for x in b if x > 0] or True",
        "    return [1 for x in b if x <= 0] or True",
        "    return [1 for x in b if x >= 0] or True",
        "    return [1 for x in b if x > 1] or True",
        "    return [1 for x in b if x > 0] and True",
        "    return [1 for x in b if x > 0] or False",
      ],
      '        logging.info("x")': [],
    },
  },
  {
    path: "a.go",
    language: "go",
    text: `package a

func Find(all []string, limit int) (Item, error) {
	if limit == 0 { return Item{}, errNone } else { drop(all) }
	fmt.Println(limit)
	save(all)
	return pick(all), nil
}
func has(s string) bool { return s == "x" }
`,
    lines: {
      "\tif limit == 0 { return Item{}, errNone } else { drop(all) }": [
        "\tif limit != 0 { return Item{}, errNone } else { drop(all) }",
        "\tif limit == 1 { return Item{}, errNone } else { drop(all) }",
        "\tif limit == 0 { return *new(Item), errNone } else { drop(all) }",
        "\tif limit == 0 { return Item{}, errNone } else {  }",
        "\tif limit == 0 { return Item{}, errNone } ",
      ],
      "\tfmt.Println(limit)": [],
      "\tsave(all)": ["\t"],
      "\treturn pick(all), nil": ["\treturn *new(Item), nil"],
      'func has(s string) bool { return s == "x" }': [
        "func has(s string) bool { return false }",
        'func has(s string) bool { return s != "x" }',
      ],
    },
  },
  {
    path: "A.java",
    language: "java",
    text: `class A {
  int count(List<String> all) {
    if (all.isEmpty() || !open) { reset(); }
    else add(1);
    log.info("x");
    return all.size() + 3;
  }
}
`,
    lines: {
      "    if (all.isEmpty() || !open) { reset(); }": [
        "    if (all.isEmpty() && !open) { reset(); }",
        "    if (all.isEmpty() || open) { reset(); }",
        "    if (all.isEmpty() || !open) { ; }",
      ],
      "    else add(1);": ["    ", "    else ;", "    else add(2);"],
      '    log.info("x");': [],
      "    return all.size() + 3;": [
        "    return 0;",
        "    return all.size() - 3;",
        "    return all.size() + 4;",
      ],
    },
  },
  {
    path: "src/a.rs",
    language: "rust",
    text: `pub fn cut(n: u32) -> Result<u32, Error> {
    if n > 7u32 { keep(n); } else { drop_it(n); }
    println!("{}", n);
    if let Some(x) = find(n) { return Err(x); }
    Ok(n % 3)
}
#[cfg(test)]
mod tests { fn check() { assert!(1 == 2); } }
`,
    lines: {
      "    if n > 7u32 { keep(n); } else { drop_it(n); }": [
        "    if n <= 7u32 { keep(n); } else { drop_it(n); }",
        "    if n >= 7u32 { keep(n); } else { drop_it(n); }",
        "    if n > 8u32 { keep(n); } else { drop_it(n); }",
        "    if n > 7u32 { ; } else { drop_it(n); }",
        "    if n > 7u32 { keep(n); } else { ; }",
        "    if n > 7u32 { keep(n); } ",
      ],
      '    println!("{}", n);': [],
      "    if let Some(x) = find(n) { return Err(x); }": [
        "    if let Some(x) = find(n) { return Ok(Default::default()); }",
      ],
      "    Ok(n % 3)": ["    Ok(Default::default())", "    Ok(n * 3)", "    Ok(n % 4)"],
      "mod tests { fn check() { assert!(1 == 2); } }": [],
    },
  },
  {
    path: "a.sh",
    language: "shell",
    text: `set -e
clean() {
  if [[ $a -eq 1 && -z "$b" ]]; then
    rm -f "$b"
  elif ! grep x y; then
    return 1
  else
    echo done
  fi
}
`,
    lines: {
      "set -e": [],
      '  if [[ $a -eq 1 && -z "$b" ]]; then': [
        '  if [[ $a -ne 1 && -z "$b" ]]; then',
        '  if [[ $a -eq 1 || -z "$b" ]]; then',
        '  if [[ $a -eq 1 && -n "$b" ]]; then',
      ],
      '    rm -f "$b"': ["    :"],
      "  elif ! grep x y; then": ["  elif  grep x y; then"],
      "    return 1": ["    return 0"],
      "    echo done": ["    :"],
    },
  },
];

for (const { path, language, text, lines } of SAMPLES) {
  Deno.test(`each changed line of ${path} is changed in every way that its language has`, async () => {
    const given = file(path, language, text);
    const found = await mutants(given);
    for (const [before, expected] of Object.entries(lines)) {
      const number = text.split("\n").indexOf(before) + 1;
      assert.ok(number > 0, before);
      const after = found.filter(({ line }) => line === number).map((one) =>
        mutated(text, one).split("\n")[number - 1]
      );
      assert.deepEqual(after.toSorted(), expected.toSorted(), before);
    }
    for (const mutant of found) {
      const tree = await syntaxOf(mutated(text, mutant), language, path);
      assert.ok(isRead(tree), `${mutant.what} gives a program`);
    }
  });
}

Deno.test("only lines that the patch added are changed, and its seed alone says which come first", async () => {
  const text = Array.from({ length: 20 }, (_, at) => `export const f${at} = (n) => n > ${at};`).join("\n");
  const changed = file("src/a.js", "ecmascript", text, new Set([3, 4, 5, 6]));
  const first = await chooseMutants([changed], "sha256:one", 4);
  assert.deepEqual(first.mutants.map(({ line }) => line).toSorted(), [3, 4, 5, 6], "one for each line first");
  assert.equal(first.lines, 4);
  assert.deepEqual(await chooseMutants([changed], "sha256:one", 4), first);
  const orders = await Promise.all(
    ["a", "b", "c", "d", "e"].map((seed) => chooseMutants([changed], seed, 4)),
  );
  assert.ok(new Set(orders.map(({ mutants }) => JSON.stringify(mutants))).size > 1);
  const all = await chooseMutants([changed], "a", 1000);
  assert.equal(all.mutants.length, all.possible);
});

Deno.test("lines that a patch adds are counted at head", () => {
  const patch = [
    "diff --git a/src/a.ts b/src/a.ts",
    "--- a/src/a.ts",
    "+++ b/src/a.ts",
    "@@ -1,3 +1,4 @@",
    " one",
    "-two",
    "+zwei",
    "+drei",
    " three",
    "",
  ].join("\n");
  assert.deepEqual(linesAdded(new TextEncoder().encode(patch)), new Map([["src/a.ts", new Set([2, 3])]]));
});

Deno.test("declarations, generated code and tests are not mutated", () => {
  for (const path of ["a.d.ts", "a.pyi", "x/a_pb2.py", "a.pb.go", "dist/a.min.js", "src/a_test.go"]) {
    assert.equal(isMutable(path), false, path);
  }
  assert.equal(isMutable("src/a.ts"), true);
});

Deno.test("a file that is too large is said to be unread", async () => {
  const large = file("src/a.js", "ecmascript", "x = 1;\n".repeat(60_000));
  assert.deepEqual((await chooseMutants([large], "a", 5)).unread, ["src/a.js"]);
});
