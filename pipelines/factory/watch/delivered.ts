import type { Blobs, RunView } from "../../../kernel/mod.ts";
import type { PullRequestRef, Spec } from "../../../specs/mod.ts";
import { type FactoryInput, readInput } from "../input.ts";
import type { FactoryPorts } from "../ports.ts";
import { type Proposal, proposalOf } from "../proposal.ts";

/** A run whose change is on the branch of the pull request. */
export interface Delivered {
  readonly run: string;
  readonly view: RunView;
  readonly input: FactoryInput;
  /** Of the run that opened the pull request: who makes fixes. A change that was judged again was only replayed. */
  readonly origin: FactoryInput;
  readonly spec: Spec;
  readonly proposal: Proposal;
  readonly pull: PullRequestRef;
  /** What was judged, and the commit that it was judged on. */
  readonly tree: string;
  readonly base: string;
}

/** What a run delivered; null when it has opened or updated no pull request (yet). */
export async function deliveredBy(
  ports: Pick<FactoryPorts, "runs"> & { readonly blobs: Blobs },
  run: string,
  origin?: FactoryInput,
): Promise<Delivered | null> {
  const view = await ports.runs?.view(run) ?? null;
  const pull = view?.effects[`${run}/pull-request`] as unknown as PullRequestRef | undefined;
  if (view === null || pull === undefined) return null;
  const { input, spec } = await readInput(ports.blobs, view.input);
  const proposal = await proposalOf(ports.blobs, view.outputs);
  if (!proposal?.change) return null;
  return {
    run,
    view,
    input,
    origin: origin ?? input,
    spec,
    proposal,
    pull,
    tree: proposal.change.tree,
    base: input.repository.baseCommit,
  };
}
