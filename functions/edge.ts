import {
  type Blobs,
  createEngine,
  type PhaseHandler,
  randomIds,
  type Store,
  storeBlobs,
  systemClock,
} from "../kernel/mod.ts";
import { githubSettings, gitlabSettings } from "../connectors/mod.ts";
import { listCodeRules, listRules, scanSecrets } from "../policies/mod.ts";
import {
  type Decision,
  err,
  type Json,
  ok,
  readSpec,
  readSpecObject,
  type WorkflowDefinition,
} from "../specs/mod.ts";
import { forgeHooks } from "./forge_hooks.ts";
import { forgeInbox } from "./forge_inbox.ts";
import { actOn } from "./run_control.ts";
import { runDocument } from "./run_documents.ts";
import type { Service } from "./service.ts";

const REASON = "this host has no processes and no files: a run needs git and a sandbox";

/** On a host without processes a run is taken in, durably, and parked with the reason. */
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

const park: PhaseHandler = () => Promise.resolve({ kind: "park", reason: REASON, signal: "host" });

export interface EdgeOptions {
  store: Store;
  /** The host's variables: credentials of forges, secrets of webhooks. */
  env: (name: string) => string | undefined;
}

/** A host without files has its App's key in a variable. */
function noFile(path: string): never {
  throw new Error(`this host reads no files, so ${path} cannot be read: give the key itself`);
}

/** The application of an edge host: accepts, lists, shows and controls runs; whatever needs a process or files waits, saying why. */
export async function edgeApplication({ store, env }: EdgeOptions): Promise<Service> {
  const blobs: Blobs = storeBlobs(store);
  const clock = systemClock();
  const engine = createEngine({
    store,
    blobs,
    clock,
    ids: randomIds(clock),
    handlers: { intake: park },
    effects: {},
    judge: () => Promise.reject(new Error(`Cannot judge: ${REASON}`)),
  });
  await engine.start();
  const now = () => clock.now();
  const inbox = forgeInbox({ store, engine, now });
  const nothing = () => Promise.resolve(null);
  return {
    hooks: forgeHooks({
      secret: env,
      github: () => githubSettings(env, noFile),
      gitlab: () => gitlabSettings(env),
      inbox,
      now,
    }),
    async submit(request, actor) {
      const read = typeof request.spec === "string"
        ? await readSpec(request.spec)
        : await readSpecObject(request.spec);
      if (!read.ok) {
        return err({ code: "invalid-spec", message: "Cannot accept the spec", causes: read.error });
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
        spec: await blobs.put(JSON.stringify(read.value.spec)),
        repo: request.repo,
        base: request.base ?? null,
      };
      return ok(
        await engine.submit({
          workflow: intake,
          input,
          title: read.value.spec.title,
          actor,
          ...(request.idempotencyKey ? { idempotencyKey: `${actor.id}:${request.idempotencyKey}` } : {}),
        }),
      );
    },
    view: (run) => engine.view(run),
    async document(run) {
      const view = await engine.view(run);
      return view ? await runDocument(engine, view) : null;
    },
    async list(options) {
      const page = await engine.list(options);
      const runs = await Promise.all(page.runs.map((view) => runDocument(engine, view)));
      return { runs, cursor: page.cursor };
    },
    events: (run, options) => engine.events(run, options),
    watch: (run, options) => engine.watch(run, options),
    act: (run, action, actor) => actOn(engine, run, action, actor),
    async settled(run, signal) {
      return await runDocument(engine, await engine.settled(run, signal));
    },
    decisions: () => Promise.resolve<Decision[]>([]),
    pullRequests: () => Promise.resolve([]),
    pullRequest: nothing,
    evidence: () => Promise.resolve([]),
    manifest: nothing,
    evidenceFile: nothing,
    policies: () => [...listRules(), ...listCodeRules()],
    ready: () => Promise.resolve({ ok: true, detail: { store: store.name, runs: REASON } }),
    metrics: () => engine.metrics(),
    async close() {
      await engine.stop();
      await store.close();
    },
  };
}
