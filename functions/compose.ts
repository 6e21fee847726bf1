import { basename, dirname, join, sep as SEPARATOR } from "node:path";
import {
  bareSandbox,
  bwrapSandbox,
  type GitHubForge,
  githubForge,
  githubSettings,
  gitlabForge,
  gitlabSettings,
  gitWorkspaces,
  localForge,
  packageRegistries,
  remoteRecords,
  removeTree,
  storeRecords,
  testers,
} from "../connectors/mod.ts";
import {
  compileWorkflow,
  createEngine,
  directoryBlobs,
  type Engine,
  groupCommit,
  kvStore,
  openKvStore,
  randomIds,
  systemClock,
  workerLock,
} from "../kernel/mod.ts";
import {
  chainWorkflow,
  foundry,
  perTask,
  taskWorkflow,
  trainWorkflow,
  watchWorkflow,
  workflows,
} from "../pipelines/mod.ts";
import {
  agentDesk,
  factoryEffects,
  factoryHandlers,
  factoryJudge,
  type FactoryPorts,
  sealEvidence,
  sealTrain,
  sealWatch,
  stackEnded,
  trainEnded,
  watchJudge,
} from "../pipelines/factory/mod.ts";
import {
  cancelStages,
  chainEffects,
  chainHandlers,
  type ChainPorts,
  sealChain,
  stageEnded,
} from "../pipelines/chain/mod.ts";
import type { Cassette } from "../connectors/models/mod.ts";
import { modelDesk, modelRecords } from "../pipelines/models/mod.ts";
import { listRules, redact } from "../policies/mod.ts";
import { type Problem, RunStatus } from "../specs/mod.ts";
import { application, decisionsOf } from "./application.ts";
import { auditFile } from "./audit_file.ts";
import { agentSettings } from "./agent_settings.ts";
import { approvalDesk } from "./approval_desk.ts";
import { baseRuns } from "./base_runs.ts";
import { chainDesk, chainLibrary, stageBeginner } from "./chains/mod.ts";
import { edgeApplication } from "./edge.ts";
import { evidenceDirectory } from "./evidence_directory.ts";
import type { DataDoors, DataFamily } from "./data_family.ts";
import { dataRuns } from "./data_runs.ts";
import { engineTrouble } from "./engine_trouble.ts";
import { forgeHooks } from "./forge_hooks.ts";
import { forgeInbox } from "./forge_inbox.ts";
import { keyDirectory, privateDirectory } from "./key_directory.ts";
import { environmentOf, modelDirectory } from "./model_directory.ts";
import { learnFrom } from "./model_outcomes.ts";
import { listedModels } from "./model_view.ts";
import { packDirectory } from "./pack_directory.ts";
import { evidenceProvenance } from "./provenance/mod.ts";
import { repoIndexes } from "./repo_indexes.ts";
import { findPrincipals } from "./principal_directory.ts";
import { privacyDesk } from "./privacy/desk.ts";
import { createFleet } from "./fleet/fleet.ts";
import type { Service } from "./service.ts";
import { isNamed, type SignerChoice } from "./signing/choice.ts";
import { localAttestors } from "./signing_directory.ts";
import { VERSION } from "./version.ts";
import { taskRecords } from "./task_records.ts";
import { trainIndex } from "./train_index.ts";
import { waiverDesk } from "./waiver_desk.ts";
import { waiverDirectory } from "./waiver_directory.ts";

