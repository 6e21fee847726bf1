import type { RunView } from "../../kernel/mod.ts";
import {
  type ChainDocument,
  type ChainShown,
  type Denial,
  type RunDocument,
  StageStatus,
} from "../../specs/mod.ts";
import { bindingsOf, dependenciesOf, endsOf } from "./binding.ts";
import { ChainInput } from "./input.ts";
import { chainStateOf, unbegun } from "./state.ts";

/** The chain of a run as it is shown; null for any other run. */
export function chainShown(view: Pick<RunView, "input" | "outputs">): ChainShown | null {
  const input = ChainInput.safeParse(view.input);
  if (!input.success) return null;
  const { name, digest, id, chain, requests } = input.data;
  const state = chainStateOf(view);
  return {
    name,
    digest,
    id,
    stages: chain.stages.map((stage) => {
      const is = state?.stages[stage.id] ?? unbegun();
      const request = requests[stage.id];
      const bindings = bindingsOf(stage);
      return {
        id: stage.id,
        kind: request?.kind ?? "code",
        what: (request?.what ?? stage.id).slice(0, 300),
        dependsOn: dependenciesOf(stage).map((other) => ({
          stage: other,
          takes: bindings.filter((one) => one.stage === other).map(({ input, output }) =>
            `${input} <- ${output}`
          ),
          ends: [...endsOf(stage, other)],
        })),
        status: statusOf(is.status),
        run: is.run,
        why: is.why,
        evidence: is.evidence,
        outputs: is.outputs,
      };
    }),
  };
}

function statusOf(status: string): StageStatus {
  if (status === "begun" || status === "cancelling") return "running";
  if (status === "again") return "waiting";
  return StageStatus.parse(status);
}

/** Denials of the stages of a chain, and what moves one that waits for a human. */
export function chainNotes(view: Pick<RunView, "run" | "outputs">): {
  denials: Denial[];
  notes: string[];
  remedy: string | null;
} {
  const stages = Object.entries(chainStateOf(view)?.stages ?? {});
  const held = stages.find(([, { status }]) => status === "escalated" || status === "paused");
  return {
    denials: stages.flatMap(([, { denials }]) => denials).slice(0, 100),
    notes: stages.flatMap(([id, { status, why, run }]) =>
      why === null || status === "completed"
        ? []
        : [`stage ${id} is ${status}${run === null ? "" : ` (${run})`}: ${why}`.slice(0, 1500)]
    ),
    remedy: held === undefined
      ? null
      : `what it waits for: forge workflow show ${held[1].run}, then forge ${
        held[1].status === "paused" ? "workflow resume" : "workflow answer"
      } ${held[1].run}; end it: forge chain cancel ${view.run}`,
  };
}

/** A chain's own document: what `forge chain run --json` prints. */
export function chainDocument(document: RunDocument): ChainDocument | null {
  const { chain, run, status, denials, failure, evidence, waiting, notes } = document;
  if (chain === undefined) return null;
  const { name, digest, id, stages } = chain;
  return { run, status, chain: name, digest, id, stages, denials, failure, evidence, waiting, notes };
}
