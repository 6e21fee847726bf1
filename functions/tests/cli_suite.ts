/**
 * `deno task test:cli`: the real programs of four agents, through the implementer `cli` and the whole factory, against an emulator of
 * their providers on loopback. Not part of `deno task test`: it installs them (about a gigabyte) into a temporary place, or takes those
 * below FORGE_CLI_PREFIX. What cannot be installed is skipped by name.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { LLMock } from "@copilotkit/aimock";
import { ADAPTERS, type AgentAdapter, type AgentId } from "../../connectors/agents/mod.ts";
import { AgentSession } from "../../specs/code/mod.ts";
import { compose } from "../compose.ts";
import { room, sandboxed } from "./samples.ts";
import { ACTOR, tiny } from "./scripted.ts";

const KEY = "sk-canary-4c1f8a7e2b9d3f60";
const usage = {
  input_tokens: 900,
  output_tokens: 60,
  prompt_tokens: 900,
  completion_tokens: 60,
  total_tokens: 960,
};
const RIGHT = "export const double = (n: number): number => n * 2;\n";
const TEST =
  `import { double } from "./double.ts";\n\nDeno.test("doubles three", () => {\n  const got = double(3);\n  if (got !== 6) throw new Error("double(3) is " + got);\n});\n`;
const SHELL = `cat > src/double.ts <<'END'\n${RIGHT}END\ncat > src/three_test.ts <<'END'\n${TEST}END\n`;

/** The environment of each, and what its model has it do, by the tools that it offers. */
const CASES: Readonly<
  Record<AgentId, {
    env: (url: string) => Record<string, string>;
    calls: (dir: string) => { name: string; arguments: string }[];
  }>
> = {
  claude: {
    env: (url) => ({ ANTHROPIC_API_KEY: KEY, ANTHROPIC_BASE_URL: url }),
    calls:
      () => [{ name: "Bash", arguments: JSON.stringify({ command: SHELL, description: "Write the files" }) }],
  },
  codex: {
    env: (url) => ({ OPENAI_API_KEY: KEY, OPENAI_BASE_URL: `${url}/v1` }),
    calls: () => [{ name: "exec_command", arguments: JSON.stringify({ cmd: SHELL }) }],
  },
  gemini: {
    env: (url) => ({ GEMINI_API_KEY: KEY, GEMINI_BASE_URL: `${url}/v1beta/openai` }),
    calls: () => [
      { name: "write_file", arguments: JSON.stringify({ file_path: "src/double.ts", content: RIGHT }) },
      { name: "write_file", arguments: JSON.stringify({ file_path: "src/three_test.ts", content: TEST }) },
    ],
  },
  opencode: {
    env: (url) => ({ ANTHROPIC_API_KEY: KEY, ANTHROPIC_BASE_URL: url }),
    calls:
      () => [{ name: "bash", arguments: JSON.stringify({ command: SHELL, description: "Write the files" }) }],
  },
};

const prefix = await installed();

for (const agent of Object.values(ADAPTERS)) {
  const program = prefix === null ? null : await exists(join(prefix, "node_modules", ".bin", agent.id));
  const why = !sandboxed ? "no sandbox here" : program === null ? "it could not be installed" : null;
  Deno.test({
    name: `${agent.name} ${agent.tested} writes a file that is judged${
      why === null ? "" : ` (skipped: ${why})`
    }`,
    ignore: why !== null,
    fn: () => work(agent, program ?? ""),
  });
}

