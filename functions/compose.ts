import { join } from "node:path";
import type { Cassette } from "../connectors/models/mod.ts";
import {
  compileWorkflow,
  createEngine,
  directoryBlobs,
  type Engine,
  groupCommit,
  kvStore,
  openKvStore,
  randomIds,
  type RunView,
  systemClock,
  workerLock,
} from "../kernel/mod.ts";
import type { FactoryPorts } from "../pipelines/factory/mod.ts";
import {
  chainEffects,
  chainHandlers,
  chainWorkflow,
  factoryEffects,
  factoryHandlers,
  foundry,
  perTask,
  taskWorkflow,
  trainWorkflow,
  watchWorkflow,
  workflows,
} from "../pipelines/mod.ts";
import type { CodeFamily } from "./code_family.ts";
import type { DataDoors, DataFamily } from "./data_family.ts";
import { dataRuns } from "./data_runs.ts";
import { engineTrouble } from "./engine_trouble.ts";
import { evidenceDirectory } from "./evidence_directory.ts";
import { createFleet } from "./fleet/fleet.ts";
import { keyDirectory, privateDirectory } from "./key_directory.ts";
import { findPrincipals } from "./principal_directory.ts";
import { privacyDesk } from "./privacy/desk.ts";
import type { DataService, Service } from "./service.ts";
import { isNamed, type SignerChoice } from "./signing/choice.ts";
import { localAttestors } from "./signing_directory.ts";
import { VERSION } from "./version.ts";
import { waiverDirectory } from "./waiver_directory.ts";

export interface ComposeOptions {
  /** The data directory; made when it is not there. */
  data: string;
  sandbox: "bwrap" | "none";
  /** Whether this process moves runs, or only reads and asks. */
  workers: boolean;
  /** What a data directory without a store is: one to begin (the default), or an empty one that is left as it is. */
  absent?: "make" | "empty";
  /** Leaves out the doors of the other families, and loads what these need only when a run of theirs has to be moved. */
  only?: "code" | "data";
  /** Runs at once (default 4: each may start two sandboxes). */
  concurrency?: number;
  /** Tasks of one plan at the same time (default 3). */
  tasks?: number;
  /** Pull requests on a forge with a server are watched as soon as they are open. */
  watches?: boolean;
  /** Implementers and a way to models in place of those of this machine. */
  beside?: Pick<FactoryPorts, "implementers" | "models">;
  /** Where the keys that sign evidence are held: in the data directory unless told. */
  signer?: SignerChoice;
  /** Models are recorded to it, or it answers in their place. */
  cassette?: Cassette;
  /** The environment, for credentials of forges. This process's unless told. */
  env?: (name: string) => string | undefined;
  /** Told what should not happen, a line at a time; the run is taken up again by itself. The standard error stream unless told. */
  report?: (line: string) => void;
}

/**
 * The one place that wires: adapters to ports, phases to workflows, gates to the judge. What is declared and not bound stops the start.
 * What a family of runs works through is wired in a file of its own (code_family.ts, data_family.ts), loaded when it is asked for.
 */
