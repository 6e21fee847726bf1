import type { PhaseHandler } from "../../kernel/mod.ts";
import { digestOf, type Json } from "../../specs/mod.ts";
import { readBytes, readInput, readJson } from "./input.ts";
import { failed } from "./outcome.ts";
import type { Packet } from "./packet.ts";
import type { FactoryPorts } from "./ports.ts";
import { proposalOf, rebuild } from "./proposal.ts";

/** Arguments of the effect that opens the pull request: small, durable before it acts. */
export interface OpenPullRequest {
  stored: string;
  tree: string;
  outgoing: string;
  repository: {
    location: string;
    gitDir: string;
    baseRef: string;
    baseCommit: string;
    baseTree: string;
    dirty: boolean;
  };
  draft: boolean;
  at: string;
}

/**
 * Applies the judged patch once more to the base, and asks for the pull request. The effect is performed only after the
 * last gates allowed it and the decision is durable.
 */
export function release(ports: FactoryPorts): PhaseHandler {
  return async (ctx) => {
    const { input, spec } = await readInput(ctx.blobs, ctx.input);
    const proposal = await proposalOf(ctx.blobs, ctx.outputs);
    const reviewed = ctx.outputs.review as { outgoing?: string } | undefined;
    if (!proposal?.change || !proposal.stored || !reviewed?.outgoing) {
      throw new Error("Cannot release: there is no reviewed change");
    }
    const patch = await readBytes(ctx.blobs, proposal.stored);
    const workspace = await rebuild(ports, ctx.run, {
      repository: input.repository,
      stored: proposal.stored,
      tree: proposal.change.tree,
    }, `release-${ctx.visit}`);
    if (!workspace.ok) return failed(workspace.error, { class: "data-integrity", source: "factory" });
    await workspace.value.dispose();
    const packet = await readJson(ctx.blobs, reviewed.outgoing) as unknown as Packet;
    const args: OpenPullRequest = {
      stored: proposal.stored,
      tree: proposal.change.tree,
      outgoing: reviewed.outgoing,
      repository: input.repository,
      draft: spec.autonomy === "A2",
      at: new Date(ctx.clock.now()).toISOString(),
    };
    const output: Json = {
      patch: await digestOf(patch),
      tree: proposal.change.tree,
      branch: packet.branch,
      draft: args.draft,
    };
    ctx.progress(`patch re-applied in a clean clone: tree ${proposal.change.tree.slice(0, 12)}`);
    return {
      kind: "done",
      outcome: "released-locally",
      output,
      effects: [{ key: `${ctx.run}/pull-request`, kind: "pull-request", args: args as unknown as Json }],
    };
  };
}
