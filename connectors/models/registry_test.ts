import assert from "node:assert/strict";
import type { ModelEntry, ModelPrice, ModelRegistry } from "../../specs/mod.ts";
import { builtInRegistry, checkedRegistry, findModel } from "./registry.ts";
import { ownModel } from "./registry_own.ts";
import { overlaidRegistry, updatedRegistry } from "./registry_update.ts";

const AT = "2026-11-23T12:00:00.000Z";

const price = (from: string, input: number, until: string | null = null): ModelPrice => ({
  from: `${from}T00:00:00.000Z`,
  until: until === null ? null : `${until}T00:00:00.000Z`,
  tiers: [{
    abovePromptTokens: 0,
    input,
    output: 1,
    cacheRead: null,
    cacheWrite5m: null,
    cacheWrite1h: null,
  }],
  hours: [],
  source: "a page",
  readOn: "2026-11-01",
});

const model = (id: string, prices: ModelPrice[], more: Partial<ModelEntry> = {}): ModelEntry => ({
  id,
  aliases: [],
  provider: "lab",
  family: "lab",
  wire: "openai-chat",
  status: "active",
  contextTokens: 1_000,
  maxOutputTokens: 100,
  efforts: [],
  structuredOutput: "none",
  tools: "none",
  locality: "hosted",
  openWeights: false,
  tokenFactor: 1,
  fit: {},
  prices,
  ...more,
});

const registry = (...models: ModelEntry[]): ModelRegistry => ({ v: 1, updatedOn: "2026-11-01", models });

Deno.test("the built-in registry holds at least sixteen models of four kinds, each price with its page and day", async () => {
  const { models } = await builtInRegistry();
  assert.ok(models.length >= 16);
  const providers = new Set(models.map(({ provider }) => provider));
  for (const one of ["anthropic", "openai", "google"]) assert.ok(providers.has(one), one);
  assert.ok(models.filter(({ openWeights }) => openWeights).length >= 3);
  for (const { id, locality, prices, maxOutputTokens, contextTokens } of models) {
    assert.equal(prices.length === 0, locality === "local", id);
    for (const { source, readOn } of prices) {
      assert.ok(source.startsWith("https://") && readOn >= "2026-11-01", id);
    }
    assert.ok(maxOutputTokens <= contextTokens, id);
  }
  const haiku = findModel(await builtInRegistry(), "claude-haiku-5-5");
  assert.deepEqual(
    haiku?.prices[0]?.tiers.map(({ abovePromptTokens, input }) => [abovePromptTokens, input]),
    [
      [0, 0.1],
      [100_000, 0.5],
    ],
  );
});

Deno.test("a model is found by its exact id or alias, never by a resemblance", () => {
  const given = registry(model("sonnet-5-5", [], { aliases: ["sonnet-latest"] }));
  assert.equal(findModel(given, "sonnet-5-5")?.id, "sonnet-5-5");
  assert.equal(findModel(given, "sonnet-latest")?.id, "sonnet-5-5");
  for (const near of ["sonnet-5", "sonnet-5-5-2026", "Sonnet-5-5", "sonnet-5-5 ", ""]) {
    assert.equal(findModel(given, near), null, near);
  }
});

Deno.test("a registry with two prices at once, two models of one name or a gap below the first tier is refused", () => {
  const tiers = [{ ...price("2026-01-01", 1).tiers[0], abovePromptTokens: 5 }];
  const wrong: [unknown, RegExp][] = [
    [registry(model("a", [price("2026-01-01", 1), price("2026-06-01", 2)])), /two prices hold at once/],
    [registry(model("a", []), model("b", [], { aliases: ["a"] })), /names both/],
    [registry(model("a", [{ ...price("2026-01-01", 1), tiers } as ModelPrice])), /from 0 tokens/],
    [registry(model("a", [price("2026-06-01", 1, "2026-01-01")])), /end after it begins/],
    [{ ...registry(model("a", [])), extra: 1 }, /fields are wrong/],
    [null, /fields are wrong/],
    ["[]", /fields are wrong/],
  ];
  for (const [data, message] of wrong) {
    const read = checkedRegistry(data);
    assert.ok(!read.ok);
    assert.match(read.error.message, message);
  }
});

Deno.test("a name that a terminal or a header would not show as it is, is none", () => {
  for (const id of ["evil\u001b[2J", "a\u202eb", "two words", "", "ü", "x".repeat(201)]) {
    for (const one of [model(id, []), model("m", [], { aliases: [id] })]) {
      assert.ok(!checkedRegistry({ v: 1, updatedOn: "2026-11-20", models: [one] }).ok, JSON.stringify(id));
    }
  }
  assert.ok(checkedRegistry({ v: 1, updatedOn: "2026-11-20", models: [model("openai/gpt:20b@x", [])] }).ok);
});

