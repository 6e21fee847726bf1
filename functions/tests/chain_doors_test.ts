import assert from "node:assert/strict";
import { join } from "node:path";
import { runText } from "../cli/run_text.ts";
import { createApp, keyRing } from "../http/mod.ts";
import type { ChainCheck, ChainDocument, RunDocument } from "../../specs/mod.ts";
import { countOf, loadOf, stageIn, statuses } from "./chain_room.ts";
import { planning } from "./plan_room.ts";
import { room, sandboxed } from "./samples.ts";
import { ACTOR, doubling, open, RIGHT, scripted, tiny } from "./scripted.ts";

const level = sandboxed ? [] : ["--sandbox", "none"];
const CHAIN =
  "name: house\nstages:\n  - { id: change }\n  - { id: load, pipeline: ../t.yaml, after: [change] }\n";

Deno.test("a spec that names a chain of the installation is carried out in it, in the one stage that names none", async () => {
  await using at = await room();
  const { implementer } = scripted([RIGHT, doubling("n + n")]);
  const it = await tiny(at, { implementers: { model: implementer }, models: planning({}) });
  try {
    await Deno.mkdir(join(at.data, "chains"));
    await Deno.writeTextFile(join(at.data, "chains", "house.yaml"), CHAIN);
    await Deno.writeTextFile(join(at.data, "t.yaml"), loadOf("t"));
    await Deno.writeTextFile(join(at.data, "t.csv"), "id\n1\n");
    const spec = it.spec().replace("workflow: quick-fix", "workflow: house");
    const taken = await it.service.submit({ spec, specName: "spec.md", repo: it.repo }, ACTOR);
    assert.ok(taken.ok, JSON.stringify(taken));
    const document = await it.service.settled(taken.value.run);
    assert.equal(document.status, "completed", JSON.stringify(document, null, 1));
    assert.deepEqual(document.chain?.stages.map(({ id, status }) => [id, status]), [
      ["change", "completed"],
      ["load", "completed"],
    ]);
    assert.match(
      runText(document),
      /chain house: 2 of 2 stages completed\n {4}change {2}completed {2}run_\w+\n {4}load {4}completed {2}run_/,
    );
    const own = await it.service.document(document.chain?.stages[0]?.run ?? "");
    assert.equal(own?.title, "Double what is given");
    const per = await it.service.submit({ spec, specName: "spec.md", repo: it.repo, pr: "per-task" }, ACTOR);
    assert.ok(!per.ok && per.error.code === "usage");
  } finally {
    await it.service.close();
  }
  const known = await at.write("known.md", it.spec().replace("workflow: quick-fix", "workflow: house"));
  assert.equal((await at.forge("spec", "check", known)).exit, 0);
  const unknown = await at.write("unknown.md", it.spec().replace("workflow: quick-fix", "workflow: hose"));
  for (const command of [["run", unknown, "--repo", it.repo], ["spec", "check", unknown]]) {
    const { exit, document } = await at.forge(...command, ...command[0] === "run" ? level : []);
    assert.equal(exit, 2);
    assert.match(JSON.stringify(document), /use one of: canonical, quick-fix, house/);
  }
});

