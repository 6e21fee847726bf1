/** The implementer `cli` through the whole factory: a scripted program behind the walls, an emulator of its provider on loopback. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { LLMock } from "@copilotkit/aimock";
import { AgentSession, CreateRun } from "../../specs/code/mod.ts";
import { compose } from "../compose.ts";
import { type Room, room, sandboxed } from "./samples.ts";
import { ACTOR, tiny } from "./scripted.ts";

const KEY = "sk-ant-canary-5b1d9c3e7f2a8064";
const usage = { input_tokens: 900, output_tokens: 60 };

/** Speaks like Claude Code: asks its model once, and writes the files that the answer names. */
const PROGRAM = `#!/usr/bin/env -S deno run -A --no-config --no-lock
import { readFileSync, writeFileSync } from "node:fs";
if (Deno.args.includes("--version")) { console.log("3.2.1"); Deno.exit(0); }
const prompt = readFileSync(0, "utf8");
const answer = await fetch(Deno.env.get("ANTHROPIC_BASE_URL") + "/v1/messages", {
  method: "POST",
  headers: { "x-api-key": Deno.env.get("ANTHROPIC_API_KEY"), "content-type": "application/json" },
  body: JSON.stringify({ model: "m", max_tokens: 2000, messages: [{ role: "user", content: prompt }] }),
});
const said = JSON.parse((await answer.json()).content[0].text);
const say = (event) => console.log(JSON.stringify(event));
for (const [path, text] of Object.entries(said.files)) {
  writeFileSync(path, text);
  say({ type: "assistant", message: { content: [{ type: "tool_use", id: path, name: "Write", input: { file_path: path } }] } });
  say({ type: "user", message: { content: [{ type: "tool_result", tool_use_id: path, content: "written" }] } });
}
say({ type: "result", subtype: "success", is_error: false, result: "DONE\\n- double doubles", permission_denials: [] });
`;

const double = (body: string) => `export const double = (n: number): number => ${body};\n`;
const TEST =
  `import { double } from "./double.ts";\n\nDeno.test("doubles three", () => {\n  const got = double(3);\n  if (got !== 6) throw new Error(\`double(3) is \${got}\`);\n});\n`;
const files = (body: string) =>
  JSON.stringify({ files: { "src/double.ts": double(body), "src/three_test.ts": TEST } });

async function installation(at: Room, env: Record<string, string>) {
  const it = await tiny(at, {});
  await it.service.close();
  const service = await compose({
    data: at.data,
    sandbox: sandboxed ? "bwrap" : "none",
    workers: true,
    env: (name) => env[name],
    report: () => {},
  });
  return { it, service, spec: it.spec().replace("implementer: model", "implementer: cli") };
}

Deno.test({
  name:
    `a program that is wrong and then right opens a pull request, judged with its session, and its key is nowhere${
      sandboxed ? "" : " (skipped: bubblewrap does not work here)"
    }`,
  ignore: !sandboxed,
  async fn() {
    await using at = await room();
    const mock = new LLMock({ port: 0, host: "127.0.0.1", logLevel: "silent" });
    const said = (request: { messages: readonly { content?: unknown }[] }) =>
      request.messages.map(({ content }) => typeof content === "string" ? content : JSON.stringify(content))
        .join("\n");
    const on = (applies: (text: string) => boolean, content: string) =>
      mock.on({ predicate: (request) => applies(said(request)) }, { content, usage });
    on((text) => text.includes("REPAIR, round"), files("n * 2"));
    on((text) => text.includes("You change files of a repository"), files("n * 3"));
    on(() => true, JSON.stringify({ findings: [], criteria: [] }));
    await mock.start();
    await Deno.mkdir(join(at.dir, "bin"));
    await Deno.writeTextFile(join(at.dir, "bin", "claude"), PROGRAM, { mode: 0o755 });
    const { it, service, spec } = await installation(at, {
      PATH: join(at.dir, "bin"),
      ANTHROPIC_API_KEY: KEY,
      ANTHROPIC_BASE_URL: mock.url,
    });
    try {
      const taken = await service.submit({ spec, specName: "spec.md", repo: it.repo }, ACTOR);
      assert.ok(taken.ok, JSON.stringify(taken));
      const document = await service.settled(taken.value.run);
      assert.equal(document.status, "completed", JSON.stringify(document, null, 2));
      assert.equal(document.usage.repairs, 1);
      assert.ok(document.usage.costUsd > 0);
      assert.match(await at.git(it.repo, "show", `${document.pullRequest?.branch}:src/double.ts`), /n \* 2/);
      const bundle = join(document.evidence?.path ?? "", "artifacts");
      const sessions: AgentSession[] = [];
      for await (const { name } of Deno.readDir(bundle)) {
        if (name.startsWith("agent-session")) {
          sessions.push(AgentSession.parse(JSON.parse(await Deno.readTextFile(join(bundle, name)))));
        }
      }
      assert.ok(sessions.length > 0 && sessions.every(({ agent }) => agent.startsWith("claude 3.2.1: ")));
      for await (const text of everything(at.dir)) assert.ok(!text.includes(KEY), "the key was written down");
    } finally {
      await service.close();
      await mock.stop();
    }
  },
});

Deno.test("without a program, without a key, or with a name that nobody knows, a run by cli is refused with what to do", async () => {
  await using at = await room();
  const { it, service, spec } = await installation(at, { PATH: join(at.dir, "nothing") });
  try {
    const submit = (more: Record<string, string>) =>
      service.submit({ spec, specName: "spec.md", repo: it.repo, ...more }, ACTOR);
    const refused = async (more: Record<string, string>) => {
      const taken = await submit(more);
      assert.ok(!taken.ok);
      return `${taken.error.code}: ${taken.error.message}. ${taken.error.remedy}`;
    };
    const walls = sandboxed ? "" : "no-walls";
    assert.match(await refused({}), new RegExp(walls || "^no-agent: .*npm install -g"));
    assert.match(
      await refused({ agent: "codex" }),
      new RegExp(walls || "no-agent: Codex is not here.*npm install -g @openai/codex@"),
    );
    assert.match(
      await refused({ agent: "nobody" }),
      /no-agent: There is no agent 'nobody'.*claude, codex, gemini, opencode/,
    );
    assert.match(
      await refused({ agent: "codex", implementer: "codemod" }),
      /usage: .*the implementer is 'codemod'/,
    );
    assert.match(await refused({ implementer: "other" }), /usage: There is no implementer 'other'/);
  } finally {
    await service.close();
  }
});

Deno.test("a request over HTTP names the implementer and its agent; an agent that nobody knows is refused", () => {
  const request = { spec: "x", repo: "https://example.org/a.git", implementer: "cli" };
  assert.ok(CreateRun.safeParse({ ...request, agent: "codex" }).success);
  assert.ok(!CreateRun.safeParse({ ...request, agent: "nobody" }).success);
});

async function* everything(dir: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(dir)) {
    const path = `${dir}/${entry.name}`;
    if (entry.isDirectory) yield* everything(path);
    else if (entry.isFile) yield new TextDecoder("latin1").decode(await Deno.readFile(path));
  }
}
