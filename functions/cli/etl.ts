import { dirname } from "node:path";
import { EXIT_CODE, type Problem, RunStatus } from "../../specs/mod.ts";
import { LoadMode, type PipelineDocument } from "../../specs/foundry/mod.ts";
import { type Answer, CommandError, type Handler, type Invocation, usage } from "./command.ts";
import { pathOf } from "./data_dir.ts";
import { eventLine } from "./etl_kept.ts";
import { pipelineText } from "./etl_text.ts";
import { oneLine } from "./paint.ts";
import { paramsOf } from "./param_option.ts";
import { followed, readTextFile } from "./run.ts";
import { principalOf, withDataService } from "./session.ts";
import type { DataService, Service } from "../service.ts";

const MAX_BYTES = 1024 * 1024;

/** A pipeline's text and its environment's, with the folders that their paths resolve against. */
export async function pipelineFiles(invocation: Pick<Invocation, "io" | "operands" | "options">) {
  const { io, options, operands: [file = ""] } = invocation;
  const name = pathOf(io, file);
  const pipeline = await readTextFile(name, "pipeline", MAX_BYTES);
  const base = { pipeline, name, folder: dirname(name) };
  if (typeof options.env !== "string") return base;
  const environmentName = pathOf(io, options.env);
  const environment = await readTextFile(environmentName, "environment", MAX_BYTES);
  return { ...base, environment, environmentName, environmentFolder: dirname(environmentName) };
}

/** `forge etl run PIPELINE`. */
export const run: Handler = async (invocation) => {
  const { options } = invocation;
  const mode = LoadMode.safeParse(options.mode ?? "incremental");
  if (!mode.success) {
    throw usage(`There is no mode '${options.mode}'`, `One of: ${LoadMode.options.join(", ")}`, {
      value: String(options.mode),
    });
  }
  return await start(invocation, {
    mode: mode.data,
    ...(typeof options.from === "string" ? { from: options.from } : {}),
    ...(typeof options.to === "string" ? { to: options.to } : {}),
  });
};

/** `forge etl replay PIPELINE`. */
export const replay: Handler = (invocation) => start(invocation, { replay: true });

async function start(
  invocation: Invocation,
  asked: { mode?: LoadMode; from?: string; to?: string; replay?: boolean },
): Promise<Answer> {
  const files = await pipelineFiles(invocation);
  const params = paramsOf(invocation.options.param);
  const { stream } = invocation.options;
  const only = typeof stream === "string" ? stream.split(",").filter((id) => id !== "") : [];
  return await withDataService(invocation, { workers: true, makes: true }, async (service, data) => {
    const actor = await principalOf(invocation, data);
    const submitted = await service.submitPipeline({ ...files, ...asked, params, only }, actor);
    if (!submitted.ok) throw new CommandError(submitted.error, submitted.error.code === "busy" ? 1 : 2);
    const { run: id, existed } = submitted.value;
    if (existed) invocation.io.err(`${id} was under way already: it goes on\n`);
    await followed(invocation, service, id);
    const told = await answer(service, id);
    await afterwards(invocation, service, told.document as PipelineDocument);
    return told;
  });
}

/** What a run leaves to do: its promise of freshness is judged, staging that is past its time goes. Neither changes its outcome. */
async function afterwards(
  { io }: Invocation,
  service: DataService,
  { pipeline }: PipelineDocument,
): Promise<void> {
  try {
    await service.pipelines.schedules.freshness(pipeline.slice(0, pipeline.lastIndexOf("@")), eventLine(io));
    await service.staging.sweep();
  } catch (error) {
    io.err(`${error instanceof Error ? error.message : String(error)}\n`);
  }
}

/** The document of a run and what to say about it. */
export async function answer(service: Pick<Service, "pipelineDocument">, id: string): Promise<Answer> {
  const document = await service.pipelineDocument?.(id);
  if (!document) throw new Error(`Cannot show ${id}: the ledger lost it`);
  return { exit: exitOf(document), document, text: pipelineText(document) };
}

function exitOf(document: PipelineDocument): number {
  const status = RunStatus.safeParse(document.status);
  return status.success ? EXIT_CODE[status.data] : 3;
}

/** `forge etl validate PIPELINE`: exit 0 when `forge etl run` would take it, 2 when it would not. */
export const validate: Handler = async (invocation) => {
  const files = await pipelineFiles(invocation);
  const [{ usablePipeline }, { sources, fileAccess, rowFunction }, { installedLibrary }] = await Promise.all([
    import("../../pipelines/foundry/mod.ts"),
    import("../../connectors/data/mod.ts"),
    import("./installed_library.ts"),
  ]);
  const ports = {
    sources,
    files: (base: string, scratch: string) => fileAccess({ base, scratch }),
    functions: rowFunction,
    ...installedLibrary(invocation),
  };
  const usable = await usablePipeline(ports, files);
  if (usable.ok) {
    const { pipeline, digest } = usable.value;
    const version = `${pipeline.id}@${digest.slice("sha256:".length, "sha256:".length + 12)}`;
    return {
      exit: 0,
      document: { valid: true, pipeline: version, definition: pipeline, errors: [] },
      text: `valid: ${version} (${pipeline.streams.length} streams)`,
    };
  }
  const errors = usable.error.map(plainError);
  const lines = errors.flatMap((error) => [
    `${error.path || "(pipeline)"}${error.line === undefined ? "" : ` (line ${error.line})`}: ${
      oneLine(error.message, 500)
    }`,
    ...(error.value === undefined ? [] : [`  given: ${oneLine(error.value)}`]),
    ...(error.remedy === undefined ? [] : [`  do:    ${oneLine(error.remedy, 500)}`]),
  ]);
  return {
    exit: 2,
    document: { valid: false, pipeline: null, definition: null, errors },
    text: [...lines, `${errors.length} problem${errors.length === 1 ? "" : "s"}`].join("\n"),
  };
};

function plainError(problem: Problem) {
  const { code, path, message, value, remedy, line } = problem;
  return {
    code,
    path: path ?? "",
    message,
    ...(value === undefined ? {} : { value }),
    ...(remedy === undefined ? {} : { remedy }),
    ...(line === undefined ? {} : { line }),
  };
}
