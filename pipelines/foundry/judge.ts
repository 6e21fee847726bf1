import type { Judge } from "../../kernel/mod.ts";
import { type DataJudgeInput, judgeDataKept, PublishedFacts } from "../../policies/mod.ts";
import { DataFacts } from "../../specs/foundry/mod.ts";
import { pinnedPacks } from "../packs.ts";
import { peopleFacts } from "../approvals.ts";
import { waiversOf } from "../waivers.ts";
import { LOAD, operationFacts } from "../operation.ts";
import { readAsked } from "./input.ts";
import { readParsed } from "./parsed.ts";
import type { FoundryPorts } from "./ports.ts";

/** Gathers what the gates of a data run may read, from the ledger's outputs and the blobs that they name, and judges. */
export function foundryJudge(ports: FoundryPorts): Judge {
  const judging = pinnedPacks(ports);
  return async (transition) => {
    const { installation, blobs } = ports;
    const { input, pipeline } = await readAsked(blobs, transition.input);
    const assured = transition.outputs.assure as { facts?: string; subject?: string } | undefined;
    const published = transition.outputs.publish as { published?: string } | undefined;
    const people = async () => {
      const facts = await peopleFacts(ports, transition, input.requester);
      const { known } = facts;
      const given = { pinned: null, run: transition.run, known, at: transition.at, approvers: [] };
      return { ...facts, ...await waiversOf(ports, given) };
    };
    const [
      { approvals, principals, facts: waivers, useWaiver },
      { granted = installation.granted, recorded },
      data,
      loads,
      packs,
    ] = await Promise.all([
      people(),
      operationFacts(ports.installation.operation, {
        tier: pipeline.tier,
        intents: [LOAD],
        repository: `pipeline ${pipeline.id}`,
        editsPolicy: false,
      }, transition.at),
      assured?.facts === undefined ? null : readParsed(blobs, assured.facts, DataFacts),
      published?.published === undefined ? null : readParsed(blobs, published.published, PublishedFacts),
      judging(input.packs ?? null, transition.at),
    ]);
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
      data,
      subject: assured?.subject ?? null,
      published: loads,
      budget: { ...transition.budget },
      autonomy: { ceiling: "A4", granted },
      ...recorded,
      approvals,
      principals,
      ...(waivers.length === 0 ? {} : { waivers }),
      at: transition.at,
    };
    const { decision, kept } = await judgeDataKept(judged, { packs, useWaiver });
    // Kept under the digest that the decision names, so that it can be judged again.
    await blobs.put(kept);
    return decision;
  };
}
