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
import type { Blobs, Clock, Engine, EngineOptions, Judge, RunView, Store } from "../kernel/mod.ts";
import { cancelStages, type ChainPorts, sealChain } from "../pipelines/chain/mod.ts";
import {
  agentDesk,
  factoryJudge,
  type FactoryPorts,
  sealEvidence,
  sealTrain,
  sealWatch,
  stackEnded,
  trainEnded,
  watchJudge,
} from "../pipelines/factory/mod.ts";
import { chainWorkflow, trainWorkflow, watchWorkflow } from "../pipelines/mod.ts";
import { modelDesk, modelRecords } from "../pipelines/models/mod.ts";
import { listRules } from "../policies/code/mod.ts";
import { redact } from "../policies/mod.ts";
import { type Problem, RunStatus } from "../specs/mod.ts";
import { packLibrary } from "./pack_library.ts";
import { agentSettings } from "./agent_settings.ts";
import { application, decisionsOf } from "./application.ts";
import { approvalDesk } from "./approval_desk.ts";
import { baseRuns } from "./base_runs.ts";
import { chainDesk, chainLibrary, stageBeginner } from "./chains/mod.ts";
import type { ComposeOptions } from "./compose.ts";
import type { DataDoors, DataFamily } from "./data_family.ts";
import { engineTrouble } from "./engine_trouble.ts";
import type { evidenceDirectory } from "./evidence_directory.ts";
import type { Fleet } from "./fleet/fleet.ts";
import { forgeHooks } from "./forge_hooks.ts";
import { forgeInbox } from "./forge_inbox.ts";
import type { keyDirectory } from "./key_directory.ts";
import { environmentOf, modelDirectory } from "./model_directory.ts";
import { learnFrom } from "./model_outcomes.ts";
import { listedModels } from "./model_view.ts";
import { evidenceProvenance } from "./provenance/mod.ts";
import { repoIndexes } from "./repo_indexes.ts";
import type { Service } from "./service.ts";
import { taskRecords } from "./task_records.ts";
import { trainIndex } from "./train_index.ts";
import { VERSION } from "./version.ts";
import { waiverDesk } from "./waiver_desk.ts";
import type { WaiverDirectory } from "./waiver_directory.ts";

/** All that runs over code and chains of runs need, wired to the adapters of this machine, and the doors over every run. */
export interface CodeFamily {
  readonly ports: FactoryPorts;
  readonly chains: ChainPorts;
  readonly judge: Judge;
  seal(view: RunView, status: string): ReturnType<NonNullable<EngineOptions["seal"]>>;
  /** Every door; `doors` are those of data runs, null where only code changes are asked for. */
  service(doors: DataDoors | null, close: () => Promise<void>): Service;
  close(): Promise<void>;
}

/** What the composition has made before, for every family. */
export interface CodeGround {
  readonly options: ComposeOptions;
  readonly store: Store;
  readonly blobs: Blobs;
  readonly clock: Clock;
  /** The name of this process among those that work on the store. */
  readonly worker: string;
  readonly env: (name: string) => string | undefined;
  readonly evidence: ReturnType<typeof evidenceDirectory>;
  readonly fleet: Fleet;
  readonly keys: ReturnType<typeof keyDirectory>;
  readonly waivers: WaiverDirectory;
  /** Whether there is a store on disk that somebody began. */
  begun(): Promise<boolean>;
  /** Whether there is a key that signs evidence. */
  signs(): Promise<boolean>;
  engine(): Engine;
  dataFamily(): Promise<DataFamily>;
  dataDoors(): Promise<DataDoors>;
  report(line: string): void;
}

type Shared = "attestor" | "installation" | "personal" | "principals";

