/** A request as it will be sent: where to, what may go there, and what of it survives a redirect. */
import type { ConnectorSettings } from "../../specs/foundry/mod.ts";
import { DataFailure, type HttpDialect, type HttpRequest } from "../data/port.ts";
import { isListed, type NetworkPolicy } from "./host_guard.ts";

export interface Target {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** The credential goes with it. */
  readonly trusted: boolean;
  /** Whose limits it counts for: the base URL for all hosts of one API, else the URL itself. */
  readonly site: URL;
  /** The env file or the definition names this host; a redirect's is not. */
  readonly named: boolean;
  /** Headers made for each try. */
  readonly sign?: HttpRequest["sign"];
}

export interface Plan {
  readonly target: Target;
  readonly accept: readonly number[];
  /** Sending it twice does what sending it once does. */
  readonly idempotent: boolean;
}

const OURS = new Set([
  "host",
  "content-length",
  "transfer-encoding",
  "connection",
  "te",
  "upgrade",
  "expect",
  "keep-alive",
]);
const TOKEN = /^[a-z0-9!#$%&'*+.^_`|~-]+$/;
/** Visible characters, spaces and tabs of Latin-1: nothing that ends a line. */
const isFieldValue = (value: string): boolean =>
  Array.from(value).every((one) =>
    one === "\t" || (one >= " " && one <= "~") || (one >= "\u00a0" && one <= "\u00ff")
  );
/** What a host that is not the connector's own may see. */
const HARMLESS = new Set([
  "accept",
  "accept-encoding",
  "accept-language",
  "user-agent",
  "range",
  "if-none-match",
]);
const utf8 = new TextEncoder();

/** Joins and checks; throws `invalid` for a request that cannot be, `refused` for a host that is not the connector's. */
export function planRequest(
  request: HttpRequest,
  settings: ConnectorSettings,
  dialect: HttpDialect,
  network: NetworkPolicy,
  connector: string,
  secret: (reference: string) => string,
): Plan {
  const base = baseOf(settings.baseUrl ?? dialect.baseUrl, connector);
  const url = join(request.url, base, connector);
  for (const [name, value] of Object.entries(request.query ?? {})) {
    for (const one of [value].flat()) url.searchParams.append(name, String(one));
  }
  const signs = settings.auth !== undefined && settings.auth.type !== "none";
  if (base === null && signs && request.anonymous !== true) {
    throw new DataFailure(
      "invalid",
      `Cannot ask ${url.host}: connector ${connector} has a credential but no baseUrl, so nobody said where it may be sent`,
      `Set \`baseUrl\` of connector ${connector} in the env file.`,
    );
  }
  // A base URL of one's own (GitHub Enterprise, a mirror) makes the API's public hosts strangers.
  const siblings = settings.baseUrl === undefined || settings.baseUrl === dialect.baseUrl
    ? dialect.hosts ?? []
    : [];
  const own = base === null ? false : isSameSite(base, url) || isListed(url, siblings);
  if (base !== null && !own && !isListed(url, network.hosts ?? [])) {
    throw new DataFailure(
      "refused",
      `Cannot ask ${url.host}: it is not the host of connector ${connector}, ${base.host}; nothing was sent there`,
      "When the host is meant, list both under `network.hosts` of the env file; it gets no credential.",
    );
  }
  const body = bodyOf(request);
  const method = request.method ?? (body === undefined ? "GET" : "POST");
  const headers: Record<string, string> = {
    accept: request.expect === "json" ? "application/json" : "*/*",
    "accept-encoding": "gzip",
    "user-agent": settings.userAgent ?? "edgeforge",
    ...(body === undefined ? {} : { "content-type": body.type }),
  };
  const put = (name: string, value: string, isSetting: boolean) => {
    const lower = name.toLowerCase();
    if (!TOKEN.test(lower) || !isFieldValue(value) || OURS.has(lower)) {
      throw new DataFailure(
        "invalid",
        `Cannot send the header ${JSON.stringify(name.slice(0, 100))}: ${
          OURS.has(lower)
            ? "it is set by the client itself"
            : "its name or value has a character that no header may have"
        }`,
        isSetting ? `Change it in connector ${connector} of the env file.` : "Change the stream's headers.",
      );
    }
    headers[lower] = value;
  };
  for (const [name, value] of Object.entries(dialect.headers ?? {})) put(name, value, false);
  for (const [name, value] of Object.entries(own ? settings.headers ?? {} : {})) {
    put(name, /^env:[A-Za-z_][A-Za-z0-9_]*$/.test(value) ? secret(value).trim() : value, true);
  }
  for (const [name, value] of Object.entries(request.headers ?? {})) put(name, value, false);
  return {
    target: {
      url,
      method,
      headers: own || base === null ? headers : harmless(headers),
      ...(body === undefined ? {} : { body: body.bytes }),
      trusted: own && request.anonymous !== true,
      site: own && base !== null ? base : url,
      named: true,
      ...(request.sign === undefined || !own ? {} : { sign: request.sign }),
    },
    accept: request.accept ?? [],
    idempotent: request.idempotent ?? (method === "GET" || method === "HEAD"),
  };
}

/** Where a redirect leads. Other hosts get neither credential nor body nor headers of the env file. */
export function redirected(from: Target, status: number, location: string): Target {
  let url: URL;
  try {
    url = new URL(location, from.url);
  } catch {
    throw new DataFailure(
      "contract",
      `${from.url.host} redirects to what is no URL`,
      "Ask the server's owner.",
    );
  }
  const refuse = (why: string): never => {
    throw new DataFailure(
      "refused",
      `${from.url.host} redirects to ${url.protocol}//${url.host}, ${why}`,
      "Name the right base URL in the env file when the move is meant.",
    );
  };
  if (url.protocol !== "https:" && url.protocol !== "http:") refuse("which is not http or https");
  if (from.url.protocol === "https:" && url.protocol === "http:") refuse("which is not encrypted any more");
  url.username = "";
  url.password = "";
  url.hash = "";
  const becomesGet = status === 303 || (from.method === "POST" && (status === 301 || status === 302));
  const method = becomesGet && from.method !== "HEAD" ? "GET" : from.method;
  const { "content-type": _type, ...rest } = from.headers;
  const headers = becomesGet ? rest : from.headers;
  const kept = becomesGet || from.body === undefined ? {} : { body: from.body };
  if (isSameSite(from.url, url)) {
    return { url, method, headers, ...kept, trusted: from.trusted, site: from.site, named: from.named };
  }
  if (kept.body !== undefined) refuse("another host, and the request has a body");
  return { url, method, headers: harmless(headers), trusted: false, site: url, named: false };
}

export const isRedirect = (status: number): boolean => [301, 302, 303, 307, 308].includes(status);

/** Same scheme, name and port; or the same name gone from http to https on the usual ports. */
export function isSameSite(a: URL, b: URL): boolean {
  if (a.protocol === b.protocol && a.host === b.host) return true;
  return a.protocol === "http:" && b.protocol === "https:" && a.hostname === b.hostname && a.port === "" &&
    b.port === "";
}

function harmless(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => HARMLESS.has(name)));
}

