/** Where rows come from: sources that give pages of them, and what they reach the outside through. */
import type { Json } from "../../specs/mod.ts";
import type { ConnectorSettings, Cursor, LoadMode, Row } from "../../specs/foundry/mod.ts";
import type { Clock } from "../../kernel/mod.ts";
import type { CellRooms, Cells, Stretch, StretchRead } from "./cells.ts";
import type { QueryRequest } from "./sink_port.ts";

/** Why a source or a sink cannot go on. The engine's table maps it: stop the stream, wait, park, fail. */
export type DataFailureKind =
  /** 401, or 403 without a sign of a limit. */
  | "auth"
  /** 404, 410, no such file: the stream stops; never "0 rows". */
  | "not-found"
  /** A limit whose wait is longer than the budget: `untilMs` says when to go on. */
  | "rate-limited"
  /** Timeouts, resets, 5xx, truncated bodies: tried again within the budget, then this. */
  | "transient"
  /** Any other answer that will not change by trying again. */
  | "permanent"
  /** An answer of an unexpected shape: a repeated page token, rows that are none, a file that is no spreadsheet. */
  | "contract"
  /** A limit of the pipeline (rows, bytes, requests, pages, seconds) is reached. */
  | "limit"
  /** Refused for safety: private address, other host, path outside, archive bomb. */
  | "refused"
  /** The definition asks for what the connector does not know. */
  | "invalid"
  /** The sink's own: disk full, conflict with another writer. */
  | "conflict";

/** Expected to happen outside; its message names what, why and the value, never a secret. */
export class DataFailure extends Error {
  override name = "DataFailure";
  constructor(
    readonly kind: DataFailureKind,
    message: string,
    readonly remedy: string,
    readonly more: {
      untilMs?: number;
      locator?: string;
      status?: number;
      cause?: unknown;
      /** How often it was tried by who throws it: nobody above tries the same again in the same run. */
      tries?: number;
    } = {},
  ) {
    super(message, { cause: more.cause });
  }
}

export interface HttpRequest {
  method?: "GET" | "POST" | "HEAD" | "PUT" | "PATCH" | "DELETE";
  /** Absolute, or relative to the connector's base URL. Another host than the base URL's is refused unless listed in `hosts`. */
  url: string;
  query?: Readonly<Record<string, string | number | readonly (string | number)[]>>;
  headers?: Readonly<Record<string, string>>;
  /** Sent as JSON, or as it is when text or bytes. A POST is tried again only when `idempotent`. */
  body?: Json | Uint8Array;
  form?: Readonly<Record<string, string>>;
  idempotent?: boolean;
  /** Statuses besides 2xx that are an answer, not a failure: [304, 404]. */
  accept?: readonly number[];
  /** Most bytes after decompression; the client's own cap unless told. */
  maxBytes?: number;
  /** No Authorization header on this one. */
  anonymous?: boolean;
  /** Gives more headers for each try anew, over all that is sent: request signatures. Redirects are not signed. */
  sign?(
    request: { method: string; url: URL; headers: Readonly<Record<string, string>>; body?: Uint8Array },
  ): Promise<Readonly<Record<string, string>>>;
  /** `json`: a 2xx body that is no JSON is tried again (transient), then `contract`; `json()` of the reply cannot fail then. */
  expect?: "json";
  /** Looks at a 2xx reply; what it throws is tried again when it is a DataFailure of kind `transient`, then `contract`. */
  verify?(reply: HttpReply): void;
  signal?: AbortSignal;
}

export interface HttpReply {
  readonly status: number;
  readonly headers: Headers;
  /** Where the answer came from, after redirects, with secrets in its query hidden. */
  readonly url: string;
  /** The whole body, capped. A cut or corrupt body is tried again as part of the request, then a transient failure. */
  readonly body: Uint8Array;
  text(): string;
  /** Integers beyond 2^53 and numbers that a double would change come as text. Not JSON: a transient failure, then contract. */
  json(): Json;
}

/** An answer before anybody has judged it. */
export interface HttpAnswer {
  readonly method: string;
  /** With secrets in its query hidden. */
  readonly url: string;
  readonly status: number;
  readonly headers: Headers;
  /** The body (of failures: its first 64,000 bytes; empty for a 2xx answer of `stream`), as text. */
  text(): string;
}

/** What an answer means: `ok` gives it to the caller, the others are the classes of DataFailure. */
export interface HttpVerdict {
  readonly kind: "ok" | "auth" | "not-found" | "rate-limited" | "transient" | "permanent" | "contract";
  /** Why, in a few words; the answer's own words unless told. */
  readonly reason?: string;
  readonly remedy?: string;
  /** Shortest wait before the next try, when the answer's headers tell none. */
  readonly waitMs?: number;
}

