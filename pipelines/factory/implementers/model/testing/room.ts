/** For tests only: a real repository in a workspace, and a desk whose models say what a test has written down. */
import { dirname, join } from "node:path";
import {
  bareSandbox,
  bwrapSandbox,
  gitWorkspaces,
  type ModelReply,
  testers,
  type Workspace,
} from "../../../../../connectors/mod.ts";
import { memoryBlobs, type PhaseContext, randomIds, systemClock } from "../../../../../kernel/mod.ts";
import {
  err,
  type Json,
  type ModelCall,
  type ModelTrouble,
  ok,
  type PlanTask,
} from "../../../../../specs/mod.ts";
import { Spec } from "../../../../../specs/code/mod.ts";
import type { ModelAnswer, ModelAsk, ModelDesk, NoAnswer } from "../../../../models/port.ts";
import type { RepairOrder } from "../../port.ts";
import { SESSION_LIMITS, type SessionLimits } from "../loop.ts";
import { model } from "../model.ts";

export const sandboxed = (await bwrapSandbox().check()).ok;

/** What a model says in one turn: text, calls of tools, or a trouble. */
export type Turn =
  | string
  | { text?: string; calls: { tool: string; args: Json; raw?: string }[] }
  | { trouble: ModelTrouble; text?: string };

export interface Scripted extends ModelDesk {
  readonly asks: ModelAsk[];
}

const ZERO = { input: 10, output: 5, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 };

/** A desk that gives one turn after the other, and the last of them for ever. */
export function scriptedDesk(turns: readonly (Turn | ((ask: ModelAsk) => Turn))[]): Scripted {
  const asks: ModelAsk[] = [];
  const at = "2026-11-20T12:00:00.000Z";
  const choice = {
    task: "execution" as const,
    model: "test-model",
    provider: "test",
    reasons: [],
    alternatives: [],
    at,
  };
  const callOf = (purpose: string, trouble: ModelTrouble | null): ModelCall => ({
    id: `call-${asks.length}`,
    purpose,
    task: "execution",
    model: "test-model",
    claimed: "test-model",
    provider: "test",
    requestId: null,
    recording: true,
    prompt: `sha256:${"0".repeat(64)}`,
    reply: null,
    usage: ZERO,
    costMicroUsd: 1,
    reservedMicroUsd: 1,
    ms: 1,
    trouble,
    at,
  });
  return {
    asks,
    available: () => Promise.resolve({ ok: true, models: ["test-model"] }),
    choose: () => Promise.resolve(choice),
    outcome: () => Promise.resolve(),
    ask(_ctx, ask) {
      asks.push(structuredClone(ask) as ModelAsk);
      const given = turns[Math.min(asks.length - 1, turns.length - 1)] ?? "DONE";
      const turn = typeof given === "function" ? given(ask) : given;
      if (typeof turn === "object" && "trouble" in turn) {
        const no: NoAnswer = {
          trouble: turn.trouble,
          failure: { class: "external", source: "provider", retryable: true, message: turn.trouble },
          choice,
          calls: [callOf(ask.purpose, turn.trouble)],
          ...(turn.text === undefined ? {} : { text: turn.text }),
        };
        return Promise.resolve(err(no));
      }
      const calls = typeof turn === "string" ? [] : turn.calls;
      const reply: ModelReply = {
        text: typeof turn === "string" ? turn : turn.text ?? "",
        calls: calls.map((call, index) => ({ id: `t${asks.length}-${index}`, ...call })),
        output: undefined,
        stop: calls.length > 0 ? "tools" : "end",
        usage: ZERO,
        claimed: "test-model",
        requestId: null,
        recording: true,
      };
      const value: ModelAnswer = { reply, choice, calls: [callOf(ask.purpose, null)] };
      return Promise.resolve(ok(value));
    },
  };
}

export interface SessionOptions {
  spec?: Record<string, unknown>;
  task?: PlanTask;
  repair?: RepairOrder;
  limits?: Partial<SessionLimits>;
  /** Put into the workspace before the session begins, as a repair finds it. */
  before?: Record<string, string>;
  links?: Record<string, string>;
  executable?: string[];
  tokensLeft?: number;
  /** Without a sandbox nothing is run. */
  sandbox?: boolean;
}

