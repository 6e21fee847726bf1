import { isAbsolute, join, resolve } from "node:path";
import { type Invocation, usage } from "./command.ts";

/** `--data`, FORGE_DATA, `$XDG_STATE_HOME/edgeforge`, `~/.local/state/edgeforge`, in this order. Absolute. */
export function dataDirectory(invocation: Pick<Invocation, "options" | "io">): string {
  const found = knownDataDirectory(invocation);
  if (found === null) {
    throw usage("There is no home directory to keep state in", "Give one: --data DIR, or set FORGE_DATA");
  }
  return found;
}

/** The same; null where nothing says where it would be. */
export function knownDataDirectory({ options, io }: Pick<Invocation, "options" | "io">): string | null {
  const given = options.data ?? io.env("FORGE_DATA");
  if (typeof given === "string" && given !== "") return resolve(io.cwd, given);
  const state = io.env("XDG_STATE_HOME");
  if (state && isAbsolute(state)) return join(state, "edgeforge");
  const home = io.env("HOME") ?? io.env("USERPROFILE");
  return !home ? null : join(home, ".local", "state", "edgeforge");
}

/** A path of the command line, resolved against the caller's directory. */
export function pathOf(io: Pick<Invocation["io"], "cwd">, given: string): string {
  return resolve(io.cwd, given);
}
