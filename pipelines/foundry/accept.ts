import { DATA_PACKS, jcs } from "../../policies/mod.ts";
import {
  type ChainLink,
  err,
  type Json,
  ok,
  paramFault,
  type Problem,
  type Result,
  typedParam,
  type WorkflowDefinition,
} from "../../specs/mod.ts";
import {
  Environment,
  isOrdered,
  type LoadMode,
  orderOf,
  type Pipeline,
  readEnvironment,
  readPipeline,
} from "../../specs/foundry/mod.ts";
import { installedPacks, pinNamed } from "../packs.ts";
import { leftBehind } from "./fan_out.ts";
import { wantedStreams } from "./plan.ts";
import { columnFaults } from "./column_faults.ts";
import { queryFaults } from "./query.ts";
import { shortHash } from "./hash.ts";
import { type Code, codeOf, keptCode } from "./code.ts";
import type { FoundryInput } from "./input.ts";
import { beginPersonal } from "../personal_data.ts";
import type { FoundryPorts } from "./ports.ts";
import { transformFaults } from "./transform_faults.ts";
import { connectorFaults, environmentFaults, expressionFaults, pipelineFaults, sampled } from "./validate.ts";
import { foundry } from "./workflow.ts";

/** What a door hands in, before anything of it is believed. */
export interface PipelineSubmission {
  pipeline: string | Record<string, unknown>;
  /** The file's name: its ending tells the syntax. */
  name?: string;
  /** Where relative paths of the pipeline and of its sinks resolve. */
  folder: string;
  environment?: string | Record<string, unknown>;
  environmentName?: string;
  /** Where relative paths of the environment's sinks resolve; the pipeline's folder unless told. */
  environmentFolder?: string;
  mode?: LoadMode;
  from?: string;
  to?: string;
  params?: Record<string, Json>;
  replay?: boolean;
  only?: string[];
  /** What a pipeline that is not the installation's own may see: files below `root`, none without one. */
  confined?: { root: string | null };
  /** Where it stands in a chain of runs. */
  chain?: ChainLink;
  /** The most time that it may take, in milliseconds; its own limit is never higher. */
  mostMs?: number;
  requester: string;
}

export interface AcceptedPipeline {
  workflow: WorkflowDefinition;
  input: FoundryInput;
  title: string;
  limits: Record<string, number>;
}

export interface UsablePipeline {
  pipeline: Pipeline;
  digest: string;
  environment: Environment;
  /** Files of its functions. */
  code: Code;
}

/** Reads and checks a pipeline and its environment against this installation: `etl validate` and the start of a run ask here. */
export async function usablePipeline(
  ports: Pick<FoundryPorts, "sources"> & Partial<Pick<FoundryPorts, "files" | "functions" | "packs">>,
  given:
    & Pick<PipelineSubmission, "pipeline" | "name" | "environment" | "environmentName">
    & Partial<Pick<PipelineSubmission, "folder" | "confined">>,
): Promise<Result<UsablePipeline, Problem[]>> {
  const read = await readPipeline(given.pipeline, {
    ...(given.name === undefined ? {} : { name: given.name }),
    further: pipelineFaults(ports.sources, await installedPacks(ports)),
  });
  const environment = given.environment === undefined
    ? ok({ environment: Environment.parse({}), digest: "" })
    : await readEnvironment(
      given.environment,
      {
        ...(given.environmentName === undefined ? {} : { name: given.environmentName }),
        further: connectorFaults(ports.sources),
      },
    );
  const problems = [
    ...(read.ok ? await expressionFaults(read.value.pipeline) : read.error),
    ...(environment.ok ? [] : environment.error),
    ...(read.ok && environment.ok && given.environment !== undefined
      ? environmentFaults(read.value.pipeline, environment.value.environment)
      : []),
  ];
  if (read.ok) {
    const here = environment.ok && given.environment !== undefined ? environment.value.environment : null;
    problems.push(...transformFaults(read.value.pipeline), ...columnFaults(read.value.pipeline));
    problems.push(...await queryFaults(sampled(read.value.pipeline), here));
  }
  if (problems.length > 0 || !read.ok || !environment.ok) return err(problems);
  const { folder, confined } = given;
  const code = await codeOf(
    read.value.pipeline,
    folder === undefined || ports.files === undefined ? null : {
      files: ports.files(folder, `${folder}/.scratch`, confined),
      folder,
      functions: ports.functions,
    },
  );
  if (!code.ok) return code;
  return ok({ ...read.value, environment: environment.value.environment, code: code.value });
}

