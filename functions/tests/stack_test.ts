import assert from "node:assert/strict";
import { GITHUB_TOKEN, githubServer, GITLAB_TOKEN, gitlabServer } from "../../connectors/testing/mod.ts";
import { compose } from "../compose.ts";
import { PLAN } from "./plan_child.ts";
import { killedInTheMiddle } from "./plan_killed.ts";
import { moduleWriter, plan, planning, spec } from "./plan_room.ts";
import { room, sandboxed } from "./samples.ts";
import { ACTOR, type Tiny, tiny } from "./scripted.ts";

/** Submits with a pull request for each task, and waits until nothing moves any more. */
async function stacked({ service, repo }: Tiny, spec: string) {
  const taken = await service.submit({ spec, specName: "spec.md", repo, pr: "per-task" }, ACTOR);
  if (!taken.ok) throw new Error(JSON.stringify(taken.error));
  return await service.settled(taken.value.run);
}

Deno.test("a pull request for each task: on top of what it needs, judged on that base, and the run tells all of them", async () => {
  await using at = await room();
  const implementer = moduleWriter();
  const models = planning(plan([{ id: "a" }, { id: "b" }, { id: "c", dependsOn: ["a"] }]));
  const it = await tiny(at, { implementers: { model: implementer }, models });
  try {
    const document = await stacked(it, spec());
    assert.equal(document.status, "completed", JSON.stringify(document, null, 2));
    assert.deepEqual(implementer.done.toSorted(), ["a", "b", "c"]);
    const pulls = document.pullRequests ?? [];
    assert.deepEqual(pulls.map(({ task }) => task), ["a", "b", "c"]);
    const [a, b, c] = pulls;
    assert.deepEqual([a?.base, b?.base, c?.base], ["main", "main", a?.branch]);
    assert.equal(document.pullRequest?.number, c?.number);
    for (const one of pulls) {
      const files = await at.git(it.repo, "diff", "--name-only", one.base, one.branch);
      assert.deepEqual(files.trim().split("\n"), [`src/${one.task}.ts`, `src/${one.task}_test.ts`]);
      const own = await it.service.document(one.run);
      assert.equal(own?.status, "completed");
      assert.ok(own?.evidence, "judged in a run of its own");
    }
    const shown = await it.service.pullRequest(c?.number ?? 0);
    assert.match(shown?.body ?? "", new RegExp(`Depends on #${a?.number} `));
    assert.match(shown?.body ?? "", /<!-- edgeforge:stack \{"v":1.*"task":"c"/);
    assert.deepEqual(document.plan?.tasks.map(({ state }) => state), ["done", "done", "done"]);
    const own = await it.service.document(c?.run ?? "");
    for (const evidence of [document.evidence, own?.evidence]) {
      const { exit, document: found } = await at.forge("evidence", "verify", evidence?.path ?? "");
      assert.equal(exit, 0, JSON.stringify(found));
    }
  } finally {
    await it.service.close();
  }
});

/** As `moduleWriter`, but the named task does something else as long as `wrong` says so. */
function writer(wrong: (id: string | undefined) => ((dir: string) => Promise<void>) | null) {
  const right = moduleWriter();
  const implementer: typeof right = {
    ...right,
    async implement(ctx, given) {
      const otherwise = wrong(given.task?.id);
      if (otherwise === null) return await right.implement(ctx, given);
      const { implement } = moduleWriter(async () => {});
      const done = await implement(ctx, given);
      const dir = await given.workspace.files();
      const name = given.task?.id.replace(".", "_");
      for (const path of [`src/${name}.ts`, `src/${name}_test.ts`]) {
        await Deno.remove(`${dir}/${path}`);
      }
      await otherwise(dir);
      return done;
    },
  };
  return implementer;
}

/** A key of nobody, in a place where no key may be. */
const leaks = (dir: string) =>
  Deno.writeTextFile(
    `${dir}/src/key.ts`,
    `export const key = "${["ghp", "_", "R8vK2mQ7xT4nB9wL3pY6sD1fG5hJ0zC2aE8u"].join("")}";\n`,
  );

/** A test that fails, and nothing else. */
const failing = (dir: string) =>
  Deno.writeTextFile(
    `${dir}/src/b_test.ts`,
    `Deno.test("b multiplies", () => {\n  throw new Error("not yet");\n});\n`,
  );

Deno.test("a denied task and one that asks a human stop only what needs them; answered and retried, only what is left is done", async () => {
  await using at = await room();
  let broken = true;
  let unsure = true;
  const implementer = writer((id) => id === "s" && broken ? leaks : id === "b" && unsure ? failing : null);
  const models = planning(
    plan([{ id: "a" }, { id: "s" }, { id: "t", dependsOn: ["s"] }, { id: "b" }, {
      id: "d",
      dependsOn: ["a"],
    }]),
  );
  const it = await tiny(at, { implementers: { model: implementer }, models });
  try {
    const document = await stacked(it, spec("budget: { repairs: 0 }\n"));
    assert.equal(document.status, "parked", JSON.stringify(document, null, 2));
    assert.deepEqual(document.pullRequests?.map(({ task }) => task), ["a", "d"]);
    const [, run = ""] = /task b is escalated \((run_\w+)\)/.exec(document.waiting?.reason ?? "") ?? [];
    assert.match(document.waiting?.remedy ?? "", new RegExp(`forge workflow answer ${run}`));
    unsure = false;
    const answered = await it.service.act(
      run,
      { action: "answer", choice: "retry-from", phase: "implement" },
      ACTOR,
    );
    assert.ok(answered.ok, JSON.stringify(answered));
    const denied = await it.service.settled(document.run);
    assert.equal(denied.status, "denied", JSON.stringify(denied, null, 2));
    assert.deepEqual(denied.pullRequests?.map(({ task }) => task), ["a", "b", "d"]);
    assert.match(denied.denials[0]?.message ?? "", /^s: /);
    assert.ok(denied.notes.some((note) => /task t has no pull request \(skipped\)/.test(note)));
    assert.deepEqual(denied.plan?.tasks.map(({ state }) => state), [
      "done",
      "failed",
      "skipped",
      "done",
      "done",
    ]);
    broken = false;
    const again = await it.service.act(document.run, { action: "retry", phase: "implement" }, ACTOR);
    assert.ok(again.ok, JSON.stringify(again));
    const after = await it.service.settled(document.run);
    assert.equal(after.status, "completed", JSON.stringify(after, null, 2));
    assert.deepEqual(after.pullRequests?.map(({ task }) => task), ["a", "s", "t", "b", "d"]);
    assert.deepEqual(implementer.done.toSorted(), ["a", "b", "d", "s", "t"], "nothing was done twice");
  } finally {
    await it.service.close();
  }
});

Deno.test("a plan that is cancelled takes the runs of its tasks with it", async () => {
  await using at = await room();
  const begun = Promise.withResolvers<string>();
  const release = Promise.withResolvers<void>();
  const implementer = moduleWriter(({ input }) => {
    begun.resolve(input.task?.run ?? "");
    return release.promise;
  });
  const it = await tiny(at, {
    implementers: { model: implementer },
    models: planning(plan([{ id: "a" }, { id: "b" }])),
  });
  try {
    const taken = await it.service.submit({
      spec: spec(),
      specName: "spec.md",
      repo: it.repo,
      pr: "per-task",
    }, ACTOR);
    assert.ok(taken.ok, JSON.stringify(taken));
    assert.equal(await begun.promise, taken.value.run);
    const { runs } = await it.service.list({ limit: 10 });
    for (;;) {
      const { status } = await it.service.view(taken.value.run) ?? {};
      if (status === "parked") break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    assert.ok((await it.service.act(taken.value.run, { action: "cancel" }, ACTOR)).ok);
    assert.equal((await it.service.settled(taken.value.run)).status, "cancelled");
    release.resolve();
    const tasks = runs.filter(({ run }) => run !== taken.value.run);
    assert.ok(tasks.length > 0);
    for (const { run } of tasks) assert.equal((await it.service.settled(run)).status, "cancelled");
  } finally {
    release.resolve();
    await it.service.close();
  }
});

Deno.test("a task too large for one pull request is split by the planner once; a part that is still too large is a question", async () => {
  await using at = await room();
  const lines = Array.from({ length: 700 }, (_, at) => `export const n${at} = ${at};\n`).join("");
  const large = (dir: string) => Deno.writeTextFile(`${dir}/src/large.ts`, lines);
  const implementer = writer((id) => id === "b" || id === "b.y" ? large : null);
  const models = planning(
    plan([{ id: "b" }, { id: "c", dependsOn: ["b"] }]),
    plan([{ id: "x" }, { id: "y", dependsOn: ["x"] }]),
  );
  const it = await tiny(at, { implementers: { model: implementer }, models });
  try {
    const document = await stacked(it, spec());
    assert.equal(document.status, "escalated", JSON.stringify(document, null, 2));
    assert.equal(models.prompts.length, 2);
    assert.match(models.prompts[1] ?? "", /700 changed lines/);
    const view = await it.service.view(document.run);
    assert.match(view?.escalation?.question ?? "", /Task b\.y .*still too large/);
    assert.deepEqual(document.pullRequests?.map(({ task }) => task), ["b.x"]);
    assert.deepEqual(document.plan?.tasks.map(({ id, state }) => `${id} ${state}`), [
      "b.x done",
      "b.y failed",
      "c skipped",
    ]);
  } finally {
    await it.service.close();
  }
});

// req: N2-07
Deno.test("kill -9 in the middle of a stack: open pull requests stay the only ones of their tasks", () =>
  killedInTheMiddle("per-task", ({ document, done, branches }) => {
    assert.deepEqual(done, ["c"], "a and b were done before the kill");
    assert.deepEqual(document.pullRequests?.map(({ number }) => number).toSorted(), [1, 2, 3]);
    assert.equal(branches.length, 3);
  }));

Deno.test("what cannot be a stack of pull requests is refused before it begins, with what to do", async () => {
  await using at = await room();
  const it = await tiny(at, { implementers: { model: moduleWriter() }, models: planning(PLAN) });
  try {
    const refused = async (spec: string, more: object) => {
      const taken = await it.service.submit({
        spec,
        specName: "spec.md",
        repo: it.repo,
        pr: "per-task",
        ...more,
      }, ACTOR);
      return taken.ok ? "" : `${taken.error.message}; ${taken.error.remedy}`;
    };
    assert.match(await refused(spec(), { pr: "many" }), /no way 'many'.*One of: one, per-task/);
    assert.match(await refused(spec(), { implementer: "codemod" }), /'codemod' are given.*Leave --pr out/);
    assert.match(await refused(spec("workflow: quick-fix\n"), {}), /'quick-fix' makes no plan/);
    assert.match(await refused(spec("autonomy: A1\n"), {}), /at A1 none is opened/);
    const many = await at.forge("run", "spec.md", "--repo", it.repo, "--pr", "per-task", "--watch");
    assert.equal(many.exit, 2);
    assert.match(JSON.stringify(many.document), /several pull requests at once/);
  } finally {
    await it.service.close();
  }
});

/** A stack of two on a forge with a server: `merged` or `closed` is what becomes of the lower one. */
async function onForge(forge: "github" | "gitlab", lower: "merged" | "closed"): Promise<void> {
  await using at = await room();
  await using github = await githubServer();
  await using gitlab = await gitlabServer();
  const setup = await tiny(at, {});
  await setup.service.close();
  const project = await gitlab.seed("acme/sample", setup.repo);
  await github.seed("sample", setup.repo);
  const page = forge === "github" ? github.page("sample") : gitlab.page("acme/sample");
  await at.git(setup.repo, "remote", "add", "origin", `${page}.git`);
  const env: Readonly<Record<string, string>> = {
    ...{ GITLAB_URL: gitlab.url, GITLAB_TOKEN },
    ...{ GITHUB_API_URL: github.api, GITHUB_TOKEN },
  };
  const service = await compose({
    data: at.data,
    sandbox: sandboxed ? "bwrap" : "none",
    workers: true,
    env: (name) => env[name],
    beside: {
      implementers: { model: moduleWriter() },
      models: planning(plan([{ id: "a" }, { id: "b", dependsOn: ["a"] }])),
    },
    report: () => {},
  });
  try {
    const taken = await service.submit({
      ...{ spec: spec(), specName: "spec.md", repo: setup.repo },
      ...{ forge, pr: "per-task" },
    }, ACTOR);
    assert.ok(taken.ok, JSON.stringify(taken));
    const document = await service.settled(taken.value.run);
    assert.equal(document.status, "completed", JSON.stringify(document, null, 2));
    const [a, b] = document.pullRequests ?? [];
    assert.ok(a !== undefined && b !== undefined);
    const told = async (number: number) => {
      const pull = await service.pullRequest(number, page);
      const state = pull === null ? null : await service.pullRequestState?.(pull) ?? null;
      assert.ok(pull !== null && state !== null);
      return { pull, state };
    };
    const [first, second] = [await told(a.number), await told(b.number)];
    assert.deepEqual([first.state.base, second.state.base], ["main", a.branch]);
    assert.equal(second.state.baseHead, a.commit, "it stands on the very commit that was judged");
    const sign = forge === "github" ? "#" : "!";
    assert.match(second.pull.body, new RegExp(`Depends on ${sign}${a.number} `));
    assert.match(second.pull.body, /<!-- edgeforge:stack \{"v":1.*"task":"b"/);
    assert.equal(
      await at.git(setup.repo, "branch", "--list", "forge/*"),
      "",
      "nothing is written to the clone",
    );

    await done();
    const watching = await service.watchPull?.(second.pull, undefined, ACTOR);
    assert.ok(watching?.ok, JSON.stringify(watching));
    const { run } = watching.value;
    for (let n = 0;; n++) {
      const state = await service.watched?.(run);
      if (state?.runs[0]?.status === "completed" && state.pending === null) break;
      assert.ok(n < 100, JSON.stringify([state, await service.view(run)], null, 2));
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const after = await told(b.number);
    assert.equal(after.state.base, "main");
    const state = await service.watched?.(run);
    assert.equal(state?.base, after.state.baseHead, "judged on the base that it goes into now");
    // What a closed one brought is not on the branch any more; of a merged one nothing has to be pushed.
    assert.equal(after.state.head === b.commit, lower === "merged");
    if (lower === "closed") {
      const { git } = project.repository;
      const files = (await git("ls-tree", "-r", "--name-only", after.state.head)).split("\n");
      assert.ok(files.includes("src/b.ts") && !files.includes("src/a.ts"), files.join());
    }
    assert.ok((await service.act(run, { action: "cancel" }, ACTOR)).ok);
  } finally {
    await service.close();
  }

  async function done(): Promise<void> {
    if (forge === "github") {
      const { status } = await fetch(`${github.api}/repos/acme/sample/pulls/1/merge`, {
        method: "PUT",
        headers: { authorization: `Bearer ${GITHUB_TOKEN}`, "content-type": "application/json" },
        body: "{}",
      });
      assert.equal(status, 200);
    } else {
      await gitlab.call("PUT", "/projects/acme%2Fsample/merge_requests/1", { state_event: "close" });
    }
  }
}

Deno.test("on GitHub each task's pull request goes into the branch below; when that is merged it goes into main and is judged again", () =>
  onForge("github", "merged"));

Deno.test("on GitLab each task's merge request goes into the branch below; when that is closed its changes leave the branch", () =>
  onForge("gitlab", "closed"));
