/** Chains as the doors ask for them: which there are, whether one holds together, begin it, look at it, go on with it. */
import type { ControlOutcome, Engine } from "../../kernel/mod.ts";
import { chainWorkflow, workflows } from "../../pipelines/mod.ts";
import { chainDocument, ChainInput, chainStateOf, stageIsOver } from "../../pipelines/chain/mod.ts";
import {
  type Actor,
  type ChainCheck,
  type ChainDocument,
  digestOf,
  err,
  type Json,
  ok,
  type Problem,
  type Result,
  type RunDocument,
  RunId,
} from "../../specs/mod.ts";
import { readSpec, readSpecObject } from "../../specs/code/mod.ts";
import { heldOutFiles } from "../held_out_files.ts";
import type { RunRequest } from "../service.ts";
import { acceptChain, type AcceptPorts, type ChainSubmission, checkChain } from "./accept.ts";
import type { ChainLibrary, ChainSource, KnownChain } from "./library.ts";

type Asked = Omit<ChainSubmission, "requester" | "id"> & { readonly id?: string | undefined };

export interface ChainDesk {
  /** Chains that a spec may name here; with a repository also those that it carries. */
  known(source?: ChainSource): Promise<KnownChain[]>;
  check(asked: Asked): Promise<ChainCheck>;
  /** A chain by its name; null when there is none. Whoever gets it closes it. */
  find: ChainLibrary["find"];
  /** Durable when it returns. The same chain under the same id is the same run. Codes: invalid-chain, and those of a run. */
  run(asked: Asked, actor: Actor): Promise<Result<{ run: string; existed: boolean }, Problem>>;
  /** Begins the chain that a spec names; null when it names none. */
  ofSpec(
    request: RunRequest,
    actor: Actor,
  ): Promise<Result<{ run: string; existed: boolean }, Problem> | null>;
  /** Names of chains for messages. */
  names(source: ChainSource | null): Promise<string[]>;
  list(
    page: { limit: number; cursor?: string; status?: string },
  ): Promise<{ chains: ChainDocument[]; cursor: string | null }>;
  show(run: string): Promise<ChainDocument | null>;
  cancel(run: string, actor: Actor, why?: string): Promise<ControlOutcome>;
  /** Goes on: a chain that waits looks at once, one that has failed begins what is not completed. */
  resume(run: string, actor: Actor, why?: string): Promise<ControlOutcome>;
}

export function chainDesk(given: {
  engine: Engine;
  accept: AcceptPorts;
  library: ChainLibrary;
  document(run: string): Promise<RunDocument | null>;
}): ChainDesk {
  const { engine, accept, library } = given;
  const isChain = async (run: string): Promise<boolean> => {
    if (!RunId.safeParse(run).success) return false;
    const view = await engine.view(run);
    return view !== null && ChainInput.safeParse(view.input).success;
  };
  const none = (run: string): ControlOutcome => ({
    ok: false,
    code: "not-found",
    message: `Cannot do that: there is no chain ${run.slice(0, 100)}`,
    remedy: "look at the list of chains",
  });

  const desk: ChainDesk = {
    known: (source) => library.list(source ?? null),
    names: (source) => library.names(source),
    find: (name, source) => library.find(name, source),
    check: (asked) => checkChain(accept, { ...asked, id: "check", requester: { kind: "user", id: "check" } }),
    async run({ id = crypto.randomUUID(), ...asked }, actor) {
      const requester = { kind: actor.kind === "key" ? "key" as const : "user" as const, id: actor.id };
      const accepted = await acceptChain(accept, { ...asked, id, requester });
      if (!accepted.ok) return accepted;
      const { input, title, limits } = accepted.value;
      return ok(
        await engine.submit({
          workflow: chainWorkflow,
          input: JSON.parse(JSON.stringify(input)) as Json,
          title,
          actor,
          limits,
          idempotencyKey: await digestOf(`chain:${actor.kind}:${actor.id}:${input.digest}:${id}`),
        }),
      );
    },
    async ofSpec(request, actor) {
      const name = await namedIn(request);
      if (name === null) return null;
      const source = { repo: request.repo, base: request.base };
      const found = await library.find(name, source);
      if (found === null) return null;
      if (!found.ok) return found;
      try {
        if (request.pr !== undefined && request.pr !== "one") {
          return err({
            code: "usage",
            value: request.pr,
            message: `Cannot open a pull request for each task: the workflow '${name}' is a chain`,
            remedy: "Leave --pr out",
          });
        }
        const patch = typeof request.patch === "string"
          ? new TextEncoder().encode(request.patch)
          : request.patch;
        return await desk.run({
          chain: found.value.chain,
          place: found.value.place,
          repo: request.repo,
          ...(request.idempotencyKey === undefined ? {} : { id: request.idempotencyKey.slice(0, 300) }),
          spec: {
            text: typeof request.spec === "string" ? request.spec : JSON.stringify(request.spec, null, 2),
            name: request.specName ?? null,
            readCheck: heldOutFiles(request),
            base: request.base,
            implementer: request.implementer,
            agent: request.agent,
            patch,
            forge: request.forge,
            params: request.params,
          },
        }, actor);
      } finally {
        await found.value.close();
      }
    },
    async list({ limit, cursor, status }) {
      const chains: ChainDocument[] = [];
      let next = cursor ?? null;
      for (let pages = 0; pages < MOST_PAGES; pages++) {
        const page = await engine.list({
          limit: PAGE,
          ...(next === null ? {} : { cursor: next }),
          ...(status === undefined ? {} : { status }),
        });
        for (const view of page.runs) {
          if (view.workflow.id !== chainWorkflow.id) continue;
          const document = await desk.show(view.run);
          if (document === null) continue;
          chains.push(document);
          if (chains.length >= limit) return { chains, cursor: view.run };
        }
        next = page.cursor;
        if (next === null) break;
      }
      return { chains, cursor: next };
    },
    async show(run) {
      if (!await isChain(run)) return null;
      const document = await given.document(run);
      return document === null ? null : chainDocument(document);
    },
    async cancel(run, actor, why) {
      if (!await isChain(run)) return none(run);
      return await engine.control(run, { action: "cancel", ...(why === undefined ? {} : { why }) }, actor);
    },
    async resume(run, actor, why) {
      const view = await isChain(run) ? await engine.view(run) : null;
      if (view === null) return none(run);
      const said = why === undefined ? {} : { why };
      if (view.status === "paused") return await engine.control(run, { action: "resume", ...said }, actor);
      if (view.status === "parked") return await engine.control(run, { action: "retry", ...said }, actor);
      // Its last phase would only say once more that it has failed.
      const state = chainStateOf(view);
      const over = state === null || Object.values(state.stages).every(stageIsOver);
      return await engine.control(
        run,
        { action: "retry", phase: over ? "look" : view.phase, ...said },
        actor,
      );
    },
  };
  return desk;
}

const PAGE = 100;
const MOST_PAGES = 50;

/** The chain that a spec may name; null when its workflow is one of its own, or when it cannot be read: that is told elsewhere. */
async function namedIn({ spec, specName }: RunRequest): Promise<string | null> {
  if (typeof spec === "string" && !/workflow/.test(spec)) return null;
  const read = typeof spec === "string"
    ? await readSpec(spec, specName === undefined ? {} : { name: specName })
    : await readSpecObject(spec, {});
  if (!read.ok) return null;
  const { workflow } = read.value.spec;
  return Object.hasOwn(workflows, workflow) ? null : workflow;
}
