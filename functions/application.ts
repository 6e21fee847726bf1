import type { Engine } from "../kernel/mod.ts";
import { acceptSpec, type FactoryPorts, installedPack } from "../pipelines/factory/mod.ts";
import { listCodeRules, listPullRules, listRules } from "../policies/code/mod.ts";
import { listDataRules } from "../policies/mod.ts";
import { type Decision, digestOf, type Json, ok } from "../specs/mod.ts";
import type { ApprovalDesk } from "./approval_desk.ts";
import type { ChainDesk } from "./chains/mod.ts";
import type { DataDoors } from "./data_family.ts";
import type { evidenceDirectory } from "./evidence_directory.ts";
import { heldOutFiles } from "./held_out_files.ts";
import type { FleetDoors } from "./fleet/fleet.ts";
import type { ForgeHooks } from "./forge_hooks.ts";
import { listPacks } from "./pack_list.ts";
import { pullRequestDesk } from "./pull_request_desk.ts";
import { actOn, askedAnew, withoutKey } from "./run_control.ts";
import { runDocument } from "./run_documents.ts";
import type { Service } from "./service.ts";
import { settledStack } from "./settled_stack.ts";
import { trainDesk } from "./train_desk.ts";
import { watchDesk } from "./watch_desk.ts";
import type { WaiverDesk } from "./waiver_desk.ts";

const PAGE = 500;

/** The application behind the doors: every answer is a projection of the ledger, every change goes through the engine. */
export function application(given: {
  engine: Engine;
  ports: FactoryPorts;
  /** Absent where only code changes are asked for. */
  doors: DataDoors | null;
  /** Chains, by how a run's document is made and which packs there are. */
  chains: (
    document: Service["document"],
    packProblem: NonNullable<Service["packProblem"]>,
  ) => ChainDesk;
  evidence: ReturnType<typeof evidenceDirectory>;
  approvals: ApprovalDesk;
  waivers: WaiverDesk;
  fleet: FleetDoors;
  hooks: ForgeHooks;
  models: NonNullable<Service["models"]>;
  keyStore: NonNullable<Service["keyStore"]>;
  transparency: NonNullable<Service["transparency"]>;
  provenance: NonNullable<Service["provenance"]>;
  ready: () => Promise<{ ok: boolean; detail: Record<string, string> }>;
  close: () => Promise<void>;
}): Service {
  const { engine, ports, evidence } = given;
  const pulls = pullRequestDesk(ports);
  const document: Service["document"] = async (run) => {
    const view = await engine.view(run);
    return view ? await runDocument(engine, view, { whole: true }) : null;
  };
  const packProblem: NonNullable<Service["packProblem"]> = async (name) => {
    const installed = await installedPack(ports, name, new Date().toISOString());
    return installed === null || installed.ok ? null : installed.error;
  };
  const chains = given.chains(document, packProblem);
  return {
    keyStore: given.keyStore,
    fleet: given.fleet,
    models: given.models,
    ...given.doors,
    chains,
    async submit(request, actor) {
      const begun = await chains.ofSpec(request, actor);
      if (begun !== null) return begun;
      const patch = typeof request.patch === "string"
        ? new TextEncoder().encode(request.patch)
        : request.patch;
      const accepted = await acceptSpec(ports, {
        spec: request.spec,
        readCheck: heldOutFiles(request),
        ...(request.specName === undefined ? {} : { specName: request.specName }),
        repo: request.repo,
        ...(request.base === undefined ? {} : { base: request.base }),
        ...(request.implementer === undefined ? {} : { implementer: request.implementer }),
        ...(request.agent === undefined ? {} : { agent: request.agent }),
        ...(patch === undefined ? {} : { patch }),
        ...(request.forge === undefined ? {} : { forge: request.forge }),
        ...(request.pr === undefined ? {} : { pr: request.pr }),
        ...(request.params === undefined ? {} : { params: request.params }),
        chains: () => chains.names({ repo: request.repo, base: request.base }),
        requester: actor.id,
      });
      if (!accepted.ok) return accepted;
      const { workflow, input, title, limits } = accepted.value;
      const submitted = await engine.submit({
        workflow,
        input: JSON.parse(JSON.stringify(input)) as Json,
        title,
        actor,
        limits,
        ...(request.idempotencyKey === undefined
          ? {}
          : { idempotencyKey: await digestOf(`${actor.kind}:${actor.id}:${request.idempotencyKey}`) }),
      });
      return ok(submitted);
    },
    packProblem,
    view: (run) => engine.view(run),
    document,
    async list(options) {
      const page = await engine.list(options);
      const runs = await Promise.all(page.runs.map((view) => runDocument(engine, view)));
      return { runs, cursor: page.cursor };
    },
    events: (run, options) => engine.events(run, options),
    watch: (run, options) => engine.watch(run, options),
    async act(run, action, actor) {
      const view = await engine.view(run);
      const gone = view === null ? null : await withoutKey(ports.personal, view, action);
      if (gone !== null) return gone;
      if (view !== null) await askedAnew(ports.models, action, Date.now());
      if (action.action !== "answer") return await actOn(engine, run, action, actor);
      const signed = await given.approvals.signed(run, action, actor);
      return signed.ok ? await actOn(engine, run, signed.answer, signed.actor) : signed;
    },
    approvals: given.approvals,
    waivers: given.waivers,
    async settled(run, signal) {
      return await runDocument(engine, await settledStack(engine, run, signal), { whole: true });
    },
    decisions: (run) => decisionsOf(engine, run),
    hooks: given.hooks,
    pullRequests: (location) => pulls.list(location),
    pullRequest: (number, location) => pulls.show(number, location),
    pullRequestState: (pull) => pulls.state(pull),
    ...watchDesk(engine, ports),
    trains: trainDesk(engine, ports, pulls),
    external: { forgeOf: (location) => pulls.forgeOf(location), fetchChange: ports.workspaces.fetchChange },
    async evidence(options = {}) {
      const { filter, run, after, limit = 100_000 } = options;
      if (filter === undefined) return await evidence.list(options);
      const ids = await given.provenance.bundles(
        { ...filter, ...(run === undefined ? {} : { run }) },
        { limit, ...(after === undefined ? {} : { after }) },
      );
      return await evidence.summaries(ids);
    },
    manifest: (id) => evidence.read(id),
    evidenceFile: (id, path) => evidence.file(id, path),
    evidenceBundle: (id) => evidence.bundle(id),
    transparency: given.transparency,
    provenance: given.provenance,
    policies: () => [...listRules(), ...listCodeRules(), ...listDataRules(), ...listPullRules()],
    packs: () => listPacks(ports, new Date().toISOString()),
    ready: given.ready,
    metrics: () => engine.metrics(),
    close: given.close,
  };
}

/** The decisions of a run, oldest first. */
export async function decisionsOf(engine: Pick<Engine, "events">, run: string): Promise<Decision[]> {
  const found: Decision[] = [];
  for (let after = 0;;) {
    const page = await engine.events(run, { after, limit: PAGE });
    for (const event of page) if (event.type === "transition.decided") found.push(event.payload.decision);
    const last = page.at(-1);
    if (!last || page.length < PAGE) return found;
    after = last.seq;
  }
}