/** Checks all that can be known before a run exists, and stores what the ledger will name. */
export async function acceptPipeline(
  ports: FoundryPorts,
  given: PipelineSubmission,
): Promise<Result<AcceptedPipeline, Problem>> {
  const usable = await usablePipeline(ports, given);
  if (!usable.ok) {
    return err({
      code: "invalid-pipeline",
      message: `Cannot accept the pipeline: ${usable.error.length} problem${
        usable.error.length === 1 ? "" : "s"
      }`,
      remedy: "See all of them at once: forge etl validate FILE",
      causes: usable.error,
    });
  }
  const { pipeline, environment } = usable.value;
  const mode = given.mode ?? "incremental";
  const asked = rangeOf(pipeline, mode, given);
  if (!asked.ok) return asked;
  const params = paramsOf(pipeline, { ...environment.params, ...given.params });
  if (!params.ok) return params;
  const only = given.only ?? [];
  const unknown = only.find((id) => !pipeline.streams.some((stream) => stream.id === id));
  if (unknown !== undefined) {
    return err({
      code: "usage",
      message: `There is no stream '${unknown}' in the pipeline`,
      value: unknown,
      remedy: `One of: ${pipeline.streams.map(({ id }) => id).join(", ")}`,
    });
  }
  const left = given.replay ? null : leftBehind(pipeline, wantedStreams(pipeline, only), mode);
  if (left !== null) return err(left);
  const source = typeof given.pipeline === "string"
    ? given.pipeline
    : JSON.stringify(given.pipeline, null, 2);
  const personal = await beginPersonal(ports.personal, pipeline.personalData);
  if (!personal.ok) return personal;
  // In its normal form: the digest that `etl validate` tells is the one that runs name.
  const normal = jcs(JSON.parse(JSON.stringify(pipeline)));
  // Sinks lie where the environment lies; from here on their paths are whole.
  const placed = placedSinks(environment, given.environmentFolder ?? given.folder);
  const [definition, environmentBlob, sourceBlob, code] = await Promise.all([
    ports.blobs.put(normal),
    ports.blobs.put(JSON.stringify(placed)),
    ports.blobs.put(source),
    keptCode(ports, usable.value.code),
  ]);
  const startedAt = new Date(ports.clock.now()).toISOString();
  const named = pipeline.packs.filter((pack) => pack !== "core" && !Object.hasOwn(DATA_PACKS, pack));
  const packs = await pinNamed(ports, named, startedAt);
  const { budget } = pipeline;
  return ok({
    workflow: foundry,
    title: `${pipeline.id} (${given.replay ? "replay" : mode})`,
    limits: {
      ms: Math.min(budget.seconds * 1000, given.mostMs ?? Infinity),
      ...(budget.requests === undefined ? {} : { requests: budget.requests }),
      ...(budget.bytes === undefined ? {} : { bytes: budget.bytes }),
    },
    input: {
      kind: "foundry",
      id: pipeline.id,
      definition,
      source: sourceBlob,
      environment: environmentBlob,
      folder: given.folder,
      mode,
      range: asked.value,
      params: params.value,
      replay: given.replay ?? false,
      only,
      ...(given.confined === undefined ? {} : { confined: given.confined }),
      code,
      fingerprint: shortHash({
        definition,
        environment: environmentBlob,
        folder: given.folder,
        mode,
        range: asked.value,
        params: params.value,
        replay: given.replay ?? false,
        only,
        ...(given.confined === undefined ? {} : { confined: given.confined }),
        ...(code.length === 0 ? {} : { code }),
        ...(packs === null ? {} : { packs }),
        // A stage of a chain is a run of its own: what it has loaded is what the next one takes.
        ...(given.chain?.run === undefined ? {} : { chain: [given.chain.run, given.chain.stage] }),
      }),
      ...(packs === null ? {} : { packs }),
      startedAt,
      requester: given.requester,
      ...(personal.value === null ? {} : { personal: personal.value.privacy }),
      ...(given.chain === undefined ? {} : { chain: given.chain }),
    },
  });
}

