import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { FactoryInput } from "../../pipelines/factory/mod.ts";
import type { ArtifactProvenance } from "../../specs/attestation/mod.ts";
import type { ChainCheck, ChainDocument } from "../../specs/mod.ts";
import { chainRoom, countOf, loadOf, stageIn, statuses } from "./chain_room.ts";
import { planning } from "./plan_room.ts";
import { room, sandboxed } from "./samples.ts";
import { ACTOR, doubling, open, RIGHT, scripted, tiny } from "./scripted.ts";

const EXAMPLE = fileURLToPath(new URL("../../specs/examples/chains/holidays/", import.meta.url));
const level = sandboxed ? [] : ["--sandbox", "none"];

async function copied(from: string, to: string): Promise<string> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copied(join(from, name), join(to, name));
    else if (!name.includes(".db")) await Deno.copyFile(join(from, name), join(to, name));
  }
  return to;
}

// req: N2-07
Deno.test("rows that were loaded are named by a pull request, whose commit is noted beside them; evidence and provenance tell it both ways", async () => {
  await using at = await room();
  const repo = await at.repository("deno-signup");
  // Its warehouse lies beside it.
  const file = join(await copied(EXAMPLE, join(at.dir, "example")), "chain.yaml");
  const checked = await at.forge("chain", "validate", file, "--repo", repo);
  const check = checked.document as unknown as ChainCheck;
  assert.equal(checked.exit, 0, JSON.stringify(check));
  assert.match(check.picture, /load .*data.*\n.*│\n.*▼ publish/);
  assert.deepEqual(
    check.stages[2]?.inputs.find(({ name }) => name === "dataset.holidays"),
    { name: "dataset.holidays", type: "dataset", optional: true, from: "load.dataset" },
  );

  const ran = await at.forge("chain", "run", file, "--repo", repo, "--id", "one", ...level);
  const chain = ran.document as unknown as ChainDocument;
  assert.equal(ran.exit, 0, JSON.stringify(chain, null, 1));
  assert.deepEqual(statuses(chain), { load: "completed", publish: "completed", note: "completed" });
  const [load, publish, note] = ["load", "publish", "note"].map((id) => stageIn(chain, id));
  assert.ok(load && publish && note);
  const { branch, commit } = publish.outputs;
  const told = JSON.parse(await at.git(repo, "show", `${branch}:data/holidays.json`));
  assert.deepEqual(told, { year: 2025, rows: 4, manifest: load.outputs.manifest });
  const rows = await at.forge(
    "etl",
    "export",
    "holiday_releases",
    "--format",
    "jsonl",
    "--out",
    join(at.dir, "r"),
  );
  assert.equal(rows.exit, 0);
  const [row = ""] = (await Deno.readTextFile(join(at.dir, "r"))).split("\n");
  assert.equal(JSON.parse(row).commit_id, commit);

  // The chain's bundle names those of its stages by the digests under which they were sealed.
  assert.equal((await at.forge("evidence", "verify", chain.evidence?.path ?? "")).exit, 0);
  const sealed = JSON.parse(
    await Deno.readTextFile(join(chain.evidence?.path ?? "", "artifacts/stages.json")),
  );
  for (const [at, stage] of [load, publish, note].entries()) {
    assert.deepEqual(sealed.stages[at].evidence, stage.evidence);
    assert.equal(sealed.stages[at].run, stage.run);
  }
  assert.deepEqual(
    sealed.stages[2].takes.map((
      { input, stage, output }: Record<string, string>,
    ) => [input, `${stage}.${output}`]),
    [["dataset.holidays", "load.dataset"], ["params.commit", "publish.commit"]],
  );

  const walk = async (digest: string) =>
    (await at.forge("artifact", "provenance", digest)).document as unknown as ArtifactProvenance;
  const names = (graph: ArtifactProvenance["forwards"]) =>
    graph.nodes.map(({ kind, label }) => `${kind} ${label}`);
  const forwards = names((await walk(load.outputs.manifest ?? "")).forwards);
  for (
    const wanted of ["stage holidays: publish", "spec Holidays of 2025", "table warehouse/holiday_releases"]
  ) {
    assert.ok(forwards.includes(wanted), `${wanted}: ${forwards.join(", ")}`);
  }
  const of = await walk(publish.outputs["patch-digest"] ?? "");
  const backwards = names(of.backwards);
  for (
    const wanted of [
      "spec Holidays of 2025",
      "stage holidays: load",
      "request csv/2025.csv",
      "chain holidays",
    ]
  ) {
    assert.ok(backwards.includes(wanted), `${wanted}: ${backwards.join(", ")}`);
  }
  assert.ok(!names(of.forwards).includes("request csv/2025.csv"), "what it came from did not come of it");

  const again = await at.forge("chain", "run", file, "--repo", repo, "--id", "one", ...level);
  assert.equal(again.document.run, chain.run, "the same chain under the same id is the same run");
  const shown = await at.forge("workflow", "show", chain.run);
  assert.deepEqual(shown.document.chain?.stages.map(({ id }) => id), ["load", "publish", "note"]);
  const listed = await at.forge("chain", "list");
  assert.deepEqual((listed.document as unknown as { chains: ChainDocument[] }).chains.map(({ run }) => run), [
    chain.run,
  ]);
});

