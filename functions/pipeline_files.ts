/** A server's own pipelines: the files of one folder, registered when it starts. */
import { join } from "node:path";
import { sources } from "../connectors/data/mod.ts";
import { connectorFaults } from "../pipelines/foundry/mod.ts";
import { err, ok, type Problem, type Result } from "../specs/mod.ts";
import { Environment, readEnvironment } from "../specs/foundry/mod.ts";
import type { Pipelines, PipelineSettings } from "./pipelines.ts";

const MAX_BYTES = 1024 * 1024;

/** What `forge serve --env FILE --pipelines DIR` says about where pipelines run. */
export async function pipelineSettings(given: {
  /** The data directory, where a warehouse lies when no environment names one. */
  data: string;
  environment: { text: string; name: string; folder: string } | null;
  root: string | null;
}): Promise<Result<PipelineSettings, Problem>> {
  const { data, environment, root } = given;
  const folder = root ?? data;
  if (environment === null) {
    const sinks = { warehouse: { type: "sqlite", path: join(data, "warehouse.db") } };
    return ok({ environment: Environment.parse({ sinks }), folder, root });
  }
  const read = await readEnvironment(environment.text, {
    name: environment.name,
    further: connectorFaults(sources),
  });
  if (!read.ok) {
    return err({
      code: "invalid-environment",
      message: `Cannot use the environment ${environment.name}: ${
        read.error[0]?.message ?? "it is not valid"
      }`,
      causes: read.error,
    });
  }
  const { sinks, ...rest } = read.value.environment;
  const placed = Object.entries(sinks).map(([name, sink]) =>
    [
      name,
      "path" in sink
        ? { ...sink, path: absolute(environment.folder, sink.path) }
        : "caFile" in sink && sink.caFile !== undefined
        ? { ...sink, caFile: absolute(environment.folder, sink.caFile) }
        : sink,
    ] as const
  );
  return ok({ environment: { ...rest, sinks: Object.fromEntries(placed) }, folder, root });
}

const absolute = (folder: string, path: string) => path.startsWith("/") ? path : join(folder, path);

const HEAD_BYTES = 64 * 1024;

async function headOf(path: string): Promise<string> {
  const file = await Deno.open(path, { read: true });
  try {
    const buffer = new Uint8Array(HEAD_BYTES);
    const count = await file.read(buffer) ?? 0;
    return new TextDecoder().decode(buffer.subarray(0, count));
  } finally {
    file.close();
  }
}

/** A document with streams at its top, whole or not: what is meant as a pipeline and cannot be read as one is told, not passed over. */
function isPipeline(text: string): boolean {
  if (!text.trimStart().startsWith("{")) return /^["']?streams["']?\s*:/m.test(text);
  try {
    const parsed: unknown = JSON.parse(text);
    return parsed !== null && typeof parsed === "object" && Object.hasOwn(parsed, "streams");
  } catch {
    // YAML within braces, or JSON that is broken or cut.
    return /[{,\n]\s*["']?streams["']?\s*:/.test(text);
  }
}

/** Registers every pipeline of a folder, and nothing else as the server's own; the first one that is not valid is the answer. */
export async function registerFiles(
  pipelines: Pick<Pipelines, "register" | "keepOnly">,
  dir: string,
  by: string,
): Promise<Result<string[], Problem>> {
  const names: string[] = [];
  for await (const entry of Deno.readDir(dir)) {
    if (!entry.isDirectory && /\.(?:ya?ml|json)$/i.test(entry.name)) names.push(entry.name);
  }
  const registered: string[] = [];
  for (const name of names.sort()) {
    const path = join(dir, name);
    const { size } = await Deno.stat(path);
    const text = size > MAX_BYTES ? await headOf(path) : await Deno.readTextFile(path);
    // Environments, fixtures and other documents may lie beside them.
    if (!isPipeline(text)) continue;
    if (size > MAX_BYTES) {
      return err({
        code: "invalid-pipeline",
        message: `Cannot register ${path}: it has more than ${MAX_BYTES} bytes`,
        value: String(size),
        remedy: "Cut it into several pipelines, or move it elsewhere if it is none",
      });
    }
    const done = await pipelines.register({ pipeline: text, name, from: "server" }, { kind: "user", id: by });
    if (!done.ok) {
      const [first] = done.error.causes ?? [];
      return err({
        ...done.error,
        message: `Cannot register ${path}: ${first?.message ?? done.error.message}`,
        ...(first?.path === undefined ? {} : { path: first.path }),
        ...(first?.value === undefined ? {} : { value: first.value }),
        remedy: first?.remedy ?? done.error.remedy ?? `See all of it: forge etl validate ${path}`,
      });
    }
    registered.push(done.value.entry.id);
  }
  await pipelines.keepOnly(registered);
  return ok(registered);
}
