import { type Problem, type Transition, WayOut, WorkflowDefinition } from "../specs/ledger/mod.ts";

/** One way from a phase to a phase or out. */
interface Edge {
  from: string;
  to: string;
  outcome: string;
  denied: boolean;
  budgeted: boolean;
}

const WAYS_OUT: ReadonlySet<string> = new Set(WayOut.options);

/** Whether a target is a way out of the workflow. */
export function isWayOut(target: string): target is WayOut {
  return WAYS_OUT.has(target);
}

/**
 * What is wrong with a workflow as a graph: nothing of it may wait for a run to be found out.
 *
 * @param bound names of the handlers that exist here; absent when that is not to be checked
 */
export function graphProblems(definition: WorkflowDefinition, bound?: ReadonlySet<string>): Problem[] {
  const { phases, start } = definition;
  const names = Object.keys(phases);
  const problems: Problem[] = [];
  if (!Object.hasOwn(phases, start)) {
    problems.push(problem("unknown-start", "start", start, `start names no phase`, among(names)));
    return problems;
  }
  for (const [name, phase] of Object.entries(phases)) {
    if (bound !== undefined && !bound.has(phase.handler)) {
      problems.push(
        problem(
          "unbound-handler",
          `phases.${name}.handler`,
          phase.handler,
          `phase ${name} names a handler that is not bound`,
          among([...bound]),
        ),
      );
    }
  }
  const edges = edgesOf(definition);
  for (const edge of edges) {
    if (isWayOut(edge.to) || Object.hasOwn(phases, edge.to)) continue;
    problems.push(
      problem(
        "unknown-target",
        pathOf(edge),
        edge.to,
        `${edge.from} leads to ${edge.to} on ${edge.outcome}, and there is no such phase`,
        `${among(names)}, or a way out: ${[...WAYS_OUT].join(", ")}`,
      ),
    );
  }
  const reached = reachable(start, edges);
  for (const name of names) {
    if (reached.has(name)) continue;
    problems.push(
      problem(
        "unreachable-phase",
        `phases.${name}`,
        name,
        `no way leads from ${start} to ${name}`,
        "add a transition to it or remove the phase",
      ),
    );
  }
  for (const name of names) {
    if (!reached.has(name) || reachesWayOut(name, edges)) continue;
    problems.push(
      problem(
        "no-way-out",
        `phases.${name}.on`,
        name,
        `no way leads from ${name} out of the workflow`,
        "add a transition to @completed, @denied, @failed or @escalated",
      ),
    );
  }
  return [...problems, ...cycleProblems(edges, reached)];
}

function edgesOf(definition: WorkflowDefinition): Edge[] {
  return Object.entries(definition.phases).flatMap(([from, phase]) =>
    Object.entries(phase.on).flatMap(([outcome, on]: [string, Transition]) => {
      const edges: Edge[] = [{ from, to: on.to, outcome, denied: false, budgeted: on.budget !== undefined }];
      if (on.gated) {
        edges.push({ from, to: on.denied, outcome, denied: true, budgeted: on.deniedBudget !== undefined });
      }
      return edges;
    })
  );
}

function reachable(start: string, edges: readonly Edge[]): Set<string> {
  const seen = new Set([start]);
  const queue = [start];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    for (const edge of edges) {
      if (edge.from !== name || seen.has(edge.to)) continue;
      seen.add(edge.to);
      queue.push(edge.to);
    }
  }
  return seen;
}

/** A denial always leads out in the end, so only what the outcomes lead to counts here. */
function reachesWayOut(name: string, edges: readonly Edge[]): boolean {
  return [...reachable(name, edges.filter((edge) => !edge.denied))].some(isWayOut);
}

/** Every cycle needs a budget somewhere on it, and every denied route that leads back needs its own. */
function cycleProblems(edges: readonly Edge[], reached: ReadonlySet<string>): Problem[] {
  const problems: Problem[] = [];
  const live = edges.filter((edge) => reached.has(edge.from) && !isWayOut(edge.to));
  for (const edge of live) {
    if (!edge.denied || edge.budgeted || !reachable(edge.to, live).has(edge.from)) continue;
    problems.push(
      problem(
        "cycle-without-budget",
        `${pathOf(edge)}Budget`,
        "none",
        `a denial at ${edge.from} leads back to ${edge.to} without a limit`,
        "give it a deniedBudget",
      ),
    );
  }
  const free = live.filter((edge) => !edge.budgeted && !edge.denied);
  for (const edge of free) {
    const back = pathBetween(edge.to, edge.from, free);
    if (back === null) continue;
    const cycle = [edge.from, ...back];
    // One message for a cycle, wherever on it one starts.
    if (cycle.slice(1).some((name) => name < edge.from)) continue;
    problems.push(
      problem(
        "cycle-without-budget",
        `${pathOf(edge).replace(/\.to$/, "")}.budget`,
        "none",
        `the phases ${cycle.join(" -> ")} form a cycle without a limit`,
        "give one of its transitions a budget",
      ),
    );
  }
  return problems;
}

function pathBetween(from: string, to: string, edges: readonly Edge[]): string[] | null {
  const before = new Map<string, string | null>([[from, null]]);
  const queue = [from];
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
    if (name === to) {
      const path: string[] = [];
      for (let at: string | null | undefined = to; at != null; at = before.get(at)) path.unshift(at);
      return path;
    }
    for (const edge of edges) {
      if (edge.from !== name || before.has(edge.to)) continue;
      before.set(edge.to, name);
      queue.push(edge.to);
    }
  }
  return null;
}

function pathOf(edge: Edge): string {
  return `phases.${edge.from}.on.${edge.outcome}.${edge.denied ? "denied" : "to"}`;
}

function problem(code: string, path: string, value: string, why: string, remedy: string): Problem {
  return { code, path, value, message: `Cannot compile the workflow as ${why}`, remedy };
}

function among(names: readonly string[]): string {
  return names.length === 0 ? "there are none" : `known: ${names.join(", ")}`;
}
