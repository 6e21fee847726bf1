/** A repository, the ports and the context that a plan of several tasks is carried out with, for tests. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { gitWorkspaces, removeTree, type Repository } from "../../../../connectors/mod.ts";
import { memoryBlobs, type PhaseContext, randomIds, systemClock } from "../../../../kernel/mod.ts";
import { type Json, ok, type PlanTask } from "../../../../specs/mod.ts";
import { Plan, Spec } from "../../../../specs/code/mod.ts";
import { freshWorkspace } from "../../base_objects.ts";
import type { Assignment, Handover, Implementer, NoHandover } from "../../implementers/port.ts";
import type { FactoryInput } from "../../input.ts";
import type { FactoryPorts } from "../../ports.ts";
import type { TaskFailure, TaskRecord, TaskRecords } from "../records.ts";
import type { Result } from "../../../../specs/mod.ts";

export interface Room {
  readonly ports: FactoryPorts;
  readonly repository: Repository;
  readonly records: TaskRecords & { all(): TaskRecord[] };
  readonly blobs: PhaseContext["blobs"];
  readonly progress: { message: string; data?: Json }[];
  /** The context of a visit of implement, with this plan behind it. */
  context(tasks: readonly Partial<PlanTask>[], more?: Partial<PhaseContext>): Promise<PhaseContext>;
  /** What a fresh visit works on. */
  assignment(more?: Partial<Assignment>): Promise<Assignment>;
}

export function task(id: string, more: Partial<PlanTask> = {}): PlanTask {
  return {
    id,
    title: `do ${id}`,
    detail: "",
    dependsOn: [],
    files: [`${id}.txt`],
    tests: [],
    criteria: [],
    risk: "low",
    ...more,
  };
}

export const spec = Spec.parse({
  title: "Several things",
  intent: { type: "UPDATE", scope: ["**"] },
  implementer: "model",
});

/** Keeps records in memory, through JSON as a store would. */
export function memoryRecords(): Room["records"] {
  const kept = new Map<string, string>();
  const failed = new Map<string, string>();
  const all = () => [...kept.values()].map((text) => JSON.parse(text) as TaskRecord);
  return {
    all,
    list: (run, plan) =>
      Promise.resolve(
        [...kept].filter(([key]) => key.startsWith(`${run} ${plan} `)).map(([, text]) =>
          JSON.parse(text) as TaskRecord
        ),
      ),
    put: (run, plan, record) =>
      Promise.resolve(void kept.set(`${run} ${plan} ${record.task}`, JSON.stringify(record))),
    failures: (run, plan) =>
      Promise.resolve(
        [...failed].filter(([key]) => key.startsWith(`${run} ${plan} `)).map(([, text]) =>
          JSON.parse(text) as TaskFailure
        ),
      ),
    putFailure: (run, plan, failure) =>
      Promise.resolve(void failed.set(`${run} ${plan} ${failure.task}`, JSON.stringify(failure))),
  };
}

export async function withRoom(
  files: Record<string, string>,
  test: (room: Room) => Promise<void>,
): Promise<void> {
  const root = await Deno.realPath(await Deno.makeTempDir({ prefix: "edgeforge-dag-" }));
  try {
    const repo = join(root, "repo");
    await Deno.mkdir(repo);
    for (const [path, text] of Object.entries(files)) await Deno.writeTextFile(join(repo, path), text);
    const who = ["-c", "user.name=a", "-c", "user.email=a@b"];
    for (const args of [["init", "-q"], ["add", "-A"], [...who, "commit", "-qm", "base"]]) {
      assert.ok((await new Deno.Command("git", { args, cwd: repo }).output()).success);
    }
    const workspaces = gitWorkspaces();
    const opened = await workspaces.open(repo);
    assert.ok(opened.ok);
    const repository = opened.value;
    const [blobs, records, clock] = [memoryBlobs(), memoryRecords(), systemClock()];
    const ports = {
      workspaces,
      blobs,
      tasks: records,
      installation: { tasks: 3 },
      scratch: (run: string, name: string) => join(root, "work", run, name),
      discard: removeTree,
    } as unknown as FactoryPorts;
    const progress: Room["progress"] = [];
    const input = { repository, implementer: "model" } as unknown as FactoryInput;
    await test({
      ports,
      repository,
      records,
      blobs,
      progress,
      context: async (tasks, more = {}) => {
        const plan = Plan.parse({
          v: 1,
          planner: "test",
          tasks: tasks.map((one) => ({ ...task("X"), ...one })),
        });
        const unlimited: PhaseContext["budget"] = {
          reserve: () => Promise.resolve({ ok: true, id: "rsv" }),
          commit: () => Promise.resolve(),
          left: () => 1,
        };
        return {
          run: "run_1",
          phase: "implement",
          visit: 1,
          attempt: 1,
          idempotencyKey: "run_1/implement/1",
          input: {},
          outputs: { plan: { plan: await blobs.put(JSON.stringify(plan)), visit: 1 } },
          signals: [],
          feedback: null,
          blobs,
          clock,
          ids: randomIds(clock),
          abort: new AbortController().signal,
          budget: unlimited,
          progress: (message, data) =>
            void progress.push({ message, ...(data === undefined ? {} : { data }) }),
          ...more,
        };
      },
      assignment: async (more = {}) => {
        const workspace = await freshWorkspace(
          ports,
          "run_1",
          repository,
          `implement-${crypto.randomUUID()}`,
        );
        assert.ok(workspace.ok);
        return { input, spec, workspace: workspace.value, repair: null, ...more };
      },
    });
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

/** What a task does: edits of files by name, from what stands there. */
export type Edits = Record<string, (before: string | null) => string | null>;

/** An implementer that edits files as told, and remembers what it was given. */
export function editor(
  edits: (given: Assignment) => Edits | Promise<Edits> | Result<Handover, NoHandover>,
): Implementer & { given: Assignment[] } {
  const seen: Assignment[] = [];
  return {
    kind: "model",
    given: seen,
    async implement(_ctx, assignment) {
      seen.push(assignment);
      const wanted = await edits(assignment);
      if ("ok" in wanted && typeof wanted.ok === "boolean") return wanted as Result<Handover, NoHandover>;
      const dir = await assignment.workspace.files();
      for (const [path, edit] of Object.entries(wanted as Edits)) {
        const before = await Deno.readTextFile(join(dir, path)).catch(() => null);
        const after = edit(before);
        if (after === null) await Deno.remove(join(dir, path));
        else await Deno.writeTextFile(join(dir, path), after);
      }
      return ok({
        renames: [],
        steps: [`edited ${Object.keys(wanted).join(", ")}`],
        rederives: null,
        claims: [`did ${assignment.task?.id ?? "all"}`],
      });
    },
  };
}
