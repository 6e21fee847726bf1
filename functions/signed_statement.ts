import { ApprovalStatement, type Json } from "../specs/mod.ts";

/** What a signed answer says; null when it is none. It is believed only once its signature was found to hold. */
export function signedStatement(envelope: Json): ApprovalStatement | null {
  try {
    const { payload } = envelope as { payload: string };
    const bytes = Uint8Array.from(atob(payload), (char) => char.charCodeAt(0));
    return ApprovalStatement.safeParse(JSON.parse(new TextDecoder().decode(bytes))).data ?? null;
  } catch {
    return null;
  }
}
