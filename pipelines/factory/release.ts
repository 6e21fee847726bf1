import type { Workspace } from "../../connectors/mod.ts";
import type { PhaseContext, PhaseHandler } from "../../kernel/mod.ts";
import { autonomyEffect, lowestAutonomy } from "../../policies/mod.ts";
import { parseRepoPolicy } from "../../policies/code/mod.ts";
import { type Autonomy, digestOf, type Json, type Spec } from "../../specs/mod.ts";
import { PatchFacts } from "../../specs/code/mod.ts";
import { editsPolicy, intentsOf, operationFacts } from "../operation.ts";
import { codeOwners, OWNERS_FILES } from "./code_owners.ts";
import { type FactoryInput, readInput } from "./input.ts";
import { readBytes, readJson } from "../blob_reads.ts";
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
    remote?: string | undefined;
  };
  /** The local one when absent. */
  forge?: string;
  /** Blob: the review, for what it found in lines. */
  review?: string;
  draft: boolean;
  /** Who is asked for a review, and how it is marked: what the repository's policy and its CODEOWNERS say at the base. */
  reviewers?: string[];
  labels?: string[];
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
    const reviewed = ctx.outputs.review as { outgoing?: string; review?: string } | undefined;
    if (!proposal?.change || !proposal.stored || !reviewed?.outgoing) {
      throw new Error("Cannot release: there is no reviewed change");
    }
    const workspace = await rebuild(ports, ctx.run, {
      repository: input.repository,
      stored: proposal.stored,
      tree: proposal.change.tree,
    }, `release-${ctx.visit}`);
    if (!workspace.ok) return failed(workspace.error, { class: "data-integrity", source: "factory" });
    // Where lines are left out of what is kept, the digest is of what came out in the workspace.
    const patch = proposal.stored === proposal.patch
      ? await readBytes(ctx.blobs, proposal.stored)
      : (await workspace.value.curate()).patch;
    const { files } = proposal.change;
    const asks = input.forge === "local" ? {} : await asksFor(ports, {
      outputs: ctx.outputs,
      workspace: workspace.value,
      forge: input.forge,
      files,
    });
    await workspace.value.dispose();
    const packet = await readJson(ctx.blobs, reviewed.outgoing) as unknown as Packet;
    const at = new Date(ctx.clock.now()).toISOString();
    const args: OpenPullRequest = {
      stored: proposal.stored,
      tree: proposal.change.tree,
      outgoing: reviewed.outgoing,
      repository: input.repository,
      ...(input.forge === "local" ? {} : { forge: input.forge }),
      ...(reviewed.review === undefined ? {} : { review: reviewed.review }),
      draft: await opensDraft(
        ports,
        ctx.outputs,
        spec.autonomy,
        await grantedNow(ports, input, spec, proposal.facts, at),
      ),
      ...asks,
      at,
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
      effects: input.continues?.pushes === false ? [] : input.continues
        ? [{
          key: `${ctx.run}/pull-request`,
          kind: "pull-request-update",
          args: { ...args, continues: input.continues } as unknown as Json,
        }]
        : [
          { key: `${ctx.run}/pull-request`, kind: "pull-request", args: args as unknown as Json },
          ...(input.forge === "local" ? [] : [{
            key: `${ctx.run}/pull-request-notes`,
            kind: "pull-request-notes",
            args: args as unknown as Json,
          }]),
          ...(input.forge === "local" || ports.runs?.watches !== true
            ? []
            : [{ key: `${ctx.run}/watch`, kind: "watch-begin", args: null }]),
        ],
    };
  };
}

const MOST_REVIEWERS = 15;

/** Who is asked for a review, and the labels. The files of the base say it: a change names nobody who is to look at it. */
async function asksFor(
  ports: FactoryPorts,
  { outputs, workspace, forge, files }: {
    outputs: PhaseContext["outputs"];
    workspace: Pick<Workspace, "read">;
    forge: keyof typeof OWNERS_FILES;
    files: readonly { path: string }[];
  },
): Promise<{ reviewers: string[]; labels: string[] }> {
  const { pullRequests: { reviewers, owners, labels } } = await policyOf(ports, outputs);
  let owning: string[] = [];
  for (const path of owners ? OWNERS_FILES[forge] : []) {
    const bytes = await workspace.read(path, "base");
    if (bytes === null) continue;
    // What is no text names nobody.
    owning = codeOwners(new TextDecoder().decode(bytes), files.map((file) => file.path));
    break;
  }
  const all = [...new Set([...reviewers.map((name) => name.replace(/^@/, "")), ...owning])];
  return { reviewers: all.slice(0, MOST_REVIEWERS), labels };
}

/** The text of the repository's policy, as the base of the change declares it; null where it has none. */
export async function policyTextOf(
  blobs: FactoryPorts["blobs"],
  outputs: PhaseContext["outputs"],
): Promise<string | null> {
  const digest = (outputs.explore as { policy?: string | null } | undefined)?.policy ??
    (outputs.implement as { policy?: string | null } | undefined)?.policy;
  return digest ? utf8.decode(await readBytes(blobs, digest)) : null;
}

/** The same, read. */
export async function policyOf(ports: FactoryPorts, outputs: PhaseContext["outputs"]) {
  const policy = await parseRepoPolicy(await policyTextOf(ports.blobs, outputs));
  if (!policy.ok) throw new Error(policy.error.message);
  return policy.value;
}

/**
 * Whether what is opened is a draft: at A2, and below it, where only a human's answer let the run come here. The lowest of spec,
 * installation and repository counts, as for the gates.
 */
async function opensDraft(
  ports: FactoryPorts,
  outputs: PhaseContext["outputs"],
  ceiling: Autonomy,
  granted: Autonomy,
): Promise<boolean> {
  const level = lowestAutonomy(ceiling, granted, (await policyOf(ports, outputs)).autonomy);
  return autonomyEffect(level)?.pullRequest !== "ready";
}

/** What is granted for this change, as the gates ask for it. */
async function grantedNow(
  ports: FactoryPorts,
  input: FactoryInput,
  spec: Spec,
  facts: string,
  at: string,
): Promise<Autonomy> {
  const { granted } = await operationFacts(ports.installation.operation, {
    tier: spec.tier,
    intents: intentsOf(spec.intent),
    repository: input.repository.location,
    editsPolicy: editsPolicy(PatchFacts.parse(await readJson(ports.blobs, facts))),
  }, at);
  return granted ?? ports.installation.granted;
}

const utf8 = new TextDecoder("utf-8", { fatal: true });
