/**
 * The entry of an edge host: `deno serve functions/main.ts`, or a hosted platform that takes `{ fetch }`. Runs are taken in and
 * kept; what needs processes or files is parked with the reason.
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

export default edgeHandler({
  compose: () => composeEdge(env),
  env,
  version: VERSION,
  report: (error, what) => console.error(`${what}:`, error instanceof Error ? error.message : error),
});
