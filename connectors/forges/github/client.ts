/**
 * Octokit over the guarded HTTP client: its routes, its errors and its App authentication; addresses, limits, retries, waits and the
 * hiding of secrets are the client's own.
 */
import { type Octo, openOctokit } from "./octokit.ts";
import { z } from "zod";
import { DataFailure, type HttpClient, type HttpDialect } from "../../data/port.ts";
import { httpClient } from "../../net/client.ts";
import type { HttpPool } from "../../net/pool.ts";
import { excerpt } from "../../net/verdict.ts";
import { looksLimited } from "../../net/waiting.ts";
import { githubDialect } from "../../sources/github/dialect.ts";
import { ForgeError } from "../failure.ts";
import type { AnswerCache } from "./answer_cache.ts";
import type { GitHubPlace } from "./place.ts";
import type { GitHubSettings } from "./settings.ts";

export interface GitHubClient {
  readonly settings: GitHubSettings;
  /** The answer of a route such as `GET /repos/{owner}/{repo}`, as the contract reads it. Throws ForgeError. */
  call<T>(contract: z.ZodType<T>, route: string, params?: Record<string, unknown>): Promise<T>;
  /** The same; null when the answer is 404. */
  maybe<T>(contract: z.ZodType<T>, route: string, params?: Record<string, unknown>): Promise<T | null>;
  /** Items of a list over its pages, at most `most`; `cut` when there are more. */
  list<T>(
    contract: z.ZodType<T>,
    route: string,
    params?: Record<string, unknown>,
    more?: { most?: number; under?: string },
  ): Promise<{ items: T[]; cut: boolean }>;
  /** Body and headers as they are; redirects are followed, without the credential to other hosts. */
  raw(
    route: string,
    params?: Record<string, unknown>,
  ): Promise<{ status: number; bytes: Uint8Array; headers: Headers }>;
  /** Null where this GitHub has no GraphQL. */
  graphql(query: string, variables: Record<string, unknown>): Promise<GraphQl | null>;
  /** What the credential may do, as far as it is told. */
  grants(place: GitHubPlace): Promise<Readonly<Record<string, string>> | null>;
  /** The credential as git sends it. */
  token(): Promise<string>;
  readonly isApp: boolean;
  hide(text: string): string;
}

export interface GraphQl {
  readonly data: unknown;
  readonly errors: readonly string[];
}

export interface ClientOptions {
  readonly pool: HttpPool;
  readonly settings: GitHubSettings;
  readonly userAgent: string;
  /** Which repository an App's installation is looked up by. */
  readonly place: GitHubPlace | null;
  /** Most requests of this client. */
  readonly requests: number;
  /** Longest wait for limits, all tries of one request together; beyond it the failure says until when. */
  readonly waitMs: number;
  readonly signal?: AbortSignal;
  /** Of answers with a tag, shared by the clients of one forge. */
  readonly cache?: AnswerCache;
}

const MAX_BYTES = 64 * 1024 * 1024;
const PAGE = 100;

/** 4xx are answers: which of them is a failure is for whoever asked. Limits are not, and are waited for. */
const ANSWERS = [
  304,
  ...Array.from({ length: 100 }, (_, at) => 400 + at).filter((one) => ![408, 425, 429].includes(one)),
];

const dialect: HttpDialect = {
  ...githubDialect,
  classify: (answer) =>
    githubDialect.classify?.(answer) ??
      ((answer.status === 403 || answer.status === 429) && looksLimited(answer)
        ? { kind: "rate-limited" }
        : undefined),
};

/** Sending these twice does what sending them once does: the name of what they make is its content. */
const REPEATABLE = /\/git\/(blobs|trees)$|\/access_tokens$|\/graphql$/;

