import { resolve } from "node:path";
import type { Cassette } from "../../connectors/models/mod.ts";
import { CommandError, type Invocation } from "./command.ts";

/** FORGE_CASSETTE: models are recorded, or a recording answers in their place; its file is found from where the caller stands. */
export async function recordingOf({ io }: Pick<Invocation, "io">): Promise<{ cassette?: Cassette }> {
  const given = io.env("FORGE_CASSETTE")?.trim();
  if (!given) return {};
  const [{ cassetteOf }, { redact }] = await Promise.all([
    import("../../connectors/models/mod.ts"),
    import("../../policies/mod.ts"),
  ]);
  const setting = given.replace(/^([a-z-]+:)(.+)$/s, (_, mode, file) => `${mode}${resolve(io.cwd, file)}`);
  const made = cassetteOf(setting, { redact });
  if (!made.ok) throw new CommandError(made.error, 2);
  return made.value === undefined ? {} : { cassette: made.value };
}
