import assert from "node:assert/strict";
import { progressText } from "./progress_text.ts";

const CALL = {
  id: "call_1",
  purpose: "implement",
  task: "execution",
  model: "m-1",
  claimed: "m-1-2026",
  provider: "one",
  requestId: null,
  recording: false,
  prompt: `sha256:${"0".repeat(64)}`,
  reply: null,
  usage: { input: 1000, output: 20, cacheRead: 200, cacheWrite5m: 30, cacheWrite1h: 4 },
  costMicroUsd: 2_100,
  reservedMicroUsd: 50_000,
  ms: 2_340,
  trouble: null,
  at: "2026-11-23T12:00:00.000Z",
};

Deno.test("a call of a model is a line with what it took; a failed one names its trouble", () => {
  const text = (more = {}) => progressText({ message: "model.called", data: { ...CALL, ...more } });
  assert.equal(text(), "m-1 to implement: answered, 1234 tokens in, 20 out, $0.0021, 2.3 s");
  assert.equal(
    text({ trouble: "rate", usage: null, recording: true }),
    "m-1 (recording) to implement: rate, tokens were not told, $0.0021, 2.3 s",
  );
});

Deno.test("a choice is a line with its reasons, also where none is fit", () => {
  const choice = {
    task: "execution",
    model: "m-1",
    provider: "one",
    reasons: ["to implement", "fit 80 of 100", "worst case $0.20", "available by ONE_KEY"],
    alternatives: [],
    at: CALL.at,
  };
  assert.equal(
    progressText({ message: "model.chosen", data: choice }),
    "model m-1 of one for execution: to implement; fit 80 of 100; worst case $0.20",
  );
  assert.match(
    progressText({ message: "model.chosen", data: { ...choice, model: null, provider: null } }),
    /^no model can be asked: to implement/,
  );
});

Deno.test("everything else is told as it is, also what only looks like a call", () => {
  assert.equal(progressText({ message: "2 files, +3 -1" }), "2 files, +3 -1");
  assert.equal(progressText({ message: "model.called", data: { model: "m" } }), "model.called");
  assert.equal(progressText({ message: "model.chosen" }), "model.chosen");
});
