/** Implementers and models that follow a script, through the real engine, git and sandbox. */
import { join } from "node:path";
import { type AgentSession, ok, type Result } from "../../specs/mod.ts";
import type {
  Assignment,
  FactoryPorts,
  Handover,
  ModelDesk,
  NoHandover,
} from "../../pipelines/factory/mod.ts";
import { compose } from "../compose.ts";
import type { Service } from "../service.ts";
import { type Room, sandboxed } from "./samples.ts";

export const ACTOR = { kind: "user", id: "ada" } as const;

/** What one try of the scripted implementer does. */
export type Try = (given: Assignment) => Promise<Result<void, NoHandover>> | Result<void, NoHandover> | void;

/** Writes files into the workspace. */
export const writes = (files: Record<string, string>): Try => async ({ workspace }) => {
  const dir = await workspace.files();
  for (const [path, text] of Object.entries(files)) await Deno.writeTextFile(join(dir, path), text);
  return ok(undefined);
};

/** An implementer `model` that does one entry of the script a call, the last one again and again. */
export function scripted(script: readonly Try[], model = "scripted-1") {
  const seen: Assignment[] = [];
  const implementer = {
    kind: "model" as const,
    async implement(
      ctx: { clock: { now(): number }; run: string },
      given: Assignment,
    ): Promise<Result<Handover, NoHandover>> {
      const at = new Date(ctx.clock.now()).toISOString();
      seen.push(given);
      const done = await script[Math.min(seen.length, script.length) - 1]?.(given);
      if (done && !done.ok) return done;
      const session: AgentSession = {
        v: 1,
        id: `session-${seen.length}`,
        agent: "scripted",
        startedAt: at,
        endedAt: at,
        tools: [],
        calls: [],
        complete: true,
      };
      return ok({
        renames: [],
        steps: [],
        rederives: null,
        agent: { name: "scripted", version: null, model },
        session,
      });
    },
  };
  return { implementer, seen };
}

/** A desk whose models say what the test says. */
export function scriptedDesk(
  answer: ModelDesk["ask"],
  choose: (except: readonly string[]) => string | null = () => null,
): ModelDesk {
  return {
    available: () => Promise.resolve({ ok: true, models: ["scripted-1"] }),
    choose: (need, at) =>
      Promise.resolve({
        task: need.task,
        model: choose(need.except ?? []),
        provider: null,
        reasons: [],
        alternatives: [],
        at,
      }),
    ask: answer,
    outcome: () => Promise.resolve(),
  };
}

/** What a desk answers. */
export type Answer = Awaited<ReturnType<ModelDesk["ask"]>>;

/** A review with these findings. */
export const review = (findings: object[], criteria: object[] = []): Answer => ({
  ok: true,
  value: {
    reply: {
      text: "",
      calls: [],
      output: JSON.parse(JSON.stringify({ findings, criteria })),
      stop: "end",
      usage: { input: 1, output: 1, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 },
      claimed: "reviewer-1",
      requestId: null,
      recording: false,
    },
    choice: {
      task: "validation",
      model: "reviewer-1",
      provider: "p",
      reasons: [],
      alternatives: [],
      at: "2026-11-23T12:00:00.000Z",
    },
    calls: [],
  },
});

export const refusal: Answer = {
  ok: false,
  error: {
    trouble: "refusal",
    choice: null,
    calls: [],
    failure: {
      class: "policy",
      source: "provider",
      retryable: false,
      message: "reviewer-1 refused to review",
      remedy: "name another model",
    },
  },
};

/** A desk whose reviewer finds nothing, and whose other models refuse. */
export const silentDesk = scriptedDesk((_ctx, ask) =>
  Promise.resolve(ask.purpose === "review" ? review([]) : refusal)
);

const FILES: Readonly<Record<string, string>> = {
  "deno.json": "{}\n",
  "src/double.ts": "export const double = (n: number): number => n + 1;\n",
  "src/double_test.ts": test("doubles one", 1, 2),
};

function test(name: string, given: number, wanted: number): string {
  return `import { double } from "./double.ts";\n\nDeno.test("${name}", () => {\n  const got = double(${given});\n` +
    `  if (got !== ${wanted}) throw new Error(\`double(${given}) is \${got}\`);\n});\n`;
}

/** A change of the tiny repository: how it doubles, and a test beside. */
export const doubling = (body: string, more: Record<string, string> = {}): Try =>
  writes({
    "src/double.ts": `export const double = (n: number): number => ${body};\n`,
    "src/three_test.ts": test("doubles three", 3, 6),
    ...more,
  });

export const RIGHT = doubling("n * 2");

export interface Tiny {
  readonly service: Service;
  readonly repo: string;
  spec(more?: string): string;
  /** Submits and waits until nothing moves any more. */
  run(spec: string, files?: Record<string, string>): Promise<Awaited<ReturnType<Service["settled"]>>>;
  events(run: string): ReturnType<Service["events"]>;
}

/** A tiny repository, and a service over the room's data whose implementer `model` follows a script. */
export async function tiny(at: Room, beside: Pick<FactoryPorts, "implementers" | "models">): Promise<Tiny> {
  const repo = join(at.dir, "tiny");
  await Deno.mkdir(join(repo, "src"), { recursive: true });
  for (const [path, text] of Object.entries(FILES)) await Deno.writeTextFile(join(repo, path), text);
  await at.git(repo, "init", "-q", "-b", "main");
  await at.git(repo, "add", "-A");
  await at.git(repo, "commit", "-qm", "tiny");
  const service = await open(at, beside);
  return {
    service,
    repo,
    spec: (more = "") =>
      `---\ntitle: Double what is given\nintent: { type: UPDATE, scope: ["src/**"] }\ntier: best-effort\nimplementer: model\nworkflow: quick-fix\n` +
      `verify: { run: [["deno", "test", "-A", "--no-check"]], tests: ["src/**/*_test.ts"] }\n${more}---\nDouble it\n`,
    async run(spec, files) {
      const taken = await service.submit(
        { spec, specName: "spec.md", repo, ...(files === undefined ? {} : { files }) },
        ACTOR,
      );
      if (!taken.ok) throw new Error(JSON.stringify(taken.error));
      return await service.settled(taken.value.run);
    },
    events: (run) => service.events(run, { limit: 5000 }),
  };
}

/** A process over the room's data. */
export function open(at: Room, beside: Pick<FactoryPorts, "implementers" | "models">): Promise<Service> {
  return compose({
    data: at.data,
    sandbox: sandboxed ? "bwrap" : "none",
    workers: true,
    beside,
    report: () => {},
  });
}
