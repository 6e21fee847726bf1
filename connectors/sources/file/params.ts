/** What a stream says about its files. */
import { z } from "zod";
import { MAX_RECORD } from "./limits.ts";

const Text = z.string().min(1).max(4000);

export const FileParams = z.strictObject({
  path: Text.optional().describe("one file, relative to the pipeline's folder"),
  glob: Text.optional().describe("a pattern, such as data/**/*.csv; files are read in order of their names"),
  compression: z.enum(["none", "gzip", "gz", "zip"]).transform((name) =>
    name === "gz" ? "gzip" as const : name
  ).optional()
    .describe("found by content when left out"),
  entry: Text.optional().describe("which files of a zip archive: a name or a pattern; all when left out"),
  encoding: z.string().min(1).max(50).optional(),
  delimiter: z.string().min(1).max(10).regex(/^[^"\r\n\0]+$/, "no quote and no line end").optional(),
  quote: z.string().max(1).optional().describe("empty: quotes are plain text"),
  escape: z.string().length(1).optional().describe("a backslash, where quotes are not doubled"),
  header: z.union([z.boolean(), z.array(z.string().min(1).max(256)).min(1).max(10_000)]).optional().describe(
    "whether the first line holds the names, or the names themselves",
  ),
  comment: z.string().min(1).max(10).optional().describe("lines that start with it are left out"),
  skipLines: z.number().int().min(0).max(100_000).optional().describe("lines in front of the header"),
  records: z.string().min(1).max(500).optional().describe(
    "where a JSON document has its array of records: data.items",
  ),
  onVanished: z.enum(["keep", "delete"]).default("keep").describe(
    "what becomes of the rows of a file that is gone",
  ),
  settleMs: z.number().int().min(0).max(60_000).default(200).describe(
    "how long a file that was just written must stay as it is before it is read",
  ),
  maxRecordBytes: z.number().int().min(1024).max(512 * 1024 * 1024).default(MAX_RECORD),
  maxUnpackedBytes: z.number().int().min(1).optional().describe(
    "most bytes of an unpacked file; also lifts the limit on how well it may be packed",
  ),
});
export type FileParams = z.infer<typeof FileParams>;

export const RESOURCES = ["csv", "tsv", "json", "ndjson", "parquet"] as const;
export type Resource = (typeof RESOURCES)[number];
