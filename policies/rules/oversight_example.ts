/** What an example of a rule is judged to be. */
export interface OversightExample {
  case: "clean" | "violating" | "evading";
  about: string;
  base?: Record<string, string>;
  head: Record<string, string>;
  /** `deny` unless told, for what is not clean. `note` is told, and let through. */
  says?: "deny" | "ask" | "note";
  tier?: "best-effort" | "critical";
  intent?: Record<string, unknown>;
  renames?: Record<string, string>;
}
