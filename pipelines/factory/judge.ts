import type { Engine, Judge } from "../../kernel/mod.ts";
import { judgeKept } from "../../policies/code/mod.ts";
import { type JudgeInput, repositoryNames } from "../../policies/mod.ts";
import { addedLineOf, inputText, Outgoing, parseRepoPolicy, ReviewFacts } from "../../policies/code/mod.ts";
import type { Json } from "../../specs/mod.ts";
import { AgentSession, CloneFacts, PatchFacts, VerifyFacts } from "../../specs/code/mod.ts";
import { peopleFacts } from "../approvals.ts";
import { waiversOf } from "../waivers.ts";
import { readInput } from "./input.ts";
import { readBytes, readJson } from "../blob_reads.ts";
import { approvalsAbout, plannedFacts } from "./planner/judged.ts";
import { pinnedPacks } from "../packs.ts";
import { editsPolicy, intentsOf, operationFacts } from "../operation.ts";
import type { FactoryPorts } from "./ports.ts";
import { proposalOf } from "./proposal.ts";
import { ledgerUpTo } from "../ledger_account.ts";
import { recordedRegistry } from "./registry_snapshot.ts";
import { recordsFor } from "./told_records.ts";

type Named<K extends string> = { readonly [key in K]?: string | null } | undefined;

/**
 * Gathers what the gates of a transition may read, from the ledger's outputs and the blobs that they name, and judges. What a
 * phase has not made yet is null; what should be there and is not throws, which is a denial.
 */
export function factoryJudge(ports: FactoryPorts, events?: Engine["events"]): Judge {
  const judging = pinnedPacks(ports);
  return async (transition) => {
    const { blobs, installation } = ports;
    const { input, spec } = await readInput(blobs, transition.input);
    const { outputs } = transition;
    const proposal = await proposalOf(blobs, outputs);
    const explored = outputs.explore as Named<"policy" | "packs" | "waivers">;
    const plan = await plannedFacts(blobs, outputs, spec);
    const implemented = outputs.implement as Named<"policy" | "packs" | "registry" | "clone" | "waivers">;
    const verified = outputs.verify as Named<"facts" | "patch" | "tree" | "clone">;
    const reviewed = outputs.review as Named<"review" | "outgoing">;
    const released = outputs.release as Named<"patch" | "tree">;
    const policy = explored?.policy ?? implemented?.policy ?? null;
    const packs = await judging(explored?.packs ?? implemented?.packs ?? null, transition.at);
    const optional = async (digest: string | null | undefined): Promise<Json> =>
      digest ? await readJson(blobs, digest) : null;
    const outgoing = await optional(reviewed?.outgoing);
    const review = await optional(reviewed?.review);
    const verifyFacts = await optional(verified?.facts);

    const patchFacts = proposal ? PatchFacts.parse(await readJson(blobs, proposal.facts)) : null;
    const policyText = policy
      ? new TextDecoder("utf-8", { fatal: true }).decode(await readBytes(blobs, policy))
      : null;
    const { approvals, principals, known } = await peopleFacts(ports, transition, input.requester);
    const own = await parseRepoPolicy(policyText);
    const { facts: waivers, useWaiver } = await waiversOf(ports, {
      pinned: explored?.waivers ?? implemented?.waivers ?? null,
      run: transition.run,
      known,
      at: transition.at,
      approvers: own.ok ? own.value.approvers : [],
    });
    const { places = [], location } = input.repository;

    const { granted = installation.granted, recorded } = await operationFacts(ports.installation.operation, {
      tier: spec.tier,
      intents: intentsOf(spec.intent),
      repository: input.repository.location,
      editsPolicy: editsPolicy(proposal ? PatchFacts.parse(await readJson(blobs, proposal.facts)) : null),
    }, transition.at);
    const judged: JudgeInput = {
      transition: { from: transition.from, to: transition.to },
      spec,
      specDigest: input.spec,
      plan,
      proposal: proposal
        ? {
          implementer: input.implementer,
          rederives: proposal.rederives,
          ...(input.task === undefined ? {} : { stacked: true as const }),
        }
        : null,
      patchFacts,
      verify: verifyFacts === null ? null : VerifyFacts.parse(verifyFacts),
      review: review === null ? null : ReviewFacts.parse(review),
      outgoing: outgoing === null ? null : Outgoing.parse(outgoing),
      budget: transition.budget,
      autonomy: { ceiling: spec.autonomy, granted },
      approvals: await approvalsAbout(blobs, approvals, plan, transition.to),
      principals,
      policy: policyText,
      repository: repositoryNames([own.ok ? own.value.repository : null, ...places, location]),
      ...(waivers.length === 0 ? {} : { waivers }),
      ...(implemented?.registry
        ? { registry: await recordedRegistry(await readJson(blobs, implemented.registry)) }
        : {}),
      ...(implemented?.clone || verified?.clone
        ? {
          clones: {
            implementer: await cloneFacts(optional(implemented?.clone)),
            verifier: await cloneFacts(optional(verified?.clone)),
          },
        }
        : {}),
      ...recorded,
      ...(events !== undefined && publishes(transition)
        ? { ledger: await ledgerUpTo(events, transition.run) }
        : {}),
      ...(events !== undefined && reviewed?.outgoing
        ? {
          records: await recordsFor(blobs, events, transition.run, {
            ...(outputs.review as Record<string, Json>),
            outgoing: reviewed.outgoing,
          }),
        }
        : {}),
      ...(proposal?.work?.session
        ? { session: AgentSession.parse(await readJson(blobs, proposal.work.session)) }
        : {}),
      binding: {
        verified: subjectOf(verified, input.repository.baseCommit),
        released: subjectOf(released, input.repository.baseCommit),
      },
      at: transition.at,
    };
    const patch = proposal?.stored ? await blobs.get(proposal.stored) : null;
    const { decision, input: kept } = await judgeKept(judged, {
      packs,
      lineOf: addedLineOf(patch, patchFacts?.secrets ?? []),
      useWaiver,
    });
    // Kept under the digest that the decision names, so that it can be judged again, by these packs or by others.
    const text = inputText(kept ?? judged);
    if (text !== null) await blobs.put(text);
    return decision;
  };
}

/** Where the rule over the ledger is bound. */
const publishes = ({ from, to }: { from: string; to: string }): boolean =>
  from === "review" || to === "release" || to === "@completed";

async function cloneFacts(recorded: Promise<Json>): Promise<CloneFacts | null> {
  const told = await recorded;
  return told === null ? null : CloneFacts.parse(told);
}

function subjectOf(
  output: Named<"patch" | "tree">,
  base: string,
): { patch: string; tree: string; base: string } | null {
  return output?.patch && output.tree ? { patch: output.patch, tree: output.tree, base } : null;
}
