/** Which linked run comes next: the base that has moved first, then what people asked for and what CI refused. One at a time. */
import type { Forge, PullRequestComment, PullRequestState } from "../../../connectors/mod.ts";
import { ForgeError } from "../../../connectors/mod.ts";
import type { PhaseContext } from "../../../kernel/mod.ts";
import type { EffectIntent } from "../../../specs/mod.ts";
import { isAgent } from "../implement.ts";
import type { FactoryPorts } from "../ports.ts";
import { quoted } from "../repair/quoted.ts";
import { reply } from "./comments.ts";
import { limitText } from "./words.ts";
import type { CarriedFindings } from "./carried.ts";
import type { Delivered } from "./delivered.ts";
import { fixRun, openBase, regateRun } from "./linked.ts";
import {
  MOST_FIXES,
  MOST_FIXES_EACH,
  MOST_REGATES,
  tell,
  type WatchInput,
  type WatchState,
} from "./record.ts";

const MAX_LOG = 20_000;
const MAX_WORDS = 6000;
const MOST_AT_ONCE = 10;
const RED: ReadonlySet<string> = new Set(["failure", "timed_out", "startup_failure"]);
const UNITS = ["tokens", "costMicroUsd"] as const;

interface Given {
  watch: WatchInput;
  state: WatchState;
  delivered: Delivered;
  forge: Forge;
  now: PullRequestState;
  bodies: ReadonlyMap<string, PullRequestComment>;
}

/** The run that is to be begun, or why none can be, to those who asked. Changes the state: what the run works on is pending. */
export async function nextRun(
  ports: FactoryPorts,
  ctx: PhaseContext,
  given: Given,
): Promise<EffectIntent[]> {
  const { state, delivered, now } = given;
  const moved = now.baseHead !== null && now.baseHead !== state.base ? now.baseHead : null;
  if (moved !== null && state.conflict !== moved) {
    const run = await regate(ports, ctx, given, moved);
    return run === null ? [] : [run];
  }
  return isAgent(delivered.origin.implementer) ? await fix(ports, ctx, given, moved) : [];
}

async function regate(
  ports: FactoryPorts,
  ctx: PhaseContext,
  { watch, state, delivered, now }: Given,
  baseHead: string,
): Promise<EffectIntent | null> {
  const at = ctx.clock.now();
  if (state.regates >= MOST_REGATES) {
    tell(
      state,
      at,
      `the base has moved again, and the change was judged on ${MOST_REGATES} new bases already`,
    );
    return null;
  }
  const left = await leftOf(ports, ctx, { watch, state });
  const repository = await openBase(ports, { watch, delivered, base: now.base, baseHead });
  if (!repository.ok) {
    tell(state, at, `cannot judge on the new base yet: ${repository.error.message}`);
    return null;
  }
  const n = state.runs.length + 1;
  const run = regateRun(ctx, {
    watch,
    delivered,
    n,
    why: `Take in ${now.base} at ${baseHead.slice(0, 12)}`,
    left,
    repository: repository.value,
    pushes: state.leaves === true || (WANTS_BASE.has(now.mergeable) && mergesByApi(watch)),
    mergesBase: mergesByApi(watch) && (state.leaves === true || WANTS_BASE.has(now.mergeable)),
  });
  if (!run.ok) {
    state.conflict = baseHead;
    tell(state, at, run.error.message);
    return null;
  }
  state.regates++;
  state.pending = { n, kind: "regate", comments: [], checks: [], base: baseHead };
  tell(state, at, `the base has moved to ${baseHead}: the change is judged again (run ${n})`);
  return run.value;
}

const WANTS_BASE: ReadonlySet<string> = new Set(["behind", "conflicting"]);

/** GitLab makes no commit with two parents by its API. */
const mergesByApi = ({ forge }: WatchInput): boolean => forge === "github";

