import assert from "node:assert/strict";
import { type Room, room } from "./samples.ts";

const DAY = 86_400_000;
const manifest = (more: Record<string, unknown>): string =>
  JSON.stringify({
    apiVersion: "delivery.policy/v1",
    name: "acme/data",
    version: "1.0.0",
    revision: 1,
    notBefore: new Date(Date.now() - DAY).toISOString(),
    expiresAt: new Date(Date.now() + 30 * DAY).toISOString(),
    ...more,
  });
/** A rule over what was staged: no load of more than so many rows. */
const most = (rows: number, more: Record<string, unknown> = {}) => ({
  id: "FEW",
  gate: "few-rows",
  layer: "L2",
  phases: ["assure->publish"],
  kind: "cel",
  expr: `facts.data.streams.all(s, s.counts.accepted <= ${rows})`,
  severity: "medium",
  message: "Too many rows",
  remediation: { text: "Load less" },
  ...more,
});

async function install(at: Room, folder: string, text: string) {
  const dir = `${at.dir}/${folder}`;
  await Deno.mkdir(dir, { recursive: true });
  await Deno.writeTextFile(`${dir}/pack.yaml`, text);
  await at.forge("init", "--user", "ada");
  const signed = await at.forge("policy", "sign", dir, "--untested");
  if (signed.exit !== 0) return signed;
  return await at.forge("policy", "install", dir);
}

async function orders(at: Room, packs = "acme/data") {
  await at.write("orders.csv", "id,amount\n1,5\n2,7\n");
  const pipeline = await at.write(
    "orders.yaml",
    `id: orders\npacks: [${packs}]\nstreams:\n  - id: orders\n` +
      "    source: { connector: file, resource: csv, params: { path: orders.csv } }\n    primaryKey: [id]\n" +
      "    write: { disposition: merge, sink: lake, table: orders }\n",
  );
  const env = await at.write("env.yaml", "name: test\nsinks: { lake: { type: jsonl, path: lake } }\n");
  return () => at.forge("etl", "run", pipeline, "--env", env);
}

const rules = (run: Awaited<ReturnType<Room["forge"]>>) => run.document.denials.map(({ rule }) => rule);

Deno.test("a rule of an installed pack reads the facts of what was staged, and the decision names the pack that the run was pinned to", async () => {
  await using at = await room();
  const run = await orders(at);
  assert.equal((await install(at, "one", manifest({ rules: [most(1)] }))).exit, 0);
  const denied = await run();
  assert.deepEqual([denied.exit, denied.document.status, ...rules(denied)], [1, "denied", "acme/data/FEW"]);
  const explained = await at.forge("policy", "explain", denied.document.run);
  const { decisions } = explained.document as unknown as { decisions: { packs: string[] }[] };
  for (const { packs } of decisions) assert.match(packs.join(" "), /acme\/data@1\.0\.0 sha256:/);
  // The next release: its shadow is told and holds nothing up.
  const shadow = manifest({
    rules: [most(1, { mode: "shadow" })],
    revision: 2,
    version: "2.0.0",
    overlays: [],
  });
  const newer = await install(at, "two", shadow);
  if (newer.exit === 0) {
    const completed = await run();
    assert.deepEqual([completed.exit, completed.document.status], [0, "completed"]);
  } else assert.equal(newer.document.error?.code, "pack-loosening");
});

Deno.test("an overlay makes a rule over data stricter, and one that would loosen it judges nothing", async () => {
  await using at = await room();
  const overlay = (rule: string, mode: string, revision: number) =>
    manifest({
      overlays: [{ rule, mode }],
      requires: { engine: "*", facts: [], packs: [{ name: "data-quality", version: "*" }] },
      revision,
    });
  const looser = await install(at, "looser", overlay("core/D-SECRET", "warn", 1));
  assert.notEqual(looser.exit, 0, "a rule of core would be loosened");

  const plain = await orders(at, "data-quality");
  assert.equal((await plain()).document.status, "completed");
  // A column that every row had is gone: a human is asked, and the pack's own rule only warns of it.
  await at.write("orders.csv", "id\n1\n2\n");
  const asked = await plain();
  assert.equal(asked.document.status, "escalated", JSON.stringify(asked.document));
  assert.equal((await install(at, "stricter", overlay("data-quality/DQ3", "enforce", 2))).exit, 0);
  const strict = await orders(at, "acme/data, data-quality");
  await at.write("orders.csv", "id\n1\n2\n");
  const denied = await strict();
  assert.equal(denied.document.status, "denied", JSON.stringify(denied.document));
  assert.ok(rules(denied).includes("data-quality/DQ3"), rules(denied).join());
});

Deno.test("a pack of a key that is only believed a little tightens; of one that is revoked, or not known, nothing loads and no run begins", async () => {
  await using at = await room();
  const run = await orders(at);
  assert.equal((await install(at, "one", manifest({ rules: [most(1)] }))).exit, 0);
  const keys = [...Deno.readDirSync(`${at.dir}/data/keys`)].map(({ name }) => name).filter((name) =>
    name.endsWith(".pub.pem")
  );
  const trust = async (more: string) => {
    await Deno.mkdir(`${at.dir}/data/trust`, { recursive: true });
    const pem = await Deno.readTextFile(`${at.dir}/data/keys/${keys[0]}`);
    await Deno.writeTextFile(
      `${at.dir}/data/trust/trust.yaml`,
      `version: 1\nkeys:\n  - publicKey: ${JSON.stringify(pem)}\n    roles: [pack-publisher]\n${more}`,
    );
  };
  await trust("    level: untrusted\n");
  assert.deepEqual(rules(await run()), ["acme/data/FEW"]);
  await trust('    level: trusted\n    packs: ["other/**"]\n');
  const elsewhere = await run();
  assert.equal(elsewhere.exit, 2, JSON.stringify(elsewhere.document));
  await trust(`    level: trusted\n    revoked: { at: "2026-01-01T00:00:00Z", reason: lost }\n`);
  const revoked = await run();
  assert.equal(revoked.exit, 2, JSON.stringify(revoked.document));
  assert.equal(await Deno.stat(`${at.dir}/lake/orders`).then(() => true, () => false), false);
});