export interface ComposeOptions {
  /** The data directory; made when it is not there. */
  data: string;
  sandbox: "bwrap" | "none";
  /** Whether this process moves runs, or only reads and asks. */
  workers: boolean;
  /** What a data directory without a store is: one to begin (the default), or an empty one that is left as it is. */
  absent?: "make" | "empty";
  /** Leaves out the doors of data runs, and loads what these need only when one of them has to be moved. */
  only?: "code";
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

/** The one place that wires: adapters to ports, phases to workflows, gates to the judge. What is declared and not bound stops the start. */
export async function compose(options: ComposeOptions): Promise<Service> {
  const { data, report = (line) => console.error(line) } = options;
  if (options.absent !== "empty") await privateDirectory(data);
  const state = join(data, "state.db");
  const sandbox = options.sandbox === "none" ? bareSandbox() : bwrapSandbox();
  const clock = systemClock();
  const ids = randomIds(clock);
  const worker = ids.make("wkr");
  const store = groupCommit(
    await openKvStore(options.absent === "empty" && !await exists(state) ? ":memory:" : state),
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
    makes: options.absent !== "empty" || await exists(state),
  });
  const { blobs } = privacy;
  const attestors = localAttestors(data, store, options.signer);
  const attestor = attestors.open;
  // Who signs must be able to before a run is taken in: evidence is made at its end. Keys that are not there yet are made then.
  if (options.workers && (isNamed(options.signer) || await exists(join(data, "signing")))) {
    try {
      await attestor();
    } catch (error) {
      await attestors.close();
      await store.close();
      throw error;
    }
  }
  const fleet = createFleet({ store, blobs, clock, ids });
  const githubNow = () => githubSettings(env, (path) => Deno.readTextFileSync(path));
  const github = githubForge({
    settings: githubNow,
    records: remoteRecords(store),
    clock,
    userAgent: `edgeforge/${VERSION}`,
  });
  const gitlabNow = () => gitlabSettings(env);
  const gitlab = gitlabForge({
    settings: gitlabNow,
    records: remoteRecords(store, "remote-merge-request"),
    clock,
    userAgent: `edgeforge/${VERSION}`,
  });
  const modelSource = modelDirectory(data, () => environmentOf(env), options.cassette).source;
  const inbox = forgeInbox({
    store,
    // The engine is made below, with these ports.
    engine: { signal: (...signal) => engine.signal(...signal) },
    now: () => clock.now(),
  });
  const trains = trainIndex(store);
  const records = modelRecords(store);
  const models = options.beside?.models ?? modelDesk({
    source: modelSource,
    records,
    redact: () => Promise.resolve(redact),
    now: () => clock.now(),
  });
  const ports: FactoryPorts = {
    blobs,
    personal: privacy.personal,
    models,
    agents: agentDesk({
      ...agentSettings(env),
      sandbox,
      models: async () => await models.passages?.models() ?? [],
    }),
    workspaces: gitWorkspaces({
      urls: { dir: join(data, "repositories"), access: accessOf([github, gitlab]) },
    }),
    sandbox,
    testers,
    forge: localForge({ records: storeRecords(store) }),
    forges: { github, gitlab },
    forgeEvents: inbox,
    trains,
    evidence,
    baseRuns: baseRuns(store, blobs),
    repoIndexes: repoIndexes(store),
    tasks: taskRecords(store),
    registries: packageRegistries({ clock, userAgent: `edgeforge/${VERSION}` }),
    installation: {
      version: VERSION,
      granted: "A3",
      operation: fleet.operation,
      singleKey: own.length <= 1,
      approvers: own.map((principal) => principal.name),
      ...(options.tasks === undefined ? {} : { tasks: options.tasks }),
    },
    packs: packDirectory(data),
    attestor,
    principals,
    waivers,
    // Of this process alone: one that was held up for longer than its lease still works in its own, and must not do so in ours.
    scratch: (run, name) => join(data, "work", run, worker, name),
    refuses: (given, location) => dataInside(data, given, location),
    dependencies: join(data, "dependencies"),
    compiled: join(data, "compiled"),
    discard: (dir) => removeTree(dir),
    // The engine is made below, with these ports.
    runs: {
      view: (run) => engine.view(run),
      submit: (submission) => engine.submit(submission),
      control: (run, action, actor) => engine.control(run, action, actor),
      signal: (...signal) => engine.signal(...signal),
      watches: options.watches === true,
    },
    history: { events: (run, page) => engine.events(run, page), list: (page) => engine.list(page) },
    ...options.beside,
  };
  let loaded: Promise<DataFamily> | null = null;
  const dataFamily = () =>
    loaded ??= import("./data_family.ts").then((module) =>
      module.dataFamily({
        data,
        store,
        blobs,
        clock,
        evidence,
        attestor,
        personal: privacy.personal,
        installation: ports.installation,
        principals,
        waivers,
      })
    );
  const late = dataRuns(dataFamily);
  let opened: Promise<DataDoors> | null = null;
  // The engine is made below, with these doors' own phases.
  const dataDoors = () => opened ??= dataFamily().then((family) => family.doors(engine));
  const chainPorts: ChainPorts = {
    blobs,
    evidence,
    attestor,
    runs: {
      view: (run) => engine.view(run),
      control: (run, action, actor) => engine.control(run, action, actor),
    },
    begin: (order) =>
      stageBeginner({
        factory: ports,
        engine,
        submitPipeline: async () => (await dataDoors()).submitPipeline,
      })(order),
    dataValues: async (view) => await (await dataFamily()).values(view),
  };
  const handlers = { ...factoryHandlers(ports), ...late.handlers, ...chainHandlers(chainPorts) };
  const effects = { ...factoryEffects(ports), ...late.effects, ...chainEffects(chainPorts) };
  selfCheck(Object.keys(handlers));
  const judge = factoryJudge(ports, (run, page) => engine.events(run, page));
  const merges = watchJudge(ports);
  const ofPulls: ReadonlySet<string> = new Set([watchWorkflow.id, trainWorkflow.id]);
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
      await (transition.workflow.id === foundry.id
        ? (await dataFamily()).judge
        : ofPulls.has(transition.workflow.id)
        ? merges
        : judge)(transition),
    hold: (run) => fleet.hold(run),
    seal: async (view, status) => {
      // Tried again with the sealing until it is done, and counted once.
      await fleet.ended(engine, view);
      // Evidence is sealed also where what was learned cannot be kept.
      await learnFrom(engine, records, view).catch((error) => report(engineTrouble(error, view.run)));
      if (view.workflow.id === foundry.id) {
        const sealed = await (await dataFamily()).seal(engine, view, status);
        await stageEnded(engine, view, status);
        return sealed;
      }
      if (view.workflow.id === chainWorkflow.id) {
        if (status === "cancelled") await cancelStages(engine, view);
        const read: Engine["events"] = (run, page) => engine.events(run, page);
        return await sealChain(chainPorts, read, view, RunStatus.parse(status));
      }
      const seals = { [watchWorkflow.id]: sealWatch, [trainWorkflow.id]: sealTrain }[view.workflow.id];
      const sealed = await (seals ?? sealEvidence)(
        ports,
        (run, page) => engine.events(run, page),
        view,
        RunStatus.parse(status),
      );
      await ports.discard(join(data, "work", view.run));
      await stackEnded(engine, view, status);
      await trainEnded(engine, trains, view);
      await stageEnded(engine, view, status);
      return sealed;
    },
    concurrency: options.concurrency ?? 4,
    onError: (error, run) => report(engineTrouble(error, run)),
  }, (run) => engine.view(run)));
  if (options.workers) {
    await engine.start();
    await fleet.release(engine);
  }
  const doors: DataDoors | null = options.only === "code" ? null : await dataDoors();
  const provenance = evidenceProvenance(
    evidence,
    async () => await exists(state) ? join(data, "provenance.db") : ":memory:",
  );
  let closed = false;
  const now = () => clock.now();
  const service = application({
    engine,
    fleet: fleet.doors(engine),
    hooks: forgeHooks({ secret: env, github: githubNow, gitlab: gitlabNow, inbox, now }),
    models: async () => listedModels(await modelSource(), new Date(clock.now()).toISOString()),
    ports,
    approvals: approvalDesk({ engine, blobs, principals, keys, now }),
    waivers: waiverDesk({
      directory: waivers,
      principals,
      blobs,
      decisions: (run) => decisionsOf(engine, run),
      now,
    }),
    doors,
    chains: (document, packProblem) =>
      chainDesk({
        engine,
        accept: {
          factory: ports,
          packProblem,
          pipeline: async (...stage) => {
            const { pipelineStages } = await import("./chains/pipeline_stage.ts");
            return await pipelineStages(await dataDoors())(...stage);
          },
        },
        library: chainLibrary(data, ports),
        document,
      }),
    evidence,
    keyStore: store,
    provenance: provenance.desk,
    transparency: async () => await exists(join(data, "signing")) ? await attestor() : null,
    ready: async () => {
      const usable = await sandbox.check();
      return {
        ok: usable.ok,
        detail: { store: store.name, sandbox: usable.ok ? usable.value.detail : usable.error.message },
      };
    },
    close: async () => {
      if (closed) return;
      closed = true;
      if (options.workers) await engine.stop();
      await lock?.release();
      (await loaded)?.close();
      await github.end();
      await gitlab.end();
      await provenance.close();
      await attestors.close();
      await store.close();
    },
  });
  return {
    ...service,
    evidenceRead: ({ actor, object, why }) =>
      auditFile(data).append({ action: "evidence.read", actor, object, detail: { door: "http", why } }),
    witness: async () => {
      const { isWitness, witnessDesk } = await import("./witness/desk.ts");
      return await isWitness(data) ? await witnessDesk({ data, store, now }) : null;
    },
  };
}

