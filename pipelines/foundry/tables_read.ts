import { queryTables } from "../../connectors/data/mod.ts";
import type { Pipeline } from "../../specs/foundry/mod.ts";

/** Tables that a pipeline reads: in its queries, and in the steps that join one. Queries that cannot be read are refused elsewhere. */
export async function tablesRead({ streams }: Pick<Pipeline, "streams">): Promise<string[]> {
  const queries = streams.flatMap(({ source: { connector, params } }) =>
    connector === "sql" && typeof params.query === "string" ? [params.query] : []
  );
  const told = queries.length === 0 ? [] : await queryTables(queries);
  const joined = streams.flatMap(({ transforms }) =>
    transforms.flatMap((step) => step.op === "join" ? [step.table] : [])
  );
  return [...new Set([...told.flatMap(({ tables }) => tables), ...joined])].sort();
}
