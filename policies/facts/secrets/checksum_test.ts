import assert from "node:assert/strict";
import { hasCrc32 } from "./checksum.ts";

Deno.test("the checksum that GitHub and npm put behind a token is told from another one", () => {
  // A token that npm printed to show its format, in pieces.
  const [body, sum] = [["qkJaB6MffYVzZXWq", "mcoF49yrUxP3wf"].join(""), "0LsakP"];
  assert.equal(hasCrc32(`npm_${body}${sum}`), true);
  assert.equal(hasCrc32(`npm_${body}0Lsakp`), false);
  assert.equal(hasCrc32(`npm_r${body.slice(1)}${sum}`), false);
  assert.equal(hasCrc32("npm_"), false);
});
