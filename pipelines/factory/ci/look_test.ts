import assert from "node:assert/strict";
import { type CiState, type Forge, ForgeError } from "../../../connectors/mod.ts";
import type { PhaseContext } from "../../../kernel/mod.ts";
import { digestOf } from "../../../specs/mod.ts";
import type { FactoryPorts } from "../ports.ts";
import { ciLook } from "./phases.ts";
import type { Looked } from "./state.ts";

const DIGEST = `sha256:${"0".repeat(64)}`;
const STATE = `sha256:${"1".repeat(64)}`;
const SENT = 1_000_000;
const NONE: CiState = { status: "none", run: null, jobs: [], refused: [] };

const SPEC = {
  title: "Do it",
  intent: { type: "UPDATE", scope: ["**"] },
  reason: "It is asked for",
  implementer: "patch",
};
const SHA = "a".repeat(40);
const ROUND = { v: 1, patch: DIGEST, tree: SHA, seed: "s", results: {}, rounds: [] };
const INPUT = {
  kind: "factory",
  spec: DIGEST,
  source: DIGEST,
  format: "md",
  checks: {},
  repository: {
    location: "https://github.com/acme/tools",
    gitDir: "",
    baseRef: "main",
    baseCommit: SHA,
    baseTree: SHA,
    dirty: false,
    remote: "https://github.com/acme/tools",
  },
  implementer: "patch",
  patch: null,
  forge: "github",
  sandbox: "ci",
  verify: "ci",
  requester: "ann",
};

/** One look, at an instant, at a forge that answers so. */
async function looks(look: () => Promise<CiState>, now: number) {
  const effect = "run_1/ci-order/1";
  const ports = {
    forges: { github: { ci: { look } } as unknown as Forge },
    runs: { view: () => Promise.resolve({ effects: { [effect]: { commit: SHA } }, visits: {} }) },
    ci: { pollMs: 1000 },
  } as unknown as FactoryPorts;
  const sent = {
    state: STATE,
    branch: "forge/verify/run_1-1",
    effect,
    items: [{ id: "e001", key: await digestOf("one"), slot: 1 }],
    workflow: { path: ".github/workflows/forge-verify.yml", digest: DIGEST, shipped: true },
    sentAt: SENT,
    deadline: SENT + 60_000,
  };
  const ctx = {
    run: "run_1",
    visit: 1,
    input: INPUT,
    outputs: { "ci-send": sent },
    blobs: {
      get: (digest: string) =>
        Promise.resolve(new TextEncoder().encode(JSON.stringify(digest === STATE ? ROUND : SPEC))),
    },
    clock: { now: () => now },
    progress() {},
  } as unknown as PhaseContext;
  const result = await ciLook(ports)(ctx);
  assert.ok(result.kind === "done");
  return {
    outcome: result.outcome,
    looked: result.output as unknown as Looked,
    effects: result.effects ?? [],
  };
}

const outage = (untilMs?: number) => () =>
  Promise.reject(
    new ForgeError({ code: "forge-unreachable", message: "GitHub: no answer" }, {
      failure: { class: "external", source: "provider", retryable: true },
      ...(untilMs === undefined ? {} : { untilMs }),
    }),
  );

Deno.test("an outage of the forge is waited out until the deadline, and no longer", async () => {
  const early = await looks(outage(), SENT + 10);
  assert.deepEqual([early.outcome, early.looked.why, early.looked.nextAt], [
    "waits",
    "GitHub: no answer",
    SENT + 1010,
  ]);
  const limited = await looks(outage(SENT + 30_000), SENT + 10);
  assert.equal(limited.looked.nextAt, SENT + 30_000, "a limit that says until when is kept");
  assert.equal((await looks(outage(SENT + 999_000), SENT + 10)).looked.nextAt, SENT + 60_000);
  const late = await looks(outage(), SENT + 60_000);
  assert.deepEqual([late.outcome, late.looked.problem?.class], ["stuck", "external"]);
  assert.deepEqual(late.effects.map(({ kind }) => kind), ["ci-drop"]);
});

Deno.test("what the credential may not do is no outage", async () => {
  const refused = () =>
    Promise.reject(
      new ForgeError({ code: "forge-forbidden", message: "no" }, {
        failure: { class: "external", source: "user-environment", retryable: false },
      }),
    );
  await assert.rejects(() => looks(refused, SENT + 10), ForgeError);
});

Deno.test("a run that has not begun is waited for, then asked about; what does not count is named", async () => {
  const waits = await looks(() => Promise.resolve(NONE), SENT + 10);
  assert.deepEqual([waits.outcome, waits.looked.looks], ["waits", 1]);
  const late = await looks(
    () => Promise.resolve({ ...NONE, refused: ["run 3: it is of the branch main"] }),
    SENT + 60_000,
  );
  assert.equal(late.looked.problem?.class, "timeout");
  assert.match(late.looked.problem?.message ?? "", /not counted: run 3: it is of the branch main/);
});

Deno.test("a run that ended without the job that was asked for is no result", async () => {
  const run = { id: "7", url: null, conclusion: "startup_failure", attempts: 1, actor: null };
  const ended = (jobs: CiState["jobs"]) => () =>
    Promise.resolve({ ...NONE, status: "completed" as const, run, jobs });
  const job = {
    id: "1",
    name: "forge-verify 1/8",
    status: "completed",
    conclusion: "success",
    steps: [],
    url: null,
  } as const;
  for (const jobs of [[], [{ ...job, name: "forge-verify 2/8" }], [job, { ...job, id: "2" }]]) {
    const { outcome, looked } = await looks(ended(jobs), SENT + 10);
    assert.equal(outcome, "stuck");
    assert.match(looked.problem?.message ?? "", /without a result of the job 'forge-verify 1\/8'/);
  }
});
