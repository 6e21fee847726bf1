/** What tests of other folders use: loopback servers that speak as the APIs do, a clock that leaps, workbooks made by hand. */
export {
  type Answer,
  type Answering,
  type DialectServer,
  dialectServer,
  type Fault,
  type Seen,
} from "../sources/testing/dialect_server.ts";
export { packageOf } from "../workspace/tests/registry.ts";
export { type LeapingClock, leapingClock } from "../sources/testing/leaping_clock.ts";
export { cells, handMade } from "../sources/excel/testing.ts";
export { type HttpEndpoint, httpEndpoint, type Received } from "../sinks/testing/http_server.ts";
export { s3Fault, type S3Request, type S3Server, s3Server } from "../sinks/testing/s3_server.ts";
export {
  hasPostgres,
  PASSWORD as POSTGRES_PASSWORD,
  startPostgres,
  type TestServer as PostgresServer,
} from "../sinks/testing/postgres_server.ts";
export { type Actions, actionsOn, type ActionsRun } from "../forges/testing/actions.ts";
export { type GitHubServer, githubServer, TOKEN as GITHUB_TOKEN } from "../forges/testing/github_server.ts";
export { type Pipelines, pipelinesOn } from "../forges/testing/pipelines.ts";
export { GITLAB_TOKEN, type GitLabServer, gitlabServer } from "../forges/testing/gitlab_server.ts";
export {
  type Dialect as ModelDialect,
  DIALECTS as MODEL_DIALECTS,
  type Saying as ModelSaying,
  sse,
  wireServer,
} from "../models/testing/wire_server.ts";
