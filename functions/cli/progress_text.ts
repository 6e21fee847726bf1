/** What a phase tells for machines, as a line that a person can read. */
import { usd } from "../../pipelines/mod.ts";
import type { Json } from "../../specs/mod.ts";
import { ModelCall, ModelChoice } from "../../specs/code/mod.ts";

/** The text of a `phase.progress`: choices and calls of models are told by their data, everything else by its message. */
export function progressText({ message, data = null }: { message: string; data?: Json }): string {
  switch (message) {
    case "model.chosen": {
      const choice = ModelChoice.safeParse(data);
      return choice.success ? choiceText(choice.data) : message;
    }
    case "model.called": {
      const call = ModelCall.safeParse(data);
      return call.success ? callText(call.data) : message;
    }
    case "model.overrun":
      return "the provider counted more than was reserved for the last call; it is paid";
    default:
      return message;
  }
}

function choiceText({ model, provider, task, reasons }: ModelChoice): string {
  const why = reasons.slice(0, 3).join("; ");
  return model === null
    ? `no model can be asked: ${why}`
    : `model ${model} of ${provider} for ${task}: ${why}`;
}

function callText(call: ModelCall): string {
  const { model, purpose, trouble, usage, ms, recording } = call;
  const tokens = usage === null
    ? "tokens were not told"
    : `${
      usage.input + usage.cacheRead + usage.cacheWrite5m + usage.cacheWrite1h
    } tokens in, ${usage.output} out`;
  return [
    `${model}${recording ? " (recording)" : ""} to ${purpose}: ${trouble === null ? "answered" : trouble}`,
    tokens,
    usd(call.costMicroUsd),
    `${(ms / 1000).toFixed(1)} s`,
  ].join(", ");
}
