import { isAbsolute, resolve } from "node:path";
import type { SinkSettings } from "../../specs/foundry/mod.ts";
import { DataFailure } from "../data/port.ts";

export type PostgresSettings = Extract<SinkSettings, { type: "postgres" }>;
export type TlsMode = NonNullable<PostgresSettings["tls"]>;

/** Where a database is, and as whom it is asked. Holds a password: never shown, never kept. */
export interface Target {
  /** A name, an address, or the directory of a Unix socket (`/run/postgresql`). */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  /** Null: TLS with a checked certificate towards public addresses, TLS where it is offered towards private ones. */
  readonly tls: TlsMode | null;
  /** PEM file of the authorities that a certificate may come from; the system's own without it. */
  readonly caFile: string | null;
  /** For people: no user, no password. */
  readonly shown: string;
}

const MODES: Readonly<Record<string, TlsMode>> = {
  disable: "disable",
  allow: "prefer",
  prefer: "prefer",
  require: "require",
  "verify-ca": "verify-full",
  "verify-full": "verify-full",
};

/** Reads the settings and what they refer to. `secret` gives the value behind `env:NAME`; relative files resolve against `folder`. */
export function targetOf(
  settings: PostgresSettings,
  secret: (reference: string) => string,
  folder: string,
): Target {
  const caFile = settings.caFile === undefined
    ? null
    : isAbsolute(settings.caFile)
    ? settings.caFile
    : resolve(folder, settings.caFile);
  if (settings.url === undefined) {
    const { port = 5432, database = "", user = "", password } = settings;
    const host = normalHost(settings.host ?? "");
    if (host === null || host === "" || database === "" || user === "") {
      throw new DataFailure(
        "invalid",
        "Cannot use the PostgreSQL sink: it names no host, database or user",
        "Give url: env:NAME, or host, database, user and password: env:NAME",
      );
    }
    const given = { host, port, database, user, tls: settings.tls ?? null, caFile };
    return {
      ...given,
      password: password === undefined ? "" : secret(password),
      shown: shownOf(given),
    };
  }
  return fromUrl(secret(settings.url), settings, caFile);
}

function fromUrl(text: string, settings: PostgresSettings, caFile: string | null): Target {
  // The value is a secret: nothing of it is repeated.
  const refuse = (why: string): never => {
    throw new DataFailure(
      "invalid",
      `Cannot use the database URL in ${settings.url}: ${why}`,
      "Write it as postgres://USER:PASSWORD@HOST:5432/DATABASE, with odd characters percent-encoded",
    );
  };
  let url: URL;
  try {
    url = new URL(text.trim());
  } catch {
    return refuse("it is no URL");
  }
  if (url.protocol !== "postgres:" && url.protocol !== "postgresql:") {
    return refuse(`its scheme is not postgres`);
  }
  const part = (value: string, name: string): string => {
    try {
      return decodeURIComponent(value);
    } catch {
      return refuse(`its ${name} is not percent-encoded`);
    }
  };
  const options = new Map(url.searchParams);
  for (const name of options.keys()) {
    if (!["sslmode", "host", "user", "password", "application_name", "connect_timeout"].includes(name)) {
      refuse(`its parameter ${/^[a-z_]{1,40}$/.test(name) ? name : "of another name"} is not known`);
    }
  }
  const mode = options.get("sslmode");
  if (mode !== undefined && !Object.hasOwn(MODES, mode)) {
    refuse("its sslmode is not one of disable, prefer, require, verify-full");
  }
  const host = normalHost(part(url.hostname, "host") || options.get("host") || "");
  if (host === null || host === "") return refuse("it names no host");
  const user = part(url.username, "user") || options.get("user") || "";
  if (user === "") refuse("it names no user");
  const database = part(url.pathname.slice(1), "database") || user;
  const given = {
    host,
    port: url.port === "" ? 5432 : Number(url.port),
    database,
    user,
    tls: settings.tls ?? (mode === undefined ? null : MODES[mode] ?? null),
    caFile,
  };
  return {
    ...given,
    password: part(url.password, "password") || options.get("password") || "",
    shown: shownOf(given),
  };
}

/** The host in the form that an address check understands: `0x7f.1` is 127.0.0.1, which only URLs of special schemes are told. */
function normalHost(host: string): string | null {
  if (host.startsWith("/")) return host;
  try {
    const name = new URL(`https://${host.includes(":") && !host.startsWith("[") ? `[${host}]` : host}/`)
      .hostname;
    return name.startsWith("[") ? name.slice(1, -1) : name.replace(/\.$/, "");
  } catch {
    return null;
  }
}

const shownOf = ({ host, port, database }: { host: string; port: number; database: string }): string =>
  `postgres://${host.includes(":") ? `[${host}]` : host}:${port}/${encodeURIComponent(database)}`;
