import assert from "node:assert/strict";
import type { Event } from "../../specs/mod.ts";
import { recorder } from "../tests/recorder.ts";
import { duration, progressView } from "./progress.ts";

const RUN = "run_0123456789";
const event = (type: string, payload: unknown) => ({ type, payload, seq: 1 }) as unknown as Event;

const EVENTS = [
  event("run.accepted", { title: "Refuse\u001b[31m bad\naddresses" }),
  event("phase.entered", { phase: "verify", visit: 1 }),
  event("phase.progress", { phase: "verify", message: "head: 24 passed" }),
  event("phase.finished", { phase: "verify", outcome: "verified", ms: 5100 }),
  event("transition.decided", {
    decision: {
      transition: { from: "verify", to: "review" },
      verdict: "deny",
      layers: [{ layer: "L0", verdict: "pass" }, { layer: "L1", verdict: "fail" }],
    },
  }),
  event("run.parked", { reason: "the disk is full", until: "2030-01-01T00:00:00.000Z" }),
];

function shown(given: Parameters<typeof recorder>[1]): string {
  const io = recorder("/", given);
  const view = progressView(io, RUN);
  try {
    for (const one of EVENTS) view.show(one);
  } finally {
    view.end();
  }
  assert.equal(io.stdout, "", "progress never goes to stdout");
  return io.stderr;
}

// req: N8-11
Deno.test("progress is plain lines when it is piped: no control character, nothing rewritten", () => {
  const text = shown({});
  // deno-lint-ignore no-control-regex -- that they are absent is what is tested
  assert.doesNotMatch(text.replaceAll("\n", ""), /[\u0000-\u001f\u007f]/);
  assert.deepEqual(text.trimEnd().split("\n"), [
    "run_0123456789  Refuse [31m bad addresses",
    "    verify: head: 24 passed",
    "  ✓ verify    5.1 s",
    "    gate to review  L0 L1:fail  deny",
    "  parked: the disk is full",
    "    goes on at 2030-01-01T00:00:00.000Z",
  ]);
});

// req: N8-11
Deno.test("without colour a terminal still has its live line, and no colour; what stays are the same lines", () => {
  const text = shown({ terminal: true, color: false, columns: 60 });
  // deno-lint-ignore no-control-regex -- colours are control sequences
  assert.doesNotMatch(text, /\x1b\[\d+m/);
  assert.ok(text.includes("\r\x1b[2K  ⠋ verify"), JSON.stringify(text));
  const last = text.split("\n").map((line) => line.split("\r\x1b[2K").at(-1));
  assert.ok(last.includes("  ✓ verify    5.1 s"), JSON.stringify(last));
  assert.equal(last.at(-1), "", "the live line is cleared at the end");
});

Deno.test("a live line never reaches the edge of a narrow terminal", () => {
  const io = recorder("/", { terminal: true, color: false, columns: 30 });
  const view = progressView(io, RUN);
  view.show(event("phase.entered", { phase: "x".repeat(200), visit: 1 }));
  view.end();
  for (const frame of io.stderr.split("\r\x1b[2K")) assert.ok(frame.length < 30, JSON.stringify(frame));
});

Deno.test("a long message keeps its beginning and its result on a terminal, and all of it in a pipe", () => {
  const message = `head: deno test ${"-A ".repeat(60)}: exit 0, 24 passed`;
  const terminal = recorder("/", { terminal: true, columns: 60 });
  progressView(terminal, RUN).show(event("phase.progress", { phase: "verify", message }));
  assert.match(terminal.stderr, /^ {4}verify: head: deno tes.*….*exit 0, 24 passed\n$/);
  assert.ok(terminal.stderr.length <= 61);
  const pipe = recorder("/");
  progressView(pipe, RUN).show(event("phase.progress", { phase: "verify", message }));
  assert.ok(pipe.stderr.includes(message));
});

Deno.test("durations are said in the unit that fits", () => {
  assert.deepEqual([0.4, 74, 999.7, 5100, 99_940, 99_960, 3_725_000].map(duration), [
    "0 ms",
    "74 ms",
    "1.0 s",
    "5.1 s",
    "99.9 s",
    "1 min 40 s",
    "62 min 5 s",
  ]);
});

Deno.test("what was done is told by name: loads with their counts, a number with the word before it", () => {
  const io = recorder("/", {});
  const view = progressView(io, RUN);
  const loads = [{ unit: "orders", written: 3, deduped: 1 }, { unit: "items", written: 0, deduped: 0 }];
  for (
    const [key, outcome] of [[`${RUN}/publish/1`, { loads }], [`${RUN}/publish/2`, { blob: "sha256:0" }], [
      `${RUN}/pull-request`,
      null,
    ]]
  ) view.show(event("effect.done", { key, outcome, found: false }));
  view.end();
  assert.deepEqual(io.stderr.trimEnd().split("\n"), [
    "  ✓ publish orders (3 written, 1 deduped), items (0 written, 0 deduped)",
    "  ✓ publish 2",
    "  ✓ pull-request",
  ]);
});

Deno.test("who looks and waits again and again tells it once, until there is something else to tell", () => {
  const io = recorder("/");
  const view = progressView(io, RUN);
  const round = [
    event("phase.finished", { phase: "look", outcome: "waits", ms: 5 }),
    event("run.parked", { reason: "checks are running", until: "2030-01-01T00:00:00.000Z" }),
    event("phase.finished", { phase: "wait", outcome: "over", ms: 1 }),
  ];
  const look = event("phase.progress", { phase: "look", message: "a check failed" });
  for (const one of [...round, ...round, ...round, look, ...round]) view.show(one);
  view.end();
  const told = [
    "  ✓ look      5 ms",
    "  parked: checks are running",
    "    goes on at 2030-01-01T00:00:00.000Z",
    "  ✓ wait      1 ms",
  ];
  assert.deepEqual(io.stderr.trimEnd().split("\n"), [...told, "    look: a check failed", ...told]);
});
