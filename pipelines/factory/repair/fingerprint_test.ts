import assert from "node:assert/strict";
import { failureFingerprint, normalised } from "./fingerprint.ts";

const finding = (message: string, rule = "core/F2P") => ({ rule, message });

// req: N7-10
Deno.test("two runs of the same failure have one fingerprint: directories, numbers, durations and instants do not count", async () => {
  const tests = { failed: ["src/a_test.ts::adds"], broken: [], checksFailed: ["AC1"] };
  const first = await failureFingerprint([
    finding(
      "expected 4, got 5 at /tmp/forge-1a2b/src/a.ts:12:7 (34ms), 2026-11-23T12:00:00Z, sha256:" +
        "a".repeat(64),
    ),
    finding("2 of 9 tests fail", "core/T1"),
  ], tests);
  const second = await failureFingerprint([
    finding("3 of 12 tests fail", "core/T1"),
    finding(
      "expected 6, got 7 at /home/u/x/src/a.ts:99:1 (1.2 s), 2026-11-24T01:02:03.456Z, sha256:" +
        "b".repeat(64),
    ),
  ], tests);
  assert.equal(first, second);
});

Deno.test("another gate, message, test or criterion is another failure", async () => {
  const none = { failed: [], broken: [], checksFailed: [] };
  const prints = await Promise.all([
    failureFingerprint([finding("x")], none),
    failureFingerprint([finding("y")], none),
    failureFingerprint([finding("x", "core/C2")], none),
    failureFingerprint([finding("x")], { ...none, failed: ["t"] }),
    failureFingerprint([finding("x")], { ...none, checksFailed: ["t"] }),
    failureFingerprint([finding("at /tmp/one/a.ts")], none),
    failureFingerprint([finding("at /tmp/one/b.ts")], none),
  ]);
  assert.equal(new Set(prints).size, prints.length);
  assert.equal(normalised("a  b\n c"), "a b c");
});
