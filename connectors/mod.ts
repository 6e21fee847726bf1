/** The outside: adapters of the ports that the factory works through. */
export * from "./port.ts";
export * from "./data/port.ts";
export { gitWorkspaces, type WorkspacesOptions } from "./workspace/workspaces.ts";
export { httpClient, type HttpClientOptions } from "./net/client.ts";
export { type HttpPool, httpPool, type HttpPoolOptions } from "./net/pool.ts";
export { recordedPool, type Recording } from "./net/recorded.ts";
export type { NetworkPolicy } from "./net/host_guard.ts";
export type { SharedTurns } from "./net/limiter.ts";
export { storeTurns } from "./net/shared_turns.ts";
export { secretForms } from "./net/redaction.ts";
export { parseJson } from "./net/lossless_json.ts";
export { sources } from "./sources/mod.ts";
export { type GuardedUrl, type GuardOptions, guardUrl, looksLikeUrl } from "./net/guard.ts";
export { copyTree } from "./workspace/copy_tree.ts";
export { readInside, removeInside, removeTree, walkInside, writeInside } from "./workspace/inside.ts";
export { type BwrapOptions, bwrapSandbox } from "./workspace/sandbox/bwrap.ts";
export { bareSandbox } from "./workspace/sandbox/bare.ts";
export type { SandboxLimits } from "./workspace/sandbox/limits.ts";
export { localForge, type LocalForgeOptions } from "./forges/local.ts";
export { memoryRecords, type PullRequestRecords, type RecordStore, storeRecords } from "./forges/records.ts";
export { ForgeError } from "./forges/failure.ts";
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
export { isAddress, isPublic } from "./net/address.ts";
export { fileAccess, type FileAccessOptions } from "./data/files.ts";
export type { CompiledModules, FunctionLimits, RowFunction, RowOutcome } from "./isolate/port.ts";
export { compileModules, modulePathFault } from "./isolate/modules.ts";
export { queryTables } from "./isolate/query.ts";
export { rowFunction } from "./isolate/row_function.ts";
export { sqliteSink } from "./sinks/sqlite.ts";
export { jsonlSink } from "./sinks/jsonl.ts";
export { s3Sink, type S3SinkOptions } from "./sinks/s3.ts";
export { httpSink, type HttpSinkOptions } from "./sinks/http.ts";
export { csvCell, csvLine, csvSink } from "./sinks/csv.ts";
export { parquetFormat, parquetSink } from "./sinks/parquet.ts";
export { postgresSink } from "./sinks/postgres.ts";
export { rowRefusalOf } from "./sinks/refusal.ts";
