import { z } from "zod";
import { ChainLink, Digest, Instant, Json, RunPrivacy } from "../../specs/mod.ts";
import { Environment, LoadMode, Pipeline } from "../../specs/foundry/mod.ts";
import type { Blobs } from "../../kernel/mod.ts";
import { readParsed } from "./parsed.ts";

/** What a data run is given, as the ledger keeps it: everything of size is a blob. */
export const FoundryInput = z.strictObject({
  kind: z.literal("foundry"),
  id: z.string().min(1),
  /** The definition in its normal form, its parameters still open; its digest is the pipeline's version. */
  definition: Digest,
  source: Digest.describe("the definition as it was written"),
  environment: Digest.describe("the environment; credentials are references in it"),
  folder: z.string().describe("where relative paths of the pipeline resolve"),
  mode: LoadMode,
  range: z.strictObject({ from: z.string().nullable(), to: z.string().nullable() }),
  params: z.record(z.string(), Json),
  /** Rows that were set aside before are the source: `etl replay`. */
  replay: z.boolean().default(false),
  /** Streams that are read; empty: all. */
  only: z.array(z.string()).default([]),
  fingerprint: z.string().describe("the same for runs that would do the same"),
  /** A pipeline that came by a request: files only below `root` (none without one), private addresses only where the env file names them. */
  confined: z.strictObject({ root: z.string().nullable() }).optional(),
  /** Code of the pipeline's own: files beside it, as they were when the run was accepted. */
  code: z.array(z.strictObject({ file: z.string().min(1), digest: Digest })).default([]),
  /** Signed packs that judge beside the built-in ones, as they were when the run was accepted. */
  packs: Digest.optional(),
  personal: RunPrivacy.optional(),
  startedAt: Instant,
  requester: z.string().min(1),
  chain: ChainLink.optional().describe("of a run of a chain: which runs it took what from"),
});
export type FoundryInput = z.infer<typeof FoundryInput>;

/** A run's definition and environment, with the parameters put in. */
export interface Asked {
  readonly input: FoundryInput;
  readonly pipeline: Pipeline;
  readonly environment: Environment;
}

export async function readAsked(blobs: Blobs, value: Json): Promise<Asked> {
  const input = FoundryInput.parse(value);
  const [pipeline, environment] = await Promise.all([
    readParsed(blobs, input.definition, Pipeline),
    readParsed(blobs, input.environment, Environment),
  ]);
  return { input, pipeline: withParams(pipeline, input.params), environment };
}

/** The pipeline with `${params.x}` in the texts of its sources replaced. A text that is nothing else takes the value's type. */
export function withParams(pipeline: Pipeline, params: Readonly<Record<string, Json>>): Pipeline {
  const put = (value: Json): Json => {
    if (typeof value === "string") {
      const whole = /^\$\{params\.([A-Za-z0-9_]+)\}$/.exec(value);
      if (whole?.[1] !== undefined && Object.hasOwn(params, whole[1])) return params[whole[1]] ?? null;
      return value.replaceAll(
        /\$\{params\.([A-Za-z0-9_]+)\}/g,
        (text, name: string) => Object.hasOwn(params, name) ? String(params[name]) : text,
      );
    }
    if (Array.isArray(value)) return value.map(put);
    if (value !== null && typeof value === "object") {
      return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, put(inner)]));
    }
    return value;
  };
  return {
    ...pipeline,
    streams: pipeline.streams.map((stream) => ({
      ...stream,
      source: {
        ...stream.source,
        resource: String(put(stream.source.resource)),
        params: put(stream.source.params) as Record<string, Json>,
      },
      ...(stream.cursor?.initial === undefined
        ? {}
        : { cursor: { ...stream.cursor, initial: put(stream.cursor.initial) as string | number } }),
    })),
  };
}
