/** What a chain is made of, read and checked before anything of it is run. */
import canonicalize from "canonicalize";
import { acceptSpec, type FactoryPorts, type ReadCheck, usableSpec } from "../../pipelines/factory/mod.ts";
import {
  bindingsOf,
  type ChainInput,
  chainLimits,
  chainPicture,
  chainProblems,
  codePorts,
  type CodeRequest,
  type DataRequest,
  dependenciesOf,
  type InputType,
  type StagePorts,
  type StageRequest,
} from "../../pipelines/chain/mod.ts";
import {
  type Chain,
  type ChainCheck,
  type ChainStage,
  digestOf,
  err,
  type Json,
  ok,
  type Problem,
  type Result,
  type Spec,
} from "../../specs/mod.ts";
import type { ChainPlace } from "./place.ts";

/** The spec that names the chain, with what was said beside it. */
export interface GivenSpec {
  readonly text: string;
  readonly name: string | null;
  readonly readCheck: ReadCheck;
  readonly base?: string | undefined;
  readonly implementer?: string | undefined;
  readonly agent?: string | undefined;
  readonly patch?: Uint8Array | undefined;
  readonly forge?: string | undefined;
  readonly params?: Readonly<Record<string, Json>> | undefined;
}

export interface ChainSubmission {
  readonly chain: Chain;
  readonly place: ChainPlace;
  /** The repository of stages that name none. */
  readonly repo?: string | undefined;
  readonly spec?: GivenSpec | undefined;
  readonly requester: ChainInput["requester"];
  /** Names this execution. */
  readonly id: string;
}

/** A pipeline that a stage names, read: of a file, or of this installation's own list. */
export interface ReadPipelineStage {
  readonly ports: StagePorts;
  readonly request:
    & Omit<DataRequest, "kind" | "inputs" | "secrets" | "params" | "pipeline" | "environment">
    & {
      readonly text: string;
      readonly environmentText: string | null;
    };
}

export interface AcceptPorts {
  readonly factory: FactoryPorts;
  packProblem(name: string): Promise<Problem | null>;
  pipeline(stage: ChainStage, place: ChainPlace): Promise<Result<ReadPipelineStage, Problem[]>>;
}

interface ReadStage {
  readonly stage: ChainStage;
  readonly ports: StagePorts;
  readonly request: (inputs: Record<string, InputType>, secrets: string[]) => Promise<StageRequest>;
  /** Whether it could be accepted as it is, its repository included; null when it could. */
  readonly tried: () => Promise<Problem | null>;
}

type Read = { stages: ReadStage[]; problems: Problem[] };

/** A chain with what its stages are; every problem that can be known before it is run. */
async function readStages(ports: AcceptPorts, given: ChainSubmission): Promise<Read> {
  const { chain } = given;
  const problems: Problem[] = [];
  const stages: ReadStage[] = [];
  const own = chain.stages.filter((stage) => stage.spec === undefined && stage.pipeline === undefined);
  const tell = (path: string, message: string, remedy: string) =>
    problems.push({ code: "chain", path, message, remedy });
  if (given.spec === undefined && own.length > 0) {
    tell(
      `stages.${own[0]?.id}`,
      `Stage ${own[0]?.id} names neither a spec nor a pipeline: it carries out the spec that names the chain`,
      `Begin it by a spec with workflow: ${chain.name}, or name a spec`,
    );
  }
  if (given.spec !== undefined && own.length !== 1) {
    tell(
      "stages",
      `${own.length} stages of the chain carry out the spec that names it, and it has to be one`,
      "Leave spec and pipeline out in the one stage that carries it out",
    );
  }
  for (const stage of chain.stages) {
    if (stage.spec !== undefined && stage.pipeline !== undefined) continue;
    if (stage.pipeline === undefined && stage.spec === undefined && given.spec === undefined) continue;
    const read = stage.pipeline === undefined
      ? await codeStage(ports, given, stage)
      : await dataStage(ports, given, stage);
    if (read.ok) stages.push(read.value);
    else {
      problems.push(...read.error.map((one) => ({
        ...one,
        path: `stages.${stage.id}${one.path ? `: ${one.path}` : ""}`,
        message: `${stage.id}: ${one.message}`,
      })));
    }
  }
  problems.push(...chainProblems(chain, new Map(stages.map(({ stage, ports }) => [stage.id, ports]))));
  return { stages, problems };
}

