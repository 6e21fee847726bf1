/** Every class of the catalogue is held by a rule, or by a check of the engine that a test proves. */
import assert from "node:assert/strict";
import { builtInNames, builtInPack, builtInRules, gateCatalogue, gateCatalogueTable } from "./built_in.ts";
import { CODE_PACKS } from "./code_packs.ts";
import { CORE_PARTS } from "./versions.ts";
import { CORE_RULES } from "./catalogue.ts";
import { DATA_RULES } from "./data_catalogue.ts";
import { PULL_RULES } from "./pull_catalogue.ts";
import { GATE_CATALOGUE } from "./gate_catalogue.ts";

const IDS = ("T1 T2 T3 T4 T5 T6 T7 T8 T9 T10 S1 S2 S3 S4 C1 C2 C3 C4 C5 D1 D2 D3 D4 X1 X2 X3 X4 X5 X6 " +
  "O1 O2 O3 O4 O5 E1 E2 G1").split(" ");

const text = (path: string) => Deno.readTextFile(new URL(`../${path}`, import.meta.url));

Deno.test("the catalogue holds every class once, in its order", () => {
  assert.deepEqual(GATE_CATALOGUE.map(({ id }) => id), IDS);
});

Deno.test("every class is held by a rule or by a check of the engine, and says where it applies", () => {
  for (const { id, rules, checks, languages } of gateCatalogue()) {
    assert.ok(
      rules.length + checks.length > 0,
      `${id} has neither a rule nor a check of the engine`,
    );
    assert.ok(languages.length > 0, id);
  }
});

Deno.test("what the catalogue names is there: packs, gates, and checks with their tests", async () => {
  const rows = gateCatalogue();
  for (const [at, { id, pack, gates = [], checks = [] }] of GATE_CATALOGUE.entries()) {
    assert.ok(builtInNames().includes(pack), `${id}: there is no pack ${pack}`);
    for (const gate of gates) {
      const held = rows[at]?.rules.some((one) => `${one.rule.split("/")[0]}/${one.gate}` === gate);
      assert.ok(held, `${id}: there is no gate ${gate}`);
    }
    for (const { source, test, named } of checks) {
      assert.ok((await text(source)).length > 0);
      const told = [...(await text(test)).matchAll(/Deno\.test\(\s*(?:\{\s*name:\s*)?["`]([^"`]+)/g)];
      assert.ok(
        told.some(([, name = ""]) => name.includes(named)),
        `${id}: ${test} has no test named '${named}'`,
      );
    }
  }
});

Deno.test("core holds the rules of its parts, each of which belongs to one at most; naming a part adds none", async () => {
  const core = builtInRules("core") ?? [];
  assert.equal(core.length, CORE_RULES.length + DATA_RULES.length + PULL_RULES.length);
  const seen = new Set<string>();
  for (const part of CORE_PARTS.filter((name) => name !== "core")) {
    const members = builtInRules(part) ?? [];
    assert.ok(members.length > 0, `${part} has no rule`);
    assert.ok(!Object.hasOwn(CODE_PACKS, part));
    for (const { pack, rule } of members) {
      assert.equal(pack, "core");
      assert.ok(CORE_RULES.includes(rule) && !seen.has(rule.gate), `${part} ${rule.gate}`);
      seen.add(rule.gate);
    }
    const shown = await builtInPack(part);
    assert.equal(shown?.applies, "part of core");
    assert.ok(shown?.rules.every(({ rule }) => rule.startsWith("core/")));
  }
});

Deno.test("each built-in pack has a digest of its own, the same every time", async () => {
  const packs = await Promise.all(builtInNames().map(builtInPack));
  const digests = packs.map((pack) => pack?.digest ?? "");
  assert.ok(digests.every((digest) => /^sha256:[0-9a-f]{64}$/.test(digest)));
  assert.equal(new Set(digests).size, digests.length);
  assert.equal(
    (await builtInPack("secrets"))?.digest,
    packs.find((pack) => pack?.name === "secrets")?.digest,
  );
  assert.equal(await builtInPack("acme/house"), null);
  assert.equal(await builtInPack("constructor"), null);
});

Deno.test("CATALOGUE.md is what the catalogue says now: deno task schema", async () => {
  assert.equal(await text("policies/CATALOGUE.md"), gateCatalogueTable());
});
