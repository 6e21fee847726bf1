/** Columns that a definition relies on and that nothing has: a misspelt name protects no value and identifies no row. */
import { nearest } from "../../specs/mod.ts";
import type { Stream, StreamFacts, StreamState } from "../../specs/foundry/mod.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { ContractState } from "./contract.ts";
import { isSetStep } from "./transforms.ts";

type Misnamed = NonNullable<StreamFacts["misnamed"]>[number];

const folded = (name: string) => name.toLowerCase();

/**
 * Columns of `pii` that rows lacked and no row had, in none of the stream's loads of this run, in no earlier one, and in no agreed
 * schema. A source without rows lacks nothing.
 */
export function misnamedPersonal(
  stream: Pick<Stream, "pii" | "contract">,
  state: Pick<StreamState, "personal" | "schema"> | null,
  loads: readonly Pick<Checkpoint, "met">[],
): Misnamed[] {
  const known = new Set(
    [
      ...loads.flatMap(({ met }) => met.found),
      ...state?.personal ?? [],
      ...Object.keys(state?.schema ?? {}),
      ...Object.keys(stream.contract.schema ?? {}),
    ].map(folded),
  );
  const came = [...new Set(loads.flatMap(({ met }) => met.columns))];
  return Object.keys(stream.pii).filter((column) =>
    !known.has(folded(column)) && loads.some(({ met }) => met.lacking.includes(column))
  ).map((column) => {
    const near = nearColumn(column, came.filter((name) => !Object.hasOwn(stream.pii, name)));
    return { column, use: "pii", ...(near === undefined ? {} : { near }) };
  });
}

/** A column of the key that is in no row, or a key or cursor for whose sake every row was set aside. */
export function misnamedKeys(
  stream: Pick<Stream, "primaryKey" | "cursor" | "transforms">,
  schema: StreamFacts["schema"],
  { counts, nameless, contract }: Pick<Checkpoint, "counts" | "nameless" | "contract">,
): Misnamed[] {
  const columns = Object.keys(schema);
  const judged = (contract as unknown as ContractState | null)?.rows ?? 0;
  const told = (column: string, use: Misnamed["use"], rows?: number): Misnamed => {
    const near = nearColumn(column, columns.filter((name) => name !== column));
    return { column, use, ...(near === undefined ? {} : { near }), ...(rows === undefined ? {} : { rows }) };
  };
  const key = stream.primaryKey ?? [];
  const isEmpty = counts.accepted === 0 && counts.quarantined > 0;
  const absent = judged === 0 ? [] : key.filter((column) => !Object.hasOwn(schema, column));
  const missing = absent.map((column) => told(column, "key"));
  if (isEmpty && nameless.key === counts.quarantined && absent.length === 0) {
    missing.push(...key.map((column) => told(column, "key", nameless.key)));
  }
  // A row that steps over the set make has no cursor to be set aside for.
  const { cursor } = stream;
  if (
    isEmpty && cursor !== undefined && nameless.cursor === counts.quarantined &&
    !stream.transforms.some(isSetStep)
  ) {
    missing.push(told(cursor.path, "cursor", nameless.cursor));
  }
  return missing;
}

/** Of a path the column at its root. */
function nearColumn(wanted: string, columns: readonly string[]): string | undefined {
  return nearest(wanted, columns) ?? nearest(wanted.split(".")[0] ?? wanted, columns);
}
