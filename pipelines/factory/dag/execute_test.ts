import assert from "node:assert/strict";
import fc from "fast-check";
import type { MergeRequest } from "../../../connectors/mod.ts";
import { err, ok, type PlanTask, type Result } from "../../../specs/mod.ts";
import { sharesFiles } from "./board.ts";
import { executeTasks, type Execution, type TaskNews, type TaskStart, type TaskTrees } from "./execute.ts";

type Work = TaskTrees & { found: boolean };
type Failure = { message: string };

function task(id: string, dependsOn: string[] = [], files: string[] = [`${id}.txt`]): PlanTask {
  return { id, title: id, detail: "", dependsOn, files, tests: [], criteria: [], risk: "low" };
}

/** Trees as text: files by name. Merging is by file, as git would if every file had one line. */
const treeOf = (files: Record<string, string>) =>
  JSON.stringify(Object.fromEntries(Object.entries(files).sort(([a], [b]) => a < b ? -1 : 1)));
const filesOf = (tree: string) => JSON.parse(tree) as Record<string, string>;
const BASE = treeOf({});

function merge({ base, ours, theirs }: MergeRequest): Promise<
  Result<string, { path: string; kind: string; message: string }[]>
> {
  const [before, mine, other] = [base, ours, theirs].map(filesOf) as [
    Record<string, string>,
    Record<string, string>,
    Record<string, string>,
  ];
  const merged = { ...mine };
  const conflicts = [];
  for (const [path, text] of Object.entries(other)) {
    if (before[path] === text || mine[path] === text) continue;
    if (mine[path] !== before[path]) conflicts.push({ path, kind: "CONFLICT", message: "both changed it" });
    merged[path] = text;
  }
  return Promise.resolve(conflicts.length > 0 ? err(conflicts) : ok(treeOf(merged)));
}

/** Writes the file that the task is named after. */
const writes = (start: TaskStart, files: Record<string, string> = { [start.task.id]: "x" }): Work => ({
  base: start.base,
  tree: treeOf({ ...filesOf(start.base), ...files }),
  found: false,
});

function execution(
  tasks: PlanTask[],
  work: (start: TaskStart) => Promise<Result<Work, Failure>>,
  more: Partial<Execution<Work, Failure>> = {},
): { given: Execution<Work, Failure>; news: TaskNews[] } {
  const news: TaskNews[] = [];
  return {
    news,
    given: {
      tasks,
      base: BASE,
      concurrency: 3,
      redo: 2,
      merge,
      work,
      told: (one) => news.push(one),
      signal: new AbortController().signal,
      ...more,
    },
  };
}

Deno.test("a task begins as soon as its own dependencies are done, not when a batch is", async () => {
  const slow = Promise.withResolvers<void>();
  const began: string[] = [];
  const { given } = execution([task("A"), task("B"), task("C", ["A"])], async (start) => {
    began.push(start.task.id);
    if (start.task.id === "B") await slow.promise;
    if (start.task.id === "C") slow.resolve();
    return ok(writes(start));
  });
  const done = await executeTasks(given);
  assert.ok(done.ok);
  assert.deepEqual(began, ["A", "B", "C"], "C did not wait for B");
  assert.deepEqual(filesOf(done.value.tree), { A: "x", B: "x", C: "x" });
});

Deno.test("a task sees the merged work of all that it depends on, and nothing else", async () => {
  const saw = new Map<string, string[]>();
  const tasks = [task("A"), task("B"), task("C", ["A", "B"]), task("D", ["C"]), task("E", ["B"])];
  const { given } = execution(tasks, (start) => {
    saw.set(start.task.id, Object.keys(filesOf(start.base)));
    return Promise.resolve(ok(writes(start)));
  });
  assert.ok((await executeTasks(given)).ok);
  assert.deepEqual(Object.fromEntries(saw), { A: [], B: [], C: ["A", "B"], D: ["A", "B", "C"], E: ["B"] });
});

