import assert from "node:assert/strict";
import { hypothesisOf, type Trouble } from "./diagnose.ts";

const trouble = (n: number, more: Partial<Trouble> = {}): Trouble => ({
  run: `run_0000000${n}`,
  at: "2026-11-23T12:00:00.000Z",
  repository: "/r/one",
  failure: null,
  rules: [],
  model: null,
  ...more,
});
const away = { class: "external", source: "provider", message: "529 overloaded" } as const;

Deno.test("the same failure of a provider on several repositories points at the provider, and names the runs", () => {
  const others = [trouble(1, { failure: away }), trouble(2, { failure: away, repository: "/r/two" })];
  const found = hypothesisOf(trouble(9, { failure: away }), others);
  assert.match(found?.text ?? "", /^The provider is in trouble rather than this change: 2 other runs on 2/);
  assert.equal(found?.confidence, "high");
  assert.deepEqual(found?.evidence.map(({ run }) => run), ["run_00000001", "run_00000002"]);
});

Deno.test("the same gate points at the repository when it denied there, and at the gate when it denied elsewhere", () => {
  const denied = { rules: ["core/F2P"] };
  const here = hypothesisOf(trouble(9, denied), [trouble(1, denied), trouble(2, denied)]);
  assert.match(here?.text ?? "", /2 other runs on this repository were denied by core\/F2P/);
  const there = hypothesisOf(trouble(9, denied), [
    trouble(1, { ...denied, repository: "/r/two" }),
    trouble(2, { ...denied, repository: "/r/three" }),
  ]);
  assert.match(there?.text ?? "", /core\/F2P denies on 2 other repositories, too/);
});

Deno.test("nothing is guessed where nothing repeats", () => {
  assert.equal(
    hypothesisOf(trouble(9, { rules: ["core/F2P"] }), [trouble(1, { rules: ["core/F2P"] })]),
    null,
  );
  assert.equal(hypothesisOf(trouble(9, { failure: away }), [trouble(1, { rules: ["core/C2"] })]), null);
  assert.equal(hypothesisOf(trouble(9), []), null);
});
