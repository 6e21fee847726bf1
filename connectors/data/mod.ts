/** The outside of data runs: sources, sinks, and the network and files that they go through. Loaded apart: a code change needs none of it. */
export * from "./port.ts";
export type * from "./sink_port.ts";
export {
  type CellRooms,
  cellRooms,
  cellRows,
  type Cells,
  cellsOf,
  cellTexts,
  emptyRow,
  type Stretch,
  type StretchRead,
} from "./cells.ts";
export { httpClient } from "../net/client.ts";
export type { HttpClientOptions } from "../net/client_options.ts";
export { type HttpPool, httpPool, type HttpPoolOptions } from "../net/pool.ts";
export { recordedPool, type Recording } from "../net/recorded.ts";
export type { NetworkPolicy } from "../net/host_guard.ts";
export type { SharedTurns } from "../net/limiter.ts";
export { storeTurns } from "../net/shared_turns.ts";
export { secretForms } from "../net/redaction.ts";
export { type SecretMatcher, secretMatcher } from "../net/secret_matcher.ts";
export { parseJson } from "../net/lossless_json.ts";
export { sources } from "../sources/mod.ts";
export { type GuardedUrl, type GuardOptions, guardUrl, looksLikeUrl } from "../net/guard.ts";
export { isAddress, isPublic } from "../net/address.ts";
export { fileAccess, type FileAccessOptions } from "./files.ts";
export type { CompiledModules, FunctionLimits, RowFunction, RowOutcome } from "../isolate/port.ts";
export { compileModules, modulePathFault } from "../isolate/modules.ts";
export { queryTables, rowFunction } from "../isolate/late.ts";
export { sqliteSink } from "../sinks/sqlite.ts";
export { jsonlSink } from "../sinks/jsonl.ts";
export { s3Sink, type S3SinkOptions } from "../sinks/s3.ts";
export { httpSink, type HttpSinkOptions } from "../sinks/http.ts";
export { csvCell, csvLine, csvSink } from "../sinks/csv.ts";
export { parquetFormat, parquetSink } from "../sinks/parquet.ts";
export { postgresSink } from "../sinks/postgres.ts";
export { connectorCredentials, sinkCredentials } from "../sinks/credentials.ts";
export { rowRefusalOf } from "../sinks/refusal.ts";
