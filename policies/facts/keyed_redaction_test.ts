import assert from "node:assert/strict";
import { keyRedaction, redact } from "./keyed_redaction.ts";
import { redact as plain, scanSecrets } from "./secrets.ts";

// Put together here, so that no scanner takes this file for a leak.
const TOKENS = [
  "ghp_" + "Zq3vN8xKpL2wRt7yBm5cDf9hJ4sGa6eUk1oQ",
  "AKIA" + "Q7ZP4XN2LWMK6TRV",
  "postgres://app:" + "9fKq-Zx71-vTm" + "@db.internal/app",
];

Deno.test("marks of secrets carry a keyed digest: equal for equal values, another one under another key, none without", () => {
  try {
    for (const secret of TOKENS) {
      const text = `first ${secret}, and\nagain ${secret}, to the end.\n`;
      assert.doesNotMatch(plain(text), /\[redacted:[a-z0-9-]+:[a-p]{16}\]/);
      keyRedaction(new Uint8Array(32).fill(1));
      const one = redact(text);
      assert.equal(redact(text), one);
      assert.equal(redact(one), one);
      assert.deepEqual(scanSecrets(one), []);
      assert.ok(!one.includes(secret));
      const marks = one.match(/\[redacted:[a-z0-9-]+:[a-p]{16}\]/g) ?? [];
      assert.ok(marks.length >= 2, one);
      assert.equal(marks[0], marks[1]);
      keyRedaction(new Uint8Array(32).fill(2));
      assert.ok(!redact(text).includes(marks[0] ?? "none"));
      keyRedaction(null);
      assert.equal(redact(text), plain(text));
    }
  } finally {
    keyRedaction(null);
  }
});