/** Lets a scripted model work on a repository of these files. Gone when the test is. */
export async function session(
  base: Record<string, string | Uint8Array>,
  turns: readonly (Turn | ((ask: ModelAsk) => Turn))[],
  options: SessionOptions = {},
) {
  const root = await Deno.realPath(await Deno.makeTempDir({ prefix: "edgeforge-model-" }));
  const repo = join(root, "repo");
  await Deno.mkdir(repo);
  await write(repo, base);
  for (const path of options.executable ?? []) await Deno.chmod(join(repo, path), 0o755);
  for (const [path, target] of Object.entries(options.links ?? {})) {
    await Deno.symlink(target, join(repo, path));
  }
  await git(repo, "init", "--quiet", "--initial-branch=main");
  await git(repo, "add", "--all", "--force");
  await git(repo, "-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "--quiet", "-m", "base");
  const workspaces = gitWorkspaces();
  const repository = await workspaces.open(repo);
  if (!repository.ok) throw new Error(repository.error.message);
  const made = await workspaces.create(repository.value, join(root, "workspace"));
  if (!made.ok) throw new Error(made.error.message);
  const workspace: Workspace = made.value;
  await write(await workspace.files(), options.before ?? {});
  const desk = scriptedDesk(turns);
  const blobs = memoryBlobs();
  const clock = systemClock();
  const progress: string[] = [];
  const ctx: PhaseContext = {
    run: "run_test0000",
    phase: "implement",
    visit: 1,
    attempt: 1,
    idempotencyKey: "run_test0000/implement/1",
    input: null,
    outputs: {},
    signals: [],
    feedback: null,
    blobs,
    clock,
    ids: randomIds(clock),
    abort: new AbortController().signal,
    budget: {
      reserve: () => Promise.resolve({ ok: true, id: "r" }),
      commit: () => Promise.resolve(),
      left: () => options.tokensLeft ?? 1_000_000,
    },
    progress: (message) => void progress.push(message),
  };
  const implementer = model({
    models: desk,
    sandbox: options.sandbox === false || !sandboxed ? bareSandbox() : bwrapSandbox(),
    testers,
    scratch: (_run, name) => join(root, "scratch", name),
    discard: (dir) => Deno.remove(dir, { recursive: true }).catch(() => {}),
    dependencies: join(root, "dependencies"),
  }, { ...SESSION_LIMITS, ...options.limits });
  const spec = Spec.parse({
    title: "Change it",
    intent: { type: "UPDATE", scope: ["src/**"] },
    implementer: "model",
    ...options.spec,
  });
  const result = await implementer.implement(ctx, {
    // Nothing of the run's input is used.
    input: {} as never,
    spec,
    workspace,
    ...(options.task === undefined ? {} : { task: options.task }),
    ...(options.repair === undefined ? {} : { repair: options.repair }),
  });
  const { patch } = await workspace.curate();
  const decoder = new TextDecoder();
  const head = async (path: string) => {
    const bytes = await workspace.read(path, "head");
    return bytes === null ? null : decoder.decode(bytes);
  };
  return {
    result,
    desk,
    blobs,
    progress,
    patch: decoder.decode(patch),
    head,
    /** All that was said to the model in the last request. */
    prompt: (at = -1) => {
      const ask = desk.asks.at(at);
      return (ask?.messages ?? []).map((message) => message.text).join("\n");
    },
    [Symbol.asyncDispose]: async () => {
      await workspace.dispose();
      await Deno.remove(root, { recursive: true });
    },
  };
}

async function write(dir: string, files: Record<string, string | Uint8Array>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await Deno.mkdir(dirname(join(dir, path)), { recursive: true });
    await Deno.writeFile(
      join(dir, path),
      typeof content === "string" ? new TextEncoder().encode(content) : content,
    );
  }
}

async function git(cwd: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("git", {
    args,
    cwd,
    env: { GIT_CONFIG_NOSYSTEM: "1", GIT_CONFIG_GLOBAL: "/dev/null" },
  }).output();
  if (!success) throw new Error(`git ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
}
