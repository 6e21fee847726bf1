/**
 * The application of an edge host: no process, no file. Repositories are read, changed and released by their forge's API, and verified
 * by its CI; a run whose repository is on no forge that is known here is taken in and parked with the reason.
 */
import {
  forgeWorkspaces,
  githubForge,
  githubSettings,
  gitlabForge,
  gitlabSettings,
  localForge,
  packageRegistries,
  remoteRecords,
  type Sandbox,
  storeRecords,
  testers,
} from "../connectors/mod.ts";
import {
  createEngine,
  groupCommit,
  type PhaseHandler,
  randomIds,
  type Store,
  storeBlobs,
  systemClock,
} from "../kernel/mod.ts";
import {
  acceptSpec,
  factoryJudge,
  type FactoryPorts,
  sealEvidence,
  sweepCiBranches,
} from "../pipelines/factory/mod.ts";
import { factoryEffects, factoryHandlers } from "../pipelines/mod.ts";
import { modelDesk, modelRecords } from "../pipelines/models/mod.ts";
import { listCodeRules, listRules } from "../policies/code/mod.ts";
import { redact, scanSecrets } from "../policies/mod.ts";
import {
  type Actor,
  digestOf,
  err,
  type Json,
  ok,
  type Problem,
  type Result,
  RunStatus,
  type WorkflowDefinition,
} from "../specs/mod.ts";
import { decisionsOf } from "./application.ts";
import { baseRuns } from "./base_runs.ts";
import { ciBranches } from "./ci_branches.ts";
import { edgeAttestor } from "./edge_attestor.ts";
import { evidenceRecords } from "./evidence_records.ts";
import { createFleet } from "./fleet/fleet.ts";
import { forgeHooks } from "./forge_hooks.ts";
import { forgeInbox } from "./forge_inbox.ts";
import { heldOutFiles } from "./held_out_files.ts";
import { environmentOf, modelDirectory } from "./model_directory.ts";
import { learnFrom } from "./model_outcomes.ts";
import { pullRequestDesk } from "./pull_request_desk.ts";
import { repoIndexes } from "./repo_indexes.ts";
import { actOn, askedAnew } from "./run_control.ts";
import { runDocument } from "./run_documents.ts";
import type { RunRequest, Service } from "./service.ts";
import { taskRecords } from "./task_records.ts";
import { VERSION } from "./version.ts";

export interface EdgeOptions {
  store: Store;
  /** The host's variables: credentials of forges, secrets of webhooks, keys of models. */
  env: (name: string) => string | undefined;
  /** How soon and how long CI is waited for; the factory's own times unless told. */
  ci?: { pollMs?: number; deadlineMs?: number };
  /** Certificates (PEM) that are trusted beside the machine's. */
  ca?: readonly string[];
}

const REASON =
  "this host has no processes and no files: a run needs git and a sandbox, or a repository on GitHub or GitLab";

/** A repository that nobody here can read: the run is taken in, durably, and parked with the reason. */
const intake: WorkflowDefinition = {
  id: "intake",
  version: "1.0.0",
  start: "intake",
  seals: false,
  phases: {
    intake: {
      handler: "intake",
      timeoutSeconds: 60,
      attempts: 1,
      on: { "handed-over": { to: "@completed", gated: true, denied: "@denied" } },
    },
  },
};

const park: PhaseHandler = (ctx) => {
  const { why } = ctx.input as { why?: string };
  return Promise.resolve({
    kind: "park",
    reason: why === undefined ? REASON : `${REASON}. ${why}`,
    signal: "host",
  });
};

/** What stands in the way of a repository here, and does not elsewhere: such a run waits for another host. */
const ELSEWHERE: ReadonlySet<string> = new Set(["forge-needed", "forge-credential-missing"]);

/** A host without files has its App's key in a variable. */
function noFile(path: string): never {
  throw new Error(`this host reads no files, so ${path} cannot be read: give the key itself`);
}

