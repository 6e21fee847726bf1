import type { WatchState } from "../../pipelines/factory/mod.ts";
import type { PullRequest } from "../../connectors/mod.ts";
import type { RunDocument } from "../../specs/mod.ts";
import type { Service } from "../service.ts";
import { type Answer, CommandError, type Handler, type Invocation, usage } from "./command.ts";
import { oneLine } from "./paint.ts";
import { pullNamed, repositoryOf } from "./pr.ts";
import { follow } from "./run.ts";
import { notFound, principalOf, withService } from "./session.ts";

const MOST_HOURS = 72;

/** `forge pr watch N|URL` */
export const watch: Handler = (invocation) =>
  withService(invocation, { workers: true, only: "code" }, async (service, data) => {
    const [text = ""] = invocation.operands;
    const named = pullNamed(text);
    const pull = named === null ? null : await service.pullRequest(
      named.number,
      named.page ?? await repositoryOf(invocation.io, invocation.options.repo),
    );
    if (!pull) throw notFound("pull request", text, "See: forge pr list");
    const hours = hoursOf(invocation.options.hours);
    return await watchPull(invocation, service, data, {
      pull,
      hours,
      once: invocation.options.once === true,
    });
  });

function hoursOf(given: string | boolean | undefined): number | undefined {
  if (given === undefined) return undefined;
  const hours = Number(given);
  if (Number.isFinite(hours) && hours > 0 && hours <= MOST_HOURS) return hours;
  throw usage(`--hours must be above 0 and at most ${MOST_HOURS}`, "For example --hours 8", {
    value: String(given),
  });
}

/** Begins or joins the watch, and stays until it ends; once: until it waits with nothing under way. */
export async function watchPull(
  invocation: Invocation,
  service: Service,
  data: string,
  given: { pull: Pick<PullRequest, "run" | "number" | "url">; hours: number | undefined; once: boolean },
): Promise<Answer> {
  const begun = await service.watchPull?.(given.pull, given.hours, await principalOf(invocation, data));
  if (begun === undefined || !begun.ok) {
    throw new CommandError(
      begun?.error ?? { code: "not-here", message: "Cannot watch anything on this host" },
      2,
    );
  }
  const { run } = begun.value;
  const looks = begun.value.existed ? (await service.watched?.(run))?.looks ?? 0 : 0;
  let answer = await follow(invocation, service, run);
  for (let head = -1;;) {
    const state = await service.watched?.(run) ?? null;
    if (state === null || isOver(answer)) break;
    const pending = state.runs.at(-1);
    if (given.once && state.pending === null && state.looks > looks) break;
    // Parked: it goes on by itself. What it began is followed meanwhile.
    const view = await service.view(run);
    head = Math.max(head, view?.head.seq ?? 0);
    if (state.pending !== null && pending?.n === state.pending.n && pending.status !== "escalated") {
      await service.settled(pending.run, invocation.io.interrupted);
    }
    if (given.once && pending?.status === "escalated") break;
    await nextEvent(invocation, service, run, head);
    answer = await follow(invocation, service, run, head);
  }
  return shown(answer, await service.watched?.(run) ?? null);
}

export const isOver = ({ document }: Answer): boolean => {
  const { status } = document as RunDocument;
  return status !== "parked" && status !== "running" && status !== "queued";
};

export async function nextEvent(
  invocation: Invocation,
  service: Service,
  run: string,
  after: number,
): Promise<void> {
  const done = new AbortController();
  const signal = AbortSignal.any([done.signal, invocation.io.interrupted]);
  try {
    for await (const _ of service.watch(run, { after, signal })) break;
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    done.abort();
  }
}

function shown(answer: Answer, state: WatchState | null): Answer {
  return {
    exit: answer.exit,
    document: { ...answer.document as RunDocument, watch: state },
    text: [
      answer.text,
      ...(state === null ? [] : [
        "",
        `head ${state.head}, judged as tree ${state.tree} on ${state.base}`,
        ...state.told.map(({ at, what }) => `${at.slice(0, 19)}Z  ${oneLine(what, 300)}`),
        ...state.runs.map(({ kind, run, status }) => `${kind}  ${run}  ${status}`),
        ...(state.merged === null
          ? []
          : [`merged ${state.merged.verdict}: ${oneLine(state.merged.why, 300)}`]),
      ]),
    ].join("\n"),
  };
}

/** After a run with --watch; how to watch it, without. */
export async function thenWatch(
  invocation: Invocation,
  service: Service,
  data: string,
  answer: Answer,
): Promise<Answer> {
  const { run, status, pullRequest, pullRequests } = answer.document as RunDocument;
  const watches = invocation.options.watch === true;
  if (status !== "completed" || pullRequest === null) return answer;
  const { number, url } = pullRequest;
  if (!/^https?:/.test(url)) {
    return watches ? noted(answer, "not watched: the local forge has nobody to watch for") : answer;
  }
  if (!watches) {
    const urls = (pullRequests ?? [pullRequest]).map((one) => `forge pr watch ${one.url}`);
    return noted(
      answer,
      `not watched; to watch ${urls.length === 1 ? "it" : "them"}: ${urls.join("; ")}`,
    );
  }
  return await watchPull(invocation, service, data, {
    pull: { run, number, url },
    hours: undefined,
    once: false,
  });
}

function noted(answer: Answer, note: string): Answer {
  const document = answer.document as RunDocument;
  return {
    ...answer,
    document: { ...document, notes: [...document.notes, note] },
    text: `${answer.text}\n${note}`,
  };
}
