import assert from "node:assert/strict";
import fc from "fast-check";
import { sampleChange } from "../testing/trees.ts";
import { latin1Bytes, latin1Text } from "./latin1.ts";
import { maskPatch, restorePatch, withheldPatch } from "./patch_mask.ts";
import { patchSecrets, scanPatchSecrets } from "./patch_secrets.ts";
import { scanSecrets } from "./secrets.ts";

const TOKEN = "gh" + "p_" + "aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3xY5";
const encoder = new TextEncoder();
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const reader = (tree: Record<string, string>) => (path: string) =>
  Promise.resolve(Object.hasOwn(tree, path) ? encoder.encode(tree[path]) : null);
const body = Array.from(
  { length: 8 },
  (_, at) => `${"MIIEowIBAAKCAQEAq7".slice(at, at + 9)}kX${at}bD9${"Zx8Qw2".repeat(8)}`,
);
const PEM = ["-----BEGIN RSA " + "PRIVATE KEY-----", ...body, "-----END RSA " + "PRIVATE KEY-----"];

const filler = (name: string, count: number) =>
  Array.from({ length: count }, (_, at) => `${name} ${at}`).join("\n");
const BASES: Record<string, string> = {
  "a token on its own line": `${filler("a", 5)}\nconst k = "${TOKEN}";\n${filler("b", 5)}\n`,
  "a token in two lines": `${filler("a", 5)}\nconst k = "${TOKEN.slice(0, 15)}" +\n  "${TOKEN.slice(15)}";\n${
    filler("b", 5)
  }\n`,
  "a key in PEM": `${filler("a", 5)}\n${PEM.join("\n")}\n${filler("b", 5)}\n`,
  "names far apart": `const one = "${TOKEN.slice(0, 15)}";\n${filler("a", 30)}\nconst two = "${
    TOKEN.slice(15)
  }";\n${filler("b", 5)}\nuse(one + two);\n`,
};

for (const [what, before] of Object.entries(BASES)) {
  Deno.test(`a patch that takes out or shows a secret is kept without it and put back as it was: ${what}`, async () => {
    const lines = before.split("\n");
    for (let at = 0; at < lines.length - 1; at++) {
      for (const replace of ["new", null] as const) {
        const after = [...lines.slice(0, at), ...(replace === null ? [] : [replace]), ...lines.slice(at + 1)]
          .join("\n");
        const { patch } = await widened(before, after);
        const base = reader({ "src/a.ts": before });
        const { bytes, masked, found } = await maskPatch(patch, base);
        assert.deepEqual(found, []);
        assert.deepEqual(scanSecrets(bytes), []);
        for (const piece of [TOKEN.slice(0, 15), TOKEN.slice(15), ...body]) {
          assert.ok(!text(bytes).includes(piece));
        }
        assert.deepEqual(await restorePatch(bytes, base), patch);
        if (!masked) assert.equal(bytes, patch);
      }
    }
  });
}

/** With three lines around each change, as git writes them. */
async function widened(before: string, after: string): Promise<{ patch: Uint8Array }> {
  const [left, right] = [before.split("\n"), after.split("\n")];
  let start = 0;
  while (left[start] === right[start] && start < left.length) start++;
  let end = 0;
  while (
    end < left.length - start && end < right.length - start && left.at(-1 - end) === right.at(-1 - end)
  ) end++;
  const from = Math.max(0, start - 3);
  const context = (lines: string[]) => lines.map((line) => ` ${line}`);
  const tail = left.slice(left.length - end, -1).slice(0, 3);
  const hunk = [
    ...context(left.slice(from, start)),
    ...left.slice(start, left.length - end).map((line) => `-${line}`),
    ...right.slice(start, right.length - end).map((line) => `+${line}`),
    ...context(tail),
  ];
  const count = (marks: string) => hunk.filter((line) => marks.includes(line[0] ?? "")).length;
  const heading = left.slice(0, from).reverse().find((line) => /^[A-Za-z_$]/.test(line))?.slice(0, 80) ?? "";
  void heading;
  return await Promise.resolve({
    patch: encoder.encode(
      `diff --git a/src/a.ts b/src/a.ts\n--- a/src/a.ts\n+++ b/src/a.ts\n@@ -${from + 1},${count(" -")} +${
        from + 1
      },${count(" +")} @@\n${hunk.join("\n")}\n`,
    ),
  });
}

