import assert from "node:assert/strict";
import { builtInRegistry } from "../../connectors/models/mod.ts";
import { ModelList } from "../../specs/code/mod.ts";
import { listedModels } from "../model_view.ts";
import { openDoor } from "./tests/door.ts";

Deno.test("GET /v1/models tells prices with their source and what can be asked; anything else is refused", async () => {
  const knock = await openDoor();
  const registry = await builtInRegistry();
  const source = { registry, providers: [], local: [] };
  Object.assign(knock.service, { models: async () => listedModels(source, "2026-11-23T02:00:00.000Z") });
  const all = ModelList.parse(await (await knock.get("/v1/models")).json());
  assert.equal(all.models.length, registry.models.length);
  assert.ok(all.models.every(({ available }) => !available));
  const peak = all.models.find(({ model }) => model.id === "deepseek-flash");
  assert.deepEqual([peak?.price?.factor, peak?.price?.tiers[0]?.input], [2, 0.3]);
  const some = ModelList.parse(await (await knock.get("/v1/models?provider=openai&task=validation")).json());
  assert.deepEqual([...new Set(some.models.map(({ model }) => model.provider))], ["openai"]);
  assert.equal((await knock.get("/v1/models?task=bogus")).status, 422);
  assert.equal((await knock.get("/v1/models?extra=1")).status, 422);
  assert.equal((await knock.app.request("/v1/models")).status, 401);
  assert.equal((await knock.app.request("/v1/models", { method: "POST" })).status, 405);
});

Deno.test("a host that asks no models says so", async () => {
  assert.equal((await (await openDoor()).get("/v1/models")).status, 404);
});