Deno.test("what depends on a failed task is skipped with the reason, and the rest is done all the same", async () => {
  const tasks = [task("A"), task("B", ["A"]), task("C", ["B"]), task("D"), task("E", ["D"])];
  const { given, news } = execution(
    tasks,
    (start) => Promise.resolve(start.task.id === "A" ? err({ message: "no idea" }) : ok(writes(start))),
  );
  const done = await executeTasks(given);
  assert.ok(!done.ok);
  const { board, works, errors } = done.error;
  assert.deepEqual(Object.fromEntries(board.states), {
    A: "failed",
    B: "skipped",
    C: "skipped",
    D: "done",
    E: "done",
  });
  assert.deepEqual(Object.fromEntries(board.why), {
    A: "no idea",
    B: "A did not get done",
    C: "B did not get done",
  });
  assert.deepEqual([...works.keys()].sort(), ["D", "E"]);
  assert.equal(errors.get("A")?.message, "no idea");
  assert.deepEqual(news.at(-1)?.counts, {
    waiting: 0,
    running: 0,
    done: 2,
    merged: 0,
    failed: 1,
    skipped: 2,
    total: 5,
  });
});

Deno.test("work that does not fit is done again on the merged work of the others", async () => {
  const starts: TaskStart[] = [];
  const { given, news } = execution([task("A"), task("B"), task("C")], (start) => {
    starts.push(start);
    if (start.task.id === "C") return Promise.resolve(ok(writes(start)));
    const shared = filesOf(start.base).shared ?? "";
    return Promise.resolve(ok(writes(start, { shared: shared + start.task.id })));
  });
  const done = await executeTasks(given);
  assert.ok(done.ok);
  assert.deepEqual(filesOf(done.value.tree), { C: "x", shared: "AB" });
  const second = starts.filter((start) => start.task.id === "B")[1];
  assert.deepEqual(second?.conflict, {
    with: ["A"],
    conflicts: [{ path: "shared", kind: "CONFLICT", message: "both changed it" }],
  });
  assert.equal(second?.base, treeOf({ shared: "A" }));
  assert.match(news.find((one) => one.state === "conflict")?.why ?? "", /does not fit that of A: shared/);
  assert.deepEqual(news.filter((one) => one.state === "merged").map((one) => one.task), ["A", "B", "C"]);
});

Deno.test("two tasks that do not fit are put right before a third begins that needs both", async () => {
  const saw: string[] = [];
  const { given } = execution([task("A"), task("B"), task("C", ["A", "B"]), task("D", ["C"])], (start) => {
    saw.push(`${start.task.id}:${filesOf(start.base).shared ?? ""}`);
    const shared = filesOf(start.base).shared ?? "";
    return Promise.resolve(ok(writes(start, { shared: shared + start.task.id })));
  });
  const done = await executeTasks(given);
  assert.ok(done.ok);
  assert.equal(filesOf(done.value.tree).shared, "ABCD");
  assert.ok(saw.includes("C:AB"));
});

Deno.test("a conflict that stays a conflict fails its task after the bound, and says with whom and where", async () => {
  let tries = 0;
  const { given } = execution([task("A"), task("B")], (start) => {
    if (start.task.id === "B") tries++;
    // B never looks at what it was given.
    return Promise.resolve(
      ok({ base: BASE, tree: treeOf({ shared: start.task.id }), found: false }),
    );
  });
  const done = await executeTasks(given);
  assert.ok(!done.ok);
  assert.equal(tries, 3, "once, and twice again");
  assert.match(done.error.board.why.get("B") ?? "", /does not fit that of A: shared; it was tried 3 times/);
});

Deno.test("the result does not depend on who is done first", async () => {
  const tasks = [task("A"), task("B"), task("C", ["A"]), task("D"), task("E", ["B", "D"])];
  const trees = new Set<string>();
  const orders = new Set<string>();
  for (let seed = 0; seed < 6; seed++) {
    const { given } = execution(tasks, async (start) => {
      for (let i = 0; i < (start.task.id.charCodeAt(0) * 7 * (seed + 1)) % 11; i++) await Promise.resolve();
      const shared = filesOf(start.base).shared ?? "";
      return ok(writes(start, { [start.task.id]: "x", shared: shared + start.task.id }));
    }, { concurrency: 5, redo: 9 });
    const done = await executeTasks(given);
    assert.ok(done.ok);
    trees.add(done.value.tree);
    orders.add(done.value.order.join());
  }
  assert.equal(orders.size, 1);
  assert.equal(trees.size, 1);
});

