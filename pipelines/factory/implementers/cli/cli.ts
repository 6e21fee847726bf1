import { GATE_PORT, stageLaunch } from "../../../../connectors/agents/mod.ts";
import type { Prepared } from "../../../../connectors/mod.ts";
import type { PhaseContext } from "../../../../kernel/mod.ts";
import { redact } from "../../../../policies/mod.ts";
import { type AgentSession, digestOf, err, ok } from "../../../../specs/mod.ts";
import { intentsOf } from "../../../../specs/code/mod.ts";
import type { ModelDesk, ModelNeed, ModelPassages } from "../../../models/port.ts";
import { isLocalOnly, taskClassOf } from "../../../models/task_class.ts";
import type { FactoryPorts } from "../../ports.ts";
import { dataText } from "../model/data_text.ts";
import { guidanceText, repairText, taskText } from "../model/prompt.ts";
import { sessionLog } from "../model/session_log.ts";
import { baseDependencies, laidInto } from "../dependencies.ts";
import type { Assignment, Implementer, NoHandover } from "../port.ts";
import { setAside } from "./aside.ts";
import { approvedTools, recordCalls, startNote, type Walls } from "./calls.ts";
import type { ReadyAgent } from "./choice.ts";
import { type Gate, openGate } from "./gate.ts";
import { changedFiles, filesOf, observedOf, observedSteps } from "./observed.ts";
import { agentInstructions } from "./prompt.ts";
import { verdictOf } from "./verdict.ts";

export type CliPorts = Pick<
  FactoryPorts,
  "sandbox" | "models" | "agents" | "scratch" | "discard" | "dependencies"
>;

export interface CliLimits {
  readonly ms: number;
  readonly outputBytes: number;
  readonly memoryBytes: number;
  /** From the moment that nothing more can come of it to its end. */
  readonly graceMs: number;
}

const MIB = 1024 * 1024;
export const CLI_LIMITS: CliLimits = {
  // Below the hour for which the session's credential is good.
  ms: 50 * 60_000,
  outputBytes: 64 * MIB,
  memoryBytes: 4096 * MIB,
  graceMs: 3_000,
};

/**
 * An agent's own program, in the workspace and behind walls: it reaches no network but a gate of ours, at which every request for a
 * model is looked at, reserved and paid from the run's budget, and given the credential that the program never sees. What it tells of
 * itself is kept, and not believed: the change is git's diff.
 */
export function cli(ports: CliPorts, limits: CliLimits = CLI_LIMITS): Implementer {
  return {
    kind: "cli",
    async implement(ctx, given) {
      const { agents, models } = ports;
      const passages = models?.passages;
      if (agents === undefined || models === undefined || passages === undefined) {
        throw new Error("Cannot start an agent: the run was accepted without a way to one");
      }
      const chosen = await agents.choose(given.input.agent);
      if (!chosen.ok) {
        return err({
          ...chosen.error,
          failure: {
            class: "policy",
            source: "user-environment",
            retryable: false,
            message: chosen.error.message,
            ...(chosen.error.remedy === undefined ? {} : { remedy: chosen.error.remedy }),
          },
        });
      }
      const choice = await modelFor(ctx, given, models, chosen.value);
      if (!choice.ok) return choice;
      return await work(ctx, given, { ports, passages, ready: chosen.value, model: choice.value, limits });
    },
  };
}

/** A small call of an agent, for the choice of a model; each real one is reserved by its own size. */
const [PROMPT_TOKENS, OUTPUT_TOKENS] = [8_000, 2_000];

async function modelFor(
  ctx: PhaseContext,
  { spec, repair }: Assignment,
  desk: ModelDesk,
  { agent, models }: ReadyAgent,
) {
  const purpose = repair ? "repair" : "implement";
  const need: ModelNeed = {
    task: taskClassOf({ phase: purpose, spec }),
    only: [...models.keys()],
    ...(repair && repair.except.length > 0 ? { except: repair.except } : {}),
    ...(isLocalOnly(spec) ? { localOnly: true } : {}),
    promptTokens: PROMPT_TOKENS,
    maxOutputTokens: OUTPUT_TOKENS,
    tools: true,
    structured: false,
    budgetMicroUsd: ctx.budget.left("costMicroUsd"),
    budgetTokens: ctx.budget.left("tokens"),
  };
  const at = new Date(ctx.clock.now()).toISOString();
  const choice = await desk.choose(need, at);
  ctx.progress(
    "model.chosen",
    JSON.parse(JSON.stringify({ ...choice, alternatives: choice.alternatives.slice(0, 50) })),
  );
  const wire = models.get(choice.model ?? "");
  if (choice.model !== null && wire !== undefined) return ok({ id: choice.model, wire, task: choice.task });
  const message = `No model can be asked for ${agent.name} to ${purpose}: ${choice.reasons.join("; ")}`.slice(
    0,
    4_000,
  );
  const why = await desk.refusal?.(need, purpose, at);
  const failure: NonNullable<NoHandover["failure"]> = {
    ...why ?? { class: "policy", source: "user-environment", retryable: false },
    message,
    remedy: why?.retryable
      ? why.remedy
      : "Give the key of another provider, raise the budget, or take another agent: forge doctor",
  };
  const no: NoHandover = { code: "no-model", message, failure };
  return err(no);
}

