/** Begins the run of a stage: as any other run of its family, with what the chain takes from others put in. */
import type { Engine } from "../../kernel/mod.ts";
import { acceptSpec, type FactoryPorts } from "../../pipelines/factory/mod.ts";
import type { Begun, CodeRequest, DataRequest, StageOrder } from "../../pipelines/chain/mod.ts";
import { type BudgetLimits, err, type Json, ok, type Problem } from "../../specs/mod.ts";
import type { Service } from "../service.ts";

export interface BeginPorts {
  readonly factory: FactoryPorts;
  readonly engine: Pick<Engine, "submit" | "asked">;
  /** The door of data runs, loaded when the first of them is begun. */
  submitPipeline(): Promise<NonNullable<Service["submitPipeline"]>>;
}

export function stageBeginner(ports: BeginPorts): (order: StageOrder) => Promise<Begun> {
  return async (order) => {
    // A process that ended in between had begun it: what it was given then is what it is.
    const before = await ports.engine.asked?.(order.key) ?? null;
    if (before !== null) return { run: before };
    return order.request.kind === "code"
      ? await beginCode(ports, order, order.request)
      : await beginData(ports, order, order.request);
  };
}

async function beginCode(
  { factory, engine }: BeginPorts,
  order: StageOrder,
  request: CodeRequest,
): Promise<Begun> {
  const text = async (digest: string) => new TextDecoder().decode(await blob(factory, digest));
  const patch = order.patch ?? request.patch;
  const chosen = order.patch === null ? request.implementer : "patch";
  const accepted = await acceptSpec(factory, {
    spec: await text(request.spec),
    ...(request.specName === null ? {} : { specName: request.specName }),
    async readCheck(path) {
      const digest = own(order.files, path) ?? own(request.checks, path);
      return digest === undefined
        ? err<Problem>({
          code: "invalid-spec",
          value: path,
          message: "Cannot read the held-out file: it was not kept.",
        })
        : ok(await blob(factory, digest));
    },
    repo: request.repo,
    ...(order.base !== null ? { base: order.base.ref } : request.base === null ? {} : { base: request.base }),
    ...(chosen === null ? {} : { implementer: chosen }),
    ...(request.agent === null ? {} : { agent: request.agent }),
    ...(patch === null ? {} : { patch: await blob(factory, patch) }),
    ...(request.forge === null ? {} : { forge: request.forge }),
    ...(request.workflow === null
      ? {}
      : { workflow: request.workflow, chains: () => Promise.resolve([order.link.name]) }),
    params: order.params,
    cap: capOf(order.limits),
    requester: order.requester.id,
  });
  if (!accepted.ok) return { refused: accepted.error };
  const { workflow, input, title, limits } = accepted.value;
  if (order.base !== null && input.repository.baseCommit !== order.base.commit) {
    return {
      refused: {
        code: "base-moved",
        value: order.base.ref,
        message:
          `Cannot build on ${order.base.ref}: it is ${input.repository.baseCommit} now, and the stage has made ${order.base.commit}`,
        remedy: "Bind the commit in place of the branch, or look at who has moved it",
      },
    };
  }
  const { run } = await engine.submit({
    workflow,
    input: JSON.parse(JSON.stringify({ ...input, chain: order.link })) as Json,
    title,
    actor: order.requester,
    limits,
    ...(order.link.run === undefined ? {} : { parent: order.link.run }),
    idempotencyKey: order.key,
  });
  return { run };
}

async function beginData(ports: BeginPorts, order: StageOrder, request: DataRequest): Promise<Begun> {
  const text = async (digest: string) => new TextDecoder().decode(await blob(ports.factory, digest));
  const submit = await ports.submitPipeline();
  const submitted = await submit({
    pipeline: await text(request.pipeline),
    ...(request.name === null ? {} : { name: request.name }),
    folder: request.folder,
    ...(request.environment === null ? {} : { environment: await text(request.environment) }),
    ...(request.environmentName === null ? {} : { environmentName: request.environmentName }),
    ...(request.environmentFolder === null ? {} : { environmentFolder: request.environmentFolder }),
    mode: request.mode,
    params: { ...order.params },
    only: request.streams,
    ...(request.confined === null ? {} : { confined: request.confined }),
    ...(order.limits.ms === undefined ? {} : { mostMs: order.limits.ms }),
    chain: order.link,
    chainKey: order.key,
    wait: false,
  }, order.requester);
  if (submitted.ok) return { run: submitted.value.run };
  return submitted.error.code === "busy"
    ? { busy: submitted.error.message.slice(0, 500) }
    : { refused: submitted.error };
}

async function blob({ blobs }: Pick<FactoryPorts, "blobs">, digest: string): Promise<Uint8Array> {
  const bytes = await blobs.get(digest);
  if (bytes === null) throw new Error(`Cannot begin a stage: ${digest} is gone from the blobs`);
  return bytes;
}

const own = (all: Readonly<Record<string, string>>, name: string): string | undefined =>
  Object.hasOwn(all, name) ? all[name] : undefined;

/** Limits of a chain as those of a spec; what is not limited there is not here. */
function capOf({ tokens, costMicroUsd, repairs, ms }: StageOrder["limits"]): Partial<BudgetLimits> {
  return {
    ...(tokens === undefined ? {} : { tokens: Math.floor(tokens) }),
    ...(costMicroUsd === undefined ? {} : { usd: costMicroUsd / 1_000_000 }),
    ...(repairs === undefined ? {} : { repairs: Math.floor(repairs) }),
    ...(ms === undefined ? {} : { seconds: Math.max(1, Math.floor(ms / 1000)) }),
  };
}