function placedSinks(environment: Environment, folder: string): Environment {
  const at = (path: string) => path.startsWith("/") ? path : `${folder}/${path}`;
  return {
    ...environment,
    sinks: Object.fromEntries(
      Object.entries(environment.sinks).map(([name, sink]) => [
        name,
        "path" in sink
          ? { ...sink, path: at(sink.path) }
          : "caFile" in sink && sink.caFile !== undefined
          ? { ...sink, caFile: at(sink.caFile) }
          : sink.type === "http" && sink.state !== undefined
          ? { ...sink, state: at(sink.state) }
          : sink,
      ]),
    ),
  };
}

function rangeOf(
  pipeline: Pipeline,
  mode: LoadMode,
  given: Pick<PipelineSubmission, "from" | "to" | "only">,
): Result<{ from: string | null; to: string | null }, Problem> {
  const { from, to } = given;
  if (mode !== "backfill") {
    if (from === undefined && to === undefined) return ok({ from: null, to: null });
    return err({
      code: "usage",
      message: `A range is for a backfill, and the mode is ${mode}`,
      remedy: "Add --mode backfill, or leave --from and --to out",
    });
  }
  if (from === undefined || to === undefined) {
    return err({
      code: "usage",
      message: "A backfill needs its range",
      remedy: "Give --from and --to, such as --from 2026-01-01 --to 2026-02-01",
    });
  }
  const only = given.only ?? [];
  const withCursor = pipeline.streams.filter(({ id, cursor }) =>
    cursor !== undefined && (only.length === 0 || only.includes(id))
  );
  if (withCursor.length === 0) {
    return err({
      code: "usage",
      message: "A backfill needs a stream with a cursor, and the pipeline has none",
      remedy: "Add a cursor, or run with --mode full",
    });
  }
  for (const { cursor } of withCursor) {
    const type = cursor?.type ?? "datetime";
    const isTime = type === "date" || type === "datetime";
    for (const [name, value] of [["from", from], ["to", to]] as const) {
      if (!isOrdered(type, value)) {
        return err({
          code: "usage",
          message: `--${name} is no ${isTime ? "date or instant" : type}`,
          value,
          remedy: `For example --${name} ${isTime ? "2026-01-01" : "1000"}`,
        });
      }
    }
    if ((orderOf(type)(from, to) ?? 0) >= 0) {
      return err({
        code: "usage",
        message: "The range is empty: --from is not before --to",
        value: `${from}..${to}`,
        remedy: "The end is open: --from 2026-01-01 --to 2026-02-01 is January",
      });
    }
  }
  return ok({ from, to });
}

function paramsOf(
  pipeline: Pipeline,
  given: Readonly<Record<string, Json>>,
): Result<Record<string, Json>, Problem> {
  const values: Record<string, Json> = {};
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(pipeline.params, name));
  if (unknown !== undefined) {
    return err({
      code: "usage",
      message: `The pipeline has no parameter '${unknown}'`,
      value: unknown,
      remedy: `Parameters: ${Object.keys(pipeline.params).join(", ") || "none"}`,
    });
  }
  for (const [name, param] of Object.entries(pipeline.params)) {
    const raw = given[name] ?? param.default;
    if (raw === undefined) {
      return err({
        code: "usage",
        message: `The parameter '${name}' has no value`,
        value: name,
        remedy: `Give one: --param ${name}=VALUE, or params in the env file`,
      });
    }
    const value = typedParam(param.type, raw);
    const fault = paramFault(param, value);
    if (fault !== null) {
      return err({
        code: "usage",
        message: `The parameter '${name}' ${fault}`,
        value: String(raw),
        remedy: `Give a ${param.type}`,
      });
    }
    values[name] = value;
  }
  return ok(values);
}
