import assert from "node:assert/strict";
import { foundryEffects, foundryHandlers, type FoundryPorts } from "../pipelines/foundry/mod.ts";
import { dataRuns } from "./data_runs.ts";

// Names come from what is bound, and binding asks nothing of the ports.
const ports = {} as FoundryPorts;

// req: N1-07
Deno.test("every phase and effect of data runs is bound by its name, and nothing else is", () => {
  const late = dataRuns(() => Promise.reject(new Error("not asked for")));
  assert.deepEqual(Object.keys(late.handlers).sort(), Object.keys(foundryHandlers(ports)).sort());
  assert.deepEqual(Object.keys(late.effects).sort(), Object.keys(foundryEffects(ports)).sort());
});

Deno.test("what data runs need is loaded when the first of them is moved", async () => {
  let loads = 0;
  const late = dataRuns(() => {
    loads++;
    return Promise.resolve({
      handlers: {},
      effects: {
        "publish-data": { look: () => Promise.resolve({ found: false }), act: () => Promise.resolve("done") },
      },
    });
  });
  assert.equal(loads, 0);
  const publish = late.effects["publish-data"];
  assert.equal(await publish?.act("key", null, "run", new AbortController().signal), "done");
  assert.equal(loads, 1);
});
