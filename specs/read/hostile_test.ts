import assert from "node:assert/strict";
import { hiddenCharacters } from "./hidden.ts";
import { MAX_DEPTH, MAX_SPEC_BYTES } from "./limits.ts";
import { readSpec, readSpecObject } from "./native.ts";

const FIELDS = "title: x\nintent: { type: UPDATE, scope: [a] }\n";

async function codesOf(text: string | Uint8Array, name?: string): Promise<string[]> {
  const read = await readSpec(text, { name });
  return read.ok ? [] : read.error.map((problem) => problem.code);
}

/** Fails when the reader needs longer than a refusal may take, with room for a busy machine. */
async function quickly(text: string | Uint8Array, name?: string): Promise<string[]> {
  const started = performance.now();
  const codes = await codesOf(text, name);
  const ms = performance.now() - started;
  assert.ok(ms < 15_000, `took ${Math.round(ms)} ms`);
  return codes;
}

// req: N5-04
Deno.test("a 10 MB spec is refused before it is parsed, and the error names size and cap", async () => {
  const text = `---\n${FIELDS}---\n${"x".repeat(10 * 1024 * 1024)}`;
  const started = performance.now();
  const read = await readSpec(text);
  assert.ok(performance.now() - started < 500);
  assert.ok(!read.ok);
  assert.equal(read.error[0]?.code, "spec.size");
  assert.match(
    read.error[0]?.message ?? "",
    new RegExp(`is ${text.length} bytes; the cap is ${MAX_SPEC_BYTES} bytes`),
  );
  assert.match(read.error[0]?.remedy ?? "", /repository/);
});

Deno.test("the size counts bytes, not characters, and the cap itself is allowed to the parser", async () => {
  assert.deepEqual(await codesOf("\u{1F600}".repeat(300_000)), ["spec.size"]);
  assert.deepEqual(await codesOf(new Uint8Array(MAX_SPEC_BYTES + 1)), ["spec.size"]);
  const comment = `${FIELDS}#`;
  assert.deepEqual(await codesOf(comment + "x".repeat(MAX_SPEC_BYTES - comment.length)), []);
});

// req: N5-04
Deno.test("an alias bomb, too many aliases, a self-reference and an unknown alias are refused", async () => {
  const bomb = ["a: &a [x, x, x, x, x, x, x, x, x]"];
  for (const [index, letter] of [..."bcdefghi"].entries()) {
    const before = "abcdefgh"[index];
    bomb.push(`${letter}: &${letter} [${Array(9).fill(`*${before}`).join(", ")}]`);
  }
  assert.deepEqual(await quickly(bomb.join("\n")), ["spec.alias"]);
  assert.deepEqual(await quickly(`a: &a [*a]\n${FIELDS}`), ["spec.alias"]);
  assert.deepEqual(await codesOf(`${FIELDS}reason: *nothing\n`), ["spec.alias"]);
  const nested = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" +
    [..."bcdefghij"].map((letter, index) => {
      const before = `*${"abcdefghi"[index]}`;
      return `${letter}: &${letter} [${Array(2).fill(before).join(", ")}]`;
    }).join("\n");
  assert.deepEqual(await quickly(nested), ["spec.alias"]);
});

Deno.test("a few aliases are read as the values they stand for", async () => {
  const read = await readSpec("title: &t x\nintent: { type: UPDATE, scope: [a] }\nreason: *t\n");
  assert.ok(read.ok);
  assert.equal(read.value.spec.reason, "x");
});

// req: N5-04
Deno.test("deep nesting is refused without exhausting the stack", async () => {
  const open = 200_000;
  const hostile: [string, string][] = [
    ["a: " + "[".repeat(open), "a.yaml"],
    ["[".repeat(open) + "]".repeat(open), "a.json"],
    ['{"a":'.repeat(open), "a.json"],
    ["- ".repeat(open), "a.yaml"],
    ["? ".repeat(open), "a.yaml"],
    [Array.from({ length: 1200 }, (_, index) => `${" ".repeat(index)}a:`).join("\n"), "a.yaml"],
    [`---\na: ${"{a: ".repeat(open)}\n---\n`, "a.md"],
  ];
  for (const [text, name] of hostile) {
    assert.deepEqual(await quickly(text, name), ["spec.depth"], text.slice(0, 20));
  }
  let value: unknown = 1;
  for (let level = 0; level < 5000; level++) value = [value];
  const read = await readSpecObject({ operations: value });
  assert.ok(!read.ok && read.error.some((problem) => problem.code === "spec.depth"));
});

