/** A question as tests ask it. */
import type { ModelAsk } from "../port.ts";
import { entry, registryOf } from "./desk.ts";

export const RICH = { costMicroUsd: 10_000_000, tokens: 10_000_000 };

export const ask = (more: Partial<ModelAsk> = {}): ModelAsk => ({
  purpose: "implement",
  need: { task: "execution", maxOutputTokens: 1_000 },
  system: "You change code.",
  messages: [{ role: "user", text: "Change it." }],
  ...more,
});

/** Two models of two providers, the first of them the better one. */
export const two = registryOf(
  entry("a"),
  entry("b", { provider: "two", family: "beta", fit: { "execution": 70 } }),
);
