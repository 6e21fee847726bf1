/** What the doors (command line, HTTP, dashboard) ask of the application. `compose.ts` makes the one implementation. */
import type {
  Actor,
  Decision,
  Event,
  EvidenceManifest,
  Json,
  ModelList,
  Problem,
  Result,
  RunDocument,
} from "../specs/mod.ts";
import type { EvidenceFilter } from "../specs/attestation/mod.ts";
import type { PipelineDocument } from "../specs/foundry/mod.ts";
import type { FoundryPorts, KeptStaging, PipelineSubmission } from "../pipelines/foundry/mod.ts";
import type { ControlAction, ControlOutcome, RunView, Store } from "../kernel/mod.ts";
import type { ApprovalDesk } from "./approval_desk.ts";
import type { ChainDesk } from "./chains/mod.ts";
import type { listPacks } from "./pack_list.ts";
import type { Pipelines } from "./pipelines.ts";
import type { FleetDoors } from "./fleet/fleet.ts";
import type { ForgeHooks } from "./forge_hooks.ts";
import type { Forge, PullRequest, PullRequestState, Workspaces } from "../connectors/mod.ts";
import type { Attestor } from "../pipelines/mod.ts";
import type { WatchState } from "../pipelines/factory/mod.ts";
import type { ProvenanceDesk } from "./provenance/desk.ts";
import type { TrainDesk } from "./train_desk.ts";
import type { WaiverDesk } from "./waiver_desk.ts";
import type { WitnessDesk } from "./witness/desk.ts";

export interface RunRequest {
  /** The spec's text (Markdown, YAML or JSON) or the spec as an object. */
  spec: string | Record<string, unknown>;
  /** The spec's file name; its ending tells the syntax. */
  specName?: string;
  /** Where `check.files` resolve on the command line: the spec's folder. Never set by HTTP. */
  specDir?: string;
  /** Where `check.files` resolve over HTTP. */
  files?: Record<string, string>;
  repo: string;
  base?: string;
  implementer?: string;
  /** Of the implementer `cli`: whose program works. */
  agent?: string;
  /** A unified diff; its bytes need not be UTF-8. */
  patch?: string | Uint8Array;
  forge?: string;
  /** `one` (the default) or `per-task`. */
  pr?: string;
  idempotencyKey?: string;
  /** Values of the spec's parameters. */
  params?: Record<string, Json>;
}

export interface EvidenceSummary {
  id: string;
  run: string;
  status: string;
  digest: string;
  path: string;
  at: string;
}

export interface EvidencePageOptions {
  /** How many, all unless told. */
  limit?: number;
  /** Only bundles that come after this one in the list. */
  after?: string;
  /** Only those of this run. */
  run?: string;
  /** Only those that fit, by the index of artifacts. */
  filter?: EvidenceFilter & { run?: string };
}

/** The installation's transparency log with the key that signs it. */
export type OwnLog = Pick<Attestor, "log" | "logSigner">;