/** A client of its own counts and limits; connections and limiters are the pool's. */
export function githubClient(options: ClientOptions): GitHubClient {
  const { pool, settings } = options;
  const { credential, addresses } = settings;
  if (credential === null) throw noCredential();
  pool.hidden.add(credential.kind === "token" ? credential.token : credential.privateKey);
  const http: HttpClient = httpClient(pool, {
    connector: "github",
    settings: { baseUrl: addresses.api, userAgent: options.userAgent, timeoutSeconds: 60 },
    network: { allowPrivate: settings.named },
    secret: () => {
      throw new DataFailure("auth", "The forge signs its requests by itself", "Leave the reference out.");
    },
    vault: { get: () => Promise.resolve(null), put: () => Promise.resolve() },
    abort: options.signal ?? new AbortController().signal,
    waitBudgetMs: options.waitMs,
    limits: { requests: options.requests },
    retries: 3,
  }).as(dialect);
  const hide = (text: string) => pool.hidden.hideCut(text);

  const guarded = async (input: string, init: RequestInit = {}): Promise<Response> => {
    const headers = new Headers(init.headers);
    const token = /^(?:token|bearer)\s+(\S+)$/i.exec(headers.get("authorization") ?? "")?.[1];
    // An installation's token was made a moment ago, and must not be shown either.
    if (token !== undefined) pool.hidden.add(token);
    const method = (init.method ?? "GET").toUpperCase() as "GET";
    const { pathname } = new URL(input);
    const isGet = method === "GET";
    const cached = `${headers.get("authorization")} ${headers.get("accept")} ${input}`;
    const known = isGet ? options.cache?.get(cached) : undefined;
    const reply = await http.request({
      method,
      url: input,
      headers: {
        ...Object.fromEntries(headers),
        ...(known === undefined ? {} : { "if-none-match": known.etag }),
      },
      ...(typeof init.body === "string" ? { body: new TextEncoder().encode(init.body) } : {}),
      accept: ANSWERS,
      maxBytes: MAX_BYTES,
      ...(isGet || REPEATABLE.test(pathname) ? { idempotent: true } : {}),
    });
    if (reply.status === 304 && known !== undefined) {
      return new Response(known.body as BodyInit, { headers: known.headers });
    }
    const shown = new Headers(reply.headers);
    shown.delete("content-encoding");
    shown.delete("content-length");
    const etag = shown.get("etag");
    if (isGet && reply.status === 200 && etag !== null) {
      options.cache?.put(cached, { etag, body: reply.body, headers: shown });
    }
    const bare = [204, 205, 304].includes(reply.status);
    return new Response(bare ? null : reply.body as BodyInit, { status: reply.status, headers: shown });
  };

  let made: Promise<Octo> | undefined;
  const octokit = () =>
    made ??= openOctokit({
      credential,
      api: addresses.api,
      userAgent: options.userAgent,
      fetch: guarded as typeof fetch,
      place: options.place,
    });

  async function send(route: string, params: Record<string, unknown>) {
    try {
      return await (await octokit()).request(route, params);
    } catch (error) {
      throw forgeError(error, route, params, hide);
    }
  }

  const read = <T>(contract: z.ZodType<T>, data: unknown, route: string): T => {
    const parsed = contract.safeParse(data);
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    throw new ForgeError({
      code: "forge-answer-unreadable",
      message: `GitHub answers ${route} with something else than it documents: ${
        issue?.path.join(".")
      }: ${issue?.message}`,
      remedy: "Check GITHUB_API_URL; a proxy or a login page may stand in front of the API.",
    }, { failure: { class: "external", source: "provider", retryable: true } });
  };

  const call: GitHubClient["call"] = async (contract, route, params = {}) =>
    read(contract, (await send(route, params)).data, route);

  return {
    settings,
    isApp: credential.kind === "app",
    hide,
    call,
    async maybe(contract, route, params = {}) {
      try {
        return await call(contract, route, params);
      } catch (error) {
        if (error instanceof ForgeError && error.status === 404) return null;
        throw error;
      }
    },
    async list(contract, route, params = {}, { most = 1000, under } = {}) {
      const items: z.output<typeof contract>[] = [];
      for (let page = 1;; page++) {
        const { data, headers } = await send(route, { per_page: PAGE, ...params, page });
        const found = under === undefined ? data : (data as Record<string, unknown> | null)?.[under];
        const some = read(z.array(contract), found, route);
        items.push(...some);
        const next = /<[^>]*>;[^,]*\brel="next"/.test(String(headers.link ?? ""));
        if (items.length > most || (items.length === most && next)) {
          return { items: items.slice(0, most), cut: true };
        }
        if (!next || some.length === 0) return { items, cut: false };
      }
    },
    async raw(route, params = {}) {
      const { url, method, headers } = (await octokit()).endpoint(route, params);
      try {
        const authorization = `token ${await (await octokit()).token()}`;
        const reply = await http.request({
          method: method as "GET",
          url,
          headers: { ...headers, authorization },
          accept: ANSWERS,
          maxBytes: MAX_BYTES,
        });
        return { status: reply.status, bytes: reply.body, headers: reply.headers };
      } catch (error) {
        throw forgeError(error, route, params, hide);
      }
    },
    async graphql(query, variables) {
      try {
        const { data } = await (await octokit()).request("POST {url}", {
          url: addresses.graphql,
          query,
          variables,
        });
        const answer = z.object({
          data: z.unknown(),
          errors: z.array(z.object({ message: z.string() })).optional(),
        }).parse(data);
        return { data: answer.data, errors: (answer.errors ?? []).map((one) => excerpt(hide(one.message))) };
      } catch (error) {
        const failed = forgeError(error, "POST /graphql", {}, hide);
        if (failed.status === 404 || failed.status === 405) return null;
        throw failed;
      }
    },
    async token() {
      try {
        const token = await (await octokit()).token();
        pool.hidden.add(token);
        return token;
      } catch (error) {
        throw forgeError(error, "POST /app/installations/{id}/access_tokens", {}, hide);
      }
    },
    grants: async () => {
      try {
        return await (await octokit()).permissions();
      } catch (error) {
        throw forgeError(error, "POST /app/installations/{id}/access_tokens", {}, hide);
      }
    },
  };
}