Deno.test("the heading that git puts on a hunk is cut when it shows a secret, also half of one", async () => {
  const line =
    `const settings = { region: "eu-central-1", retries: 3, label: "production", key: "${TOKEN}" };`;
  const before = `${line}\n${filler("a", 9)}\n`;
  const patch = encoder.encode(
    `diff --git a/a.ts b/a.ts\n--- a/a.ts\n+++ b/a.ts\n@@ -7,3 +7,4 @@ ${
      line.slice(0, 80)
    }\n a 5\n a 6\n+x\n a 7\n`,
  );
  const { bytes, found } = await maskPatch(patch, reader({ "a.ts": before }));
  assert.deepEqual(found, []);
  assert.match(text(bytes), /^@@ -7,3 \+7,4 @@$/m);
});

Deno.test("lines are put back where they stand, also when the hunk says another line", async () => {
  const before = `${filler("a", 20)}\nconst k = "${TOKEN}";\n${filler("b", 5)}\n`;
  const patch = encoder.encode(
    `diff --git a/a.ts b/a.ts\n--- a/a.ts\n+++ b/a.ts\n@@ -12,3 +12,3 @@\n a 19\n-const k = "${TOKEN}";\n+const k = env;\n b 0\n`,
  );
  const kept = await maskPatch(patch);
  assert.equal(kept.masked, true);
  assert.deepEqual(await restorePatch(kept.bytes, reader({ "a.ts": before })), patch);
  // Elsewhere than in this base nothing is put back, and git refuses what is left.
  assert.deepEqual(await restorePatch(kept.bytes, reader({ "a.ts": "other\n" })), kept.bytes);
  assert.deepEqual(await restorePatch(kept.bytes, reader({})), kept.bytes);
});

Deno.test("without the file the middle of a key is left out, too, and comes back", async () => {
  const before = `${PEM.join("\n")}\nlast\n`;
  const lines = before.split("\n");
  const patch = encoder.encode(
    `diff --git a/k.pem b/k.pem\n--- a/k.pem\n+++ b/k.pem\n@@ -8,4 +8,4 @@\n ${lines[7]}\n ${lines[8]}\n ${
      lines[9]
    }\n-last\n+end\n`,
  );
  const { bytes } = await maskPatch(patch);
  for (const line of body) assert.ok(!text(bytes).includes(line));
  assert.deepEqual(await restorePatch(bytes, reader({ "k.pem": before })), patch);
});

Deno.test("what is added with a secret cannot be masked away", async () => {
  const { patch } = await sampleChange({ "a.ts": "x\n" }, { "a.ts": `x\nk = "${TOKEN}"\n` });
  const { found, masked } = await maskPatch(patch);
  assert.equal(masked, false);
  assert.equal(found[0]?.path, "a.ts");
});

Deno.test("pieces that meet only where an added line stands beside one that was there are a secret that is brought in", async () => {
  const patch = encoder.encode(
    `diff --git a/a.ts b/a.ts\n--- a/a.ts\n+++ b/a.ts\n@@ -1,2 +1,3 @@\n const k = "${
      TOKEN.slice(0, 15)
    }" +\n+  "${TOKEN.slice(15)}" +\n   suffix;\n`,
  );
  assert.deepEqual(scanPatchSecrets(patch), [{ rule: "github-token", path: "a.ts", line: 2 }]);
});

Deno.test("pieces in two files of one patch are found", () => {
  const added = (path: string, line: string) =>
    `diff --git a/${path} b/${path}\nnew file mode 100644\n--- /dev/null\n+++ b/${path}\n@@ -0,0 +1 @@\n+${line}\n`;
  const patch = encoder.encode(
    added("a.ts", `export const head = "${TOKEN.slice(0, 15)}";`) +
      added("b.ts", `export const tail = "${TOKEN.slice(15)}";`) +
      added("c.ts", "export const key = head + tail;"),
  );
  assert.ok(scanPatchSecrets(patch).length > 0);
});

Deno.test("a file that is deleted may have any name", async () => {
  const { patch } = await sampleChange({ [`keys/${TOKEN}.txt`]: "x\n", "a": "1\n" }, { "a": "1\n" });
  assert.deepEqual(scanPatchSecrets(patch), []);
});

Deno.test("every byte comes back from text as it went in", () => {
  const all = Uint8Array.from({ length: 20_000 }, (_, at) => at % 256);
  assert.deepEqual(latin1Bytes(latin1Text(all)), all);
});

