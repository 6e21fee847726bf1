import type { Sink } from "../../connectors/data/mod.ts";
import type { FoundryPorts, KnownTable } from "../../pipelines/foundry/mod.ts";
import { Environment } from "../../specs/foundry/mod.ts";
import { CommandError, type Handler, type Invocation, usage } from "./command.ts";
import { oneLine } from "./paint.ts";
import { notFound, principalOf, withService } from "./session.ts";
import { eventLine, freshnessText, stagingText } from "./etl_kept.ts";
import { countOption } from "./count_option.ts";
import type { Service } from "../service.ts";

export function foundryOf(service: Service): FoundryPorts {
  if (service.foundry === undefined) throw new Error("This installation has no foundry");
  return service.foundry;
}

/** Opens the sink that a known table lies in; the caller's work is done with it. */
export async function withTable<T>(
  ports: FoundryPorts,
  known: KnownTable,
  use: (sink: Sink) => Promise<T>,
): Promise<T> {
  const { openSinks } = await import("../../pipelines/foundry/mod.ts");
  const bytes = await ports.blobs.get(known.environment);
  if (bytes === null) {
    throw notFound("environment of", known.table, "Run the pipeline again, or give --env FILE");
  }
  const environment = Environment.parse(JSON.parse(new TextDecoder().decode(bytes)));
  const sinks = openSinks(ports, { environment, input: { folder: known.folder } });
  try {
    return await use(sinks.get(known.sink));
  } catch (error) {
    const { DataFailure } = await import("../../connectors/data/mod.ts");
    if (!(error instanceof DataFailure)) throw error;
    // What the sink says of itself is no fault of ours.
    throw new CommandError({ code: `sink-${error.kind}`, message: error.message, remedy: error.remedy }, 1);
  } finally {
    await sinks.close();
  }
}

/** `forge etl list` */
export const list: Handler = (invocation) =>
  withService(invocation, { workers: false }, async (service) => {
    const ports = foundryOf(service);
    const tables = await ports.records.tables.list();
    const pipelines = [...new Set(tables.map(({ pipeline }) => pipeline))].map((id) => ({
      pipeline: id,
      streams: tables.filter(({ pipeline }) => pipeline === id).map(({ stream, table, sink, run, at }) => ({
        stream,
        table,
        sink,
        lastRun: run,
        at,
      })),
    }));
    const staging = await service.staging?.kept() ?? [];
    const freshness = await service.pipelines?.schedules.freshness(undefined, eventLine(invocation.io)) ?? [];
    const { namedSource } = await import("../../pipelines/foundry/mod.ts");
    const known = await Promise.all(
      Object.keys(ports.sources).map((name) => namedSource(ports.sources, name)),
    );
    const connectors = known.filter((source) => source !== null).map((source) => ({
      connector: source.connector,
      resources: source.discover().map(({ name, description, required, optional }) => ({
        name,
        description,
        required,
        optional,
      })),
    }));
    const lines = [
      ...(pipelines.length === 0 ? ["no pipeline was run here yet: forge etl run PIPELINE"] : []),
      ...pipelines.flatMap(({ pipeline, streams }) => [
        pipeline,
        ...streams.map(({ stream, table, sink, at }) => `  ${stream} -> ${sink}.${table}  ${at}`),
        ...freshness.filter((one) => one.pipeline === pipeline).map(freshnessText),
      ]),
      ...stagingText(staging),
      "connectors:",
      ...connectors.map(({ connector, resources }) =>
        `  ${connector}: ${resources.map(({ name }) => name).join(", ")}`
      ),
    ];
    return { exit: 0, document: { pipelines, freshness, staging, connectors }, text: lines.join("\n") };
  });

/** `forge etl state PIPELINE [--stream ID] [--set CURSOR | --reset]` */
export const state: Handler = (invocation) =>
  withService(invocation, { workers: false }, async (service, data) => {
    const { operands: [pipeline = ""], options } = invocation;
    const ports = foundryOf(service);
    const all = (await ports.records.tables.list()).filter((one) => one.pipeline === pipeline);
    if (all.length === 0) throw notFound("state of a pipeline", pipeline, "See: forge etl list");
    const known = all.filter(({ stream }) => options.stream === undefined || stream === options.stream);
    if (known.length === 0) {
      throw notFound(
        `state in ${pipeline} of a stream`,
        String(options.stream),
        `One of: ${all.map(({ stream }) => stream).join(", ")}`,
      );
    }
    const changes = options.reset === true || typeof options.set === "string";
    if (changes && options.reset === true && typeof options.set === "string") {
      throw usage("Cannot set and reset at once", "Give one of --set CURSOR and --reset");
    }
    if (changes && known.length > 1) {
      throw usage(
        "Cannot change the state of several streams at once",
        `Give --stream, one of: ${known.map(({ stream }) => stream).join(", ")}`,
      );
    }
    if (changes) await change(service, invocation, data, pipeline);
    const streams = [];
    for (const one of known) {
      const found = await withTable(ports, one, (sink) => sink.state(pipeline, one.stream));
      streams.push({ stream: one.stream, table: one.table, sink: one.sink, state: found });
    }
    return {
      exit: 0,
      document: { pipeline, streams },
      text: streams.map(({ stream, state }) =>
        `${stream}: cursor ${
          state?.cursor === null || state === null ? "none" : oneLine(String(state.cursor))
        }, ${state?.rows ?? 0} rows in ${state?.loads ?? 0} loads${
          state?.at == null ? "" : `, last at ${state.at}`
        }`
      ).join("\n"),
    };
  });

async function change(service: Service, invocation: Invocation, data: string, id: string): Promise<void> {
  const { options: { set, stream } } = invocation;
  const actor = await principalOf(invocation, data);
  const done = await service.pipelines?.changeState(id, {
    ...(typeof stream === "string" ? { stream } : {}),
    cursor: typeof set === "string" ? set : null,
    asRun: true,
  }, actor);
  if (done === undefined) throw new Error("This installation has no pipelines");
  if (!done.ok) throw new CommandError(done.error, done.error.code === "usage" ? 2 : 1);
}

/** `forge etl quarantine list` */
export const quarantineList: Handler = (invocation) =>
  withService(invocation, { workers: false }, async (service) => {
    const { options } = invocation;
    const text = (name: string) => typeof options[name] === "string" ? { [name]: options[name] } : {};
    const found = await foundryOf(service).records.quarantine.list({
      ...text("pipeline"),
      ...text("stream"),
      ...text("run"),
      ...(options.all === true ? {} : { replayed: false }),
      limit: countOption(options.limit, "limit", 1000, 1, 100_000),
    });
    const rows = found.map(({ pipeline, stream, reason, rule, locator, row, run, at, key, replayedBy }) => ({
      pipeline,
      stream,
      reason,
      rule,
      locator,
      row,
      run,
      at,
      key,
      replayedBy,
    }));
    const lines = rows.map(({ stream, rule, locator, reason }) =>
      `${oneLine(locator)}  ${stream}  ${rule}  ${oneLine(reason)}`
    );
    return {
      exit: 0,
      document: { rows },
      text: lines.length === 0 ? "nothing was set aside" : lines.join("\n"),
    };
  });
