import assert from "node:assert/strict";
import { memoryBundle } from "./bundle_reader.ts";
import type { ReadLedger } from "./check_ledger.ts";
import { checkPullRequest } from "./check_pull_request.ts";
import { newChecks } from "./checks.ts";

const decision = (inputDigest: string) => ({
  seq: 1,
  event: "e",
  decision: { inputDigest, transition: { from: "review", to: "release" } },
});
const ledger = {
  decisions: [decision("early"), decision("late"), decision("withheld")],
} as unknown as ReadLedger;
const checked = async (files: Record<string, string>) => {
  const bytes = Object.entries(files).map(([path, text]) => [path, new TextEncoder().encode(text)] as const);
  const checks = newChecks();
  await checkPullRequest(memoryBundle(new Map(bytes)), ledger, (digest) => `inputs/${digest}.json`, checks);
  return checks.result().checks.map(({ ok, file, detail }) => [ok, file, /not compared/.test(detail)]);
};
const input = (body: string) => JSON.stringify({ outgoing: { body } });
const BODY = "artifacts/pull-request.md";

Deno.test("the text of the pull request is the one that the last gates read; another one is refused and named", async () => {
  assert.deepEqual(
    await checked({ [BODY]: "ours", "inputs/early.json": input("older"), "inputs/late.json": input("ours") }),
    [[true, BODY, false]],
  );
  assert.deepEqual(await checked({ [BODY]: "better", "inputs/late.json": input("ours") }), [[
    false,
    BODY,
    false,
  ]]);
});

Deno.test("without a text nothing is checked; without an input that is said", async () => {
  assert.deepEqual(await checked({ "inputs/late.json": input("ours") }), []);
  assert.deepEqual(await checked({ [BODY]: "ours", "inputs/late.json": "{" }), [[true, BODY, true]]);
});
