/** Structured edits of a source tree: no model, no I/O of their own but through a `SourceTree`. */
export { type Applied, applyOperations, type ApplyOptions, dryRun, type Step } from "./apply.ts";
export { type MemoryTree, memoryTree, type ReadableTree, type SourceTree } from "./tree.ts";
export { directoryTree } from "./directory_tree.ts";
export { type ParsedFiles, parsedFiles } from "./typescript/parsed.ts";
export { DEFAULT_LIMITS, type Limits } from "./stage.ts";
export type { CodemodProblem, CodemodProblemCode } from "./problem.ts";
export type { Rename } from "./workbench.ts";
