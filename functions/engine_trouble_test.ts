import assert from "node:assert/strict";
import { compose } from "./compose.ts";
import { engineTrouble } from "./engine_trouble.ts";

Deno.test("what the engine could not do is one line with its run, without a secret and without a stack", () => {
  const secret = ["ghp", "_", "R4nd0mR4nd0mR4nd0mR4nd0mR4nd0mR4nd0m"].join("");
  const line = engineTrouble(new TypeError(`cannot read\n  ${secret}\u001b[31m\nfrom it`), "run_1");
  assert.match(line, /^engine run_1: TypeError: cannot read \[redacted\S* \[31m from it$/);
  assert.equal(engineTrouble("closed", null), "engine: closed");
  assert.ok(engineTrouble(new Error("x".repeat(5000)), null).length < 1100);
});

Deno.test("an entry of the queue that cannot be read is told to whoever runs the process", async () => {
  const data = await Deno.makeTempDir();
  try {
    const kv = await Deno.openKv(`${data}/state.db`);
    await kv.set(["kernel", "queue", 1, "run_broken"], "no worker");
    kv.close();
    const told = Promise.withResolvers<string>();
    const service = await compose({ data, sandbox: "none", workers: true, report: told.resolve });
    const late = setTimeout(() => told.reject(new Error("nothing was told")), 20_000);
    try {
      assert.match(await told.promise, /^engine: SyntaxError: \S.*$/);
    } finally {
      clearTimeout(late);
      await service.close();
    }
  } finally {
    await Deno.remove(data, { recursive: true });
  }
});