export interface Service {
  /** Where the keys of the HTTP interface are kept. Absent where a host has none but the one that it presets. */
  readonly keyStore?: Pick<Store, "get" | "list" | "commit">;
  /** Durable when it returns. Problem codes: invalid-spec, invalid-patch, repo-not-found, base-not-found, repo-refused, unknown-pack, sandbox-unavailable. */
  submit(request: RunRequest, actor: Actor): Promise<Result<{ run: string; existed: boolean }, Problem>>;
  /**
   * Why a pack that is not built in cannot be used, before the repository is known: one that is not installed may be carried by
   * it, and submit looks. Absent where there are only the built-in ones.
   */
  packProblem?(name: string): Promise<Problem | null>;
  document(run: string): Promise<RunDocument | null>;
  view(run: string): Promise<RunView | null>;
  /** Newest first. */
  list(
    options?: { cursor?: string; limit?: number; status?: string },
  ): Promise<{ runs: RunDocument[]; cursor: string | null }>;
  events(run: string, options?: { after?: number; limit?: number }): Promise<Event[]>;
  watch(run: string, options?: { after?: number; signal?: AbortSignal }): AsyncIterable<Event>;
  act(run: string, action: ControlAction, actor: Actor): Promise<ControlOutcome>;
  /** Resolves when the run ended, is escalated or parked, with its evidence sealed. */
  settled(run: string, signal?: AbortSignal): Promise<RunDocument>;
  /** Questions to people and their answers; absent on a host that has no keys. */
  readonly approvals?: ApprovalDesk;
  /** Waivers of the installation and how often they were used; absent likewise. */
  readonly waivers?: WaiverDesk;
  /** All runs together: figures, mode, freezes; absent on a host that works on none. */
  readonly fleet?: FleetDoors;
  /** Models of the registry, their prices now and which can be asked; absent on a host that asks none. */
  models?(): Promise<ModelList>;
  /** The decisions of a run, oldest first: what `policy explain` shows. */
  decisions(run: string): Promise<Decision[]>;
  /** Takes a pipeline in; a run of the very same that is under way is joined. Problem codes: invalid-pipeline, usage, busy. */
  submitPipeline?(
    request: Omit<PipelineSubmission, "requester"> & {
      idempotencyKey?: string;
      /** False: `busy` when another run of the pipeline is under way, where it is waited for otherwise. */
      wait?: boolean;
      /** Of the stage of a chain: the same key gives the same run. */
      chainKey?: string;
    },
    actor: Actor,
  ): Promise<Result<{ run: string; existed: boolean }, Problem>>;
  /** Chains of runs; absent on a host that begins none. */
  readonly chains?: ChainDesk;
  /** Pipelines that are registered here, their runs and their times. */
  readonly pipelines?: Pipelines;
  /** The document of a data run, or null when the run is none. */
  pipelineDocument?(run: string): Promise<PipelineDocument | null>;
  /** What the foundry works through, for commands that read sinks, state and quarantine. */
  readonly foundry?: FoundryPorts;
  /** Staged rows that outlive their runs: what is kept, and a sweep of what is past its time (told: what was taken away). */
  readonly staging?: { kept(): Promise<KeptStaging[]>; sweep(): Promise<KeptStaging[]> };
  /** Webhooks of forges; absent on a host that watches nothing. */
  readonly hooks?: ForgeHooks;
  pullRequests(location?: string): Promise<PullRequest[]>;
  pullRequest(number: number, location?: string): Promise<PullRequest | null>;
  /** How it stands on its forge now, asked there; null for one of the local forge. */
  pullRequestState?(pull: PullRequest): Promise<PullRequestState | null>;
  /** The forge of a repository's URL, and how its changes are fetched; absent on a host that fetches nothing. */
  readonly external?: {
    forgeOf(location: string): Promise<{ forge: Forge; page: string } | null>;
    fetchChange: NonNullable<Workspaces["fetchChange"]> | undefined;
  };
  /** Watches what a run opened on a forge with a server, as a run of its own; one that is under way is joined. Codes: not-watched. */
  watchPull?(
    pull: Pick<PullRequest, "run" | "number" | "url">,
    hours: number | undefined,
    actor: Actor,
  ): Promise<Result<{ run: string; existed: boolean }, Problem>>;
  /** What a run that watches knows; null for any other run, and before its first look. */
  watched?(run: string): Promise<WatchState | null>;
  /** Pull requests that are merged one after the other; absent on a host that watches nothing. */
  readonly trains?: TrainDesk;
  /** Newest first: the latest runs, and of one run the latest bundle. */
  evidence(options?: EvidencePageOptions): Promise<EvidenceSummary[]>;
  manifest(id: string): Promise<{ manifest: EvidenceManifest; path: string } | null>;
  /** A file that the manifest of a bundle names, as it was sealed; null when there is none, or when it is not that any more. */
  evidenceFile(id: string, path: string): Promise<Uint8Array<ArrayBuffer> | null>;
  /** Every file of a bundle as it lies there, also one that is not what was sealed: whoever checks it finds that. */
  evidenceBundle?(id: string): Promise<ReadonlyMap<string, Uint8Array> | null>;
  /** Tells that evidence was read, durable when it returns; absent on a host without files. */
  evidenceRead?(read: { actor: string; object: string; why: string | null }): Promise<void>;
  /** Where this installation witnesses the logs of others; null when its operator has not made it a witness. */
  witness?(): Promise<WitnessDesk | null>;
  /** The transparency log of this installation; null before there is one. */
  transparency?(): Promise<OwnLog | null>;
  /** Where things come from and what became of them; absent on a host that keeps no evidence. */
  readonly provenance?: ProvenanceDesk;
  /** Gates that this installation enforces, for `policy list` and the dashboard. */
  policies(): {
    pack: string;
    version: string;
    rule: string;
    gate: string;
    layer: string;
    mode: string;
    description: string;
  }[];
  /** Packs of this installation, and the rules of those that are installed. */
  packs?(): ReturnType<typeof listPacks>;
  ready(): Promise<{ ok: boolean; detail: Record<string, string> }>;
  metrics(): Record<string, number>;
  /** Takes up what waits, for hosts where timers do not run between requests; absent where they do. */
  tick?(): Promise<void>;
  close(): Promise<void>;
}

/** What following a run needs: its events as they come, and its end or standstill. */
export interface Followed extends Pick<Service, "watch"> {
  settled(run: string, signal?: AbortSignal): Promise<unknown>;
}

/** The doors of data runs alone. */
export type DataService =
  & Followed
  & Required<Pick<Service, "submitPipeline" | "pipelineDocument" | "foundry" | "staging" | "pipelines">>
  & Pick<Service, "close">;
