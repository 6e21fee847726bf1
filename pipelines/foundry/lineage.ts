import type { RunView } from "../../kernel/mod.ts";
import { DataFacts, type PipelineDocument, type RunStatus, type StreamFacts } from "../../specs/mod.ts";
import { readJson } from "../factory/input.ts";
import { outcomesOf } from "./document.ts";
import type { FoundryPorts } from "./ports.ts";

const PRODUCER = "https://edgeforge.dev";
const SCHEMA = "https://openlineage.io/spec";

type Facet = Record<string, unknown>;
const facet = (name: string, version: string, body: Facet): Facet => ({
  _producer: PRODUCER,
  _schemaURL: `${SCHEMA}/facets/${version}/${name}.json#/$defs/${name}`,
  ...body,
});

/** OpenLineage run events: a START and exactly one terminal event. A run that waits has no terminal event yet. */
export async function lineageEvents(
  ports: Pick<FoundryPorts, "blobs">,
  view: RunView,
  document: PipelineDocument,
  status: RunStatus,
): Promise<Record<string, unknown>[]> {
  const assured = view.outputs.assure as { facts?: string } | undefined;
  const facts = assured?.facts === undefined
    ? null
    : DataFacts.parse(await readJson(ports.blobs, assured.facts));
  const outcomes = await outcomesOf(ports, view);
  const [name] = document.pipeline.split("@");
  const base = {
    producer: PRODUCER,
    schemaURL: `${SCHEMA}/2-0-2/OpenLineage.json#/$defs/RunEvent`,
    job: { namespace: "edgeforge", name },
  };
  const runId = await uuidOf(view.run);
  const start = {
    ...base,
    eventType: "START",
    eventTime: view.createdAt,
    run: { runId },
    inputs: [],
    outputs: [],
  };
  const terminal = terminalOf(status);
  if (terminal === null) return [start];
  const failure = view.failure === null ? {} : {
    errorMessage: facet("ErrorMessageRunFacet", "1-0-1", {
      message: view.failure.message,
      programmingLanguage: "TypeScript",
    }),
  };
  return [start, {
    ...base,
    eventType: terminal,
    eventTime: view.updatedAt,
    run: { runId, facets: failure },
    inputs: (facts?.streams ?? []).flatMap(inputsOf),
    outputs: (facts?.streams ?? []).flatMap((stream) => {
      const written = outcomes.get(stream.stream)?.written;
      return written === undefined ? [] : [outputOf(stream, written)];
    }),
  }];
}

function terminalOf(status: RunStatus): "COMPLETE" | "FAIL" | "ABORT" | null {
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

function inputsOf(stream: StreamFacts): Record<string, unknown>[] {
  return stream.inputs.slice(0, 100).map(({ locator, digest }) => ({
    namespace: namespaceOf(locator),
    name: locator,
    facets: { version: facet("DatasetVersionDatasetFacet", "1-0-1", { datasetVersion: digest }) },
  }));
}

function namespaceOf(locator: string): string {
  try {
    const url = new URL(locator);
    return `${url.protocol}//${url.host}`;
  } catch {
    return "file";
  }
}

/** What was published of one load; what was not has no output. */
function outputOf(stream: StreamFacts, written: number): Record<string, unknown> {
  return {
    namespace: stream.sink,
    name: stream.table,
    facets: {
      schema: facet("SchemaDatasetFacet", "1-1-1", {
        fields: Object.entries(stream.schema).map(([name, { type }]) => ({ name, type })),
      }),
      version: facet("DatasetVersionDatasetFacet", "1-0-1", { datasetVersion: stream.staged }),
      dataQualityAssertions: facet("DataQualityAssertionsDatasetFacet", "1-0-1", {
        assertions: stream.quality.map(({ rule, verdict }) => ({
          assertion: rule,
          success: verdict === "pass" || verdict === "not_applicable",
        })),
      }),
    },
    outputFacets: {
      outputStatistics: facet("OutputStatisticsOutputDatasetFacet", "1-0-2", {
        rowCount: written,
      }),
    },
  };
}

/** OpenLineage wants a UUID: made from the run's id, so that the same run is the same UUID everywhere. */
async function uuidOf(run: string): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(run)));
  const hex = [...hash.slice(0, 16)].map((byte, at) =>
    (at === 6 ? (byte & 0x0f) | 0x80 : at === 8 ? (byte & 0x3f) | 0x80 : byte).toString(16).padStart(2, "0")
  ).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
