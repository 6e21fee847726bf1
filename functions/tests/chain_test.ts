import assert from "node:assert/strict";
import { FactoryInput } from "../../pipelines/mod.ts";
import { room, sandboxed } from "./samples.ts";
import { ACTOR, doubling, RIGHT, scripted, tiny } from "./scripted.ts";
import { runChain } from "../chain_runs.ts";
import { Chain } from "../../specs/mod.ts";
import { planning } from "./plan_room.ts";

Deno.test("a run takes the branch of the one before it as its base, and its input says where that came from", async () => {
  await using at = await room();
  const second = doubling("n + n", { "src/note.ts": "export const note = 1;\n" });
  const { implementer } = scripted([RIGHT, second]);
  const it = await tiny(at, { implementers: { model: implementer }, models: planning({}) });
  try {
    const chain = Chain.parse({
      name: "two",
      stages: [
        { id: "first", spec: "a.md" },
        { id: "second", spec: "b.md", with: { base: "first.branch" } },
      ],
    });
    const given = {
      chain,
      id: "x",
      actor: ACTOR,
      request: (stage: { id: string }) =>
        Promise.resolve({
          spec: it.spec(stage.id === "second" ? "proof: { none: only another way to say it }\n" : ""),
          specName: "spec.md",
          repo: it.repo,
        }),
      readEvidence: () => Promise.resolve(null),
      told: () => {},
    };
    const outcome = await runChain(it.service, given);
    assert.deepEqual(outcome.stages.map(({ id, status }) => [id, status]), [
      ["first", "completed"],
      // Without proof a human is asked; that it got so far is enough here.
      ["second", "escalated"],
    ]);
    const [one, two] = outcome.stages;
    const document = await it.service.document(one?.run ?? "");
    const view = await it.service.view(two?.run ?? "");
    const input = FactoryInput.parse(view?.input);
    assert.equal(
      input.repository.baseCommit,
      document?.pullRequest?.commit,
      "it builds on what the first has made",
    );
    assert.deepEqual(input.chain, {
      name: "two",
      digest: outcome.digest,
      stage: "second",
      from: [{ input: "base", stage: "first", output: "branch", run: one?.run }],
    });
    assert.equal(view?.parent, one?.run);
    const again = await runChain(it.service, given);
    assert.deepEqual(
      again.stages.map(({ run }) => run),
      outcome.stages.map(({ run }) => run),
      "nothing is run twice",
    );
  } finally {
    await it.service.close();
  }
});

Deno.test("a chain that does not hold together, or names no spec, is exit 2 before anything runs", async () => {
  await using at = await room();
  const repo = await at.repository("deno-signup");
  const write = async (stages: string) => {
    await at.write("spec.md", '---\ntitle: T\nintent: { type: UPDATE, scope: ["src/**"] }\n---\n');
    return await at.write("chain.yaml", `name: c\nstages:\n${stages}`);
  };
  for (
    const [stages, says] of [
      ["  - { id: a, spec: spec.md, with: { base: b.branch } }\n", /b, which is no stage/],
      [
        "  - { id: a, spec: spec.md }\n  - { id: b, spec: spec.md, with: { base: a.patch } }\n",
        /is a revision, and a\.patch is a patch/,
      ],
      ["  - { id: a, spec: spec.md, after: [a] }\n", /in a circle: a -> a/],
      ["  - { id: a, spec: nowhere.md }\n", /there is no such file/],
      ["  - { id: a, spec: chain.yaml }\n", /Cannot run the chain: a: /],
    ] as const
  ) {
    const { exit, document } = await at.forge("workflow", "chain", await write(stages), "--repo", repo);
    assert.equal(exit, 2, stages);
    assert.match(document.error?.message ?? "", says);
  }
});

Deno.test("a stage that does not get completed skips what waits for it, and its exit code is the chain's", async () => {
  await using at = await room();
  const repo = await at.repository("deno-signup");
  await at.write("empty.md", '---\ntitle: Nothing\nintent: { type: UPDATE, scope: ["src/**"] }\n---\n');
  const file = await at.write(
    "chain.yaml",
    "name: c\nstages:\n  - { id: a, spec: empty.md }\n  - { id: b, spec: empty.md, with: { base: a.branch } }\n",
  );
  const { exit, document } = await at.forge(
    "workflow",
    "chain",
    file,
    "--repo",
    repo,
    ...(sandboxed ? [] : ["--sandbox", "none"]),
  );
  const { stages } = document as unknown as { stages: { id: string; status: string; why: string | null }[] };
  assert.deepEqual(stages.map(({ id, status, why }) => [id, status, why]), [
    ["a", "denied", null],
    ["b", "skipped", "a is denied"],
  ]);
  assert.equal(exit, 1);
});
