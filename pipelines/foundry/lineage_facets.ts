/** Datasets and facets of OpenLineage events. Each facet names the published schema that it follows. */
import { nameOf } from "../../policies/mod.ts";
import type { QualityRule, Stream, StreamFacts, StreamProfile } from "../../specs/foundry/mod.ts";
import { columnOrigins, type Origin } from "./lineage_columns.ts";
import type { LoadOutcome } from "./load_order.ts";

export const PRODUCER = "https://edgeforge.dev";
export const SCHEMA = "https://openlineage.io/spec";
const MOST_INPUTS = 100;
/** Inputs that each column names; a load of more files has its columns from all of them alike. */
const MOST_ORIGINS = 20;

type Facet = Record<string, unknown>;

export const facet = (name: string, version: string, body: Facet): Facet => ({
  _producer: PRODUCER,
  _schemaURL: `${SCHEMA}/facets/${version}/${name}.json#/$defs/${name}`,
  ...body,
});

/** What a job is, for whom and by whom. */
export function jobFacets(jobType: "PIPELINE" | "STREAM", description: string, owner: string): Facet {
  return {
    jobType: facet("JobTypeJobFacet", "2-0-3", {
      processingType: "BATCH",
      integration: "EDGEFORGE",
      jobType,
    }),
    ...(description === ""
      ? {}
      : { documentation: facet("DocumentationJobFacet", "1-0-1", { description }) }),
    ...(owner === ""
      ? {}
      : { ownership: facet("OwnershipJobFacet", "1-0-1", { owners: [{ name: owner }] }) }),
  };
}

/** Pages of one resource are one dataset: its name is the address without query. */
interface Place {
  namespace: string;
  name: string;
  digests: string[];
  bytes: number;
}

function placesOf(facts: StreamFacts): Place[] {
  const places = new Map<string, Place>();
  for (const { locator, digest, bytes } of facts.inputs) {
    const { namespace, name } = placeOf(locator);
    const key = `${namespace} ${name}`;
    const place = places.get(key) ?? { namespace, name, digests: [], bytes: 0 };
    place.digests.push(digest);
    place.bytes += bytes;
    places.set(key, place);
  }
  return [...places.values()].slice(0, MOST_INPUTS);
}

function placeOf(locator: string): { namespace: string; name: string } {
  const [bare = locator] = locator.split("#");
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(bare)) return { namespace: "file", name: bare };
  try {
    const url = new URL(bare);
    const path = url.pathname.replace(/^\//, "");
    return { namespace: `${url.protocol}//${url.host}`, name: path === "" ? "/" : path };
  } catch {
    return { namespace: "file", name: bare };
  }
}

/** What a load was read from. What the rules said of rows that were never published is told here, as there is no output for it. */
export async function inputDatasets(
  rules: readonly QualityRule[],
  facts: StreamFacts,
  isPublished: boolean,
): Promise<Facet[]> {
  const assertions = isPublished || facts.quality.length === 0 ? {} : {
    dataQualityAssertions: assertionsOf(facts, rules),
  };
  return await Promise.all(
    placesOf(facts).map(async ({ namespace, name, digests, bytes }) => ({
      namespace,
      name,
      facets: {
        version: facet("DatasetVersionDatasetFacet", "1-0-1", { datasetVersion: await versionOf(digests) }),
      },
      inputFacets: {
        dataQualityMetrics: facet("DataQualityMetricsInputDatasetFacet", "1-0-2", {
          bytes,
          fileCount: digests.length,
          columnMetrics: {},
        }),
        ...assertions,
      },
    })),
  );
}

/** What was published of one load; what was not has no output. */
export function outputDataset(
  stream: Stream,
  facts: StreamFacts,
  outcome: LoadOutcome,
  profile: StreamProfile | null,
): Facet {
  const columns = Object.keys(facts.schema);
  const sizes = outcome.outputs.map(({ bytes }) => bytes);
  const size = sizes.length > 0 && sizes.every((bytes) => bytes !== null)
    ? sizes.reduce((sum, bytes) => sum + (bytes ?? 0), 0)
    : null;
  return {
    namespace: facts.sink,
    name: facts.table,
    facets: {
      schema: facet("SchemaDatasetFacet", "1-1-1", {
        fields: columns.map((name) => ({ name, type: facts.schema[name]?.type ?? "string" })),
      }),
      version: facet("DatasetVersionDatasetFacet", "1-0-1", { datasetVersion: facts.staged }),
      columnLineage: facet("ColumnLineageDatasetFacet", "1-2-0", lineageOf(stream, facts, columns)),
      dataQualityAssertions: assertionsOf(facts, stream.quality),
      ...(profile === null ? {} : { dataQualityMetrics: metricsOf(profile) }),
    },
    outputFacets: {
      outputStatistics: facet("OutputStatisticsOutputDatasetFacet", "1-0-2", {
        rowCount: outcome.written,
        ...(size === null ? {} : { size }),
      }),
    },
  };
}

/** Every column with the columns of the source that it is made of. */
function lineageOf(stream: Stream, facts: StreamFacts, columns: readonly string[]): Facet {
  const places = placesOf(facts).slice(0, MOST_ORIGINS);
  const { fields, dataset } = columnOrigins(stream, columns);
  const told = (origins: readonly Origin[]): Facet[] =>
    origins.flatMap(({ field, table, type, subtype, masking }) =>
      (table === null ? places : [{ namespace: facts.sink, name: table }]).map(({ namespace, name }) => ({
        namespace,
        name,
        field,
        transformations: [{ type, subtype, masking }],
      }))
    );
  return {
    fields: Object.fromEntries(
      Object.entries(fields).map(([column, origins]) => [column, { inputFields: told(origins) }]),
    ),
    ...(dataset.length === 0 ? {} : { dataset: told(dataset) }),
  };
}

function assertionsOf(facts: StreamFacts, rules: readonly QualityRule[]): Facet {
  return facet("DataQualityAssertionsDatasetFacet", "1-0-1", {
    assertions: facts.quality.map(({ rule, verdict }) => {
      const column = columnOf(rules.find((one) => nameOf(one) === rule));
      return {
        assertion: rule,
        success: verdict === "pass" || verdict === "not_applicable",
        ...(column === null ? {} : { column }),
      };
    }),
  });
}

/** The one column that a rule is about; none when it is about several, or about the set. */
function columnOf(rule: QualityRule | undefined): string | null {
  if (rule === undefined) return null;
  if ("column" in rule && typeof rule.column === "string") return rule.column;
  if ("columns" in rule && Array.isArray(rule.columns) && rule.columns.length === 1) {
    return rule.columns[0] ?? null;
  }
  return null;
}

function metricsOf(profile: StreamProfile): Facet {
  return facet("DataQualityMetricsDatasetFacet", "1-0-0", {
    rowCount: profile.profiled,
    columnMetrics: Object.fromEntries(
      profile.columns.map(({ column, values, nulls, distinct, min, max, quantiles }) => [column, {
        nullCount: nulls,
        distinctCount: distinct,
        count: values,
        ...(typeof min === "number" ? { min } : {}),
        ...(typeof max === "number" ? { max } : {}),
        ...(quantiles === null ? {} : { quantiles }),
      }]),
    ),
  });
}

/** One digest stands for itself; several for the list of them. */
async function versionOf(digests: readonly string[]): Promise<string> {
  const [only] = digests;
  if (digests.length === 1 && only !== undefined) return only;
  const bytes = new Uint8Array(
    await crypto.subtle.digest("SHA-256", new TextEncoder().encode(digests.join("\n"))),
  );
  return `sha256:${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
