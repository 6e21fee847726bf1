import { ALL_SCOPES, type KeyInfo, keyRing, Scope } from "../http/mod.ts";
import type { Service } from "../service.ts";
import { auditFile } from "../audit_file.ts";
import { CommandError, type Handler, type Invocation, usage } from "./command.ts";
import { notFound, principalOf, withService } from "./session.ts";

const HOUR_MS = 3_600_000;
const UNIT_MS: Readonly<Record<string, number>> = { h: HOUR_MS, d: 24 * HOUR_MS, w: 168 * HOUR_MS };
const MAX_DAYS = 366;

const ringOf = (service: Service) => {
  if (service.keyStore === undefined) throw new Error("Cannot keep keys: the installation has no store");
  return keyRing({ store: service.keyStore });
};

/** Who sits at the command line, for the record: the login, which need not be a principal. */
const operatorOf = (invocation: Invocation) =>
  (invocation.io.env("USER") || invocation.io.env("LOGNAME") || "owner").slice(0, 200);

/** `forge key issue`: a key of the HTTP interface, shown once. */
export const issue: Handler = (invocation) => {
  const scopes = scopesOf(invocation.options.scope);
  const ttlMs = lifetimeOf(invocation.options.expires);
  return withService(invocation, { workers: false, makes: true, only: "code" }, async (service, data) => {
    const ring = ringOf(service);
    const principal = (await principalOf(invocation, data)).id;
    const by = operatorOf(invocation);
    const issued = await ring.issue({ principal, scopes, ttlMs, by });
    if (!issued.ok) throw new CommandError(issued.error, 2);
    const id = /^forge_([^.]+)/.exec(issued.value)?.[1] ?? "";
    const kept = (await ring.list()).find((one) => one.id === id);
    if (!kept) throw new Error(`Cannot show the key ${id}: the store lost it`);
    await auditFile(data).append({
      action: "key.issue",
      actor: by,
      object: id,
      detail: { principal, scopes, expiresAt: kept.expiresAt },
    });
    return {
      exit: 0,
      document: { key: issued.value, ...kept },
      text: [
        `key ${issued.value}`,
        `  ${words(kept)}`,
        "  It is shown this once: only its digest is kept. forge serve with the same --data takes it from now on.",
      ].join("\n"),
    };
  });
};

/** `forge key list [--all]` */
export const list: Handler = (invocation) =>
  withService(invocation, { workers: false, only: "code" }, async (service) => {
    const keys = await ringOf(service).list({ ended: invocation.options.all === true });
    return {
      exit: 0,
      document: { keys },
      text: keys.length === 0
        ? "no keys yet: forge key issue"
        : keys.map((one) => `${one.id}  ${words(one)}`).join("\n"),
    };
  });

/** `forge key revoke ID`: takes effect at once, also in servers that run. */
export const revoke: Handler = (invocation) =>
  withService(invocation, { workers: false, only: "code" }, async (service, data) => {
    const [given = ""] = invocation.operands;
    // A whole key is taken too: whoever revokes one in haste has that at hand. Its secret is not shown again.
    const id = /^(?:forge_)?([A-Za-z0-9][A-Za-z0-9_-]{0,63})(?:\.\S*)?$/.exec(given)?.[1] ?? "";
    const by = operatorOf(invocation);
    if (id === "" || !await ringOf(service).revoke(id, by)) {
      throw notFound("valid key", id, "See: forge key list --all");
    }
    await auditFile(data).append({ action: "key.revoke", actor: by, object: id, detail: {} });
    const kept = (await ringOf(service).list({ ended: true })).find((one) => one.id === id);
    return { exit: 0, document: { revoked: id, ...kept }, text: `revoked ${id}` };
  });

function words(key: KeyInfo): string {
  const end = key.revokedAt !== null
    ? `revoked ${key.revokedAt} by ${key.revokedBy ?? "?"}`
    : `until ${key.expiresAt ?? "the server stops"}`;
  return `${key.principal}  ${key.scopes.join(",")}  ${end}`;
}

function scopesOf(given: string | boolean | undefined): Scope[] {
  const names = typeof given === "string" ? given.split(",").map((name) => name.trim()) : ["read"];
  const scopes = new Set<Scope>();
  for (const name of names) {
    const scope = Scope.safeParse(name);
    if (!scope.success) {
      throw usage(`There is no scope '${name}'`, `One or more of: ${ALL_SCOPES.join(",")}`, { value: name });
    }
    scopes.add(scope.data);
  }
  return [...scopes];
}

/** `12h`, `90d`, `4w`: keys always expire. */
function lifetimeOf(given: string | boolean | undefined): number {
  const text = typeof given === "string" ? given : "90d";
  const match = /^(\d{1,6})([hdw])$/.exec(text);
  const ttlMs = Number(match?.[1]) * (UNIT_MS[match?.[2] ?? ""] ?? NaN);
  if (!(ttlMs > 0 && ttlMs <= MAX_DAYS * 24 * HOUR_MS)) {
    throw usage(
      `--expires must be a time such as 12h, 90d or 4w, at most ${MAX_DAYS}d`,
      "For example --expires 90d",
      { value: text },
    );
  }
  return ttlMs;
}