async function fix(
  ports: FactoryPorts,
  ctx: PhaseContext,
  given: Given,
  moved: string | null,
): Promise<EffectIntent[]> {
  const { watch, state, delivered, bodies, now } = given;
  const at = ctx.clock.now();
  const comments = Object.entries(state.comments).filter(([id, one]) => one.open && bodies.has(id))
    .slice(0, MOST_AT_ONCE);
  const red = failing(given);
  if (moved !== null && !mergesByApi(watch)) {
    tell(
      state,
      at,
      "the change does not pass on the base as it is now, and the forge takes no merge: a person has to",
    );
    return [];
  }
  const conflict = moved !== null && state.checks[CONFLICT]?.head !== moved &&
    (state.checks[CONFLICT]?.fixes ?? 0) < MOST_FIXES_EACH;
  if (comments.length === 0 && red.length === 0 && !conflict) return [];
  /** Nothing is done, and whoever asked is told why, once. */
  const refused = (why: string): EffectIntent[] => {
    tell(state, at, `${why}: a person has to go on`);
    return comments.map(([id, one]) => {
      one.open = false;
      return reply(ctx, watch, `refusal/${id}/${one.fixes}`, limitText(why), id);
    });
  };
  if (state.fixes >= MOST_FIXES) {
    return refused(`${MOST_FIXES} runs have worked on this pull request`);
  }
  const left = await leftOf(ports, ctx, { watch, state });
  if (UNITS.some((unit) => (left[unit] ?? 0) <= 0)) {
    return refused("the budget of the delivery is used up, and nothing is left to pay a fix with");
  }
  const repository = moved === null
    ? null
    : await openBase(ports, { watch, delivered, base: now.base, baseHead: moved });
  if (repository !== null && !repository.ok) {
    tell(state, at, `cannot work on the new base yet: ${repository.error.message}`);
    return [];
  }
  const findings: CarriedFindings = [];
  for (const [id] of comments) findings.push(await asked(bodies.get(id)));
  for (const check of red) findings.push(await failed(given, check));
  if (conflict) {
    findings.push({
      message: `The base branch has moved to ${moved}, and the change as it was is not accepted on it`,
      remediation: "Make the same change on the base as it is now",
    });
  }
  const n = state.runs.length + 1;
  for (const [, one] of comments) Object.assign(one, { open: false, fixes: one.fixes + 1 });
  const checks = [...red.map(({ name }) => name), ...(conflict ? [CONFLICT] : [])];
  for (const name of checks) {
    state.checks[name] = {
      fixes: (state.checks[name]?.fixes ?? 0) + 1,
      head: name === CONFLICT ? moved ?? "" : state.head,
    };
  }
  state.fixes++;
  state.pending = {
    n,
    kind: "fix",
    comments: comments.map(([id]) => id),
    checks,
    base: repository?.value.baseCommit ?? state.base,
  };
  tell(
    state,
    at,
    `fix ${state.fixes} of ${MOST_FIXES} (run ${n}): ${
      [...state.pending.comments, ...checks.map((name) => `check ${name}`)].join(", ")
    }`,
  );
  return [
    await fixRun(ctx, {
      watch,
      delivered,
      n,
      why: comments.length > 0 ? "Change what the review asks for" : "Fix what CI refuses",
      findings,
      left,
      ...(repository === null ? {} : { repository: repository.value }),
    }),
  ];
}

const CONFLICT = "(the base)";

/** Checks of others that failed on our head and that no run has worked on; none before all have ended. */
function failing({ state, now }: Given): PullRequestState["checks"][number][] {
  const others = now.checks.filter((check) => !check.ours);
  if (now.head !== state.head || others.some((check) => check.status !== "completed")) return [];
  return others.filter((check) => {
    const before = state.checks[check.name];
    return RED.has(check.conclusion ?? "") && before?.head !== state.head &&
      (before?.fixes ?? 0) < MOST_FIXES_EACH;
  }).slice(0, MOST_AT_ONCE);
}

/** The words of a person who may write: what is wanted, and no order beyond the code of this change. */
async function asked(comment: PullRequestComment | undefined): Promise<CarriedFindings[number]> {
  if (comment === undefined) throw new Error("Cannot work on a comment whose words are not there");
  return {
    message: `A reviewer asks for a change:\n${await quoted("review comment", comment.body, MAX_WORDS)}`,
    ...(comment.path === undefined ? {} : { path: comment.path }),
    ...(comment.line === undefined ? {} : { line: comment.line }),
    remediation:
      "Change the code as it is asked, within the scope of the spec; everything else stays as it is",
  };
}

/** A check that failed, with the end of what it printed. */
async function failed(
  { forge, watch }: Given,
  check: PullRequestState["checks"][number],
): Promise<CarriedFindings[number]> {
  let log = check.summary;
  try {
    log = (await forge.logs?.(watch.pull.repository, check, MAX_LOG))?.text ?? log;
  } catch (error) {
    // A log that cannot be had leaves the summary.
    if (!(error instanceof ForgeError)) throw error;
  }
  return {
    message: `CI refuses the change: ${await quoted("check", check.name, 200)}\n${await quoted(
      "log",
      log,
      MAX_LOG,
    )}`,
    remediation: "Find what the log says is wrong and put it right in the code; do not weaken the check",
  };
}

/** What the delivery's budget has left for all runs of this pull request together. */
async function leftOf(
  ports: FactoryPorts,
  ctx: PhaseContext,
  { watch, state }: Pick<Given, "watch" | "state">,
): Promise<Record<string, number>> {
  const views = await Promise.all(
    [watch.delivery, ctx.run, ...state.runs.map(({ run }) => run)].map((run) => ports.runs?.view(run)),
  );
  const spent = (unit: string) =>
    views.reduce((sum, view) => {
      const { spent = 0, reserved = 0 } = view?.budget[unit] ?? {};
      return sum + spent + reserved;
    }, 0);
  return Object.fromEntries(
    UNITS.map((unit) => [unit, Math.max(0, (views[0]?.budget[unit]?.limit ?? 0) - spent(unit))]),
  );
}
