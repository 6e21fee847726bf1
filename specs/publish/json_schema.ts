import { z } from "zod";
import { ApprovalRequest, ApprovalStatement } from "../approval.ts";
import { Chain, ChainCheck, ChainDocument } from "../chain.ts";
import { Change } from "../change.ts";
import { Decision } from "../decision.ts";
import { Approval, Escalation, Event, EventBody } from "../event.ts";
import { EvidenceManifest } from "../evidence.ts";
import { PatchFacts } from "../facts.ts";
import { DataFacts } from "../foundry/data_facts.ts";
import { Environment } from "../foundry/environment.ts";
import { PipelineDocument } from "../foundry/load.ts";
import { Pipeline } from "../foundry/pipeline.ts";
import { PipelineReport } from "../foundry/pipeline_report.ts";
import { FailureRecord } from "../failure.ts";
import { FleetReport } from "../fleet.ts";
import { ModelList, ModelRegistry, ModelSettings } from "../model.ts";
import { PackManifest, TrustRoot } from "../pack.ts";
import { Operation } from "../operation.ts";
import { TestReport } from "../report.ts";
import { RunDocument } from "../result.ts";
import { PullReview } from "../pull_review.ts";
import { TrainDocument, TrainFile } from "../train.ts";
import { ScanDocument } from "../scan.ts";
import { AgentSession } from "../session.ts";
import { Spec } from "../spec.ts";
import { VerifyFacts } from "../verify.ts";
import { Waiver } from "../waiver.ts";
import { WorkflowDefinition } from "../workflow.ts";

/** A contract that is published as a JSON Schema. */
export interface Published {
  name: string;
  title: string;
  schema: z.ZodType;
  /** `input`: people write it, and defaults may be left out. `output`: we write it, and everything is there. */
  io: "input" | "output";
}

/** One record of the ledger with its envelope: the parts of the intersection as one closed object for each type. */
function eventRecord(): z.ZodType {
  const envelope = Event.def.right.shape;
  const [first, ...rest] = EventBody.options.map((option) =>
    z.strictObject({ ...envelope, ...option.shape })
  );
  if (first === undefined) throw new Error("the union of events is empty");
  return z.union([first, ...rest]);
}

export const PUBLISHED: readonly Published[] = [
  { name: "spec", title: "Spec, native form", schema: Spec, io: "input" },
  { name: "chain", title: "Chain of runs", schema: Chain, io: "input" },
  { name: "chain-document", title: "Chain that was begun", schema: ChainDocument, io: "output" },
  { name: "chain-check", title: "What a check of a chain finds", schema: ChainCheck, io: "output" },
  { name: "operation", title: "Operation of a codemod", schema: Operation, io: "input" },
  { name: "workflow", title: "Workflow definition", schema: WorkflowDefinition, io: "input" },
  { name: "event", title: "Event of the ledger", schema: eventRecord(), io: "output" },
  { name: "decision", title: "Decision about a transition", schema: Decision, io: "output" },
  { name: "pack", title: "Manifest of a policy pack", schema: PackManifest, io: "input" },
  {
    name: "trust-root",
    title: "Keys that policy packs are verified against",
    schema: TrustRoot,
    io: "input",
  },
  { name: "escalation", title: "Question to a human", schema: Escalation, io: "output" },
  { name: "approval", title: "Answer of a human", schema: Approval, io: "output" },
  { name: "approval-statement", title: "What an approver signs", schema: ApprovalStatement, io: "output" },
  {
    name: "approval-request",
    title: "Question to a human with its answer",
    schema: ApprovalRequest,
    io: "output",
  },
  { name: "waiver", title: "Waiver: the signed payload", schema: Waiver, io: "input" },
  { name: "failure", title: "Failure record", schema: FailureRecord, io: "output" },
  { name: "run", title: "Run document", schema: RunDocument, io: "output" },
  { name: "fleet", title: "Fleet report", schema: FleetReport, io: "output" },
  {
    name: "model-registry",
    title: "Registry of models with their prices",
    schema: ModelRegistry,
    io: "input",
  },
  {
    name: "model-settings",
    title: "Models and endpoints of the operator",
    schema: ModelSettings,
    io: "input",
  },
  { name: "model-list", title: "Models as they can be asked", schema: ModelList, io: "output" },
  { name: "change", title: "Change to a repository", schema: Change, io: "output" },
  { name: "pull-review", title: "Review of a pull request", schema: PullReview, io: "output" },
  { name: "train", title: "Train of pull requests", schema: TrainDocument, io: "output" },
  { name: "train-file", title: "File of a train of pull requests", schema: TrainFile, io: "input" },
  { name: "scan", title: "Scan of a change or a repository", schema: ScanDocument, io: "output" },
  { name: "agent-session", title: "Log of an agent's session", schema: AgentSession, io: "input" },
  { name: "patch-facts", title: "Facts of a patch", schema: PatchFacts, io: "output" },
  { name: "verify-facts", title: "Facts of a verification", schema: VerifyFacts, io: "output" },
  { name: "test-report", title: "What a test runner reported", schema: TestReport, io: "output" },
  { name: "pipeline", title: "Data pipeline", schema: Pipeline, io: "input" },
  { name: "environment", title: "Environment of data pipelines", schema: Environment, io: "input" },
  { name: "pipeline-run", title: "Run document of a data pipeline", schema: PipelineDocument, io: "output" },
  { name: "pipeline-report", title: "Report of a data pipeline", schema: PipelineReport, io: "output" },
  { name: "data-facts", title: "Facts of a data run", schema: DataFacts, io: "output" },
  {
    name: "evidence-manifest",
    title: "Manifest of an evidence bundle",
    schema: EvidenceManifest,
    io: "output",
  },
];

/** The JSON Schema (draft 2020-12) of a published contract. */
export function jsonSchema({ name, title, schema, io }: Published): Record<string, unknown> {
  const made = z.toJSONSchema(schema, {
    target: "draft-2020-12",
    io,
    override: ({ zodSchema, jsonSchema }) => {
      // A plain object may grow fields in a later version; only a strict one is closed.
      const { def } = zodSchema._zod;
      if (def.type === "object" && (def as z.core.$ZodObjectDef).catchall === undefined) {
        delete jsonSchema.additionalProperties;
      }
    },
  });
  const { $schema, ...body } = made;
  return { $schema, $id: `https://edgeforge.dev/schema/${name}/v1`, title, ...body };
}

/** File name to text of every published schema. */
export function schemaFiles(): Map<string, string> {
  return new Map(
    PUBLISHED.map((published) => [
      `${published.name}.schema.json`,
      `${JSON.stringify(jsonSchema(published), null, 2)}\n`,
    ]),
  );
}
