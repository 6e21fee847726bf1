import assert from "node:assert/strict";
import { satisfies } from "./version.ts";

Deno.test("a range holds what all of its comparators hold", () => {
  for (
    const [range, inside, outside] of [
      ["*", ["0.0.1", "9.9.9", "1.0.0-rc.1"], []],
      [">=1.4 <2", ["1.4.0", "1.99.0"], ["1.3.9", "2.0.0", "1.5.0-rc.1"]],
      [">= 1.4 < 2", ["1.4.0"], ["2.0.0"]],
      ["^1.2.3", ["1.2.3", "1.9.0"], ["1.2.2", "2.0.0"]],
      ["^2", ["2.0.0", "2.9.9"], ["1.9.9", "3.0.0"]],
      ["^0.3.1", ["0.3.1", "0.3.9"], ["0.4.0", "0.3.0"]],
      ["^0.0.3", ["0.0.3"], ["0.0.4", "0.1.0"]],
      ["~1.2.0", ["1.2.0", "1.2.9"], ["1.3.0"]],
      ["~1", ["1.0.0", "1.9.0"], ["2.0.0"]],
      ["1.2", ["1.2.0", "1.2.7"], ["1.3.0", "1.1.9"]],
      ["=2.3.0", ["2.3.0"], ["2.3.1"]],
      ["<=1.4", ["1.4.9", "0.1.0"], ["1.5.0"]],
      [">1.4", ["1.5.0"], ["1.4.9"]],
      ["nonsense", [], ["1.0.0"]],
    ] as const
  ) {
    for (const version of inside) assert.ok(satisfies(version, range), `${version} in ${range}`);
    for (const version of outside) assert.ok(!satisfies(version, range), `${version} not in ${range}`);
  }
});
