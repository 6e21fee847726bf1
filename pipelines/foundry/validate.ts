import type { LateSource, Source } from "../../connectors/data/mod.ts";
import { compileExpression, compileRowRule, DATA_PACKS, isRowRule } from "../../policies/mod.ts";
import { type Json, nearest, type Problem, type SpecFault } from "../../specs/mod.ts";
import { type Environment, type Pipeline, type Stream } from "../../specs/foundry/mod.ts";
import { withParams } from "./input.ts";

/** Packs that are built in for code: naming them in a pipeline changes nothing, and is no fault. */
const CORE = ["core"];

/** The connectors of an installation by their names; those of its own are loaded when they are named. */
export type Sources = Readonly<Record<string, Source | LateSource>>;

/** The connector of this name; null when there is none. */
export async function namedSource(sources: Sources, name: string): Promise<Source | null> {
  const found = Object.hasOwn(sources, name) ? sources[name] : undefined;
  return found === undefined ? null : typeof found === "function" ? await found() : found;
}

/** What a pipeline asks of this installation that is not here: connectors, resources, parameters, packs. */
export function pipelineFaults(
  sources: Sources,
  unusable: ReadonlyMap<string, Problem | null> = new Map(),
) {
  return async (fields: Partial<Pipeline>): Promise<SpecFault[]> => [
    ...(await Promise.all(
      (fields.streams ?? []).map((stream, at) => sourceFaults(sources, stream, at, fields)),
    )).flat(),
    ...(fields.packs ?? []).flatMap((pack, at): SpecFault[] => {
      const problem = unusable.get(pack);
      if (CORE.includes(pack) || Object.hasOwn(DATA_PACKS, pack) || problem === null) return [];
      return [{
        code: "unknown-pack",
        message: problem
          ? `The pack cannot be used (${problem.code}): ${problem.message}`
          : "There is no pack of this name.",
        path: ["packs", at],
        value: pack,
        remedy: problem?.remedy ??
          `built in are ${
              [...CORE, ...Object.keys(DATA_PACKS)].join(", ")
            }; core always applies; others are ` +
            "installed with forge policy install",
      }];
    }),
  ];
}

/** Connectors that an environment describes and that are not here: their settings would be read by nobody. */
export function connectorFaults(sources: Readonly<Record<string, unknown>>) {
  const known = Object.keys(sources);
  return (fields: Partial<Environment>): SpecFault[] =>
    Object.keys(fields.connectors ?? {}).filter((name) => !Object.hasOwn(sources, name)).map((name) => ({
      code: "spec.unknown-connector",
      message: "The connector is not in this version.",
      path: ["connectors", name],
      value: name,
      remedy: meant(name, known),
    }));
}

/** The nearest of some names, or all of them. */
function meant(name: string, known: readonly string[]): string {
  const near = nearest(name, known);
  return near === undefined ? `use one of: ${known.join(", ")}` : `did you mean ${near}?`;
}

async function sourceFaults(
  sources: Sources,
  stream: Stream,
  at: number,
  fields: Partial<Pipeline>,
): Promise<SpecFault[]> {
  const { connector, resource } = stream.source;
  const path = ["streams", at, "source"] as const;
  const source = await namedSource(sources, connector);
  if (source === null) {
    return [{
      code: "spec.unknown-connector",
      message: "The connector is not in this version.",
      path: [...path, "connector"],
      value: connector,
      remedy: meant(connector, Object.keys(sources)),
    }];
  }
  const resources = source.discover();
  const known = resources.find(({ name }) => name === resource) ?? resources.find(({ name }) => name === "*");
  if (known === undefined && resources.length > 0) {
    const names = resources.map(({ name }) => name);
    return [{
      code: "spec.unknown-resource",
      message: `The connector ${connector} has no such resource.`,
      path: [...path, "resource"],
      value: resource,
      remedy: meant(resource, names),
    }];
  }
  // Parameters that a parent binds, and those that open parameters stand for, are there when the source is read.
  const bound = Object.fromEntries(
    Object.keys(stream.source.parent?.bind ?? {}).map((name) => [name, "bound"]),
  );
  const params = sampled({ streams: [stream], params: fields.params ?? {} } as Pipeline).streams[0]?.source
    .params ?? {};
  const found = source.check({ resource, params: { ...params, ...bound }, cursor: stream.cursor ?? null });
  return [
    ...found.map(({ path: inner, message, remedy }): SpecFault => ({
      code: "spec.source",
      message,
      path: [...path, ...pathParts(inner)],
      remedy,
    })),
    ...vanishedFaults(stream, [...path, "params", "onVanished"]),
  ];
}

/** By their key rows of one file cannot be told from those of another: a merge would keep them and say otherwise. */
function vanishedFaults(
  { source, write: { disposition, deletes } }: Stream,
  path: SpecFault["path"],
): SpecFault[] {
  const isKeyed = disposition === "merge" || disposition === "scd2";
  if (
    source.connector !== "file" || source.params.onVanished !== "delete" || !isKeyed || deletes === "census"
  ) {
    return [];
  }
  return [{
    code: "spec.source",
    message: `A ${disposition} keeps the rows of a file that is gone: onVanished: delete would do nothing.`,
    path,
    value: "delete",
    remedy: "write deletes: census, which marks them, or disposition: append or replace",
  }];
}

