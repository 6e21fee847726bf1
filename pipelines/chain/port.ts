/** What chains work through, and what they ask for. */
import type { Blobs, Engine, RunView } from "../../kernel/mod.ts";
import type { ChainLink, Json, Problem } from "../../specs/mod.ts";
import type { Attestor } from "../attestation.ts";
import type { EvidenceSink } from "../factory/ports.ts";
import type { StageRequest } from "./input.ts";
import type { StageValue } from "./value.ts";

/** The run of a stage with all that it takes; carried out by an effect, so that it is durable before it is begun. */
export interface StageOrder {
  readonly request: StageRequest;
  /** The same key gives the same run. */
  readonly key: string;
  readonly link: ChainLink;
  readonly params: Readonly<Record<string, Json>>;
  readonly base: { readonly ref: string; readonly commit: string } | null;
  /** Blob. */
  readonly patch: string | null;
  /** Held-out files that another stage has made: path -> blob. */
  readonly files: Readonly<Record<string, string>>;
  /** What it may use of the chain's budget, by unit. */
  readonly limits: Readonly<Record<string, number>>;
  readonly requester: { readonly kind: "user" | "key"; readonly id: string };
}

/** A run; or why there is none: what was asked cannot be accepted, or another run is in the way for now. */
export type Begun = { run: string } | { refused: Problem } | { busy: string };

export interface ChainPorts {
  readonly blobs: Blobs;
  readonly evidence: EvidenceSink;
  readonly attestor?: () => Promise<Attestor>;
  readonly runs: Pick<Engine, "view" | "control">;
  begin(order: StageOrder): Promise<Begun>;
  /** What a run of data has given. */
  dataValues(view: RunView): Promise<ReadonlyMap<string, StageValue>>;
}
