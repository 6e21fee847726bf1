import config from "../deno.json" with { type: "json" };

/** The version of this build, as deno.json names it. */
export const VERSION: string = config.version;