function baseOf(text: string | undefined, connector: string): URL | null {
  if (text === undefined) return null;
  const problem = (why: string) =>
    new DataFailure(
      "invalid",
      `The baseUrl of connector ${connector} cannot be used: ${why}`,
      "For example: https://api.example.com/v1",
    );
  let base: URL;
  try {
    base = new URL(text);
  } catch {
    throw problem("it is not a URL");
  }
  if (base.protocol !== "https:" && base.protocol !== "http:") throw problem("it is not http or https");
  if (base.username !== "" || base.password !== "") {
    throw problem("it carries a user name or password; `auth` is where credentials belong");
  }
  return base;
}

/** A path is put behind the base URL's own path, with or without its slash; `?x=1` behind its query. */
function join(text: string, base: URL | null, connector: string): URL {
  let url: URL;
  try {
    if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) url = new URL(text);
    else if (base === null) {
      throw new DataFailure(
        "invalid",
        `Cannot ask for ${JSON.stringify(text.slice(0, 200))}: connector ${connector} has no baseUrl`,
        `Set \`baseUrl\` of connector ${connector} in the env file, or give the whole URL.`,
      );
    } else {
      const [path = "", query] = split(text, "?");
      url = new URL(base);
      const left = base.pathname.replace(/\/+$/, "");
      url.pathname = path === "" ? base.pathname : `${left}/${path.replace(/^\/+/, "")}`;
      url.search = [base.search.slice(1), query ?? ""].filter((part) => part !== "").join("&");
    }
  } catch (error) {
    if (error instanceof DataFailure) throw error;
    throw new DataFailure(
      "invalid",
      `Cannot ask for ${JSON.stringify(text.slice(0, 200))}: it is not a URL`,
      "Give a path, or a whole URL.",
    );
  }
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    throw new DataFailure("refused", `Cannot ask by ${url.protocol}: only http and https are`, "Use https.");
  }
  if (url.username !== "" || url.password !== "") {
    throw new DataFailure(
      "refused",
      `Cannot ask ${url.host}: the URL carries a user name or password`,
      "Take them out of the URL; the env file's `auth` is where credentials belong.",
    );
  }
  url.hash = "";
  return url;
}

function split(text: string, mark: string): [string, string | undefined] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

function bodyOf(request: HttpRequest): { bytes: Uint8Array; type: string } | undefined {
  const { body, form } = request;
  if (form !== undefined) {
    return {
      bytes: utf8.encode(new URLSearchParams(form).toString()),
      type: "application/x-www-form-urlencoded",
    };
  }
  if (body === undefined) return undefined;
  if (body instanceof Uint8Array) return { bytes: body, type: "application/octet-stream" };
  if (typeof body === "string") return { bytes: utf8.encode(body), type: "text/plain; charset=utf-8" };
  return { bytes: utf8.encode(JSON.stringify(body)), type: "application/json" };
}