Deno.test("nesting up to the cap is read", async () => {
  const levels = MAX_DEPTH - 3;
  const nested = "[".repeat(levels) + "1" + "]".repeat(levels);
  const operation = `{op: set-config-value, file: a.json, path: a, value: ${nested}}`;
  assert.deepEqual(await codesOf(`${FIELDS}operations: [${operation}]`), []);
  assert.deepEqual(await codesOf(`${FIELDS}operations: [${operation.replace("1", "[1]")}]`), ["spec.depth"]);
});

// req: N5-04
Deno.test("a megabyte of anything is answered within seconds", async () => {
  const size = 1_000_000;
  const floods = [
    "a: [" + ",".repeat(size),
    "a:\n" + "- x\n".repeat(size / 4),
    Array.from({ length: size / 10 }, (_, index) => `k${index}: 1`).join("\n"),
    'a: "' + "\\z".repeat(size / 2) + '"',
    "] \n".repeat(size / 3),
    "---\n".repeat(size / 4),
    "a: &a x\n" + "b: *a\n".repeat(size / 6),
    "\t".repeat(size),
    "[".repeat(20) + ",".repeat(90_000),
    'a: "' + "\\uZ".repeat(size / 3) + '"',
    ": ".repeat(size / 2),
    "!x ".repeat(size / 3),
    `{${'"a":1,'.repeat(size / 6)}"b":1}`,
    "%YAML 1.1\n".repeat(size / 11),
    "\u0000".repeat(size),
    "\u202e".repeat(size / 3),
  ];
  for (const text of floods) assert.ok((await quickly(text)).length > 0, text.slice(0, 12));
});

// req: N5-05
Deno.test("duplicate keys are refused in YAML, front matter and JSON, at every depth, however they are written", async () => {
  const cases: [string, string][] = [
    [`${FIELDS}title: y\n`, "a.yaml"],
    [`${FIELDS}"title": y\n`, "a.yaml"],
    [`---\n${FIELDS}title: y\n---\n`, "a.md"],
    [`{"title": "x", "title": "y"}`, "a.json"],
    [`{"title": "x", "t\\u0069tle": "y"}`, "a.json"],
    [`title: x\nintent: { type: UPDATE, scope: [a], type: CREATE }`, "a.yaml"],
  ];
  for (const [text, name] of cases) assert.deepEqual(await codesOf(text, name), ["spec.duplicate-key"], text);
});

// req: N5-05
Deno.test("__proto__, merge keys, custom tags, directives, several documents and keys that are no text are refused", async () => {
  const cases: [string, string, string][] = [
    [`${FIELDS}__proto__: { polluted: 1 }\n`, "a.yaml", "spec.key"],
    [
      `{"__proto__": {"polluted": 1}, "title": "x", "intent": {"type": "UPDATE", "scope": ["a"]}}`,
      "a.json",
      "spec.key",
    ],
    [
      `${FIELDS}operations: [{ op: set-config-value, file: a.json, path: a, value: { __proto__: 1 } }]\n`,
      "a.yaml",
      "spec.key",
    ],
    [`x: &x { reason: y }\n<<: *x\n${FIELDS}`, "a.yaml", "spec.merge-key"],
    [`title: !!js/function "x"\n`, "a.yaml", "spec.tag"],
    [`title: !secret x\n`, "a.yaml", "spec.tag"],
    [`title: !!binary aGk=\n`, "a.yaml", "spec.tag"],
    [`intent: !!set { a, b }\n`, "a.yaml", "spec.tag"],
    [`%YAML 1.1\n---\n${FIELDS}`, "a.yaml", "spec.syntax"],
    [`${FIELDS}---\n${FIELDS}`, "a.yaml", "spec.syntax"],
    [`1: x\n${FIELDS}`, "a.yaml", "spec.key"],
    [`? [a]\n: x\n${FIELDS}`, "a.yaml", "spec.key"],
  ];
  for (const [text, name, code] of cases) assert.deepEqual(await codesOf(text, name), [code], text);
  assert.equal(({} as Record<string, unknown>)["polluted"], undefined);
});

