/** A provider on loopback that a desk of this installation asks by the official SDKs. */
import { LLMock } from "@copilotkit/aimock";
import { openKvStore } from "../../kernel/mod.ts";
import { modelDesk, modelRecords } from "../../pipelines/models/mod.ts";
import { redact } from "../../policies/mod.ts";
import { modelDirectory } from "../model_directory.ts";
import type { Room } from "./samples.ts";

/** A key that must be nowhere. */
export const KEY = "sk-ant-canary-7f3e9a1b5c8d2e6f";

/** A provider that answers by what stands in the conversation: each rule is tried in turn. */
export async function provider(at: Room, rules: [(said: string, last: string) => boolean, object][]) {
  const mock = new LLMock({ port: 0, host: "127.0.0.1", logLevel: "silent" });
  const asked: string[] = [];
  const textOf = (content: unknown): string =>
    typeof content === "string" ? content : JSON.stringify(content ?? "");
  for (const [applies, response] of rules) {
    mock.on({
      predicate: (request) => {
        const texts = request.messages.map(({ content }) => textOf(content));
        const said = texts.join("\n");
        const applied = applies(said, texts.at(-1) ?? "");
        if (applied) asked.push(said);
        return applied;
      },
    }, response as Parameters<typeof mock.on>[1]);
  }
  await mock.start();
  const store = await openKvStore(":memory:");
  const env = { ANTHROPIC_API_KEY: KEY, ANTHROPIC_BASE_URL: mock.url };
  const desk = modelDesk({
    source: modelDirectory(at.data, () => env).source,
    records: modelRecords(store),
    redact: () => Promise.resolve(redact),
    now: () => Date.now(),
  });
  return {
    desk,
    asked,
    [Symbol.asyncDispose]: async () => {
      await mock.stop();
      await store.close();
    },
  };
}
