/**
 * The entry of an edge host: `deno serve functions/main.ts`, or a hosted platform that takes `{ fetch }`. Repositories on GitHub and GitLab
 * are worked on by their API and verified by their CI; what needs processes or files is parked with the reason.
 */
import { composeEdge } from "./compose.ts";
import { edgeHandler } from "./http/mod.ts";
import { VERSION } from "./version.ts";

/** A variable of the host, or nothing where the host shows none. */
function env(name: string): string | undefined {
  try {
    return Deno.env.get(name);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotCapable) return undefined;
    throw cause;
  }
}

const handler = edgeHandler({
  compose: () => composeEdge(env),
  env,
  version: VERSION,
  report: (error, what) => console.error(`${what}:`, error instanceof Error ? error.message : error),
});

// An instance may be stopped between requests: the host's scheduler takes up what waits. Where there is none, the next request does.
if (typeof Deno.cron === "function") {
  Deno.cron("forge-edge", "* * * * *", { backoffSchedule: [] }, () => handler.tick());
}

export default handler;
