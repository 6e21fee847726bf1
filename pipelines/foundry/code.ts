/** Code that a pipeline brings: read once when the run is accepted, kept by digest, and run from there. */
import { join } from "node:path";
import { compileModules, DataFailure, type FileAccess, modulePathFault } from "../../connectors/data/mod.ts";
import { err, ok, type Problem, type Result } from "../../specs/mod.ts";
import { type Pipeline } from "../../specs/foundry/mod.ts";
import { readBytes } from "../blob_reads.ts";
import type { FunctionStep, OpenFunction } from "./batch_steps.ts";
import type { Asked, FoundryInput } from "./input.ts";
import type { FoundryPorts } from "./ports.ts";

const MAX_BYTES = 1024 * 1024;
const MAX_FUNCTIONS = 50;
/** To load a module is no work. */
const LOAD_SECONDS = 10;

/** Where the functions of a pipeline lie, and what starts them; `functions` is absent where no process can be started. */
export interface CodeAccess {
  readonly files: FileAccess;
  readonly folder: string;
  readonly functions?: FoundryPorts["functions"] | undefined;
}

/** Text by path. */
export type Code = ReadonlyMap<string, string>;

interface Placed {
  readonly step: FunctionStep;
  readonly path: string;
}

const functionsIn = (pipeline: Pipeline): Placed[] =>
  pipeline.streams.flatMap(({ transforms }, at) =>
    transforms.flatMap((step, index) =>
      step.op === "typescript" ? [{ step, path: `streams[${at}].transforms[${index}]` }] : []
    )
  );

/** Reads, compiles and once starts every function of a pipeline: what does not load is told before a run. */
export async function codeOf(
  pipeline: Pipeline,
  access: CodeAccess | null,
): Promise<Result<Code, Problem[]>> {
  const code = new Map<string, string>();
  const problems: Problem[] = [];
  const sound = new Set<string>();
  for (const { step, path } of functionsIn(pipeline)) {
    if (sound.has(step.file)) continue;
    const told = (message: string, remedy: string) =>
      problems.push({ code: "pipeline.function", path: `${path}.file`, value: step.file, message, remedy });
    if (access?.functions === undefined) {
      told(
        "This host runs no functions of pipelines: it has no files or no processes.",
        "run the pipeline where forge is installed",
      );
      continue;
    }
    if (sound.size >= MAX_FUNCTIONS) {
      told(`A pipeline has at most ${MAX_FUNCTIONS} functions.`, "put several steps into one function");
      break;
    }
    const compiled = await compileModules(step.file, (file) => textOf(file, access, code));
    if (!compiled.ok) {
      told(
        `The function cannot be used: ${compiled.error}.`,
        "mend the module; it may import files beside it",
      );
      continue;
    }
    try {
      const made = await access.functions(step.file, compiled.value, {
        seconds: Math.min(step.seconds, LOAD_SECONDS),
        memoryMb: step.memoryMb,
      });
      await made.close();
      sound.add(step.file);
    } catch (error) {
      if (!(error instanceof DataFailure)) throw error;
      told(`${error.message}.`, error.remedy);
    }
  }
  return problems.length === 0 ? ok(code) : err(problems);
}

/** A regular file below the pipeline's folder with no link on its way. */
async function textOf(
  file: string,
  { files, folder }: CodeAccess,
  known: Map<string, string>,
): Promise<Result<string, string>> {
  const there = known.get(file);
  if (there !== undefined) return ok(there);
  const fault = modulePathFault(file);
  if (fault !== null) return err(`${file} ${fault}`);
  try {
    const found = await files.file(file);
    if (found.path !== join(await Deno.realPath(folder), file)) {
      return err(`${file} is a link or lies behind one`);
    }
    if (found.size > MAX_BYTES) return err(`${file} has more than ${MAX_BYTES} bytes`);
    const bytes = new Uint8Array(await new Response(await found.open()).arrayBuffer());
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    known.set(file, text);
    return ok(text);
  } catch (error) {
    if (error instanceof DataFailure) return err(error.message);
    if (error instanceof TypeError) return err(`${file} is no UTF-8 text`);
    throw error;
  }
}

/** Keeps the code of a run. */
export async function keptCode(
  ports: Pick<FoundryPorts, "blobs">,
  code: Code,
): Promise<FoundryInput["code"]> {
  return await Promise.all(
    [...code].sort(([a], [b]) => a < b ? -1 : 1).map(async ([file, text]) => ({
      file,
      digest: await ports.blobs.put(text),
    })),
  );
}

/** Starts functions from code that was read. */
export function functionsFrom(code: Code, functions: NonNullable<FoundryPorts["functions"]>): OpenFunction {
  return async (step) => {
    const compiled = await compileModules(
      step.file,
      (file) => Promise.resolve(code.has(file) ? ok(code.get(file) ?? "") : err(`${file} was not read`)),
    );
    if (!compiled.ok) throw new DataFailure("invalid", compiled.error, "Mend the module");
    return await functions(step.file, compiled.value, step);
  };
}

/** Starts functions from the code that the run was accepted with, whatever lies in the folder now. */
export function functionsOf(ports: FoundryPorts, { input }: Pick<Asked, "input">): OpenFunction {
  return async (step) => {
    const compiled = await compileModules(step.file, async (file) => {
      const kept = input.code.find((one) => one.file === file);
      return kept === undefined
        ? err(`${file} is no code of this run`)
        : ok(new TextDecoder().decode(await readBytes(ports.blobs, kept.digest)));
    });
    if (!compiled.ok) {
      throw new DataFailure(
        "invalid",
        `${step.file} cannot be used: ${compiled.error}`,
        "Run the pipeline again; see: forge etl validate",
      );
    }
    if (ports.functions === undefined) {
      throw new DataFailure(
        "refused",
        "This host runs no functions of pipelines",
        "Run the pipeline where forge is installed",
      );
    }
    return await ports.functions(step.file, compiled.value, step);
  };
}