Deno.test("YAML 1.1 words stay text: no boolean yes, no octal, no date", async () => {
  const read = await readSpec("title: yes\nreason: 2024-01-01\nintent: { type: UPDATE, scope: [off] }\n");
  assert.ok(read.ok);
  assert.deepEqual([read.value.spec.title, read.value.spec.reason], ["yes", "2024-01-01"]);
});

Deno.test("invalid UTF-8 and lone surrogates are refused", async () => {
  assert.deepEqual(await codesOf(new Uint8Array([0x74, 0x3a, 0xff, 0xfe])), ["spec.encoding"]);
  assert.deepEqual(await codesOf(`${FIELDS}reason: "a\\ud800b"\n`, "a.yaml"), ["spec.hidden-text"]);
  assert.deepEqual(await codesOf(`${FIELDS}reason: a\ud800b\n`), ["spec.hidden-text"]);
});

// req: N5-06
Deno.test("hidden text is refused with its place, in fields, names, comments and the free text", async () => {
  const hidden = [
    "\u0000",
    "\u001b",
    "\u0085",
    "\u202e",
    "\u2066",
    "\u200b",
    "\u200d",
    "\u2060",
    "\ufeff",
    "\u00ad",
    "\u{e0041}",
    "\u{e0100}",
    "\u3164",
    "\ufff9",
  ];
  for (const character of hidden) {
    const name = `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
    for (
      const text of [
        `---\ntitle: a${character}b\nintent: { type: UPDATE, scope: [a] }\n---\n`,
        `---\n${FIELDS}# a${character}b\n---\n`,
        `---\n${FIELDS}---\nfree a${character}b\n`,
      ]
    ) {
      const read = await readSpec(text, { name: "a.md" });
      assert.ok(!read.ok, name);
      const problem = read.error.find((one) => one.code === "spec.hidden-text");
      const line = text.slice(0, text.indexOf(character)).split("\n").length;
      assert.equal(problem?.line, line, name);
      assert.equal(problem?.value, name);
      assert.match(
        problem?.message ?? "",
        /column \d+ holds the (control|bidirectional|invisible|tag) character/,
      );
    }
  }
});

// req: N5-06
Deno.test("hidden text that is written as an escape is refused by its path", async () => {
  for (
    const [text, name] of [
      [`{"title": "a\\u202eb", "intent": {"type": "UPDATE", "scope": ["a"]}}`, "a.json"],
      [`title: "a\\u202eb"\nintent: { type: UPDATE, scope: [a] }`, "a.yaml"],
    ]
  ) {
    const read = await readSpec(text ?? "", { name });
    assert.ok(!read.ok);
    assert.deepEqual(read.error.map((problem) => [problem.code, problem.path, problem.value]), [
      ["spec.hidden-text", "title", '"a\\u{202e}b"'],
    ]);
  }
  assert.deepEqual(await codesOf(`${FIELDS}"rea\\u200bson": x\n`, "a.yaml"), [
    "spec.hidden-text",
    "spec.unknown-field",
  ]);
});

Deno.test("emoji sequences and joiners inside words of scripts that need them are ordinary text", () => {
  for (
    const text of [
      "\u{1F469}\u200d\u{1F4BB}",
      "\u2764\ufe0f",
      "\u{1F468}\u{1F3FD}\u200d\u{1F680}",
      "نمی\u200cخواهم",
      "क्\u200dष",
      "tab\tline\r\n",
    ]
  ) {
    assert.deepEqual(hiddenCharacters(text), [], JSON.stringify(text));
  }
  for (const text of ["a\u200db", "a\ufe0f", "\u2764\ufe0f\ufe0f", "نم\u200c", "\u200d\u{1F4BB}"]) {
    assert.equal(hiddenCharacters(text).length, 1, JSON.stringify(text));
  }
});

Deno.test("numbers that JSON cannot carry exactly are refused", async () => {
  for (const number of ["9007199254740993", ".inf", ".nan", "1e400"]) {
    const codes = await codesOf(
      `${FIELDS}operations: [{ op: set-config-value, file: a.json, path: a, value: ${number} }]`,
      "a.yaml",
    );
    assert.ok(codes.includes("spec.number"), `${number}: ${codes}`);
  }
});
