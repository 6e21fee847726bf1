import assert from "node:assert/strict";
import { scanFile } from "./scan_file.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const scan = (path: string, content: string | Uint8Array, mode = "100644") =>
  scanFile({ path, mode, bytes: typeof content === "string" ? bytes(content) : content });
const told = async (path: string, content: string | Uint8Array) =>
  (await scan(path, content)).map(({ rule, action, line }) => `${action} ${rule}${line ? `:${line}` : ""}`);

/** Made up at run time: no scanner finds it here. */
const TOKEN = ["ghp", "_", "a8Zk3Qw9Lr5Ty2Vb7Nm4Xc1Hd6Jf0PsUeGoWi".slice(0, 36)].join("");

Deno.test("a secret is found by path and line, and its value is nowhere", async () => {
  const findings = await scan("src/a.ts", `\nconst token = "${TOKEN}";\n`);
  assert.deepEqual(findings.map(({ rule, path, line, action }) => [rule, path, line, action]), [
    ["core/X1", "src/a.ts", 2, "deny"],
  ]);
  assert.ok(!JSON.stringify(findings).includes(TOKEN));
  assert.deepEqual(await told("data.bin", bytes(`\0\0\0${TOKEN}\0`)), ["deny core/X1"]);
  assert.ok(!JSON.stringify(await scan(`${TOKEN}/x.txt`, `t = "${TOKEN}"`)).includes(TOKEN));
});

Deno.test("a large file is read to its end, in pieces that overlap, and lines are counted through", async () => {
  const line = `${"x".repeat(99)}\n`;
  for (const before of [9_000, 9_999, 10_000, 10_001, 15_000]) {
    const text = `${line.repeat(before)}key = "${TOKEN}"\n${line.repeat(3000)}`;
    assert.deepEqual(await told("big.txt", text), [`deny core/X1:${before + 1}`]);
  }
});

Deno.test("hidden text is denied, orthography and plain text are not", async () => {
  assert.deepEqual(await told("a.ts", "const a = 1; // \u202e evil\n"), ["deny core/X3:1"]);
  assert.deepEqual(await told("AGENTS.md", "Do it.\u{e0041}\u{e0042}\n"), ["deny core/X3:1"]);
  assert.deepEqual(await told("README.md", "\ufeffGrüße, 👩‍👩‍👧, שלום\n"), []);
});

Deno.test("links out of the tree and names that deceive are denied", async () => {
  const link = { path: "l", mode: "120000", bytes: bytes("/etc"), escapes: true };
  assert.deepEqual((await scanFile(link)).map(({ rule, action }) => `${action} ${rule}`), ["deny core/C5"]);
  assert.deepEqual(await scanFile({ ...link, escapes: false }), []);
  assert.deepEqual(await told("a\u202egnp.exe", "x"), ["deny core/C5"]);
  assert.deepEqual(await told(".gitmodules", "x"), []);
  assert.deepEqual(
    await told(".gitattributes", "*.psd filter=lfs diff=lfs merge=lfs -text\n* text=auto\n"),
    [],
  );
  assert.deepEqual(await told(".gitattributes", "*.c filter=indent\n"), ["note core/C5:1"]);
});

Deno.test("a policy that is not understood is an error", async () => {
  assert.deepEqual(await told(".forge/policy.yaml", "gates: { all: off }\n"), ["deny core/POLICY"]);
  assert.deepEqual(await told(".forge/policy.yaml", "approvers: [ann]\n"), []);
});

const workflow = (trigger: string, steps: string) =>
  `on: ${trigger}\njobs:\n  a:\n    runs-on: x\n    steps:\n${steps}`;

Deno.test("a workflow that runs what strangers write is denied, by environment variable it is not", async () => {
  const file = ".github/workflows/ci.yml";
  for (
    const expression of [
      "github.event.issue.title",
      "github.event.comment.body",
      "github.head_ref",
      "github.event.pull_request.head.ref",
      " format('{0}', github.event.pull_request.title) ",
      "github.event.head_commit.message",
    ]
  ) {
    assert.deepEqual(
      await told(file, workflow("issues", `      - run: echo "\${{ ${expression} }}"\n`)),
      ["deny core/S4:6"],
      expression,
    );
  }
  const safe = `      - run: echo "$TITLE"\n        env: { TITLE: "\${{ github.event.issue.title }}" }\n`;
  assert.deepEqual(await told(file, workflow("issues", safe)), []);
  assert.deepEqual(
    await told(
      file,
      workflow("push", `      - run: echo "\${{ github.sha }} \${{ github.event.number }}"\n`),
    ),
    [],
  );
  assert.deepEqual(
    await told("docs/ci.yml", workflow("issues", "      - run: ${{ github.head_ref }}\n")),
    [],
  );
});

Deno.test("a privileged workflow on foreign code asks a human; moving actions are noted", async () => {
  const file = ".github/workflows/ci.yml";
  const checkout =
    '      - uses: actions/checkout@v4\n        with: { ref: "${{ github.event.pull_request.head.sha }}" }\n';
  assert.deepEqual(await told(file, workflow("pull_request_target", checkout)), ["escalate core/S4:7"]);
  assert.deepEqual(await told(file, workflow("pull_request", checkout)), []);
  assert.deepEqual(await told(file, workflow("push", "      - uses: some/thing@main\n")), ["note core/S4:6"]);
  assert.deepEqual(await told(file, workflow("push", `      - uses: some/thing@${"a".repeat(40)}\n`)), []);
  assert.deepEqual(await told(file, "on: push\npermissions: write-all\njobs: {}\n"), ["note core/S4:2"]);
  assert.deepEqual(await told(file, "on: [push\n"), []);
});
