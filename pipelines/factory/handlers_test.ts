import assert from "node:assert/strict";
import { factoryEffects, factoryHandlers } from "./handlers.ts";
import { factoryPhases, phaseEffects } from "./phases.ts";
import type { FactoryPorts } from "./ports.ts";

Deno.test("what is bound by its name is what is loaded when a run is driven", () => {
  // Nothing of them is asked before a phase is.
  const ports = {} as FactoryPorts;
  const late = () => Promise.reject<FactoryPorts>(new Error("not asked for"));
  const names = (bound: object) => Object.keys(bound).sort();
  assert.deepEqual(names(factoryHandlers(late)), names(factoryPhases(ports)));
  assert.deepEqual(names(factoryEffects(late)), names(phaseEffects(ports)));
});
