/** The port to models: one shape for every provider's wire. */
import type {
  FailureRecord,
  Json,
  ModelEntry,
  ModelTrouble,
  ModelUsage,
  ModelWire,
  Result,
} from "../../specs/mod.ts";

/** A tool as it is offered: its arguments follow a JSON Schema (an object). */
export interface ModelTool {
  readonly name: string;
  readonly description: string;
  readonly schema: Json;
}

export interface ModelToolCall {
  /** The provider's id of the call, which its result names. */
  readonly id: string;
  readonly tool: string;
  /** As the model gave them; null when they were no JSON. Not yet checked against the schema. */
  readonly args: Json;
  /** The arguments as text, when they were no JSON. */
  readonly raw?: string;
}

/** Turns of a conversation. What a tool or a repository says is data: it goes into `user` and `tool` turns, never into `system`. */
export type ModelMessage =
  | { readonly role: "user"; readonly text: string; readonly cache?: boolean }
  | {
    readonly role: "assistant";
    readonly text: string;
    readonly calls?: readonly ModelToolCall[];
    /** What the provider wants to see again word for word in the next request; opaque. */
    readonly opaque?: Json;
  }
  | {
    readonly role: "tool";
    readonly call: string;
    readonly text: string;
    readonly failed?: boolean;
    readonly cache?: boolean;
  };

export interface ModelRequest {
  readonly entry: ModelEntry;
  /** Instructions of ours alone. */
  readonly system: string;
  readonly messages: readonly ModelMessage[];
  readonly tools?: readonly ModelTool[];
  /** An answer that follows a JSON Schema, by the best means that the model has. */
  readonly output?: { readonly name: string; readonly schema: Json };
  readonly maxOutputTokens: number;
  readonly effort?: string;
  /** Ends the call; ours, not the SDK's. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** How often a turn that the provider pauses is continued, each time paid again; 2 unless told. */
  readonly continuations?: number;
  /** Text as it comes in. */
  readonly onText?: (text: string) => void;
}

export interface ModelReply {
  readonly text: string;
  readonly calls: readonly ModelToolCall[];
  /** The structured answer when `output` was asked for; parsed, not yet checked against the schema. */
  readonly output: Json | undefined;
  readonly stop: "end" | "tools";
  readonly usage: ModelUsage;
  /** False when the provider told no usage: `usage` is then an upper estimate, and the reservation counts as spent. */
  readonly usageTold?: boolean;
  /** The model as the provider named it. */
  readonly claimed: string | null;
  readonly requestId: string | null;
  readonly opaque?: Json;
  /** True when a recording answered. */
  readonly recording: boolean;
}

/** Why there is no reply. `usage` is what it cost all the same, where the provider told. */
export interface ModelFailure {
  readonly trouble: ModelTrouble;
  readonly failure: FailureRecord;
  readonly retryAfterMs?: number;
  readonly usage?: ModelUsage;
  /** True when a model may have worked and nobody told what it took, although such a trouble costs nothing otherwise. */
  readonly worked?: boolean;
  /** What to do about this very failure, where more is known than its trouble. */
  readonly remedy?: string;
  readonly claimed?: string | null;
  readonly requestId?: string | null;
  /** What came before it broke off (truncated, refusal): data for a repair, never an answer. */
  readonly text?: string;
}

/** Wires that programs of others speak through us: ours, and Google's own. */
export type PassWire = ModelWire | "google-generate";

/** A request of a program that speaks the provider's wire itself. Whoever sends it has looked at it: nothing is checked here. */
export interface ForwardRequest {
  readonly wire: PassWire;
  /** As the program asked for it, such as /v1/messages. */
  readonly path: string;
  readonly query: string;
  readonly headers: Headers;
  readonly body: string;
  readonly signal: AbortSignal;
}

/** One provider. Holds its own credential; nobody above sees it. No retries of its own. */
export interface ModelProvider {
  readonly id: string;
  /** Whether it can be asked here, and by what (the name of a variable, a base URL); never the credential. */
  readonly available: { readonly ok: true; readonly by: string } | {
    readonly ok: false;
    readonly why: string;
  };
  readonly recording: boolean;
  /** A number that changes with the credential and the address, and tells nothing of them. */
  readonly credential?: number;
  call(request: ModelRequest): Promise<Result<ModelReply, ModelFailure>>;
  /** The wires that `forward` speaks here; none when it is absent. */
  readonly forwards?: readonly PassWire[];
  /** Sends a request on with the credential put in, and gives the answer as it is. Throws where there is no connection. */
  forward?(request: ForwardRequest): Promise<Response>;
  /** A text of the provider's without the credential, which some tell back in their errors. */
  hide?(text: string): string;
}
