import assert from "node:assert/strict";
import { marker, markOf, readMarker, withMarker } from "./marker.ts";

Deno.test("a marker is read back from the end of a text, and only from there", async () => {
  const tree = "a".repeat(40);
  const body = withMarker("What was asked\n", await marker("run_1/pull-request", tree), 1000);
  assert.deepEqual(readMarker(body), { mark: await markOf("run_1/pull-request"), tree });
  assert.ok(!body.includes("run_1"), "the key itself stays here");
  assert.equal(readMarker(`${body}\nand somebody's words`), null);
  assert.equal(readMarker(null), null);
});

Deno.test("a text that is too long is cut before the marker and says so, never within a character", async () => {
  const mark = await marker("k");
  for (const length of [500, 501, 502, 503]) {
    const body = withMarker("😀".repeat(1000), mark, length);
    assert.ok(body.length <= length, `${body.length} > ${length}`);
    assert.ok(readMarker(body) !== null && /Cut here/.test(body));
    assert.ok(body.isWellFormed());
  }
});
