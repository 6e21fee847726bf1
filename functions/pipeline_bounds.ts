/** What a pipeline that runs with the server's credentials may not ask for. Found when it is registered; the engine holds to it again. */
import { isAddress, isPublic } from "../connectors/data/mod.ts";
import { tableOf } from "../pipelines/foundry/mod.ts";
import type { Json, Problem } from "../specs/mod.ts";
import type { Environment, Pipeline } from "../specs/foundry/mod.ts";

/** Parameters that name files, by connector. */
const FILE_PARAMS: Readonly<Record<string, readonly string[]>> = {
  file: ["path", "glob"],
  excel: ["path"],
};

/** Addresses outside of the public internet that a definition spells out. Names are resolved when they are reached. */
function addressFaults(pipeline: Pipeline, environment: Environment): Problem[] {
  return pipeline.streams.flatMap((stream, at) =>
    Object.entries(stream.source.params).flatMap(([name, value]) =>
      texts(value).flatMap((text): Problem[] => {
        if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return [];
        const url = new URL(text);
        const base = environment.connectors[stream.source.connector]?.baseUrl;
        if (base !== undefined && URL.canParse(base) && new URL(base).origin === url.origin) return [];
        const host = url.hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
        const isLocal = host === "localhost" || host.endsWith(".localhost") ||
          (isAddress(host) && !isPublic(host));
        return !isLocal ? [] : [{
          code: "pipeline.private-address",
          path: `streams[${at}].source.params.${name}`,
          value: url.host,
          message: "The address is not on the public internet.",
          remedy: "name a public host; only the server's own environment may name private ones",
        }];
      })
    )
  );
}

/** What a definition spells out that it may not have. */
export const boundFaults = (pipeline: Pipeline, root: string | null, environment: Environment): Problem[] => [
  ...fileFaults(pipeline, root),
  ...addressFaults(pipeline, environment),
];

/** Files outside of the root, as far as the text tells: links and values of parameters are seen when they are opened. */
function fileFaults(pipeline: Pipeline, root: string | null): Problem[] {
  return pipeline.streams.flatMap((stream, at) =>
    (FILE_PARAMS[stream.source.connector] ?? []).flatMap((name): Problem[] =>
      texts(stream.source.params[name]).flatMap((value): Problem[] => {
        const why = root === null
          ? "This server opens no files for pipelines."
          : value.startsWith("/") || value.split(/[/\\]/).includes("..")
          ? "The path leads out of the folder that pipelines may read."
          : null;
        return why === null ? [] : [{
          code: "pipeline.outside",
          path: `streams[${at}].source.params.${name}`,
          value,
          message: why,
          remedy: root === null
            ? "whoever runs the server can name a folder: forge serve --pipelines DIR"
            : "write a path relative to that folder, without '..'",
        }];
      })
    )
  );
}

const texts = (value: Json | undefined): string[] =>
  typeof value === "string" ? [value] : Array.isArray(value) ? value.flatMap(texts) : [];

/** A table that another pipeline writes stays that one's: its rows and its cursor belong together. */
export function tableFaults(
  pipeline: Pipeline,
  known: readonly { pipeline: string; sink: string; table: string }[],
): Problem | null {
  for (const stream of pipeline.streams) {
    const table = tableOf(stream);
    const other = known.find((one) =>
      one.pipeline !== pipeline.id && one.sink === stream.write.sink && one.table === table
    );
    if (other !== undefined) {
      return {
        code: "conflict",
        message: `The table ${table} of ${stream.write.sink} belongs to the pipeline ${other.pipeline}`,
        value: table,
        remedy: `Give the stream ${stream.id} another write.table`,
      };
    }
  }
  return null;
}
