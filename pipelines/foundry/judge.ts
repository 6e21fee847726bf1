import type { Judge } from "../../kernel/mod.ts";
import { type DataJudgeInput, inputText, judgeDataTransition, PublishedFacts } from "../../policies/mod.ts";
import { DataFacts } from "../../specs/foundry/mod.ts";
import { readJson } from "../factory/input.ts";
import { pinnedPacks } from "../factory/packs.ts";
import { readAsked } from "./input.ts";
import type { FoundryPorts } from "./ports.ts";

/** Gathers what the gates of a data run may read, from the ledger's outputs and the blobs that they name, and judges. */
export function foundryJudge(ports: FoundryPorts): Judge {
  const judging = pinnedPacks(ports);
  return async (transition) => {
    const { installation, blobs } = ports;
    const { input, pipeline } = await readAsked(blobs, transition.input);
    const assured = transition.outputs.assure as { facts?: string; subject?: string } | undefined;
    const published = transition.outputs.publish as { published?: string } | undefined;
    const judged: DataJudgeInput = {
      transition: { from: transition.from, to: transition.to },
      pipeline: {
        id: pipeline.id,
        definition: input.definition,
        environment: input.environment,
        mode: input.mode,
        tier: pipeline.tier,
        classification: pipeline.classification,
        streams: pipeline.streams.map(({ id }) => id),
        packs: pipeline.packs.filter((pack) => pack !== "core"),
        quality: Object.fromEntries(pipeline.streams.map(({ id, quality }) => [id, quality.length])),
      },
      data: assured?.facts === undefined ? null : DataFacts.parse(await readJson(blobs, assured.facts)),
      subject: assured?.subject ?? null,
      published: published?.published === undefined
        ? null
        : PublishedFacts.parse(await readJson(blobs, published.published)),
      budget: { ...transition.budget },
      autonomy: { ceiling: "A4", granted: installation.granted },
      approvals: transition.approvals.map((approval) => ({
        by: approval.by.id,
        at: approval.at,
        selfApproved: approval.selfApproved,
        ...(approval.subject === undefined ? {} : { patch: approval.subject }),
      })),
      principals: {
        requester: input.requester,
        approvers: [...installation.approvers],
        singleKey: installation.singleKey,
      },
      at: transition.at,
    };
    // Kept under the digest that the decision names, so that it can be judged again.
    const text = inputText(judged);
    if (text !== null) await blobs.put(text);
    return await judgeDataTransition(judged, { packs: await judging(input.packs ?? null, transition.at) });
  };
}