Deno.test("a chain that a repository carries is read at the base commit, names no other repository, and its specs lie in that commit", async () => {
  await using at = await room();
  const repo = await at.repository("deno-signup");
  const commit = async (name: string, text: string) => {
    const path = join(repo, ".forge/chains", name);
    await Deno.mkdir(join(path, ".."), { recursive: true });
    await Deno.writeTextFile(path, text);
    await at.git(repo, "add", "-A");
    await at.git(repo, "commit", "-qm", name);
  };
  const spec = '---\ntitle: T\nintent: { type: UPDATE, scope: ["src/**"] }\nworkflow: carried\n---\n';
  const file = await at.write("spec.md", spec);
  const before = await at.forge("run", file, "--repo", repo);
  assert.equal(before.exit, 2, "nobody carries it yet");
  await commit("other.md", spec.replace("workflow: carried\n", "").replace("title: T", "title: Second"));
  await commit(
    "carried.yaml",
    "name: carried\nstages:\n  - { id: own }\n  - { id: other, spec: other.md, after: [own] }\n",
  );
  const taken = await at.forge("run", file, "--repo", repo);
  assert.equal(taken.exit, 1, JSON.stringify(taken.document));
  assert.deepEqual(taken.document.chain?.stages.map(({ id, what, status }) => [id, what, status]), [
    ["own", "T", "denied"],
    ["other", "Second", "skipped"],
  ]);
  for (
    const [stages, says] of [
      ["  - { id: own }\n  - { id: b, spec: other.md, repo: /etc }\n", /Cannot name another repository/],
      ["  - { id: own }\n  - { id: b, spec: ../../../../../etc/passwd }\n", /it leaves the repository/],
      ["  - { id: own }\n  - { id: b, spec: /etc/passwd }\n", /it leaves the repository/],
      ["  - { id: own }\n  - { id: b, pipeline: load.yaml }\n", /there is no pipeline 'load\.yaml' here/],
      ["  - { id: b, spec: other.md }\n", /0 stages of the chain carry out the spec that names it/],
      ["  - { id: own }\n  - { id: b }\n", /2 stages of the chain carry out the spec that names it/],
      ["  - { id: own, with: { base: own.commit } }\n", /in a circle: own -> own/],
    ] as const
  ) {
    await commit("carried.yaml", `name: carried\nstages:\n${stages}`);
    const { exit, document } = await at.forge("run", file, "--repo", repo);
    assert.equal(exit, 2, stages);
    assert.match(JSON.stringify(document.error), says);
  }
});

Deno.test("a spec's parameters are given on the command line, by their types", async () => {
  await using at = await room();
  const repo = await at.repository("deno-signup");
  const file = await at.write(
    "spec.md",
    '---\ntitle: "Keep ${params.n}"\nintent: { type: CREATE, scope: ["data/**"] }\nparams: { n: { type: integer } }\n' +
      'operations:\n  - { op: create-file, path: data/n.json, content: "{ \\"n\\": ${params.n} }\\n" }\n---\n',
  );
  for (
    const [given, says] of [[[], /'n' has no value/], [["--param", "n=x"], /is no integer/], [[
      "--param",
      "m=1",
    ], /no parameter 'm'/]] as const
  ) {
    const { exit, document } = await at.forge("run", file, "--repo", repo, ...given);
    assert.equal(exit, 2);
    assert.match(document.error?.message ?? "", says);
  }
  const { document } = await at.forge("run", file, "--repo", repo, "--param", "n=12", "--forge", "nowhere");
  assert.match(
    document.error?.message ?? "",
    /nowhere/,
    "the value is taken: it goes on to the next thing that is wrong",
  );
});

