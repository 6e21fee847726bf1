import assert from "node:assert/strict";
import { mergesTrees } from "./doctor.ts";

Deno.test("git is new enough from 2.38 on; a version that cannot be read is not", () => {
  for (
    const good of ["git version 2.38.0", "git version 2.39.5 (Apple Git-154)", "git version 3.0.0.windows.1"]
  ) {
    assert.ok(mergesTrees(good), good);
  }
  for (const old of ["git version 2.37.9", "git version 1.99.0", "git 2.50.0", ""]) {
    assert.ok(!mergesTrees(old), old);
  }
});
