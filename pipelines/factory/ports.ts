import type {
  Forge,
  ForgeEvents,
  PackageRegistries,
  Sandbox,
  Tester,
  Workspaces,
} from "../../connectors/mod.ts";
import type { Blobs, Engine } from "../../kernel/mod.ts";
import type { Autonomy, ImplementerKind, Problem } from "../../specs/mod.ts";
import type { CiBranches } from "./ci/mod.ts";
import type { AgentDesk } from "./implementers/cli/choice.ts";
import type { Implementer } from "./implementers/port.ts";
import type { OperationPort } from "../operation.ts";
import type { FindPrincipals } from "../approvals.ts";
import type { WaiverLibrary } from "../waivers.ts";
import type { PackLibrary } from "../packs.ts";
import type { Attestor } from "../attestation.ts";
import type { PersonalData } from "../personal_data.ts";
import type { TaskRecords } from "./dag/mod.ts";
import type { BaseExecutions } from "./verify/mod.ts";
import type { ModelDesk } from "../models/port.ts";
import type { RepoIndexes } from "./context/mod.ts";
import type { TrainIndex } from "./train/record.ts";

/** Where sealed bundles go. Writing the same id again replaces it whole: a crash never leaves half a bundle. */
export interface EvidenceSink {
  write(id: string, files: readonly { path: string; bytes: Uint8Array }[]): Promise<string>;
  /** The bundle that was written for this head before; null when there is none. A signature differs each time, so it is made once. */
  sealed?(id: string, head: { seq: number; hash: string }): Promise<{ digest: string; path: string } | null>;
  /** Puts the file that a manifest names as its proof beside those that it lists; without this no bundle says that it has one. */
  attach?(id: string, path: string, bytes: Uint8Array): Promise<void>;
}

/** What the installation grants, whatever a spec asks for. */
export interface Installation {
  readonly version: string;
  readonly granted: Autonomy;
  /** The state of the fleet, by which it grants more or less than `granted`; absent where nobody keeps it. */
  readonly operation?: OperationPort;
  /** Only one signing key is known: its owner answers escalations as `self-approved`. */
  readonly singleKey: boolean;
  readonly approvers: readonly string[];
  /** Tasks of one plan that are worked on at the same time; 3 unless told. */
  readonly tasks?: number;
}

/** Ledgers, to be read only. */
export type RunHistory = Pick<Engine, "events" | "list">;

/** Everything of the outside that the factory works through. */
export interface FactoryPorts {
  readonly blobs: Blobs;
  readonly workspaces: Workspaces;
  readonly sandbox: Sandbox;
  readonly testers: readonly Tester[];
  readonly forge: Forge;
  /** Forges beside the local one, each where its credential is at hand; the input of a run names one. */
  readonly forges?: Readonly<Partial<Record<"github" | "gitlab", Forge>>>;
  /** Where runs that watch a pull request hear of it; absent where no webhook can come in. */
  readonly forgeEvents?: ForgeEvents;
  /** Trains that pull requests are in; absent where nothing is watched. */
  readonly trains?: TrainIndex;
  /** Where verification may be by a forge's CI; absent, it may not. */
  readonly ci?: {
    readonly branches: CiBranches;
    /** Nothing can be run here: every run is verified so. */
    readonly always?: boolean;
    /** First wait between two looks, 30 s unless told; it is doubled up to ten minutes. */
    readonly pollMs?: number;
    /** How long CI may take for one order; two hours and twice the spec's own time unless told. */
    readonly deadlineMs?: number;
  };
  /** Runs that others begin and ask about; absent where nothing is watched. */
  readonly runs?: Pick<Engine, "view" | "submit" | "control"> & {
    /** Wakes one of them; absent where each looks by itself. */
    readonly signal?: Engine["signal"];
    /** A pull request on a forge with a server is watched as soon as it is open. */
    readonly watches: boolean;
  };
  /** The way to models; absent where there is none, and then nothing that needs one is accepted. */
  readonly models?: ModelDesk;
  /** Programs of agents on this machine; absent where none may be started. */
  readonly agents?: AgentDesk;
  /** Implementers beside those that are built in. */
  readonly implementers?: Readonly<Partial<Record<ImplementerKind, Implementer>>>;
  readonly evidence: EvidenceSink;
  /** What is done with personal data; without it runs that want something done are refused. */
  readonly personal?: PersonalData;
  /** What the tests of a base said before: by tree, command and toolchain. */
  readonly baseRuns: BaseExecutions;
  /** Where the indices of trees are kept that models are shown a map of; without it each session makes its own. */
  readonly repoIndexes?: RepoIndexes;
  /** Finished tasks of plans, so that a run that is taken up again does not do them twice; without it it does. */
  readonly tasks?: TaskRecords;
  readonly installation: Installation;
  /** Ledgers of this installation: of the run itself for its rounds, of others for what helped them. Without it nothing is repaired. */
  readonly history?: RunHistory;
  /** Who signs evidence; without it bundles are not signed, and say so. */
  readonly attestor?: () => Promise<Attestor>;
  /** Package registries, asked only where the repository's policy says so; absent, nothing of them is known. */
  readonly registries?: PackageRegistries;
  /** Installed policy packs and the keys that packs are believed from; without it there are the built-in ones. */
  readonly packs?: PackLibrary;
  /** Directory where installed dependencies stay, by lock file. */
  readonly dependencies: string;
  /** Directory where what a base compiled to stays, by toolchain and tree; runs see it read-only. */
  readonly compiled: string;
  /** Why this installation will not work on a repository, such as one that holds its own data directory; null when it will. */
  refuses?(given: string, location: string): Promise<Problem | null>;
  /** Who is known here, and by which keys; without it no approval and no waiver counts. */
  readonly principals?: FindPrincipals;
  /** Waivers of the installation, and the count of their uses. */
  readonly waivers?: WaiverLibrary;
  /** A directory of the run's own, below the data directory, that need not exist. */
  scratch(run: string, name: string): string;
  /** Removes a directory of the run; absent is fine. */
  discard(dir: string): Promise<void>;
}
