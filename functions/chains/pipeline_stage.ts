/** The pipeline that a stage names: a file, or one that is registered in this installation. */
import { dataPorts, tablesRead, usablePipeline } from "../../pipelines/foundry/mod.ts";
import { type ChainStage, err, ok, type Problem, type Result } from "../../specs/mod.ts";
import type { DataDoors } from "../data_family.ts";
import type { AcceptPorts, ReadPipelineStage } from "./accept.ts";
import type { ChainPlace } from "./place.ts";

export function pipelineStages(doors: Pick<DataDoors, "foundry" | "pipelines">): AcceptPorts["pipeline"] {
  return async (stage, place) => {
    const { pipeline = "" } = stage;
    const folder = place.folder(pipeline);
    // A path has a folder or an ending; an id may stand for itself wherever the chain lies.
    const isPath = folder !== null && /[/\\]|\.(?:ya?ml|json)$/i.test(pipeline);
    return isPath ? await ofFile(doors, stage, place, folder) : await registered(doors, stage);
  };
}

async function ofFile(
  { foundry }: Pick<DataDoors, "foundry">,
  stage: ChainStage,
  place: ChainPlace,
  folder: string,
): Promise<Result<ReadPipelineStage, Problem[]>> {
  const read = await place.read(stage.pipeline ?? "", "pipeline");
  if (!read.ok) return err([read.error]);
  const env = stage.env === undefined ? null : await place.read(stage.env, "environment");
  if (env !== null && !env.ok) return err([env.error]);
  return await checked(foundry, stage, {
    text: read.value.text,
    name: read.value.name,
    folder,
    environmentText: env?.value.text ?? null,
    environmentName: env?.value.name ?? null,
    environmentFolder: stage.env === undefined ? null : place.folder(stage.env),
    confined: null,
  });
}

async function registered(
  { foundry, pipelines }: Pick<DataDoors, "foundry" | "pipelines">,
  stage: ChainStage,
): Promise<Result<ReadPipelineStage, Problem[]>> {
  const id = stage.pipeline ?? "";
  const entry = await pipelines.get(id);
  if (entry === null) {
    const known = (await pipelines.list()).map((one) => one.id);
    return err([{
      code: "chain",
      value: id.slice(0, 200),
      message: `there is no pipeline '${id.slice(0, 200)}' here`,
      remedy: `Name a file beside the chain, or one that is registered: ${known.join(", ") || "none is"}`,
    }]);
  }
  if (stage.env !== undefined) {
    return err([{
      code: "chain",
      value: stage.env,
      message: "a pipeline that is registered runs with the environment of this installation",
      remedy: "Leave env out",
    }]);
  }
  const { environment, folder, root } = await pipelines.settings();
  return await checked(foundry, stage, {
    text: JSON.stringify(entry.definition),
    name: `${id}.json`,
    folder,
    environmentText: JSON.stringify(environment),
    environmentName: "environment.json",
    environmentFolder: folder,
    confined: { root },
  });
}

async function checked(
  foundry: DataDoors["foundry"],
  stage: ChainStage,
  given: Omit<ReadPipelineStage["request"], "what" | "mode" | "streams" | "seconds">,
): Promise<Result<ReadPipelineStage, Problem[]>> {
  const usable = await usablePipeline(foundry, {
    pipeline: given.text,
    ...(given.name === null ? {} : { name: given.name }),
    folder: given.folder,
    ...(given.environmentText === null ? {} : { environment: given.environmentText }),
    ...(given.environmentName === null ? {} : { environmentName: given.environmentName }),
    ...(given.confined === null ? {} : { confined: given.confined }),
  });
  if (!usable.ok) return usable;
  const { pipeline, environment } = usable.value;
  const unknown = stage.streams?.find((one) => !pipeline.streams.some(({ id }) => id === one));
  if (unknown !== undefined) {
    return err([{
      code: "chain",
      value: unknown,
      message: `there is no stream '${unknown}' in the pipeline`,
      remedy: `One of: ${pipeline.streams.map(({ id }) => id).join(", ")}`,
    }]);
  }
  // What the environment gives needs no binding.
  const params = Object.fromEntries(
    Object.entries(pipeline.params).map(([name, param]) => [
      name,
      Object.hasOwn(environment.params, name) ? { ...param, default: environment.params[name] } : param,
    ]),
  );
  return ok({
    ports: dataPorts({ ...pipeline, params }, {
      streams: stage.streams,
      datasets: await tablesRead(pipeline),
    }),
    request: {
      ...given,
      what: pipeline.id,
      mode: stage.mode ?? "incremental",
      streams: stage.streams ?? [],
      seconds: pipeline.budget.seconds,
    },
  });
}
