/** The door of an edge host: a `fetch`, made at the first request, with what the host's environment says. */
import type { Service } from "../service.ts";
import { createApp } from "./app.ts";
import { keyRing } from "./keyring.ts";
import { LOOPBACK_HOSTS } from "./origin.ts";
import { repositoryAllow } from "./repository_allow.ts";

export interface EdgeOptions {
  /** Makes the service; called again when it failed. */
  compose: () => Promise<Service>;
  env: (name: string) => string | undefined;
  version: string;
  /** Told of bugs and of settings that are missing. */
  report: (error: unknown, what: string) => void;
  /** Takes a line of JSON for each refusal and each change; standard error by default. */
  audit?: (line: string) => void;
}

export interface EdgeHandler {
  /** Takes up what waits: runs whose time has come, and what an instance left that was stopped. For the host's scheduler, each minute. */
  tick(): Promise<void>;
  fetch(request: Request, info?: { remoteAddr?: unknown }): Promise<Response>;
}

/**
 * Settings: `FORGE_KEY`, the one key of this host (without it nobody gets in); `FORGE_ALLOWED_HOSTS`, the host names that it
 * answers for, separated by commas (without it only those of loopback); `FORGE_REPO_ALLOW`, the repositories that requests may name
 * (`[HOST/]OWNER/NAME`, separated by commas; without it any that the host's credential reaches).
 */
export function edgeHandler(options: EdgeOptions): EdgeHandler {
  const { env, report } = options;
  type Started = { app: ReturnType<typeof createApp>; service: Service };
  let started: Promise<Started> | null = null;

  const start = async (): Promise<Started> => {
    const keys = keyRing();
    const preset = env("FORGE_KEY");
    if (preset === undefined) report(new Error("FORGE_KEY is not set: nobody can use this host"), "start");
    else {
      const key = await keys.ephemeral("operator", preset);
      if (!key.ok) report(new Error(key.error.message), "start");
    }
    const listed = (name: string) => (env(name) ?? "").split(",").map((one) => one.trim()).filter(Boolean);
    const hosts = listed("FORGE_ALLOWED_HOSTS");
    const repositories = env("FORGE_REPO_ALLOW") === undefined
      ? null
      : repositoryAllow(listed("FORGE_REPO_ALLOW"));
    // A list that cannot be read lets nothing through, and is never the same as none.
    if (repositories?.ok === false) {
      throw new Error(`FORGE_REPO_ALLOW holds what is no name of a repository: '${repositories.error}'`);
    }
    const service = await options.compose();
    const app = createApp({
      service,
      keys,
      allowedHosts: hosts.length > 0 ? hosts : LOOPBACK_HOSTS,
      loopback: false,
      ...(repositories === null ? {} : { repoAllow: repositories.value }),
      version: options.version,
      disk: null,
      report,
      ...(options.audit === undefined ? {} : { audit: options.audit }),
    });
    return { app, service };
  };

  /** Null when it cannot start; the next call tries again. */
  const ready = async (): Promise<Started | null> => {
    started ??= start();
    try {
      return await started;
    } catch (cause) {
      started = null;
      report(cause, "start");
      return null;
    }
  };

  return {
    async tick() {
      try {
        await (await ready())?.service.tick?.();
      } catch (cause) {
        report(cause, "tick");
      }
    },
    async fetch(request, info) {
      const host = await ready();
      if (host === null) {
        return new Response("The service cannot start; its log says why.\n", { status: 503 });
      }
      return await host.app.fetch(request, { remote: addressOf(info?.remoteAddr) });
    },
  };
}

function addressOf(address: unknown): string {
  const known = typeof address === "object" && address !== null && "hostname" in address;
  return known && typeof address.hostname === "string" ? address.hostname : "unknown";
}
