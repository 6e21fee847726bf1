import type { PhaseContext } from "../../../../kernel/mod.ts";
import { redact } from "../../../../policies/mod.ts";
import { parseRepoPolicy, pathAccess } from "../../../../policies/code/mod.ts";
import { digestOf, err, type Intent, ok, pathGlob, type PlanTask, type Spec } from "../../../../specs/mod.ts";
import { intentsOf } from "../../../../specs/code/mod.ts";
import { isLocalOnly, taskClassOf } from "../../../models/task_class.ts";
import { hasReferences, repoIndex, repoMap } from "../../context/mod.ts";
import type { FactoryPorts } from "../../ports.ts";
import type { Assignment, Implementer } from "../port.ts";
import type { EditRules } from "./apply.ts";
import { toolBroker } from "./broker.ts";
import { conversation } from "./conversation.ts";
import { dataText } from "./data_text.ts";
import { holdsCredentials, placeOf, type WorkFiles, workFiles } from "./files.ts";
import { runSession, SESSION_LIMITS, type SessionLimits } from "./loop.ts";
import { guidanceText, instructions, repairText, taskText } from "./prompt.ts";
import { commandRunner, type RunnerPorts } from "./run_command.ts";
import { sessionLog } from "./session_log.ts";
import { TOOL_PINS } from "./tool_pins.ts";
import { approved, offered, type ToolName } from "./tools.ts";

export type ModelPorts = RunnerPorts & Pick<FactoryPorts, "models" | "repoIndexes">;

const LEFT_OUT = "Go on with the task: earlier texts were left out to save room.";
const MAP_TOKENS = 3_000;
const [FIRST_FILES, FIRST_CHARS, FIRST_FILE_CHARS] = [6, 24_000, 12_000];

/**
 * A model that works with tools in the workspace. It is asked through the desk alone, so that its budget cannot be overrun; it holds
 * no token, reaches no network, and every call of a tool is decided, carried out and recorded by the broker.
 */
export function model(ports: ModelPorts, limits: SessionLimits = SESSION_LIMITS): Implementer {
  return {
    kind: "model",
    async implement(ctx, given) {
      const desk = ports.models;
      if (desk === undefined) {
        throw new Error("Cannot ask a model: the run was accepted without a way to one");
      }
      const runner = await commandRunner(ports, ctx, {
        spec: given.spec,
        workspace: given.workspace,
        name: `model-${given.task?.id ?? "all"}`,
      });
      try {
        return await work(ctx, given, { ports, desk, runner, limits });
      } finally {
        await runner.dispose();
      }
    },
  };
}

async function work(
  ctx: PhaseContext,
  { spec, workspace, task, repair, guidance = [] }: Assignment,
  { ports, desk, runner, limits }: {
    ports: ModelPorts;
    desk: NonNullable<ModelPorts["models"]>;
    runner: Awaited<ReturnType<typeof commandRunner>>;
    limits: SessionLimits;
  },
): ReturnType<Implementer["implement"]> {
  const place = await placeOf(workspace);
  const base = await workspace.list("base");
  const start = await workspace.curateTree();
  const files = workFiles(place, start === workspace.baseTree ? base : await workspace.list("head"));
  const rules = await rulesOf(spec, task, base, await workspace.read(".forge/policy.yaml", "base"), files);
  // The same spec on the same tree gives the same prompt, so that a recording of it answers.
  const key = (await digestOf(`${workspace.baseTree} ${JSON.stringify(spec)}`)).slice(7, 23);
  const data = dataText(key);
  const names = toolNames(spec, { runs: runner.commands.length > 0, references: base.some(hasReferences) });
  const tools = offered(names);
  const log = sessionLog({
    id: ctx.ids.make("ses"),
    tools: approved(names, TOOL_PINS),
    clock: ctx.clock,
    blobs: ctx.blobs,
  });
  log.saw("spec", "trusted");
  for (const source of ["text of the spec", "repository", ...(repair ? ["findings"] : [])]) {
    log.saw(source, "untrusted");
  }
  const broker = await toolBroker({ files, rules, tools, runner, data, log });

  const about = {
    spec,
    commands: runner.commands,
    noCommands: runner.none,
    ...(task === undefined ? {} : { task }),
  };
  const said = await taskText(data, about);
  const diff = repair && start !== workspace.baseTree
    ? new TextDecoder().decode((await workspace.curate()).patch)
    : "";
  const order = repair ? await repairText(data, repair, diff) : null;
  const answers = guidance.length === 0 ? null : await guidanceText(data, guidance);
  const inScope = (path: string) => rules.mayChange(path) === null;
  const index = await repoIndex(
    ctx.blobs,
    {
      tree: workspace.baseTree,
      list: () => Promise.resolve(base),
      read: (path) => workspace.read(path, "base"),
    },
    ports.repoIndexes,
    inScope,
  );
  const words = [
    spec.title,
    spec.reason,
    ...spec.constraints,
    ...spec.acceptance.map(({ text }) => text),
    spec.description,
    task?.title,
    task?.detail,
  ].join("\n");
  const map = repoMap({ index, paths: base, words, inScope, maxTokens: MAP_TOKENS });
  const talk = conversation();
  talk.add({
    role: "user",
    text: [
      said,
      ...(order === null ? [] : [order]),
      ...(answers === null ? [] : [answers]),
      "A map of the repository, most relevant first:",
      await data.fenced({ uri: `map:${workspace.baseTree}`, trust: "untrusted" }, map.text),
    ].join("\n\n"),
    cache: true,
  }, { name: "the task", keep: true });
  await showFirst(talk, data, files, [...exactPaths(spec), ...map.shown].filter(inScope));

  const purpose = repair ? "repair" : "implement";
  const result = await runSession({
    ctx,
    desk,
    ask: {
      purpose,
      need: {
        task: taskClassOf({ phase: purpose, spec }),
        maxOutputTokens: limits.outputTokens,
        ...(repair && repair.except.length > 0 ? { except: repair.except } : {}),
        ...(isLocalOnly(spec) ? { localOnly: true } : {}),
      },
      system: instructions(key),
    },
    tools,
    talk,
    broker,
    files,
    data,
    runs: runner.commands.length > 0,
    again: [said, ...(order === null ? [] : [order]), ...(answers === null ? [] : [answers]), LEFT_OUT].join(
      "\n\n",
    ),
    isChanged: async () => await workspace.curateTree() !== workspace.baseTree,
    limits,
  });
  if (!result.ok) {
    // What a session without a proposal did is kept all the same.
    const { failure } = result.error;
    const evidence = await ctx.blobs.put(redact(JSON.stringify(log.close("model", true))));
    return err(failure === undefined ? result.error : { ...result.error, failure: { evidence, ...failure } });
  }
  const { claims, stopped, model: asked, calls } = result.value;
  return ok({
    renames: [],
    steps: [
      `${log.count} tool calls and edits, ${calls.length} calls of models, ${files.touched.size} files touched`,
      ...(stopped === null ? [] : [`the session did not end by itself: ${stopped}`]),
      ...data.removed.map((one) => `taken out before it was shown: ${one}`),
    ],
    rederives: null,
    agent: { name: "model", version: null, model: asked },
    calls,
    session: log.close(`model:${asked ?? "unknown"}`, true),
    context: data.shown,
    claims,
  });
}