/** A client of the HTTP interface over a service. */
async function client(at: { dir: string }, service: Awaited<ReturnType<typeof open>>) {
  const keys = keyRing();
  const key = await keys.ephemeral("operator");
  if (!key.ok) throw new Error(key.error.message);
  const app = createApp({
    service,
    keys,
    allowedHosts: ["localhost"],
    repoRoot: at.dir,
    loopback: true,
    version: "0",
    audit: () => {},
  });
  return async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const answer = await app.request(path, {
      method,
      headers: { authorization: `Bearer ${key.value}`, "content-type": "application/json", ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.status, headers: answer.headers, body: await answer.json() };
  };
}

Deno.test("over HTTP chains are checked, begun once for a key, shown, listed, cancelled and gone on with; hostile ones are problems", async () => {
  await using at = await room();
  const service = await open(at, {});
  try {
    const ask = await client(at, service);
    await Deno.writeTextFile(join(at.dir, "t.csv"), "id\n1\n");
    await service.pipelines?.configure({
      ...await service.pipelines.settings(),
      folder: at.dir,
      root: at.dir,
    });
    for (const pipeline of [loadOf("t"), countOf("n", "t")]) {
      const made = await service.pipelines?.register({ pipeline, from: "request" }, ACTOR);
      assert.ok(made?.ok, JSON.stringify(made));
    }
    const chain = {
      name: "web",
      stages: [{ id: "load", pipeline: "t" }, {
        id: "count",
        pipeline: "n",
        with: { "dataset.t": "load.dataset" },
      }],
    };
    const check = await ask("POST", "/v1/chains/check", { chain });
    assert.deepEqual(
      [check.status, (check.body as ChainCheck).valid],
      [200, true],
      JSON.stringify(check.body),
    );
    const circle = {
      name: "web",
      stages: [{ id: "a", pipeline: "t", after: ["b"] }, { id: "b", pipeline: "n", after: ["a"] }],
    };
    const wrong = await ask("POST", "/v1/chains/check", { chain: circle });
    assert.match(JSON.stringify((wrong.body as ChainCheck).errors), /in a circle: a -> b -> a/);
    const begun = await ask("POST", "/v1/chains", { chain }, { "idempotency-key": "k1" });
    assert.equal(begun.status, 202, JSON.stringify(begun.body));
    const { run } = begun.body as ChainDocument;
    assert.equal(begun.headers.get("location"), `/v1/chains/${run}`);
    const replayed = await ask("POST", "/v1/chains", { chain }, { "idempotency-key": "k1" });
    assert.deepEqual([(replayed.body as ChainDocument).run, replayed.headers.get("idempotency-replayed")], [
      run,
      "true",
    ]);
    const other = await ask("POST", "/v1/chains", { chain: { ...chain, name: "else" } }, {
      "idempotency-key": "k1",
    });
    assert.deepEqual([other.status, other.body.code], [422, "idempotency-mismatch"]);
    await service.settled(run);
    const shown = (await ask("GET", `/v1/chains/${run}`)).body as ChainDocument;
    assert.deepEqual([shown.status, statuses(shown)], ["completed", {
      load: "completed",
      count: "completed",
    }]);
    assert.equal(((await ask("GET", `/v1/runs/${run}`)).body as RunDocument).chain?.name, "web");
    const listed = (await ask("GET", "/v1/chains?limit=1")).body;
    assert.deepEqual(listed.chains.map(({ run }: ChainDocument) => run), [run]);
    assert.equal((await ask("POST", `/v1/chains/${run}/actions`, { action: "cancel" })).status, 409);
    const stage = stageIn(shown, "load").run ?? "";
    for (
      const path of [
        `/v1/chains/${stage}`,
        "/v1/chains/run_00000000",
        "/v1/chains/..%2f",
        `/v1/chains/${stage}/actions`,
      ]
    ) {
      const method = path.endsWith("actions") ? "POST" : "GET";
      const missing = await ask(method, path, method === "POST" ? { action: "resume" } : undefined);
      assert.equal(missing.status, 404, path);
    }
    for (
      const [body, status, code] of [
        [{}, 422, "invalid-request"],
        [{ chain: 3 }, 422, "invalid-request"],
        [{ chain: "nobody" }, 422, "unknown-chain"],
        [{ chain: "name: [" }, 422, "invalid-chain"],
        [{ chain: { name: "x", stages: [] } }, 422, "invalid-chain"],
        [{ chain: { name: "x", stages: [{ id: "a", pipeline: "../../etc/passwd" }] } }, 422, "invalid-chain"],
        [
          { chain: { name: "x", stages: [{ id: "a", spec: "/etc/passwd" }] } },
          422,
          "invalid-chain",
        ],
        [{ chain: { name: "x", stages: [{ id: "a", spec: "a.md", repo: "/etc" }] } }, 403, "repo-refused"],
        [{ chain, repo: "/etc" }, 403, "repo-refused"],
        [{ chain, files: { "../a": "x" } }, 422, "invalid-request"],
        [{ chain, sandbox: "none" }, 422, "invalid-request"],
      ] as const
    ) {
      const refused = await ask("POST", "/v1/chains", body);
      assert.deepEqual(
        [refused.status, refused.body.code],
        [status, code],
        JSON.stringify([body, refused.body]),
      );
    }
    assert.equal((await ask("GET", "/v1/chains")).body.chains.length, 1, "none of these was begun");
  } finally {
    await service.close();
  }
});
