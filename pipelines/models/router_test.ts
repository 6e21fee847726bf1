import assert from "node:assert/strict";
import fc from "fast-check";
import { builtInRegistry } from "../../connectors/models/mod.ts";
import { ModelChoice, TaskClass } from "../../specs/code/mod.ts";
import type { Circuit } from "./health.ts";
import { noneFit } from "./none_fit.ts";
import type { ModelNeed } from "./port.ts";
import { choose, type Grounds } from "./router.ts";
import { AT, AT_MS, entry, price, registryOf } from "./testing/desk.ts";

const need = (more: Partial<ModelNeed> = {}): ModelNeed => ({
  task: "execution",
  promptTokens: 10_000,
  maxOutputTokens: 2_000,
  tools: true,
  structured: false,
  ...more,
});

const HERE = { ok: true, by: "A_KEY", local: false };

const grounds = (registry: Grounds["registry"], more: Partial<Grounds> = {}): Grounds => ({
  registry,
  availability: { one: HERE, two: HERE },
  health: {},
  outcomes: {},
  ...more,
});

const best = entry("best", { fit: { "execution": 90 } });
const other = entry("other", { provider: "two", family: "beta", fit: { "execution": 80 } });

const reasonsOf = (choice: ModelChoice, model: string): string =>
  choice.alternatives.find((one) => one.model === model)?.reasons.join("; ") ?? "";

Deno.test("the fittest model is taken, with its reasons and those of every other", () => {
  const choice = choose(need(), grounds(registryOf(other, best, entry("blind", { tools: "none" }))), AT);
  assert.equal(choice.model, "best");
  assert.match(choice.reasons.join("; "), /fit 90 of 100 for execution; worst case \$0\.014/);
  assert.deepEqual(choice.alternatives.map(({ model }) => model), ["other", "blind"]);
  assert.match(reasonsOf(choice, "blind"), /cannot call tools/);
});

Deno.test("the same input gives the same choice, in whatever order the registry stands", () => {
  const models = [best, other, entry("twin-a"), entry("twin-b"), entry("dear", { prices: [price(50, 90)] })];
  const first = choose(need(), grounds(registryOf(...models)), AT);
  fc.assert(fc.property(fc.shuffledSubarray(models, { minLength: models.length }), (shuffled) => {
    assert.deepEqual(choose(need(), grounds(registryOf(...shuffled)), AT), first);
  }));
});

Deno.test("what happened here moves the choice: a model that keeps failing is passed over", () => {
  const outcomes = {
    "best execution": { passed: 1, failed: 19 },
    "other execution": { passed: 18, failed: 2 },
  };
  const choice = choose(need(), grounds(registryOf(best, other), { outcomes }), AT);
  assert.equal(choice.model, "other");
  assert.match(choice.reasons.join("; "), /18 of 20 passed here/);
  // Of another class of tasks it says nothing.
  const elsewhere = { "best validation": { passed: 0, failed: 20 } };
  assert.equal(choose(need(), grounds(registryOf(best, other), { outcomes: elsewhere }), AT).model, "best");
});

Deno.test("a reviewer is of another family when one is fit, and the choice says when none is", () => {
  const registry = registryOf(best, other);
  const another = choose(need({ notFamily: "alpha" }), grounds(registry), AT);
  assert.equal(another.model, "other");
  assert.match(another.reasons.join("; "), /of another family than alpha/);
  const alone = choose(need({ notFamily: "alpha" }), grounds(registry, { availability: { one: HERE } }), AT);
  assert.equal(alone.model, "best");
  assert.match(alone.reasons.join("; "), /of the same family \(alpha\).*none of another is fit/);
});

Deno.test("privacy-sensitive work goes to a model on this machine or to none, whatever a file calls local", () => {
  const fit = { "privacy-sensitive": 60, "execution": 60 };
  const here = entry("here", { provider: "ollama", locality: "local", prices: [], fit });
  const registry = registryOf(best, here);
  const at = (local: boolean) => ({ one: HERE, ollama: { ok: true, by: "OLLAMA_HOST", local } });
  for (const more of [{ task: "privacy-sensitive" as const }, { localOnly: true }]) {
    assert.equal(choose(need(more), grounds(registry, { availability: at(true) }), AT).model, "here");
    const far = choose(need(more), grounds(registry, { availability: at(false) }), AT);
    assert.equal(far.model, null);
    assert.match(reasonsOf(far, "here"), /not on this machine/);
    assert.match(reasonsOf(far, "best"), /hosted elsewhere/);
  }
});

Deno.test("what is left of the budget rules models out; without a price none is fit while the cost is capped", () => {
  const cheap = entry("cheap", { fit: { "execution": 20 }, prices: [price(0.1, 0.1)] });
  const registry = registryOf(best, cheap, entry("unknown", { prices: [] }));
  const choice = choose(need({ budgetMicroUsd: 5_000 }), grounds(registry), AT);
  assert.equal(choice.model, "cheap");
  assert.match(reasonsOf(choice, "best"), /worst case \$0\.014 is above the \$0\.005 that are left/);
  assert.match(reasonsOf(choice, "unknown"), /no price is known now, and the cost is capped/);
  const tokens = choose(need({ budgetTokens: 11_999 }), grounds(registry), AT);
  assert.equal(tokens.model, null);
  assert.match(tokens.reasons.join("; "), /12000 tokens are above the 11999/);
  assert.notEqual(choose(need(), grounds(registryOf(entry("unknown", { prices: [] }))), AT).model, null);
});

