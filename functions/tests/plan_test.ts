import assert from "node:assert/strict";
import { err } from "../../specs/mod.ts";
import { killedInTheMiddle } from "./plan_killed.ts";
import { moduleWriter, plan, planning, spec } from "./plan_room.ts";
import { room } from "./samples.ts";
import { ACTOR, scriptedDesk, tiny } from "./scripted.ts";

const TASK = { title: "", detail: "", risk: "low" } as const;

Deno.test("a spec is planned, its tasks are done at the same time, merged, verified once, and one pull request comes of it", async () => {
  await using at = await room();
  const implementer = moduleWriter();
  const models = planning(
    plan([{ id: "a" }, { id: "b" }, { id: "c", dependsOn: ["a"] }], {
      components: ["one", "two"],
      decision: "Keep it flat",
    }),
  );
  const it = await tiny(at, { implementers: { model: implementer }, models });
  try {
    const document = await it.run(spec());
    assert.equal(document.status, "completed", JSON.stringify(document, null, 2));
    assert.deepEqual(implementer.done.toSorted(), ["a", "b", "c"]);
    assert.equal(document.pullRequest?.number, 1);
    const files = (await at.git(it.repo, "diff", "--name-only", "main", document.pullRequest?.branch ?? ""))
      .trim();
    assert.deepEqual(
      files.split("\n"),
      ["a", "b", "c"].flatMap((id) => [`src/${id}.ts`, `src/${id}_test.ts`]),
    );
    const branches = (await at.git(it.repo, "branch", "--list", "forge/*")).trim().split("\n");
    assert.equal(branches.length, 1);

    assert.deepEqual(document.plan?.tasks.map(({ id, state }) => [id, state]), [
      ["a", "merged"],
      ["b", "merged"],
      ["c", "merged"],
    ]);
    assert.match(document.plan?.mermaid ?? "", /t0 --> t2/);
    const kept = (name: string) => Deno.readTextFile(`${document.evidence?.path}/artifacts/${name}`);
    assert.equal(JSON.parse(await kept("plan.json")).tasks.length, 3);
    assert.match(await kept("decision-record.md"), /## Decision\n\nKeep it flat/);
    const events = await it.events(document.run);
    const design = events.find((event) =>
      event.type === "phase.finished" && event.payload.phase === "design"
    );
    assert.ok(design, "a plan that decides is written down");
    const told = events.flatMap((event) => event.type === "phase.progress" ? [event.payload.message] : []);
    const first = (what: RegExp) => told.findIndex((one) => what.test(one));
    assert.ok(
      first(/^forecast: 3 tasks/) >= 0 && first(/^forecast/) < first(/started: do a/),
      "told before work begins",
    );
  } finally {
    await it.service.close();
  }
});

Deno.test("a planner whose provider is busy parks the run like an implementer's", async () => {
  await using at = await room();
  const asked: string[] = [];
  const models = scriptedDesk((_ctx, ask) => {
    asked.push(ask.purpose);
    return Promise.resolve(err({
      trouble: "overloaded",
      failure: {
        class: "resource",
        source: "provider",
        retryable: true,
        message: "it answers 529",
      },
      choice: null,
      calls: [],
    }));
  });
  const it = await tiny(at, { implementers: { model: moduleWriter() }, models });
  try {
    const before = Date.now();
    const document = await it.run(spec());
    assert.equal(document.status, "parked", JSON.stringify(document, null, 2));
    assert.deepEqual(asked, ["plan"]);
    const timer = (await it.events(document.run)).findLast(({ type }) => type === "timer.set");
    assert.ok(Date.parse((timer?.payload as { at: string }).at) >= before + 30_000);
  } finally {
    await it.service.close();
  }
});

Deno.test("a question of the planner goes to a human before anything is done, and the answer reaches the next plan", async () => {
  await using at = await room();
  const implementer = moduleWriter();
  const models = planning(
    plan([{ id: "a" }], { unclear: ["Which of the two formats?"] }),
    plan([{ id: "a" }, { id: "b" }]),
  );
  const it = await tiny(at, { implementers: { model: implementer }, models });
  try {
    const document = await it.run(spec());
    assert.equal(document.status, "escalated", JSON.stringify(document, null, 2));
    assert.deepEqual(implementer.done, []);
    // Told by the failure and by the question, and not once more.
    assert.ok(!document.notes.some((note) => note.startsWith("escalated:")), document.notes.join("\n"));
    const view = await it.service.view(document.run);
    assert.match(
      view?.escalation?.question ?? "",
      /A question has to be answered[\s\S]*1\. Which of the two formats\?/,
    );
    assert.ok(view?.escalation?.options.includes("re-plan"));
    const answered = await it.service.act(document.run, {
      action: "answer",
      choice: "re-plan",
      comment: "The newer one.",
    }, ACTOR);
    assert.ok(answered.ok, JSON.stringify(answered));
    const after = await it.service.settled(document.run);
    assert.equal(after.status, "completed", JSON.stringify(after, null, 2));
    assert.match(models.prompts[1] ?? "", /- The newer one\./);
  } finally {
    await it.service.close();
  }
});

Deno.test("at A2 a plan that decides waits for a human, whose approval is of that plan alone", async () => {
  await using at = await room();
  const implementer = moduleWriter();
  const models = planning(plan([{ id: "a" }, { id: "b" }], { decision: "Two modules, not one" }));
  const it = await tiny(at, { implementers: { model: implementer }, models });
  try {
    const document = await it.run(spec("autonomy: A2\n"));
    assert.equal(document.status, "escalated", JSON.stringify(document, null, 2));
    assert.deepEqual(implementer.done, [], "nobody has begun");
    assert.deepEqual(document.denials.map(({ rule }) => rule), ["core/PLAN"]);
    const view = await it.service.view(document.run);
    assert.equal(view?.escalation?.subject, (view?.outputs.plan as { plan: string }).plan);
    const approved = await it.service.act(document.run, {
      action: "answer",
      choice: "approve",
      comment: "fine",
    }, ACTOR);
    assert.ok(approved.ok, JSON.stringify(approved));
    const after = await it.service.settled(document.run);
    assert.equal(after.status, "completed", JSON.stringify(after, null, 2));
    const draft = await it.service.view(document.run);
    assert.equal((draft?.outputs.release as { draft: boolean }).draft, true);
  } finally {
    await it.service.close();
  }
});

Deno.test("a task that fails for good is told with what it skipped; trying again does only what is left", async () => {
  await using at = await room();
  let broken = true;
  const writer = moduleWriter();
  const implementer = {
    ...writer,
    implement: (...given: Parameters<typeof writer.implement>) => {
      if (given[1].task?.id !== "a" || !broken) return writer.implement(...given);
      const failure = {
        class: "task-code",
        source: "user-environment",
        retryable: false,
        message: "no way",
      } as const;
      return Promise.resolve({ ok: false as const, error: { code: "task", message: "no way", failure } });
    },
  };
  const models = planning(plan([{ id: "a" }, { id: "b" }, { id: "c", dependsOn: ["a"] }]));
  const it = await tiny(at, { implementers: { model: implementer }, models });
  try {
    const document = await it.run(spec());
    assert.equal(document.status, "failed", JSON.stringify(document, null, 2));
    assert.match(
      document.failure?.message ?? "",
      /1 of 3 tasks failed, 1 skipped\. a: no way; c: a did not get done/,
    );
    assert.deepEqual(document.plan?.tasks.map(({ state }) => state), ["failed", "done", "skipped"]);
    broken = false;
    const again = await it.service.act(document.run, { action: "retry", phase: "implement" }, ACTOR);
    assert.ok(again.ok, JSON.stringify(again));
    const after = await it.service.settled(document.run);
    assert.equal(after.status, "completed", JSON.stringify(after, null, 2));
    assert.deepEqual(writer.done, ["b", "a", "c"], "b was done once");
  } finally {
    await it.service.close();
  }
});

// req: N2-07
Deno.test("kill -9 in the middle of a plan: finished tasks are not done again, and one pull request comes of it", () =>
  killedInTheMiddle("one", ({ document, done, branches }) => {
    assert.deepEqual(done, ["c"], "a and b were done before the kill");
    assert.equal(document.pullRequest?.number, 1);
    assert.equal(branches.length, 1);
  }));

Deno.test("a merged change that the gates send back is repaired as a whole, not planned or begun again", async () => {
  await using at = await room();
  const writer = moduleWriter();
  const seen: (string | null)[] = [];
  const implementer = {
    ...writer,
    async implement(...[ctx, given]: Parameters<typeof writer.implement>) {
      seen.push(given.task?.id ?? (given.repair ? `repair from ${given.repair.start?.from}` : null));
      const dir = await given.workspace.files();
      if (given.task !== undefined) {
        const done = await writer.implement(ctx, given);
        // Only together with the work of the other task is it wrong.
        if (given.task.id === "b") {
          await Deno.writeTextFile(`${dir}/src/b.ts`, "export const b = (): number => 0;\n");
        }
        return done;
      }
      const done = await writer.implement(ctx, {
        ...given,
        task: { ...TASK, id: "b", dependsOn: [], files: [], tests: [], criteria: [] },
      });
      return done;
    },
  };
  const models = planning(plan([{ id: "a" }, { id: "b" }]));
  const it = await tiny(at, { implementers: { model: implementer }, models });
  try {
    const document = await it.run(spec());
    assert.equal(document.status, "completed", JSON.stringify(document, null, 2));
    assert.deepEqual(seen.toSorted(), ["a", "b", "repair from previous-patch"]);
    assert.equal(document.usage.repairs, 1);
    assert.equal(models.prompts.length, 1);
    const text = await at.git(it.repo, "show", `${document.pullRequest?.branch}:src/b.ts`);
    assert.match(text, /n \* 2/);
    assert.match(await at.git(it.repo, "show", `${document.pullRequest?.branch}:src/a.ts`), /n \* 2/);
  } finally {
    await it.service.close();
  }
});
