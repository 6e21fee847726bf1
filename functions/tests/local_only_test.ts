/** A spec of which nothing may leave the machine begins no run where no model runs on it. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { MODEL_DIALECTS, sse, wireServer } from "../../connectors/testing/mod.ts";
import { compose } from "../compose.ts";
import { createApp, keyRing } from "../http/mod.ts";
import { type Room, room, sandboxed } from "./samples.ts";

const CONSTRAINT = 'constraints: ["Local models only"]\n';
const SPEC = (more = "") =>
  `---\ntitle: Double what is given\nintent: { type: UPDATE, scope: ["src/**"] }\ntier: best-effort\nimplementer: model\nworkflow: quick-fix\n` +
  `verify: { run: [["deno", "test", "-A", "--no-check"]], tests: ["src/**/*_test.ts"] }\n${more}---\nDouble it\n`;
const file = (path: string, text: string): string => `${path}\n<<<<<<< FILE\n${text}>>>>>>> FILE\n`;
const test = (given: number, wanted: number): string =>
  `import { double } from "./double.ts";\n\nDeno.test("doubles ${given}", () => {\n  if (double(${given}) !== ${wanted}) throw new Error("no");\n});\n`;

async function repository(at: Room): Promise<string> {
  const repo = join(at.dir, "repo");
  await Deno.mkdir(join(repo, "src"), { recursive: true });
  await Deno.writeTextFile(
    join(repo, "src/double.ts"),
    "export const double = (n: number): number => n + 1;\n",
  );
  await Deno.writeTextFile(join(repo, "src/double_test.ts"), test(1, 2));
  await at.git(repo, "init", "-q", "-b", "main");
  await at.git(repo, "add", "-A");
  await at.git(repo, "commit", "-qm", "tiny");
  return repo;
}

Deno.test("no local model: exit 2 with what to do and no run, whichever agent is to implement it; other specs and implementers go on", async () => {
  await using at = await room();
  await using hosted = wireServer(() => new Response(null, { status: 500 }));
  const repo = await repository(at);
  Object.assign(at.env, { ANTHROPIC_API_KEY: "sk-canary-1", ANTHROPIC_BASE_URL: hosted.url });
  const spec = await at.write("spec.md", SPEC(CONSTRAINT));
  for (const implementer of ["model", "cli"]) {
    const refused = await at.forge("run", spec, "--repo", repo, "--implementer", implementer);
    assert.equal(refused.exit, 2, JSON.stringify(refused.document));
    const { error } = refused.document;
    assert.equal(error?.code, "no-model");
    assert.match(error?.message ?? "", /nothing of this spec may leave the machine/);
    assert.match(error?.remedy ?? "", /OLLAMA_HOST|locality: local/);
  }
  const runs = await at.forge("workflow", "list");
  assert.deepEqual((runs.document as unknown as { runs: unknown[] }).runs, []);
  assert.equal(hosted.seen.length, 0, "it was sent away");
  const codemod = await at.forge("run", spec, "--repo", repo, "--implementer", "codemod");
  assert.notEqual(codemod.exit, 2, JSON.stringify(codemod.document));
});

Deno.test("over HTTP it is 422 with the same words", async () => {
  await using at = await room();
  const repo = await repository(at);
  const service = await compose({
    data: at.data,
    sandbox: sandboxed ? "bwrap" : "none",
    workers: false,
    env: (name) => name === "OPENAI_API_KEY" ? "sk-canary-1" : undefined,
    report: () => {},
  });
  try {
    const keys = keyRing();
    const key = await keys.ephemeral("operator");
    assert.ok(key.ok);
    const app = createApp({ service, keys, allowedHosts: ["localhost"], loopback: true, version: "0.0.0" });
    const answer = await app.request(`/v1/runs?repo=${encodeURIComponent(repo)}`, {
      method: "POST",
      headers: {
        "host": "localhost",
        "authorization": `Bearer ${key.value}`,
        "content-type": "text/markdown",
      },
      body: SPEC(CONSTRAINT),
    });
    const problem = await answer.json();
    assert.equal(answer.status, 422, JSON.stringify(problem));
    assert.match(problem.detail, /nothing of this spec may leave the machine/);
    assert.match(problem.remedy, /OLLAMA_HOST/);
    assert.deepEqual((await service.list({ limit: 10 })).runs, []);
  } finally {
    await service.close();
  }
});

Deno.test("a local model does the work, and a hosted one beside it is never told anything", async () => {
  await using at = await room();
  const chat = MODEL_DIALECTS.find(({ wire }) => wire === "openai-chat");
  assert.ok(chat);
  await using hosted = wireServer(() => new Response(null, { status: 500 }));
  await using local = wireServer(({ body: { messages } }) => {
    const said = JSON.stringify(messages);
    const text = said.includes("You review a change")
      ? JSON.stringify({ criteria: [], findings: [] })
      : said.includes(": made") || said.includes("since you last ran")
      ? "DONE\n- double multiplies by two\n"
      : file("src/double.ts", "export const double = (n: number): number => n * 2;\n") +
        file("src/three_test.ts", test(3, 6));
    return sse(chat.events({ text }));
  });
  const repo = await repository(at);
  Object.assign(at.env, {
    OPENAI_API_KEY: "sk-canary-1",
    OPENAI_BASE_URL: `${hosted.url}/v1`,
    OLLAMA_HOST: local.url,
  });
  const run = await at.forge("run", await at.write("spec.md", SPEC(CONSTRAINT)), "--repo", repo);
  assert.equal(run.document.status, "completed", JSON.stringify(run.document, null, 2));
  assert.equal(hosted.seen.length, 0);
  assert.ok(local.seen.length > 1);
});
