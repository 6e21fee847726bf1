import assert from "node:assert/strict";
import fc from "fast-check";
import type { FactDocument } from "./fact_document.ts";
import { regoRule } from "./rego.ts";
import { meteredModule } from "./wasm_meter.ts";

const TEXT = { message: "A file is gone", remediation: "Restore it" };
const packed = await Deno.readFile(new URL("testdata/sample.wasm.gz", import.meta.url));
/** What `opa build` made of testdata/sample.rego. */
const MODULE = new Uint8Array(
  await new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer(),
);
const document = (...status: string[]): FactDocument => ({
  facts: { files: status.map((one, at) => ({ path: `f${at}`, status: one })) },
});

async function rule(entrypoint?: string, module: Uint8Array = MODULE, steps?: number) {
  return await regoRule(module, entrypoint, TEXT, ["patch"], steps);
}
async function judged(entrypoint: string, facts: FactDocument, steps?: number) {
  const made = await rule(entrypoint, MODULE, steps);
  assert.ok(made.ok, made.ok ? "" : made.error.message);
  return made.value.judge(facts);
}

Deno.test("violations of a Rego module are findings with their path, and none is a pass", async () => {
  assert.deepEqual(await judged("pack/sample/violations", document("M", "A")), { verdict: "pass" });
  const outcome = await judged("pack/sample/violations", document("M", "D"));
  assert.equal(outcome.verdict, "fail");
  assert.deepEqual(outcome.verdict === "fail" ? outcome.findings : [], [{
    message: "A file is gone: f1 is deleted",
    path: "f1",
    line: 1,
    remediation: "Restore it",
  }]);
});

Deno.test("an entry point that is true passes, false fails", async () => {
  assert.equal((await judged("pack/sample/allow", document("M"))).verdict, "pass");
  assert.equal((await judged("pack/sample/allow", document("D"))).verdict, "fail");
});

Deno.test("a module that does not end is stopped after so many steps, with an error", async () => {
  const outcome = await judged("pack/sample/slow", document("M"), 200_000);
  assert.equal(outcome.verdict, "error");
  assert.match(outcome.verdict === "error" ? outcome.findings[0]?.message ?? "" : "", /200000 steps/);
  assert.equal((await judged("pack/sample/allow", document("M"), 200_000)).verdict, "pass");
  // Reading its own names takes steps, too.
  const starved = await rule("pack/sample/allow", MODULE, 10);
  assert.equal(starved.ok, false);
});

Deno.test("without an entry point's name, or with one that is not there, the module cannot load", async () => {
  for (const name of [undefined, "pack/sample/nothing", "toString"]) {
    const made = await rule(name);
    assert.equal(made.ok, false);
    assert.match(made.ok ? "" : made.error.message, /entry point/);
  }
});

const bytesOf = (text: string) => new TextEncoder().encode(text);
/** The module with one name of the host's functions written otherwise. */
function renamed(from: string, to: string): Uint8Array<ArrayBuffer> {
  const [old, fresh] = [bytesOf(from), bytesOf(to)];
  const module = MODULE.slice();
  for (let at = 0; at + old.length < module.length; at++) {
    if (old.every((byte, offset) => module[at + offset] === byte)) module.set(fresh, at);
  }
  return module;
}

Deno.test("a module that needs a function of a host, or asks for another import, cannot load", async () => {
  const builtin = await rule("pack/sample/allow", renamed("\0sprintf\0", "\0tp.send\0"));
  assert.equal(builtin.ok, false);
  assert.match(builtin.ok ? "" : builtin.error.message, /tp\.send/);
  const imported = await rule("pack/sample/allow", renamed("opa_abort", "opa_fetch"));
  assert.match(imported.ok ? "" : imported.error.message, /env\.opa_fetch/);
});

Deno.test("what is no module, or is cut or changed somewhere, is a problem or judges: it never throws", async () => {
  assert.equal((await rule("a", bytesOf("not wasm"))).ok, false);
  await fc.assert(
    fc.asyncProperty(fc.nat(MODULE.length - 1), fc.nat(255), fc.boolean(), async (at, byte, cut) => {
      const module = cut ? MODULE.slice(0, at) : MODULE.slice();
      if (!cut) module[at] = byte;
      const made = await rule("pack/sample/violations", module, 500_000);
      if (made.ok) assert.match(made.value.judge(document("D")).verdict, /^(?:pass|fail|error)$/);
    }),
    { numRuns: 25 },
  );
});

Deno.test("the counter changes nothing of what a module computes", async () => {
  const counted = meteredModule(MODULE, 1000);
  assert.ok(counted.ok);
  assert.ok(WebAssembly.validate(counted.value));
  assert.ok(counted.value.length > MODULE.length);
});