Deno.test("a run takes the branch of the one before it as its base; a stage that asks a human parks the chain, and its answer lets it go on", async () => {
  await using at = await room();
  const second = doubling("n + n", { "src/note.ts": "export const note = 1;\n" });
  const { implementer } = scripted([RIGHT, second]);
  const it = await tiny(at, { implementers: { model: implementer }, models: planning({}) });
  try {
    const files = await chainRoom(at);
    await files.write("a.md", it.spec());
    await files.write("b.md", it.spec("proof: { none: only another way to say it }\n"));
    await files.write("t.csv", "id,n\n1,2\n");
    await files.write("t.yaml", loadOf("t"));
    const text = `name: two
stages:
  - { id: first, spec: a.md }
  - { id: second, spec: b.md, with: { base: first.branch } }
  - { id: last, pipeline: t.yaml, after: [second] }
`;
    const parked = await files.run(it.service, text, { repo: it.repo, id: "x" });
    assert.equal(parked.status, "parked", JSON.stringify(parked, null, 1));
    assert.deepEqual(statuses(parked), { first: "completed", second: "escalated", last: "waiting" });
    const [one, two] = [stageIn(parked, "first"), stageIn(parked, "second")];
    assert.match(parked.waiting?.reason ?? "", new RegExp(`second is escalated \\(${two.run}\\)`));
    const document = await it.service.document(one.run ?? "");
    const view = await it.service.view(two.run ?? "");
    const input = FactoryInput.parse(view?.input);
    const { commit } = document?.pullRequest ?? {};
    assert.equal(input.repository.baseCommit, commit, "it builds on what the first has made");
    const [taken] = input.chain?.from ?? [];
    assert.deepEqual([taken?.input, taken?.stage, taken?.output, taken?.run, taken?.digest], [
      "base",
      "first",
      "branch",
      one.run,
      commit,
    ]);
    assert.deepEqual([view?.parent, input.chain?.run], [parked.run, parked.run]);
    const subject = view?.escalation?.subject;
    const answered = await it.service.act(two.run ?? "", {
      action: "answer",
      choice: "approve",
      selfApproved: true,
      ...(subject === undefined ? {} : { subject }),
    }, ACTOR);
    assert.ok(answered.ok, JSON.stringify(answered));
    await it.service.settled(parked.run);
    const ended = await it.service.chains?.show(parked.run);
    assert.equal(ended?.status, "completed", JSON.stringify(ended, null, 1));
    const begun = await files.begin(it.service, text, { repo: it.repo, id: "x" });
    assert.equal(begun, parked.run, "nothing is run twice");
  } finally {
    await it.service.close();
  }
});

Deno.test("a chain that does not hold together, or names no spec, is exit 2 before anything runs, with every problem", async () => {
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
      ["  - { id: a, spec: ../../../../etc }\n", /it is not a file|there is no such file/],
      ["  - { id: a, pipeline: nowhere }\n", /there is no pipeline 'nowhere' here/],
      ["  - { id: a }\n", /carries out the spec that names the chain/],
      ["  - { id: a, spec: chain.yaml }\n", /Cannot run the chain: a: /],
      ["  - { id: a, spec: spec.md, repo: nowhere }\n", /^a: /],
    ] as const
  ) {
    const { exit, document } = await at.forge(
      "workflow",
      "chain",
      await write(stages),
      "--repo",
      repo,
      ...level,
    );
    assert.equal(exit, 2, stages);
    assert.match(document.error?.message ?? "", says);
    assert.equal((await at.forge("chain", "list")).exit, 0);
  }
  const unknown = await at.forge("chain", "run", "nothing-here", "--repo", repo);
  assert.deepEqual([unknown.exit, unknown.document.error?.code], [2, "unknown-chain"]);
  const none = await at.forge("chain", "list");
  assert.deepEqual((none.document as unknown as { chains: unknown[] }).chains, [], "nothing was begun");
});

