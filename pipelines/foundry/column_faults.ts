/** Columns that a definition names and that its own steps have taken away before: found without a row. */
import type { Problem } from "../../specs/mod.ts";
import type { Pipeline, Stream, Transform } from "../../specs/foundry/mod.ts";

/** What is known of a row's columns: those that it has, or, while the source decides, those that it surely lacks. */
type Known = { readonly only: ReadonlySet<string> } | { readonly without: ReadonlySet<string> };

const ANY: Known = { without: new Set() };
/** A column, or a path into one. */
const partsOf = (name: string) => [name, name.split(".")[0] ?? name];
const lacks = (known: Known, name: string): boolean =>
  "only" in known
    ? !partsOf(name).some((one) => known.only.has(one))
    : partsOf(name).some((one) => known.without.has(one));

const without = (known: Known, names: readonly string[]): Known =>
  "only" in known
    ? { only: new Set([...known.only].filter((name) => !names.includes(name))) }
    : { without: new Set([...known.without, ...names]) };
const withAlso = (known: Known, names: readonly string[]): Known =>
  "only" in known
    ? { only: new Set([...known.only, ...names]) }
    : { without: new Set([...known.without].filter((name) => !names.includes(name))) };

/** Columns that a step cannot do without. What it merely drops may be gone already. */
function neededBy(step: Transform): string[] {
  switch (step.op) {
    case "select":
      return step.columns;
    case "rename":
    case "cast":
      return Object.keys(step.columns);
    case "explode":
      return [step.column];
    case "join":
      return Object.keys(step.on);
    case "aggregate":
      return [...step.by, ...Object.values(step.values).flatMap(({ column }) => column ?? [])];
    case "pivot":
      return [...step.by, step.name, step.value];
    case "ratio":
      return [...step.by, step.series, step.value];
    case "drop":
    case "derive":
    case "filter":
    case "typescript":
      return [];
  }
}

function after(known: Known, step: Transform): Known {
  switch (step.op) {
    case "select":
      return { only: new Set(step.columns) };
    case "drop":
      return without(known, step.columns);
    case "rename":
      return withAlso(without(known, Object.keys(step.columns)), Object.values(step.columns));
    case "derive":
      return withAlso(known, [step.column]);
    case "explode":
      return withAlso(without(known, [step.column]), [step.as ?? step.column]);
    case "join":
      return withAlso(known, step.columns);
    case "aggregate":
      return { only: new Set([...step.by, ...Object.keys(step.values)]) };
    case "pivot":
      return { only: new Set([...step.by, ...step.names]) };
    case "ratio":
      return { only: new Set([...step.by, step.numerator, step.denominator, step.as]) };
    case "typescript":
      return ANY;
    case "cast":
    case "filter":
      return known;
  }
}

export function columnFaults(pipeline: Pipeline): Problem[] {
  return pipeline.streams.flatMap((stream, at) => [
    ...faultsOf(stream, `streams[${at}]`),
    ...bindFaults(pipeline, stream, `streams[${at}]`),
  ]);
}

/** Columns that a stream is read by and that its parent's own steps have taken away: it would never be read. */
function bindFaults({ streams }: Pipeline, { source: { parent } }: Stream, path: string): Problem[] {
  const above = streams.find(({ id }) => id === parent?.stream);
  if (parent === undefined || above === undefined) return [];
  const known = above.transforms.reduce(after, ANY);
  return Object.entries(parent.bind).filter(([, column]) => lacks(known, column)).map(([param, column]) => ({
    code: "pipeline.unreachable",
    path: `${path}.source.parent.bind.${param}`,
    value: column,
    message: `The transforms of ${above.id} leave no column of this name: the stream would never be read.`,
    remedy: "keep the column in the transforms of the parent, or bind the one that it became",
  }));
}

function faultsOf(stream: Stream, path: string): Problem[] {
  const faults: Problem[] = [];
  let known = ANY;
  for (const [index, step] of stream.transforms.entries()) {
    const missing = neededBy(step).find((name) => lacks(known, name));
    if (missing !== undefined) {
      faults.push({
        code: "pipeline.column",
        path: `${path}.transforms[${index}]`,
        value: missing,
        message: "The step needs a column that the steps before it have taken away.",
        remedy: "keep the column until here, or name the one that it became",
      });
    }
    known = after(known, step);
  }
  const { write } = stream;
  const named: [string, string | undefined, string][] = [
    ...(stream.primaryKey ?? []).map((
      column,
      index,
    ): [string, string, string] => [
      `primaryKey[${index}]`,
      column,
      "every row would be set aside without its key",
    ]),
    ["write.dedupSort.column", write.dedupSort?.column, "no row could be told from an older one"],
    [
      "write.deletes.column",
      typeof write.deletes === "object" ? write.deletes.column : undefined,
      "no row would be marked as deleted",
    ],
  ];
  for (const [field, column, then] of named) {
    if (column === undefined || !lacks(known, column)) continue;
    faults.push({
      code: "pipeline.column",
      path: `${path}.${field}`,
      value: column,
      message: `The transforms leave no column of this name: ${then}.`,
      remedy: "keep the column in the transforms, or name the one that it became",
    });
  }
  return faults;
}
