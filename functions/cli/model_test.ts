import assert from "node:assert/strict";
import { join } from "node:path";
import { ModelChoice, ModelList } from "../../specs/code/mod.ts";
import { dispatch } from "./dispatch.ts";
import { recorder } from "../tests/recorder.ts";

const KEY = "sk-canary-4711";

/** Runs one command over a data directory of its own, with a key of Anthropic set. */
async function forge(args: readonly string[], data: string, env: Record<string, string> = {}, keys = true) {
  const known: Record<string, string> = { ...(keys ? { ANTHROPIC_API_KEY: KEY } : {}), ...env };
  const io = recorder("/", { env: (name) => known[name] });
  const exit = await dispatch([...args, "--data", data, "--json"], io);
  assert.ok(!io.stdout.includes(KEY) && !io.stderr.includes(KEY), "a key is shown");
  return { exit, document: JSON.parse(io.stdout) };
}

async function withData(use: (data: string) => Promise<void>): Promise<void> {
  const data = await Deno.makeTempDir();
  try {
    await use(data);
  } finally {
    await Deno.remove(data, { recursive: true });
  }
}

Deno.test("model list shows every model with its price and whether it can be asked; filters that are wrong exit 2", () =>
  withData(async (data) => {
    const { exit, document } = await forge(["model", "list"], data);
    assert.equal(exit, 0);
    const { models } = ModelList.parse(document);
    assert.ok(models.length >= 16);
    assert.ok(models.every(({ model, available }) => available === (model.provider === "anthropic")));
    const one = ModelList.parse((await forge(["model", "list", "--provider", "openai"], data)).document);
    assert.ok(one.models.length > 0 && one.models.every(({ model }) => model.provider === "openai"));
    assert.equal((await forge(["model", "list", "--provider", "nobody"], data)).exit, 2);
    assert.equal((await forge(["model", "list", "--task", "bogus"], data)).exit, 2);
    assert.deepEqual([...Deno.readDirSync(data)], [], "a reading command leaves nothing");
  }));

Deno.test("model show takes exact names only, and names the nearest", () =>
  withData(async (data) => {
    const shown = await forge(["model", "show", "claude-haiku-5-5"], data);
    assert.equal(shown.exit, 0);
    assert.equal(shown.document.model.prices[0].tiers.length, 2);
    const near = await forge(["model", "show", "claude-haiku-5"], data);
    assert.equal(near.exit, 2);
    assert.match(near.document.error.remedy, /claude-haiku-5-5/);
  }));

Deno.test("model choose exits 0 with a choice, 1 with the reasons when none is fit, 2 for a task that is none", () =>
  withData(async (data) => {
    const chosen = await forge(["model", "choose", "--task", "validation", "--budget", "1"], data);
    assert.equal(chosen.exit, 0);
    assert.equal(ModelChoice.parse(chosen.document).provider, "anthropic");
    const cheap = await forge(["model", "choose", "--task", "execution", "--budget", "0.02"], data);
    assert.equal(cheap.document.model, "claude-haiku-5-5");
    const poor = await forge(["model", "choose", "--task", "execution", "--budget", "0"], data);
    assert.equal(poor.exit, 1);
    assert.equal(ModelChoice.parse(poor.document).model, null);
    assert.match(poor.document.reasons.join(), /no model is fit/);
    assert.equal((await forge(["model", "choose", "--task", "privacy-sensitive"], data)).exit, 1);
    const local = await forge(["model", "choose", "--task", "privacy-sensitive"], data, {
      OLLAMA_HOST: "127.0.0.1",
    });
    assert.equal(local.document.provider, "ollama");
    for (
      const wrong of [["--task", "bogus"], [], ["--task", "execution", "--budget", "-1"], [
        "--task",
        "execution",
        "--prompt-tokens",
        "x",
      ]]
    ) {
      assert.equal((await forge(["model", "choose", ...wrong], data)).exit, 2, wrong.join(" "));
    }
  }));

