/** Credentials that settings refer to, in the forms in which a server, a row or an error may hold them. */
import type { ConnectorSettings, SinkSettings } from "../../specs/foundry/mod.ts";
import { DataFailure } from "../data/port.ts";
import { targetOf } from "./postgres_target.ts";

const REFERENCE = /^env:[A-Za-z_][A-Za-z0-9_]*$/;

/** Values behind every `env:NAME` of a sink; of a database also the password within its URL. What is not set is left out. */
export function sinkCredentials(settings: SinkSettings, secret: (reference: string) => string): string[] {
  if (settings.type !== "postgres") return credentialsIn(settings, secret);
  const whole = settings.url === undefined ? [] : credentialsIn(settings.url, secret);
  const password = known(() => {
    const { password, user, database } = targetOf(settings, secret, "");
    // One that its own user or database is called by is told with each of them: it hides nothing and would blank out a word.
    return password === user || password === database ? "" : password;
  });
  return [...whole, ...password].filter((value) => value !== "");
}

/** The same of a connector. What its taps are given is theirs alone, and known once one of them is started. */
export function connectorCredentials(
  { taps: _, ...settings }: ConnectorSettings,
  secret: (reference: string) => string,
): string[] {
  return credentialsIn(settings, secret);
}

function credentialsIn(value: unknown, secret: (reference: string) => string): string[] {
  if (typeof value === "string") return REFERENCE.test(value) ? known(() => secret(value)) : [];
  if (value === null || typeof value !== "object") return [];
  return Object.values(value).flatMap((inner) => credentialsIn(inner, secret));
}

/** Whoever needs one that is missing or unsound says so itself. */
function known(value: () => string): string[] {
  try {
    return [value()];
  } catch (error) {
    if (error instanceof DataFailure) return [];
    throw error;
  }
}
