/** What a pipeline that runs with the server's credentials may not ask for. Found when it is registered; the engine holds to it again. */
import { tableOf } from "../pipelines/mod.ts";
import type { Json, Pipeline, Problem } from "../specs/mod.ts";

/** Parameters that name files, by connector. */
const FILE_PARAMS: Readonly<Record<string, readonly string[]>> = {
  file: ["path", "glob"],
  excel: ["path"],
};

/** Files outside of the root, as far as the text tells: links and values of parameters are seen when they are opened. */
export function confinedFaults(pipeline: Pipeline, root: string | null): Problem[] {
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