export async function compose(options: ComposeOptions & { only: "data" }): Promise<DataService>;
export async function compose(options: ComposeOptions & { only?: "code" }): Promise<Service>;
export async function compose(options: ComposeOptions): Promise<Service | DataService> {
  const { data, report = (line) => console.error(line) } = options;
  if (options.absent !== "empty") await privateDirectory(data);
  const state = join(data, "state.db");
  const begun = () => exists(state);
  const signs = () => exists(join(data, "signing"));
  const clock = systemClock();
  const ids = randomIds(clock);
  const worker = ids.make("wkr");
  const store = groupCommit(
    await openKvStore(options.absent === "empty" && !await begun() ? ":memory:" : state),
  );
  const evidence = evidenceDirectory(join(data, "evidence"));
  const keys = keyDirectory(data);
  const own = await keys.list();
  const principals = findPrincipals(data);
  const waivers = waiverDirectory(data, store);
  const env = options.env ?? ((name) => Deno.env.get(name));
  const privacy = await privacyDesk({
    data,
    plain: directoryBlobs(join(data, "blobs")),
    env,
    makes: options.absent !== "empty" || await begun(),
  });
  const attestors = localAttestors(data, store, options.signer);
  const attestor = attestors.open;
  // Who signs must be able to before a run is taken in: evidence is made at its end. Keys that are not there yet are made then.
  if (options.workers && (isNamed(options.signer) || await signs())) {
    try {
      await attestor();
    } catch (error) {
      await attestors.close();
      await store.close();
      throw error;
    }
  }
  const { blobs } = privacy;
  const fleet = createFleet({ store, blobs, clock, ids });
  const installation: FactoryPorts["installation"] = {
    version: VERSION,
    granted: "A3",
    operation: fleet.operation,
    singleKey: own.length <= 1,
    approvers: own.map((principal) => principal.name),
    ...(options.tasks === undefined ? {} : { tasks: options.tasks }),
  };
  // Made by the first of the families that is asked for.
  const shared = { data, store, blobs, clock, evidence, attestor, installation, principals, waivers };
  let dataLoaded: Promise<DataFamily> | null = null;
  const dataFamily = () =>
    dataLoaded ??= import("./data_family.ts").then((module) =>
      module.dataFamily({ ...shared, personal: privacy.personal })
    );
  let opened: Promise<DataDoors> | null = null;
  // The engine is made below, with these doors' own phases.
  const dataDoors = () => opened ??= dataFamily().then((family) => family.doors(engine));
  let codeLoaded: Promise<CodeFamily> | null = null;
  const codeFamily = () =>
    codeLoaded ??= import("./code_family.ts").then((module) =>
      module.codeFamily({
        ...shared,
        options,
        worker,
        env,
        fleet,
        keys,
        personal: privacy.personal,
        begun,
        signs,
        engine: () => engine,
        dataFamily,
        dataDoors,
        report,
      })
    );
  const late = dataRuns(dataFamily);
  const factory = async () => (await codeFamily()).ports;
  const chains = async () => (await codeFamily()).chains;
  const handlers = { ...factoryHandlers(factory), ...late.handlers, ...chainHandlers(chains) };
  const effects = { ...factoryEffects(factory), ...late.effects, ...chainEffects(chains) };
  selfCheck(Object.keys(handlers));
  // What this process has doors for is whole before it moves a run; what it has none for, when a run of that kind is moved.
  if (options.only !== "code") await dataFamily();
  if (options.only !== "data") await codeFamily();
  // Held for as long as this process lives: the next one sees by it that an owner is gone, and waits for none of its leases.
  const lock = options.workers ? await workerLock(join(data, "workers"), worker) : null;
  const engine = createEngine(privacy.around({
    store,
    blobs,
    clock,
    ids,
    ...(lock === null ? {} : { worker, isOwnerGone: lock.isOwnerGone }),
    handlers,
    effects,
    judge: async (transition) =>
      await (transition.workflow.id === foundry.id ? await dataFamily() : await codeFamily()).judge(
        transition,
      ),
    hold: (run) => fleet.hold(run),
    seal: async (view, status) => {
      // Tried again with the sealing until it is done, and counted once.
      await fleet.ended(engine, view);
      const sealed = view.workflow.id === foundry.id
        ? await (await dataFamily()).seal(engine, view, status)
        : await (await codeFamily()).seal(view, status);
      await tellChain(engine, view, status);
      return sealed;
    },
    concurrency: options.concurrency ?? 4,
    onError: (error, run) => report(engineTrouble(error, run)),
  }, (run) => engine.view(run)));
  if (options.workers) {
    await engine.start();
    await fleet.release(engine);
  }
  let closed = false;
  const close = async () => {
    if (closed) return;
    closed = true;
    if (options.workers) await engine.stop();
    await lock?.release();
    (await dataLoaded)?.close();
    await (await codeLoaded)?.close();
    await attestors.close();
    await store.close();
  };
  if (options.only === "data") return dataService(engine, await dataDoors(), close);
  const doors = options.only === "code" ? null : await dataDoors();
  return {
    ...(await codeFamily()).service(doors, close),
    evidenceRead: async ({ actor, object, why }) => {
      const { auditFile } = await import("./audit_file.ts");
      await auditFile(data).append({ action: "evidence.read", actor, object, detail: { door: "http", why } });
    },
    witness: async () => {
      const { isWitness, witnessDesk } = await import("./witness/desk.ts");
      return await isWitness(data) ? await witnessDesk({ data, store, now: () => clock.now() }) : null;
    },
  };
}

/** The run of a chain's stage tells its chain that it came to a way out. */
async function tellChain(engine: Engine, view: RunView, status: string): Promise<void> {
  const { input } = view;
  if (view.workflow.id === chainWorkflow.id) return;
  if (typeof input !== "object" || input === null || !("chain" in input)) return;
  const { stageEnded } = await import("../pipelines/chain/mod.ts");
  await stageEnded(engine, view, status);
}

/** What one pipeline's run asks for, without the doors over code changes and what they load. */
function dataService(engine: Engine, doors: DataDoors, close: () => Promise<void>): DataService {
  return {
    ...doors,
    watch: (run, options) => engine.watch(run, options),
    async settled(run, signal) {
      await engine.settled(run, signal);
    },
    close,
  };
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/**
 * For an edge host: Deno KV as the host gives it, no process, no file. `kvPath` is for tests and self-hosting; a hosted platform
 * gives its own database when none is named.
 */
export async function composeEdge(
  env: (name: string) => string | undefined,
  kvPath = env("FORGE_KV"),
): Promise<Service> {
  const { edgeApplication } = await import("./edge.ts");
  return await edgeApplication({
    store: kvPath === undefined ? kvStore(await Deno.openKv(), "kv-connect") : await openKvStore(kvPath),
    env,
  });
}

/** Every phase and workflow that is declared is bound; throws and names what is not. Gates: each family, as it is loaded. */
export function selfCheck(bound: readonly string[]): void {
  const problems: string[] = [];
  for (
    const workflow of [
      ...Object.values(workflows),
      perTask,
      taskWorkflow(),
      watchWorkflow,
      trainWorkflow,
      chainWorkflow,
      foundry,
    ]
  ) {
    const compiled = compileWorkflow(workflow, bound);
    if (!compiled.ok) {
      problems.push(...compiled.error.map((problem) => `workflow ${workflow.id}: ${problem.message}`));
    }
  }
  if (problems.length > 0) throw new Error(`Cannot start: ${problems.join("; ")}`);
}
