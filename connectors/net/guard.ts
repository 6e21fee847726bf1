/**
 * The network guard for repositories named by URL: https or ssh, to a public address, resolved here. Whoever connects
 * must connect to one of the addresses that come back, as a second look at the name may give another answer.
 */
import { err, ok, type Problem, type Result } from "../../specs/mod.ts";
import { isAddress, isPublic } from "./address.ts";

export interface GuardOptions {
  /** Lets private, loopback and other local addresses through. */
  allowPrivate?: boolean;
  /** Default: 22, 443 and 8443. */
  ports?: readonly number[];
  resolve?: (host: string) => Promise<string[]>;
  /** Origins (`http://127.0.0.1:8080`) that may be reached without encryption: a server of this machine that its owner named. */
  plain?: readonly string[];
}

export interface GuardedUrl {
  /** Normal form, without user name for https. */
  url: string;
  protocol: "https" | "ssh" | "http";
  host: string;
  port: number;
  /** All addresses of the host; each was checked. */
  addresses: string[];
}

/** Whether a location is meant as a URL (or `user@host:path`) and not as a directory. */
export function looksLikeUrl(location: string): boolean {
  return /^[A-Za-z][A-Za-z0-9+.-]*:(\/\/|:)/.test(location) || /^[^/\\:\s]+@[^/\\:\s]+:(?!\\)/.test(location);
}

/** Checks a repository URL: form, scheme, port, and every address of its host. */
export async function guardUrl(
  text: string,
  options: GuardOptions = {},
): Promise<Result<GuardedUrl, Problem>> {
  const parsed = parseUrl(text, options.plain ?? []);
  if (!parsed.ok) return parsed;
  const { host, port } = parsed.value;
  const ports = options.ports ?? [22, 443, 8443];
  if (!ports.includes(port)) {
    return refuse(
      text,
      `port ${port} is not one of ${ports.join(", ")}`,
      "Use the usual port, or ask the owner of this installation to allow it.",
    );
  }
  let addresses: string[];
  try {
    addresses = isAddress(host) ? [host] : await (options.resolve ?? resolveAll)(host);
  } catch (error) {
    return refuse(
      text,
      `its host ${host} has no address (${error instanceof Error ? error.message : error})`,
      "Check the name, and that this machine can resolve names.",
    );
  }
  const strange = addresses.find((address) => !isAddress(address));
  if (addresses.length === 0 || strange !== undefined) {
    return refuse(text, `its host ${host} has no usable address`, "Check the name.");
  }
  const local = options.allowPrivate ? undefined : addresses.find((address) => !isPublic(address));
  if (local !== undefined) {
    return refuse(
      text,
      `its host ${host} has the address ${local}, which is not on the public internet`,
      "Name a public host; the owner of this installation can allow private addresses.",
    );
  }
  return ok({ ...parsed.value, addresses });
}

function parseUrl(text: string, plain: readonly string[]): Result<Omit<GuardedUrl, "addresses">, Problem> {
  // deno-lint-ignore no-control-regex -- control characters are what is looked for
  if (text.length > 2000 || /[\x00-\x20\x7f\\]/.test(text)) {
    return refuse(
      text,
      "it is too long, or has spaces, backslashes or control characters",
      "Give it as the server shows it.",
    );
  }
  // `user@host:path` is ssh, as git reads it.
  const short = /^([A-Za-z0-9][\w.-]*)@([A-Za-z0-9][\w.-]*):(?!\/\/)(.+)$/.exec(text);
  const full = short ? `ssh://${short[1]}@${short[2]}/${(short[3] ?? "").replace(/^\//, "")}` : text;
  let url: URL;
  try {
    url = new URL(full);
  } catch {
    return refuse(text, "it is not a URL", "For example: https://host/owner/repository.git");
  }
  const isPlain = url.protocol === "http:" && plain.includes(url.origin);
  if (url.protocol !== "https:" && url.protocol !== "ssh:" && !isPlain) {
    return refuse(
      text,
      `the scheme ${url.protocol.slice(0, -1)} is not https or ssh`,
      "Use https:// or ssh://",
    );
  }
  if (url.password !== "" || (url.protocol !== "ssh:" && url.username !== "")) {
    return refuse(text, "it carries a user name or password", "Take it out of the URL.");
  }
  const host = hostOf(url);
  if (host === null) {
    return refuse(
      text,
      "its host is not a host name or address",
      "For example: https://host/owner/repository.git",
    );
  }
  if (!/^[\w.-]*$/.test(url.username) || url.username.startsWith("-")) {
    return refuse(
      text,
      "its user name has odd characters",
      "For example: ssh://git@host/owner/repository.git",
    );
  }
  if (url.pathname.length < 2 || url.pathname.startsWith("/-") || url.search !== "" || url.hash !== "") {
    return refuse(
      text,
      "its path is not that of a repository",
      "Give a path, without a query and without a fragment.",
    );
  }
  const protocol = url.protocol === "https:" ? "https" : isPlain ? "http" : "ssh";
  const port = url.port === "" ? { https: 443, ssh: 22, http: 80 }[protocol] : Number(url.port);
  return ok({ url: url.href, protocol, host, port });
}

/** The host in the form that an address check understands: `0x7f.1` is 127.0.0.1, and only special schemes are told so. */
function hostOf(url: URL): string | null {
  let host: string;
  try {
    host = new URL(`https://${url.hostname}/`).hostname;
  } catch {
    return null;
  }
  if (host.startsWith("[")) return host.slice(1, -1);
  return /^[a-z0-9]([a-z0-9_.-]*[a-z0-9.])?$/.test(host) ? host.replace(/\.$/, "") : null;
}

/** As git, ssh and curl resolve: hosts file included. */
async function resolveAll(host: string): Promise<string[]> {
  const { lookup } = await import("node:dns/promises");
  return (await lookup(host, { all: true, verbatim: true })).map(({ address }) => address);
}

function refuse(text: string, why: string, remedy: string): Result<never, Problem> {
  const value = hide(text).slice(0, 200);
  return err({
    code: "url-refused",
    message: `Cannot use the repository ${JSON.stringify(value)}: ${why}`,
    value,
    remedy,
  });
}

/** An error must not repeat a password. */
function hide(text: string): string {
  return text.replace(/\/\/[^/]*:[^/]*@/, "//***@");
}
