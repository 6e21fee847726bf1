/** GitLab's REST API (v4) over the guarded HTTP client: addresses, limits, retries, waits and the hiding of secrets are the client's own. */
import { z } from "zod";
import type { Json, Problem } from "../../../specs/mod.ts";
import { DataFailure, type HttpClient, type HttpDialect, type HttpReply } from "../../data/port.ts";
import { httpClient } from "../../net/client.ts";
import type { HttpPool } from "../../net/pool.ts";
import { excerpt } from "../../net/verdict.ts";
import { looksLimited } from "../../net/waiting.ts";
import { ForgeError } from "../failure.ts";
import { authHeader, type GitLabSettings } from "./settings.ts";

export type Method = "GET" | "POST" | "PUT" | "DELETE";
export interface Call {
  readonly query?: Readonly<Record<string, string | number>>;
  readonly body?: Readonly<Record<string, unknown>>;
}

export interface GitLabClient {
  readonly settings: GitLabSettings;
  /** The answer of a path below `/api/v4`, as the contract reads it. Throws ForgeError. */
  call<T>(contract: z.ZodType<T>, method: Method, path: string, call?: Call): Promise<T>;
  /** The answer of a question; null when it is 404. */
  maybe<T>(contract: z.ZodType<T>, path: string, query?: Call["query"]): Promise<T | null>;
  /** Items of a list over its pages, at most `most`; `cut` when there are more. */
  list<T>(
    contract: z.ZodType<T>,
    path: string,
    query?: Call["query"],
    most?: number,
  ): Promise<{ items: T[]; cut: boolean }>;
  /** The body as it is, and the status. */
  raw(path: string): Promise<{ status: number; bytes: Uint8Array }>;
  hide(text: string): string;
}

export interface ClientOptions {
  readonly pool: HttpPool;
  readonly settings: GitLabSettings;
  readonly userAgent: string;
  /** Most requests of this client. */
  readonly requests: number;
  /** Longest wait for limits, all tries of one request together; beyond it the failure says until when. */
  readonly waitMs: number;
}

const MAX_BYTES = 64 * 1024 * 1024;
const PAGE = 100;

/** 4xx are answers: which of them is a failure is for whoever asked. Limits are not, and are waited for. */
const ANSWERS = [
  304,
  ...Array.from({ length: 100 }, (_, at) => 400 + at).filter((one) => ![408, 425, 429].includes(one)),
];

const dialect: HttpDialect = {
  concurrency: 4,
  classify: (answer) =>
    answer.status === 429 || (answer.status === 403 && looksLimited(answer))
      ? { kind: "rate-limited" }
      : undefined,
};

/** A client of its own counts and limits; connections and limiters are the pool's. */
export function gitlabClient(options: ClientOptions): GitLabClient {
  const { pool, settings } = options;
  const { credential, addresses } = settings;
  if (credential === null) throw noCredential();
  pool.hidden.add(credential.token);
  const http: HttpClient = httpClient(pool, {
    connector: "gitlab",
    settings: { baseUrl: addresses.api, userAgent: options.userAgent, timeoutSeconds: 60 },
    network: { allowPrivate: settings.named },
    secret: () => {
      throw new DataFailure("auth", "The forge signs its requests by itself", "Leave the reference out.");
    },
    vault: { get: () => Promise.resolve(null), put: () => Promise.resolve() },
    abort: new AbortController().signal,
    waitBudgetMs: options.waitMs,
    limits: { requests: options.requests },
    retries: 3,
  }).as(dialect);
  const hide = (text: string) => pool.hidden.hideCut(text);
  const headers = authHeader(credential);

  async function send(method: Method, path: string, { query, body }: Call): Promise<HttpReply> {
    const where = `${method} ${path}`;
    try {
      const reply = await http.request({
        method,
        url: `${addresses.api}${path}`,
        headers,
        ...(query === undefined ? {} : { query }),
        ...(body === undefined ? {} : { body: body as Json }),
        accept: ANSWERS,
        maxBytes: MAX_BYTES,
      });
      if (reply.status < 400) return reply;
      throw refused(where, reply, hide);
    } catch (error) {
      throw passed(error, where, hide);
    }
  }

  function read<T>(contract: z.ZodType<T>, data: unknown, where: string): T {
    const parsed = contract.safeParse(data);
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    throw new ForgeError({
      code: "forge-answer-unreadable",
      message: `GitLab answers ${where.slice(0, 300)} with something else than it documents: ${
        issue?.path.join(".")
      }: ${issue?.message}`,
      remedy: "Check GITLAB_URL; a proxy or a login page may stand in front of the API.",
    }, { failure: { class: "external", source: "provider", retryable: true } });
  }

  const call: GitLabClient["call"] = async (contract, method, path, more = {}) =>
    read(contract, jsonOf(await send(method, path, more)), `${method} ${path}`);

  return {
    settings,
    hide,
    call,
    async maybe(contract, path, query) {
      try {
        return await call(contract, "GET", path, query === undefined ? {} : { query });
      } catch (error) {
        if (error instanceof ForgeError && error.status === 404) return null;
        throw error;
      }
    },
    async list(contract, path, query = {}, most = 1000) {
      const items: z.output<typeof contract>[] = [];
      for (let page = 1;; page++) {
        const reply = await send("GET", path, { query: { per_page: PAGE, ...query, page } });
        const some = read(z.array(contract), jsonOf(reply), `GET ${path}`);
        items.push(...some);
        const next = /<[^>]*>;[^,]*\brel="next"/.test(reply.headers.get("link") ?? "") ||
          /^\d+$/.test(reply.headers.get("x-next-page") ?? "");
        if (items.length > most || (items.length === most && next)) {
          return { items: items.slice(0, most), cut: true };
        }
        if (!next || some.length === 0) return { items, cut: false };
      }
    },
    async raw(path) {
      try {
        const reply = await send("GET", path, {});
        return { status: reply.status, bytes: reply.body };
      } catch (error) {
        if (error instanceof ForgeError && error.status !== undefined && error.status < 500) {
          return { status: error.status, bytes: new Uint8Array() };
        }
        throw error;
      }
    },
  };
}

