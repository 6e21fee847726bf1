/** For tests only: a program that follows a script, behind the real walls, before a provider on loopback. */
import { dirname, join } from "node:path";
import { bareSandbox, bwrapSandbox, gitWorkspaces } from "../../../../../connectors/mod.ts";
import { modelProviders } from "../../../../../connectors/models/mod.ts";
import { memoryBlobs, type PhaseContext, randomIds, systemClock } from "../../../../../kernel/mod.ts";
import { redact } from "../../../../../policies/mod.ts";
import { Spec } from "../../../../../specs/code/mod.ts";
import { entry, meter, price, registryOf, testDesk } from "../../../../models/testing/desk.ts";
import { agentDesk } from "../choice.ts";
import { cli, CLI_LIMITS, type CliLimits } from "../cli.ts";

export const sandboxed = (await bwrapSandbox().check()).ok;
export const KEY = "sk-ant-canary-0d9f8e7c6b5a4321";

/** What the provider answers: a status, or a message with this usage. */
export interface ProviderAnswer {
  readonly status?: number;
  readonly input?: number;
  readonly output?: number;
}

export interface FakeRun {
  readonly mode: string;
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  readonly limits?: Partial<CliLimits>;
  readonly budget?: Readonly<Record<string, number>>;
  readonly provider?: ProviderAnswer;
  readonly spec?: Record<string, unknown>;
  readonly sandbox?: "bwrap" | "none";
  readonly withoutSandbox?: boolean;
  readonly signal?: AbortSignal;
  /** What lies where the program is looked for; the scripted one unless told. */
  readonly program?: string;
}

const PROGRAM = await Deno.readTextFile(new URL("../testdata/agent.mjs", import.meta.url));

/** Lets the scripted program work on a repository. Everything is gone when the test is. */
export async function fakeRun(given: FakeRun) {
  const root = await Deno.realPath(await Deno.makeTempDir({ prefix: "edgeforge-cli-" }));
  const seen: { path: string; key: string | null; body: string }[] = [];
  const { status = 200, input = 100, output = 20 } = given.provider ?? {};
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => undefined },
    async (request) => {
      seen.push({
        path: new URL(request.url).pathname,
        key: request.headers.get("x-api-key"),
        body: await request.text(),
      });
      return status === 200
        ? Response.json({
          type: "message",
          model: "m-2026",
          content: [{ type: "text", text: "go on" }],
          usage: { input_tokens: input, output_tokens: output },
        })
        : Response.json(
          {
            type: "error",
            error: {
              type: status === 401 ? "authentication_error" : "overloaded_error",
              message: `bad key ${KEY}`,
            },
          },
          { status },
        );
    },
  );
  const url = `http://127.0.0.1:${server.addr.port}`;
  const repo = join(root, "repo");
  await write(repo, { "src/a.ts": "export const a = 1;\n", ...given.files });
  for (
    const args of [["init", "-q", "-b", "main"], ["add", "-Af"], [
      "-c",
      "user.name=a",
      "-c",
      "user.email=a@e.org",
      "commit",
      "-qm",
      "base",
    ]]
  ) {
    const { success } = await new Deno.Command("git", {
      args,
      cwd: repo,
      env: { GIT_CONFIG_NOSYSTEM: "1", GIT_CONFIG_GLOBAL: "/dev/null" },
    }).output();
    if (!success) throw new Error(`git ${args[0]} failed`);
  }
  const program = join(root, "bin", "claude");
  await write(join(root, "bin"), { claude: given.program ?? PROGRAM });
  await Deno.chmod(program, 0o755);
  const workspaces = gitWorkspaces();
  const repository = await workspaces.open(repo);
  if (!repository.ok) throw new Error(repository.error.message);
  const made = await workspaces.create(repository.value, join(root, "workspace"));
  if (!made.ok) throw new Error(made.error.message);
  const workspace = made.value;

  const budget = meter(given.budget ?? { costMicroUsd: 2_000_000, tokens: 400_000 });
  const model = entry("m", {
    provider: "anthropic",
    family: "claude",
    wire: "anthropic-messages",
    prices: [price(1, 5)],
  });
  const { desk } = testDesk(
    registryOf(model),
    modelProviders({ ANTHROPIC_API_KEY: KEY, ANTHROPIC_BASE_URL: url }),
    {
      redact: () => Promise.resolve(redact),
      now: () => Date.now(),
    },
  );
  const sandbox = (given.sandbox ?? "bwrap") === "bwrap" ? bwrapSandbox() : bareSandbox();
  const agents = agentDesk({
    places: () => ({ path: join(root, "bin") }),
    sandbox,
    models: async () => await desk.passages?.models() ?? [],
    preferred: () => undefined,
    withoutSandbox: () => given.withoutSandbox === true,
  });
  const blobs = memoryBlobs();
  const clock = systemClock();
  const progress: { message: string; data: unknown }[] = [];
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
    abort: given.signal ?? new AbortController().signal,
    budget,
    progress: (message, data) => void progress.push({ message, data }),
  };
  const outside = join(root, "outside.txt");
  const spec = Spec.parse({
    title: "Change it",
    description: `FAKE: ${given.mode}\nOUTSIDE: ${outside}\nPROVIDER: ${url}`,
    intent: { type: "UPDATE", scope: ["src/**"] },
    implementer: "cli",
    ...given.spec,
  });
  const dispose = async () => {
    await server.shutdown();
    await workspace.dispose();
    await Deno.remove(root, { recursive: true });
  };
  const result = await cli({
    sandbox,
    models: desk,
    agents,
    scratch: (_run, name) => join(root, "scratch", name),
    discard: (dir) => Deno.remove(dir, { recursive: true }),
    dependencies: join(root, "dependencies"),
  }, {
    ...CLI_LIMITS,
    graceMs: 100,
    ...given.limits,
  }).implement(ctx, {
    // Of the run's input only the agent is used.
    input: { agent: "claude" } as never,
    spec,
    workspace,
  }).catch(async (error: unknown) => {
    await dispose();
    throw error;
  });
  const decoder = new TextDecoder();
  return {
    result,
    seen,
    budget,
    progress,
    patch: decoder.decode((await workspace.curate()).patch),
    history: await workspace.history(),
    text: async (path: string) => {
      const bytes = await workspace.read(path, "head");
      return bytes === null ? null : decoder.decode(bytes);
    },
    blob: async (digest: string) => decoder.decode(await blobs.get(digest) ?? new Uint8Array()),
    wroteOutside: await Deno.lstat(outside).then(() => true, () => false),
    [Symbol.asyncDispose]: dispose,
  };
}

async function write(dir: string, files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await Deno.mkdir(dirname(join(dir, path)), { recursive: true });
    await Deno.writeFile(
      join(dir, path),
      typeof content === "string" ? new TextEncoder().encode(content) : content,
    );
  }
}
