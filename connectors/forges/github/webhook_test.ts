import assert from "node:assert/strict";
import { githubAddresses } from "./place.ts";
import { githubEvent } from "./webhook.ts";

const found = githubAddresses("https://ghe.example.com/api/v3");
assert.ok(found.ok);
const addresses = found.value;
const repository = { full_name: "acme/tools" };
const sha = "a".repeat(40);
const suite = { head_branch: "forge/x", head_sha: sha, pull_requests: [{ number: 7 }, { number: 8 }] };

function read(name: string, payload: Record<string, unknown>) {
  return githubEvent(
    { id: "d", name, payload: { repository, ...payload }, at: "2026-01-01T00:00:00.000Z" },
    addresses,
  );
}

Deno.test("each known event names its pull requests, branch and commit, and nothing that anybody wrote", () => {
  const cases: [string, Record<string, unknown>, unknown[]][] = [
    ["pull_request", {
      action: "closed",
      pull_request: { number: 7, head: { ref: "forge/x", sha }, body: "canary" },
    }, [
      "pull-request",
      [7],
      "forge/x",
      sha,
      "closed",
    ]],
    ["pull_request_review", {
      action: "submitted",
      pull_request: { number: 7, head: { ref: "forge/x", sha } },
    }, [
      "review",
      [7],
      "forge/x",
      sha,
      "submitted",
    ]],
    ["issue_comment", {
      action: "created",
      issue: { number: 7, pull_request: {} },
      comment: { body: "canary" },
    }, [
      "comment",
      [7],
      undefined,
      undefined,
      "created",
    ]],
    ["check_run", {
      action: "completed",
      check_run: { head_sha: sha, check_suite: { head_branch: "forge/x" } },
    }, [
      "check",
      [],
      "forge/x",
      sha,
      "completed",
    ]],
    ["check_suite", { action: "completed", check_suite: suite }, [
      "check",
      [7, 8],
      "forge/x",
      sha,
      "completed",
    ]],
    ["workflow_run", { action: "requested", workflow_run: suite }, [
      "check",
      [7, 8],
      "forge/x",
      sha,
      "requested",
    ]],
    ["status", { sha, state: "failure", branches: [{ name: "forge/x" }] }, [
      "check",
      [],
      "forge/x",
      sha,
      "failure",
    ]],
    ["push", { ref: "refs/heads/main", after: sha }, ["push", [], "main", sha, "push"]],
  ];
  for (const [name, payload, wanted] of cases) {
    const event = read(name, payload);
    assert.ok(event, name);
    assert.deepEqual([event.kind, event.pulls, event.branch, event.commit, event.action], wanted, name);
    assert.equal(event.repository, "https://ghe.example.com/acme/tools");
    assert.ok(!JSON.stringify(event).includes("canary"));
  }
});

Deno.test("an event about no pull request is null; one that is not what it says is undefined", () => {
  assert.equal(read("issue_comment", { issue: { number: 7 } }), null);
  assert.equal(read("push", { ref: "refs/tags/v1", after: sha }), null);
  assert.equal(read("constructor", {}), null);
  assert.equal(
    read("pull_request", {
      repository: { full_name: "a/b/c" },
      pull_request: { number: 1, head: { ref: "", sha } },
    }),
    null,
  );
  assert.equal(read("pull_request", { pull_request: { number: "7" } }), undefined);
  assert.equal(read("pull_request", { repository: null }), undefined);
  const odd = read("status", { sha: "'; drop", branches: [] });
  assert.deepEqual([odd?.commit, odd?.branch], [undefined, undefined]);
});