/** Undefined for what is no JSON, which no contract takes. */
function jsonOf(reply: HttpReply): unknown {
  const text = reply.text();
  if (text === "") return null;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function noCredential(): ForgeError {
  return new ForgeError({
    code: "forge-credential-missing",
    message: "Cannot work with GitLab: there is no credential",
    value: "GITLAB_TOKEN",
    remedy: "Set GITLAB_TOKEN to an access token with the scope api.",
  }, { failure: { class: "external", source: "user-environment", retryable: false } });
}

/** What GitLab says of a refusal: `message` is a text, a list or lists by field; `error` and `error_description` are OAuth's. */
function wordsOf(reply: HttpReply): string {
  const data = jsonOf(reply);
  if (data === null || typeof data !== "object") return reply.text().slice(0, 500);
  const { message, error, error_description: more } = data as Record<string, unknown>;
  return [message, error, more].filter((one) => one !== undefined && one !== null)
    .map((one) => typeof one === "string" ? one : JSON.stringify(one)).join(": ");
}

function refused(where: string, reply: HttpReply, hide: (text: string) => string): ForgeError {
  const { status } = reply;
  const [code, remedy] = KNOWN[status] ??
    ["forge-refused", "Look at what it says; the server will answer the same again."];
  const problem: Problem = {
    code,
    message: `GitLab answers ${where.slice(0, 300)} with ${status}: ${excerpt(hide(wordsOf(reply)))}`,
    value: where.slice(0, 300),
    remedy,
  };
  return new ForgeError(problem, {
    status,
    failure: status === 409
      ? { class: "external", source: "provider", retryable: true }
      : { class: "external", source: "user-environment", retryable: false },
  });
}

/** What the HTTP client could not get over, with what the runtime does about it. */
function passed(error: unknown, where: string, hide: (text: string) => string): unknown {
  if (!(error instanceof DataFailure)) return error;
  const passing = ["transient", "rate-limited"].includes(error.kind);
  return new ForgeError({
    code: error.kind === "rate-limited" ? "forge-rate-limited" : "forge-unreachable",
    message: hide(`GitLab, ${where.slice(0, 300)}: ${error.message}`),
    remedy: error.remedy,
  }, {
    cause: error,
    failure: passing ? { class: "external", source: "provider", retryable: true } : {
      class: error.kind === "limit" ? "resource" : "external",
      source: "user-environment",
      retryable: false,
    },
    ...(error.more.untilMs === undefined ? {} : { untilMs: error.more.untilMs }),
    ...(error.more.status === undefined ? {} : { status: error.more.status }),
  });
}

const KNOWN: Readonly<Record<number, readonly [string, string]>> = {
  400: ["forge-invalid", "Look at what it says; the server will answer the same again."],
  401: ["forge-unauthorized", "Check that the token is right and has not expired."],
  403: [
    "forge-forbidden",
    "Give the credential the right to do this: the scope api, and the role Developer or above in the project.",
  ],
  404: [
    "forge-not-found",
    "Check the name, and that the credential may see it: GitLab answers 404 without that right.",
  ],
  405: ["forge-not-allowed", "Look at what it says: the state of the merge request does not allow it."],
  409: ["forge-conflict", "It changed meanwhile; try again."],
  413: ["change-too-large", "Split the change, or keep large files out of the repository."],
  422: ["forge-invalid", "Look at what it says; the server will answer the same again."],
};
