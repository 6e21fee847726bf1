import { fileURLToPath } from "node:url";

const ENTRY = fileURLToPath(new URL("./page.ts", import.meta.url));

/**
 * The page's script as one file, made by `deno bundle` when it is asked for the first time: what the browser runs is what the command line
 * runs, never a copy that was built some day. Null where it cannot be made, such as on a host without processes, or without a network the
 * first time, when Deno fetches its bundler.
 */
export function verifierScript(): () => Promise<string | null> {
  let made: Promise<string | null> | null = null;
  return async () => {
    made ??= build();
    const script = await made;
    // It may work the next time.
    if (script === null) made = null;
    return script;
  };
}

async function build(): Promise<string | null> {
  try {
    const { success, stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["bundle", "--quiet", "--platform", "browser", "--format", "esm", "--minify", ENTRY],
      stdin: "null",
      stdout: "piped",
      stderr: "null",
      signal: AbortSignal.timeout(60_000),
    }).output();
    return success && stdout.length > 0 ? new TextDecoder().decode(stdout) : null;
  } catch (error) {
    if (
      error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotCapable ||
      error instanceof Deno.errors.PermissionDenied
    ) return null;
    throw error;
  }
}
