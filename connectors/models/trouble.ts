/** What each trouble with a model means to the runtime: class, source, whether another try can help, and what to do. */
import type { FailureClass, FailureRecord, FailureSource, ModelTrouble } from "../../specs/mod.ts";

interface Meaning {
  readonly class: FailureClass;
  readonly source: FailureSource;
  readonly retryable: boolean;
  readonly remedy: string;
}

const MEANING: Readonly<Record<ModelTrouble, Meaning>> = {
  "auth": {
    class: "external",
    source: "user-environment",
    retryable: false,
    remedy: "Check the key of this provider: that it is set, valid, and allowed to use the model.",
  },
  "quota": {
    class: "resource",
    source: "user-environment",
    retryable: false,
    remedy: "The provider's account has no money or quota left. Add credit or raise its spending limit.",
  },
  "rate": {
    class: "external",
    source: "provider",
    retryable: true,
    remedy: "Wait for the provider's rate limit; it is tried again by itself.",
  },
  "overloaded": {
    class: "external",
    source: "provider",
    retryable: true,
    remedy: "The provider has no capacity now; it is tried again by itself, or another model is asked.",
  },
  "server": {
    class: "external",
    source: "provider",
    retryable: true,
    remedy: "The provider failed; it is tried again by itself, or another model is asked.",
  },
  "network": {
    class: "external",
    source: "platform",
    retryable: true,
    remedy: "Check the connection, the proxy and the base URL of this provider.",
  },
  "cut-stream": {
    class: "external",
    source: "provider",
    retryable: true,
    remedy: "The answer broke off on its way; it is asked for again.",
  },
  "timeout": {
    class: "timeout",
    source: "provider",
    retryable: true,
    remedy: "Allow more time, ask for less in one call, or ask a faster model.",
  },
  "refusal": {
    class: "agent-error",
    source: "provider",
    retryable: true,
    remedy: "Word the task differently, or ask another model.",
  },
  "truncated": {
    class: "agent-error",
    source: "factory",
    retryable: true,
    remedy: "Ask for less in one answer, or allow more output tokens.",
  },
  "context-window": {
    class: "agent-error",
    source: "factory",
    retryable: true,
    remedy: "Send less context, or ask a model with a larger window.",
  },
  "bad-output": {
    class: "agent-error",
    source: "provider",
    retryable: true,
    remedy: "Ask again with what was wrong, or ask another model.",
  },
  "invalid-request": {
    class: "tool-error",
    source: "factory",
    retryable: false,
    remedy: "The request does not suit this model or endpoint; look at its entry in the registry.",
  },
  "unknown-model": {
    class: "external",
    source: "user-environment",
    retryable: false,
    remedy: "Check the model's id in the registry, and that the account may use it.",
  },
  "price-unknown": {
    class: "policy",
    source: "user-environment",
    retryable: false,
    remedy: "Give the model a price in the registry, or a budget without a cap on cost.",
  },
  "budget": {
    class: "resource",
    source: "user-environment",
    retryable: false,
    remedy: "Raise the budget, or ask for less.",
  },
  "unavailable": {
    class: "external",
    source: "user-environment",
    retryable: false,
    remedy: "Check the provider's key and base URL (`forge doctor` says what is set).",
  },
  "recording": {
    class: "data-integrity",
    source: "user-environment",
    retryable: false,
    remedy: "Record the cassette anew, or run without it.",
  },
  "aborted": {
    class: "unknown",
    source: "factory",
    retryable: false,
    remedy: "The call was ended by its caller; run it again.",
  },
};

/** The failure that a trouble stands for. `message` is already free of secrets. */
export function failureOf(
  trouble: ModelTrouble,
  message: string,
  told: { remedy?: string; retryable?: boolean } = {},
): FailureRecord {
  const meaning = MEANING[trouble];
  return {
    class: meaning.class,
    source: meaning.source,
    retryable: told.retryable ?? meaning.retryable,
    message: message.slice(0, 8000),
    remedy: (told.remedy ?? meaning.remedy).slice(0, 4000),
  };
}

/** A trouble on its way up inside this folder; it never leaves a provider's `call`. */
export class CallTrouble extends Error {
  override name = "CallTrouble";
  constructor(
    readonly trouble: ModelTrouble,
    why: string,
    readonly more: {
      readonly remedy?: string;
      readonly retryable?: boolean;
      readonly retryAfterMs?: number;
      /** True when the provider did no work for it, so that nothing is paid. */
      readonly free?: boolean;
      /** True when it may have worked although such a trouble costs nothing otherwise. */
      readonly worked?: boolean;
    } = {},
  ) {
    super(why);
  }

  /** The same when a part of an answer was heard before: whatever it is, a model has worked. */
  afterWork(): CallTrouble {
    const { free: _, ...more } = this.more;
    return new CallTrouble(this.trouble, this.message, { ...more, worked: true });
  }
}
