export interface Account {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly passwordHash: string;
}

/** Where accounts are kept. */
export interface Directory {
  add(account: Omit<Account, "id">): Account;
  findByEmail(email: string): Account | null;
  size(): number;
}

/** A directory in memory, for tests and for the demo shop. */
export function createDirectory(): Directory {
  const byEmail = new Map<string, Account>();
  return {
    add(account) {
      const kept = { id: `u${byEmail.size + 1}`, ...account };
      byEmail.set(kept.email, kept);
      return kept;
    },
    findByEmail: (email) => byEmail.get(email) ?? null,
    size: () => byEmail.size,
  };
}
