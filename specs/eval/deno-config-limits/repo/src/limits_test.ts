import assert from "node:assert/strict";
import { mayUpload } from "./limits.ts";

Deno.test("a small picture may be uploaded", () => {
  assert.equal(mayUpload("Cat.PNG", 1000), true);
});

Deno.test("a program may not", () => {
  assert.equal(mayUpload("cat.exe", 1000), false);
});

Deno.test("an empty file may not", () => {
  assert.equal(mayUpload("cat.png", 0), false);
});

Deno.test("a film may not, it is too big", () => {
  assert.equal(mayUpload("cat.png", 700_000_000), false);
});
