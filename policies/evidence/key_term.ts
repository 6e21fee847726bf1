import type { SigningKeyRecord } from "../../specs/attestation/mod.ts";
import type { OpenedStatement, StatementSignature } from "./statement.ts";

/** The time that a key is good for, as a trust root says it. */
export type KeyTerm = Pick<SigningKeyRecord, "notBefore" | "notAfter" | "revoked">;

/** Where a bundle is proven to stand in a log. */
export interface LoggedAt {
  readonly origin: string;
  readonly index: number;
}

/**
 * Why a signature by a key does not count in a bundle, or null. One by a revoked key counts when the log proves that the bundle stood there
 * before the revocation did: times that a bundle tells are told by whoever had the key.
 */
export function termProblem(
  { id, term }: { readonly id: string; readonly term?: KeyTerm },
  at: string,
  logged: LoggedAt | null,
): string | null {
  if (term === undefined) return null;
  const { notBefore, notAfter, revoked } = term;
  if (revoked !== undefined) {
    if (logged !== null && logged.origin === revoked.origin && logged.index < revoked.index) return null;
    return `the key ${id} was revoked at ${revoked.at} (${revoked.reason}), and the log does not prove that this is older`;
  }
  if (notBefore !== undefined && Date.parse(at) < Date.parse(notBefore)) {
    return `the key ${id} was not in use before ${notBefore}, and this is of ${at}`;
  }
  if (notAfter !== undefined && Date.parse(at) > Date.parse(notAfter)) {
    return `the key ${id} was in use until ${notAfter}, and this is of ${at}`;
  }
  return null;
}

/** Why a key does not sign what it has signed, by the role that a trust root gives it; null where it gives none. */
export function roleProblem(
  { id, name, role }: {
    readonly id: string;
    readonly name: string | null;
    readonly role?: "statements" | "approvals";
  },
  signs: "statements" | "approvals",
): string | null {
  if (role === undefined || role === signs) return null;
  return signs === "statements"
    ? `the key ${id} is ${
      name ?? "a person"
    }'s: it approves, and the trust root has others for statements (evidence.pem, keys.json)`
    : `the key ${id} signs the installation's statements, and is nobody's approval`;
}

/** The first signature of a statement that counts for what it is; otherwise why the first one does not. */
export function believedSigner(
  { signed }: Pick<OpenedStatement, "signed">,
  signs: "statements" | "approvals",
  at: string,
  logged: LoggedAt | null,
): StatementSignature | { problem: string } {
  let problem: string | null = null;
  for (const one of signed) {
    const why = roleProblem(one.key, signs) ?? termProblem(one.key, at, logged);
    if (why === null) return one;
    problem ??= why;
  }
  return { problem: problem ?? "nobody has signed it" };
}
