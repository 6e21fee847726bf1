import assert from "node:assert/strict";
import { compose } from "../compose.ts";
import { room } from "./samples.ts";

Deno.test("whoever runs a pipeline also moves a code run that waits in the same store, to its end and its evidence", async () => {
  await using at = await room();
  const repo = await at.repository("node-cart");
  const submitting = await compose({ data: at.data, sandbox: "none", workers: false });
  const submitted = await submitting.submit({
    spec: await Deno.readTextFile(at.beside("node-cart", "spec.md")),
    specName: "spec.md",
    specDir: at.beside("node-cart", "."),
    repo,
    patch: await Deno.readTextFile(at.beside("node-cart", "honest.patch")),
  }, { kind: "user", id: "ada" });
  await submitting.close();
  assert.ok(submitted.ok, JSON.stringify(submitted));
  const { run } = submitted.value;

  const data = await compose({ data: at.data, sandbox: "none", workers: true, only: "data" });
  try {
    await data.settled(run, AbortSignal.timeout(120_000));
  } finally {
    await data.close();
  }

  const reading = await compose({ data: at.data, sandbox: "none", workers: false, only: "code" });
  try {
    const document = await reading.document(run);
    assert.equal(document?.status, "completed", JSON.stringify(document, null, 2));
    assert.ok(document.evidence, "its evidence is sealed");
    assert.ok(document.pullRequest, "its pull request is open");
  } finally {
    await reading.close();
  }
});
