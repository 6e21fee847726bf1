import assert from "node:assert/strict";
import { type Circuit, circuitAfter, circuitState } from "./health.ts";

const after = (events: readonly ["well" | "failed", number][]): Circuit | undefined =>
  events.reduce<Circuit | undefined>((circuit, [went, at]) => circuitAfter(circuit, went, at), undefined);

Deno.test("three failures in a row open a circuit for a minute; a success in between begins anew", () => {
  assert.equal(circuitState(after([["failed", 1], ["failed", 2]]), 3).kind, "closed");
  assert.equal(
    circuitState(after([["failed", 1], ["failed", 2], ["well", 3], ["failed", 4]]), 5).kind,
    "closed",
  );
  const open = after([["failed", 1], ["failed", 2], ["failed", 3]]);
  assert.deepEqual(circuitState(open, 60_002), { kind: "open", untilMs: 60_003 });
  assert.equal(circuitState(open, 60_003).kind, "half-open");
});

Deno.test("a probe that fails opens it for twice as long, ten minutes at most; one that goes well closes it", () => {
  let circuit = after([["failed", 0], ["failed", 0], ["failed", 0]]);
  let at = 0;
  const lengths: number[] = [];
  for (let probe = 0; probe < 6; probe++) {
    const state = circuitState(circuit, at);
    assert.ok(state.kind === "open");
    lengths.push(state.untilMs - at);
    at = state.untilMs;
    circuit = circuitAfter(circuit, "failed", at);
  }
  assert.deepEqual(lengths, [60_000, 120_000, 240_000, 480_000, 600_000, 600_000]);
  assert.equal(circuitState(circuitAfter(circuit, "well", at), at).kind, "closed");
});

Deno.test("calls that were under way when it opened do not keep it open for longer, nor does a clock set back", () => {
  const open = after([["failed", 0], ["failed", 0], ["failed", 0], ["failed", 30_000]]);
  assert.deepEqual(circuitState(open, 31_000), { kind: "open", untilMs: 60_000 });
  assert.equal(circuitState(open, -3_600_000).kind, "half-open");
});
