import type { Autonomy, EarnedAutonomy, IntentType } from "../../specs/mod.ts";
import { lowestAutonomy } from "../autonomy.ts";
import { TRUST } from "./targets.ts";

/** What a run was for the trust in its repository, intent and tier. */
export interface TrustEntry {
  readonly run: string;
  readonly at: string;
  readonly result: "completed" | "failed" | "none";
  /** Rules of E-, X- and O-gates that refused something. */
  readonly hits: readonly string[];
}

const DAY_MS = 86_400_000;

/** The kept runs with one more, in order; a run stands in them once. */
export function withEntry(entries: readonly TrustEntry[], entry: TrustEntry): TrustEntry[] {
  return [...entries.filter(({ run }) => run !== entry.run), entry]
    .sort((a, b) => a.at === b.at ? (a.run < b.run ? -1 : 1) : a.at < b.at ? -1 : 1)
    .slice(-TRUST.kept);
}

/**
 * The level that was earned by an instant. Everybody begins at A3; A4 comes of a long clean record; each run in which an E-, X- or
 * O-gate refused something costs one level; time takes both away again.
 */
export function earnedAutonomy(entries: readonly TrustEntry[], intent: string, at: string): EarnedAutonomy {
  const nowMs = Date.parse(at);
  const counting = entries.filter((entry) =>
    entry.at <= at && nowMs - Date.parse(entry.at) <= TRUST.days * DAY_MS
  );
  let level: Autonomy = TRUST.start;
  let lost: EarnedAutonomy["lost"] = null;
  let record: TrustEntry[] = [];
  for (const entry of counting) {
    level = lapsed(level, record, lost, Date.parse(entry.at));
    const [rule] = entry.hits;
    if (rule !== undefined) {
      // Another hit at the floor costs no more; it was lost from where it was before.
      const from: Autonomy = level === TRUST.floor && lost !== null ? lost.from : level;
      level = level === "A4" ? TRUST.start : TRUST.floor;
      lost = { from, at: entry.at, run: entry.run, rule, regain: regain(level) };
      record = [];
      continue;
    }
    record.push(entry);
    if (level === TRUST.floor && completed(record) >= TRUST.regainRuns) level = TRUST.start;
    if (level === TRUST.start && deserves(record, intent)) level = "A4";
  }
  level = lapsed(level, record, lost, nowMs);
  const stands = lost !== null && (level === TRUST.floor || lost.from === "A4" && level !== "A4")
    ? lost
    : null;
  return { level, because: because(level, record, intent, stands), lost: stands };
}

/** What time alone does to a level: a demotion is forgiven, a record that nobody adds to lapses. */
function lapsed(
  level: Autonomy,
  record: readonly TrustEntry[],
  lost: EarnedAutonomy["lost"],
  nowMs: number,
): Autonomy {
  if (level === TRUST.floor && lost !== null && nowMs - Date.parse(lost.at) >= TRUST.regainDays * DAY_MS) {
    return TRUST.start;
  }
  if (level !== "A4") return level;
  const latest = record.findLast(({ result }) => result === "completed");
  const isFresh = latest !== undefined && nowMs - Date.parse(latest.at) <= TRUST.idleDays * DAY_MS;
  return isFresh ? level : TRUST.start;
}

const completed = (record: readonly TrustEntry[]) =>
  record.filter(({ result }) => result === "completed").length;

function deserves(record: readonly TrustEntry[], intent: string): boolean {
  if (intent === "DESTROY") return false;
  const counted = record.filter(({ result }) => result !== "none");
  const good = completed(counted);
  const failed = counted.length - good;
  return good >= TRUST.completed && failed / counted.length < TRUST.failedShare &&
    counted.slice(-TRUST.clean).every(({ result }) => result === "completed");
}

function regain(level: Autonomy): string {
  return level === TRUST.floor
    ? `${TRUST.regainRuns} completed runs without another such refusal, or ${TRUST.regainDays} days`
    : `${TRUST.completed} completed runs within ${TRUST.days} days, less than ${
      TRUST.failedShare * 100
    } % failed`;
}

function because(
  level: Autonomy,
  record: readonly TrustEntry[],
  intent: string,
  lost: EarnedAutonomy["lost"],
): string {
  const good = completed(record);
  if (lost !== null) {
    return `lowered from ${lost.from} as ${lost.rule} refused ${lost.run}; back by ${lost.regain}`;
  }
  if (level === "A4") {
    return `${good} runs completed within ${TRUST.days} days, none refused by an E-, X- or O-gate`;
  }
  if (intent === "DESTROY") return "A4 is not granted for DESTROY";
  if (good < TRUST.completed) return `${good} of the ${TRUST.completed} completed runs that A4 takes`;
  const failed = record.filter(({ result }) => result === "failed").length;
  return `${good} runs completed and ${failed} failed; A4 takes that less than ${
    TRUST.failedShare * 100
  } % fail, none of the last ${TRUST.clean}, and one within ${TRUST.idleDays} days`;
}

/**
 * What an agent is granted: the lowest of all. DESTROY, a change to the policy that judges it, and A5 are never left to an agent
 * alone, whatever it earned; an approval is never an agent's at any level (O5).
 */
export function grantedAutonomy(
  levels: { system: Autonomy; environment: Autonomy; earned: Autonomy },
  change: { intents: readonly IntentType[]; editsPolicy: boolean },
): Autonomy {
  const guarded = change.editsPolicy || change.intents.includes("DESTROY");
  return lowestAutonomy(levels.system, levels.environment, levels.earned, guarded ? "A3" : "A4");
}
