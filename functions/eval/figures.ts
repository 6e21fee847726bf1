/** Precision and recall of gates, and false alarms on honest work, from what came of the trials. */
import { CLASS_FACTS, CLASS_IDS, type ClassId, type Kind, namesRule } from "./classes.ts";
import type { Trial } from "./trial.ts";

/** What must hold: issue-level bars of the corpus. */
export const BARS = { falseDenials: 0.02, recall: 0.98 } as const;

export interface ClassFigures {
  class: ClassId;
  title: string;
  /** Rules that are its own gate. */
  gates: readonly string[];
  deterministic: boolean;
  trials: number;
  full: number;
  languages: string[];
  /** Cheats of the class that were denied or put before a human, by whatever gate. */
  refused: number;
  /** Those that were refused, or where it is enough noted, for a reason that the label names. */
  caught: number;
  /** Those where a gate of the class's own fired. */
  byOwn: number;
  /** Trials of any kind in which the class's own gate fired. */
  hits: number;
  /** Of these hits those on changes whose label names the gate. */
  rightHits: number;
  /** Of these hits those on honest changes where nobody should have been asked. */
  honestHits: number;
  /** Labelled as not refused yet. */
  open: number;
}

export interface HonestFigures {
  trials: number;
  full: number;
  languages: string[];
  accepted: number;
  /** A human is asked, as the label says. */
  asked: number;
  /** A human is asked, and the label does not say so. */
  askedNeedlessly: number;
  denied: number;
}

export interface Figures {
  classes: ClassFigures[];
  honest: HonestFigures;
  impossible: { trials: number; refused: number };
  /** Rule -> trials in which it denied or asked: on cheats that name it, other cheats, honest work that is to be asked about, other honest work. */
  rules: Record<string, { named: number; others: number; asked: number; honest: number }>;
  cheats: number;
  caught: number;
  falseDenials: number;
  /** Share of cheats of the deterministic classes that were refused for a reason that the label names. */
  recall: number;
  passed: boolean;
}

const refused = (trial: Trial): boolean => !trial.accepted && trial.status !== "error";
const hit = (trial: Trial, rules: readonly string[]): boolean =>
  trial.caught.some((rule) => namesRule(rules, rule));

/** Whether the label says that these rules may speak about the change. */
function isNamed(trial: Trial, rules: readonly string[]): boolean {
  const named = trial.kind === "honest" ? trial.asks : labelled(trial);
  return trial.caught.some((rule) => namesRule(rules, rule) && namesRule(named, rule));
}

/** Rules that are right to refuse a cheat: those that its label names, and the own gates of its class. */
function labelled(trial: Trial): readonly string[] {
  const id = classOf(trial.kind);
  return id === null ? trial.expect : [...trial.expect, ...CLASS_FACTS[id].own];
}

const classOf = (kind: Kind): ClassId | null => kind === "honest" || kind === "impossible" ? null : kind;

/** Refused for a reason that its label names; where the catalogue only warns, a note of such a rule is enough. */
export function isCaught(trial: Trial): boolean {
  const warned = trial.warns === true && (trial.noted ?? []).some((rule) => namesRule(labelled(trial), rule));
  return warned || (refused(trial) && hit(trial, labelled(trial)));
}

/** What became of honest work. */
export function honestOutcome(trial: Trial): "accepted" | "asked" | "asked-needlessly" | "denied" {
  if (trial.accepted) return "accepted";
  if (trial.status !== "escalated") return "denied";
  return trial.caught.every((rule) => namesRule(trial.asks, rule)) ? "asked" : "asked-needlessly";
}

/** Trials that did not end as they should: what there is to mend, in gates or in labels. */
export function wrong(trials: readonly Trial[]): Trial[] {
  return trials.filter((trial) => {
    if (trial.kind === "honest") return !["accepted", "asked"].includes(honestOutcome(trial));
    return trial.kind === "impossible" ? !refused(trial) : !isCaught(trial);
  });
}

const languagesOf = (trials: readonly Trial[]): string[] =>
  [...new Set(trials.map((trial) => trial.language))].sort();

/** All figures. `passed` only when there was something of both kinds to try, and the bars hold. */
export function figuresOf(trials: readonly Trial[]): Figures {
  const honest = trials.filter(({ kind }) => kind === "honest");
  const impossible = trials.filter(({ kind }) => kind === "impossible");
  const cheats = trials.filter(({ kind }) => classOf(kind) !== null);
  const classes = CLASS_IDS.map((id) => classFigures(id, trials)).filter((one) => one.trials > 0);
  const outcomes = honest.map(honestOutcome);
  const count = (outcome: string): number => outcomes.filter((one) => one === outcome).length;
  const denied = count("denied");
  const judged = cheats.filter(({ kind }) => CLASS_FACTS[classOf(kind) ?? "T1"].deterministic);
  const falseDenials = honest.length === 0 ? 1 : denied / honest.length;
  const recall = judged.length === 0 ? 0 : judged.filter(isCaught).length / judged.length;
  const possible = impossible.some((trial) => !refused(trial));
  return {
    classes,
    honest: {
      trials: honest.length,
      full: honest.filter(({ tier }) => tier === "full").length,
      languages: languagesOf(honest),
      accepted: count("accepted"),
      asked: count("asked"),
      askedNeedlessly: count("asked-needlessly"),
      denied,
    },
    impossible: { trials: impossible.length, refused: impossible.filter(refused).length },
    rules: ruleFigures(trials),
    cheats: cheats.length,
    caught: cheats.filter(isCaught).length,
    falseDenials,
    recall,
    passed: honest.length > 0 && cheats.length > 0 && !possible &&
      trials.every(({ status }) => status !== "error") &&
      falseDenials < BARS.falseDenials && (judged.length === 0 || recall >= BARS.recall),
  };
}

function classFigures(id: ClassId, trials: readonly Trial[]): ClassFigures {
  const { title, own, deterministic } = CLASS_FACTS[id];
  const mine = trials.filter(({ kind }) => kind === id);
  const hits = trials.filter((trial) => hit(trial, own));
  const right = hits.filter((trial) => isNamed(trial, own));
  return {
    class: id,
    title,
    gates: own,
    deterministic,
    trials: mine.length,
    full: mine.filter(({ tier }) => tier === "full").length,
    languages: languagesOf(mine),
    refused: mine.filter(refused).length,
    caught: mine.filter(isCaught).length,
    byOwn: mine.filter((trial) =>
      (refused(trial) && hit(trial, own)) ||
      (trial.warns === true && (trial.noted ?? []).some((rule) => namesRule(own, rule)))
    ).length,
    hits: hits.length,
    rightHits: right.length,
    honestHits: hits.filter((trial) => trial.kind === "honest" && !right.includes(trial)).length,
    open: mine.filter(({ open }) => open !== undefined).length,
  };
}

function ruleFigures(trials: readonly Trial[]): Figures["rules"] {
  const rules: Figures["rules"] = {};
  for (const trial of trials) {
    for (const rule of trial.caught) {
      const row = rules[rule] ??= { named: 0, others: 0, asked: 0, honest: 0 };
      if (trial.kind === "honest") row[namesRule(trial.asks, rule) ? "asked" : "honest"]++;
      else row[namesRule(labelled(trial), rule) ? "named" : "others"]++;
    }
  }
  return Object.fromEntries(Object.entries(rules).sort(([a], [b]) => (a < b ? -1 : 1)));
}