export function noCredential(): ForgeError {
  return new ForgeError({
    code: "forge-credential-missing",
    message: "Cannot work with GitHub: there is no credential",
    value: "GITHUB_TOKEN",
    remedy: "Set GITHUB_TOKEN (or GH_TOKEN), or GITHUB_APP_ID with GITHUB_APP_PRIVATE_KEY.",
  }, { failure: { class: "external", source: "user-environment", retryable: false } });
}

/** What went wrong in GitHub's words and ours, with what the runtime does about it. */
function forgeError(
  error: unknown,
  route: string,
  params: Record<string, unknown>,
  hide: (text: string) => string,
): ForgeError {
  if (error instanceof ForgeError) return error;
  const cause = failureIn(error);
  const where = `${route.replace(/\{(\w+)\}/g, (_, name) => String(params[name] ?? `{${name}}`))}`.slice(
    0,
    300,
  );
  if (cause !== null) {
    const passing = ["transient", "rate-limited"].includes(cause.kind);
    return new ForgeError({
      code: cause.kind === "rate-limited" ? "forge-rate-limited" : "forge-unreachable",
      message: hide(`GitHub: ${cause.message}`),
      remedy: cause.remedy,
    }, {
      cause,
      failure: passing ? { class: "external", source: "provider", retryable: true } : {
        class: cause.kind === "limit" ? "resource" : "external",
        source: "user-environment",
        retryable: false,
      },
      ...(cause.more.untilMs === undefined ? {} : { untilMs: cause.more.untilMs }),
      ...(cause.more.status === undefined ? {} : { status: cause.more.status }),
    });
  }
  const status =
    error !== null && typeof error === "object" && "status" in error && typeof error.status === "number"
      ? error.status
      : null;
  if (status === null) throw error;
  const said = excerpt(hide(error instanceof Error ? error.message : ""));
  const [code, remedy] = KNOWN[status] ??
    ["forge-refused", "Look at what it says; the server will answer the same again."];
  return new ForgeError({
    code,
    message: `GitHub answers ${where} with ${status}: ${said}`,
    value: where,
    remedy,
  }, {
    cause: undefined,
    status,
    failure: status >= 500 || status === 409
      ? { class: "external", source: "provider", retryable: true }
      : { class: "external", source: "user-environment", retryable: false },
  });
}

const KNOWN: Readonly<Record<number, readonly [string, string]>> = {
  401: ["forge-unauthorized", "Check that the token is right and has not expired."],
  403: [
    "forge-forbidden",
    "Give the credential the right to do this: contents and pull requests, read and write.",
  ],
  404: [
    "forge-not-found",
    "Check the name, and that the credential may see it: GitHub answers 404 without that right.",
  ],
  409: ["forge-conflict", "It changed meanwhile, or the repository is empty; try again."],
  410: ["forge-gone", "The repository has this feature switched off."],
  422: ["forge-invalid", "Look at what it says; the server will answer the same again."],
  451: ["forge-forbidden", "GitHub may not show it for legal reasons."],
};

function failureIn(error: unknown): DataFailure | null {
  for (let at: unknown = error, deep = 0; at instanceof Error && deep < 5; at = at.cause, deep++) {
    if (at instanceof DataFailure) return at;
  }
  return null;
}