/** What an API does in its own way. Everything that is left out follows the common rules. */
export interface HttpDialect {
  /** Base URL where the env file names none. */
  readonly baseUrl?: string;
  /** Other hosts (`host` or `host:port`) that belong to the same API and get its credentials. */
  readonly hosts?: readonly string[];
  /** Sent with each request, below the env file's and the request's own. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Most requests per second of all runs together; the env file can only lower it. */
  readonly requestsPerSecond?: number;
  /** Most requests at the same time with one credential. */
  readonly concurrency?: number;
  /** Which of the API's quotas a request draws on, when there are several (`core`, `search`). */
  quota?(url: URL): string;
  /** Reads an answer; undefined leaves it to the common table. */
  classify?(answer: HttpAnswer): HttpVerdict | undefined;
  /** When a limit ends (ms since the epoch) by headers of its own; undefined leaves it to the common ones. */
  limitEnds?(answer: HttpAnswer, nowMs: number): number | undefined;
}

/** All requests of one connector in one run: guard, limiter, retries, waiting, counting. */
export interface HttpClient {
  /** The same client (limits, limiter, credentials, counts), reading answers by a dialect. */
  as(dialect: HttpDialect): HttpClient;
  /** The text with every secret of this client hidden. */
  redact(text: string): string;
  request(request: HttpRequest): Promise<HttpReply>;
  /** The body as it comes, for large files; not tried again once bytes were given. */
  stream(
    request: HttpRequest,
  ): Promise<{ reply: Omit<HttpReply, "body" | "text" | "json">; body: ReadableStream<Uint8Array> }>;
  readonly used: {
    readonly made: number;
    readonly retried: number;
    readonly waitedMs: number;
    readonly bytes: number;
  };
}

/** A file of a pipeline: read as a stable snapshot. */
export interface FileSnapshot {
  /** As the pipeline names it: relative to the pipeline's own folder, or absolute. */
  readonly name: string;
  readonly path: string;
  readonly size: number;
  readonly modifiedMs: number;
  /** Bytes in order; throws `contract` when the file changes while it is read. */
  open(): Promise<ReadableStream<Uint8Array>>;
  /** The file by places, for formats with a directory and for going on in the middle. Close it. */
  reader(): Promise<FileReader>;
}

/** An open file, never beyond the size that its snapshot has. */
export interface FileReader {
  readonly size: number;
  /** Bytes from `at` on, as many as there are and fit; 0 at the end. */
  read(into: Uint8Array, at: number): Promise<number>;
  /** `grown`: bytes were added behind the snapshot. Throws `contract` when it was replaced, cut or written over. */
  check(): Promise<"same" | "grown">;
  close(): void;
}

export interface FileAccess {
  /** One file. Throws `not-found`; `refused` for what is no regular file. Relative paths resolve against the pipeline's folder. */
  file(path: string): Promise<FileSnapshot>;
  /** Matching files in order of their names; none is `not-found`. */
  glob(pattern: string): Promise<FileSnapshot[]>;
  /** A private temporary directory of the run, for what has to be seekable. */
  scratch(name: string): Promise<string>;
}

/** What a source may use. Nothing else of the outside. */
export interface SourceContext {
  readonly settings: ConnectorSettings;
  readonly http: HttpClient;
  readonly files: FileAccess;
  readonly clock: Clock;
  readonly abort: AbortSignal;
  /** The value behind `env:NAME`. Throws `auth` when it is not set. */
  secret(reference: string): string;
  /** Published rows of a sink by SQL; absent where no process can be started. Throws DataFailure. */
  query?(sink: string, request: QueryRequest): Promise<AsyncIterable<readonly Row[]>>;
  /** For people who watch; no row data, no secrets. */
  progress(message: string): void;
  /** Kept beyond the run, at once: rotated refresh tokens. Encrypted or 0600; never in the ledger or evidence. */
  readonly vault: {
    get(name: string): Promise<string | null>;
    put(name: string, value: string): Promise<void>;
  };
}

export interface ReadRequest {
  readonly stream: string;
  readonly resource: string;
  readonly params: Readonly<Record<string, Json>>;
  readonly mode: LoadMode;
  readonly cursor: Cursor | null;
  /** Rows with `from <= cursor < to`; null is open. `from` already has the lag taken off. */
  readonly window: { readonly from: Json; readonly to: Json };
  /** `next` of the last durable page of this very window; null at its beginning. */
  readonly resume: Json;
  /** What the source gave as state with the last committed load; null before. */
  readonly state: Json;
  /**
   * True: the source may leave out what an earlier committed load holds and what did not change since (files of a ledger, lists with
   * an ETag). Who sets it honours `Page.origin` and `ReadEnd.replaces`. Absent: it may say `unchanged` of all of it, and gives every
   * row otherwise (replace, census, rules over the set). False: every row is wanted, whatever the state says (full, a new definition).
   */
  readonly partial?: boolean;
  /** Rows may come as cells: whoever asks so is done with a page before the next one. */
  readonly cells?: boolean;
  /** Where pages of cells are to lie, so that several are worked on at once: whoever asks gives each room back. */
  readonly rooms?: CellRooms;
  /** Pages may come before anybody has read their records (`Page.stretch`), and may ask for a halt (`Page.halt`). */
  readonly stretches?: boolean;
}