/** The files that the task names, as they are, so that the first answer can already edit them. */
async function showFirst(
  talk: ReturnType<typeof conversation>,
  data: ReturnType<typeof dataText>,
  files: WorkFiles,
  paths: readonly string[],
): Promise<void> {
  let chars = 0;
  let count = 0;
  for (const path of new Set(paths)) {
    if (count >= FIRST_FILES || holdsCredentials(path)) continue;
    const file = await files.read(path);
    if (
      file.kind !== "text" || file.text.length > FIRST_FILE_CHARS || chars + file.text.length > FIRST_CHARS
    ) continue;
    chars += file.text.length;
    count++;
    talk.add({
      role: "user",
      text: `A file as it is now:\n${await data.fenced(
        { uri: `workspace:${path}`, trust: "untrusted" },
        file.text,
      )}`,
    }, { name: `the text of ${path}`, path });
  }
}

const exactPaths = (spec: Spec): string[] =>
  intentsOf(spec).flatMap(({ scope }) => scope).filter((path) => !/[*?[{]/.test(path)).map((path) =>
    path.replace(/^\.\//, "")
  );

/** What may be changed and what may go, before any gate is asked; the gates judge the diff all the same. */
async function rulesOf(
  spec: Spec,
  task: PlanTask | undefined,
  base: readonly string[],
  policy: Uint8Array | null,
  files: WorkFiles,
): Promise<EditRules> {
  const parsed = await parseRepoPolicy(policy === null ? null : new TextDecoder().decode(policy));
  // A policy that cannot be read ends the run at its gate.
  const protect = parsed.ok ? parsed.value.protect : [];
  const access = pathAccess(spec, base, protect);
  const claimed = task === undefined || task.files.length + task.tests.length === 0
    ? null
    : pathAccess(claims(spec, task), base, protect);
  const known = new Set(base);
  const intents = intentsOf(spec);
  const mayGo = intents.flatMap(({ removes }) => removes).map((entry) => ({ entry, glob: pathGlob(entry) }));
  const moves = new Set(intents.flatMap(({ renames }) => renames.map(({ from }) => from)));
  return {
    mayChange(path) {
      const refusal = access(path);
      if (refusal !== null) return `${refusal.message} (${refusal.rule}). ${refusal.remediation}`;
      return claimed !== null && claimed(path)?.rule === "C2"
        ? `${path} belongs to another task of the plan. Leave it as it is`
        : null;
    },
    mayGo(path) {
      if (!known.has(path) && files.has(path)) return null;
      if (intents.some(({ type }) => GOES.has(type)) || moves.has(path)) return null;
      if (mayGo.some(({ entry, glob }) => entry === path || glob(path))) return null;
      return `the spec does not let ${path} go: no intent is DESTROY, REFACTOR or MIGRATE, and intent.removes does not name it`;
    },
  };
}

const GOES: ReadonlySet<Intent["type"]> = new Set(["DESTROY", "REFACTOR", "MIGRATE"]);

/** The spec as far as one task of its plan goes. */
function claims(spec: Spec, task: PlanTask): Spec {
  const scope = [...task.files, ...task.tests];
  return { ...spec, intent: intentsOf(spec).map((intent) => ({ ...intent, scope })) };
}

function toolNames(spec: Spec, has: { runs: boolean; references: boolean }): ToolName[] {
  const moves = intentsOf(spec).some(({ type, renames }) =>
    type === "REFACTOR" || type === "MIGRATE" || renames.length > 0
  );
  return [
    "read",
    "search",
    "outline",
    ...(has.references ? ["references" as const] : []),
    "edit",
    "write",
    "delete",
    ...(moves ? ["rename" as const] : []),
    ...(has.runs ? ["run" as const] : []),
  ];
}