async function codeStage(
  ports: AcceptPorts,
  given: ChainSubmission,
  stage: ChainStage,
): Promise<Result<ReadStage, Problem[]>> {
  const isOwn = stage.spec === undefined;
  const text = stage.spec === undefined
    ? ok({ text: given.spec?.text ?? "", name: given.spec?.name ?? null })
    : await given.place.read(stage.spec, "spec");
  if (!text.ok) return err([text.error]);
  const beside = stage.spec === undefined ? given.spec?.readCheck : given.place.checks(stage.spec);
  const bound = new Set(
    bindingsOf(stage).flatMap(({ input }) => input.startsWith("file.") ? [input.slice("file.".length)] : []),
  );
  const checks = new Map<string, Uint8Array>();
  const readCheck: ReadCheck = async (path) => {
    // What another stage makes is not there yet.
    if (bound.has(path)) return ok(new Uint8Array());
    const read =
      await (beside?.(path) ?? Promise.resolve(err<Problem>({ code: "usage", message: "no files" })));
    if (read.ok) checks.set(path, read.value);
    return read;
  };
  const usable = await usableSpec({
    spec: text.value.text,
    ...(text.value.name === null ? {} : { name: text.value.name }),
    readCheck,
    packProblem: async (pack) => {
      const problem = await ports.packProblem(pack);
      // One that is not installed may be carried by the repository, which is looked into below.
      return problem?.code === "unknown-pack" ? null : problem;
    },
    ...(isOwn ? { chains: () => Promise.resolve([given.chain.name]) } : {}),
  });
  if (!usable.ok) return err(usable.error);
  const { spec } = usable.value;
  const repo = stage.repo === undefined ? given.repo : given.place.repo(stage.repo);
  if (repo === undefined) {
    return err([{
      code: "usage",
      message: "it names no repository, and none was given for the chain",
      remedy: "Name it: --repo DIR (over HTTP: repo)",
    }]);
  }
  if (typeof repo !== "string" && !repo.ok) return err([repo.error]);
  const location = typeof repo === "string" ? repo : repo.value;
  const said = isOwn ? given.spec : undefined;
  const params = { ...said?.params, ...stage.set };
  const implementer = stage.implementer ?? said?.implementer ?? null;
  return ok({
    stage,
    ports: codePorts(spec, stage.spec ?? stage.id),
    async request(inputs, secrets) {
      const kept: Record<string, string> = {};
      for (const [path, bytes] of checks) kept[path] = await ports.factory.blobs.put(bytes);
      const patch = said?.patch === undefined ? null : await ports.factory.blobs.put(said.patch);
      const code: CodeRequest = {
        kind: "code",
        what: spec.title.replaceAll(
          /\$\{params\.([A-Za-z_]\w*)\}/g,
          (whole, name: string) => Object.hasOwn(params, name) ? String(params[name]) : whole,
        ),
        inputs,
        secrets,
        spec: await ports.factory.blobs.put(text.value.text),
        specName: text.value.name,
        checks: kept,
        workflow: isOwn ? "canonical" : null,
        repo: location,
        base: said?.base ?? null,
        implementer: implementer as CodeRequest["implementer"],
        agent: said?.agent ?? null,
        patch,
        forge: said?.forge ?? null,
        params,
        budget: spec.budget,
      };
      return code;
    },
    async tried() {
      const accepted = await acceptSpec(ports.factory, {
        spec: text.value.text,
        ...(text.value.name === null ? {} : { specName: text.value.name }),
        readCheck,
        repo: location,
        ...(said?.base === undefined ? {} : { base: said.base }),
        ...(implementer === null ? {} : { implementer }),
        ...(said?.agent === undefined ? {} : { agent: said.agent }),
        ...(said?.patch !== undefined
          ? { patch: said.patch }
          : Object.hasOwn(stage.with, "patch")
          ? { patch: new Uint8Array() }
          : {}),
        ...(said?.forge === undefined ? {} : { forge: said.forge }),
        ...(isOwn ? { workflow: "canonical", chains: () => Promise.resolve([given.chain.name]) } : {}),
        params: { ...samples(spec, stage), ...params },
        requester: given.requester.id,
      });
      return accepted.ok ? null : accepted.error;
    },
  });
}

/** A value for each parameter that is bound, so that all else can be tried. */
function samples({ params = {} }: Spec, stage: ChainStage): Record<string, Json> {
  const some = { string: "text", integer: 1, number: 1, boolean: true, date: "2026-01-01" } as const;
  return Object.fromEntries(
    Object.entries(params).filter(([name]) => Object.hasOwn(stage.with, `params.${name}`))
      .map(([name, { type, enum: all }]) => [name, all?.[0] ?? some[type]]),
  );
}

async function dataStage(
  ports: AcceptPorts,
  given: ChainSubmission,
  stage: ChainStage,
): Promise<Result<ReadStage, Problem[]>> {
  const read = await ports.pipeline(stage, given.place);
  if (!read.ok) return read;
  const { text, environmentText, ...request } = read.value.request;
  return ok({
    stage,
    ports: read.value.ports,
    async request(inputs, secrets) {
      const { blobs } = ports.factory;
      return {
        kind: "data" as const,
        ...request,
        inputs,
        secrets,
        pipeline: await blobs.put(text),
        environment: environmentText === null ? null : await blobs.put(environmentText),
        params: { ...stage.set },
      };
    },
    tried: () => Promise.resolve(null),
  });
}

