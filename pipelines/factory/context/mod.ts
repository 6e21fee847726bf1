/** What a model is shown of a repository: a map of its code, outlines, and a search, all bounded. */
export { type OutlineItem, outlineLanguage, outlineOf } from "./outline.ts";
export { searchFiles, type TextFiles } from "./search.ts";
export { repoIndex, type RepoIndexes } from "./repo_index.ts";
export { hasReferences, referencesOf } from "./references.ts";
export { repoMap } from "./repo_map.ts";
