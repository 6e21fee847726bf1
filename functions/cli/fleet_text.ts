import type { FleetEntry, FleetIndicator, FleetReport, TierReport } from "../../specs/mod.ts";
import type { Agreement } from "../fleet/rebuild.ts";
import { INDICATOR_WORDS } from "../fleet/words.ts";
import { oneLine, type Paint } from "./paint.ts";
import { duration } from "./progress.ts";

const BAR = 20;
const MAX_ROWS = 8;

const percent = (share: number) => `${(share * 100).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`;

/** A share as a bar of twenty cells. */
function bar(share: number): string {
  const full = Math.max(0, Math.min(BAR, Math.round(share * BAR)));
  return "█".repeat(full) + "░".repeat(BAR - full);
}

function modeWord(mode: FleetReport["mode"], color: Paint): string {
  const tone = mode === "nominal" ? color.green : mode === "degraded" ? color.yellow : color.red;
  return color.bold(tone(mode.toUpperCase()));
}

/** Everything of a report, for people. */
export function statsText(report: FleetReport, color: Paint): string {
  const lines = [`${modeWord(report.mode, color)}  ${oneLine(report.why, 400)}`];
  if (report.held > 0) lines.push(color.yellow(`  ${report.held} runs wait for the end of safe-mode`));
  for (const tier of report.tiers) lines.push("", ...tierLines(tier, color));
  if (report.autonomy.length > 0) lines.push("", autonomyText(report.autonomy, color));
  const open = report.freezes.filter((freeze) => freeze.open);
  if (open.length > 0) lines.push("", freezesText(open, color));
  return lines.join("\n");
}

function tierLines(report: TierReport, color: Paint): string[] {
  const { completed, denied, failed, escalated, cancelled } = report.runs;
  const lines = [
    `${
      color.bold(report.tier)
    } over ${report.window}: ${completed} completed, ${denied} denied, ${failed} failed, ` +
    `${escalated} escalated, ${cancelled} cancelled`,
  ];
  if (Object.values(report.runs).every((count) => count === 0)) return lines;
  for (const one of report.indicators) {
    if (one.value !== null) lines.push(indicatorLine(one, color));
  }
  lines.push(budgetLine(report, color));
  const refusing = report.gates.filter(({ judged, passed }) => passed < judged);
  if (refusing.length > 0) {
    lines.push(
      `  gates that refused at first: ${
        refusing.slice(0, MAX_ROWS).map(({ gate, judged, passed }) =>
          `${oneLine(gate, 60)} ${judged - passed}/${judged}`
        ).join(", ")
      }`,
    );
  }
  const failures = Object.entries(report.failures);
  if (failures.length > 0) {
    lines.push(`  failures: ${failures.map(([name, count]) => `${name} ${count}`).join(", ")}`);
  }
  return lines;
}

function indicatorLine({ sli, value, samples, objective, verdict }: FleetIndicator, color: Paint): string {
  const isTime = sli === "phase-latency" || sli === "context-age";
  const told = value === null ? "" : isTime ? duration(value) : percent(value);
  const goal = objective === null
    ? ""
    : objective.atLeast !== undefined
    ? `at least ${percent(objective.atLeast)}`
    : `at most ${percent(objective.atMost ?? 0)}`;
  const said = verdict === "met"
    ? color.green("met")
    : verdict === "missed"
    ? color.red("missed")
    : color.dim(objective === null ? "" : "too few");
  const drawn = value === null || isTime ? " ".repeat(BAR) : bar(value);
  return `  ${INDICATOR_WORDS[sli].padEnd(22)} ${drawn} ${told.padStart(8)}  ${goal.padEnd(16)} ${
    String(samples).padStart(6)
  } ${said}`.trimEnd();
}

function budgetLine({ budget }: TierReport, color: Paint): string {
  const head = `  ${"error budget left".padEnd(22)} `;
  if (budget.target === null) return head + color.dim("no objective");
  if (budget.remaining === null) {
    return head + color.dim(`${budget.runs} of the ${budget.minimum} runs from which on it counts`);
  }
  const { remaining, burn, failed, runs } = budget;
  const tone = remaining <= 0 ? color.red : remaining < 0.25 ? color.yellow : color.green;
  return `${head}${tone(bar(remaining))} ${percent(Math.max(0, remaining)).padStart(8)}  burn ${
    (burn ?? 0).toFixed(2)
  } (${failed} of ${runs} failed)`;
}

/** Autonomy by repository, intent and tier. */
export function autonomyText(rows: FleetReport["autonomy"], color: Paint): string {
  if (rows.length === 0) return "every repository, intent and tier is at A3: no run has ended here yet";
  return rows.map(({ repository, intent, tier, earned, granted }) =>
    `${color.bold(granted)}  ${intent.padEnd(8)} ${tier.padEnd(11)} ${oneLine(repository, 120)}\n    ${
      color.dim(`earned ${earned.level}: ${oneLine(earned.because, 300)}`)
    }`
  ).join("\n");
}

/** Freeze windows of the installation. */
export function freezesText(freezes: FleetReport["freezes"], color: Paint): string {
  if (freezes.length === 0) return "no freeze window is declared here";
  return freezes.map(({ id, window, open, ends, by }) => {
    const when = window.cron === undefined
      ? `${window.from} to ${window.to}`
      : `${window.cron} ${window.until === undefined ? `for ${window.hours} h` : `until ${window.until}`}`;
    const except = [...window.except.tiers, ...window.except.intents];
    return `${open ? color.red(`FROZEN until ${ends}`) : color.dim("not now")}  ${id}  ${when} ${window.tz}${
      except.length === 0 ? "" : `, except ${except.join(", ")}`
    }  ${oneLine(window.reason)} (${oneLine(by)})`;
  }).join("\n");
}

/** The mode and the latest of the log. */
export function modeText(
  given: Pick<FleetReport, "mode" | "why" | "since" | "held"> & {
    log: readonly FleetEntry[];
    logFault: string | null;
  },
  color: Paint,
): string {
  const lines = [
    `${modeWord(given.mode, color)}  ${oneLine(given.why, 400)}${
      given.since === null ? "" : ` (since ${given.since})`
    }`,
  ];
  if (given.held > 0) lines.push(`${given.held} runs wait: forge workflow list --status paused`);
  if (given.mode === "safe-mode") lines.push(`leave it: forge fleet safe-mode --exit --reason TEXT`);
  for (const { at, what, by, reason } of given.log) {
    lines.push(color.dim(`${at}  ${what}  ${oneLine(by.id)}: ${oneLine(reason, 200)}`));
  }
  if (given.logFault !== null) lines.push(color.red(`the log was changed: ${given.logFault}`));
  return lines.join("\n");
}

/** Whether figures and ledgers agree. */
export function rebuildText(
  { agrees, runs, counted, differences, repaired }: Agreement,
  color: Paint,
): string {
  if (agrees) return `${color.green("agrees")}: ${counted} of ${runs} runs counted, each once`;
  const head = repaired
    ? color.yellow("made again")
    : `${color.red("differs")}; put it right: forge fleet rebuild --repair`;
  return [`${head} (${counted} of ${runs} runs have ended)`, ...differences.map((one) => `  ${one}`)].join(
    "\n",
  );
}
