/** A desk that answers as told, for tests: no provider, no price. */
import { type Json, ok, type Result } from "../../../../specs/mod.ts";
import type { ModelAnswer, ModelAsk, ModelDesk, NoAnswer } from "../../../models/port.ts";

export type Answer = Json | { readonly fails: NoAnswer };

/** @param answers one for each question; the last one again when there are more */
export function deskOf(...answers: Answer[]): ModelDesk & { asked: ModelAsk[] } {
  const asked: ModelAsk[] = [];
  return {
    asked,
    available: () => Promise.resolve({ ok: true, models: ["test-model"] }),
    choose: (need, at) => {
      const isOut = need.except?.includes("test-model") === true;
      return Promise.resolve({
        task: need.task,
        model: isOut ? null : "test-model",
        provider: isOut ? null : "test",
        reasons: [],
        alternatives: isOut
          ? [{ model: "test-model", provider: "test", score: null, costMicroUsd: 20_000, reasons: ["tried"] }]
          : [],
        at,
      });
    },
    ask(_ctx, ask): Promise<Result<ModelAnswer, NoAnswer>> {
      asked.push(ask);
      const answer = answers[Math.min(asked.length, answers.length) - 1] as Answer;
      if (answer !== null && typeof answer === "object" && "fails" in answer) {
        return Promise.resolve({ ok: false, error: answer.fails as NoAnswer });
      }
      const at = "2026-11-23T00:00:00.000Z";
      return Promise.resolve(ok({
        reply: {
          text: "",
          calls: [],
          output: answer as Json,
          stop: "end",
          usage: { input: 1, output: 1, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 },
          claimed: null,
          requestId: null,
          recording: false,
        },
        choice: {
          task: ask.need.task,
          model: "test-model",
          provider: "test",
          reasons: [],
          alternatives: [],
          at,
        },
        calls: [],
      }));
    },
    outcome: () => Promise.resolve(),
  };
}
