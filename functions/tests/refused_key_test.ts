/** A key that a provider refuses asks a human once, and what the human mends is tried at once. */
import assert from "node:assert/strict";
import { MODEL_DIALECTS, sse, wireServer } from "../../connectors/testing/mod.ts";
import { openKvStore } from "../../kernel/mod.ts";
import { modelDesk, modelRecords } from "../../pipelines/models/mod.ts";
import { redact } from "../../policies/mod.ts";
import { modelDirectory } from "../model_directory.ts";
import { room } from "./samples.ts";
import { ACTOR, tiny } from "./scripted.ts";

const [dialect] = MODEL_DIALECTS;
assert.ok(dialect);
const file = (path: string, text: string): string => `${path}\n<<<<<<< FILE\n${text}>>>>>>> FILE\n`;
const WORK = file("src/double.ts", "export const double = (n: number): number => n * 2;\n") +
  file(
    "src/three_test.ts",
    `import { double } from "./double.ts";\n\nDeno.test("doubles three", () => {\n  if (double(3) !== 6) throw new Error("no");\n});\n`,
  );

Deno.test("a refused key escalates once; after the human's answer it is asked anew, without waiting or a new process", async () => {
  await using at = await room();
  let works = false;
  const refused: string[] = [];
  await using server = wireServer(({ headers, body: { system, messages } }) => {
    if (!works) {
      refused.push(headers.get("x-api-key") ?? "");
      return Response.json({ type: "error", error: { type: "authentication_error", message: "no" } }, {
        status: 401,
      });
    }
    const turns = Array.isArray(messages) ? messages : [];
    const text = JSON.stringify(system).includes("You review a change")
      ? JSON.stringify({ criteria: [], findings: [] })
      : turns.length === 1
      ? WORK
      : "DONE\n- double multiplies by two\n";
    return sse(dialect?.events({ text }) ?? []);
  });
  const env = { ANTHROPIC_API_KEY: "sk-ant-canary-0001", ANTHROPIC_BASE_URL: server.url };
  const store = await openKvStore(":memory:");
  const desk = modelDesk({
    source: modelDirectory(at.data, () => env).source,
    records: modelRecords(store),
    redact: () => Promise.resolve(redact),
    now: () => Date.now(),
  });
  const it = await tiny(at, { models: desk });
  try {
    const document = await it.run(it.spec());
    assert.equal(document.status, "escalated", JSON.stringify(document, null, 2));
    assert.equal(refused.length, 1);
    works = true;
    const answered = await it.service.act(document.run, { action: "answer", choice: "retry" }, ACTOR);
    assert.ok(answered.ok, JSON.stringify(answered));
    const after = await it.service.settled(document.run);
    assert.equal(after.status, "completed", JSON.stringify(after, null, 2));
  } finally {
    await it.service.close();
    store.close();
  }
});