/** Bytes that rows were made from: kept by digest when they came by a request, told by digest when they lie in a file. */
export interface RawPage {
  readonly locator: string;
  readonly digest: string;
  readonly bytes: number;
  readonly mediaType: string;
  /** Absent for local files, which are not copied. */
  readonly content?: Uint8Array;
}

export interface BadRow {
  reason: string;
  /** Such as `parse`, `ragged`, `encoding`. */
  rule: string;
  locator: string;
  row: Json;
}

/** A page whose records nobody has read yet. Whoever reads them says what came of it, page by page in the order of the source. */
export interface PageStretch extends Stretch {
  /** Reads it here. */
  read(): StretchRead;
  /**
   * The page; null where it has no rows. What is less than the whole stretch sends the source back to the first record that is not
   * plain: every page that it gave behind this one is void, and comes anew.
   */
  found(read: StretchRead, room: Uint8Array<ArrayBuffer>): Page | null;
}

export interface Page {
  readonly rows: readonly Row[];
  /** The same rows as they lie in their bytes, where the source has them so and `ReadRequest.cells` asks for it: `rows` is made when it is looked at. */
  readonly cells?: Cells;
  /** The page is still to be made of these bytes; it has nothing else then. */
  readonly stretch?: PageStretch;
  /** It is no page: the source goes on when all pages before it have been made. */
  readonly halt?: boolean;
  /** The place of the row at this index, for quarantine and lineage. */
  locate(index: number): string;
  /** What the source itself could not read as a row. */
  readonly bad?: readonly BadRow[];
  readonly raw: RawPage | null;
  /** Where to go on after this page, at most 16,000 bytes as JSON; null when it is the last. */
  readonly next: Json;
  /** Its rows were kept after personal data was treated: a hash in them is ours, and is not hashed again. */
  readonly treated?: boolean;
  /** Places of rows that have been through the transforms and the cursor's window already: they are judged again, not made again. */
  readonly transformed?: ReadonlySet<number>;
  /** What all rows of this page belong to, such as a file's name: rows of one origin can be replaced later as a whole. */
  readonly origin?: string;
}

/** How a read ended. `unchanged`: the source says that nothing is new (304); earlier rows and the cursor stay. */
export interface ReadEnd {
  readonly status: "complete" | "incomplete" | "skipped" | "unchanged";
  readonly reason?: string;
  /** Wanted back at the next run, once this load is committed; at most 40,000 bytes as JSON. Absent: as it was. */
  readonly state?: Json;
  /** Origins whose rows of earlier loads this read stands for, or whose rows are to go: files that changed or vanished. */
  readonly replaces?: readonly string[];
  /** Files or lists that were as the state says and were not read, because `ReadRequest.partial` allowed it. */
  readonly unchanged?: number;
  /** Parts of the source that a complete read had to leave out (a list that is switched off): what they hold is not known to be gone. */
  readonly unread?: number;
}

export interface ResourceDescription {
  readonly name: string;
  readonly description: string;
  readonly primaryKey?: readonly string[];
  readonly cursor?: { readonly path: string; readonly type: Cursor["type"]; readonly order: Cursor["order"] };
  /** Parameters it must be given. */
  readonly required: readonly string[];
  readonly optional: readonly string[];
}

export interface Source {
  readonly connector: string;
  /** What can be read, and what it needs: for `etl validate` and `etl list`. `*`: any name. */
  discover(): readonly ResourceDescription[];
  /** Problems of a stream's parameters that can be seen without the outside. */
  check(
    request: Pick<ReadRequest, "resource" | "params" | "cursor">,
  ): readonly { path: string; message: string; remedy: string }[];
  /** Pages in order. Throws DataFailure. Holds one page at a time. */
  read(request: ReadRequest, context: SourceContext): AsyncGenerator<Page, ReadEnd, void>;
  /** The rows of a kept raw page, without any request: reprocess. `next` is null. */
  reread?(raw: RawPage & { readonly content: Uint8Array }, request: ReadRequest): Page | Promise<Page>;
}

/** A source that is loaded when it is named. */
export type LateSource = () => Promise<Source>;