export function codeFamily(ground: CodeGround & Required<Pick<FactoryPorts, Shared>>): CodeFamily {
  if (listRules().length === 0) {
    throw new Error("Cannot start: no gate is bound: nothing could ever be allowed");
  }
  const { options, store, blobs, clock, env, evidence, fleet, engine } = ground;
  const { attestor, installation, personal, principals, waivers } = ground;
  const { data } = options;
  const sandbox = options.sandbox === "none" ? bareSandbox() : bwrapSandbox();
  const userAgent = `edgeforge/${VERSION}`;
  const githubNow = () => githubSettings(env, (path) => Deno.readTextFileSync(path));
  const github = githubForge({ settings: githubNow, records: remoteRecords(store), clock, userAgent });
  const gitlabNow = () => gitlabSettings(env);
  const gitlab = gitlabForge({
    settings: gitlabNow,
    records: remoteRecords(store, "remote-merge-request"),
    clock,
    userAgent,
  });
  const now = () => clock.now();
  const modelSource = modelDirectory(data, () => environmentOf(env), options.cassette).source;
  const inbox = forgeInbox({ store, engine: { signal: (...signal) => engine().signal(...signal) }, now });
  const trains = trainIndex(store);
  const records = modelRecords(store);
  const models = options.beside?.models ?? modelDesk({
    source: modelSource,
    records,
    redact: () => Promise.resolve(redact),
    now,
  });
  const read: Engine["events"] = (run, page) => engine().events(run, page);
  const ports: FactoryPorts = {
    blobs,
    personal,
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
    registries: packageRegistries({ clock, userAgent }),
    installation,
    packs: packLibrary(data),
    attestor,
    principals,
    waivers,
    // Of this process alone: one that was held up for longer than its lease still works in its own, and must not do so in ours.
    scratch: (run, name) => join(data, "work", run, ground.worker, name),
    refuses: (given, location) => dataInside(data, given, location),
    dependencies: join(data, "dependencies"),
    compiled: join(data, "compiled"),
    discard: (dir) => removeTree(dir),
    runs: {
      view: (run) => engine().view(run),
      submit: (submission) => engine().submit(submission),
      control: (run, action, actor) => engine().control(run, action, actor),
      signal: (...signal) => engine().signal(...signal),
      watches: options.watches === true,
    },
    history: { events: read, list: (page) => engine().list(page) },
    ...options.beside,
  };
  const chains: ChainPorts = {
    blobs,
    evidence,
    attestor,
    runs: {
      view: (run) => engine().view(run),
      control: (run, action, actor) => engine().control(run, action, actor),
    },
    begin: (order) =>
      stageBeginner({
        factory: ports,
        engine: engine(),
        submitPipeline: async () => (await ground.dataDoors()).submitPipeline,
      })(order),
    dataValues: async (view) => await (await ground.dataFamily()).values(view),
  };
  const judge = factoryJudge(ports, read);
  const merges = watchJudge(ports);
  const ofPulls: ReadonlySet<string> = new Set([watchWorkflow.id, trainWorkflow.id]);
  const provenance = evidenceProvenance(
    evidence,
    async () => await ground.begun() ? join(data, "provenance.db") : ":memory:",
  );
  return {
    ports,
    chains,
    judge: async (transition) => await (ofPulls.has(transition.workflow.id) ? merges : judge)(transition),
    async seal(view, given) {
      // Evidence is sealed also where what was learned cannot be kept.
      await learnFrom(engine(), records, view).catch((error) =>
        ground.report(engineTrouble(error, view.run))
      );
      const status = RunStatus.parse(given);
      if (view.workflow.id === chainWorkflow.id) {
        if (status === "cancelled") await cancelStages(engine(), view);
        return await sealChain(chains, read, view, status);
      }
      const seals = { [watchWorkflow.id]: sealWatch, [trainWorkflow.id]: sealTrain }[view.workflow.id];
      const sealed = await (seals ?? sealEvidence)(ports, read, view, status);
      await ports.discard(join(data, "work", view.run));
      await stackEnded(engine(), view, status);
      await trainEnded(engine(), trains, view);
      return sealed;
    },
    service: (doors, close) =>
      application({
        engine: engine(),
        fleet: fleet.doors(engine()),
        hooks: forgeHooks({ secret: env, github: githubNow, gitlab: gitlabNow, inbox, now }),
        models: async () => listedModels(await modelSource(), new Date(now()).toISOString()),
        ports,
        approvals: approvalDesk({ engine: engine(), blobs, principals, keys: ground.keys, now }),
        waivers: waiverDesk({
          directory: waivers,
          principals,
          blobs,
          decisions: (run) => decisionsOf(engine(), run),
          now,
        }),
        doors,
        chains: (document, packProblem) =>
          chainDesk({
            engine: engine(),
            accept: {
              factory: ports,
              packProblem,
              pipeline: async (...stage) => {
                const { pipelineStages } = await import("./chains/pipeline_stage.ts");
                return await pipelineStages(await ground.dataDoors())(...stage);
              },
            },
            library: chainLibrary(data, ports),
            document,
          }),
        evidence,
        keyStore: store,
        provenance: provenance.desk,
        transparency: async () => await ground.signs() ? await attestor() : null,
        ready: async () => {
          const usable = await sandbox.check();
          return {
            ok: usable.ok,
            detail: { store: store.name, sandbox: usable.ok ? usable.value.detail : usable.error.message },
          };
        },
        close,
      }),
    async close() {
      await github.end();
      await gitlab.end();
      await provenance.close();
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
