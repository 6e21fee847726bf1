/** C4 over what is no text. Each clean, violating and evading. */
import assert from "node:assert/strict";
import type { BinaryFile } from "../../specs/mod.ts";
import { judgeSample, ruleOf, sampleSpec } from "../testing/judge_input.ts";

async function verdict(
  file: Partial<BinaryFile>,
  scope: string[] = ["src/**"],
  over: Record<string, unknown> = {},
): Promise<string> {
  const decision = await judgeSample((input) => {
    input.spec = sampleSpec({ intent: { type: "UPDATE", scope }, ...over });
    input.patchFacts?.binaries.push({ path: "src/a.bin", type: "x", class: "unknown", bytes: 100, ...file });
  });
  const rule = ruleOf(decision, "binary-content");
  return rule.verdict === "fail" && rule.escalates ? "asks" : rule.verdict;
}

for (const kind of ["executable", "archive"] as const) {
  Deno.test(`C4: ${kind} content is refused, also under the name of an image; the exact path asks a human`, async () => {
    assert.equal(await verdict({ class: kind }), "fail");
    assert.equal(await verdict({ class: kind, path: "src/logo.png" }, ["src/**/*.png"]), "fail");
    assert.equal(await verdict({ class: kind, path: "src/testdata/a.gz" }, ["src/testdata/**"]), "fail");
    assert.equal(await verdict({ class: kind, path: "src/testdata/a.gz" }, ["src/testdata/a.gz"]), "asks");
  });
}

Deno.test("C4: images, fonts and data of a known format come in", async () => {
  assert.equal(await verdict({ class: "asset", path: "src/logo.png" }), "pass");
  assert.equal(await verdict({ class: "asset", path: "src/logo.png", bytes: 40_000_000 }), "asks");
});

Deno.test("C4: what nobody can name asks a human, unless the spec names it", async () => {
  assert.equal(await verdict({}), "asks");
  assert.equal(await verdict({}, ["**"]), "asks");
  assert.equal(await verdict({}, ["src/a.bin"]), "pass");
  assert.equal(await verdict({}, ["src/**/*.bin"]), "pass");
  assert.equal(await verdict({ path: "src/testdata/a.dat" }, ["src/testdata/**"]), "pass");
  // A glob of source files names no bytes.
  assert.equal(await verdict({ path: "src/a.ts" }, ["src/**/*.ts"]), "asks");
});