async function work(
  ctx: PhaseContext,
  { spec, workspace, task, repair, guidance = [] }: Assignment,
  { ports, passages, ready, model, limits }: {
    ports: CliPorts;
    passages: ModelPassages;
    ready: ReadyAgent;
    model: {
      id: string;
      wire: Parameters<ModelPassages["open"]>[1]["wire"];
      task: Parameters<ModelPassages["open"]>[1]["task"];
    };
    limits: CliLimits;
  },
): ReturnType<Implementer["implement"]> {
  const { agent, program, shows, version } = ready;
  const dir = await workspace.files();
  const start = await workspace.curateTree();
  const key = (await digestOf(`${workspace.baseTree} ${JSON.stringify(spec)}`)).slice(7, 23);
  const data = dataText(key);
  const id = ctx.ids.make("ses");
  const log = sessionLog({ id, tools: await approvedTools(agent), clock: ctx.clock, blobs: ctx.blobs });
  log.saw("spec", "trusted");
  for (const source of ["text of the spec", "repository", ...(repair ? ["findings"] : [])]) {
    log.saw(source, "untrusted");
  }

  const diff = repair && start !== workspace.baseTree
    ? new TextDecoder().decode((await workspace.curate()).patch)
    : "";
  const prompt = [
    agentInstructions(key),
    await taskText(data, {
      spec,
      commands: spec.verify?.run ?? [],
      noCommands: "the spec names none; use what the repository itself is tested by",
      shell: true,
      ...(task === undefined ? {} : { task }),
    }),
    ...(repair ? [await repairText(data, repair, diff)] : []),
    ...(guidance.length === 0 ? [] : [await guidanceText(data, guidance)]),
  ].join("\n\n");

  const exact = new Set(
    intentsOf(spec).flatMap(({ scope }) => scope).map((path) => path.replace(/^\.\//, "")),
  );
  const room = ports.scratch(ctx.run, `cli-${task?.id ?? "all"}-${ctx.visit}-${ctx.attempt}`);
  const needs = await dependenciesFor(ports, ctx, workspace, room);
  const aside = await setAside(
    dir,
    await workspace.list(start === workspace.baseTree ? "base" : "head"),
    exact,
  );
  const passage = await passages.open(ctx, {
    purpose: repair ? "repair" : "implement",
    task: model.task,
    model: model.id,
    wire: model.wire,
  });
  const ending = new AbortController();
  const ms = Math.min(limits.ms, spec.budget.seconds * 1000);
  const open = ports.sandbox.level === "none";
  const walls: Walls = open
    // The operator lets it work without walls: what it reads and where it sends nobody knows.
    ? { readsPrivate: null, egress: "the network of this machine" }
    : { readsPrivate: false, egress: null };
  let gate: Gate | null = null;
  let grace: ReturnType<typeof setTimeout> | undefined;
  let replaced: readonly string[] = [];
  let takeOut: (() => Promise<void>) | null = null;
  try {
    takeOut = needs.prepared === null ? null : await laidInto(dir, needs.prepared);
    const before = await filesOf(dir);
    const opened = gate = await openGate(passage);
    void passage.over.then(() => grace = setTimeout(() => ending.abort(), limits.graceMs));
    const launch = agent.start({
      model: model.id,
      wire: model.wire,
      token: opened.token,
      contextTokens: 200_000,
      outputTokens: 16_000,
    });
    const staged = await stageLaunch({
      dir: opened.dir,
      socket: opened.socket,
      program,
      launch,
      stdin: prompt,
      placeholder: GATE_PORT,
      env: needs.prepared?.env ?? {},
    });
    ctx.progress(`${agent.name} ${version} works by ${model.id}`);
    let done: Awaited<ReturnType<typeof ports.sandbox.run>> | undefined;
    await log.allowed(
      await startNote(agent, { args: [...launch.args], prompt: await digestOf(prompt) }, walls, {
        origin: "broker",
        id: "gate",
        session: id,
        expiresAt: new Date(ctx.clock.now() + Math.min(ms + 60_000, 3_600_000)).toISOString(),
      }),
      async () => {
        done = await ports.sandbox.run({
          argv: staged.argv,
          cwd: dir,
          readOnly: [...shows, staged.dir, ...needs.prepared?.readOnly ?? []],
          timeoutMs: ms,
          maxOutputBytes: limits.outputBytes,
          memoryBytes: limits.memoryBytes,
          network: "none",
          observe: true,
          signal: AbortSignal.any([ctx.abort, ending.signal]),
        });
        const noise = new TextDecoder().decode(done.stderr.subarray(-20_000)).replaceAll(
          opened.token,
          "[token]",
        );
        return {
          ok: done.ended === "by-itself",
          text: `ended: ${done.ended}, exit code ${done.code}\n${noise}`,
        };
      },
    );
    if (done === undefined) throw new Error("The sandbox ran nothing and said nothing");
    ctx.abort.throwIfAborted();
    await passage.close();
    await takeOut?.();
    takeOut = null;
    const written = changedFiles(before, await filesOf(dir));
    replaced = await aside.restore();
    const output = new TextDecoder().decode(done.stdout).replaceAll(opened.token, "[token]");
    const told = agent.read(output);
    await recordCalls(log, agent, told.calls, dir, walls);
    const over = await Promise.race([passage.over, Promise.resolve(null)]);
    const name = `${agent.name} ${version}`;
    const session: AgentSession = {
      ...log.close(`${agent.id} ${version}: ${model.id}`, told.unread === 0 || told.end !== "cut"),
      observed: observedOf({ done, written, requests: opened.requests, refused: passage.notes }),
    };
    const keep = async (
      failure: NonNullable<NoHandover["failure"]>,
      code: string,
    ): Promise<{ ok: false; error: NoHandover }> => {
      const evidence = await ctx.blobs.put(redact(JSON.stringify({ session, told, notes: passage.notes })));
      return err({
        code,
        message: failure.message,
        ...(failure.remedy === undefined ? {} : { remedy: failure.remedy }),
        failure: { evidence, ...failure },
        calls: passage.calls,
      });
    };
    if (over !== null) return await keep(over.failure, `model-${over.trouble}`);
    const verdict = verdictOf(name, told, done, await workspace.curateTree() !== start);
    if (verdict.kind === "none") return await keep(verdict.failure, verdict.code);
    return ok({
      renames: [],
      steps: [
        `${name}: ${told.calls.length} tool calls as it tells, ${passage.calls.length} calls of models, ${
          Math.ceil(done.ms / 1000)
        } s, ${opened.bytes.in} bytes out and ${opened.bytes.out} bytes in through the gate`,
        ...(open ? ["it ran without a sandbox: nothing held its network and its reads"] : []),
        ...needs.notes,
        ...observedSteps(session.observed),
        ...verdict.notes,
        ...aside.paths.slice(0, 50).map((path) => `taken away for the session: ${path}`),
        ...replaced.map((path) => `put in its place by the agent: ${path}`),
        ...passage.notes.slice(0, 50),
        ...data.removed.map((one) => `taken out before it was shown: ${one}`),
      ].map((step) => redact(step).slice(0, 1_000)),
      rederives: null,
      agent: { name: agent.id, version, model: model.id },
      calls: passage.calls,
      session,
      context: data.shown,
      claims: verdict.claims.map((claim) => redact(claim)),
    });
  } finally {
    clearTimeout(grace);
    await passage.close();
    await gate?.close();
    await takeOut?.();
    await ports.discard(room);
  }
}

/** What the repository's tests need, where it can be had: an agent that cannot run them works all the same. */
async function dependenciesFor(
  ports: CliPorts,
  ctx: PhaseContext,
  workspace: Assignment["workspace"],
  room: string,
): Promise<{ prepared: Prepared | null; notes: readonly string[] }> {
  await Deno.mkdir(room, { recursive: true, mode: 0o700 });
  const prepared = await baseDependencies(ports, { workspace, room, signal: ctx.abort });
  if (prepared === null) return { prepared, notes: [] };
  return prepared.problem === null
    ? { prepared, notes: ["the dependencies of the base were installed for it", ...prepared.notes] }
    : { prepared: null, notes: [`it worked without dependencies: ${prepared.problem.message}`] };
}
