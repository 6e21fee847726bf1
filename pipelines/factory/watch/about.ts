/** What the gates of a watch read: gathered while it looks, kept as a blob, judged by the kernel's judge and by the look itself before. */
import { z } from "zod";
import type { PullRequestState } from "../../../connectors/mod.ts";
import type { Judge, PhaseContext, RunView } from "../../../kernel/mod.ts";
import {
  judgePullTransition,
  PullFacts,
  type PullJudgeInput,
  TrainFacts,
} from "../../../policies/code/mod.ts";
import { inputText } from "../../../policies/code/mod.ts";
import { Autonomy, type Decision, Tier } from "../../../specs/mod.ts";
import { PatchFacts } from "../../../specs/code/mod.ts";
import { editsPolicy, intentsOf, operationFacts, type OperationSubject } from "../../operation.ts";
import { readJson } from "../../blob_reads.ts";
import type { FactoryPorts } from "../ports.ts";
import { policyTextOf } from "../release.ts";
import type { Delivered } from "./delivered.ts";
import type { WatchInput, WatchState } from "./record.ts";

/** Everything that a decision about a watch, or about a train, needs beside the instant and what is granted then. */
export const About = z.strictObject({
  pull: PullFacts.nullable(),
  train: TrainFacts.nullable(),
  requester: z.string(),
  ceiling: Autonomy,
  policy: z.string().nullable(),
  subject: z.strictObject({
    tier: Tier,
    intents: z.array(z.string()),
    repository: z.string(),
    editsPolicy: z.boolean(),
  }),
});
export type About = z.infer<typeof About>;

/** The facts of a pull request that this installation opened. */
export async function aboutPull(
  ports: FactoryPorts,
  given: {
    asks: PullFacts["asks"];
    watch: WatchInput;
    state: WatchState;
    delivered: Delivered;
    now: PullRequestState | null;
    train: TrainFacts | null;
  },
): Promise<About> {
  const { asks, watch, state, delivered, now, train } = given;
  const { origin, spec, proposal } = delivered;
  // A change that was judged again on another base is what that run says of it.
  const by = state.judgedBy ?? delivered.run;
  const view: RunView = by === delivered.run ? delivered.view : await ports.runs?.view(by) ?? delivered.view;
  return {
    pull: {
      url: watch.pull.url,
      asks,
      judged: {
        run: view.run,
        status: view.status,
        evidence: view.evidence?.digest ?? null,
        head: state.head,
        tree: state.tree,
        base: state.base,
      },
      now: now && nowOf(now),
      account: state.account,
      requests: Object.values(state.comments).filter((one) => one.open).length,
      working: state.pending !== null,
      ended: state.ended,
      merged: state.merged && { ...state.merged, why: state.merged.why.slice(0, 2000) },
    },
    train,
    requester: watch.requester,
    ceiling: spec.autonomy,
    policy: await policyTextOf(ports.blobs, view.outputs),
    subject: {
      tier: spec.tier,
      intents: intentsOf(spec.intent),
      // A base that has moved is fetched from elsewhere: the record is that of the repository that was worked on.
      repository: origin.repository.location,
      editsPolicy: editsPolicy(PatchFacts.parse(await readJson(ports.blobs, proposal.facts))),
    },
  };
}

function nowOf(now: PullRequestState): NonNullable<PullFacts["now"]> {
  return {
    state: now.state,
    draft: now.draft,
    head: now.head,
    baseHead: now.baseHead,
    mergeable: now.mergeable,
    cut: now.cut,
    checks: now.checks.filter((check) => !check.ours).map(({ name, conclusion, status }) => ({
      name: name.slice(0, 300),
      state: conclusion ?? status,
    })),
    reviews: now.reviews.map(({ author, state, commit }) => ({
      by: author.name.slice(0, 300),
      bot: author.bot,
      permission: author.permission,
      state,
      commit,
    })),
  };
}

/** Judges a transition of a watch or a train from the facts that its look has kept. */
export function watchJudge(ports: FactoryPorts): Judge {
  return async ({ outputs, from, to, budget, at }) => {
    const { about } = outputs.look as { about?: string };
    if (about === undefined) throw new Error("the look has kept nothing to judge by");
    const facts = About.parse(await readJson(ports.blobs, about));
    return await judgeAbout(ports, facts, { transition: { from, to }, budget: { ...budget }, at }, true);
  };
}

/** What the gates would say of a merge now. The decision that counts is taken after it, and is durable before anything is done. */
export const mergeNow = (
  ports: FactoryPorts,
  ctx: PhaseContext,
  about: About,
): Promise<Decision> =>
  judgeAbout(ports, about, {
    transition: { from: "look", to: "wait" },
    budget: {},
    at: new Date(ctx.clock.now()).toISOString(),
  }, false);

async function judgeAbout(
  ports: FactoryPorts,
  { pull, train, requester, ceiling, policy, subject }: About,
  given: Pick<PullJudgeInput, "transition" | "budget" | "at">,
  keeps: boolean,
): Promise<Decision> {
  const { installation, blobs } = ports;
  const asked: OperationSubject = subject;
  const { granted = installation.granted, recorded } = await operationFacts(
    installation.operation,
    asked,
    given.at,
  );
  const input: PullJudgeInput = {
    ...given,
    pull,
    train,
    autonomy: { ceiling, granted },
    approvals: [],
    principals: { requester, approvers: [], singleKey: installation.singleKey },
    policy,
    ...recorded,
  };
  const decision = await judgePullTransition(input);
  const text = keeps ? inputText(input) : null;
  // Kept under the digest that the decision names, so that it can be judged again.
  if (text !== null) await blobs.put(text);
  return decision;
}
