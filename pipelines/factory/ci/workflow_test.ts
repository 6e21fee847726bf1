import assert from "node:assert/strict";
import { compileWorkflow } from "../../../kernel/mod.ts";
import { factoryHandlers } from "../handlers.ts";
import type { FactoryPorts } from "../ports.ts";
import { repairing, workflows } from "../workflows.ts";
import { verifiedByCi } from "./workflow.ts";

Deno.test("every workflow of a spec can be verified by CI, with repairs and without, under the gates that it had", () => {
  const bound = Object.keys(factoryHandlers(() => Promise.reject<FactoryPorts>(new Error("not asked for"))));
  for (const plain of Object.values(workflows)) {
    for (const definition of [plain, repairing(plain)]) {
      const byCi = verifiedByCi(definition);
      const compiled = compileWorkflow(byCi, bound);
      assert.ok(compiled.ok, compiled.ok ? "" : JSON.stringify(compiled.error));
      const gated = (phases: typeof byCi.phases) =>
        Object.entries(phases).flatMap(([name, { on }]) =>
          Object.entries(on).filter(([, { gated }]) => gated).map(([outcome, { to, ...rest }]) => ({
            name,
            outcome,
            ...rest,
            to: name === "implement" ? "verify" : to,
          }))
        );
      assert.deepEqual(gated(byCi.phases), gated(definition.phases));
    }
  }
});
