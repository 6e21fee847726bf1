import type {
  CompiledModules,
  FileAccess,
  FunctionLimits,
  HttpClient,
  RowFunction,
  Sink,
} from "../../connectors/data/mod.ts";
import type { Blobs, Clock } from "../../kernel/mod.ts";
import type { Tally } from "../../policies/mod.ts";
import type { Json } from "../../specs/mod.ts";
import type {
  ConnectorSettings,
  Environment,
  QuarantinedRow,
  SinkSettings,
} from "../../specs/foundry/mod.ts";
import type { FindPrincipals } from "../approvals.ts";
import type { PackLibrary } from "../packs.ts";
import type { Attestor } from "../attestation.ts";
import type { PersonalData } from "../personal_data.ts";
import type { EvidenceSink, Installation } from "../factory/ports.ts";
import type { WaiverLibrary } from "../waivers.ts";
import type { Sources } from "./validate.ts";

/** What a client of one stream's run may do. */
export interface ClientRequest {
  readonly connector: string;
  readonly settings: ConnectorSettings;
  readonly network: Environment["network"];
  /** Longest wait for a quota, in milliseconds; longer ones are thrown as `rate-limited` with the instant. */
  readonly maxWaitMs: number;
  readonly abort: AbortSignal;
  readonly secret: (reference: string) => string;
  /** Told each credential before it is used: also those that a token URL gave, and pairs that are sent as one. */
  readonly onSecret?: (value: string) => void;
  readonly vault: {
    get(name: string): Promise<string | null>;
    put(name: string, value: string): Promise<void>;
  };
  readonly progress: (message: string) => void;
  /** Whether failures quote what a server answers; not where the stream has personal data. */
  readonly quotes?: boolean;
}

/** A load that was published, as later runs want to know it. */
export interface PastLoad {
  readonly key: string;
  readonly at: string;
  readonly rows: number;
  /** By rule: what the next loads are compared with. */
  readonly baselines: Readonly<Record<string, Json>>;
}

/** Raw pages that a published load was made from. */
export interface RawLoad {
  readonly key: string;
  readonly at: string;
  readonly mode: string;
  /** Blob: JSON lines of locator, digest, bytes, mediaType. */
  readonly inputs: string;
}

/** How many rows a rule set aside, and one of them. */
export interface QuarantineReason {
  readonly stream: string;
  readonly rule: string;
  readonly rows: number;
  /** Those that were not taken in since. */
  readonly open: number;
  readonly reason: string;
  readonly locator: string;
}

/** Where a stream was written last, so that its table and its state can be found without its files. */
export interface KnownTable {
  readonly pipeline: string;
  readonly stream: string;
  readonly table: string;
  readonly sink: string;
  /** Blob of the environment. */
  readonly environment: string;
  readonly folder: string;
  readonly run: string;
  readonly at: string;
}

/** What the foundry remembers beside the sinks. Everything is kept under a key, so that writing it again changes nothing. */
export interface FoundryRecords {
  quarantine: {
    put(pipeline: string, rows: readonly QuarantinedRow[]): Promise<void>;
    list(
      filter: {
        pipeline?: string;
        stream?: string;
        run?: string;
        limit?: number;
        after?: string;
        replayed?: boolean;
      },
    ): Promise<(QuarantinedRow & { pipeline: string; replayedBy: string | null })[]>;
    /** Rows by stream and rule, most first, with one of each: of the first 100,000 of the pipeline or of one run of it. */
    reasons(pipeline: string, run?: string): Promise<QuarantineReason[]>;
    /** Marks rows as taken in by a run. */
    replayed(keys: readonly string[], run: string): Promise<void>;
  };
  loads: {
    put(pipeline: string, stream: string, load: PastLoad): Promise<void>;
    /** Newest first. */
    list(pipeline: string, stream: string, limit: number): Promise<PastLoad[]>;
  };
  raw: {
    put(pipeline: string, stream: string, load: RawLoad): Promise<void>;
    /** Oldest first. */
    list(pipeline: string, stream: string): Promise<RawLoad[]>;
  };
  /** Which runs a pipeline had, whatever became of them. */
  runs: {
    put(pipeline: string, run: string, at: string): Promise<void>;
    /** Newest first; `until`: none that began after this run. */
    list(pipeline: string, limit: number, until?: string): Promise<{ run: string; at: string }[]>;
  };
  tables: {
    put(table: KnownTable): Promise<void>;
    list(): Promise<KnownTable[]>;
  };
  /** Ranges of a backfill that are done. */
  backfill: {
    done(pipeline: string, stream: string, ledger: string): Promise<Set<string>>;
    put(pipeline: string, stream: string, ledger: string, range: string, key: string): Promise<void>;
    clear(pipeline: string, stream: string, ledger: string): Promise<void>;
  };
}

/** Everything of the outside that the foundry works through. */
export interface FoundryPorts {
  readonly blobs: Blobs;
  readonly clock: Clock;
  readonly evidence: EvidenceSink;
  /** Who signs evidence; without it bundles are not signed, and say so. */
  readonly attestor?: () => Promise<Attestor>;
  /** What is done with personal data; without it runs that want something done are refused. */
  readonly personal?: PersonalData;
  readonly installation: Installation;
  /** Who is known here, and by which keys; without it no approval and no waiver counts. */
  readonly principals?: FindPrincipals;
  /** Waivers of the installation, and the count of their uses. */
  readonly waivers?: WaiverLibrary;
  /** Installed policy packs; without it there are the built-in ones. */
  readonly packs?: PackLibrary;
  readonly sources: Sources;
  /** Opens a sink; relative paths resolve against the folder, `network` says what may be reached. The caller closes it. */
  sink(settings: SinkSettings, folder: string, network?: Environment["network"]): Sink;
  client(request: ClientRequest): HttpClient;
  /** Files of a pipeline; of one that is confined only those below its root, and none without one. */
  files(folder: string, scratch: string, confined?: { readonly root: string | null }): FileAccess;
  /** The value behind `env:NAME`. Throws DataFailure `auth` when it is not set. */
  secret(reference: string): string;
  /** Kept beyond runs, 0600: rotated tokens. */
  vault(pipeline: string, connector: string): ClientRequest["vault"];
  readonly records: FoundryRecords;
  /** Key of the installation for keyed hashes of personal data. */
  personalKey(): Promise<Uint8Array>;
  /** A directory of the run's own, below the data directory, that need not exist. */
  room(run: string): string;
  /** Where what failed runs had read waits for the next one. */
  pool(): string;
  /** A tally that may grow beyond memory, in a directory of the run. */
  tally(dir: string): (name: string) => Tally;
  /** Starts a function of a pipeline, apart from everything; absent where no process can be started: such pipelines are refused. */
  readonly functions?: (name: string, code: CompiledModules, limits: FunctionLimits) => Promise<RowFunction>;
  /** Tests stop the world here: called at every point at which a crash could happen. */
  readonly fault?: (point: string) => void | Promise<void>;
}
