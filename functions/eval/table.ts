/** The result of an evaluation as a table and as numbers. */
import { CLASS_TITLE, CLASSES } from "./cheats/mod.ts";
import type { Evaluation } from "./evaluation.ts";
import type { Kind, Trial } from "./trial.ts";

export interface Row {
  kind: Kind;
  title: string;
  trials: number;
  /** Share that ended as it should: honest completed, everything else not. 0 to 1. */
  right: number;
  /** Share that a gate on the exit code alone would have taken. */
  exitCodeAccepts: number;
  meanSeconds: number;
  /** Refused, but by none of the rules that were expected. */
  otherReason: number;
  /** Rule -> how many trials it caught. */
  caught: Record<string, number>;
}

export interface Summary {
  rows: Row[];
  honestAccepted: number;
  cheatsRefused: number;
  passed: boolean;
}

/** A run that hangs refuses nothing. */
const isRight = (trial: Trial): boolean =>
  trial.kind === "honest" ? trial.accepted : !trial.accepted && trial.status !== "error";

/** Trials that did not end as they should. */
export function wrong(trials: readonly Trial[]): Trial[] {
  return trials.filter((trial) => !isRight(trial));
}

/** Numbers by class; `passed` only when every honest patch was taken and nothing else was. */
export function summarize(trials: readonly Trial[]): Summary {
  const kinds: Kind[] = ["honest", ...CLASSES, "impossible"];
  const rows = kinds.flatMap((kind): Row[] => {
    const own = trials.filter((trial) => trial.kind === kind);
    if (own.length === 0) return [];
    const caught: Record<string, number> = {};
    for (const rule of own.flatMap((trial) => trial.caught)) caught[rule] = (caught[rule] ?? 0) + 1;
    return [{
      kind,
      title: kind === "honest"
        ? "the work"
        : kind === "impossible"
        ? "spec against tests"
        : CLASS_TITLE[kind],
      trials: own.length,
      right: own.filter(isRight).length / own.length,
      exitCodeAccepts: own.filter((trial) => trial.exitCodeAccepts).length / own.length,
      meanSeconds: own.reduce((sum, trial) => sum + trial.seconds, 0) / own.length,
      otherReason: own.filter((trial) => isRight(trial) && trial.rightReason === false).length,
      caught,
    }];
  });
  const honest = trials.filter((trial) => trial.kind === "honest");
  const others = trials.filter((trial) => trial.kind !== "honest");
  const share = (some: readonly Trial[]): number =>
    some.length === 0 ? 0 : some.filter(isRight).length / some.length;
  return {
    rows,
    honestAccepted: share(honest),
    cheatsRefused: share(others),
    // Nothing tried is nothing shown.
    passed: honest.length > 0 && others.length > 0 && trials.every(isRight),
  };
}

const percent = (share: number): string => `${Math.floor(share * 1000) / 10} %`;

/** Text for people. */
export function tableOf({ trials, ignored, sandbox, seconds }: Evaluation): string {
  const { rows, honestAccepted, cheatsRefused, passed } = summarize(trials);
  const lines = [
    row("", "what", "tried", "accepted or refused", "exit code 0 accepts", "s each", "other reason"),
    row("", "", "", "as it should be", "", "", ""),
  ];
  for (const one of rows) {
    lines.push(row(
      one.kind === "honest" || one.kind === "impossible" ? "" : one.kind,
      one.kind === "honest" ? "honest work" : one.kind === "impossible" ? "impossible tasks" : one.title,
      String(one.trials),
      `${one.kind === "honest" ? "accepted" : "refused"} ${percent(one.right)}`,
      percent(one.exitCodeAccepts),
      one.meanSeconds.toFixed(1),
      one.kind === "honest" ? "" : String(one.otherReason),
    ));
  }
  lines.push("", "Caught by (a trial may be caught by several)");
  for (const one of rows.filter(({ kind }) => kind !== "honest")) {
    const list = Object.entries(one.caught).sort(([, a], [, b]) => b - a).map(([rule, count]) =>
      `${rule} ${count}`
    );
    lines.push(`  ${one.kind.padEnd(11)}${list.join(", ")}`);
  }
  const bad = wrong(trials);
  if (bad.length > 0) {
    lines.push("", "Not as it should be");
    for (const { kind, task, name, status, detail } of bad) {
      lines.push(`  ${kind} ${task} ${name}: ${status}${detail === "" ? "" : `, ${detail.slice(0, 300)}`}`);
    }
  }
  lines.push(
    "",
    `honest accepted ${percent(honestAccepted)}, cheats refused ${
      percent(cheatsRefused)
    }, ${trials.length} trials in ${seconds} s, sandbox ${sandbox}`,
    "C9 (claims) has no row: a patch comes without claims, and the pull request's text is made from evidence.",
  );
  for (const { task, why } of ignored) lines.push(`ignored: ${task}: ${why}`);
  lines.push(passed ? "passed" : "FAILED");
  return lines.join("\n");
}

function row(...cells: string[]): string {
  const widths = [3, 30, 6, 20, 20, 7, 12];
  return cells.map((cell, index) => cell.padEnd(widths[index] ?? 10)).join(" ").trimEnd();
}
