/** The outside: adapters of the ports that the factory works through. */
export * from "./port.ts";
export { gitWorkspaces, type WorkspacesOptions } from "./workspace/workspaces.ts";
export { forgeWorkspaces } from "./workspace/objects/forge_workspaces.ts";
export { NoFilesHere } from "./workspace/objects/memory_workspace.ts";
export { repositoryPlaces } from "./workspace/origin.ts";
export { compareStates, type Comparison, type ComparisonRequest } from "./workspace/comparison.ts";
export { type TrackedFile, type TrackedFiles, trackedFiles } from "./workspace/tracked.ts";
export { copyTree } from "./workspace/copy_tree.ts";
export { addNote, readNotes } from "./workspace/notes.ts";
export { readInside, removeInside, removeTree, walkInside, writeInside } from "./workspace/inside.ts";
export { type BwrapOptions, bwrapSandbox } from "./workspace/sandbox/bwrap.ts";
export { bareSandbox } from "./workspace/sandbox/bare.ts";
export type { SandboxLimits } from "./workspace/sandbox/limits.ts";
export { localForge, type LocalForgeOptions } from "./forges/local.ts";
export { memoryRecords, type PullRequestRecords, type RecordStore, storeRecords } from "./forges/records.ts";
export { ForgeError } from "./forges/failure.ts";
export { markOf } from "./forges/marker.ts";
export { type RemoteRecords, remoteRecords } from "./forges/remote_records.ts";
export { type GitHubForge, githubForge, type GitHubForgeOptions } from "./forges/github/forge.ts";
export { githubEvent, isKnownGitHubEvent } from "./forges/github/webhook.ts";
export { type GitHubCredential, type GitHubSettings, githubSettings } from "./forges/github/settings.ts";
export { type GitLabForge, gitlabForge, type GitLabForgeOptions } from "./forges/gitlab/forge.ts";
export { gitlabEvent, isKnownGitLabEvent } from "./forges/gitlab/webhook.ts";
export { type GitLabCredential, type GitLabSettings, gitlabSettings } from "./forges/gitlab/settings.ts";
export {
  adoptCommand,
  cachePlaceholder,
  detectCommands,
  notTap,
  reportPlaceholder,
  type Spoilt,
  spoilTests,
  supportPlaceholder,
  testers,
} from "./testers/mod.ts";
export {
  namesDependencies,
  type Prepared,
  prepareDependencies,
  type PrepareRequest,
} from "./workspace/prepare/prepare.ts";
export type {
  ModelFailure,
  ModelMessage,
  ModelProvider,
  ModelReply,
  ModelRequest,
  ModelTool,
  ModelToolCall,
  PassWire,
} from "./models/port.ts";
export { packageRegistries } from "./registries/registries.ts";
export type { PackageQuery, PackageRegistries } from "./registries/port.ts";