Deno.test("only completed flows on unless it is declared, and a chain with a denied stage is denied", async () => {
  await using at = await room();
  const repo = await at.repository("deno-signup");
  const file = await at.write(
    "chain.yaml",
    `name: c
stages:
  - { id: a, spec: empty.md }
  - { id: b, spec: empty.md, with: { base: a.branch } }
  - { id: mend, pipeline: t.yaml, when: { a: [denied, failed] }, with: { params.why: a.status } }
  - { id: cheer, pipeline: t.yaml, after: [mend], when: { a: [completed] }, set: { why: done } }
`.replace(
      "  - { id: cheer, pipeline: t.yaml, after: [mend], when: { a: [completed] }, set: { why: done } }\n",
      "",
    ),
  );
  await at.write("empty.md", '---\ntitle: Nothing\nintent: { type: UPDATE, scope: ["src/**"] }\n---\n');
  await at.write("t.csv", "id,n\n1,2\n");
  await at.write("t.yaml", loadOf("t", "params: { why: { type: string } }\n"));
  const { exit, document } = await at.forge("chain", "run", file, "--repo", repo, ...level);
  const chain = document as unknown as ChainDocument;
  assert.deepEqual(statuses(chain), { a: "denied", b: "skipped", mend: "completed" }, JSON.stringify(chain));
  assert.equal(stageIn(chain, "b").why, "a is denied");
  assert.deepEqual([exit, chain.status], [1, "denied"]);
  assert.match(chain.denials[0]?.message ?? "", /^a: /);
});

