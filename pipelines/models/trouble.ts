/** Trouble with a model -> what is done about it, and what it is in the end. */
import type { FailureClass, FailureRecord, FailureSource, ModelTrouble } from "../../specs/mod.ts";

/**
 * What is done first: ask another provider, wait and ask again, ask again soon, ask another model, allow a longer answer, ask a
 * model with a larger window, tell the model what was wrong; or nothing.
 */
export type Step = "provider" | "wait" | "retry" | "model" | "longer" | "window" | "tell" | "stop";

interface TroubleRule {
  readonly step: Step;
  /** The provider did no work: nothing is paid when it tells no usage. */
  readonly free: boolean;
  /** Counts against the health of the model at its provider. */
  readonly unhealthy: boolean;
  /** What it is when nothing helped. A policy failure that is not retryable asks a human; a resource failure parks. */
  readonly last: {
    readonly class: FailureClass;
    readonly source: FailureSource;
    readonly retryable: boolean;
  };
  readonly remedy: string;
}

const escalate = (source: FailureSource) => ({ class: "policy", source, retryable: false }) as const;
const agent = { class: "agent-error", source: "provider", retryable: true } as const;
const provider = { class: "external", source: "provider", retryable: true } as const;

const KEYS = "Set a key that works, such as ANTHROPIC_API_KEY or OPENAI_API_KEY, and look: forge doctor";

/** For what may not leave the machine a key of a provider is no help. */
export const LOCAL_REMEDY =
  "Set OLLAMA_HOST to a server on this machine, or name an endpoint with locality: local in models.yaml, and look: forge doctor";

export const TROUBLE_RULES: Readonly<Record<ModelTrouble, TroubleRule>> = {
  "auth": {
    step: "provider",
    free: true,
    unhealthy: false,
    last: escalate("user-environment"),
    remedy: KEYS,
  },
  "quota": {
    step: "provider",
    free: true,
    unhealthy: false,
    last: escalate("user-environment"),
    remedy:
      "Add credit at the provider, or set the key of another one; then: forge workflow answer RUN --retry",
  },
  "rate": {
    step: "wait",
    free: true,
    unhealthy: false,
    last: { class: "resource", source: "provider", retryable: true },
    remedy: "It goes on by itself when the provider's limit allows",
  },
  "overloaded": {
    step: "retry",
    free: true,
    unhealthy: true,
    last: { class: "resource", source: "provider", retryable: true },
    remedy: "It goes on by itself when the provider has room again",
  },
  "server": {
    step: "retry",
    free: false,
    unhealthy: true,
    last: provider,
    remedy: "See the provider's status",
  },
  "network": {
    step: "retry",
    free: false,
    unhealthy: true,
    last: { ...provider, source: "platform" },
    remedy: "Check the connection, the proxy and the provider's base URL",
  },
  "cut-stream": {
    step: "retry",
    free: false,
    unhealthy: true,
    last: provider,
    remedy: "See the provider's status",
  },
  "timeout": {
    step: "retry",
    free: false,
    unhealthy: true,
    last: { class: "timeout", source: "provider", retryable: true },
    remedy: "Ask for less at once, or allow the run more time",
  },
  "refusal": {
    step: "model",
    free: false,
    unhealthy: false,
    last: escalate("provider"),
    remedy: "Say in the spec what the change is for, or name another model",
  },
  "truncated": {
    step: "longer",
    free: false,
    unhealthy: false,
    last: agent,
    remedy: "Split the task, or raise the budget so that a longer answer can be paid",
  },
  "context-window": {
    step: "window",
    free: true,
    unhealthy: false,
    last: { ...agent, source: "factory" },
    remedy: "Give less context, or set up a model with a larger window",
  },
  "bad-output": {
    step: "tell",
    free: false,
    unhealthy: false,
    last: agent,
    remedy: "Another model may do better",
  },
  "invalid-request": {
    step: "stop",
    free: true,
    unhealthy: false,
    last: { class: "agent-error", source: "factory", retryable: false },
    remedy: "The request does not suit this model: look at its entry with forge model show",
  },
  "unknown-model": {
    step: "model",
    free: true,
    unhealthy: false,
    last: escalate("user-environment"),
    remedy:
      "Compare the model's id with the provider's list, or name your own in models.yaml: forge model list --help",
  },
  "price-unknown": {
    step: "model",
    free: true,
    unhealthy: false,
    last: escalate("user-environment"),
    remedy: "Give its price: forge model update --from FILE",
  },
  "budget": {
    step: "stop",
    free: true,
    unhealthy: false,
    last: escalate("user-environment"),
    remedy: "Raise the budget: forge workflow answer RUN --budget usd=5,tokens=800000",
  },
  "unavailable": {
    step: "provider",
    free: true,
    unhealthy: true,
    last: escalate("user-environment"),
    remedy: KEYS,
  },
  "recording": {
    step: "stop",
    free: true,
    unhealthy: false,
    last: { class: "data-integrity", source: "user-environment", retryable: false },
    remedy: "Record it anew: what is asked is not what was recorded",
  },
  "aborted": {
    step: "stop",
    free: false,
    unhealthy: false,
    last: { class: "concurrency", source: "platform", retryable: true },
    remedy: "It was ended from outside and goes on when the run does",
  },
};

/** What a trouble is when nothing helped. `message` holds no secret any more. */
export function lastFailure(trouble: ModelTrouble, message: string, evidence?: string): FailureRecord {
  const { last, remedy } = TROUBLE_RULES[trouble];
  return {
    ...last,
    message: (message === "" ? `Cannot get an answer of a model: ${trouble}` : message).slice(0, 8000),
    remedy,
    ...(evidence === undefined ? {} : { evidence }),
  };
}
