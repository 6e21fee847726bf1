/** What stands beside a pull request on both forges: who is asked, how it is marked, what gates warn of; and what is not opened at all. */
import assert from "node:assert/strict";
import { forgeRoom, note } from "./forge_room.ts";
import { room } from "./samples.ts";

const FILES = {
  ".github/CODEOWNERS": "* @nobody-here\ndocs/ @reader @mallory\n",
  ".gitlab/CODEOWNERS": "docs/ @reader\n",
  ".forge/policy.yaml": "pullRequests: { reviewers: [dana], labels: [docs, by-machine] }\n",
};

Deno.test("owners of the files and the policy's reviewers are asked, labels set, and what cannot be asked is recorded, on GitHub", async () => {
  await using given = await forgeRoom();
  const repo = await given.repository("github", "lib", FILES);
  const pull = await given.opens(repo, "github", note("one"));
  const labels = (await given.github.call("GET", `/repos/acme/lib/issues/${pull.number}/labels`)).json as {
    name: string;
  }[];
  assert.deepEqual(labels.map(({ name }) => name).sort(), ["by-machine", "docs", "edgeforge"]);
  const shown = (await given.github.call("GET", `/repos/acme/lib/pulls/${pull.number}`)).json as {
    requested_reviewers: { login: string }[];
  };
  assert.deepEqual(shown.requested_reviewers.map(({ login }) => login).sort(), ["mallory", "reader"]);
  const asked = given.github.asked.filter(({ path }) => path.endsWith("/requested_reviewers"));
  assert.ok(asked.every(({ body }) => !body.includes("nobody-here")), "the last line that matches owns it");
  const { events } = (await given.at.forge("workflow", "events", pull.run)).document as unknown as {
    events: { type: string; payload: { key?: string; outcome?: unknown } }[];
  };
  const notes = events.find(({ type, payload }) =>
    type === "effect.done" && payload.key?.endsWith("/pull-request-notes")
  );
  assert.deepEqual((notes?.payload.outcome as { reviewers: unknown }).reviewers, {
    asked: ["reader", "mallory"],
    refused: ["dana"],
  });
});

// req: N9-06
Deno.test("the same on GitLab; a draft stays one below A3; the same change again, and an empty one, open nothing", async () => {
  await using given = await forgeRoom();
  const repo = await given.repository("gitlab", "app", FILES);
  const pull = await given.opens(repo, "gitlab", note("one", { autonomy: "A2" }));
  const [merge, ...more] = given.gitlab.world.projects[0]?.mergeRequests ?? [];
  assert.deepEqual(more, []);
  assert.match(merge?.title ?? "", /^Draft: /);
  assert.deepEqual(merge?.labels.toSorted(), ["by-machine", "docs", "edgeforge"]);
  assert.deepEqual([...merge?.reviewers.keys() ?? []].sort(), [2, 5], "dana by policy, reader by CODEOWNERS");
  const again = await given.at.write("again.json", note("one", { title: "The same once more" }));
  const twin = await given.at.forge("run", again, "--repo", repo, "--forge", "gitlab");
  assert.notEqual(twin.exit, 0);
  assert.match(twin.document.failure?.message ?? "", /is open and leads to the very same files/);
  const empty = await given.at.write("empty.json", note("one", { operations: [] }));
  const none = await given.at.forge("run", empty, "--repo", repo, "--forge", "gitlab");
  assert.equal(none.document.status, "denied");
  assert.equal(given.gitlab.world.projects[0]?.mergeRequests.length, 1);
  assert.ok(pull.number === 1);
});

// req: N9-07
Deno.test("a pull request says what was asked, what changed, what proves it, its gates, its cost, what was not done, and the digest of its evidence", async () => {
  await using at = await room();
  const repo = await at.repository("deno-signup");
  const { document } = await at.forge(
    ...["run", at.beside("deno-signup", "spec.md"), "--patch", at.beside("deno-signup", "honest.patch")],
    ...["--repo", repo],
  );
  assert.equal(document.status, "completed", JSON.stringify(document, null, 2));
  const shown = (await at.forge("pr", "show", "1")).document as unknown as {
    body: string;
    decisions: { verdict: string }[];
    evidence: { digest: string };
  };
  for (
    const title of [
      "What was asked",
      "What changed",
      "Proof",
      "Gates",
      "Models",
      "What was not done",
      "Evidence",
    ]
  ) {
    assert.match(shown.body, new RegExp(`^## .*${title}`, "im"), title);
  }
  assert.match(shown.body, /AC1/);
  assert.match(shown.body, /0 tokens, 0 USD/);
  assert.match(shown.body, /src\//);
  assert.ok(shown.decisions.length > 0 && shown.decisions.every(({ verdict }) => verdict === "allow"));
  assert.equal(shown.evidence.digest, document.evidence?.digest);
  assert.match(shown.evidence.digest, /^sha256:[0-9a-f]{64}$/);
});
