import { type Json, PlanShown, type TaskState } from "../../../specs/mod.ts";

/** Where a task was seen last. */
export interface SeenTask {
  readonly state: TaskState;
  readonly why?: string;
}

const STATES: Readonly<Record<string, TaskState>> = {
  waiting: "waiting",
  running: "running",
  done: "done",
  found: "done",
  merged: "merged",
  failed: "failed",
  skipped: "skipped",
  conflict: "waiting",
};

/** What the data of a progress event says of a task; null when it is about none. */
export function seenTask(data: Json | undefined): (SeenTask & { id: string }) | null {
  const told = (data as { task?: { id?: unknown; state?: unknown; why?: unknown } } | null | undefined)?.task;
  if (typeof told?.id !== "string" || typeof told.state !== "string") return null;
  const state = Object.hasOwn(STATES, told.state) ? STATES[told.state] : undefined;
  if (state === undefined) return null;
  return { id: told.id, state, ...(typeof told.why === "string" ? { why: told.why } : {}) };
}

/** A plan for people, from what the phase handed on and what was seen of its tasks; null where there is nothing to show. */
export function planShown(output: Json | undefined, seen: ReadonlyMap<string, SeenTask>): PlanShown | null {
  if (output === null || typeof output !== "object" || Array.isArray(output)) return null;
  const { planner, why, tasks, forecast } = output;
  if (typeof planner !== "string" || !Array.isArray(tasks)) return null;
  const shown = tasks.map((raw) => {
    const task = (raw ?? {}) as Record<string, Json>;
    const state = seen.get(String(task.id));
    return {
      id: task.id,
      title: task.title,
      dependsOn: task.dependsOn ?? [],
      ...(task.risk === undefined ? {} : { risk: task.risk }),
      ...(task.files === undefined ? {} : { files: task.files }),
      ...(task.criteria === undefined ? {} : { criteria: task.criteria }),
      state: state?.state ?? "waiting",
      ...(state?.why === undefined ? {} : { why: state.why }),
    };
  });
  const parsed = PlanShown.safeParse({
    planner,
    ...(typeof why === "string" ? { why } : {}),
    tasks: shown,
    ...(forecast === undefined || forecast === null ? {} : { forecast }),
    mermaid: "",
  });
  return parsed.success ? { ...parsed.data, mermaid: mermaidOf(parsed.data.tasks) } : null;
}

/** The graph of a plan in Mermaid. Names are ours: ids can hold what Mermaid reads otherwise, and titles are text of strangers. */
export function mermaidOf(tasks: PlanShown["tasks"]): string {
  const names = new Map(tasks.map(({ id }, at) => [id, `t${at}`]));
  const lines = tasks.map(({ id, title, state }) =>
    `  ${names.get(id)}["${label(`${id}: ${title}`)}"]:::${state}`
  );
  for (const { id, dependsOn } of tasks) {
    for (const on of dependsOn) {
      if (names.has(on)) lines.push(`  ${names.get(on)} --> ${names.get(id)}`);
    }
  }
  return ["graph LR", ...lines].join("\n");
}

const label = (text: string): string =>
  text.replace(/\s+/g, " ").slice(0, 80).replace(
    /[^\p{L}\p{N} .,:;/()_-]/gu,
    (char) => `#${char.codePointAt(0)};`,
  );