const git = await new Deno.Command("git", { args: ["--version"] }).output().then(
  ({ success }) => success,
  () => false,
);

Deno.test({
  name: "binary files are looked into: as git carries them, whole or as a delta, and in UTF-16 (needs git)",
  ignore: !git,
  fn: async () => {
    const dir = await Deno.makeTempDir();
    const run = async (...args: string[]) => {
      const { success, stdout, stderr } = await new Deno.Command("git", {
        args: ["-C", dir, "-c", "user.name=t", "-c", "user.email=t@t", ...args],
        env: { GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_SYSTEM: "/dev/null" },
      }).output();
      assert.ok(success, text(stderr));
      return stdout;
    };
    const noise = (secret: string) =>
      new Uint8Array([
        0,
        1,
        2,
        ...Array.from({ length: 4000 }, (_, at) => (at * at * 31 + at * 7) % 256),
        0,
        ...encoder.encode(secret),
        0,
      ]);
    try {
      await run("init", "-q");
      const write = (path: string, bytes: Uint8Array) => Deno.writeFile(`${dir}/${path}`, bytes);
      await write("clean.bin", noise("nothing"));
      await write("leaky.bin", noise(`key ${TOKEN} `));
      await write("old.bin", noise(`key ${TOKEN} `));
      await run("add", "-A");
      await run("commit", "-qm", "base");
      const staged = async () => {
        await run("add", "-A");
        const patch = await run("diff", "--cached", "--binary");
        await run("reset", "-q", "--hard");
        return patch;
      };
      await write("new.bin", noise(`token=${TOKEN} `));
      assert.deepEqual(await patchSecrets(await staged()), [{ rule: "github-token", path: "new.bin" }]);
      await write("clean.bin", noise(`nothing, or ${TOKEN} `));
      const delta = await staged();
      assert.match(text(delta), /^delta /m);
      assert.deepEqual(await patchSecrets(delta), [{ rule: "github-token", path: "clean.bin" }]);
      const wide = new Uint8Array([
        0xff,
        0xfe,
        ...[...`password = "${TOKEN.slice(4)}"\n`].flatMap((char) => [char.charCodeAt(0), 0]),
      ]);
      await write("settings.ini", wide);
      assert.deepEqual(await patchSecrets(await staged()), [{
        rule: "assigned-secret",
        path: "settings.ini",
      }]);
      await Deno.remove(`${dir}/old.bin`);
      const removal = await staged();
      assert.deepEqual(await patchSecrets(removal), []);
      const { bytes, masked } = await maskPatch(removal);
      assert.equal(masked, true);
      assert.equal(text(bytes).match(/^literal /gm)?.length, 1);
      // What is kept still does what the whole patch did.
      await Deno.writeFile(`${dir}/kept.patch`, bytes);
      await run("apply", "--index", "kept.patch");
      assert.equal(text(await run("status", "--porcelain", "-uno")).trim(), "D  old.bin");
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  },
});

Deno.test("a patch that is withheld keeps nothing of its secrets nor of binary content, and its shape", async () => {
  const { patch } = await sampleChange({ "a.ts": "x\n" }, { "a.ts": `x\nk = "${TOKEN}"\n€\n` });
  const kept = text(withheldPatch(patch));
  assert.ok(!kept.includes(TOKEN) && kept.includes("€"));
  const binary = encoder.encode(
    "diff --git a/b b/b\nGIT binary patch\nliteral 5\nMcmZQzU|?i`U;qFB00\n\nliteral 0\nHcmV?d00001\n\ndiff --git a/c b/c\n",
  );
  assert.equal(
    text(withheldPatch(binary)),
    "diff --git a/b b/b\n[withheld: binary content]\ndiff --git a/c b/c\n",
  );
});

Deno.test("masking leaves a patch alone that shows no secret", () =>
  fc.assert(fc.asyncProperty(fc.array(fc.string({ maxLength: 30 }), { maxLength: 8 }), async (lines) => {
    const { patch } = await sampleChange({ "a": "x\ny\n" }, { "a": `${lines.join("\n")}\nx\n` });
    const { bytes, masked } = await maskPatch(patch, reader({ "a": "x\ny\n" }));
    assert.equal(masked, false);
    assert.equal(bytes, patch);
    assert.deepEqual(await restorePatch(bytes, reader({ "a": "x\ny\n" })), patch);
  })));
