import { z } from "zod";
import { Json } from "../base.ts";

/** `env:NAME`: the value is read from the process' environment when it is needed, and never stored. */
export const SecretRef = z.string().regex(
  /^env:[A-Za-z_][A-Za-z0-9_]{0,127}$/,
  "a reference such as env:JIRA_TOKEN, never the value",
);
const BaseUrl = z.string().min(1).max(2000);
const HttpUrl = BaseUrl.refine(
  (text) => {
    const url = URL.canParse(text) ? new URL(text) : null;
    return url !== null && /^https?:$/.test(url.protocol) && url.username === "" && url.password === "" &&
      url.hash === "";
  },
  "an http or https URL without a user name, a password and a fragment",
);

export const Auth = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("none") }),
  z.strictObject({ type: z.literal("bearer"), token: SecretRef }),
  z.strictObject({
    type: z.literal("basic"),
    email: z.string().max(300).optional(),
    user: z.string().max(300).optional(),
    token: SecretRef,
  }),
  z.strictObject({
    type: z.literal("header"),
    name: z.string().regex(/^[A-Za-z0-9-]{1,100}$/),
    value: SecretRef,
  }),
  z.strictObject({ type: z.literal("query"), name: z.string().min(1).max(100), value: SecretRef }),
  z.strictObject({
    type: z.literal("oauth2"),
    tokenUrl: BaseUrl,
    clientId: z.string().min(1).max(500),
    clientSecret: SecretRef.optional(),
    accessToken: SecretRef.optional(),
    refreshToken: SecretRef.optional(),
    scope: z.string().max(1000).optional(),
  }),
]);
export type Auth = z.infer<typeof Auth>;

/** A program that speaks Singer (RECORD, SCHEMA, STATE as JSON lines). Only an env file says what is run; a pipeline names it. */
export const SingerTap = z.strictObject({
  command: z.array(z.string().min(1).max(4000)).min(1).max(100),
  config: z.record(z.string(), Json).default({}).describe(
    "the tap's config file; texts such as env:NAME stand for the variable's value",
  ),
  env: z.record(z.string(), z.string().max(4000)).default({}).describe(
    "its environment, beside PATH, HOME, LANG and TZ; env:NAME as in config",
  ),
  catalog: z.enum(["discover", "none"]).default("discover").describe(
    "whether it is asked for its catalog, to select one stream",
  ),
});
export type SingerTap = z.infer<typeof SingerTap>;

export const ConnectorSettings = z.strictObject({
  baseUrl: HttpUrl.optional(),
  auth: Auth.optional(),
  userAgent: z.string().min(1).max(300).optional(),
  headers: z.record(z.string(), z.string().max(2000)).optional(),
  requestsPerSecond: z.number().positive().max(1000).optional(),
  timeoutSeconds: z.number().positive().max(3600).optional(),
  maxBytes: z.number().int().positive().optional(),
  retries: z.number().int().min(0).max(20).optional().describe(
    "how often a request is tried again after a failure of the server or of the line, waiting longer each time; 5 when left out. " +
      "Waits that a server asks for (429, Retry-After) are none of them: `budget.waitSeconds` of the pipeline bounds those",
  ),
  taps: z.record(z.string().regex(/^[a-z0-9][a-z0-9._-]{0,99}$/), SingerTap).optional(),
});
export type ConnectorSettings = z.infer<typeof ConnectorSettings>;

/** A PostgreSQL database: by a URL that holds the credentials, or by its parts. Neither is ever given as a value. */
export const PostgresSettings = z.strictObject({
  type: z.literal("postgres"),
  url: SecretRef.optional().describe(
    "reference to postgres://USER:PASSWORD@HOST:5432/DATABASE, such as env:PG_URL",
  ),
  host: z.string().min(1).max(253).optional().describe(
    "instead of url: a name, an address, or a socket's directory",
  ),
  port: z.number().int().min(1).max(65_535).optional(),
  database: z.string().min(1).max(63).optional(),
  user: z.string().min(1).max(63).optional(),
  password: SecretRef.optional(),
  schema: z.string().regex(/^[a-z_][a-z0-9_]{0,62}$/).optional().describe("public when left out"),
  tls: z.enum(["disable", "prefer", "require", "verify-full"]).optional().describe(
    "verify-full for public addresses and prefer for private ones when left out",
  ),
  caFile: z.string().min(1).max(4000).optional().describe("PEM file of the authorities that are trusted"),
}).superRefine((settings, context) => {
  const parts = ["host", "port", "database", "user", "password"] as const;
  const given = parts.filter((name) => settings[name] !== undefined);
  if (settings.url !== undefined) {
    for (const name of given) {
      context.addIssue({
        code: "custom",
        path: [name],
        message: "url says it already: leave one of the two out",
      });
    }
  } else if (given.length === 0) {
    context.addIssue({
      code: "custom",
      path: ["url"],
      message: "the database is missing: url: env:PG_URL, or host, database, user and password",
    });
  } else {
    for (const name of ["host", "database", "user"] as const) {
      if (settings[name] === undefined) {
        context.addIssue({ code: "custom", path: [name], message: `without a url, ${name} is needed` });
      }
    }
  }
});

