/** Input that is made to cost much, to be read in two ways, or to be copied where it must not stand. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { FileFacts, InfraFacts } from "../../../specs/mod.ts";
import { sampleFacts } from "../../testing/trees.ts";
import { contentsOf } from "../content.ts";
import { infraFacts } from "./extract.ts";
import { readJson } from "./json_text.ts";
import { readYaml } from "./kubernetes/documents.ts";
import { readHcl } from "./terraform/hcl.ts";

async function read(path: string, text: string): Promise<InfraFacts | undefined> {
  const bytes = new TextEncoder().encode(text);
  const file: FileFacts = {
    path,
    status: "A",
    kind: "config",
    language: null,
    oldMode: "000000",
    newMode: "100644",
    binary: false,
    added: 1,
    removed: 0,
    executableBit: "unchanged",
  };
  const at = (_path: string, side: "base" | "head") => Promise.resolve(side === "head" ? bytes : null);
  return await infraFacts([file], contentsOf(at), [], [path], at);
}

/** Four times the text may take about four times as long, not sixteen times; the clock of a busy machine is forgiven much. */
async function isLinear(path: string, piece: string, head = ""): Promise<void> {
  const time = async (bytes: number) => {
    const text = head + piece.repeat(Math.ceil(bytes / piece.length));
    const start = performance.now();
    await read(path, text);
    return performance.now() - start;
  };
  await time(10_000);
  const small = await time(40_000);
  const large = await time(160_000);
  assert.ok(
    large < 12 * small + 1500,
    `${path} ${JSON.stringify(piece)}: ${Math.round(small)} ms, ${Math.round(large)} ms`,
  );
}

Deno.test("the time to read SQL, configuration and manifests grows with their length", async () => {
  for (
    const piece of [
      "DROP INDEX a;",
      "/*",
      "select delete ",
      "[",
      "x'",
      "$a$",
      "IF x DROP TABLE a ",
      "CREATE TABLE a(b int);",
      "(",
      "ALTER TABLE a ADD b int,",
    ]
  ) {
    await isLinear("m/1_a.sql", piece);
  }
  for (const piece of ["a {\n", "a = [", '"${', "<<A\n", 'resource "a" "b" {}\n']) {
    await isLinear("a.tf", piece);
  }
  for (const piece of ["a: b\n", "- ", "{a: ", "---\napiVersion: v1\nkind: A\nmetadata: {name: x}\n"]) {
    await isLinear("k/a.yaml", piece, "apiVersion: v1\nkind: A\n");
  }
});

Deno.test("a plan of 50 MB, deep JSON, a key that stands twice: refused with the reason", async () => {
  const why = async (path: string, text: string) => (await read(path, text))?.unread[0]?.why ?? "";
  assert.match(
    await why("plan.json", `{"format_version":"1.2","resource_changes":[${'{"a":1},'.repeat(6_500_000)}1]}`),
    /52000\d+ bytes; 16000000 is the limit/,
  );
  assert.match(
    await why("plan.json", `{"format_version":"1.2","resource_changes":${"[".repeat(1_000_000)}`),
    /beyond 120/,
  );
  assert.match(
    await why("plan.json", '{"format_version":"1.2","resource_changes":[],"\\u0072esource_changes":[]}'),
    /twice/,
  );
  assert.match(await why("plan.json", '{"format_version":"9.0","resource_changes":[]}'), /format_version/);
  assert.match(
    await why("plan.json", '{"format_version":"1.2","errored":true,"resource_changes":[]}'),
    /error/,
  );
  assert.match(await why("a/b.sql", "x".repeat(2_100_000)), /larger/);
});

Deno.test("aliases that multiply, keys that stand twice and deep values in YAML: refused", async () => {
  const bomb = `a: &a [${"1,".repeat(9)}1]\n${
    ["b", "c", "d", "e", "f"].map((name, at) =>
      `${name}: &${name} [${`*${"abcde"[at]},`.repeat(9)}*${"abcde"[at]}]\n`
    ).join("")
  }`;
  for (
    const [text, why] of [
      [bomb, /aliases|values/],
      ["a: 1\na: 2\n", /twice/],
      [`${"[".repeat(5000)}`, /beyond/],
      [`${"- ".repeat(5000)}a`, /beyond/],
      ["? {a: b}\n: c\n", /no name/],
    ] as const
  ) {
    const found = await readYaml(text);
    assert.ok(!found.ok && why.test(found.why), JSON.stringify(found).slice(0, 200));
  }
});

Deno.test("no value of a plan, a Secret or a row stands in the facts", async () => {
  const value = "correct-horse-battery";
  const plan = JSON.stringify({
    format_version: "1.2",
    resource_changes: [{
      address: "aws_db_instance.a",
      type: "aws_db_instance",
      mode: "managed",
      change: {
        actions: ["delete", "create"],
        before: { password: value },
        after: { password: value, engine: value },
        after_unknown: {},
        after_sensitive: { password: true },
      },
    }, { address: `x y ${value} <b>`, type: "a", change: { actions: ["create"] } }],
  });
  const manifest = `apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {word: ${value}}\n`;
  const facts = await sampleFacts({}, {
    "a.tfplan.json": plan,
    "k/a.yaml": manifest,
    "m/1_a.sql": `INSERT INTO a VALUES ('${value}');\nDELETE FROM a;\nFROB '${value}';\n`,
    "b.tf": `resource "aws_db_instance" "b" {\n  password = "${value}"\n}\n`,
  });
  assert.ok((facts.infra?.hazards.length ?? 0) > 2);
  assert.ok(!JSON.stringify(facts.infra).includes(value));
});

Deno.test("property: no text makes a reader throw", async () => {
  const piece = fc.constantFrom(
    "{",
    "}",
    "[",
    "]",
    '"',
    "=",
    "\n",
    "a",
    "resource ",
    "<<E\n",
    "E\n",
    "${",
    "//",
    "/*",
    "*/",
    ",",
    ":",
    "- ",
    "&a ",
    "*a ",
    "!!x ",
    "'",
    "1",
    "\\",
    "? ",
    "|\n",
    "moved ",
    "jsonencode(",
    ")",
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 40 }), async (parts) => {
      const text = parts.join("");
      readHcl(text);
      readJson(text);
      await readYaml(text);
    }),
    { numRuns: 300 },
  );
});
