import assert from "node:assert/strict";
import { generatedFiles, readTraces, staleSchemas } from "./schema_write.ts";
import { unknownCitations } from "./publish/traceability.ts";

const root = new URL("../", import.meta.url);

// req: N1-06
Deno.test("schemas, field table and traceability are those of the contracts and tests (else run `deno task schema`)", async () => {
  const files = await generatedFiles(root);
  const drifted: string[] = [];
  for (const [path, text] of files) {
    const there = await Deno.readTextFile(new URL(path, root)).catch(() => null);
    if (there !== text) drifted.push(path);
  }
  assert.deepEqual(drifted, [], "older than their source");
  assert.deepEqual(await staleSchemas(root, files), [], "of no contract");
});

Deno.test("every id that a test cites is a statement of specs/normative", async () => {
  const { requirements, citations } = await readTraces(root);
  assert.deepEqual(unknownCitations(requirements, citations), []);
});

Deno.test("each of the ten chapters has 8 to 25 statements, numbered without a gap", async () => {
  const { requirements } = await readTraces(root);
  const chapters = new Map<string, string[]>();
  for (const { id, file } of requirements) chapters.set(file, [...chapters.get(file) ?? [], id]);
  assert.equal(chapters.size, 10);
  for (const [file, ids] of chapters) {
    assert.ok(ids.length >= 8 && ids.length <= 25, `${file}: ${ids.length}`);
    const chapter = file.slice(0, file.indexOf("-"));
    assert.deepEqual(ids, ids.map((_, index) => `${chapter}-${String(index + 1).padStart(2, "0")}`));
  }
});