export const SinkSettings = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("sqlite"), path: z.string().min(1).max(4000) }),
  z.strictObject({ type: z.literal("jsonl"), path: z.string().min(1).max(4000) }),
  z.strictObject({
    type: z.literal("csv"),
    path: z.string().min(1).max(4000),
    delimiter: z.string().length(1).optional(),
  }),
  z.strictObject({
    type: z.literal("parquet"),
    path: z.string().min(1).max(4000),
    rowGroup: z.number().int().min(1).optional(),
  }),
  PostgresSettings,
  z.strictObject({
    type: z.literal("s3"),
    endpoint: HttpUrl.refine((text) => !text.includes("?"), "an endpoint without a query").describe(
      "of the store, without the bucket",
    ),
    bucket: z.string().regex(
      /^[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]$/,
      "a bucket's name: letters, digits, dots, dashes",
    ),
    prefix: z.string().max(500).regex(
      /^(?!.*(?:^|\/)\.{1,2}(?:\/|$))(?:[\w.=-]+(?:\/[\w.=-]+)*\/?)?$/,
      "folders of letters, digits and _ . = -, with single slashes between them",
    ).default(""),
    region: z.string().regex(/^[a-z0-9-]{1,60}$/, "a region such as eu-central-1, or auto").default("auto"),
    addressing: z.enum(["path", "virtual"]).default("path").describe(
      "whether the bucket stands in the path or in front of the host",
    ),
    accessKeyId: SecretRef,
    secretAccessKey: SecretRef,
    sessionToken: SecretRef.optional(),
    format: z.enum(["jsonl", "csv", "parquet"]).default("jsonl"),
  }),
  z.strictObject({
    type: z.literal("http"),
    url: HttpUrl.describe("where batches are posted to; {table} in it is the table's name"),
    auth: Auth.optional(),
    headers: z.record(z.string().regex(/^[A-Za-z0-9-]{1,100}$/), z.string().max(2000)).optional().describe(
      "sent with each batch; env:NAME stands for the variable's value",
    ),
    format: z.enum(["json", "ndjson"]).default("json").describe("a JSON array, or one row a line"),
    batch: z.number().int().min(1).max(10_000).default(500).describe("most rows of a request"),
    batchBytes: z.number().int().min(1_000).max(64_000_000).default(1_000_000).describe(
      "most bytes of a request; a larger row travels alone",
    ),
    deadLetters: z.number().int().min(0).max(10_000).default(100).describe(
      "most rows of a load that the endpoint may refuse; they are kept with those that were set aside",
    ),
    rejected: z.strictObject({
      path: z.string().min(1).max(500).describe(
        "where a 2xx answer lists rows that were not taken, such as errors",
      ),
      index: z.string().min(1).max(100).default("index").describe(
        "its field with the row's place in the batch, from 0",
      ),
      reason: z.string().min(1).max(100).optional().describe("its field with the reason"),
    }).optional(),
    requestsPerSecond: z.number().positive().max(1000).optional(),
    timeoutSeconds: z.number().positive().max(3600).default(60),
    state: z.string().min(1).max(4000).optional().describe(
      "file that keeps what was acknowledged; below the data directory when left out",
    ),
  }),
]);
export type SinkSettings = z.infer<typeof SinkSettings>;

/** What differs by place: base URLs, credentials by reference, sinks, and whether private addresses may be reached. */
export const Environment = z.strictObject({
  name: z.string().min(1).max(100).default("default"),
  connectors: z.record(z.string().min(1).max(100), ConnectorSettings).default({}),
  sinks: z.record(z.string().min(1).max(100), SinkSettings).default({}),
  params: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}).describe(
    "values of the pipeline's parameters",
  ),
  canaries: z.array(SecretRef).max(100).optional().describe(
    "references to values that were planted where nobody may read, such as env:CANARY_1: a run that meets one is denied",
  ),
  network: z.strictObject({
    allowPrivate: z.boolean().default(false),
    hosts: z.array(z.string().min(1).max(253)).max(1000).optional().describe(
      "the only hosts that may be reached",
    ),
  }).default({ allowPrivate: false }),
});
export type Environment = z.infer<typeof Environment>;
