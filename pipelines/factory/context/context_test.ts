import assert from "node:assert/strict";
import fc from "fast-check";
import { memoryBlobs } from "../../../kernel/mod.ts";
import { outlineOf, referencesOf, repoIndex, repoMap, searchFiles } from "./mod.ts";

const encoder = new TextEncoder();
const treeOf = (files: Record<string, string | Uint8Array>, tree = "t1") => {
  const reads: string[] = [];
  return {
    tree,
    reads,
    list: () => Promise.resolve(Object.keys(files)),
    read: (path: string) => {
      reads.push(path);
      const content = files[path];
      return Promise.resolve(
        content === undefined ? null : typeof content === "string" ? encoder.encode(content) : content,
      );
    },
  };
};
const textFiles = (files: Record<string, string>) => ({
  list: () => Promise.resolve(Object.keys(files)),
  read: (path: string) => Promise.resolve(files[path] ?? null),
});

Deno.test("an outline names the declarations of each language with their lines", async () => {
  const cases: [string, string, string[]][] = [
    [
      "a.ts",
      `export interface Mail {\n  to: string;\n}\nexport const limit = 3;\nexport class Box<T> {\n  open(key: string): T {\n    return x;\n  }\n}\nexport async function send(mail: Mail): Promise<void> {\n  const inner = 1;\n}\n`,
      ["1:Mail", "4:limit", "5:Box", "6:open", "10:send"],
    ],
    [
      "a.py",
      `import os\n\nclass Mail:\n    def send(self, to):\n        pass\n\n@cached\ndef limit() -> int:\n    return 3\n`,
      ["3:Mail", "4:send", "8:limit"],
    ],
    [
      "a.go",
      `package a\n\ntype Mail struct {\n\tTo string\n}\n\nfunc (m *Mail) Send(to string) error {\n\treturn nil\n}\n\nfunc Limit() int { return 3 }\n`,
      ["3:Mail", "7:Send", "11:Limit"],
    ],
    ["A.java", `package a;\n\npublic class Mail {\n  public void send(String to) {\n  }\n}\n`, [
      "3:Mail",
      "4:send",
    ]],
    [
      "a.rs",
      `pub struct Mail { to: String }\n\nimpl Mail {\n    pub fn send(&self) -> bool { true }\n}\n\nfn limit() -> u8 { 3 }\n`,
      ["1:Mail", "3:Mail", "4:send", "7:limit"],
    ],
    ["a.sh", `send() {\n  echo hi\n}\n`, ["1:send"]],
  ];
  for (const [path, text, want] of cases) {
    const items = await outlineOf(path, text);
    assert.deepEqual(items?.map(({ line, name }) => `${line}:${name}`), want, path);
  }
  assert.match(
    (await outlineOf("a.ts", cases[0]?.[1] ?? ""))?.at(-1)?.text ?? "",
    /^async function send\(mail: Mail\): Promise<void>$/,
  );
  assert.equal(await outlineOf("a.txt", "x"), null);
});

Deno.test("a search finds text and RE2 expressions with path and line, within its limit", async () => {
  const files = textFiles({
    "src/a.ts": "const a = 1;\nsend(a);\n",
    "src/b.py": "def send(x):\n  pass\n",
    "c.md": "Send it",
  });
  const found = await searchFiles(files, { pattern: "send(" });
  assert.ok(found.ok);
  assert.deepEqual(found.value.hits.map(({ path, line }) => `${path}:${line}`), ["src/a.ts:2", "src/b.py:1"]);
  const expression = await searchFiles(files, {
    pattern: "^\\s*(def )?send\\b",
    regex: true,
    ignoreCase: true,
    glob: "**/*.{py,md}",
  });
  assert.ok(expression.ok);
  assert.deepEqual(expression.value.hits.map(({ path }) => path), ["src/b.py", "c.md"]);
  const one = await searchFiles(files, { pattern: "e", limit: 1 });
  assert.ok(one.ok && one.value.more && one.value.hits.length === 1);
  const around = await searchFiles(files, { pattern: "send(a)", around: 1 });
  assert.ok(around.ok && around.value.hits.length === 3);
});

