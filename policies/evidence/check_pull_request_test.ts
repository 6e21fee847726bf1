import assert from "node:assert/strict";
import { memoryBundle } from "./bundle_reader.ts";
import type { ReadLedger } from "./check_ledger.ts";
import { checkPullRequest } from "./check_pull_request.ts";
import { newChecks } from "./checks.ts";

const AT = "2026-11-20T12:00:00.000Z";
const decision = (inputDigest: string, from = "review", passed = 1) => ({
  seq: 1,
  event: "e",
  decision: {
    inputDigest,
    transition: { from, to: from === "verify" ? "review" : "release" },
    verdict: "allow",
    rules: Array.from({ length: passed }, () => ({ rule: "core/T1", verdict: "pass", findings: [] })),
    approvals: [],
    at: AT,
  },
});
const ledger = {
  decisions: [decision("early"), decision("late"), decision("withheld")],
} as unknown as ReadLedger;
const allChecked = async (files: Record<string, string>, of = ledger) => {
  const bytes = Object.entries(files).map(([path, text]) => [path, new TextEncoder().encode(text)] as const);
  const checks = newChecks();
  await checkPullRequest(memoryBundle(new Map(bytes)), of, (digest) => `inputs/${digest}.json`, checks);
  return checks.result().checks;
};
const checked = async (files: Record<string, string>) =>
  (await allChecked(files)).filter(({ name }) => name === "pull-request")
    .map(({ ok, file, detail }) => [ok, file, /not compared/.test(detail)]);
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

// req: N6-14
Deno.test("what the text says of gates and models is derived again from the ledger and the calls here, with and without the inputs", async () => {
  const of = {
    decisions: [decision("v", "verify", 3), decision("r"), decision("end", "release")],
  } as unknown as ReadLedger;
  const call = {
    id: "c1",
    purpose: "implement",
    task: "execution",
    model: "m-1",
    claimed: null,
    provider: "acme",
    requestId: null,
    recording: false,
    prompt: `sha256:${"0".repeat(64)}`,
    reply: null,
    usage: { input: 100, output: 20, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 },
    costMicroUsd: 1500,
    reservedMicroUsd: 2000,
    ms: 5,
    trouble: null,
    at: "2026-11-20T11:00:00.000Z",
  };
  const body = [
    "## Gates",
    "- `verify > review`: allow, 3 rules passed, 0 not applicable",
    "- The gates of what follows this text (release) stand in the evidence.",
    "## Models",
    "1 call of `acme/m-1`: 100 tokens in, 20 out, 0.0015 USD.",
    "",
  ].join("\n");
  const claims = async (text: string, more: Record<string, string> = { "inputs/r.json": input(text) }) =>
    (await allChecked({ [BODY]: text, "artifacts/model-calls.json": JSON.stringify([call]), ...more }, of))
      .filter(({ name }) => name === "body-claims").map(({ ok, detail }) => `${ok} ${detail}`);
  assert.deepEqual(await claims(body), [
    "true derived again from the records: gates, waivers and approvals, models and cost",
  ]);
  assert.deepEqual(await claims(body, {}), await claims(body));
  const late = JSON.stringify([call, { ...call, id: "c2", at: "2026-11-20T13:00:00.000Z" }]);
  assert.deepEqual(await claims(body, { "artifacts/model-calls.json": late }), await claims(body));
  for (
    const [from, to] of [
      ["3 rules passed", "4 rules passed"],
      [": allow,", ": deny,"],
      ["0.0015 USD", "0.0005 USD"],
      ["100 tokens in", "10 tokens in"],
      ["1 call of", "2 calls of"],
    ] as const
  ) {
    for (const more of [undefined, {}]) {
      const [found = ""] = await claims(body.replace(from, to), more);
      assert.match(found, /^false The pull request says what is not so/, `${from} ${to}`);
    }
  }
  // Without its inputs, of two reviews nobody can say which one made the text.
  const twice = { decisions: [decision("r"), ...of.decisions] } as unknown as ReadLedger;
  const told = await allChecked({ [BODY]: body.replace("3 rules", "4 rules") }, twice);
  assert.ok(told.every(({ ok }) => ok));
});
