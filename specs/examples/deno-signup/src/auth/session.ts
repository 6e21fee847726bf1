/** A signed-in browser. */
export interface Session {
  readonly id: string;
  readonly account: string;
  readonly expiresAt: number;
}

const HOUR_MS = 60 * 60 * 1000;

/** Opens a session that lives for an hour. */
export function openSession(account: string, now: number = Date.now()): Session {
  return { id: crypto.randomUUID(), account, expiresAt: now + HOUR_MS };
}

/** Whether a session may still be used. */
export function sessionIsLive(session: Session, now: number = Date.now()): boolean {
  return now < session.expiresAt;
}
