import assert from "node:assert/strict";
import { withoutHeldOut } from "./held_out.ts";

const acceptance = [
  { id: "AC1", text: "zero stays zero", check: { files: ["c.ts"], run: ["deno", "test", "c.ts"] } },
  { id: "AC10", text: "large numbers", check: { files: ["d.ts"], run: ["deno", "test", "d.ts"] } },
  { id: "AC2", text: "no check here" },
];
const told = (rule: string, message: string) =>
  withoutHeldOut({ rule, gate: "g", verdict: "fail", message, remediation: "x" }, { acceptance }).message;

Deno.test("who repairs learns which criterion does not hold, not what its held-out check expects", () => {
  assert.equal(
    told("core/AC", "AC1 does not hold: deno test c.ts failed with exit code 1 (double(7) is 14). zero"),
    "AC1 does not hold: zero stays zero",
  );
  assert.equal(told("core/AC", "AC10 does not hold: double(1e9)"), "AC10 does not hold: large numbers");
  assert.equal(told("core/AC", "something new"), "A held-out acceptance check does not hold");
  assert.equal(told("core/T9", "deno test d.ts fails on 14"), "A held-out acceptance check does not hold");
});

Deno.test("findings of visible tests and of other gates stay as they are", () => {
  for (
    const [rule, message] of [["core/F2P", "a::b fails at base and at head"], [
      "core/C2",
      "AC1.md is out of scope",
    ]]
  ) {
    assert.equal(told(rule ?? "", message ?? ""), message);
  }
});
