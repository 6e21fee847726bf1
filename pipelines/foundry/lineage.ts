/** OpenLineage (spec 2-0-2) run events of a data run: the pipeline is a job, each of its streams a job of its own below it. */
import type { RunView } from "../../kernel/mod.ts";
import { type RunStatus } from "../../specs/mod.ts";
import {
  DataFacts,
  Pipeline,
  type PipelineDocument,
  RunProfile,
  type StreamFacts,
  type StreamResult,
} from "../../specs/foundry/mod.ts";
import { outcomesOf } from "./document.ts";
import { FoundryInput } from "./input.ts";
import { facet, inputDatasets, jobFacets, outputDataset, PRODUCER, SCHEMA } from "./lineage_facets.ts";
import { readParsed } from "./parsed.ts";
import type { FoundryPorts } from "./ports.ts";
import type { LoadOutcome } from "./load_order.ts";
import { redacted } from "./redacted.ts";

type Event = Record<string, unknown>;
type Terminal = "COMPLETE" | "FAIL" | "ABORT";

/**
 * A START for the pipeline and each of its streams, and exactly one terminal event for each, the pipeline's first and last. A run
 * that waits has no terminal event yet. The same view gives the same events.
 */
export async function lineageEvents(
  ports: Pick<FoundryPorts, "blobs">,
  view: RunView,
  document: Pick<PipelineDocument, "streams" | "denials">,
  status: RunStatus,
): Promise<Event[]> {
  const { blobs } = ports;
  const input = FoundryInput.parse(view.input);
  const pipeline = await readParsed(blobs, input.definition, Pipeline);
  const assured = view.outputs.assure as { facts?: string; profile?: string } | undefined;
  const facts = assured?.facts === undefined
    ? []
    : (await readParsed(blobs, assured.facts, DataFacts)).streams;
  const profiles = assured?.profile === undefined
    ? []
    : (await readParsed(blobs, assured.profile, RunProfile)).streams;
  const outcomes = await outcomesOf(ports, view);
  const terminal = terminalOf(status);

  const whole = {
    job: job(pipeline.id, jobFacets("PIPELINE", pipeline.description, pipeline.owner)),
    run: await uuidOf(view.run),
    facets: {},
  };
  const parts = await Promise.all(document.streams.map(async (result) => {
    const stream = pipeline.streams.find(({ id }) => id === result.stream);
    const own = facts.filter(({ stream: id }) => id === result.stream || id.startsWith(`${result.stream}@`));
    const sets = {
      inputs: (await Promise.all(
        own.map((one) => inputDatasets(stream?.quality ?? [], one, outcomes.has(one.stream))),
      )).flat(),
      outputs: [] as Event[],
    };
    for (const one of own) {
      const outcome = outcomes.get(one.stream);
      if (outcome === undefined || stream === undefined) continue;
      const profile = profiles.find((each) => each.stream === one.stream) ?? null;
      sets.outputs.push(outputDataset(stream, one, outcome, profile));
    }
    return {
      job: job(
        `${pipeline.id}.${result.stream}`,
        jobFacets("STREAM", stream?.description ?? "", pipeline.owner),
      ),
      run: await uuidOf(`${view.run}/${result.stream}`),
      facets: {
        parent: facet("ParentRunFacet", "1-1-0", {
          run: { runId: whole.run },
          job: { namespace: NAMESPACE, name: pipeline.id },
        }),
      },
      ...sets,
      end: terminal === null ? null : endOf(terminal, status, result, own, outcomes),
      why: result.reason ?? whyOf(view, document),
    };
  }));

  const started = { eventType: "START", eventTime: view.createdAt, inputs: [], outputs: [] };
  const events: Event[] = [whole, ...parts].map((one) => ({
    ...BASE,
    ...started,
    job: one.job,
    run: { runId: one.run, facets: one.facets },
  }));
  if (terminal === null) return redacted(events);
  const ended = (
    one: { job: Event; run: string; facets: Event; inputs: Event[]; outputs: Event[] },
    eventType: Terminal,
    message: string | null,
  ): Event => ({
    ...BASE,
    eventType,
    eventTime: view.updatedAt,
    job: one.job,
    run: {
      runId: one.run,
      facets: {
        ...one.facets,
        ...(message === null || eventType === "COMPLETE" ? {} : {
          errorMessage: facet("ErrorMessageRunFacet", "1-0-1", {
            message,
            programmingLanguage: "TypeScript",
          }),
        }),
      },
    },
    inputs: one.inputs,
    outputs: one.outputs,
  });
  for (const part of parts) events.push(ended(part, part.end ?? terminal, part.why));
  events.push(ended(
    {
      ...whole,
      inputs: parts.flatMap(({ inputs }) => inputs),
      outputs: parts.flatMap(({ outputs }) => outputs),
    },
    terminal,
    whyOf(view, document),
  ));
  return redacted(events);
}

const NAMESPACE = "edgeforge";
const BASE = { producer: PRODUCER, schemaURL: `${SCHEMA}/2-0-2/OpenLineage.json#/$defs/RunEvent` };

const job = (name: string, facets: Event): Event => ({ namespace: NAMESPACE, name, facets });

function whyOf(view: RunView, { denials }: Pick<PipelineDocument, "denials">): string | null {
  const message = view.failure?.message ?? denials[0]?.message;
  return message === undefined ? null : message.slice(0, 4000);
}

function terminalOf(status: RunStatus): Terminal | null {
  switch (status) {
    case "completed":
      return "COMPLETE";
    case "failed":
    case "denied":
      return "FAIL";
    case "cancelled":
      return "ABORT";
    case "escalated":
    case "parked":
      return null;
  }
}

/** A stream of a failed run is complete when all that it read is where it belongs. */
function endOf(
  terminal: Terminal,
  status: RunStatus,
  result: StreamResult,
  facts: readonly StreamFacts[],
  outcomes: ReadonlyMap<string, LoadOutcome>,
): Terminal {
  if (status !== "failed") return terminal;
  if (result.status === "skipped") return "COMPLETE";
  const isThere = facts.length > 0 &&
    facts.every(({ stream, counts }) => outcomes.has(stream) || counts.accepted === 0);
  return result.status === "complete" && isThere ? "COMPLETE" : "FAIL";
}

/** OpenLineage wants a UUID: made from a name, so that the same run is the same UUID everywhere. */
async function uuidOf(name: string): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(name)));
  const hex = [...hash.slice(0, 16)].map((byte, at) =>
    (at === 6 ? (byte & 0x0f) | 0x80 : at === 8 ? (byte & 0x3f) | 0x80 : byte).toString(16).padStart(2, "0")
  ).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
