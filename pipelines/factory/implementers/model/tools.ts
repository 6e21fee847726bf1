import { z } from "zod";
import type { ModelTool } from "../../../../connectors/mod.ts";
import { canonicalJson } from "../../../../kernel/mod.ts";
import { type ActionClass, digestOf, type Json, type PinnedTool } from "../../../../specs/mod.ts";

const Path = z.string().min(1).max(500).describe("relative to the repository's root, with forward slashes");
const Text = z.string().max(400_000);

/** The arguments of each tool. Nothing that is not here is ever carried out. */
export const TOOL_ARGS = {
  read: z.strictObject({
    path: Path,
    from: z.int().min(1).default(1).describe("first line"),
    lines: z.int().min(1).max(600).default(400).describe("how many lines"),
  }),
  search: z.strictObject({
    pattern: z.string().min(1).max(1000).describe("a text as it stands in one line, or an expression"),
    regex: z.boolean().default(false).describe("the pattern is an RE2 expression"),
    ignoreCase: z.boolean().default(false),
    glob: z.string().max(500).default("").describe("only these files, such as src/**/*.ts"),
    around: z.int().min(0).max(10).default(0).describe("lines around each hit"),
  }),
  outline: z.strictObject({ path: Path }),
  references: z.strictObject({
    path: Path.describe("the file that declares the symbol"),
    symbol: z.string().min(1).max(200).describe("name, or Owner.member"),
  }),
  edit: z.strictObject({
    path: Path,
    search: Text.describe("whole lines as they stand in the file, found in one place only"),
    replace: Text.describe("the lines in their place"),
  }),
  write: z.strictObject({ path: Path, content: Text.describe("the whole file") }),
  delete: z.strictObject({ path: Path }),
  rename: z.strictObject({ from: Path, to: Path }),
  run: z.strictObject({ command: z.int().min(1).max(50).describe("its number in the list of commands") }),
} as const;

export type ToolName = keyof typeof TOOL_ARGS;

interface Declared {
  readonly description: string;
  /** A reads; B makes what passes away: everything here is in a workspace that is removed. */
  readonly class: ActionClass;
}

export const DECLARED: Readonly<Record<ToolName, Declared>> = {
  read: { description: "Shows lines of a text file of the workspace.", class: "A" },
  search: {
    description: "Finds a text or an RE2 expression in the files of the workspace: path, line and the line.",
    class: "A",
  },
  outline: { description: "Lists the declarations of a source file with their lines.", class: "A" },
  references: {
    description:
      "Lists every place that means a symbol of TypeScript or JavaScript, as the compiler sees it.",
    class: "A",
  },
  edit: {
    description:
      "Replaces lines of a file. Prefer SEARCH/REPLACE blocks in the text of your answer, which do the same.",
    class: "B",
  },
  write: {
    description:
      "Writes a whole file: a new one, or one of at most 300 lines. Prefer FILE blocks in the text of your answer.",
    class: "B",
  },
  delete: { description: "Deletes a file, where the task lets files go.", class: "B" },
  rename: { description: "Moves a file to another path, both in the scope of the task.", class: "B" },
  run: {
    description:
      "Runs one of the declared commands on a copy of the workspace, without network, and shows how it ended.",
    class: "B",
  },
};

export const isTool = (name: string): name is ToolName => Object.hasOwn(TOOL_ARGS, name);

/** The tools of a session as they are offered. */
export function offered(names: readonly ToolName[]): ModelTool[] {
  return names.map((name) => {
    const { $schema: _, ...schema } = z.toJSONSchema(TOOL_ARGS[name], { io: "input" }) as {
      [key: string]: Json;
    };
    return { name, description: DECLARED[name].description, schema };
  });
}

/** Digest of a tool: of its name, description and schema in canonical JSON. */
export function toolDigest(tool: ModelTool): Promise<string> {
  return digestOf(canonicalJson({ name: tool.name, description: tool.description, schema: tool.schema }));
}

/** The tools of a session as they were approved, which is with a release of this program. */
export function approved(names: readonly ToolName[], pins: Readonly<Record<ToolName, string>>): PinnedTool[] {
  return names.map((name) => ({ name, digest: pins[name], class: DECLARED[name].class }));
}