Deno.test("before there is any key, model choose says which model it would be, that it is not available, and what that takes", () =>
  withData(async (data) => {
    const wished = await forge(["model", "choose", "--task", "execution"], data, {}, false);
    assert.equal(wished.exit, 0);
    const choice = ModelChoice.parse(wished.document);
    assert.equal(choice.available, false);
    assert.match(choice.reasons.join(), /_API_KEY is not set/);
    const local = await forge(["model", "choose", "--task", "privacy-sensitive"], data, {}, false);
    assert.equal(local.document.provider, "ollama");
    assert.equal((await forge(["model", "choose", "--task", "execution"], data)).document.available, true);
  }));

Deno.test("model update takes a file in once, refuses a past price with exit 1 and a wrong file with exit 2", () =>
  withData(async (data) => {
    const { document: { model } } = await forge(["model", "show", "kimi-k3"], data);
    const file = join(data, "prices.json");
    const write = (value: unknown) => Deno.writeTextFile(file, JSON.stringify(value));
    const next = { ...model.prices[0], from: "2099-01-01T00:00:00.000Z", until: null };
    await write({ v: 1, updatedOn: "2026-11-23", models: [{ ...model, prices: [next] }] });
    const dry = await forge(["model", "update", "--from", file, "--dry-run"], data);
    assert.deepEqual([dry.exit, dry.document.changes.length, dry.document.dryRun], [0, 1, true]);
    assert.equal((await forge(["model", "show", "kimi-k3"], data)).document.model.prices.length, 1);
    assert.equal((await forge(["model", "update", "--from", file], data)).exit, 0);
    assert.equal((await forge(["model", "show", "kimi-k3"], data)).document.model.prices.length, 2);
    const past = { ...model.prices[0], tiers: [{ ...model.prices[0].tiers[0], input: 1 }] };
    await write({ v: 1, updatedOn: "2026-11-23", models: [{ ...model, prices: [past] }] });
    const refused = await forge(["model", "update", "--from", file], data);
    assert.deepEqual([refused.exit, refused.document.error.code], [1, "past-price"]);
    await write({ v: 1 });
    assert.equal((await forge(["model", "update", "--from", file], data)).exit, 2);
    assert.equal((await forge(["model", "update", "--from", join(data, "nowhere")], data)).exit, 2);
    assert.equal((await forge(["model", "update"], data)).exit, 2);
  }));

Deno.test("a models.yaml that cannot be used is told with exit 2 and what is wrong", () =>
  withData(async (data) => {
    await Deno.writeTextFile(join(data, "models.yaml"), "endpoints: [{ id: lab, baseUrl: ftp://a }]");
    const { exit, document } = await forge(["model", "list"], data);
    assert.equal(exit, 2);
    assert.match(JSON.stringify(document.error), /baseUrl/);
  }));

Deno.test("doctor names keys and what each class of tasks would use, and warns of old prices", () =>
  withData(async (data) => {
    const { document } = await forge(["doctor"], data);
    const check = (name: string) => document.checks.find((one: { name: string }) => one.name === name);
    assert.match(check("models").detail, /anthropic by ANTHROPIC_API_KEY/);
    assert.equal(document.models.use["privacy-sensitive"], null);
    for (const task of ["thinking-heavy", "execution", "validation"]) {
      assert.match(document.models.use[task], /^claude-/);
    }
    assert.equal(document.models.prices.old, document.models.prices.ageDays > 45);
    assert.equal(check("prices").ok, !document.models.prices.old);
  }));

Deno.test("doctor tells of a key or an address that is set and cannot be used, and of none that nobody has set", () =>
  withData(async (data) => {
    const broken = async (env: Record<string, string>) =>
      (await forge(["doctor"], data, env)).document.checks.find((one: { name: string }) =>
        one.name === "model keys"
      );
    assert.equal(await broken({}), undefined);
    const found = await broken({
      OPENAI_API_KEY: "two words",
      GEMINI_API_KEY: "k",
      GEMINI_BASE_URL: "http://elsewhere.example",
    });
    assert.equal(found.ok, false);
    assert.match(found.detail, /openai: OPENAI_API_KEY cannot be used/);
    assert.match(found.detail, /google: GEMINI_BASE_URL cannot be used/);
    assert.doesNotMatch(found.detail, /two words|DEEPSEEK/);
  }));