Deno.test("what was checked by type is checked again by value: a dataset that lost a column, and a table that was loaded anew", async () => {
  await using at = await room();
  const files = await chainRoom(at);
  const service = await open(at, {});
  try {
    await files.write("t.yaml", loadOf("t"));
    await files.write("n.yaml", countOf("n", "t"));
    await files.write("t.csv", "id,other\n1,2\n");
    const text = `name: values
stages:
  - { id: load, pipeline: t.yaml }
  - { id: count, pipeline: n.yaml, with: { dataset.t: load.dataset }, expects: { dataset.t: { id: string, amount: string } } }
`;
    const refused = await files.run(service, text, { id: "one" });
    assert.deepEqual(statuses(refused), { load: "completed", count: "refused" });
    assert.match(stageIn(refused, "count").why ?? "", /it has no column 'amount' \(columns: id, other/);
    assert.deepEqual([refused.status, stageIn(refused, "count").run], ["failed", null]);
    // What is not completed is begun once more, on what is there now: the load is another one by then.
    await files.write("t.csv", "id,other,amount\n1,2,2.5\n2,2,3.5\n");
    const other = await service.submitPipeline?.({
      pipeline: loadOf("t"),
      folder: join(at.dir, "chain"),
      mode: "full",
    }, ACTOR);
    assert.ok(other?.ok);
    assert.equal((await service.settled(other.value.run)).status, "completed");
    const resumed = await service.chains?.resume(refused.run, ACTOR);
    assert.ok(resumed?.ok, JSON.stringify(resumed));
    await service.settled(refused.run);
    const again = await service.chains?.show(refused.run);
    assert.equal(
      stageIn(again ?? refused, "load").run,
      stageIn(refused, "load").run,
      "what is completed stays",
    );
    assert.match(stageIn(again ?? refused, "count").why ?? "", /holds another load than that of run_/);
    const whole = await files.run(service, text.replace("t.yaml }", "t.yaml, mode: full }"), { id: "two" });
    assert.equal(whole.status, "completed", JSON.stringify(whole, null, 1));
    assert.equal(stageIn(whole, "count").outputs.rows, "1");
  } finally {
    await service.close();
  }
});

Deno.test("a credential in a value never becomes a parameter, and secret outputs are not told", async () => {
  await using at = await room();
  const files = await chainRoom(at);
  const service = await open(at, {});
  const token = "ghp_" + "aB3dE5gH7jK9mN1pQ3sT5vX7zA2cF4hJ6kL8";
  try {
    await files.write("t.csv", `id,since\n1,${token}\n`);
    const cursor = "    cursor: { path: since, type: string }\n";
    await files.write("t.yaml", loadOf("t", "", cursor));
    const take = "params: { since: { type: string, default: none } }\n";
    await files.write("n.yaml", countOf("n", "t", take, "'${params.since}' AS since, "));
    const leaky = await files.run(
      service,
      `name: leaky
stages:
  - { id: load, pipeline: t.yaml }
  - { id: count, pipeline: n.yaml, with: { params.since: load.cursor } }
`,
    );
    assert.deepEqual(statuses(leaky), { load: "completed", count: "refused" }, JSON.stringify(leaky));
    assert.match(stageIn(leaky, "count").why ?? "", /looks like a credential/);
    const events = JSON.stringify(await service.events(leaky.run, { limit: 1000 }));
    assert.ok(!events.includes(token) && !JSON.stringify(leaky).includes(token));
    await files.write("t.csv", "id,since\n1,plain\n");
    const kept = await files.run(
      service,
      `name: kept
stages:
  - { id: load, pipeline: t.yaml, mode: full, secret: [cursor, t.cursor] }
`,
    );
    assert.equal(kept.status, "completed");
    assert.ok(!JSON.stringify(stageIn(kept, "load").outputs).includes("plain"));
  } finally {
    await service.close();
  }
});

Deno.test("a chain that is cancelled ends the run of its stage, and its evidence says so", async () => {
  await using at = await room();
  const hangs = Promise.withResolvers<void>();
  const { implementer } = scripted([() => {
    hangs.resolve();
    return new Promise(() => {});
  }]);
  const it = await tiny(at, { implementers: { model: implementer }, models: planning({}) });
  try {
    const files = await chainRoom(at);
    await files.write("a.md", it.spec());
    const run = await files.begin(
      it.service,
      "name: long\nstages:\n  - { id: a, spec: a.md }\n  - { id: b, spec: a.md, after: [a] }\n",
      { repo: it.repo },
    );
    await hangs.promise;
    const outcome = await it.service.chains?.cancel(run, ACTOR, "enough");
    assert.ok(outcome?.ok);
    await it.service.settled(run);
    const document = await it.service.chains?.show(run);
    assert.equal(document?.status, "cancelled");
    const sealed = JSON.parse(
      await Deno.readTextFile(join(document?.evidence?.path ?? "", "artifacts/stages.json")),
    );
    assert.equal(sealed.stages[0].status, "cancelled", JSON.stringify(sealed));
    assert.equal((await it.service.view(sealed.stages[0].run))?.status, "cancelled");
    assert.equal(sealed.stages[1].run, null);
  } finally {
    await it.service.close();
  }
});

Deno.test("a chain's budget is shared: a stage gets no more than is left, and one that finds nothing left is not begun", async () => {
  await using at = await room();
  const { implementer } = scripted([RIGHT, doubling("n + n")]);
  const it = await tiny(at, { implementers: { model: implementer }, models: planning({}) });
  try {
    const files = await chainRoom(at);
    await files.write("a.md", it.spec("budget: { usd: 1, tokens: 900, seconds: 600, repairs: 1 }\n"));
    const chain = (budget: string) =>
      `name: bounded\nbudget: ${budget}\nstages:\n  - { id: a, spec: a.md }\n  - { id: b, spec: a.md, with: { base: a.commit } }\n`;
    const none = await files.run(it.service, chain("{ tokens: 0, usd: 1 }"), { repo: it.repo });
    assert.deepEqual(statuses(none), { a: "refused", b: "skipped" });
    assert.match(stageIn(none, "a").why ?? "", /budget is used up \(tokens\)/);
    const bounded = chain("{ tokens: 500, usd: 0.5 }").replace(/ {2}- \{ id: b.*\n/, "");
    const done = await files.run(it.service, bounded, { repo: it.repo });
    const view = await it.service.view(stageIn(done, "a").run ?? "");
    assert.deepEqual([view?.budget.tokens?.limit, view?.budget.costMicroUsd?.limit], [500, 500_000]);
  } finally {
    await it.service.close();
  }
});

// req: N2-07
Deno.test("kill -9 between stages: what was begun is not begun again, and the chain goes on in the next process", async () => {
  await using at = await room();
  const files = await chainRoom(at);
  await files.write("t.csv", "id,n\n1,2\n");
  await files.write("t.yaml", loadOf("t"));
  await files.write("n.yaml", countOf("n", "t"));
  await files.write("m.yaml", countOf("m", "n"));
  const chain = await files.write(
    "chain.yaml",
    "name: killed\nstages:\n  - { id: a, pipeline: t.yaml }\n  - { id: b, pipeline: n.yaml, with: { dataset.t: a.dataset } }\n" +
      "  - { id: c, pipeline: m.yaml, with: { dataset.n: b.dataset } }\n",
  );
  const main = fileURLToPath(new URL("../cli/main.ts", import.meta.url));
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", main, "chain", "run", chain, "--data", at.data, "--id", "k", ...level],
    stdout: "null",
    stderr: "piped",
  }).spawn();
  let seen = "";
  const decoder = new TextDecoder();
  for await (const chunk of child.stderr) {
    seen += decoder.decode(chunk, { stream: true });
    if (/ b begins/.test(seen)) break;
  }
  child.kill("SIGKILL");
  await child.status;
  const run = /run_[0-9a-z]+/.exec(seen)?.[0];
  assert.ok(run, seen);
  const service = await open(at, {});
  try {
    await service.settled(run);
    const document = await service.chains?.show(run);
    assert.equal(document?.status, "completed", JSON.stringify(document, null, 1));
    const { runs } = await service.list({ limit: 50 });
    assert.equal(runs.length, 4, "one run for each stage, and the chain's own");
    assert.deepEqual(
      document?.stages.map(({ run }) => run).sort(),
      runs.map(({ run }) => run).filter((one) => one !== run).sort(),
    );
  } finally {
    await service.close();
  }
});
