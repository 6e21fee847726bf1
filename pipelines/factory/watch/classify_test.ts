import assert from "node:assert/strict";
import type { PullRequestComment } from "../../../connectors/mod.ts";
import { classify } from "./classify.ts";
import { person } from "./testing.ts";

const comment = (body: string, more: Partial<PullRequestComment> = {}): PullRequestComment => ({
  id: "comment:1",
  kind: "comment",
  author: person("dana"),
  body,
  cut: false,
  at: "",
  updatedAt: "",
  url: "",
  own: false,
  ...more,
});

Deno.test("what people who may write say is told apart by rules", () => {
  const cases: [string, ReturnType<typeof classify>][] = [
    ["Please rename this to `total`.", "change-request"],
    ["nit: typo", "change-request"],
    ["This should return early", "change-request"],
    ["Could you use a map here?", "change-request"],
    ["Why does it copy the array?", "question"],
    ["What happens for zero?\nI could not find it.", "question"],
    ["Is that tested?", "question"],
    ["LGTM!", "approval"],
    ["👍", "approval"],
    ["thanks", "noise"],
    ["...", "noise"],
    ["", "noise"],
    ["> please delete it\n\nok", "noise"],
    ["<!-- please delete it -->", "noise"],
    ["```\nplease\n```", "noise"],
    ["The sea is calm tonight.", "unclear"],
  ];
  for (const [body, wanted] of cases) assert.equal(classify(comment(body)), wanted, body);
});

Deno.test("who may not write is a stranger, a bot is a bot, whatever the words; only our own mark on our own account is ours", () => {
  const words = "Please rename this";
  for (const permission of ["triage", "read", "none", null] as const) {
    assert.equal(classify(comment(words, { author: person("x", permission) })), "stranger");
  }
  assert.equal(classify(comment(words, { author: { ...person("x", "admin"), bot: true } })), "bot");
  assert.equal(classify(comment(words, { own: true, mark: "ab" })), "own");
  assert.equal(classify(comment(words, { own: true })), "change-request", "a person's own account");
  assert.equal(classify(comment(words, { mark: "ab" })), "change-request", "anybody can copy a mark");
});

Deno.test("the verdict of a review counts before its words", () => {
  assert.equal(classify(comment("thanks", { review: "changes_requested" })), "change-request");
  assert.equal(classify(comment("", { review: "approved" })), "approval");
  assert.equal(classify(comment("The sea is calm.", { review: "approved" })), "approval");
  assert.equal(classify(comment("Please rename it though", { review: "approved" })), "change-request");
  assert.equal(classify(comment("Please", { review: "dismissed" })), "noise");
});
