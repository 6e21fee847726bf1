/** Steps that contradict themselves: columns that one of them would write twice, figures of no column. */
import type { Problem } from "../../specs/mod.ts";
import type { Pipeline, Transform } from "../../specs/foundry/mod.ts";

interface Fault {
  readonly field: string;
  readonly value: string;
  readonly message: string;
  readonly remedy: string;
}

/** What can be said of a pipeline's steps without a row. */
export function transformFaults(pipeline: Pipeline): Problem[] {
  return pipeline.streams.flatMap(({ transforms }, at) =>
    transforms.flatMap((step, index) =>
      faultsOf(step).map(({ field, ...fault }): Problem => ({
        code: "pipeline.transform",
        path: `streams[${at}].transforms[${index}].${field}`,
        ...fault,
      }))
    )
  );
}

function faultsOf(step: Transform): Fault[] {
  switch (step.op) {
    case "rename": {
      const twice = repeated(Object.values(step.columns));
      return twice === undefined ? [] : [{
        field: "columns",
        value: twice,
        message: "Two columns cannot get one name: the values of one of them would be lost.",
        remedy: "give each a name of its own",
      }];
    }
    case "aggregate": {
      const clash = Object.keys(step.values).filter((name) => step.by.includes(name));
      const blind = Object.entries(step.values).filter(([, { function: kind, column }]) =>
        kind !== "count" && column === undefined
      );
      return [
        ...clash.map((name) => taken("values", name)),
        ...blind.map(([name, { function: kind }]) => ({
          field: `values.${name}`,
          value: kind,
          message: `The figure ${kind} needs a column.`,
          remedy: "add column: NAME; only count may go without",
        })),
      ];
    }
    case "pivot": {
      const twice = repeated([...step.by, ...step.names]);
      return twice === undefined ? [] : [taken("names", twice)];
    }
    case "ratio": {
      const twice = repeated([...step.by, step.numerator, step.denominator, step.as]);
      return twice === undefined ? [] : [taken("as", twice)];
    }
    case "select":
    case "drop":
    case "cast":
    case "derive":
    case "filter":
    case "explode":
    case "join":
    case "typescript":
      return [];
  }
}

const taken = (field: string, name: string): Fault => ({
  field,
  value: name,
  message: "The step writes a column of this name twice: one of the values would be lost.",
  remedy: "give it another name, by a rename before the step or by its own name in it",
});

function repeated(names: readonly string[]): string | undefined {
  return names.find((name, at) => names.indexOf(name) !== at);
}