Deno.test("a file of a day that has not come is refused: by it prices would never be old", () => {
  const current = registry(model("m", [price("2026-01-01", 1)]));
  for (
    const [given, of] of [
      [{ ...current, updatedOn: "2099-01-01" }, "updatedOn"],
      [registry(model("m", [{ ...price("2026-12-01", 2), readOn: "2099-01-01" }])), "m.readOn"],
    ] as const
  ) {
    const refused = updatedRegistry(current, given, AT);
    assert.ok(!refused.ok);
    assert.deepEqual([refused.error.code, refused.error.path], ["invalid-registry", of]);
  }
  assert.ok(updatedRegistry(current, { ...current, updatedOn: "2026-11-24" }, AT).ok, "another time zone");
});

Deno.test("an update adds a price from a day to come, and ends the one before there", () => {
  const before = registry(model("a", [price("2026-01-01", 1)]), model("b", []));
  const given = registry(model("a", [price("2027-01-01", 2)], { contextTokens: 2_000 }));
  const updated = updatedRegistry(before, { ...given, updatedOn: "2026-11-23" }, AT);
  assert.ok(updated.ok);
  const after = findModel(updated.value.registry, "a");
  assert.deepEqual(
    after?.prices.map(({ from, until, tiers }) => [from.slice(0, 10), until?.slice(0, 10), tiers[0]?.input]),
    [
      ["2026-01-01", "2027-01-01", 1],
      ["2027-01-01", undefined, 2],
    ],
  );
  assert.equal(after?.contextTokens, 2_000);
  assert.equal(updated.value.registry.models.length, 2, "what the file does not name stays");
  assert.equal(updated.value.registry.updatedOn, "2026-11-23");
  const lines = updated.value.changes.flatMap(({ lines }) => lines).join("\n");
  assert.match(lines, /contextTokens: 1000 -> 2000/);
  assert.match(lines, /\+ price from 2027-01-01/);
});

Deno.test("a price by which calls were paid is never rewritten, nor is one slipped in before", () => {
  const before = registry(model("a", [price("2026-01-01", 1)]));
  for (const wrong of [price("2026-01-01", 2), price("2026-03-01", 2)]) {
    const updated = updatedRegistry(before, registry(model("a", [wrong])), AT);
    assert.ok(!updated.ok);
    assert.equal(updated.error.code, "past-price");
    assert.match(updated.error.remedy ?? "", /from/);
  }
});

Deno.test("the same price read again on a later day is confirmed; the same file twice changes nothing", () => {
  const before = registry(model("a", [price("2026-01-01", 1)]));
  const again = { ...price("2026-01-01", 1), readOn: "2026-11-23" };
  const updated = updatedRegistry(before, registry(model("a", [again])), AT);
  assert.ok(updated.ok);
  assert.match(updated.value.changes[0]?.lines.join() ?? "", /read on 2026-11-23/);
  const twice = updatedRegistry(updated.value.registry, registry(model("a", [again])), AT);
  assert.ok(twice.ok);
  assert.deepEqual(twice.value.changes, []);
});

Deno.test("an end may be told for a price that holds, not an end that has passed", () => {
  const before = registry(model("a", [price("2026-01-01", 1)]));
  const ends = (until: string) => {
    const updated = updatedRegistry(before, registry(model("a", [price("2026-01-01", 1, until)])), AT);
    assert.ok(updated.ok);
    return findModel(updated.value.registry, "a")?.prices[0]?.until ?? null;
  };
  assert.equal(ends("2027-01-01"), "2027-01-01T00:00:00.000Z");
  assert.equal(ends("2026-06-01"), null);
});

Deno.test("updates lie over a newer built-in registry: its new prices and models are there too", () => {
  const base = registry(
    model("a", [price("2026-01-01", 1, "2026-12-01"), price("2026-12-01", 3)]),
    model("new", []),
  );
  const over = registry(model("a", [price("2026-01-01", 1)], { notes: "ours" }));
  const whole = overlaidRegistry(base, over);
  assert.ok(whole.ok);
  const merged = findModel(whole.value, "a");
  assert.equal(merged?.notes, "ours");
  assert.deepEqual(merged?.prices.map(({ tiers, until }) => [tiers[0]?.input, until?.slice(0, 10)]), [
    [1, "2026-12-01"],
    [3, undefined],
  ]);
  assert.notEqual(findModel(whole.value, "new"), null);
});

Deno.test("a model of the operator's own is whole: known things are taken over, a price never guessed", () => {
  const known = registry(
    model("a", [price("2026-01-01", 1)], { contextTokens: 9_000, fit: { "execution": 70 } }),
  );
  const guess = ownModel({ id: "mine", provider: "ollama" }, known, []);
  assert.deepEqual([guess.locality, guess.prices, guess.family], ["local", [], "ollama"]);
  assert.equal(guess.fit["privacy-sensitive"], 50);
  assert.ok(checkedRegistry(registry(guess)).ok);
  const endpoint = {
    id: "gate",
    wire: "openai-responses",
    baseUrl: "https://g",
    locality: "hosted",
  } as const;
  const moved = ownModel({ id: "a", provider: "gate" }, known, [endpoint]);
  assert.deepEqual([moved.contextTokens, moved.prices, moved.wire, moved.fit["execution"]], [
    9_000,
    [],
    "openai-responses",
    70,
  ]);
  assert.equal(ownModel({ id: "a", provider: "lab", contextTokens: 5 }, known, []).prices.length, 1);
});