async function work(agent: AgentAdapter, program: string): Promise<void> {
  const { env, calls } = CASES[agent.id];
  await using at = await room();
  const mock = new LLMock({ port: 0, host: "127.0.0.1", logLevel: "silent" });
  const asked: { tools: string[]; last: string }[] = [];
  const textOf = (content: unknown): string =>
    typeof content === "string" ? content : JSON.stringify(content ?? "");
  const isWork = (request: { messages: readonly { content?: unknown }[] }) =>
    request.messages.some(({ content }) => textOf(content).includes("You change files of a repository"));
  const isDone = (request: { messages: readonly { role: string }[] }) =>
    request.messages.some(({ role }) => role === "tool");
  mock.on({
    predicate: (request) => {
      asked.push({
        tools: (request.tools ?? []).map((tool) => JSON.stringify(tool).slice(0, 80)),
        last: textOf(request.messages.at(-1)?.content).slice(0, 400),
      });
      return false;
    },
  }, { content: "never" });
  mock.on({ predicate: (request) => isWork(request) && isDone(request) }, {
    content: "DONE\n- double doubles what it is given\n- a test of three",
    usage,
  });
  mock.on({ predicate: (request) => isWork(request) }, {
    toolCalls: calls("").map((call, index) => ({ ...call, id: `call_${index}` })),
    usage,
  });
  mock.on({ predicate: () => true }, { content: JSON.stringify({ findings: [], criteria: [] }), usage });
  await mock.start();
  const outside: Record<string, string> = {
    PATH: Deno.env.get("PATH") ?? "",
    [`FORGE_AGENT_${agent.id.toUpperCase()}`]: program,
    ...env(mock.url),
  };
  const it = await tiny(at, {});
  await it.service.close();
  const service = await compose({
    data: at.data,
    sandbox: "bwrap",
    workers: true,
    env: (name) => outside[name],
    report: () => {},
  });
  try {
    const started = performance.now();
    const taken = await service.submit({
      spec: it.spec().replace("implementer: model", "implementer: cli"),
      specName: "spec.md",
      repo: it.repo,
      agent: agent.id,
    }, ACTOR);
    assert.ok(taken.ok, JSON.stringify(taken));
    const document = await service.settled(taken.value.run);
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    const bundle = document.evidence?.path ?? "";
    assert.equal(
      document.status,
      "completed",
      JSON.stringify(
        { document, asked: asked.slice(0, 6), events: await told(service, taken.value.run) },
        null,
        1,
      ).slice(0, 12_000),
    );
    assert.match(await at.git(it.repo, "show", `${document.pullRequest?.branch}:src/double.ts`), /n \* 2/);
    const session = AgentSession.parse(
      JSON.parse(await Deno.readTextFile(join(bundle, "artifacts", await sessionFile(bundle)))),
    );
    assert.ok(session.complete);
    assert.ok(
      session.calls.some(({ tool, exit }) => tool.startsWith(`${agent.id}/`) && exit?.ok === true),
      JSON.stringify(session.calls),
    );
    for (const { tool, told } of session.calls.slice(1)) assert.equal(told, "claimed", tool);
    const seen = session.observed;
    assert.ok(seen !== undefined && seen.programs.length > 0 && seen.requests > 0, JSON.stringify(seen));
    assert.deepEqual(
      seen.written.filter((path) => path.startsWith("src/")),
      ["src/double.ts", "src/three_test.ts"],
      "what it wrote is seen from outside",
    );
    assert.ok(document.usage.costUsd > 0 && document.usage.tokensOut > 0, JSON.stringify(document.usage));
    for await (const text of everything(at.dir)) assert.ok(!text.includes(KEY), "the key was written down");
    console.log(
      `${agent.name} ${session.agent}: ${
        session.calls.length - 1
      } tool calls, ${asked.length} requests, run ${seconds} s, implementer ${
        ((Date.parse(session.endedAt) - Date.parse(session.startedAt)) / 1000).toFixed(1)
      } s, ${document.usage.costUsd} USD; seen: ${seen.programs.join(" ")}, ${seen.unrouted} unrouted`,
    );
  } finally {
    await service.close();
    await mock.stop();
  }
}

async function told(service: Awaited<ReturnType<typeof compose>>, run: string): Promise<unknown> {
  const events = await service.events(run, { limit: 5000 });
  return events.map((event) => JSON.stringify(event).slice(0, 600)).filter((text) =>
    !/model.chosen/.test(text)
  ).slice(-14);
}

async function sessionFile(bundle: string): Promise<string> {
  for await (const { name } of Deno.readDir(join(bundle, "artifacts"))) {
    if (name.startsWith("agent-session")) return name;
  }
  throw new Error("no log of a session is in the bundle");
}

/** Installs the exact versions with npm, away from everything else. Null when that does not work. */
async function installed(): Promise<string | null> {
  const given = Deno.env.get("FORGE_CLI_PREFIX");
  if (given !== undefined && given !== "") return given;
  const dir = await Deno.makeTempDir({ prefix: "forge-cli-" });
  globalThis.addEventListener("unload", () => Deno.removeSync(dir, { recursive: true }));
  const packages = Object.values(ADAPTERS).map((agent) => `${agent.package}@${agent.tested}`);
  console.log(`installing ${packages.join(", ")}`);
  const done = await new Deno.Command("npm", {
    args: ["install", "--prefix", dir, "--no-audit", "--no-fund", "--loglevel", "error", ...packages],
    signal: AbortSignal.timeout(600_000),
  }).output().catch(() => null);
  if (done?.success === true) return dir;
  console.log(
    `npm cannot install them: ${new TextDecoder().decode(done?.stderr ?? new Uint8Array()).slice(0, 500)}`,
  );
  return null;
}

async function exists(path: string): Promise<string | null> {
  return await Deno.stat(path).then(() => path, () => null);
}

async function* everything(dir: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(dir)) {
    const path = `${dir}/${entry.name}`;
    if (entry.isDirectory) yield* everything(path);
    else if (entry.isFile) yield new TextDecoder("latin1").decode(await Deno.readFile(path));
  }
}
