import assert from "node:assert/strict";
import { factoryEffects, factoryHandlers } from "./handlers.ts";
import { factoryPhases, phaseEffects } from "./phases.ts";
import type { FactoryPorts } from "./ports.ts";

Deno.test("what is bound by its name is what is loaded when a run is driven", () => {
  // Nothing of them is asked before a phase is.
  const ports = {} as FactoryPorts;
  assert.deepEqual(Object.keys(factoryHandlers(ports)), Object.keys(factoryPhases(ports)));
  assert.deepEqual(Object.keys(factoryEffects(ports)), Object.keys(phaseEffects(ports)));
});
