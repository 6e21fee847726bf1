import canonicalize from "canonicalize";
import { bindingsOf, outputOf, stagesOf } from "../pipelines/mod.ts";
import {
  type Actor,
  type Chain,
  type ChainLink,
  type ChainStage,
  digestOf,
  err,
  ok,
  type Problem,
  type Result,
  type RunDocument,
} from "../specs/mod.ts";
import type { RunRequest, Service } from "./service.ts";

/** What became of a stage. */
export interface StageOutcome {
  id: string;
  status: RunDocument["status"] | "skipped" | "refused";
  run: string | null;
  /** Why it was skipped or refused. */
  why: string | null;
}

export interface ChainOutcome {
  chain: string;
  digest: string;
  /** Names this execution: with the same name it goes on where it was. */
  id: string;
  stages: StageOutcome[];
}

/** A stage with the document of its run, when it has one. */
interface Stage {
  readonly outcome: StageOutcome;
  readonly document: RunDocument | null;
}

/** Carries a chain out: each stage as soon as those that it waits for are completed. What was submitted before is not submitted again. */
export async function runChain(
  service: Pick<Service, "submit" | "settled">,
  given: {
    chain: Chain;
    id: string;
    actor: Actor;
    /** The request of a stage, without what it takes from others. */
    request: (stage: ChainStage) => Promise<RunRequest>;
    readEvidence: (document: RunDocument, path: string) => Promise<Uint8Array | null>;
    told: (stage: string, message: string) => void;
    signal?: AbortSignal;
  },
): Promise<ChainOutcome> {
  const { chain, id, actor, told } = given;
  const digest = await digestOf(canonicalize(chain) ?? "");
  const outcomes = new Map<string, Promise<Stage>>();
  const waits = new Map(stagesOf(chain).map((stage) => [stage.id, stage.dependsOn]));

  const carriedOut = async (stage: ChainStage): Promise<Stage> => {
    const before = await Promise.all((waits.get(stage.id) ?? []).map((one) => begun(one)));
    const open = before.find(({ outcome }) => outcome.status !== "completed");
    if (open !== undefined) {
      const why = `${open.outcome.id} is ${open.outcome.status}`;
      told(stage.id, `skipped: ${why}`);
      return { outcome: { id: stage.id, status: "skipped" as const, run: null, why }, document: null };
    }
    const taken = await inputsOf(stage, before.flatMap(({ document }) => document ?? []));
    const submitted = taken.ok
      ? await service.submit({
        ...await given.request(stage),
        ...taken.value,
        idempotencyKey: `chain/${digest}/${id}/${stage.id}`,
      }, actor)
      : taken;
    if (!submitted.ok) {
      const why = submitted.error.message;
      told(stage.id, `refused: ${why}`);
      return { outcome: { id: stage.id, status: "refused" as const, run: null, why }, document: null };
    }
    const { run } = submitted.value;
    told(stage.id, `run ${run}`);
    const document = await service.settled(run, given.signal);
    told(stage.id, document.status);
    return { outcome: { id: stage.id, status: document.status, run, why: null }, document };
  };
  const byId = new Map(chain.stages.map((stage) => [stage.id, stage]));
  const begun = (id: string): Promise<Stage> => {
    const stage = byId.get(id);
    if (stage === undefined) throw new Error(`Cannot run the stage ${id}: the chain has none`);
    const known = outcomes.get(id) ?? carriedOut(stage);
    outcomes.set(id, known);
    return known;
  };

  /** What the stage takes, and where that comes from. */
  const inputsOf = async (
    stage: ChainStage,
    documents: readonly RunDocument[],
  ): Promise<Result<Partial<RunRequest>, Problem>> => {
    const request: Partial<RunRequest> = {};
    const from: ChainLink["from"] = [];
    for (const { input, stage: source, output } of bindingsOf(stage)) {
      const { outcome } = await begun(source);
      const document = documents.find(({ run }) => run === outcome.run);
      const value = document === undefined
        ? null
        : await outputOf(document, output, (path) => given.readEvidence(document, path));
      if (value === null || outcome.run === null) {
        return err({
          code: "chain",
          message: `Cannot take ${source}.${output} for ${stage.id}: the run ${outcome.run} has not given it`,
          remedy:
            "A patch that holds a secret is withheld, and below A2 there is no pull request: look at that run",
        });
      }
      if (input === "base" && typeof value === "string") request.base = value;
      if (input === "patch" && typeof value !== "string") request.patch = value;
      from.push({ input, stage: source, output, run: outcome.run });
    }
    return ok({ ...request, chain: { name: chain.name, digest, stage: stage.id, from } });
  };

  const all = await Promise.all(chain.stages.map((stage) => begun(stage.id)));
  return { chain: chain.name, digest, id, stages: all.map(({ outcome }) => outcome) };
}