Deno.test("a call that could take more than half of what is left gives way to a cheaper one", () => {
  const near = entry("near", { fit: { "execution": 85 }, prices: [price(0.9, 1.8)] });
  const registry = registryOf(best, near);
  assert.equal(choose(need({ budgetMicroUsd: 1_000_000 }), grounds(registry), AT).model, "best");
  const choice = choose(need({ budgetMicroUsd: 26_000 }), grounds(registry), AT);
  assert.equal(choice.model, "near");
  assert.match(reasonsOf(choice, "best"), /more than half of what is left/);
});

Deno.test("a prompt that does not fit rules a model out, and a short answer counts against it", () => {
  const small = entry("small", { contextTokens: 8_000 });
  const short = entry("short", { maxOutputTokens: 1_000, fit: { "execution": 90 } });
  const choice = choose(need(), grounds(registryOf(small, short, other)), AT);
  assert.equal(choice.model, "other");
  assert.match(reasonsOf(choice, "small"), /about 10000 tokens does not fit into 8000/);
  assert.match(reasonsOf(choice, "short"), /answers with 1000 tokens at most/);
  // Alone it is taken all the same.
  assert.equal(choose(need(), grounds(registryOf(short)), AT).model, "short");
});

Deno.test("an open circuit rules a model out until it cools down, then one call tries it", () => {
  const circuit: Circuit = { failures: 3, openedMs: AT_MS - 30_000, opened: 1 };
  const health = { "one best": circuit };
  const registry = registryOf(best, other);
  const open = choose(need(), grounds(registry, { health }), AT);
  assert.equal(open.model, "other");
  assert.match(reasonsOf(open, "best"), /left alone until 2026-11-23T12:00:30.000Z/);
  const later = new Date(AT_MS + 30_000).toISOString();
  const half = choose(need(), grounds(registry, { health }), later);
  assert.equal(half.model, "best");
  assert.match(half.reasons.join("; "), /this call tries it again/);
  assert.equal(choose(need(), grounds(registry, { health, probing: ["one best"] }), later).model, "other");
});

Deno.test("names are exact: a list of models that does not hold one refuses, and a near miss is told", () => {
  const registry = registryOf(entry("best-2", { aliases: ["best-latest"] }), other);
  assert.equal(choose(need({ only: ["best-latest"] }), grounds(registry), AT).model, "best-2");
  const near = choose(need({ only: ["best"] }), grounds(registry), AT);
  assert.equal(near.model, null);
  assert.match(near.reasons.join("; "), /'best' is no model of the registry; names must be exact/);
  assert.equal(choose(need({ except: ["best-latest"] }), grounds(registry), AT).model, "other");
  const allowed = choose(need(), grounds(registry, { allow: ["other"] }), AT);
  assert.equal(allowed.model, "other");
  assert.match(reasonsOf(allowed, "best-2"), /not allowed/);
});

Deno.test("a model that was shut down is never taken, a legacy one only when nothing better is there", () => {
  const registry = registryOf(
    entry("gone", { status: "shut-down", fit: { "execution": 100 } }),
    entry("old", { status: "legacy", fit: { "execution": 85 } }),
    other,
  );
  const choice = choose(need(), grounds(registry), AT);
  assert.equal(choice.model, "other");
  assert.match(reasonsOf(choice, "gone"), /shut down/);
});

Deno.test("none is fit: the same reason with other numbers is counted together, by the one that is nearest", () => {
  const many = registryOf(...[9, 3, 5].map((dear) => entry(`m${dear}`, { prices: [price(dear, dear)] })));
  const refused = choose(need({ budgetMicroUsd: 1 }), grounds(many), AT);
  assert.equal(refused.model, null);
  const [, why, ...others] = refused.reasons;
  assert.match(why ?? "", /^3 of 3: worst case \$\S+ is above the \$0\.000001 that are left, and 2 alike$/);
  assert.deepEqual(others, []);
});

Deno.test("why none is fit is found: money, price, window, health, or no key", () => {
  const of = (more: Partial<ModelNeed>, registry: Grounds["registry"], about: Partial<Grounds> = {}) =>
    noneFit(need(more), grounds(registry, about), AT);
  assert.equal(of({ budgetMicroUsd: 1 }, registryOf(best)), "budget");
  assert.equal(of({ budgetTokens: 1 }, registryOf(best)), "budget");
  assert.equal(of({ budgetMicroUsd: 1_000_000 }, registryOf(entry("x", { prices: [] }))), "price-unknown");
  assert.equal(of({ promptTokens: 5_000_000 }, registryOf(best)), "context-window");
  const health = { "one best": { failures: 3, openedMs: AT_MS, opened: 1 } };
  assert.equal(of({}, registryOf(best), { health }), "overloaded");
  assert.equal(of({}, registryOf(best), { availability: {} }), "unavailable");
});

Deno.test("each key alone gives a model for every class of tasks but the private one", async () => {
  const registry = await builtInRegistry();
  for (const provider of ["anthropic", "openai", "google", "deepseek"]) {
    for (const task of TaskClass.options) {
      const choice = ModelChoice.parse(
        choose(need({ task }), { ...grounds(registry), availability: { [provider]: HERE } }, AT),
      );
      assert.equal(choice.provider, task === "privacy-sensitive" ? null : provider, `${provider} ${task}`);
      assert.equal(choice.alternatives.length, registry.models.length - (choice.model === null ? 0 : 1));
    }
  }
});

Deno.test("none is fit: what stands in the way of models that could be asked is said before whose keys are not set", () => {
  const registry = registryOf(entry("a"), entry("b", { provider: "two" }), entry("c", { provider: "two" }));
  const availability = { one: HERE, two: { ok: false, by: "TWO_KEY is not set", local: false } };
  const { reasons } = choose(need({ budgetMicroUsd: 1 }), grounds(registry, { availability }), AT);
  assert.match(reasons[1] ?? "", /^\d of 3: worst case .* is above the \$0\.000001 that are left$/);
});
