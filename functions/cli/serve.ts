import { CommandError, type Handler, usage } from "./command.ts";
import { pathOf } from "./data_dir.ts";
import { principalOf, withService } from "./session.ts";
import { countOption } from "./workflow.ts";
import { serve } from "../http/mod.ts";

/** `forge serve`: the API and the dashboard, until it is interrupted. */
export const serveCommand: Handler = (invocation) =>
  withService(invocation, { workers: true, makes: true }, async (service, data) => {
    const { options, io } = invocation;
    const host = typeof options.host === "string" ? options.host : "127.0.0.1";
    if (host === "") throw usage("--host must not be empty", "For example --host 127.0.0.1");
    const preset = io.env("FORGE_KEY");
    const served = await serve({
      service,
      host,
      port: countOption(options.port, "port", 8787, 0, 65535),
      ...(typeof options["repo-root"] === "string" ? { repoRoot: pathOf(io, options["repo-root"]) } : {}),
      allowedHosts: typeof options["allow-host"] === "string"
        ? options["allow-host"].split(",").filter(Boolean)
        : [],
      json: invocation.json,
      principal: (await principalOf(invocation, data)).id,
      ...(preset ? { presetKey: preset } : {}),
      out: io.out,
      log: (line) => io.err(`${line}\n`),
      signal: io.interrupted,
    });
    if (!served.ok) throw new CommandError(served.error, served.error.code.startsWith("address-") ? 1 : 2);
    return { exit: 0, document: undefined, text: "" };
  });