/** The pipeline with values for its parameters, as a run might give them. */
export function sampled(pipeline: Pipeline): Pipeline {
  return withParams(
    pipeline,
    Object.fromEntries(
      Object.entries(pipeline.params).map((
        [name, { default: value, type }],
      ) => [name, value ?? SAMPLES[type]]),
    ),
  );
}

const SAMPLES: Readonly<Record<Pipeline["params"][string]["type"], Json>> = {
  string: "x",
  integer: 1,
  number: 1,
  boolean: true,
  date: "2026-01-01",
};

/** A connector's own path, such as `params.path`, `source.params.path` or `path`, in parts below the stream's source. */
function pathParts(path: string): string[] {
  const parts = path.split(".").filter((part, at) => part !== "" && !(at === 0 && part === "source"));
  return ["params", "resource", "connector"].includes(parts[0] ?? "") ? parts : ["params", ...parts];
}

/** Expressions and patterns that do not compile, found before a run. */
export async function expressionFaults(pipeline: Pipeline): Promise<Problem[]> {
  const problems: Problem[] = [];
  const told = (path: string, value: string, message: string) =>
    problems.push({
      code: "pipeline.expression",
      path,
      value: value.slice(0, 80),
      message: `The expression cannot be used: ${message}.`,
      remedy: "write CEL over the row's columns, such as amount > 0",
    });
  for (const [at, stream] of pipeline.streams.entries()) {
    for (const [index, step] of stream.transforms.entries()) {
      if (step.op !== "derive" && step.op !== "filter") continue;
      const compiled = await compileExpression(step.expression);
      if (!compiled.ok) {
        told(`streams[${at}].transforms[${index}].expression`, step.expression, compiled.error);
      }
    }
    for (const [index, rule] of stream.quality.entries()) {
      if (isRowRule(rule)) {
        const compiled = await compileRowRule(rule);
        if (!compiled.ok) {
          problems.push({
            code: "pipeline.rule",
            path: `streams[${at}].quality[${index}]`,
            value: rule.rule,
            message: `The rule cannot be used: ${compiled.error}.`,
            remedy: "mend the expression or the pattern",
          });
        }
      } else if (rule.where !== undefined) {
        const compiled = await compileExpression(rule.where);
        if (!compiled.ok) told(`streams[${at}].quality[${index}].where`, rule.where, compiled.error);
      }
    }
  }
  return problems;
}

/** What the environment must have for this pipeline. */
export function environmentFaults(pipeline: Pipeline, environment: Environment): Problem[] {
  const names = Object.keys(environment.sinks);
  const first = pipeline.streams.findIndex(({ source }) => source.connector === "edgar");
  const unknown: Problem[] = first < 0 || environment.connectors.edgar?.userAgent !== undefined ? [] : [{
    code: "environment.user-agent",
    path: `streams[${first}].source.connector`,
    value: "edgar",
    message:
      "The SEC answers only those who say who they are, and the environment has no connectors.edgar.userAgent.",
    remedy:
      'add it to the env file: connectors: { edgar: { userAgent: "Company Name contact@company.example" } }',
  }];
  return unknown.concat(pipeline.streams.flatMap((stream, at): Problem[] => {
    const { sink } = stream.write;
    const settings = Object.hasOwn(environment.sinks, sink) ? environment.sinks[sink] : undefined;
    if (settings?.type === "http") return httpFaults(stream, `streams[${at}].write`);
    if (names.includes(sink) || (names.length === 0 && sink === "warehouse")) return [];
    return [{
      code: "pipeline.unknown-sink",
      path: `streams[${at}].write.sink`,
      value: sink,
      message: "The environment has no sink of this name.",
      remedy: names.length === 0
        ? `add it to the env file: sinks: { ${sink}: { type: sqlite, path: warehouse.db } }`
        : `use one of: ${names.join(", ")}`,
    }];
  }));
}

/** What cannot be said to an endpoint that only takes rows. */
function httpFaults({ write }: Stream, path: string): Problem[] {
  const faults: Problem[] = [];
  const add = (field: string, value: string, message: string, remedy: string) =>
    faults.push({ code: "pipeline.http-sink", path: `${path}.${field}`, value, message, remedy });
  if (write.disposition === "replace") {
    add(
      "disposition",
      write.disposition,
      "A sink of type http cannot replace: an endpoint has no table that could be swapped at once.",
      "use merge with a primary key, or append",
    );
  } else if (write.disposition === "scd2") {
    add(
      "disposition",
      write.disposition,
      "A sink of type http cannot keep versions: they are closed in a table, and an endpoint has none.",
      "use merge with a primary key, or append",
    );
  }
  if (write.deletes === "census") {
    add(
      "deletes",
      write.deletes,
      "A sink of type http knows no census: which keys the endpoint has cannot be asked.",
      "leave deletes out, or name a column that marks deleted rows",
    );
  }
  return faults;
}