/** How git fetches a URL: as the forge says whose it is. */
function accessOf(forges: readonly Pick<GitHubForge, "access">[]): GitHubForge["access"] {
  return async (location) => {
    for (const forge of forges) {
      const access = await forge.access(location);
      if (access !== null) return access;
    }
    return null;
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
  return await edgeApplication({
    store: kvPath === undefined ? kvStore(await Deno.openKv(), "kv-connect") : await openKvStore(kvPath),
    env,
  });
}

/** Every phase, gate and workflow that is declared is bound; throws and names what is not. */
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
  if (listRules().length === 0) problems.push("no gate is bound: nothing could ever be allowed");
  if (problems.length > 0) throw new Error(`Cannot start: ${problems.join("; ")}`);
}

/** State and keys never lie inside the repository that is worked on: a run's own checkout would show them. */
async function dataInside(data: string, given: string, location: string): Promise<Problem | null> {
  const real = async (path: string) => await Deno.realPath(path).catch(() => path);
  const own = await real(data);
  const roots = [
    await real(given),
    await real(location),
    ...(basename(location) === ".git" ? [await real(dirname(location))] : []),
  ];
  if (!roots.some((root) => own === root || own.startsWith(root + SEPARATOR))) return null;
  return {
    code: "data-inside-repository",
    value: data,
    message: "Cannot work on a repository that holds the data directory",
    remedy: "Give another place with --data DIR or FORGE_DATA",
  };
}