const noSandbox: Sandbox = {
  level: "none",
  check: () =>
    Promise.resolve(err({
      code: "sandbox-unavailable",
      message: "Nothing can be run here: this host starts no processes",
      remedy: "Let the forge's CI verify, which is what this host does",
    })),
  run: () => Promise.reject(new Error("Cannot run a command: this host starts no processes")),
};

/** The application, wired for a host without processes and files. */
export async function edgeApplication({ store: given, env, ci = {}, ca }: EdgeOptions): Promise<Service> {
  const store = groupCommit(given);
  const blobs = storeBlobs(store);
  const clock = systemClock();
  const ids = randomIds(clock);
  const now = () => clock.now();
  const userAgent = `edgeforge/${VERSION}`;
  const trusted = ca === undefined ? {} : { ca };
  const github = githubForge({
    settings: () => githubSettings(env, noFile),
    records: remoteRecords(store),
    clock,
    userAgent,
    ...trusted,
  });
  const gitlab = gitlabForge({
    settings: () => gitlabSettings(env),
    records: remoteRecords(store, "remote-merge-request"),
    clock,
    userAgent,
    ...trusted,
  });
  const inbox = forgeInbox({ store, engine: { signal: (...signal) => engine.signal(...signal) }, now });
  const records = modelRecords(store);
  const fleet = createFleet({ store, blobs, clock, ids });
  const evidence = evidenceRecords({ store, blobs });
  const attestor = await edgeAttestor(store, env);
  const ports: FactoryPorts = {
    blobs,
    models: modelDesk({
      source: modelDirectory(null, () => environmentOf(env)).source,
      records,
      redact: () => Promise.resolve(redact),
      now,
    }),
    workspaces: forgeWorkspaces({ forges: [github, gitlab] }),
    sandbox: noSandbox,
    testers,
    forge: localForge({ records: storeRecords(store) }),
    forges: { github, gitlab },
    forgeEvents: inbox,
    ci: { branches: ciBranches(store), always: true, ...ci },
    evidence,
    ...(attestor === null ? {} : { attestor: () => Promise.resolve(attestor) }),
    baseRuns: baseRuns(store, blobs),
    repoIndexes: repoIndexes(store),
    tasks: taskRecords(store),
    registries: packageRegistries({ clock, userAgent }),
    // There are no keys of people here, and an answer of the host's one key is nobody's approval.
    installation: {
      version: VERSION,
      granted: "A3",
      operation: fleet.operation,
      singleKey: false,
      approvers: [],
    },
    scratch: () => "",
    dependencies: "",
    compiled: "",
    discard: () => Promise.resolve(),
    runs: {
      view: (run) => engine.view(run),
      submit: (submission) => engine.submit(submission),
      control: (run, action, actor) => engine.control(run, action, actor),
      watches: false,
    },
    history: { events: (run, page) => engine.events(run, page), list: (page) => engine.list(page) },
  };
  const engine = createEngine({
    store,
    blobs,
    clock,
    ids,
    handlers: { ...factoryHandlers(() => Promise.resolve(ports)), intake: park },
    effects: factoryEffects(() => Promise.resolve(ports)),
    judge: factoryJudge(ports, (run, page) => engine.events(run, page)),
    hold: (run) => fleet.hold(run),
    seal: async (view, status) => {
      await fleet.ended(engine, view);
      await learnFrom(engine, records, view).catch((error) => console.error(String(error)));
      // What is left behind is swept later: evidence is sealed also where the forge does not answer.
      await sweepCiBranches(ports, view.run);
      return await sealEvidence(
        ports,
        (run, page) => engine.events(run, page),
        view,
        RunStatus.parse(status),
      );
    },
    concurrency: 4,
    onError: (error, run) =>
      console.error(`${run ?? "engine"}: ${error instanceof Error ? error.message : error}`),
  });
  await engine.start();
  const pulls = pullRequestDesk({ forge: ports.forge, forges: { github, gitlab } });

  async function submit(
    request: RunRequest,
    actor: Actor,
  ): Promise<Result<{ run: string; existed: boolean }, Problem>> {
    const patch = typeof request.patch === "string" ? new TextEncoder().encode(request.patch) : request.patch;
    const accepted = await acceptSpec(ports, {
      spec: request.spec,
      readCheck: heldOutFiles({ files: request.files ?? {} }),
      repo: request.repo,
      ...(request.base === undefined ? {} : { base: request.base }),
      ...(request.implementer === undefined ? {} : { implementer: request.implementer }),
      ...(request.agent === undefined ? {} : { agent: request.agent }),
      ...(patch === undefined ? {} : { patch }),
      ...(request.forge === undefined ? {} : { forge: request.forge }),
      ...(request.pr === undefined ? {} : { pr: request.pr }),
      requester: actor.id,
    });
    if (!accepted.ok && !ELSEWHERE.has(accepted.error.code)) return accepted;
    const key = request.idempotencyKey === undefined
      ? {}
      : { idempotencyKey: await digestOf(`${actor.kind}:${actor.id}:${request.idempotencyKey}`) };
    if (accepted.ok) {
      const { workflow, input, title, limits } = accepted.value;
      return ok(
        await engine.submit({
          workflow,
          input: JSON.parse(JSON.stringify(input)) as Json,
          title,
          actor,
          limits,
          ...key,
        }),
      );
    }
    const source = typeof request.spec === "string" ? request.spec : JSON.stringify(request.spec);
    if (scanSecrets(source).length > 0) {
      return err({
        code: "invalid-spec",
        message: "Cannot accept the spec: it holds what looks like a credential",
        remedy: "Take it out and revoke it; a spec is stored and shown",
      });
    }
    const input: Json = {
      kind: "intake",
      spec: await blobs.put(source),
      repo: request.repo,
      base: request.base ?? null,
      why: accepted.error.message,
    };
    const title = /^title:\s*(.+)$/m.exec(source)?.[1]?.slice(0, 200) ?? "A change";
    return ok(await engine.submit({ workflow: intake, input, title, actor, ...key }));
  }

  return {
    submit,
    hooks: forgeHooks({
      secret: env,
      github: () => githubSettings(env, noFile),
      gitlab: () => gitlabSettings(env),
      inbox,
      now,
    }),
    view: (run) => engine.view(run),
    async document(run) {
      const view = await engine.view(run);
      return view ? await runDocument(engine, view, { whole: true }) : null;
    },
    async list(options) {
      const page = await engine.list(options);
      const runs = await Promise.all(page.runs.map((view) => runDocument(engine, view)));
      return { runs, cursor: page.cursor };
    },
    events: (run, options) => engine.events(run, options),
    watch: (run, options) => engine.watch(run, options),
    async act(run, action, actor) {
      if ((await engine.view(run)) !== null) await askedAnew(ports.models, action, now());
      return await actOn(engine, run, action, actor);
    },
    async settled(run, signal) {
      return await runDocument(engine, await engine.settled(run, signal), { whole: true });
    },
    decisions: (run) => decisionsOf(engine, run),
    pullRequests: (location) => pulls.list(location),
    pullRequest: (number, location) => pulls.show(number, location),
    pullRequestState: (pull) => pulls.state(pull),
    evidence: (options) => evidence.list(options),
    manifest: (id) => evidence.read(id),
    evidenceFile: (id, path) => evidence.file(id, path),
    evidenceBundle: (id) => evidence.bundle(id),
    transparency: () => Promise.resolve(attestor),
    policies: () => [...listRules(), ...listCodeRules()],
    ready: () =>
      Promise.resolve({
        ok: true,
        detail: { store: store.name, runs: "no processes: verification is by the forge's CI" },
      }),
    metrics: () => engine.metrics(),
    async tick() {
      await engine.sweep?.();
      await sweepCiBranches(ports);
    },
    async close() {
      await engine.stop();
      await github.end();
      await gitlab.end();
      await store.close();
    },
  };
}
