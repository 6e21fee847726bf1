import type { PlanShown, RunDocument, TaskState } from "../../specs/mod.ts";
import { oneLine, type Paint, paint } from "./paint.ts";
import { duration } from "./progress.ts";

/** A run for people: what became of it, why, and what to do next. */
export function runText(document: RunDocument, color: Paint = paint(false)): string {
  const status = colorOf(document.status, color)(document.status.toUpperCase());
  const lines = [`${color.bold(status)}  ${document.run}  ${oneLine(document.title ?? "")}`.trimEnd()];
  const todo = (indent: string, text: string) => lines.push(`${indent}${color.cyan("do:")} ${text}`);
  const pull = document.pullRequest;
  if (pull) {
    lines.push(
      `  pull request #${pull.number}  branch ${color.bold(pull.branch)}  commit ${
        pull.commit.slice(0, 12)
      }  onto ${oneLine(pull.base)}`,
    );
  }
  for (const { task, number, branch, base, run } of document.pullRequests ?? []) {
    lines.push(`    ${oneLine(task)}: #${number}  branch ${oneLine(branch)}  onto ${oneLine(base)}  ${run}`);
  }
  for (const denial of document.denials) {
    const place = denial.path ? ` ${oneLine(denial.path)}${denial.line ? `:${denial.line}` : ""}` : "";
    lines.push(`  ${denial.layer} ${color.red(denial.rule)} (${denial.gate})${place}`);
    lines.push(`      ${oneLine(denial.message, 500)}`);
    if (denial.remediation) todo("      ", oneLine(denial.remediation, 500));
  }
  if (document.failure) {
    lines.push(
      `  ${color.red(document.failure.class)} (${document.failure.source}): ${
        oneLine(document.failure.message, 1000)
      }`,
    );
    if (typeof document.failure.remedy === "string") {
      todo("      ", oneLine(document.failure.remedy, 1000));
    }
  }
  if (document.plan) lines.push(...planLines(document.plan, color));
  if (document.chain) lines.push(...chainLines(document.chain, color));
  for (const note of document.notes) lines.push(`  note: ${oneLine(note, 1000)}`);
  if (document.evidence) lines.push(`  evidence ${document.evidence.path}`);
  const used = usageText(document.usage);
  if (used !== null) lines.push(color.dim(`  models ${used}`));
  lines.push(color.dim(`  phase ${document.phase}, ${duration(document.usage.seconds * 1000)}`));
  lines.push(color.dim(`  why: forge policy explain ${document.run}`));
  return lines.join("\n");
}

/** What models took; null when none was paid. */
function usageText({ tokensIn, tokensOut, costUsd, untold }: RunDocument["usage"]): string | null {
  if (tokensIn + tokensOut === 0 && costUsd === 0) return null;
  const told = `${tokensIn} tokens in, ${tokensOut} out, $${costUsd.toFixed(4)}`;
  return untold === undefined
    ? told
    : `${told}; ${
      untold.calls === 1 ? "1 call" : `${untold.calls} calls`
    } told nothing and count as up to ${untold.tokens} more`;
}

/** A chain: a stage a line, with the run that it is. */
function chainLines({ name, stages }: NonNullable<RunDocument["chain"]>, color: Paint): string[] {
  const width = Math.max(...stages.map(({ id }) => id.length));
  return [
    `  chain ${name}: ${
      stages.filter(({ status }) => status === "completed").length
    } of ${stages.length} stages completed`,
    ...stages.map(({ id, status, run, why }) =>
      `    ${id.padEnd(width)}  ${colorOf(status, color)(status.padEnd(9))}  ${
        run ?? oneLine(why ?? "", 200)
      }`
        .trimEnd()
    ),
  ];
}

/** A plan as a small table: a task a line, with what it waits for. */
function planLines(plan: PlanShown, color: Paint): string[] {
  const done = plan.tasks.filter(({ state }) => state === "done" || state === "merged").length;
  const width = Math.max(...plan.tasks.map(({ id }) => id.length));
  const lines = [`  plan by ${oneLine(plan.planner, 60)}: ${done} of ${plan.tasks.length} tasks done`];
  for (const { id, title, dependsOn, state, why } of plan.tasks) {
    const after = dependsOn.length === 0 ? "" : color.dim(`  after ${dependsOn.join(", ")}`);
    lines.push(
      `    ${id.padEnd(width)}  ${colorOfTask(state, color)(state.padEnd(7))}  ${oneLine(title, 70)}${after}`,
    );
    if (why !== undefined && state !== "merged") lines.push(`    ${"".padEnd(width)}  ${oneLine(why, 300)}`);
  }
  return lines;
}

function colorOfTask(state: TaskState, color: Paint): (text: string) => string {
  switch (state) {
    case "merged":
    case "done":
      return color.green;
    case "running":
      return color.cyan;
    case "failed":
      return color.red;
    case "skipped":
      return color.yellow;
    case "waiting":
      return color.dim;
  }
}

/** The colour of a status; the word says the same without one. */
export function colorOf(status: string, color: Paint): (text: string) => string {
  switch (status) {
    case "completed":
      return color.green;
    case "denied":
    case "failed":
      return color.red;
    case "escalated":
    case "parked":
    case "paused":
      return color.yellow;
    case "running":
    case "queued":
      return color.cyan;
    default:
      return (text) => text;
  }
}
