import assert from "node:assert/strict";
import { redactedValue } from "./redacted_value.ts";

const TOKEN = "ghp_" + "aB3dE5gH7jK9mN1pQ3sT5vX7zA2cF4hJ6kL8";

Deno.test("a value without secrets keeps its form, whatever stood where", () => {
  const given = {
    cursor: { before: null, after: TOKEN },
    list: [TOKEN, "plain", 1, true],
    text: `a ${TOKEN} in a sentence`,
    password: "hunter2-Xy7!kqP0z9",
    [TOKEN]: "a name",
  };
  const clean = redactedValue(given);
  const text = JSON.stringify(clean);
  assert.ok(!text.includes(TOKEN), text);
  assert.deepEqual(JSON.parse(text), clean);
  assert.deepEqual((clean as typeof given).list.slice(1), ["plain", 1, true]);
  assert.match((clean as typeof given).text, /^a .* in a sentence$/);
  assert.deepEqual(redactedValue({ a: [1, "b"], c: null }), { a: [1, "b"], c: null });
});
