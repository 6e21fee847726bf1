import assert from "node:assert/strict";
import type { PhaseContext } from "../../../kernel/mod.ts";
import { err, ok } from "../../../specs/mod.ts";
import { Spec } from "../../../specs/code/mod.ts";
import type { ModelNeed } from "../../models/mod.ts";
import type { FactoryInput } from "../input.ts";
import type { FactoryPorts } from "../ports.ts";
import type { LastRound } from "./last_round.ts";
import { means } from "./means.ts";
import { round } from "./testing.ts";

const spec = Spec.parse({ title: "t", intent: { type: "UPDATE", scope: ["**"] }, implementer: "cli" });
const ctx = { run: "run_1", clock: { now: () => Date.parse("2026-11-23T12:00:00.000Z") } } as PhaseContext;

/** What switching the model brings for an implementer; agents speak to these models. */
async function switched(implementer: string, speaksTo: readonly string[] | null) {
  const asked: ModelNeed[] = [];
  const ports = {
    models: {
      choose: (need: ModelNeed) => {
        asked.push(need);
        const model = (need.only ?? ["m-1", "m-9"]).find((id) => !need.except?.includes(id)) ?? null;
        return Promise.resolve({ model, provider: "p", reasons: [] });
      },
    },
    agents: {
      choose: () =>
        Promise.resolve(
          speaksTo === null
            ? err({ code: "no-agent", message: "none" })
            : ok({ models: new Map(speaksTo.map((id) => [id, "openai-chat"])) }),
        ),
    },
  } as unknown as FactoryPorts;
  const brought = await means(ports, ctx, {
    strategy: "switch-model",
    input: { implementer, agent: "codex" } as FactoryInput,
    spec,
    history: { rounds: [round(1)], advice: [] },
    last: {} as LastRound,
  });
  return { brought, asked };
}

Deno.test("a program goes on by another of the models that it speaks to, the one that failed left out", async () => {
  const { brought, asked } = await switched("cli", ["m-1", "m-2"]);
  assert.deepEqual(brought, { ok: true, advice: "", except: ["m-1"], calls: [] });
  assert.deepEqual(asked[0]?.only, ["m-1", "m-2"]);
  assert.deepEqual(
    (await switched("model", null)).asked[0]?.only,
    undefined,
    "a model has all to choose from",
  );
});

Deno.test("where a program speaks to no other model, is gone, or has no model at all, the strategy says that it cannot be had", async () => {
  for (
    const [implementer, speaksTo, why] of [
      ["cli", ["m-1"], /no model is left beside m-1/],
      ["cli", null, /has no other model here/],
      ["codemod", ["m-2"], /has no other model here/],
    ] as const
  ) {
    const { brought } = await switched(implementer, speaksTo);
    assert.ok(!brought.ok);
    assert.match(brought.why, why);
  }
});
