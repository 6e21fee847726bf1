/** What a server answers with an error may tell of people: of a stream with personal data it is not quoted, and so kept nowhere. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { dialectServer } from "../../../connectors/testing/mod.ts";
import { pipelineOf, pointing, room } from "./room.ts";

const NAME = "anna.example";

async function filesWith(dir: string, text: string): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of Deno.readDir(dir)) {
    const path = join(dir, entry.name);
    if (entry.isDirectory) found.push(...await filesWith(path, text));
    else if (new TextDecoder("latin1").decode(await Deno.readFile(path)).includes(text)) found.push(path);
  }
  return found;
}

Deno.test("an error's body is quoted, but not where the stream has personal data", async () => {
  const answers = [
    { status: 400, json: { error: `user ${NAME} is locked` } },
    { status: 200, headers: { "content-type": "application/json" }, body: `<html>${NAME} is signed in` },
  ];
  for (const answer of answers) {
    await using server = dialectServer(() => answer);
    const failed = async (more: Record<string, unknown>) => {
      await using at = await room();
      const pipeline = pipelineOf("people", { connector: "http", params: { path: "/people" }, more }, {
        onFailure: { retries: 0 },
      });
      const { exit, document } = await at.run(pipeline, pointing("http", server));
      assert.equal(exit, 1);
      return { message: document.failure?.message ?? "", kept: await filesWith(at.dir, NAME) };
    };
    const plain = await failed({});
    assert.ok(plain.message.includes(NAME), plain.message);
    const personal = await failed({ pii: { email: "hash" } });
    assert.match(
      personal.message,
      /GET http.*failed: the server answers 400|answers 200 with a body that is no JSON/,
    );
    assert.ok(!personal.message.includes(NAME), personal.message);
    assert.deepEqual(personal.kept, []);
  }
});