Deno.test("a pattern that is none of RE2, is empty or spans lines is an error; a slow one ends", async () => {
  const files = textFiles({ "a.txt": "a".repeat(20_000) });
  for (
    const [pattern, regex] of [["(?=x)", true], ["", false], ["a\nb", false], ["(", true], [
      "\\1",
      true,
    ]] as const
  ) {
    const found = await searchFiles(files, { pattern, regex });
    assert.ok(!found.ok, pattern);
    assert.ok(found.error.remedy);
  }
  const slow = await searchFiles(files, { pattern: "(a*)*b", regex: true });
  assert.ok(slow.ok && slow.value.hits.length === 0);
});

const sample = {
  "src/mail.ts": "export function parseMail(text: string) { return text; }\n",
  "src/signup.ts":
    `import { parseMail } from "./mail.ts";\nexport function signUp(text: string) { return parseMail(text); }\n`,
  "src/colour.ts": "export function mix(a: number) { return a; }\n",
  "docs/a.md": "# Docs\n",
  "src/blob.ts": new Uint8Array([0, 1, 2]),
};

Deno.test("a map ranks what is in scope, what the spec names and what those use before the rest", async () => {
  const index = await repoIndex(memoryBlobs(), treeOf(sample));
  const request = {
    index,
    paths: Object.keys(sample),
    words: "Reject bad signups",
    inScope: (path: string) => path === "src/signup.ts",
    maxTokens: 2_000,
  };
  const map = repoMap(request);
  assert.deepEqual(map.shown, ["src/signup.ts", "src/mail.ts", "src/colour.ts"]);
  assert.match(map.text, /src\/mail\.ts \(2 lines\)\n {2}function parseMail\(text: string\)/);
  assert.match(map.text, /docs: 1 files/);
  assert.equal(repoMap({ ...request, words: "mix colours", inScope: () => false }).shown[0], "src/colour.ts");
});

Deno.test("property: a map stays within its tokens", async () => {
  const files: Record<string, string> = {};
  for (let at = 0; at < 60; at++) {
    files[`src/d${at % 7}/f${at}.ts`] = `export function name${at}(a: string) { return other${at + 1}(a); }\n`
      .repeat(3);
  }
  const index = await repoIndex(memoryBlobs(), treeOf(files));
  fc.assert(fc.property(fc.integer({ min: 70, max: 3_000 }), (maxTokens) => {
    const { text } = repoMap({
      index,
      paths: Object.keys(files),
      words: "name3",
      inScope: (path) => path.includes("d3"),
      maxTokens,
    });
    assert.ok(text.length <= Math.max(200, maxTokens * 3), `${text.length} for ${maxTokens}`);
  }));
});

Deno.test("an index is kept by the tree's digest as a blob, and one that does not fit is made again", async () => {
  const blobs = memoryBlobs();
  const known = new Map<string, string>();
  const kept = {
    get: (tree: string) => Promise.resolve(known.get(tree) ?? null),
    put: (tree: string, digest: string) => Promise.resolve(void known.set(tree, digest)),
  };
  const tree = treeOf(sample);
  const made = await repoIndex(blobs, tree, kept);
  const { length } = tree.reads;
  assert.ok(length > 0);
  assert.deepEqual(await repoIndex(blobs, tree, kept), made);
  assert.equal(tree.reads.length, length, "the second time nothing is read");
  known.set("t2", known.get("t1") ?? "");
  assert.equal((await repoIndex(blobs, treeOf(sample, "t2"), kept)).tree, "t2");
});

Deno.test("references of a TypeScript symbol are the compiler's: through aliases, and apart from others of the same name", async () => {
  const files = textFiles({
    "src/mail.ts": "export function send(to: string) { return to; }\n",
    "src/use.ts": `import { send as post } from "./mail.ts";\npost("a");\n`,
    "src/other.ts": "function send() {}\nsend();\n",
    "notes.md": "send\n",
  });
  const found = await referencesOf(files, { path: "src/mail.ts", symbol: "send" });
  assert.ok(found.ok, JSON.stringify(found));
  assert.deepEqual(found.value.hits.map(({ path, line }) => `${path}:${line}`), [
    "src/mail.ts:1",
    "src/use.ts:1",
    "src/use.ts:2",
  ]);
  const none = await referencesOf(files, { path: "src/use.ts", symbol: "nothing" });
  assert.ok(!none.ok && none.error.remedy);
});