Deno.test("an execution that is told to stop begins nothing more and waits for those at work", async () => {
  const stop = new AbortController();
  const ended: string[] = [];
  const { given } = execution([task("A"), task("B"), task("C"), task("D")], async (start) => {
    if (start.task.id === "A") stop.abort(new Error("enough"));
    else await new Promise((resolve) => setTimeout(resolve, 5));
    ended.push(start.task.id);
    return ok(writes(start));
  }, { signal: stop.signal });
  await assert.rejects(executeTasks(given), /enough/);
  assert.ok(!ended.includes("D"));
  assert.ok(ended.includes("A"));
});

Deno.test("a task that throws ends the execution, once the others have ended", async () => {
  const ended: string[] = [];
  const { given } = execution([task("A"), task("B")], async (start) => {
    if (start.task.id === "A") throw new Error("a bug");
    await new Promise((resolve) => setTimeout(resolve, 5));
    ended.push(start.task.id);
    return ok(writes(start));
  });
  await assert.rejects(executeTasks(given), /a bug/);
  assert.deepEqual(ended, ["B"]);
});

const dag = fc.integer({ min: 1, max: 9 }).chain((size) =>
  fc.tuple(...Array.from({ length: size }, (_, i) =>
    fc.record({
      deps: fc.subarray(Array.from({ length: i }, (_, j) => j)),
      file: fc.constantFrom("a", "b", "c", "d", "*"),
      fails: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
      ticks: fc.integer({ min: 0, max: 5 }),
    })))
).chain((nodes) =>
  fc.record({
    // Not in the order of the plan, so that the plan's own order says nothing.
    nodes: fc.constant(nodes),
    shuffle: fc.shuffledSubarray(nodes.map((_, i) => i), { minLength: nodes.length }),
    concurrency: fc.integer({ min: 1, max: 4 }),
  })
);

Deno.test("property: order is kept, no two that share a file work at once, all are done or told why not, never too many at once", async () => {
  await fc.assert(
    fc.asyncProperty(dag, async ({ nodes, shuffle, concurrency }) => {
      const tasks = shuffle.map((i) => {
        const node = nodes[i] as (typeof nodes)[number];
        return task(`T${i}`, node.deps.map((j) => `T${j}`), [`src/${node.file}`]);
      });
      const running = new Set<PlanTask>();
      const finished = new Set<string>();
      const { given, news } = execution(tasks, async (start) => {
        const { task: own } = start;
        assert.ok(own.dependsOn.every((id) => finished.has(id)), "dependencies first");
        for (const other of running) assert.ok(!sharesFiles(own, other), `${own.id} beside ${other.id}`);
        running.add(own);
        assert.ok(running.size <= concurrency);
        const node = nodes[Number(own.id.slice(1))] as (typeof nodes)[number];
        for (let i = 0; i < node.ticks; i++) await Promise.resolve();
        running.delete(own);
        if (node.fails) return err({ message: "fails" });
        finished.add(own.id);
        return ok(writes(start));
      }, { concurrency });
      const done = await executeTasks(given);
      const failing = tasks.some((one) => nodes[Number(one.id.slice(1))]?.fails);
      assert.equal(done.ok, !failing);
      if (done.ok) {
        assert.deepEqual(Object.keys(filesOf(done.value.tree)).sort(), tasks.map(({ id }) => id).sort());
        assert.equal(news.filter((one) => one.state === "merged").length, tasks.length);
        for (const [at, id] of done.value.order.entries()) {
          const own = tasks.find((one) => one.id === id) as PlanTask;
          assert.ok(own.dependsOn.every((one) => done.value.order.indexOf(one) < at));
        }
      } else {
        for (const one of tasks) {
          const state = done.error.board.states.get(one.id) ?? "";
          assert.ok(["done", "merged", "failed", "skipped"].includes(state), `${one.id} is ${state}`);
          if (state === "failed" || state === "skipped") assert.ok(done.error.board.why.get(one.id));
          if (state === "done" || state === "merged") assert.ok(finished.has(one.id));
        }
      }
    }),
    { numRuns: 150 },
  );
});
