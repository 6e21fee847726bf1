/** Queries of a pipeline over published tables. They see what was published before the run: the tables of the same pipeline are not for them. */
import { DataFailure, queryTables, type Sink } from "../../connectors/data/mod.ts";
import type { Problem } from "../../specs/mod.ts";
import type { Environment, Pipeline } from "../../specs/foundry/mod.ts";
import { tableOf } from "./plan.ts";
import type { Reading } from "./reading.ts";

const OWN = "a query sees what was published before its run, and the same pipeline writes this table";
const APART = "put the query into a pipeline of its own that runs after this one";

/** The stream of this pipeline that writes one of the tables, if any. SQLite's names have no case. */
function writerOf(pipeline: Pipeline, sink: string, tables: readonly string[]) {
  const read = new Set(tables.map((table) => table.toLowerCase()));
  return pipeline.streams.find((stream) =>
    stream.write.sink === sink && read.has(tableOf(stream).toLowerCase())
  );
}

/** Asks a sink, once what is asked is known to be no table of this very pipeline. */
export function queriesOf(pipeline: Pipeline, sinkOf: (name: string) => Sink): Reading["query"] {
  return async (name, request) => {
    const sink = sinkOf(name);
    if (sink.query === undefined) {
      throw new DataFailure(
        "invalid",
        `The sink '${name}' (${sink.kind}) cannot be asked by SQL`,
        "Name a sink of type sqlite as the source's resource",
      );
    }
    const { tables, rows } = await sink.query(request);
    const writer = writerOf(pipeline, name, tables);
    if (writer !== undefined) {
      await rows.return();
      throw new DataFailure(
        "invalid",
        `The query reads ${tableOf(writer)}, which stream ${writer.id} writes: ${OWN}`,
        `Mend the definition: ${APART}`,
      );
    }
    return rows;
  };
}

/** What is wrong with the queries of a pipeline before any of them is run. `sampled` is the pipeline with values for its parameters. */
export async function queryFaults(sampled: Pipeline, environment: Environment | null): Promise<Problem[]> {
  const problems: Problem[] = [];
  const asking = sampled.streams.flatMap(({ source }, at) =>
    source.connector === "sql" && typeof source.params.query === "string"
      ? [{ source, query: source.params.query, path: `streams[${at}].source` }]
      : []
  );
  const told = await queryTables(asking.map(({ query }) => query));
  for (const [at, { source, query, path }] of asking.entries()) {
    const { tables, fault } = told[at] ?? { tables: [], fault: "it was not read" };
    if (fault !== null) {
      problems.push({
        code: "pipeline.query",
        path: `${path}.params.query`,
        value: query.slice(0, 80),
        message: `The query cannot be used: ${fault}.`,
        remedy: "write one SELECT in the SQL of SQLite",
      });
    }
    const writer = writerOf(sampled, source.resource, tables);
    if (writer !== undefined) {
      problems.push({
        code: "pipeline.query",
        path: `${path}.params.query`,
        value: tableOf(writer),
        message: `The query reads ${tableOf(writer)}, which stream ${writer.id} writes: ${OWN}.`,
        remedy: APART,
      });
    }
    if (environment === null) continue;
    const sinks = environment.sinks;
    const known = Object.hasOwn(sinks, source.resource) ? sinks[source.resource] : undefined;
    const isUsual = Object.keys(sinks).length === 0 && source.resource === "warehouse";
    if (known?.type !== "sqlite" && !isUsual) {
      problems.push({
        code: "pipeline.query",
        path: `${path}.resource`,
        value: source.resource,
        message: known === undefined
          ? "The environment has no sink of this name."
          : `A sink of type ${known.type} cannot be asked by SQL.`,
        remedy: "name a sink of type sqlite",
      });
    }
  }
  return problems;
}
