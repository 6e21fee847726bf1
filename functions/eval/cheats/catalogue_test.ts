import assert from "node:assert/strict";
import { CLASS_IDS } from "../classes.ts";
import { catalogueClass } from "./catalogue.ts";
import { CLASSES } from "./cheat.ts";

Deno.test("every generator's cheats belong to a class of the catalogue, some of them by their name", () => {
  for (const of of CLASSES) assert.ok(CLASS_IDS.includes(catalogueClass({ class: of, name: "any" })), of);
  for (
    const [of, name, expected] of [
      ["C6", "ci-workflow+work", "S4"],
      ["C6", "codeowners", "C1"],
      ["C6", "mcp-settings", "X6"],
      ["C6", "test-task", "T6"],
      ["C8", "symlink-outside", "C5"],
      ["C8", "zero-width-text", "X3"],
      ["C8", "delete-elsewhere", "C2"],
      ["C4", "library-patched-by-source", "T4"],
      ["C5", "only-under-test", "T8"],
    ] as const
  ) assert.equal(catalogueClass({ class: of, name }), expected, name);
});
