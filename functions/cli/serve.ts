import { dirname } from "node:path";
import { systemClock } from "../../kernel/mod.ts";
import { pipelineSettings, registerFiles } from "../pipeline_files.ts";
import type { Pipelines } from "../pipelines.ts";
import { denoCron, scheduleTicks } from "../schedule_ticks.ts";
import { readTextFile } from "./run.ts";
import { CommandError, type Handler, type Invocation, usage } from "./command.ts";
import { pathOf } from "./data_dir.ts";
import { principalOf, withService } from "./session.ts";
import { countOption } from "./count_option.ts";
import { serve } from "../http/mod.ts";

/** `forge serve`: the API and the dashboard, until it is interrupted. */
export const serveCommand: Handler = (invocation) =>
  withService(invocation, {
    workers: true,
    makes: true,
    watches: true,
    apart: invocation.options.signer === true,
  }, async (service, data) => {
    const { options, io } = invocation;
    const host = typeof options.host === "string" ? options.host : "127.0.0.1";
    if (host === "") throw usage("--host must not be empty", "For example --host 127.0.0.1");
    const preset = io.env("FORGE_KEY");
    const principal = (await principalOf(invocation, data)).id;
    const { pipelines } = service;
    if (pipelines !== undefined) await openPipelines(invocation, pipelines, data, principal);
    const ticks = pipelines === undefined || service.keyStore === undefined ? null : scheduleTicks({
      schedules: pipelines.schedules,
      settled: (run, signal) => service.settled(run, signal),
      ...(service.staging === undefined ? {} : { sweep: service.staging.sweep }),
      store: service.keyStore,
      clock: systemClock(),
      cron: denoCron,
      tell: (line) => io.err(`${line}\n`),
    });
    const served = await serve({
      service,
      host,
      port: countOption(options.port, "port", 8787, 0, 65535),
      ...(typeof options["repo-root"] === "string" ? { repoRoot: pathOf(io, options["repo-root"]) } : {}),
      ...(typeof options["repo-allow"] === "string" ? { repoAllow: options["repo-allow"].split(",") } : {}),
      allowedHosts: typeof options["allow-host"] === "string"
        ? options["allow-host"].split(",").filter(Boolean)
        : [],
      json: invocation.json,
      principal,
      ...(preset ? { presetKey: preset } : {}),
      out: io.out,
      log: (line) => io.err(`${line}\n`),
      signal: io.interrupted,
    });
    await ticks?.stop();
    await ticks?.ready;
    if (!served.ok) throw new CommandError(served.error, served.error.code.startsWith("address-") ? 1 : 2);
    return { exit: 0, document: undefined, text: "" };
  });

/** The environment and the folder of the server's own pipelines, as its owner names them. */
async function openPipelines(
  { io, options }: Pick<Invocation, "io" | "options">,
  pipelines: Pipelines,
  data: string,
  principal: string,
): Promise<void> {
  const named = typeof options.env === "string" ? pathOf(io, options.env) : null;
  const given = typeof options.pipelines === "string" ? pathOf(io, options.pipelines) : null;
  const root = given === null ? null : await realDirectory(given);
  const settings = await pipelineSettings({
    data,
    root,
    environment: named === null ? null : {
      text: await readTextFile(named, "environment", 1024 * 1024),
      name: named,
      folder: dirname(named),
    },
  });
  if (!settings.ok) throw new CommandError(settings.error, 2);
  await pipelines.configure(settings.value);
  if (root === null) return;
  const registered = await registerFiles(pipelines, root, principal);
  if (!registered.ok) throw new CommandError(registered.error, 2);
}

async function realDirectory(path: string): Promise<string> {
  const found = await Deno.stat(path).catch(() => null);
  if (found?.isDirectory) return await Deno.realPath(path);
  throw usage("--pipelines is not a directory", "Name the folder that the pipelines' files lie in", {
    value: path,
  });
}
