/** Trains of pull requests over a GitHub and a GitLab of this machine, by the command line, over HTTP and on the dashboard. */
import assert from "node:assert/strict";
import { TrainDocument } from "../../specs/code/mod.ts";
import { forgeRoom, note } from "./forge_room.ts";

const train = (document: unknown): TrainDocument => TrainDocument.parse(document);
const states = ({ cars }: TrainDocument) =>
  cars.map(({ id, state, merged }) => `${id} ${state} ${merged ?? "-"}`);

Deno.test("a train merges in order over two forges, each only when what it stands on is merged; its evidence says so", async () => {
  await using given = await forgeRoom();
  const { at, github, gitlab } = given;
  const lib = await given.repository("github", "lib");
  const app = await given.repository("gitlab", "app");
  const first = await given.opens(lib, "github", note("one"));
  const second = await given.opens(app, "gitlab", note("two"));
  const third = await given.opens(lib, "github", note("three"));
  for (const pull of [first, second, third]) await given.approves(pull);
  const file = await at.write(
    "train.yaml",
    `name: release\ncars:\n  - { id: last, pull: "${third.url}", after: [middle] }\n` +
      `  - { id: middle, run: ${second.run}, after: [first] }\n  - { id: first, pull: "${first.url}" }\n`,
  );
  const made = await at.forge("pr", "train", "create", "--file", file);
  assert.equal(made.exit, 0, JSON.stringify(made.document));
  const { train: id } = train(made.document);
  assert.deepEqual(states(train(made.document)), ["first waits -", "middle waits -", "last waits -"]);
  // From now on nothing of it is merged in another order, whoever watches it.
  const held = await at.forge("pr", "watch", second.url, "--once");
  assert.match(JSON.stringify(held.document), /has not been started/);

  const done = await at.forge("pr", "train", "run", id);
  assert.equal(done.exit, 0, JSON.stringify(done.document, null, 2));
  assert.deepEqual(states(train(done.document)), ["first merged 1", "middle merged 2", "last merged 3"]);
  const merges = [...github.asked, ...gitlab.asked].filter(({ method, path }) =>
    method === "PUT" && path.endsWith("/merge")
  );
  assert.equal(merges.length, 3);
  const { evidence } = train(done.document);
  const record = await Deno.readTextFile(`${evidence?.path}/artifacts/train.json`);
  assert.match(record, /"merged":3/);
  const verified = await at.forge("evidence", "verify", evidence?.path ?? "");
  assert.equal(verified.exit, 0, JSON.stringify(verified.document));
  assert.equal(await summaryOf(evidence?.path ?? ""), "PASSED");
  const explained = await at.forge("policy", "explain", id);
  assert.match(JSON.stringify(explained.document), /train-order/);
  const again = await at.forge("pr", "train", "run", id);
  assert.equal(again.document.error?.code, "conflict");
});

async function summaryOf(path: string): Promise<string> {
  const { payload } = JSON.parse(await Deno.readTextFile(`${path}/statements/99-vsa.dsse.json`));
  return JSON.parse(atob(payload)).predicate.verificationResult;
}

Deno.test("one that is closed stops what stands on it, says why and what to do; taken out, the train goes on where it was", async () => {
  await using given = await forgeRoom();
  const { at, github, gitlab } = given;
  const lib = await given.repository("github", "lib");
  const app = await given.repository("gitlab", "app");
  const first = await given.opens(lib, "github", note("one"));
  const second = await given.opens(app, "gitlab", note("two"));
  await given.approves(second);
  const made = await at.forge("pr", "train", "create", first.url, second.url, "--name", "two");
  const { train: id, cars } = train(made.document);
  assert.deepEqual(cars.map(({ id, after }) => [id, after]), [["lib-1", []], ["app-1", ["lib-1"]]]);
  const once = await at.forge("pr", "train", "run", id, "--once");
  assert.equal(once.exit, 3, JSON.stringify(once.document));
  await github.call("PATCH", `/repos/acme/lib/pulls/${first.number}`, { state: "closed" });
  const stopped = await at.forge("pr", "train", "run", id);
  assert.equal(stopped.exit, 1, JSON.stringify(stopped.document, null, 2));
  assert.deepEqual(states(train(stopped.document)), ["lib-1 stopped -", "app-1 stopped -"]);
  const { denials } = stopped.document;
  assert.match(denials[0]?.message ?? "", /lib-1 is not merged: it was closed without a merge/);
  assert.match(denials[0]?.remediation ?? "", /forge pr train drop/);
  assert.match(JSON.stringify(stopped.document), /it stands on lib-1, which is stopped/);
  assert.equal(gitlab.asked.some(({ path }) => path.endsWith("/merge")), false);

  const dropped = await at.forge("pr", "train", "drop", id, "lib-1");
  assert.equal(dropped.exit, 0, JSON.stringify(dropped.document));
  const done = await at.forge("pr", "train", "run", id);
  assert.equal(done.exit, 0, JSON.stringify(done.document, null, 2));
  assert.deepEqual(states(train(done.document)), ["app-1 merged 1"]);
});