/** Everything that is wrong with a chain, its ports and a picture of it; nothing of it is begun. */
export async function checkChain(ports: AcceptPorts, given: ChainSubmission): Promise<ChainCheck> {
  const { stages, problems } = await readStages(ports, given);
  const { chain } = given;
  const notes: string[] = [];
  const known = new Map(stages.map((one) => [one.stage.id, one]));
  const shown = chain.stages.map((stage) => {
    const own = known.get(stage.id)?.ports;
    const bindings = bindingsOf(stage);
    for (const { input, stage: from, output } of bindings) {
      const port = known.get(from)?.ports.outputs.get(output);
      if (Object.hasOwn(stage.expects ?? {}, input) && port?.columns === null) {
        notes.push(
          `${stage.id}: the columns of ${from}.${output} are not agreed on: they are held against when it is run`,
        );
      }
    }
    return {
      id: stage.id,
      kind: own?.kind ?? (stage.pipeline === undefined ? "code" as const : "data" as const),
      what: own?.what ?? stage.spec ?? stage.pipeline ?? chain.name,
      dependsOn: dependenciesOf(stage),
      inputs: [...own?.inputs ?? []].map(([name, { type, required }]) => {
        const from = Object.hasOwn(stage.with, name) ? stage.with[name] : undefined;
        return { name, type, optional: !required, ...(from === undefined ? {} : { from }) };
      }),
      outputs: [...own?.outputs ?? []].map(([name, { type, optional }]) => ({ name, type, optional })),
    };
  });
  return {
    valid: problems.length === 0,
    chain: chain.name,
    digest: await chainDigest(chain),
    stages: shown,
    picture: chainPicture(chain.stages.map((stage) => ({
      id: stage.id,
      kind: known.get(stage.id)?.ports.kind ?? (stage.pipeline === undefined ? "code" : "data"),
      what: known.get(stage.id)?.ports.what ?? stage.spec ?? stage.pipeline ?? chain.name,
      dependsOn: dependenciesOf(stage).map((other) => ({
        stage: other,
        takes: bindingsOf(stage).filter((one) => one.stage === other).map(({ input, output }) =>
          `${input} <- ${output}`
        ),
        ends: stage.when?.[other] ?? ["completed"],
      })),
    }))),
    errors: problems.map(({ path, message, remedy, causes }) => ({
      path: path ?? "",
      message: causes === undefined ? message : `${message}: ${causes.map((one) => one.message).join("; ")}`,
      ...(remedy === undefined ? {} : { remedy }),
    })),
    notes,
  };
}

export const chainDigest = async (chain: Chain): Promise<string> => await digestOf(canonicalize(chain) ?? "");

/** Checks all that can be known before a run exists, and stores what the ledger will name. */
export async function acceptChain(
  ports: AcceptPorts,
  given: ChainSubmission,
): Promise<Result<{ input: ChainInput; title: string; limits: Record<string, number> }, Problem>> {
  const { chain } = given;
  const { stages, problems } = await readStages(ports, given);
  if (problems.length > 0) return err(invalid(problems));
  for (const { stage, tried } of stages) {
    const problem = await tried();
    if (problem !== null) {
      const plain = ["sandbox-unavailable", "repo-not-found", "repo-refused", "base-not-found"];
      return err(
        plain.includes(problem.code)
          ? { ...problem, message: `${stage.id}: ${problem.message}` }
          : invalid([{ ...problem, path: `stages.${stage.id}`, message: `${stage.id}: ${problem.message}` }]),
      );
    }
  }
  const digest = await chainDigest(chain);
  const requests: ChainInput["requests"] = {};
  for (const { stage, ports: own, request } of stages) {
    const inputs: Record<string, InputType> = {};
    for (const { input } of bindingsOf(stage)) {
      const port = own.inputs.get(input);
      if (port !== undefined) inputs[input] = port.type;
    }
    const secrets = [...own.outputs].filter(([name, { secret }]) => secret || stage.secret?.includes(name))
      .map((
        [name],
      ) => name);
    requests[stage.id] = await request(inputs, secrets);
  }
  const { ms: _, ...limits } = chainLimits(chain.budget);
  return ok({
    title: `chain ${chain.name}`,
    limits,
    input: {
      kind: "chain",
      name: chain.name,
      digest,
      id: given.id,
      chain,
      requests,
      requester: given.requester,
    },
  });
}

/** All problems of a chain as one. */
export function invalid(causes: Problem[]): Problem {
  return {
    code: "invalid-chain",
    message: `Cannot run the chain: ${causes.map(({ message }) => message).join("; ").slice(0, 4000)}`,
    remedy: causes[0]?.remedy ?? "See all of them at once: forge chain validate FILE",
    causes,
  };
}
