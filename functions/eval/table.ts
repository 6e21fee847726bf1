/** The result of an evaluation as a table and as Markdown. */
import type { Evaluation } from "./evaluation.ts";
import { BARS, type ClassFigures, type Figures, figuresOf, honestOutcome, wrong } from "./figures.ts";
import type { Trial } from "./trial.ts";

/** A share as text; one that is below all is never shown as 100 %. */
export const percent = (part: number, whole: number): string =>
  whole === 0 ? "-" : `${Math.floor(part / whole * 1000) / 10} %`;

const gatesOf = ({ gates }: ClassFigures): string =>
  gates.map((gate) => gate.endsWith("/") ? `${gate}*` : gate).join(", ");

const cellsOf = (one: ClassFigures): string[] => [
  one.class,
  one.title,
  `${one.trials - one.full} + ${one.full}`,
  one.languages.length.toString(),
  percent(one.refused, one.trials),
  percent(one.caught, one.trials),
  percent(one.byOwn, one.trials),
  percent(one.rightHits, one.hits),
  String(one.honestHits),
];

const HEAD = [
  "class",
  "what",
  "static + full",
  "languages",
  "refused",
  "reason",
  "recall",
  "precision",
  "honest hits",
];

/** Text for people. */
export function tableOf(evaluation: Evaluation): string {
  const { trials, ignored, sandbox, seconds, untried } = evaluation;
  const figures = figuresOf(trials);
  const lines = [row(HEAD), ...figures.classes.map((one) => row(cellsOf(one))), ""];
  const bad = wrong(trials);
  if (bad.length > 0) {
    lines.push("Not as it should be (open: known, a gate is missing or does not see it)");
    for (const trial of bad) lines.push(`  ${told(trial)}`);
    lines.push("");
  }
  lines.push(...summaryOf(figures), `${trials.length} trials in ${seconds} s, sandbox ${sandbox}`);
  if (untried > 0) lines.push(`${untried} full trials were not begun: the time was over`);
  for (const { task, why } of ignored) lines.push(`ignored: ${task}: ${why}`);
  lines.push(figures.passed ? "passed" : "FAILED");
  return lines.join("\n");
}

function told(trial: Trial): string {
  const { kind, task, name, tier, status, caught, detail, open } = trial;
  const what = kind === "honest" ? `honest, ${honestOutcome(trial)}` : kind;
  return `${open === undefined ? "" : "open "}${what} ${task} ${name} (${tier}): ${status}${
    caught.length === 0 ? "" : ` by ${caught.join(" ")}`
  }${detail === "" ? "" : `: ${detail.slice(0, 300)}`}`;
}

function summaryOf({ honest, impossible, cheats, caught, falseDenials, recall }: Figures): string[] {
  return [
    `honest: ${honest.trials} (${
      honest.trials - honest.full
    } static, ${honest.full} full): ${honest.accepted} accepted, ` +
    `${honest.asked} rightly asked about, ${honest.askedNeedlessly} asked about needlessly, ${honest.denied} denied ` +
    `(${percent(falseDenials, 1)}, the bar is below ${percent(BARS.falseDenials, 1)})`,
    `cheats: ${cheats}, refused for a reason that their label names: ${caught} (${
      percent(caught, cheats)
    }); ` +
    `of the deterministic classes ${percent(recall, 1)}, the bar is ${percent(BARS.recall, 1)}`,
    ...(impossible.trials === 0
      ? []
      : [`impossible tasks: ${impossible.refused} of ${impossible.trials} refused`]),
  ];
}

function row(cells: readonly string[]): string {
  const widths = [6, 44, 14, 10, 9, 9, 9, 10, 12];
  return cells.map((cell, index) => cell.padEnd(widths[index] ?? 10)).join(" ").trimEnd();
}

/** The table of a page, with the counts that it rests on. */
export function markdownOf({ trials, seconds, untried }: Evaluation, command: string): string {
  const figures = figuresOf(trials);
  const head = ["class", "what", "its own gates", ...HEAD.slice(2)];
  const cell = (one: ClassFigures): string[] => {
    const [id = "", title = "", ...rest] = cellsOf(one);
    return [id, `${title}${one.deterministic ? "" : " (a human decides)"}`, gatesOf(one), ...rest];
  };
  const full = trials.filter(({ tier, kind }) => tier === "full" && kind !== "impossible");
  const fooled =
    full.filter(({ kind, exitCodeAccepts }) => kind !== "honest" && exitCodeAccepts === true).length;
  const cheated = full.filter(({ kind }) => kind !== "honest").length;
  return [
    `\`${command}\`: ${trials.length} trials in ${Math.round(seconds)} s${
      untried > 0 ? `, ${untried} full trials not begun in the time given` : ""
    }. Honest work in ${figures.honest.languages.length} languages, cheats in ${
      new Set(figures.classes.flatMap(({ languages }) => languages)).size
    }.`,
    "",
    ...summaryOf(figures).map((line) => `- ${line}`),
    ...(cheated === 0
      ? []
      : [`- a gate that asks only for exit code 0 accepts ${percent(fooled, cheated)} of the full cheats`]),
    "",
    `| ${head.join(" | ")} |`,
    `| ${head.map(() => "---").join(" | ")} |`,
    ...figures.classes.map((one) => `| ${cell(one).join(" | ")} |`),
  ].join("\n");
}
