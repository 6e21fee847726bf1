import assert from "node:assert/strict";
import { gitlabAddresses } from "./place.ts";
import { gitlabEvent, isKnownGitLabEvent } from "./webhook.ts";

const SHA = "a".repeat(40);
const PAGE = "https://gitlab.example.com/acme/platform/tools";
const project = { path_with_namespace: "acme/platform/tools", web_url: PAGE, description: "<script>" };
const found = gitlabAddresses("https://gitlab.example.com", "GITLAB_URL");
assert.ok(found.ok);
const addresses = found.value;
const read = (name: string, payload: unknown) =>
  gitlabEvent({ id: "d-1", name, payload, at: "2026-01-02T03:04:05.000Z" }, addresses);
const said = (name: string, payload: unknown) => {
  const event = read(name, payload);
  return event && [event.kind, event.pulls, event.branch ?? null, event.commit ?? null, event.action];
};

Deno.test("each kind of event is about the merge requests, branch and commit that GitLab names", () => {
  const merge = {
    iid: 7,
    source_branch: "forge/x-1",
    last_commit: { id: SHA, message: "words" },
    title: "words",
  };
  const of = (object_kind: string, more: unknown) => ({ object_kind, project, ...more as object });
  const cases: [string, unknown, unknown][] = [
    [
      "Merge Request Hook",
      of("merge_request", { object_attributes: { ...merge, action: "update" } }),
      ["pull-request", [7], "forge/x-1", SHA, "update"],
    ],
    [
      "Merge Request Hook",
      of("merge_request", { object_attributes: { ...merge, action: "unapproved" } }),
      ["review", [7], "forge/x-1", SHA, "unapproved"],
    ],
    [
      "Note Hook",
      of("note", {
        object_attributes: { noteable_type: "MergeRequest", note: "words", action: "create" },
        merge_request: merge,
      }),
      ["comment", [7], "forge/x-1", SHA, "create"],
    ],
    [
      "Pipeline Hook",
      of("pipeline", {
        object_attributes: { id: 1, ref: "forge/x-1", sha: SHA, status: "failed" },
        merge_request: null,
      }),
      ["check", [], "forge/x-1", SHA, "failed"],
    ],
    [
      "Pipeline Hook",
      of("pipeline", {
        object_attributes: { ref: "refs/merge-requests/7/head", sha: SHA, status: "success" },
        merge_request: merge,
      }),
      ["check", [7], "forge/x-1", SHA, "success"],
    ],
    [
      "Job Hook",
      {
        object_kind: "build",
        ref: "forge/x-1",
        sha: SHA,
        build_status: "failed",
        repository: { homepage: PAGE },
      },
      ["check", [], "forge/x-1", SHA, "failed"],
    ],
    [
      "Job Hook",
      of("build", { ref: "refs/merge-requests/7/merge", sha: SHA, build_status: "success" }),
      ["check", [7], null, SHA, "success"],
    ],
    ["Push Hook", of("push", { ref: "refs/heads/main", after: SHA }), ["push", [], "main", SHA, "push"]],
    ["System Hook", of("push", { ref: "refs/heads/main", after: SHA }), ["push", [], "main", SHA, "push"]],
  ];
  for (const [name, payload, wanted] of cases) {
    assert.deepEqual(said(name, payload), wanted, JSON.stringify(payload));
    const event = read(name, payload);
    assert.equal(event?.repository, PAGE);
    assert.ok(!JSON.stringify(event).includes("words") && !JSON.stringify(event).includes("<script>"));
  }
});

Deno.test("what is about no merge request, of another GitLab or of no known kind is nothing", () => {
  const push = { object_kind: "push", ref: "refs/heads/main", after: SHA };
  assert.equal(read("Push Hook", { ...push, project, ref: "refs/tags/v1" }), null);
  assert.equal(read("Push Hook", { ...push, project: { web_url: "https://gitlab.com/acme/tools" } }), null);
  assert.equal(read("Push Hook", push), null);
  assert.equal(
    read("Note Hook", { object_kind: "note", project, object_attributes: { noteable_type: "Issue" } }),
    null,
  );
  assert.equal(read("System Hook", { event_name: "user_create" }), null);
  assert.equal(read("Issue Hook", { object_kind: "issue", project }), null);
  assert.equal(isKnownGitLabEvent("Issue Hook"), false);
  assert.equal(isKnownGitLabEvent("constructor"), false);
});

Deno.test("a payload that is not what its header says is refused", () => {
  for (
    const payload of [
      null,
      [],
      "x",
      {},
      { object_kind: "note", project },
      { object_kind: "merge_request", project, object_attributes: { iid: "7" } },
    ]
  ) {
    assert.equal(read("Merge Request Hook", payload), undefined, JSON.stringify(payload));
  }
});

Deno.test("a word of GitLab that is missing is told by the kind", () => {
  const event = read("Merge Request Hook", {
    object_kind: "merge_request",
    project,
    object_attributes: { iid: 7 },
  });
  assert.deepEqual([event?.action, event?.kind, event?.commit], ["merge_request", "pull-request", undefined]);
});
