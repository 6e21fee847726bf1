// Held out: the implementer never sees this file.
import assert from "node:assert/strict";
import { slugify } from "../src/slug.ts";

for (const [title, slug] of [["Ångström", "angstrom"], ["São Tomé", "sao-tome"], ["naïve café", "naive-cafe"], ["Œuvre? Ünder", "uvre-under"]] as const) {
  Deno.test(`slugify ${title}`, () => assert.equal(slugify(title), slug));
}
