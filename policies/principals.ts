import { err, ok, type Problem, type Result, type TrustRoot } from "../specs/mod.ts";
import { keyIdOf } from "./packs/trust.ts";

/** A public key with the principal that it speaks for, and what this principal may do. */
export interface PrincipalKey {
  name: string;
  /** Unpadded base64url of the SHA-256 of the public key (SPKI). */
  keyId: string;
  /** PEM, SPKI, Ed25519. */
  publicKey: string;
  /** May answer an escalation by itself, without that the base ref's policy names it. */
  approves: boolean;
  /** May approve waivers likewise. */
  waives: boolean;
  notBefore?: string;
  notAfter?: string;
  revoked?: { at: string; reason: string };
}

/** Everybody that an installation knows, for the judge and for the doors. */
export interface Principals {
  /** A key that lies there under two names is listed twice; its signatures are those of the first. */
  keys: readonly PrincipalKey[];
}

/** Nobody is known: no signature counts. */
export const NOBODY: Principals = { keys: [] };

/**
 * The principals of an installation: its own keys, and the named keys of the operator's trust root with the roles that are written
 * there. What the root says of a key goes before what the installation knows, for it may be revoked.
 */
export async function principalsOf(
  own: readonly { name: string; publicKey: string }[],
  root: TrustRoot,
): Promise<Result<Principals, Problem>> {
  const keys: PrincipalKey[] = [];
  for (const { name, publicKey } of own) {
    const keyId = await keyIdOf(publicKey);
    if (keyId === null) {
      return err({
        code: "principal-key",
        message: `The key of ${name} is no public key (PEM, SPKI)`,
        value: name,
        remedy: "Replace the file, or take it out of the directory of keys",
      });
    }
    keys.push({ name, keyId, publicKey, approves: true, waives: true });
  }
  for (const { id, name, publicKey, roles, notBefore, notAfter, revoked } of root.keys) {
    const said = {
      ...(notBefore === undefined ? {} : { notBefore }),
      ...(notAfter === undefined ? {} : { notAfter }),
      ...(revoked === undefined ? {} : { revoked }),
    };
    const known = keys.filter(({ keyId }) => keyId === id);
    for (const key of known) Object.assign(key, said);
    if (known.length > 0 || name === undefined) continue;
    keys.push({
      name,
      keyId: id,
      publicKey,
      approves: roles.includes("approver"),
      waives: roles.includes("waiver-approver"),
      ...said,
    });
  }
  return ok({ keys });
}

/** Why a key's signatures do not count at an instant; null when they do. */
export function keyProblem(key: PrincipalKey, at: string): string | null {
  if (key.revoked) return `the key of ${key.name} was revoked at ${key.revoked.at}: ${key.revoked.reason}`;
  if (key.notBefore !== undefined && Date.parse(at) < Date.parse(key.notBefore)) {
    return `the key of ${key.name} is valid from ${key.notBefore} on`;
  }
  if (key.notAfter !== undefined && Date.parse(at) >= Date.parse(key.notAfter)) {
    return `the key of ${key.name} was valid until ${key.notAfter}`;
  }
  return null;
}

/** Names of those who may approve changes, each once. */
export const approverNames = ({ keys }: Principals): string[] => [
  ...new Set(keys.filter(({ approves }) => approves).map(({ name }) => name)),
];

/** Whether there is one key at most that could answer: then nobody else can be asked. */
export const isSingleKey = ({ keys }: Principals): boolean =>
  new Set(
    keys.filter(({ approves, revoked }) => approves && revoked === undefined).map(({ keyId }) => keyId),
  ).size <= 1;

/** The key ids of a principal. */
export const keysOf = ({ keys }: Principals, name: string): string[] =>
  keys.filter((key) => key.name === name).map(({ keyId }) => keyId);
