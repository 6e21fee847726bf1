import type { ConnectorSettings } from "../../specs/foundry/mod.ts";
import type { SourceContext } from "../data/port.ts";
import type { NetworkPolicy } from "./host_guard.ts";

export interface HttpClientOptions {
  /** The connector's name, for messages. */
  readonly connector: string;
  readonly settings: ConnectorSettings;
  readonly network: NetworkPolicy;
  /** The value behind `env:NAME`; throws `auth` when there is none. */
  readonly secret: (reference: string) => string;
  /** Told each credential before it is used: also granted tokens, and pairs that are sent as one. */
  readonly onSecret?: (value: string) => void;
  readonly vault: SourceContext["vault"];
  readonly abort: AbortSignal;
  /** Longest wait of one request for quotas, all its tries together; beyond it the failure is `rate-limited` with `untilMs`. */
  readonly waitBudgetMs: number;
  /** What this client may use in all. */
  readonly limits?: { readonly requests?: number; readonly bytes?: number };
  /** How often a request is tried again after a transient failure; what the settings say, or 5, unless told. */
  readonly retries?: number;
  /** How often all requests together are; 100 and a tenth of the requests made unless told. */
  readonly retryBudget?: number;
  readonly progress?: (message: string) => void;
  /** Whether failures quote what a server answers; false where that may be personal data. */
  readonly quotes?: boolean;
}
