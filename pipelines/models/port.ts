/** How phases and implementers ask a model: chosen by rules, paid from the run's budget, recorded. */
import type { ModelMessage, ModelReply, ModelTool, PassWire } from "../../connectors/mod.ts";
import type { PhaseContext } from "../../kernel/mod.ts";
import type {
  FailureRecord,
  Json,
  ModelCall,
  ModelChoice,
  ModelTrouble,
  Result,
  TaskClass,
} from "../../specs/mod.ts";

/** What the call needs of a model. */
export interface ModelNeed {
  readonly task: TaskClass;
  /** Estimated tokens of the prompt, and the most that may come back. */
  readonly promptTokens: number;
  readonly maxOutputTokens: number;
  readonly tools: boolean;
  readonly structured: boolean;
  /** Models that were tried for this and are not to be tried again (`switch-model`). */
  readonly except?: readonly string[];
  /** The family whose work is looked at: one of another is preferred. */
  readonly notFamily?: string;
  /** Only these, by id. */
  readonly only?: readonly string[];
  /** Nothing of it may leave the machine. */
  readonly localOnly?: boolean;
  /** The most tokens that the prompt can have; made from `promptTokens` when it is absent. */
  readonly promptBound?: number;
  /** What is left to pay with: a model whose worst case is above it is not fit, nor one without a known price. */
  readonly budgetMicroUsd?: number;
  /** Tokens that are left, prompt and answer together. */
  readonly budgetTokens?: number;
  /** How long the call may take: the price of every hour that it may touch counts. */
  readonly timeoutMs?: number;
}

export interface ModelAsk {
  /** Such as plan, implement, repair, review, diagnose. */
  readonly purpose: string;
  readonly need: Omit<
    ModelNeed,
    | "promptTokens"
    | "promptBound"
    | "tools"
    | "structured"
    | "budgetMicroUsd"
    | "budgetTokens"
    | "timeoutMs"
  >;
  readonly system: string;
  readonly messages: readonly ModelMessage[];
  readonly tools?: readonly ModelTool[];
  readonly output?: { readonly name: string; readonly schema: Json };
  readonly effort?: string;
  readonly timeoutMs?: number;
}

export interface ModelAnswer {
  readonly reply: ModelReply;
  readonly choice: ModelChoice;
  /** Every call that it took, failed ones included, oldest first. */
  readonly calls: readonly ModelCall[];
}

/** No answer: what the failure table is told, with the calls that were made and paid for. */
export interface NoAnswer {
  readonly trouble: ModelTrouble;
  readonly failure: FailureRecord;
  readonly choice: ModelChoice | null;
  readonly calls: readonly ModelCall[];
  /** What a model said before it broke off. */
  readonly text?: string;
  /** How long the provider wants to be left alone: a phase that parks need not come back earlier. */
  readonly retryAfterMs?: number;
}

/** What a program that speaks a provider's wire itself may ask, and how it went. One for each session of a program. */
export interface Passage {
  /** Looks at a request, reserves the most that it can take, sends it on with the credential, and pays what it took. */
  send(request: PassRequest): Promise<Response>;
  /** Every request that was sent on, oldest first; whole once the answers were read or given up. */
  readonly calls: readonly ModelCall[];
  /** What was taken out of requests, and what was refused. */
  readonly notes: readonly string[];
  /** Settles when nothing more can come of it: no key, no quota, no budget, or the same trouble again and again. */
  readonly over: Promise<{ readonly trouble: ModelTrouble; readonly failure: FailureRecord }>;
  /** Waits until everything that was reserved is paid. */
  close(): Promise<void>;
}

export interface PassRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Headers;
  readonly body: string;
}

export interface PassableModel {
  readonly id: string;
  readonly provider: string;
  readonly wires: readonly PassWire[];
}

/** The way of programs to models. Their requests are paid and recorded as those of the desk; they never hold a credential. */
export interface ModelPassages {
  /** Models that can be asked here, each with the wires that programs may speak to it. */
  models(): Promise<readonly PassableModel[]>;
  open(
    ctx: Pick<PhaseContext, "run" | "budget" | "abort" | "clock" | "ids" | "progress" | "blobs">,
    of: {
      readonly purpose: string;
      readonly task: TaskClass;
      readonly model: string;
      readonly wire: PassWire;
    },
  ): Promise<Passage>;
}

/** The one way to a model. Reserves the worst case before each call and commits what it took; never asks above the budget. */
export interface ModelDesk {
  /** Whether any model can be asked here, and why not; with `localOnly` of those that run on this machine. */
  available(
    of?: { readonly localOnly?: boolean },
  ): Promise<{ ok: true; models: readonly string[] } | { ok: false; why: string; remedy: string }>;
  choose(need: ModelNeed, at: string): Promise<ModelChoice>;
  /** What it is that no model is fit for a need: what passes by itself is waited for, the rest asks a human. */
  refusal?(need: ModelNeed, purpose: string, at: string): Promise<FailureRecord>;
  ask(
    ctx: Pick<PhaseContext, "run" | "budget" | "abort" | "clock" | "ids" | "progress" | "blobs">,
    ask: ModelAsk,
  ): Promise<Result<ModelAnswer, NoAnswer>>;
  /** For programs that ask models themselves; absent where there is no such way. */
  readonly passages?: ModelPassages;
  /** Who trained a model, by its id or alias; null when the registry does not know it. */
  family?(model: string): Promise<string | null>;
  /** How the work of a model went, for choices to come: passed the gates, or not. */
  outcome(told: { model: string; task: TaskClass; passed: boolean; at: string }): Promise<void>;
  /** A human wants it tried again: what was left alone before that instant is asked anew, in every process of the installation. */
  askAnew?(atMs: number): Promise<void>;
}
