/**
 * Whole runs whose implementer is a model: recorded over the wire of a provider, then played from the cassette on another
 * installation without a key. What the model does wrong ends in its class and strategy both ways.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { MODEL_DIALECTS, sse, wireServer } from "../../connectors/testing/mod.ts";
import { type Room, room } from "./samples.ts";

const KEY = "sk-ant-canary-0123456789abcdef";
const [dialect] = MODEL_DIALECTS;
assert.ok(dialect);

const edit = (body: string): string =>
  `src/double.ts\n<<<<<<< SEARCH\nexport const double = (n: number): number => n + 1;\n=======\n` +
  `export const double = (n: number): number => ${body};\n>>>>>>> REPLACE\n`;
const wholeFile = (path: string, text: string): string => `${path}\n<<<<<<< FILE\n${text}>>>>>>> FILE\n`;
const TEST = wholeFile(
  "src/three_test.ts",
  `import { double } from "./double.ts";\n\nDeno.test("doubles three", () => {\n  const got = double(3);\n` +
    "  if (got !== 6) throw new Error(`double(3) is ${got}`);\n});\n",
);
const again = (body: string): string =>
  wholeFile("src/double.ts", `export const double = (n: number): number => ${body};\n`);
const DONE = "DONE\n- double multiplies by two\n- a test doubles three\n";

async function repository(at: Room, name: string): Promise<string> {
  const repo = join(at.dir, name);
  await Deno.mkdir(join(repo, "src"), { recursive: true });
  const files = {
    "deno.json": "{}\n",
    "src/double.ts": "export const double = (n: number): number => n + 1;\n",
    "src/double_test.ts":
      `import { double } from "./double.ts";\n\nDeno.test("doubles one", () => {\n  if (double(1) !== 2) throw new Error("no");\n});\n`,
  };
  for (const [path, text] of Object.entries(files)) await Deno.writeTextFile(join(repo, path), text);
  await at.git(repo, "init", "-q", "-b", "main");
  await at.git(repo, "add", "-A");
  await at.git(repo, "commit", "-qm", "tiny");
  return repo;
}

const SPEC =
  `---\ntitle: Double what is given\nintent: { type: UPDATE, scope: ["src/**"] }\ntier: best-effort\nimplementer: model\n` +
  `verify: { run: [["deno", "test", "-A", "--no-check"]], tests: ["src/**/*_test.ts"] }\nbudget: { usd: 2, tokens: 2000000, repairs: 2 }\n---\nDouble it\n`;

/** Where a conversation stands: how many answers it has had, and whether it is about a change that was sent back. */
interface Stand {
  readonly answers: number;
  readonly repair: boolean;
}

/** What is asked of a reviewer is answered as a reviewer does, whatever the script says. */
const REVIEW = JSON.stringify({ criteria: [], findings: [] });

/** Runs a spec against a provider that says what a script says, and again from the recording of it. */
async function twice(says: (stand: Stand) => string) {
  await using at = await room();
  const spec = await at.write("spec.md", SPEC);
  const tape = join(at.dir, "tape.json");
  await using server = wireServer(({ body: { system, messages } }) => {
    const turns = Array.isArray(messages) ? messages : [];
    const stand = {
      answers: (turns.length - 1) / 2,
      repair: JSON.stringify(turns[0]).includes("REPAIR, round"),
    };
    const text = JSON.stringify(system).includes("You review a change") ? REVIEW : says(stand);
    return sse(dialect?.events({ text }) ?? []);
  });
  Object.assign(at.env, {
    ANTHROPIC_API_KEY: KEY,
    ANTHROPIC_BASE_URL: server.url,
    FORGE_CASSETTE: `record:${tape}`,
  });
  const live = await at.forge("run", spec, "--repo", await repository(at, "one"));
  const written = await Deno.readTextFile(tape);
  const asked = server.seen.length;
  delete at.env.ANTHROPIC_API_KEY;
  delete at.env.ANTHROPIC_BASE_URL;
  at.env.FORGE_CASSETTE = `replay:${tape}`;
  const played = await at.forge(
    "run",
    spec,
    "--repo",
    await repository(at, "two"),
    "--data",
    join(at.dir, "other"),
  );
  assert.equal(server.seen.length, asked, "a recording asks nobody");
  assert.ok(!written.includes(KEY));
  const bundle = played.document.evidence === null ? "" : await allText(played.document.evidence.path);
  assert.ok(!bundle.includes(KEY));
  return { live: live.document, played: played.document, asked, bundle, seen: server.seen };
}

async function allText(dir: string): Promise<string> {
  let text = "";
  for await (const one of Deno.readDir(dir)) {
    const path = join(dir, one.name);
    text += one.isDirectory ? await allText(path) : await Deno.readTextFile(path);
  }
  return text;
}

Deno.test("a malformed edit is sent again, a wrong change is repaired, and the pull request says that a recording made it", async () => {
  const { live, played, bundle, seen } = await twice(({ answers, repair }) => {
    if (repair) return answers === 0 ? again("n * 2") : DONE;
    if (answers === 0) return edit("n * 2").replace("n + 1", "n + 7");
    return answers === 1 ? `${again("n * 3")}${TEST}` : DONE;
  });
  assert.equal(live.status, "completed", JSON.stringify(live, null, 2));
  assert.match(
    JSON.stringify(seen[1]?.body.messages),
    /n \+ 7/,
    "the model is told which block was not found",
  );
  assert.equal(live.usage.repairs, 1);
  assert.ok(live.usage.costUsd > 0);
  assert.equal(played.status, "completed", JSON.stringify(played, null, 2));
  assert.deepEqual([played.usage.tokensIn, played.usage.tokensOut, played.usage.costUsd], [
    live.usage.tokensIn,
    live.usage.tokensOut,
    live.usage.costUsd,
  ]);
  assert.match(bundle, /"recording":\s*true/);
  assert.doesNotMatch(bundle, /"recording":\s*false/);
  assert.match(bundle, /as a recording/, "the body of the pull request says it, too");
});

Deno.test("work that is claimed and not done is no change: the run ends at a human, live and from the recording", async () => {
  const { live, played } = await twice(() => DONE);
  for (const one of [live, played]) {
    assert.equal(one.status, "escalated", JSON.stringify(one, null, 2));
    assert.deepEqual([one.phase, one.failure?.class, one.failure?.source], [
      "implement",
      "agent-error",
      "provider",
    ]);
    assert.match(one.failure?.message ?? "", /claims to be done, and nothing is changed/);
    assert.equal(one.pullRequest, null);
  }
});

Deno.test("a change that stays wrong ends at a human with what was tried, live and from the recording", async () => {
  const { live, played } = await twice(({ answers, repair }) =>
    answers === 0 && !repair ? `${edit("n * 3")}${TEST}` : DONE
  );
  for (const one of [live, played]) {
    assert.equal(one.status, "escalated", JSON.stringify(one, null, 2));
    assert.equal(one.phase, "verify");
    assert.equal(one.usage.repairs, 2);
    assert.ok(one.denials.length > 0);
    assert.equal(one.pullRequest, null);
  }
});
