import assert from "node:assert/strict";
import { join } from "node:path";
import { builtInRegistry, findModel } from "../connectors/models/mod.ts";
import { modelDirectory } from "./model_directory.ts";

const AT = "2026-11-23T12:00:00.000Z";

async function withData(
  use: (data: string) => Promise<void>,
  files: Record<string, string> = {},
): Promise<void> {
  const data = await Deno.makeTempDir();
  try {
    for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(join(data, name), text);
    await use(data);
  } finally {
    await Deno.remove(data, { recursive: true });
  }
}

const available = async (data: string, env: Record<string, string>) => {
  const { providers, fault } = await modelDirectory(data, () => env).source();
  assert.equal(fault, undefined);
  return Object.fromEntries(providers.map(({ id, available }) => [id, available]));
};

Deno.test("a key alone makes its provider available, and no provider holds the key where anybody sees it", () =>
  withData(async (data) => {
    const found = await available(data, { ANTHROPIC_API_KEY: "sk-canary-1" });
    assert.equal(found.anthropic?.ok, true);
    assert.equal(found.openai?.ok, false);
    assert.ok(!JSON.stringify(found).includes("canary"));
    assert.match(JSON.stringify(found.anthropic), /ANTHROPIC_API_KEY/);
  }));

Deno.test("models.yaml adds an endpoint with its models; a variable that is not set is told by name", () =>
  withData(async (data) => {
    const models = modelDirectory(data, () => ({ LAB_KEY: "canary-2" }));
    const { registry, providers, local, allow } = await models.source();
    assert.deepEqual(providers.find(({ id }) => id === "lab")?.available.ok, true);
    assert.equal(findModel(registry, "lab-coder")?.wire, "openai-chat");
    assert.deepEqual(local, ["lab"]);
    assert.deepEqual(allow, ["lab-coder"]);
    const without = await available(data, {});
    assert.ok(without.lab?.ok === false && /LAB_KEY is not set/.test(without.lab.why));
  }, {
    "models.yaml": [
      "endpoints:",
      "  - { id: lab, baseUrl: 'http://127.0.0.1:9/v1', key: 'env:LAB_KEY', locality: local }",
      "models:",
      "  - { id: lab-coder, provider: lab, contextTokens: 64000 }",
      "allow: [lab-coder]",
    ].join("\n"),
  }));

Deno.test("a server counts as on this machine by its address, not by a word in a file", () =>
  withData(async (data) => {
    const local = async (env: Record<string, string>) =>
      (await modelDirectory(data, () => env).source()).local;
    assert.deepEqual(await local({ OLLAMA_HOST: "127.0.0.1:11434" }), ["ollama"]);
    assert.deepEqual(await local({ OLLAMA_HOST: "http://big.example:11434" }), []);
  }, {
    "models.yaml": "endpoints: [{ id: far, baseUrl: 'https://far.example/v1', locality: local }]",
  }));

Deno.test("settings that cannot be used stop every model, and say what is wrong without the value", async () => {
  const wrong = [
    "endpoints: [{ id: lab, baseUrl: 'https://a', key: 'sk-canary-3' }]",
    "endpoints: [{ id: lab, baseUrl: 'https://user:canary@a' }]",
    "models: 5",
    "unknown: 1",
    "a: [",
    "a: &a [*a]",
  ];
  for (const text of wrong) {
    await withData(async (data) => {
      const { providers, fault = "" } = await modelDirectory(data, () => ({ OPENAI_API_KEY: "x" })).source();
      assert.deepEqual(providers, [], text);
      assert.match(fault, /models\.yaml/);
      assert.ok(!fault.includes("canary"), fault);
    }, { "models.yaml": text });
  }
});

Deno.test("an update is kept, audited with who, when and the digest, and read again; a dry run leaves nothing", () =>
  withData(async (data) => {
    const [first] = (await builtInRegistry()).models;
    assert.ok(first !== undefined);
    const prices = [{ ...first.prices.at(-1), from: "2027-03-01T00:00:00.000Z", until: null }];
    const text = JSON.stringify({ v: 1, updatedOn: "2026-11-23", models: [{ ...first, prices }] });
    const models = modelDirectory(data, () => ({}));
    const how = { by: "ada", at: AT, dryRun: true, origin: "prices.json" };
    const dry = await models.update(text, how);
    assert.ok(dry.ok && dry.value.changes.length === 1);
    assert.deepEqual([...Deno.readDirSync(data)], []);
    const updated = await models.update(text, { ...how, dryRun: false });
    assert.ok(updated.ok);
    const audit = JSON.parse(await Deno.readTextFile(join(data, "audit.jsonl")));
    assert.deepEqual([audit.action, audit.actor, audit.object], [
      "model.update",
      "ada",
      updated.value.digest,
    ]);
    assert.match(audit.at, /^\d{4}-/);
    if (Deno.build.os !== "windows") {
      assert.equal((Deno.statSync(join(data, "models.json")).mode ?? 0) & 0o077, 0);
    }
    const read = await modelDirectory(data, () => ({})).registry();
    assert.ok(read.ok);
    assert.equal(findModel(read.value, first.id)?.prices.at(-1)?.from, "2027-03-01T00:00:00.000Z");
    assert.equal(read.value.models.length, (await builtInRegistry()).models.length);
    const again = await models.update(text, { ...how, dryRun: false });
    assert.ok(again.ok && again.value.changes.length === 0);
    assert.equal((await Deno.readTextFile(join(data, "audit.jsonl"))).trim().split("\n").length, 1);
  }));

Deno.test("a registry file of the data directory that was damaged stops every model", () =>
  withData(async (data) => {
    const { fault } = await modelDirectory(data, () => ({ OPENAI_API_KEY: "x" })).source();
    assert.match(fault ?? "", /models\.json/);
  }, { "models.json": '{"v":1' }));
